/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heap: alignment, zeroing, reuse, and that a wrong free stops.
 * sources: mm/memmap.c lib/range.c
 */
#include "fake_mm.h"

#include "mm/heap.c"

static size_t pages_out;
static bool exhausted;
static void *kept[4096]; /* for the leak checker: the heap never gives small pages back */
static size_t kept_count;

u64 pages_alloc(size_t count, u64 align)
{
	u8 *p;

	if (exhausted)
		return 0;
	pages_out += count;
	p = aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
	if (count == 1)
		kept[kept_count++ % ARRAY_SIZE(kept)] = p;
	memset(p, 0xee, count * PAGE_SIZE);
	return (u64)(uintptr_t)p;
}

void pages_free(u64 addr, size_t count)
{
	pages_out -= count;
	free((void *)(uintptr_t)addr);
}

static bool is_zero(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void test_sizes(void **state)
{
	for (size_t size = 1; size < 3 * PAGE_SIZE; size += 7) {
		u8 *p = heap_alloc(size), *q = heap_alloc(size);

		assert_non_null(p);
		assert_non_null(q);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_true(is_zero(p, size) && is_zero(q, size));
		assert_true(p + size <= q || q + size <= p);
		memset(p, 0x11, size);
		assert_true(is_zero(q, size));
		memset(q, 0x22, size);
		heap_free(p);
		heap_free(q);
	}
	/* Small pages stay with the heap, large ones have all gone back. */
	assert_in_range(pages_out, 1, CLASS_COUNT);
}

static void test_limits(void **state)
{
	assert_null(heap_alloc(0));
	assert_null(heap_alloc(SIZE_MAX));
	assert_null(heap_alloc(SIZE_MAX - 8));
	heap_free(NULL);
	exhausted = true;
	assert_null(heap_alloc(3 * PAGE_SIZE));
	for (unsigned i = 0; i < 1000; i++)
		(void)heap_alloc(2000);
	assert_null(heap_alloc(2000));
	exhausted = false;
}

static void test_wrong_free(void **state)
{
	u64 fake[4] ALIGNED(16) = { 0 };
	void *p = heap_alloc(40);

	heap_free(p);
	expect_fatal(ST_STATE, heap_free(p));
	expect_fatal(ST_STATE, heap_free(&fake[2]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_wrong_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
