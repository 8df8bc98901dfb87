/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested page tables of the x86 hosts' core, walked here a second time by the format's rules.
 * sources: hosts/x86/core/npt.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/local.h"

#define RWX     (NPT_R | NPT_W | NPT_X)
#define HIGH    BIT(51)
#define PAGES   4096
#define ADDRESS MASK(51, 12)

static u8 *pool;
static size_t used;
static jmp_buf panic;
static struct npt *n;

void *core_pages(size_t count)
{
	u8 *p = pool + used * PAGE_SIZE;

	assert_true(used + count <= PAGES);
	used += count;
	return p;
}

void core_panic(const char *fmt, ...)
{
	longjmp(panic, 1);
}

static int setup(void **state)
{
	pool = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
	memset(pool, 0, PAGES * PAGE_SIZE);
	used = 0;
	n = npt_new();
	return 0;
}

static int teardown(void **state)
{
	npt_flushed();
	free(pool);
	return 0;
}

/* What the CPU would find: 0 = nothing. */
static u64 leaf(u64 gpa, unsigned *level)
{
	const u64 *t = (const u64 *)(uintptr_t)npt_root(n);

	for (*level = 5;; --*level) {
		u64 e = t[gpa >> (12 + 9 * (*level - 1)) & 511];

		if ((e & 1) == 0)
			return 0;
		if (*level == 1 || (e & BIT(7)) != 0)
			return e;
		assert_int_equal(e & 7, 7);
		t = (const u64 *)(uintptr_t)(e & ADDRESS);
	}
}

static void is(u64 gpa, u64 entry, unsigned level)
{
	unsigned found;

	assert_int_equal(leaf(gpa, &found), entry);
	if (entry != 0)
		assert_int_equal(found, level);
}

static void pages_and_blocks(void **state)
{
	npt_map(n, 0x5000, 0x123000, PAGE_SIZE, RWX);
	npt_map(n, HIGH | 0x5000, 0x456000, PAGE_SIZE, NPT_R);
	npt_map(n, MIB(4), GIB(5), BLOCK_SIZE, NPT_R | NPT_W);
	is(0x5000, 0x123007, 1);
	is(HIGH | 0x5000, BIT(63) | 0x456005, 1);
	is(MIB(4), BIT(63) | GIB(5) | 0x87, 2);
	is(0x6000, 0, 0);
	is(MIB(6), 0, 0);
}

static void lookup_says_the_same(void **state)
{
	u64 mpa, size;
	unsigned perms;

	npt_map(n, HIGH | 0x5000, 0x456000, PAGE_SIZE, NPT_R | NPT_X);
	npt_map(n, MIB(4), GIB(5), BLOCK_SIZE, NPT_R | NPT_W);
	assert_true(npt_lookup(n, HIGH | 0x5abc, &mpa, &size, &perms));
	assert_int_equal(mpa, 0x456abc);
	assert_int_equal(size, PAGE_SIZE);
	assert_int_equal(perms, NPT_R | NPT_X);
	assert_true(npt_lookup(n, MIB(5), &mpa, &size, &perms));
	assert_int_equal(mpa, GIB(5) + MIB(1));
	assert_int_equal(size, BLOCK_SIZE);
	assert_int_equal(perms, NPT_R | NPT_W);
	assert_false(npt_lookup(n, 0x5000, &mpa, &size, &perms));
}

static void a_page_splits_its_block(void **state)
{
	npt_map(n, 0, GIB(5), BLOCK_SIZE, RWX);
	npt_map(n, 0x3000, 0x9000, PAGE_SIZE, NPT_R | NPT_X);
	is(0x2000, (GIB(5) + 0x2000) | 7, 1);
	is(0x3000, 0x9005, 1);
	is(MIB(2) - PAGE_SIZE, (GIB(5) + MIB(2) - PAGE_SIZE) | 7, 1);
}

static void a_block_merges_its_pages(void **state)
{
	size_t before;

	npt_map(n, 0x3000, 0x9000, PAGE_SIZE, RWX);
	before = used;
	npt_map(n, 0, GIB(5), BLOCK_SIZE, RWX);
	is(0x3000, GIB(5) | 0x87, 2);
	/* The table is not used again before a flush ... */
	npt_map(n, 0x3000, 0x9000, PAGE_SIZE, RWX);
	assert_int_equal(used, before + 1);
	/* ... and then it is, as clean as new. */
	npt_map(n, 0, GIB(5), BLOCK_SIZE, RWX);
	npt_flushed();
	npt_map(n, BLOCK_SIZE, 0x9000, PAGE_SIZE, RWX);
	npt_map(n, 2 * BLOCK_SIZE, 0xa000, PAGE_SIZE, RWX);
	assert_int_equal(used, before + 1);
	is(BLOCK_SIZE, 0x9007, 1);
	is(BLOCK_SIZE + PAGE_SIZE, 0, 0);
	is(2 * BLOCK_SIZE + PAGE_SIZE, 0, 0);
}

static void a_guest_that_flips_costs_no_memory(void **state)
{
	size_t before;

	npt_map(n, 0, GIB(5), BLOCK_SIZE, RWX);
	npt_unmap(n, 0, PAGE_SIZE);
	before = used;
	for (unsigned i = 0; i < 10000; i++) {
		npt_map(n, 0, GIB(5), BLOCK_SIZE, RWX);
		npt_flushed();
		npt_unmap(n, 0x5000, PAGE_SIZE);
	}
	assert_int_equal(used, before);
}

static void unmapping(void **state)
{
	npt_map(n, 0, GIB(5), BLOCK_SIZE, RWX);
	npt_map(n, BLOCK_SIZE, GIB(6), BLOCK_SIZE, RWX);
	npt_map(n, 2 * BLOCK_SIZE, GIB(7), BLOCK_SIZE, RWX);
	npt_map(n, HIGH, GIB(8), BLOCK_SIZE, RWX);
	npt_unmap(n, BLOCK_SIZE - PAGE_SIZE, BLOCK_SIZE + 2 * PAGE_SIZE);
	is(BLOCK_SIZE - 2 * PAGE_SIZE, (GIB(5) + BLOCK_SIZE - 2 * PAGE_SIZE) | 7, 1);
	is(BLOCK_SIZE - PAGE_SIZE, 0, 0);
	is(BLOCK_SIZE, 0, 0);
	is(2 * BLOCK_SIZE - PAGE_SIZE, 0, 0);
	is(2 * BLOCK_SIZE, 0, 0);
	is(2 * BLOCK_SIZE + PAGE_SIZE, (GIB(7) + PAGE_SIZE) | 7, 1);
	is(HIGH, GIB(8) | 0x87, 2);
}

static void unmapping_nothing_makes_no_tables(void **state)
{
	size_t before = used;

	npt_unmap(n, 0, MIB(64));
	npt_unmap(n, HIGH, 0x5000);
	assert_int_equal(used, before);
}

static void misuse_is_a_panic(void **state)
{
	if (setjmp(panic) == 0) {
		npt_map(n, 0x1000, 0, BLOCK_SIZE, RWX);
		fail();
	}
	if (setjmp(panic) == 0) {
		npt_map(n, 0, 0x1000, BLOCK_SIZE, RWX);
		fail();
	}
	if (setjmp(panic) == 0) {
		npt_map(n, BIT(52), 0, PAGE_SIZE, RWX);
		fail();
	}
	if (setjmp(panic) == 0) {
		npt_unmap(n, 0, 0x800);
		fail();
	}
	if (setjmp(panic) == 0) {
		npt_unmap(n, 0x1000, ~0xfffULL);
		fail();
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pages_and_blocks),
		T(lookup_says_the_same),
		T(a_page_splits_its_block),
		T(a_block_merges_its_pages),
		T(a_guest_that_flips_costs_no_memory),
		T(unmapping),
		T(unmapping_nothing_makes_no_tables),
		T(misuse_is_a_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
