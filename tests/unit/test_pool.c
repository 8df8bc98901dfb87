/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared pool: whole units only, zeroed, accounted, leaked when a conversion fails.
 * sources: mm/convert.c mm/memmap.c lib/range.c
 */
#include "fake_mm.h"

#include "mm/pool.c"

#define ARENA_UNITS 68

static size_t handed_out, given_back;

u64 pages_alloc(size_t count, u64 align)
{
	assert_int_equal(count, 512);
	assert_int_equal(align, BLOCK_SIZE);
	if (handed_out == ARENA_UNITS)
		return 0;
	return arena_base() + handed_out++ * BLOCK_SIZE;
}

void pages_free(u64 addr, size_t count)
{
	assert_int_equal(count, 512);
	given_back++;
}

void accept_note(struct range r, enum mem_type type)
{
	assert_int_equal(memmap_set(&memory_map, r, type), ST_OK);
}

static void reset(void)
{
	fake_reset(ARENA_UNITS * BLOCK_SIZE);
	memmap_add_ram(&memory_map, (struct range){ arena_base(), ARENA_UNITS * BLOCK_SIZE }, 0);
	handed_out = given_back = 0;
	unit_count = 0;
	memset(small, 0, sizeof(small));
	memset(&stats, 0, sizeof(stats));
	memset(&lock, 0, sizeof(lock));
	ready = false;
	assert_null(pool_alloc(1, PAGE_SIZE));
	assert_null(pool_alloc_small(1));
	assert_int_equal(pool_init(), ST_OK);
	assert_int_equal(pool_init(), ST_STATE);
	memset(&stats, 0, sizeof(stats));
}

static void test_pages(void **state)
{
	struct pool_stats s;
	u8 *a, *b, *c;

	reset();
	assert_int_equal(event_count, 0); /* no exit to the host before it is needed */
	a = pool_alloc(1, PAGE_SIZE);
	b = pool_alloc(16, KIB(64));
	c = pool_alloc(512, BLOCK_SIZE);
	assert_int_equal(count_events(ACT_SHARE), 2);
	assert_ptr_equal(a, arena);
	assert_int_equal((uintptr_t)b % KIB(64), 0);
	assert_ptr_equal(c, arena + BLOCK_SIZE);
	assert_true(pool_contains(b, KIB(64)));
	assert_false(pool_contains(b, BLOCK_SIZE));
	assert_false(pool_contains(&s, 1));
	assert_false(pool_contains(a, ~0ul));
	assert_int_equal(memmap_find(&memory_map, arena_base())->type, MEM_SHARED);

	memset(b, 0x5a, KIB(64));
	pool_free(b, 16);
	for (size_t i = 0; i < KIB(64); i++)
		assert_int_equal(b[i], 0); /* scrubbed */
	b[5] = 1;                          /* the host writes into the free page */
	assert_ptr_equal(pool_alloc(16, KIB(64)), b);
	assert_int_equal(b[5], 0);

	pool_get_stats(&s);
	assert_int_equal(s.units, 2);
	assert_int_equal(s.pages_in_use, 1 + 16 + 512);
	assert_int_equal(s.high_water, 1 + 16 + 512);
	assert_int_equal(s.failures, 0);
}

static void test_refusals(void **state)
{
	struct pool_stats s;
	u8 *a;

	reset();
	assert_null(pool_alloc(0, PAGE_SIZE));
	assert_null(pool_alloc(513, PAGE_SIZE));
	assert_null(pool_alloc(1, 0));
	assert_null(pool_alloc(1, 3 * PAGE_SIZE));
	assert_null(pool_alloc(1, 2 * BLOCK_SIZE));
	assert_null(pool_alloc_small(0));
	assert_null(pool_alloc_small(PAGE_SIZE + 1));
	for (unsigned i = 0; i < UNIT_MAX; i++)
		assert_non_null(pool_alloc(512, PAGE_SIZE));
	assert_null(pool_alloc(1, PAGE_SIZE));
	pool_get_stats(&s);
	assert_int_equal(s.failures, 8);
	pool_free(NULL, 1);
	a = arena;
	pool_free(a, 512);
	expect_fatal(ST_STATE, pool_free(a, 1));
	memset(&lock, 0, sizeof(lock));
	expect_fatal(ST_INVALID, pool_free(a + 1, 1));
	memset(&lock, 0, sizeof(lock));
	expect_fatal(ST_INVALID, pool_free(&s, 1));
}

static void test_small(void **state)
{
	u8 *p[16], *q;
	struct pool_stats s;

	reset();
	for (unsigned i = 0; i < 16; i++) {
		p[i] = pool_alloc_small(i == 0 ? 1 : 256);
		assert_int_equal((uintptr_t)p[i] % 256, 0);
		assert_int_equal((uintptr_t)p[i] / PAGE_SIZE, (uintptr_t)p[0] / PAGE_SIZE);
	}
	q = pool_alloc_small(257);
	assert_int_not_equal((uintptr_t)q / PAGE_SIZE, (uintptr_t)p[0] / PAGE_SIZE);
	/* never inside a page of the other kind */
	assert_int_not_equal((uintptr_t)pool_alloc(1, PAGE_SIZE), (uintptr_t)q & ~0xffful);
	pool_free_small(q, 257);
	expect_fatal(ST_INVALID, pool_free_small(q, 257));
	memset(&lock, 0, sizeof(lock));
	pool_free_small(p[3], 256);
	expect_fatal(ST_STATE, pool_free_small(p[3], 256));
	memset(&lock, 0, sizeof(lock));
	expect_fatal(ST_INVALID, pool_free_small(p[4] + 1, 200));
	memset(&lock, 0, sizeof(lock));
	expect_fatal(ST_INVALID, pool_free_small(p[15], 300));
	memset(&lock, 0, sizeof(lock));
	p[4][10] = 7;
	pool_free_small(p[4], 256);
	assert_int_equal(p[4][10], 0);
	assert_ptr_equal(pool_alloc_small(512), p[3]);
	pool_free_small(NULL, 1);
	pool_get_stats(&s);
	assert_int_equal(s.pages_in_use, 2);
	for (unsigned i = 0; i < SMALL_MAX - 1; i++)
		assert_non_null(pool_alloc_small(PAGE_SIZE));
	assert_null(pool_alloc_small(PAGE_SIZE));
}

static void test_failed_share(void **state)
{
	struct pool_stats s;

	reset();
	next_result[ACT_SHARE] = ST_DENIED;
	assert_null(pool_alloc(1, PAGE_SIZE));
	pool_get_stats(&s);
	assert_int_equal(s.leaked, 512);
	assert_int_equal(s.failures, 1);
	assert_int_equal(s.units, 0);
	assert_int_equal(given_back, 0);
	next_result[ACT_SHARE] = ST_OK;
	assert_ptr_equal(pool_alloc(1, PAGE_SIZE), arena + BLOCK_SIZE); /* not the leaked one */
}

static void test_shutdown(void **state)
{
	struct pool_stats s;
	u8 *a;

	reset();
	a = pool_alloc(512, PAGE_SIZE);
	memset(a, 0x77, BLOCK_SIZE);
	assert_non_null(pool_alloc(1, PAGE_SIZE));
	assert_int_equal(pool_shutdown(), ST_OK);
	assert_int_equal(given_back, 2);
	for (u64 i = 0; i < BLOCK_SIZE; i++)
		assert_int_equal(a[i], 0);
	assert_int_equal(memmap_find(&memory_map, arena_base())->type, MEM_ACCEPTED);
	assert_null(pool_alloc(1, PAGE_SIZE));

	reset();
	a = pool_alloc(512, PAGE_SIZE);
	memset(a, 0x77, BLOCK_SIZE);
	assert_non_null(pool_alloc(1, PAGE_SIZE));
	next_result[ACT_UNSHARE] = ST_DENIED;
	assert_int_equal(pool_shutdown(), ST_DENIED);
	pool_get_stats(&s);
	assert_int_equal(s.leaked, 1024);
	assert_int_equal(given_back, 0);
	assert_int_equal(a[0], 0); /* scrubbed before it was tried */
}

/* Pages of a CPU outlive the pool; the others of their unit are scrubbed all the same. */
static void test_kept(void **state)
{
	u8 *a, *kept;

	reset();
	assert_null(pool_alloc_kept(0));
	a = pool_alloc(1, PAGE_SIZE);
	kept = pool_alloc_kept(2);
	assert_ptr_equal(kept, a + PAGE_SIZE);
	memset(a, 0x77, 3 * PAGE_SIZE);
	assert_non_null(pool_alloc(512, PAGE_SIZE));
	assert_int_equal(pool_shutdown(), ST_OK);
	assert_int_equal(given_back, 1);
	for (u64 i = 0; i < BLOCK_SIZE; i++)
		assert_int_equal(a[i], i >= PAGE_SIZE && i < 3 * PAGE_SIZE ? 0x77 : 0);
	assert_int_equal(memmap_find(&memory_map, arena_base())->type, MEM_SHARED);
}

/* So do pages that are found later not to come back, sub-page ones with the page they lie in. */
static void test_keep(void **state)
{
	u8 *a, *small_one, *b;

	reset();
	a = pool_alloc(4, PAGE_SIZE);
	small_one = pool_alloc_small(512);
	b = pool_alloc(512, PAGE_SIZE);
	assert_ptr_equal(small_one, a + 4 * PAGE_SIZE);
	pool_keep(a + PAGE_SIZE - 1, 2); /* two pages */
	pool_keep(small_one + 256, 256);
	expect_fatal(ST_INVALID, pool_keep(&a, 1));
	memset(&lock, 0, sizeof(lock));
	expect_fatal(ST_INVALID, pool_keep(a, 0));
	memset(&lock, 0, sizeof(lock));
	expect_fatal(ST_INVALID, pool_keep(b + BLOCK_SIZE - 1, 2));
	memset(&lock, 0, sizeof(lock));
	memset(a, 0x77, 5 * PAGE_SIZE);
	assert_int_equal(pool_shutdown(), ST_OK);
	assert_int_equal(given_back, 1); /* the other unit */
	for (u64 i = 0; i < 5; i++)
		assert_int_equal(a[i * PAGE_SIZE], i < 2 || i == 4 ? 0x77 : 0);
	assert_int_equal(memmap_find(&memory_map, arena_base())->type, MEM_SHARED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),    cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_small),    cmocka_unit_test(test_failed_share),
		cmocka_unit_test(test_shutdown), cmocka_unit_test(test_kept),
		cmocka_unit_test(test_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
