/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acceptance, and which memory is private at the start, against hosts that split, stall and replay.
 * sources: tdcall/accept.c tdcall/memory.c tdcall/calls.c tdcall/status.c lib/range.c
 * libs:
 */
#include "fake_tdx.h"

static const struct range all = { FAKE_BASE, FAKE_PAGES *PAGE_SIZE };

struct tdx_vp_info tdx_info;

u64 tdx_shared_bit(void)
{
	return FAKE_SHARED;
}

static int setup(void **state)
{
	td_reset();
	return 0;
}

static void assert_all(u8 want)
{
	for (unsigned i = 0; i < FAKE_PAGES; i++)
		assert_int_equal(td.state[i], want);
}

static void large_pages(void **state)
{
	struct accept_stats s = { 0 };

	assert_int_equal(tdx_accept(all, &s), ST_OK);
	assert_all(MAPPED);
	assert_int_equal(s.calls, 4);
	assert_int_equal(s.pages_2m, 4);
	assert_int_equal(s.pages_4k, 0);
	assert_int_equal(s.bytes, all.size);
	assert_int_equal(s.exits, 0);
	assert_int_equal(s.retries, 0);
	assert_int_equal(td.calls, 4);
}

static void ragged_ends(void **state)
{
	struct range r = { FAKE_BASE + 3 * PAGE_SIZE, 2 * BLOCK_SIZE };
	struct accept_stats s = { 0 };

	assert_int_equal(tdx_accept(r, &s), ST_OK);
	for (unsigned i = 0; i < FAKE_PAGES; i++)
		assert_int_equal(td.state[i], i >= 3 && i < 3 + 1024 ? MAPPED : PENDING);
	assert_int_equal(s.pages_2m, 1);
	assert_int_equal(s.pages_4k, 512);
	assert_int_equal(s.calls, 513);
}

static void split_by_the_host(void **state)
{
	struct accept_stats s = { 0 };

	td.split[1] = td.split[3] = true;
	assert_int_equal(tdx_accept(all, &s), ST_OK);
	assert_all(MAPPED);
	assert_int_equal(s.mismatches, 2);
	assert_int_equal(s.pages_2m, 2);
	assert_int_equal(s.pages_4k, 1024);
	assert_int_equal(s.calls, 2 + 2 + 1024);
	assert_int_equal(s.bytes, all.size);
}

static void busy_for_a_while(void **state)
{
	static const u32 passing[] = { TDX_OPERAND_BUSY,          TDX_SYS_BUSY,
				       TDX_RND_NO_ENTROPY,        TDX_OPERAND_BUSY_HOST_PRIORITY,
				       TDX_INTERRUPTED_RESUMABLE, TDX_INTERRUPTED_RESTARTABLE };

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++) {
		struct accept_stats s = { 0 };

		td_reset();
		td.busy = 5;
		td.busy_code = STATUS(passing[i], i);
		assert_int_equal(tdx_accept(all, &s), ST_OK);
		assert_int_equal(s.retries, 5);
		assert_int_equal(s.calls, 9);
		assert_all(MAPPED);
	}
}

static void busy_for_ever(void **state)
{
	struct accept_stats s = { 0 };

	td.busy = ~0u;
	assert_int_equal(tdx_accept(all, &s), ST_NO_PROGRESS);
	assert_int_equal(s.calls, TDCALL_REPEATS_MAX + 1);
	assert_int_equal(s.bytes, 0);
}

static void accepted_already(void **state)
{
	struct accept_stats s = { 0 };

	td.state[600] = MAPPED;
	assert_int_equal(tdx_accept(all, &s), ST_PROTOCOL);
	assert_int_equal(s.bytes, BLOCK_SIZE);
	assert_int_equal(s.calls, 2);
	assert_non_null(strstr(td.said, "PAGE_ALREADY_ACCEPTED"));
	setup(state);
	td.split[1] = true;
	td.state[600] = MAPPED;
	s = (struct accept_stats){ 0 };
	assert_int_equal(tdx_accept(all, &s), ST_PROTOCOL);
	assert_int_equal(s.bytes, 600 * PAGE_SIZE);
}

static u64 forged;

static bool forge(struct tdcall_regs *r)
{
	r->rax = forged;
	return true;
}

static void codes(void **state)
{
	static const struct {
		u64 rax;
		enum status st;
	} cases[] = {
		{ STATUS(TDX_OPERAND_INVALID, 1), ST_INVALID },
		{ STATUS(TDX_PAGE_ALREADY_ACCEPTED, 1), ST_PROTOCOL },
		{ STATUS(TDX_PAGE_ALREADY_ACCEPTED, 0), ST_PROTOCOL },
		{ STATUS(TDX_TD_FATAL, 0), ST_FAULT },
		{ STATUS(0x40000002, 0), ST_FAULT }, /* as another header spells it */
		{ STATUS(0x00000b0b, 0), ST_PROTOCOL },
		{ STATUS(0x80000b0b, 0), ST_PROTOCOL },
		/* small pages that are said to be too large end it, too */
		{ STATUS(TDX_PAGE_SIZE_MISMATCH, 1), ST_INVALID },
		{ STATUS(TDX_METADATA_FIELD_SKIP, 1), ST_PROTOCOL },
	};

	td.module = forge;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct accept_stats s = { 0 };

		forged = cases[i].rax;
		assert_int_equal(tdx_accept(all, &s), cases[i].st);
		assert_int_equal(s.bytes, 0);
		assert_true(s.calls <= 2);
	}
	forged = 5; /* details of a success are nobody's business */
	assert_int_equal(tdx_accept(all, &(struct accept_stats){ 0 }), ST_OK);
}

static void bad_ranges_make_no_call(void **state)
{
	static const struct range bad[] = {
		{ FAKE_BASE, 0 },
		{ FAKE_BASE + 1, PAGE_SIZE },
		{ FAKE_BASE, PAGE_SIZE + 1 },
		{ FAKE_SHARED, PAGE_SIZE },
		{ FAKE_SHARED - PAGE_SIZE, 2 * PAGE_SIZE },
		{ ~0ULL << 12, 2 * PAGE_SIZE },
		{ 1ULL << 52, PAGE_SIZE },
	};
	struct accept_stats s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_not_equal(tdx_accept(bad[i], &s), ST_OK);
	assert_int_equal(td.calls, 0);
	assert_int_equal(s.calls, 0);
}

static void launched_memory(void **state)
{
	static struct handoff h = { .image = { 0x810000, 0x40000 },
				    .fd = { .flash = 0xfff00000, .flash_size = 0x100000 } };

	td.module = forge; /* not asked */
	forged = ~0ULL;
	tdx_remember_launch(&h);
	assert_int_equal(tdx_is_private((struct range){ FD_HOB, FD_HOB_SIZE }), ST_OK);
	assert_int_equal(tdx_is_private((struct range){ FD_INFO + 8, 8 }), ST_OK);
	assert_int_equal(tdx_is_private((struct range){ 0x84ff00, 0x100 }), ST_OK);
	assert_int_equal(tdx_is_private((struct range){ 0xfff00000, 0x100000 }), ST_OK);
	assert_int_equal(td.calls, 0);
	assert_int_not_equal(tdx_is_private((struct range){ FD_HOB, FD_HOB_SIZE + 1 }), ST_OK);
	assert_int_equal(td.calls, 1);
	td.module = NULL;
	td.no_attr_rd = true;
	assert_int_equal(tdx_is_private((struct range){ FD_GHCB, 8 }), ST_STATE);
}

static void other_memory(void **state)
{
	struct accept_stats s = { 0 };

	td.split[0] = true;
	assert_int_equal(tdx_is_private(all), ST_STATE);
	assert_int_equal(tdx_accept(all, &s), ST_OK);
	td.calls = 0;
	assert_int_equal(tdx_is_private(all), ST_OK);
	assert_int_equal(td.calls, 512 + 3);
	assert_int_equal(tdx_is_private((struct range){ FAKE_BASE + 100, 9000 }), ST_OK);
	td.state[2] = PENDING;
	assert_int_equal(tdx_is_private((struct range){ FAKE_BASE + 100, 9000 }), ST_STATE);
	assert_int_equal(tdx_is_private((struct range){ FAKE_BASE, 0 }), ST_OVERFLOW);
	assert_int_equal(tdx_is_private((struct range){ ~0ULL, 2 }), ST_OVERFLOW);
	assert_int_equal(tdx_is_private((struct range){ FAKE_SHARED, 8 }), ST_RANGE);
	assert_int_equal(tdx_is_private((struct range){ FAKE_SHARED - 4, 8 }), ST_RANGE);
	td.module = forge;
	forged = STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_RCX);
	assert_int_equal(tdx_is_private(all), ST_INVALID);
	forged = STATUS(TDX_EPT_ENTRY_FREE, 0);
	assert_int_equal(tdx_is_private(all), ST_NOT_FOUND);
}

static void wrappers(void **state)
{
	u64 value;

	assert_int_equal(tdg_mem_page_accept(FAKE_BASE, TDX_LEVEL_2M), 0);
	assert_int_equal(tdg_mem_page_accept(FAKE_BASE, TDX_LEVEL_2M),
			 STATUS(TDX_PAGE_ALREADY_ACCEPTED, 1));
	assert_int_equal(TDX_CODE(tdg_vm_rd(1, &value)), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(value, 0);
	assert_int_equal(tdg_vm_wr(TDX_FIELD_NOTIFY_ENABLES, 0, 1, &value), 0);
	assert_int_equal(value, 1);
	tdx_print_counters();
	assert_non_null(strstr(td.said, "# counters: accepts="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(large_pages, setup),
		cmocka_unit_test_setup(ragged_ends, setup),
		cmocka_unit_test_setup(split_by_the_host, setup),
		cmocka_unit_test_setup(busy_for_a_while, setup),
		cmocka_unit_test_setup(busy_for_ever, setup),
		cmocka_unit_test_setup(accepted_already, setup),
		cmocka_unit_test_setup(codes, setup),
		cmocka_unit_test_setup(bad_ranges_make_no_call, setup),
		cmocka_unit_test_setup(launched_memory, setup),
		cmocka_unit_test_setup(other_memory, setup),
		cmocka_unit_test_setup(wrappers, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
