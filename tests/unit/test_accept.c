/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The acceptance engine: no unit twice, whatever the policy; what is accepted is what was listed.
 * sources: mm/memmap.c lib/range.c
 */
#include "fake_mm.h"

#include "mm/accept.c"

static unsigned cpus;
static enum status start_status[SMP_MAX_CPUS], run_status, wait_status;

unsigned smp_cpu_count(void)
{
	return cpus;
}

enum status smp_start_status(unsigned cpu)
{
	return start_status[cpu];
}

enum status smp_run(unsigned cpu, void (*fn)(void *), void *arg)
{
	assert_int_equal(start_status[cpu], ST_OK);
	if (run_status == ST_OK)
		fn(arg);
	return run_status;
}

enum status smp_wait(unsigned cpu)
{
	return wait_status;
}

static void reset(void)
{
	fake_reset(0);
	map = NULL;
	span_count = unit_count = 0;
	unused_bytes = 0;
	memset(taken, 0, sizeof(taken));
	memset(&totals, 0, sizeof(totals));
	memset(&lock, 0, sizeof(lock));
	memset(start_status, 0, sizeof(start_status));
	run_status = wait_status = ST_OK;
	cpus = 1;
}

static void add(u64 base, u64 size)
{
	assert_int_equal(memmap_add_ram(&memory_map, (struct range){ base, size }, 0), ST_OK);
}

/* Two ranges with ragged ends, 64 MiB + 3 pages and 1 GiB. */
static void usual(enum accept_policy policy)
{
	reset();
	add(GIB(1) + PAGE_SIZE, MIB(64) + 3 * PAGE_SIZE);
	add(GIB(4), GIB(1));
	assert_int_equal(accept_init(&memory_map, policy), ST_OK);
}
#define USUAL_BYTES (MIB(64) + 3 * PAGE_SIZE + GIB(1))

static void assert_each_page_once(void)
{
	u64 sum = 0;

	for (size_t i = 0; i < event_count; i++) {
		if (events[i].act != ACT_ACCEPT)
			continue;
		sum += events[i].range.size;
		for (size_t j = 0; j < i; j++)
			if (events[j].act == ACT_ACCEPT)
				assert_false(range_overlaps(events[i].range, events[j].range));
	}
	assert_int_equal(sum, USUAL_BYTES);
}

static void test_eager(void **state)
{
	struct accept_stats s;

	usual(ACCEPT_EAGER);
	assert_false(accept_is_done(GIB(4)));
	assert_int_equal(accept_all(), ST_OK);
	assert_int_equal(count_events(ACT_ACCEPT), 2); /* one call per region */
	assert_each_page_once();
	assert_int_equal(memmap_total(&memory_map, MEM_ACCEPTED), USUAL_BYTES);
	assert_true(accept_is_done(GIB(4)));
	assert_false(accept_is_done(GIB(1))); /* one page before the range */
	accept_totals(&s);
	assert_int_equal(s.calls, 2);
	assert_int_equal(s.bytes, USUAL_BYTES);
	/* mapped after it was accepted, never before */
	assert_int_equal(events[0].act, ACT_ACCEPT);
	assert_int_equal(events[1].act, ACT_MAP_PRIVATE);
	/* not again */
	assert_int_equal(accept_all(), ST_STATE);
	assert_int_equal(count_events(ACT_ACCEPT), 2);
	assert_int_equal(accept_range((struct range){ GIB(4), BLOCK_SIZE }), ST_STATE);
	assert_int_equal(accept_init(&memory_map, ACCEPT_EAGER), ST_STATE);
}

static void test_lazy(void **state)
{
	struct range first = { GIB(1) + PAGE_SIZE, BLOCK_SIZE - PAGE_SIZE };
	struct range block = { GIB(4) + MIB(8), BLOCK_SIZE };
	struct range last = { GIB(1) + MIB(64), 4 * PAGE_SIZE };

	usual(ACCEPT_LAZY);
	assert_int_equal(accept_all(), ST_OK);
	assert_int_equal(event_count, 0);
	assert_int_equal(accept_range(first), ST_OK);
	assert_int_equal(accept_range(block), ST_OK);
	assert_int_equal(accept_range(last), ST_OK);
	assert_int_equal(count_events(ACT_ACCEPT), 3);
	assert_int_equal(accept_range(first), ST_STATE);
	assert_int_equal(accept_range(block), ST_STATE);
	assert_int_equal(accept_range((struct range){ GIB(4) + MIB(6), MIB(4) }), ST_STATE);
	assert_int_equal(count_events(ACT_ACCEPT), 3);
	assert_false(accept_is_done(GIB(4) + MIB(6)));
	assert_true(accept_is_done(GIB(4) + MIB(8)));
	assert_true(accept_is_done(GIB(4) + MIB(10) - 1));
	assert_false(accept_is_done(GIB(4) + MIB(10)));
	assert_int_equal(accept_parallel(), ST_STATE);
}

static void test_lazy_refused(void **state)
{
	usual(ACCEPT_LAZY);
	assert_int_equal(accept_range((struct range){ GIB(4), PAGE_SIZE }), ST_ALIGN);
	assert_int_equal(accept_range((struct range){ GIB(4) + PAGE_SIZE, BLOCK_SIZE }), ST_ALIGN);
	assert_int_equal(accept_range((struct range){ GIB(3), BLOCK_SIZE }), ST_RANGE);
	assert_int_equal(accept_range((struct range){ GIB(5) - BLOCK_SIZE, MIB(4) }), ST_RANGE);
	assert_int_equal(accept_range((struct range){ GIB(4), 0 }), ST_OVERFLOW);
	assert_int_equal(accept_range((struct range){ GIB(4), ~0xfffull }), ST_OVERFLOW);
	assert_int_equal(event_count, 0);
}

/* A unit the platform refused is in no known state: it is not asked for again. */
static void test_failure(void **state)
{
	struct range block = { GIB(4), BLOCK_SIZE };

	usual(ACCEPT_LAZY);
	next_result[ACT_ACCEPT] = ST_DESTROYED;
	assert_int_equal(accept_range(block), ST_DESTROYED);
	next_result[ACT_ACCEPT] = ST_OK;
	assert_int_equal(accept_range(block), ST_STATE);
	assert_int_equal(count_events(ACT_MAP_PRIVATE), 0);

	usual(ACCEPT_EAGER);
	next_result[ACT_ACCEPT] = ST_DENIED;
	assert_int_equal(accept_all(), ST_DENIED);
	assert_int_equal(count_events(ACT_MAP_PRIVATE), 0);
	assert_int_equal(memmap_total(&memory_map, MEM_ACCEPTED), 0);
}

/* A page that was accepted already is an attack, also where a lazy guest has others. */
static void test_attack(void **state)
{
	struct range block = { GIB(4), BLOCK_SIZE };

	usual(ACCEPT_LAZY);
	next_result[ACT_ACCEPT] = ST_PROTOCOL;
	expect_fatal(ST_PROTOCOL, accept_range(block));
	assert_true(accept_is_done(GIB(4))); /* nobody asks again */
}

/* A platform that names memory by its virtual address finds it mapped, and loses it again. */
static void test_mapped_first(void **state)
{
	struct range block = { GIB(4), BLOCK_SIZE };

	usual(ACCEPT_LAZY);
	fake_ops.converts_mapped = true;
	assert_int_equal(accept_range(block), ST_OK);
	assert_int_equal(event_count, 2);
	assert_int_equal(events[0].act, ACT_MAP_PRIVATE);
	assert_int_equal(events[1].act, ACT_ACCEPT);
	block.base += BLOCK_SIZE;
	next_result[ACT_ACCEPT] = ST_DENIED;
	assert_int_equal(accept_range(block), ST_DENIED);
	assert_int_equal(event_count, 5);
	assert_int_equal(events[4].act, ACT_UNMAP);
	assert_memory_equal(&events[4].range, &block, sizeof(block));
	/* Without a mapping the platform is not asked at all. */
	block.base += BLOCK_SIZE;
	next_result[ACT_MAP_PRIVATE] = ST_NO_MEMORY;
	assert_int_equal(accept_range(block), ST_NO_MEMORY);
	assert_int_equal(count_events(ACT_ACCEPT), 2);
}

static void parallel_with(unsigned n, unsigned refused)
{
	struct accept_stats s;

	usual(ACCEPT_PARALLEL);
	cpus = n;
	for (unsigned i = 0; i < refused; i++)
		start_status[1 + i] = ST_DENIED;
	assert_int_equal(accept_all(), ST_OK);
	assert_int_equal(event_count, 0);
	/* something the page allocator needed before */
	assert_int_equal(accept_range((struct range){ GIB(4) + MIB(512), MIB(2) }), ST_OK);
	assert_int_equal(accept_parallel(), ST_OK);
	assert_each_page_once();
	accept_totals(&s);
	assert_int_equal(s.bytes, USUAL_BYTES);
	assert_int_equal(s.calls, count_events(ACT_ACCEPT));
	assert_in_range(s.calls, 1, 2 * 2 + n); /* few, large chunks */
	assert_int_equal(memmap_total(&memory_map, MEM_ACCEPTED), USUAL_BYTES);
	for (size_t i = 0; i < event_count; i++) {
		u64 base = events[i].range.base;

		assert_true(is_aligned(base, BLOCK_SIZE) || base == GIB(1) + PAGE_SIZE);
	}
	assert_int_equal(accept_parallel(), ST_OK); /* nothing left to do */
	assert_each_page_once();
	accept_totals(&s);
	assert_int_equal(s.bytes, USUAL_BYTES);
}

static void test_parallel(void **state)
{
	for (unsigned n = 0; n <= SMP_MAX_CPUS; n++)
		parallel_with(n, 0);
	parallel_with(4, 2);
	parallel_with(4, 3);
}

/* What the pool shared before the other CPUs were up is no private memory afterwards. */
static void test_parallel_shared(void **state)
{
	struct range unit = { MIB(2), BLOCK_SIZE };

	reset();
	add(MIB(2), MIB(16));
	assert_int_equal(accept_init(&memory_map, ACCEPT_PARALLEL), ST_OK);
	assert_int_equal(accept_range(unit), ST_OK);
	accept_note(unit, MEM_SHARED);
	assert_int_equal(accept_parallel(), ST_OK);
	assert_int_equal(memmap_total(&memory_map, MEM_SHARED), BLOCK_SIZE);
	assert_int_equal(memmap_total(&memory_map, MEM_ACCEPTED), MIB(14));
	assert_int_equal(memmap_find(&memory_map, MIB(2))->type, MEM_SHARED);
	assert_true(accept_notes_complete());
}

static void test_parallel_failure(void **state)
{
	usual(ACCEPT_PARALLEL);
	cpus = 4;
	next_result[ACT_ACCEPT] = ST_NO_PROGRESS;
	assert_int_equal(accept_parallel(), ST_NO_PROGRESS);
	usual(ACCEPT_PARALLEL);
	cpus = 4;
	wait_status = ST_TIMEOUT;
	assert_int_equal(accept_parallel(), ST_TIMEOUT);
	usual(ACCEPT_PARALLEL);
	cpus = 4;
	run_status = ST_STATE;
	assert_int_equal(accept_parallel(), ST_STATE);
}

static void test_low_memory(void **state)
{
	reset();
	add(PAGE_SIZE, KIB(640) - PAGE_SIZE);
	add(MIB(1), GIB(1));
	assert_int_equal(accept_init(&memory_map, ACCEPT_LAZY), ST_OK);
	assert_int_equal(accept_all(), ST_OK);
	assert_int_equal(count_events(ACT_ACCEPT), 1);
	assert_true(accept_is_done(PAGE_SIZE));
	assert_false(accept_is_done(MIB(1)));
}

static void test_too_much(void **state)
{
	reset();
	add(GIB(1), ACCEPT_MAX_BYTES - GIB(1));
	add(GIB(512), GIB(4));
	add(GIB(600), GIB(4));
	assert_int_equal(accept_init(&memory_map, ACCEPT_EAGER), ST_OK);
	assert_int_equal(accept_unused(), GIB(7));
	assert_int_equal(accept_all(), ST_OK);
	assert_int_equal(memmap_total(&memory_map, MEM_ACCEPTED), ACCEPT_MAX_BYTES);
	assert_int_equal(memmap_total(&memory_map, MEM_RESERVED), GIB(7));
	assert_int_equal(accept_range((struct range){ GIB(600), BLOCK_SIZE }), ST_RANGE);
}

static void test_init(void **state)
{
	reset();
	assert_int_equal(accept_all(), ST_STATE);
	assert_int_equal(accept_parallel(), ST_STATE);
	assert_int_equal(accept_init(&memory_map, ACCEPT_EAGER), ST_NOT_FOUND);
	assert_string_equal(accept_policy_name(ACCEPT_EAGER), "eager");
	assert_string_equal(accept_policy_name(ACCEPT_LAZY), "lazy");
	assert_string_equal(accept_policy_name(ACCEPT_PARALLEL), "parallel");
	assert_string_equal(accept_policy_name((enum accept_policy)9), "unknown");
}

/* Many ranges of one page each: the map is full, the engine still knows them apart. */
static void test_many_ranges(void **state)
{
	reset();
	for (u64 i = 0; i < MEMMAP_MAX; i++)
		add(GIB(1) + i * 2 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(accept_init(&memory_map, ACCEPT_LAZY), ST_OK);
	for (u64 i = 0; i < MEMMAP_MAX; i++) {
		struct range r = { GIB(1) + i * 2 * PAGE_SIZE, PAGE_SIZE };

		assert_int_equal(accept_range(r), ST_OK);
		assert_int_equal(accept_range(r), ST_STATE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eager),
		cmocka_unit_test(test_lazy),
		cmocka_unit_test(test_lazy_refused),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_parallel_shared),
		cmocka_unit_test(test_parallel_failure),
		cmocka_unit_test(test_low_memory),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_mapped_first),
		cmocka_unit_test(test_attack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
