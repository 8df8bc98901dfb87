/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page state changes: lists, and the conversation with a host that interrupts, goes back, moves the
 * end, or makes no progress.
 * sources: ghcb/psc.c lib/range.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ghcb/psc.h"

static struct psc_list list;
static u8 buf[GHCB_BUFFER_SIZE];
static struct psc_stats stats;

static int setup(void **state)
{
	memset(&stats, 0, sizeof(stats));
	psc_fill(&list, (struct range){ MIB(2) - 2 * PAGE_SIZE, MIB(4) + 3 * PAGE_SIZE },
		 PSC_OP_PRIVATE);
	return 0;
}

static u64 load(const u8 *p, unsigned n)
{
	u64 v = 0;

	memcpy(&v, p, n);
	return v;
}

static void store(u8 *p, u64 v, unsigned n)
{
	memcpy(p, &v, n);
}

static void fills_large_pages_first(void **state)
{
	struct range rest;

	assert_int_equal(list.count, 5);
	assert_int_equal(list.entry[0], 1ULL << 52 | 0x1fe000);
	assert_int_equal(list.entry[1], 1ULL << 52 | 0x1ff000);
	assert_int_equal(list.entry[2], 0x0110000000200000); /* sheet section 21 */
	assert_int_equal(list.entry[3], 0x0110000000400000);
	assert_int_equal(list.entry[4], 1ULL << 52 | 0x600000);
	assert_int_equal(psc_range(list.entry[3]).base, MIB(4));
	assert_int_equal(psc_range(list.entry[3]).size, MIB(2));
	assert_int_equal(psc_range(list.entry[4]).size, PAGE_SIZE);
	rest = psc_fill(&list, (struct range){ GIB(1), GIB(1) }, PSC_OP_SHARED);
	assert_int_equal(list.count, 253);
	assert_int_equal(rest.base, GIB(1) + 253 * MIB(2));
	assert_int_equal(rest.size, GIB(1) - 253 * MIB(2));
	rest = psc_fill(&list, rest, PSC_OP_SHARED);
	rest = psc_fill(&list, rest, PSC_OP_SHARED);
	assert_int_equal(rest.size, 0);
	assert_int_equal(list.count, 512 - 2 * 253); /* three exits for a GiB */
}

/* The honest host: everything at once. */
static enum status honest(void *ctx, u8 *b, u64 *info2)
{
	unsigned end = (unsigned)load(b + 2, 2);

	assert_int_equal(load(b, 2), 0);
	assert_int_equal(end, list.count - 1);
	assert_int_equal(load(b + 4, 4), 0);
	for (unsigned i = 0; i <= end; i++) {
		assert_int_equal(load(b + 8 + 8 * i, 8), list.entry[i]);
		store(b + 8 + 8 * i, list.entry[i] | (load(b + 8 + 8 * i, 8) >> 56 & 1 ? 512 : 1),
		      8);
	}
	store(b, end + 1, 2);
	return ST_OK;
}

static void all_at_once(void **state)
{
	assert_int_equal(psc_run(&list, buf, honest, NULL, &stats), ST_OK);
	assert_int_equal(stats.exits, 1);
	assert_int_equal(stats.continuations + stats.retries, 0);
	psc_fill(&list, (struct range){ 0, GIB(1) }, PSC_OP_SHARED);
	assert_int_equal(psc_run(&list, buf, honest, NULL, &stats), ST_OK);
	list.count = 0;
	assert_int_equal(psc_run(&list, buf, honest, NULL, &stats), ST_INVALID);
	list.count = PSC_ENTRIES_MAX + 1;
	assert_int_equal(psc_run(&list, buf, honest, NULL, &stats), ST_INVALID);
}

/* One page of an entry at a time, every second answer without progress. */
static enum status slow(void *ctx, u8 *b, u64 *info2)
{
	unsigned *call = ctx, cur = (unsigned)load(b, 2);
	u64 entry = load(b + 8 + 8 * cur, 8), page = entry & 0xfff;
	u64 pages = entry >> 56 & 1 ? 512 : 1;

	assert_int_equal(entry & ~0xfffULL, list.entry[cur]);
	if ((*call)++ % 2 == 0)
		return ST_OK;
	if (page + 1 < pages)
		store(b + 8 + 8 * cur, entry + 1, 8);
	else
		store(b, cur + 1, 2);
	return ST_OK;
}

static void goes_on_where_it_was(void **state)
{
	unsigned call = 0;

	assert_int_equal(psc_run(&list, buf, slow, &call, &stats), ST_OK);
	assert_int_equal(stats.exits, 2 * (3 + 2 * 512));
	assert_int_equal(stats.retries, 3 + 2 * 512);
	assert_int_equal(stats.continuations, 3 + 2 * 512 - 1);
}

/* ---- lies, at the second exit ---- */
struct lie {
	const char *what;
	unsigned at, bytes;
	u64 value;
	u64 info2;
	enum status st, want;
	unsigned calls;
};

static enum status liar(void *ctx, u8 *b, u64 *info2)
{
	struct lie *l = ctx;

	if (l->calls++ == 0) { /* two done, the third half way */
		store(b, 2, 2);
		store(b + 8 + 16, list.entry[2] | 100, 8);
		return ST_OK;
	}
	assert_int_equal(load(b, 2), 2);
	assert_int_equal(load(b + 8 + 16, 8), list.entry[2] | 100);
	if (l->bytes != 0)
		store(b + l->at, l->value, l->bytes);
	*info2 = l->info2;
	return l->st;
}

static void lies(void **state)
{
	struct lie all[] = {
		{ "cur back", .at = 0, .bytes = 2, .value = 1, .want = ST_PROTOCOL },
		{ "cur to 0", .at = 0, .bytes = 2, .value = 0, .want = ST_PROTOCOL },
		{ "cur past", .at = 0, .bytes = 2, .value = 6, .want = ST_PROTOCOL },
		{ "cur far past", .at = 0, .bytes = 2, .value = 0xffff, .want = ST_PROTOCOL },
		{ "end grows", .at = 2, .bytes = 2, .value = 5, .want = ST_PROTOCOL },
		{ "end shrinks", .at = 2, .bytes = 2, .value = 1, .want = ST_PROTOCOL },
		{ "reserved", .at = 4, .bytes = 4, .value = 1, .want = ST_PROTOCOL },
		{ "page back", .at = 24, .bytes = 2, .value = 0x0063, .want = ST_PROTOCOL },
		{ "page past", .at = 24, .bytes = 2, .value = 0x0201, .want = ST_PROTOCOL },
		{ "other page", .at = 24, .bytes = 3, .value = 0x400064, .want = ST_PROTOCOL },
		{ "other op", .at = 30, .bytes = 1, .value = 0x20, .want = ST_PROTOCOL },
		{ "other size", .at = 31, .bytes = 1, .value = 0, .want = ST_PROTOCOL },
		{ "header invalid", .info2 = PSC_ERR_HEADER, .want = ST_INVALID },
		{ "entry invalid", .info2 = PSC_ERR_ENTRY, .want = ST_INVALID },
		{ "refused", .info2 = PSC_ERR_GENERIC, .want = ST_DENIED },
		{ "unknown error", .info2 = 1, .want = ST_DENIED },
		{ "done, but an error", .at = 0, .bytes = 2, .value = 5, .info2 = 5,
		  .want = ST_DENIED },
		{ "call fails", .st = ST_PROTOCOL, .want = ST_PROTOCOL },
		{ "done", .at = 0, .bytes = 2, .value = 5, .want = ST_OK },
		{ "stands still", .want = ST_NO_PROGRESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		enum status st = psc_run(&list, buf, liar, &all[i], &stats);

		if (st != all[i].want)
			fail_msg("%s: %u", all[i].what, st);
	}
	assert_int_equal(all[ARRAY_SIZE(all) - 1].calls, 1 + PSC_STALLS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fills_large_pages_first, setup),
		cmocka_unit_test_setup(all_at_once, setup),
		cmocka_unit_test_setup(goes_on_where_it_was, setup),
		cmocka_unit_test_setup(lies, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
