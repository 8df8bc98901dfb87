/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page frames over real memory: no page twice, alignment, merging, lazy units.
 * sources: mm/memmap.c lib/range.c
 */
#include "fake_mm.h"

#include "mm/pages.c"

#define ARENA    MIB(16)
#define UNITS    (ARENA / BLOCK_SIZE)
#define OFFSET   (3 * PAGE_SIZE) /* the RAM range starts ragged */
#define RAM_SIZE (ARENA - OFFSET)

static bool done[UNITS];
static enum status accept_result[UNITS];
static unsigned accepts;

bool accept_is_done(u64 addr)
{
	return done[(addr - arena_base()) / BLOCK_SIZE];
}

enum status accept_range(struct range r)
{
	size_t unit = (r.base - arena_base()) / BLOCK_SIZE;

	assert_false(done[unit]);
	assert_true(r.size <= BLOCK_SIZE && (r.base % BLOCK_SIZE == 0 || unit == 0));
	done[unit] = true;
	accepts++;
	return accept_result[unit];
}

static void reset(bool eager)
{
	fake_reset(ARENA);
	free_list = NULL;
	fresh_count = 0;
	free_bytes = 0;
	accepts = 0;
	memset(&lock, 0, sizeof(lock));
	memset(accept_result, 0, sizeof(accept_result));
	memset(done, eager, sizeof(done));
	memmap_add_ram(&memory_map, (struct range){ arena_base() + OFFSET, RAM_SIZE }, 0);
	if (eager)
		memmap_set(&memory_map, memory_map.region[0].range, MEM_ACCEPTED);
	assert_int_equal(pages_init(&memory_map), ST_OK);
}

static void test_eager(void **state)
{
	u64 a, b, c;

	reset(true);
	assert_int_equal(pages_init(&memory_map), ST_STATE);
	assert_int_equal(pages_free_bytes(), RAM_SIZE);
	a = pages_alloc(1, PAGE_SIZE);
	b = pages_alloc(512, BLOCK_SIZE);
	c = pages_alloc(3, 4 * PAGE_SIZE);
	assert_int_equal(a, arena_base() + OFFSET);
	assert_int_equal(b % BLOCK_SIZE, 0);
	assert_int_equal(c % (4 * PAGE_SIZE), 0);
	assert_int_equal(pages_free_bytes(), RAM_SIZE - 516 * PAGE_SIZE);
	pages_free(b, 512);
	pages_free(a, 1);
	pages_free(c, 3);
	assert_int_equal(pages_free_bytes(), RAM_SIZE);
	assert_int_equal(pages_alloc(RAM_SIZE / PAGE_SIZE, PAGE_SIZE), arena_base() + OFFSET);
	assert_int_equal(pages_alloc(1, PAGE_SIZE), 0);
	assert_int_equal(accepts, 0);
}

static void test_lazy(void **state)
{
	u64 a;

	reset(false);
	assert_int_equal(pages_free_bytes(), RAM_SIZE);
	assert_int_equal(accepts, 0);
	a = pages_alloc(1, PAGE_SIZE);
	assert_int_equal(a, arena_base() + OFFSET);
	assert_int_equal(accepts, 1);
	assert_int_not_equal(pages_alloc(1, PAGE_SIZE), 0);
	assert_int_equal(accepts, 1); /* same unit */
	assert_int_equal(pages_alloc(512, BLOCK_SIZE), arena_base() + BLOCK_SIZE);
	assert_int_equal(accepts, 2);
	assert_int_equal(pages_alloc(1024, BLOCK_SIZE), arena_base() + 2 * BLOCK_SIZE);
	assert_int_equal(accepts, 4);
	assert_int_equal(pages_alloc(4096, PAGE_SIZE), 0); /* larger than all: nothing accepted */
	assert_int_equal(accepts, 4);
}

/* A unit the platform does not give is lost; the rest still serves. */
static void test_refused_unit(void **state)
{
	reset(false);
	accept_result[0] = ST_DESTROYED;
	accept_result[1] = ST_DENIED;
	assert_int_equal(pages_alloc(1, PAGE_SIZE), arena_base() + 2 * BLOCK_SIZE);
	assert_int_equal(pages_free_bytes(), ARENA - 2 * BLOCK_SIZE - PAGE_SIZE);
	for (size_t i = 0; i < UNITS; i++)
		accept_result[i] = ST_DENIED;
	reset(false);
	for (size_t i = 0; i < UNITS; i++)
		accept_result[i] = ST_DENIED;
	assert_int_equal(pages_alloc(1, PAGE_SIZE), 0);
	assert_int_equal(pages_free_bytes(), 0);
}

/* Parallel: pages_init saw nothing accepted, later all is, by others. */
static void test_accepted_by_others(void **state)
{
	reset(false);
	memset(done, true, sizeof(done));
	assert_int_equal(pages_alloc(1, PAGE_SIZE), arena_base() + OFFSET);
	assert_int_equal(pages_alloc(2048, BLOCK_SIZE), arena_base() + BLOCK_SIZE);
	assert_int_equal(accepts, 0);
}

/* What is not free, for whom the memory is given to: handed out, or not accepted. */
static void test_held(void **state)
{
	struct range held[4];
	size_t n = ARRAY_SIZE(held);
	u64 a, b, c, start;

	reset(false); /* parallel: accepted by others, and taken over only now */
	memset(done, true, sizeof(done));
	done[UNITS - 1] = false;
	start = arena_base() + OFFSET;
	a = pages_alloc(2, PAGE_SIZE);
	b = pages_alloc(1, PAGE_SIZE);
	c = pages_alloc(3, BLOCK_SIZE);
	pages_free(b, 1);
	assert_int_equal(pages_held(&memory_map, held, &n), ST_OK);
	assert_int_equal(n, 3);
	assert_int_equal(held[0].base, a);
	assert_int_equal(held[0].base, start);
	assert_int_equal(held[0].size, 2 * PAGE_SIZE);
	assert_int_equal(held[1].base, c);
	assert_int_equal(held[1].size, 3 * PAGE_SIZE);
	assert_int_equal(held[2].base, arena_base() + ARENA - BLOCK_SIZE);
	assert_int_equal(held[2].size, BLOCK_SIZE);
	assert_int_equal(accepts, 0);
	n = 2;
	assert_int_equal(pages_held(&memory_map, held, &n), ST_TOO_MANY);
	pages_free(a, 2);
	pages_free(c, 3);
	done[UNITS - 1] = true;
	n = 0;
	assert_int_equal(pages_held(&memory_map, held, &n), ST_OK);
	assert_int_equal(n, 0);
	assert_int_equal(pages_free_bytes(), RAM_SIZE);
}

static void test_arguments(void **state)
{
	u64 a;

	reset(true);
	assert_int_equal(pages_alloc(0, PAGE_SIZE), 0);
	assert_int_equal(pages_alloc(1, 3 * PAGE_SIZE), 0);
	assert_int_equal(pages_alloc(~0ul, PAGE_SIZE), 0);
	assert_int_equal(pages_alloc(~0ul / PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(pages_alloc(1, BIT(63)), 0);
	assert_int_not_equal(pages_alloc(1, 0), 0); /* at least a page */
	a = pages_alloc(2, PAGE_SIZE);
	pages_free(a, 2);
	expect_fatal(ST_OVERLAP, pages_free(a, 1));
	memset(&lock, 0, sizeof(lock));
	expect_fatal(ST_INVALID, pages_free(a + 1, 1));
	expect_fatal(ST_INVALID, pages_free(a, 0));
	expect_fatal(ST_INVALID, pages_free(a, ~0ul));
}

static void test_low_memory(void **state)
{
	struct memmap m;

	reset(true);
	fresh_count = 0;
	memmap_init(&m);
	assert_int_equal(pages_init(&m), ST_NOT_FOUND);
}

/* Random traffic; every page handed out carries its own mark. */
static void test_random(void **state)
{
	static struct {
		u64 at;
		size_t count;
	} live[64];
	unsigned seed = 1;

	reset(false);
	for (unsigned step = 0; step < 20000; step++) {
		size_t i = (size_t)rand_r(&seed) % ARRAY_SIZE(live);

		if (live[i].at != 0) {
			for (size_t p = 0; p < live[i].count; p++)
				assert_int_equal(*(u64 *)(live[i].at + p * PAGE_SIZE),
						 live[i].at + p);
			pages_free(live[i].at, live[i].count);
			live[i].at = 0;
			continue;
		}
		live[i].count = 1 + (size_t)rand_r(&seed) % 200;
		live[i].at = pages_alloc(live[i].count, PAGE_SIZE << (rand_r(&seed) % 6));
		for (size_t p = 0; live[i].at != 0 && p < live[i].count; p++)
			*(u64 *)(live[i].at + p * PAGE_SIZE) = live[i].at + p;
	}
	for (size_t i = 0; i < ARRAY_SIZE(live); i++)
		if (live[i].at != 0)
			pages_free(live[i].at, live[i].count);
	assert_int_equal(pages_free_bytes(), RAM_SIZE);
	assert_null(free_list->next); /* all merged again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eager),        cmocka_unit_test(test_lazy),
		cmocka_unit_test(test_refused_unit), cmocka_unit_test(test_accepted_by_others),
		cmocka_unit_test(test_held),         cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_low_memory),   cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
