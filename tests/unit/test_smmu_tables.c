/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the SMMU of the arm64 host is given to read, walked here as the architecture says it does
 * (Arm IHI0070 and DDI0487), and what it writes about a fault.
 *
 * sources: hosts/arm64/core/smmu_tables.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/smmu.h"

#define ALIAS  0x100000000ULL
#define POISON 0x40000000ULL
#define FAULTS (~0ULL)

static u64 pages[SMMU_TABLES][SMMU_TABLE_WORDS] ALIGNED(PAGE_SIZE);
static struct smmu_tables t;

static int setup(void **state)
{
	(void)state;
	memset(pages, 0, sizeof(pages));
	t = (struct smmu_tables){ .table = pages, .size = SMMU_TABLES };
	return 0;
}

/* Read and write for an unprivileged access; accessed; never code. */
static u64 leaf(u64 entry, u64 input, unsigned shift)
{
	assert_int_equal(entry >> 6 & 3, 1);
	assert_int_equal(entry >> 10 & 1, 1);
	assert_int_equal(entry >> 53 & 3, 3);
	/* Nothing below the block's or page's own address. */
	if (shift > 12)
		assert_int_equal(entry & MASK(shift - 1, 12), 0);
	return (entry & MASK(47, shift)) | (input & (BIT(shift) - 1));
}

/* The walk of a 48-bit address in 4 KiB granules; FAULTS where there is no valid entry. At level 3
 * only the pattern of a page is one. */
static u64 translate(u64 input)
{
	const u64 *table = pages[0];

	for (unsigned shift = 39; shift >= 12; shift -= 9) {
		u64 entry = table[input >> shift & 511];

		if ((entry & 1) == 0)
			return FAULTS;
		if (shift == 12)
			return (entry & 2) != 0 ? leaf(entry, input, shift) : FAULTS;
		if ((entry & 2) == 0) {
			assert_int_equal(shift, 21);
			return leaf(entry, input, shift);
		}
		table = (const u64 *)(uintptr_t)(entry & MASK(47, 12));
	}
	return FAULTS;
}

static void test_windows(void **state)
{
	const struct smmu_window ram = { ALIAS | 0x40000000, 0x140000000, GIB(3), SMMU_LINEAR };
	const struct smmu_window canonical = { 0x40000000, POISON, GIB(3), SMMU_ONE_BLOCK };

	(void)state;
	assert_true(smmu_map(&t, &ram));
	assert_true(smmu_map(&t, &canonical));
	assert_int_equal(translate(0x140000000), 0x140000000);
	assert_int_equal(translate(0x1fffffff8), 0x1fffffff8);
	assert_int_equal(translate(0x40000000), POISON);
	assert_int_equal(translate(0x40200008), POISON + 8);
	assert_int_equal(translate(0xffffffff), POISON + BLOCK_SIZE - 1);
	/* Monitor, devices, and everything else */
	assert_int_equal(translate(0x13fffffff), FAULTS);
	assert_int_equal(translate(0x200000000), FAULTS);
	assert_int_equal(translate(0x3fffffff), FAULTS);
	assert_int_equal(translate(0x09050000), FAULTS);
	assert_int_equal(translate(0), FAULTS);
	assert_int_equal(translate(BIT(47)), FAULTS);
}

/* The doorbell's page, and nothing around it. */
static void test_page(void **state)
{
	const struct smmu_window ram = { ALIAS | 0x40000000, 0x140000000, GIB(1), SMMU_LINEAR };
	const struct smmu_window doorbell = { 0x08090000, 0x08093000, PAGE_SIZE, SMMU_LINEAR };
	const struct smmu_window two = { 0x081ff000, 0x09000000, 2 * PAGE_SIZE, SMMU_LINEAR };
	const struct smmu_window inside = { ALIAS | 0x40001000, 0, PAGE_SIZE, SMMU_LINEAR };
	const struct smmu_window around = { 0x08000000, 0, BLOCK_SIZE, SMMU_LINEAR };

	(void)state;
	assert_true(smmu_map(&t, &ram));
	assert_true(smmu_map(&t, &doorbell));
	assert_int_equal(translate(0x08090040), 0x08093040);
	assert_int_equal(translate(0x08090fff), 0x08093fff);
	assert_int_equal(translate(0x0808ffff), FAULTS);
	assert_int_equal(translate(0x08091000), FAULTS);
	assert_int_equal(translate(0x140000000), 0x140000000);
	/* Across two tables of pages. */
	assert_true(smmu_map(&t, &two));
	assert_int_equal(translate(0x081ff008), 0x09000008);
	assert_int_equal(translate(0x08200008), 0x09001008);
	assert_int_equal(translate(0x08201000), FAULTS);
	/* Neither a page in a block nor a block over pages. */
	assert_false(smmu_map(&t, &doorbell));
	assert_false(smmu_map(&t, &inside));
	assert_false(smmu_map(&t, &around));
	assert_int_equal(translate(0x08090040), 0x08093040);
	assert_int_equal(translate(0x140001000), 0x140001000);
}

/* No address of the whole input space reaches anything but the two windows. */
static void test_nothing_else(void **state)
{
	const struct smmu_window w = { BIT(47) | 0x80000000, 0x100000000, MIB(256), SMMU_LINEAR };
	u64 reached = 0;

	(void)state;
	assert_true(smmu_map(&t, &w));
	for (unsigned i = 0; i < t.used; i++) {
		for (unsigned k = 0; k < SMMU_TABLE_WORDS; k++)
			reached += (pages[i][k] & 3) == 1;
	}
	assert_int_equal(reached, MIB(256) / BLOCK_SIZE);
	for (u64 at = 0; at < MIB(256); at += BLOCK_SIZE)
		assert_int_equal(translate(w.input + at), 0x100000000 + at);
	assert_int_equal(translate(0x80000000), FAULTS);
}

static void test_refused(void **state)
{
	const struct smmu_window bad[] = {
		{ 0x40000000 + PAGE_SIZE / 2, 0, BLOCK_SIZE, SMMU_LINEAR },
		{ 0x40000000, PAGE_SIZE / 2, BLOCK_SIZE, SMMU_LINEAR },
		{ 0x40000000, 0, BLOCK_SIZE + PAGE_SIZE / 2, SMMU_LINEAR },
		{ 0x40000000 + PAGE_SIZE, 0, BLOCK_SIZE, SMMU_ONE_BLOCK },
		{ 0x40000000, PAGE_SIZE, BLOCK_SIZE, SMMU_ONE_BLOCK },
		{ 0x40000000, 0, BLOCK_SIZE + PAGE_SIZE, SMMU_ONE_BLOCK },
		{ BIT(48), 0, BLOCK_SIZE, SMMU_LINEAR },
		{ 0, BIT(48), BLOCK_SIZE, SMMU_LINEAR },
		{ BIT(48) - BLOCK_SIZE, 0, 2 * BLOCK_SIZE, SMMU_LINEAR },
		{ 0, BIT(48) - BLOCK_SIZE, 2 * BLOCK_SIZE, SMMU_LINEAR },
		{ 0, ~0ULL & ~(BLOCK_SIZE - 1), 2 * BLOCK_SIZE, SMMU_LINEAR },
	};
	const struct smmu_window good = { 0x40000000, 0, BLOCK_SIZE, SMMU_LINEAR };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(smmu_map(&t, &bad[i]));
	assert_int_equal(t.used, 0);
	assert_true(smmu_map(&t, &good));
	assert_false(smmu_map(&t, &good)); /* overlap */
}

/* Nothing of a window of pages is there until one is opened; then that page is, and no other. */
static void test_pages(void **state)
{
	const struct smmu_window w[] = {
		{ 0x401ff000, 0, BLOCK_SIZE, SMMU_PAGES },
		{ 0x08090000, 0x08093000, PAGE_SIZE, SMMU_LINEAR },
		{ 0x50000000, 0, BLOCK_SIZE, SMMU_LINEAR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(w); i++)
		assert_true(smmu_map(&t, &w[i]));
	for (u64 at = 0x40000000; at < 0x40600000; at += PAGE_SIZE)
		assert_int_equal(translate(at), FAULTS);
	assert_true(smmu_page(&t, 0x401ff000, 0x1401ff000, true));
	assert_true(smmu_page(&t, 0x40200000, 0x180000000, true));
	assert_int_equal(translate(0x401ff010), 0x1401ff010);
	assert_int_equal(translate(0x40200fff), 0x180000fff);
	assert_int_equal(translate(0x401fefff), FAULTS);
	assert_int_equal(translate(0x40201000), FAULTS);
	/* Opened elsewhere, and closed, also twice. */
	assert_true(smmu_page(&t, 0x40200000, 0x190000000, true));
	assert_int_equal(translate(0x40200008), 0x190000008);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(smmu_page(&t, 0x40200000, 0x190000000, false));
		assert_int_equal(translate(0x40200008), FAULTS);
		assert_int_equal(translate(0x401ff010), 0x1401ff010);
	}
	/* Where no such window is nothing opens, nor does a block give way. */
	assert_false(smmu_page(&t, 0x40600000, 0x190000000, true));
	assert_false(smmu_page(&t, 0x50000000, 0x190000000, false));
	assert_false(smmu_page(&t, BIT(47), 0x190000000, true));
	assert_false(smmu_page(&t, BIT(48) | 0x40200000, 0x190000000, true));
	assert_int_equal(translate(0x40600000), FAULTS);
	assert_int_equal(translate(0x50000000), 0);
	assert_int_equal(translate(0x40200008), FAULTS);
}

static void test_page_without_tables(void **state)
{
	(void)state;
	t.used = 0;
	assert_false(smmu_page(&t, 0x40000000, 0x140000000, true));
	assert_int_equal(pages[0][0], 0);
}

/* The tables of the largest guest, wherever its windows start. */
static void test_needed(void **state)
{
	const struct smmu_window w[] = {
		{ 0x40000000, 0, GIB(3), SMMU_PAGES },
		{ 0x08090000, 0x08093000, PAGE_SIZE, SMMU_LINEAR },
		{ 0x1fffff000, 0, GIB(1) + BLOCK_SIZE, SMMU_PAGES },
	};
	unsigned n = smmu_tables_needed(w, ARRAY_SIZE(w));
	struct smmu_tables big = { .table = aligned_alloc(PAGE_SIZE, n * PAGE_SIZE), .size = n };

	(void)state;
	assert_non_null(big.table);
	memset(big.table, 0, n * PAGE_SIZE);
	assert_in_range(n, 2048, 2048 + 2 * SMMU_TABLES);
	for (size_t i = 0; i < ARRAY_SIZE(w); i++)
		assert_true(smmu_map(&big, &w[i]));
	assert_true(smmu_page(&big, 0xfffff000, 0x1fffff000, true));
	free(big.table);
	assert_int_equal(smmu_tables_needed(&w[1], 1), SMMU_TABLES);
}

static void test_out_of_tables(void **state)
{
	const struct smmu_window wide = { 0, 0, GIB(64), SMMU_LINEAR };

	(void)state;
	assert_false(smmu_map(&t, &wide));
	assert_int_equal(t.used, SMMU_TABLES);
}

static void test_context(void **state)
{
	const struct smmu_window w = { 0x40000000, 0, BLOCK_SIZE, SMMU_LINEAR };
	u64 cd[SMMU_CD_WORDS];

	(void)state;
	memset(cd, 0xff, sizeof(cd));
	assert_true(smmu_map(&t, &w));
	smmu_context(cd, &t, 4);
	assert_int_equal(FIELD(cd[0], 5, 0), 16);  /* T0SZ: 48 bits */
	assert_int_equal(FIELD(cd[0], 7, 6), 0);   /* TG0: 4 KiB */
	assert_int_equal(FIELD(cd[0], 14, 14), 0); /* EPD0: walks are on */
	assert_int_equal(FIELD(cd[0], 15, 15), 0); /* ENDI: little */
	assert_int_equal(FIELD(cd[0], 30, 30), 1); /* EPD1: no second half */
	assert_int_equal(FIELD(cd[0], 31, 31), 1); /* V */
	assert_int_equal(FIELD(cd[0], 34, 32), 4); /* IPS */
	assert_int_equal(FIELD(cd[0], 41, 41), 1); /* AA64 */
	assert_int_equal(FIELD(cd[0], 43, 42), 0); /* HD, HA */
	assert_int_equal(FIELD(cd[0], 46, 44), 6); /* A, R, not S */
	assert_int_equal(cd[1], (uintptr_t)pages);
	assert_int_equal(cd[2], 0);
	assert_int_equal(cd[3] & 0xff, 0xff);
	for (unsigned i = 4; i < SMMU_CD_WORDS; i++)
		assert_int_equal(cd[i], 0);
}

static void test_stream(void **state)
{
	static u64 cd[SMMU_CD_WORDS] ALIGNED(64);
	u64 ste[SMMU_STE_WORDS];

	(void)state;
	memset(ste, 0xff, sizeof(ste));
	smmu_stream(ste, cd);
	assert_int_equal(ste[0] & 1, 1);            /* V */
	assert_int_equal(FIELD(ste[0], 3, 1), 5);   /* stage 1, not stage 2 */
	assert_int_equal(FIELD(ste[0], 5, 4), 0);   /* S1Fmt */
	assert_int_equal(FIELD(ste[0], 63, 59), 0); /* S1CDMax: one */
	assert_int_equal(ste[0] & MASK(51, 6), (uintptr_t)cd);
	assert_int_equal(FIELD(ste[1], 27, 27), 0); /* S1STALLD: QEMU refuses it */
	assert_int_equal(FIELD(ste[1], 29, 28), 0); /* EATS: no translated requests */
	for (unsigned i = 2; i < SMMU_STE_WORDS; i++)
		assert_int_equal(ste[i], 0);
}

static void test_event(void **state)
{
	const u64 reads[SMMU_EVENT_WORDS] = { 0x10ULL << 32 | 0x10, BIT(35), 0x200000000, 0 };
	const u64 writes[SMMU_EVENT_WORDS] = { 0x28ULL << 32 | 0x11, 0, 0xdeadbeef000, 0 };
	struct smmu_event e;

	(void)state;
	smmu_decode_event(reads, &e);
	assert_int_equal(e.type, 0x10);
	assert_int_equal(e.stream, 0x10);
	assert_int_equal(e.address, 0x200000000);
	assert_false(e.write);
	smmu_decode_event(writes, &e);
	assert_int_equal(e.type, 0x11);
	assert_int_equal(e.stream, 0x28);
	assert_int_equal(e.address, 0xdeadbeef000);
	assert_true(e.write);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_windows, setup),
		cmocka_unit_test_setup(test_page, setup),
		cmocka_unit_test_setup(test_nothing_else, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_pages, setup),
		cmocka_unit_test_setup(test_page_without_tables, setup),
		cmocka_unit_test_setup(test_needed, setup),
		cmocka_unit_test_setup(test_out_of_tables, setup),
		cmocka_unit_test_setup(test_context, setup),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
