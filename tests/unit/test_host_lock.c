/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hosts' lock where one CPU runs at a time, as under -icount, and the machine always changes to
 * the next one while the lock is held. Threads are the CPUs; they run in turn.
 * sources: hosts/common/lock.c
 * flags: -Ihosts
 * libs: -pthread
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/lock.h"

#define CPUS   3
#define SLICES 2000 /* of the busy CPU, in which each other one has got the lock */
#define ROUNDS 3    /* how often */

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t turn;
	unsigned runs; /* CPU whose turn it is */
	bool gone[CPUS];
	unsigned held; /* CPUs inside */
	unsigned got[CPUS];
	unsigned relaxed;
	bool machine; /* else core_relax() only counts */
	bool both;    /* two CPUs were inside at once */
	struct core_lock lock;
} m = { .mutex = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER };
static _Thread_local unsigned self;

static void next_turn(void)
{
	unsigned n = self;

	do
		n = (n + 1) % CPUS;
	while (m.gone[n] && n != self);
	m.runs = n;
	pthread_cond_broadcast(&m.turn);
}

static void wait_turn(void)
{
	while (m.runs != self)
		pthread_cond_wait(&m.turn, &m.mutex);
}

void core_relax(void)
{
	m.relaxed++;
	if (!m.machine)
		return;
	next_turn();
	wait_turn();
}

static void enter(void)
{
	core_lock(&m.lock);
	m.both |= ++m.held != 1;
	m.got[self]++;
}

static void leave(void)
{
	m.held--;
	core_unlock(&m.lock);
}

static bool all_served(void)
{
	for (unsigned i = 1; i < CPUS; i++)
		if (m.got[i] < ROUNDS)
			return false;
	return true;
}

static void *cpu(void *index)
{
	self = (unsigned)(uintptr_t)index;
	pthread_mutex_lock(&m.mutex);
	wait_turn();
	if (self == 0) {
		/* Each slice of the busy CPU ends inside. */
		for (unsigned i = 0; i < SLICES && !all_served(); i++) {
			enter();
			core_relax();
			leave();
		}
	} else {
		for (unsigned i = 0; i < ROUNDS; i++) {
			enter();
			core_relax();
			leave();
		}
	}
	m.gone[self] = true;
	next_turn();
	pthread_mutex_unlock(&m.mutex);
	return NULL;
}

static void nobody_starves(void **state)
{
	pthread_t thread[CPUS];

	(void)state;
	m.machine = true;
	for (uintptr_t i = 0; i < CPUS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, cpu, (void *)i), 0);
	for (unsigned i = 0; i < CPUS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	m.machine = false;
	/* Else the others got it when the busy one was through. */
	assert_in_range(m.got[0], 1, SLICES - 1);
	assert_false(m.both);
	assert_int_equal(m.lock.held, 0);
	assert_int_equal(m.lock.starving, 0);
}

/* One that starves and is not run by the machine does not hold up the others. */
static void waits_for_nobody(void **state)
{
	struct core_lock l = { .starving = 1 };

	(void)state;
	m.relaxed = 0;
	core_lock(&l);
	assert_int_equal(l.held, 1);
	assert_in_range(m.relaxed, 1, 1000);
	assert_false(core_trylock(&l));
	core_unlock(&l);
	m.relaxed = 0;
	assert_true(core_trylock(&l));
	assert_int_equal(m.relaxed, 0);
	assert_int_equal(l.starving, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_starves),
		cmocka_unit_test(waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
