/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waits by a counter that runs, has no known rate, stops, steps back or goes to and fro.
 * sources: drivers/deadline.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch.h"
#include "deadline.h"

#define HZ        62500000u
#define READS_MAX 3000000u

static u64 now, hz, reads, relaxed;
static u64 (*next)(void);

u64 arch_counter(void)
{
	reads++;
	now = next();
	return now;
}

u64 arch_counter_hz(void)
{
	return hz;
}

void arch_cpu_relax(void)
{
	relaxed++;
}

static u64 ticks(void)
{
	return now + 1;
}

static u64 leaps(void)
{
	return now + BIT(40);
}

static u64 stands(void)
{
	return now;
}

static u64 falls(void)
{
	return now - 1;
}

/* Two values in turn. */
static u64 swings(void)
{
	return now ^ 1;
}

/* Runs, and every thousandth read is 2000 earlier than the one before. */
static u64 stumbles(void)
{
	return reads % 1000 == 0 ? now - 2000 : now + 5;
}

/* Reads until it has passed; READS_MAX: it never did. */
static u64 wait(u64 (*counter)(void), u64 rate, u64 ns)
{
	struct deadline d;

	next = counter;
	hz = rate;
	now = ~0ULL - 100; /* wraps in between */
	d = deadline_in(ns);
	reads = relaxed = 0;
	while (reads < READS_MAX && !deadline_passed(&d))
		;
	assert_int_equal(relaxed, reads);
	return reads;
}

static void test_runs(void **state)
{
	(void)state;
	assert_int_equal(wait(ticks, HZ, 1000000), HZ / 1000 + 1);
	assert_int_equal(wait(ticks, HZ, 0), 1);
	assert_int_equal(wait(ticks, HZ, 16000), 1001);
	assert_int_equal(wait(ticks, 0, 1000000), 1000001); /* taken for 1 GHz */
}

/* The longest wait is no short one, also of a fast counter. */
static void test_long(void **state)
{
	(void)state;
	assert_in_range(wait(leaps, 1000000000, ~0ULL), 900, 1000);
	assert_in_range(wait(leaps, 10000000000ULL, ~0ULL), 9000, 10000);
}

static void test_stops(void **state)
{
	(void)state;
	assert_int_equal(wait(stands, HZ, ~0ULL), 1000000);
	assert_int_equal(wait(stands, 0, ~0ULL), 1000000);
	assert_int_equal(wait(falls, HZ, ~0ULL), 1000000);
	assert_in_range(wait(swings, HZ, ~0ULL), 1000000, 1000001);
}

/* 2995 forward in 1000 reads. */
static void test_steps_back(void **state)
{
	(void)state;
	assert_in_range(wait(stumbles, HZ, 16000000), 330000, 340000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_steps_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
