/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest stopped as a whole: nobody is in it while its ITS is saved and restored, everybody gets
 * on, and cycles come when they are due.
 *
 * sources: hosts/arm64/vmm/cycle.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/cycle.h"

static struct cycle c;
static struct vits its;
static enum status save_answer, restore_answer;
static unsigned saves, restores;

enum status vits_save(struct vits *t)
{
	assert_ptr_equal(t, &its);
	assert_int_equal(c.inside, 0);
	saves++;
	return save_answer;
}

enum status vits_restore(struct vits *t)
{
	assert_ptr_equal(t, &its);
	assert_int_equal(saves, restores + 1); /* never what was not saved just before */
	restores++;
	return restore_answer;
}

static int setup(void **state)
{
	memset(&c, 0xff, sizeof(c));
	memset(&its, 0, sizeof(its));
	cycle_init(&c, 0);
	its.enabled = true;
	save_answer = restore_answer = ST_OK;
	saves = restores = 0;
	return 0;
}

static void none_unless_asked_for(void **state)
{
	for (u64 exits = 0; exits < 1000; exits++)
		assert_false(cycle_due(&c, exits));
	assert_false(cycle_due(&c, ~0ULL));
	assert_true(cycle_enter(&c, 0));
}

static void by_exits(void **state)
{
	enum status st;

	cycle_init(&c, 50);
	assert_false(cycle_due(&c, 0));
	assert_false(cycle_due(&c, 49));
	assert_true(cycle_due(&c, 50));
	assert_true(cycle_due(&c, 1000));
	assert_int_equal(cycle_run(&c, &its, 1000, &st), CYCLE_OK);
	assert_int_equal(st, ST_OK);
	assert_int_equal(c.done, 1);
	assert_false(cycle_due(&c, 1000));
	assert_false(cycle_due(&c, 1049));
	assert_true(cycle_due(&c, 1050));
}

static void by_order(void **state)
{
	enum status st;

	cycle_order(&c, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(cycle_due(&c, 7)); /* no exit is needed in between */
		assert_int_equal(cycle_run(&c, &its, 7, &st), CYCLE_OK);
	}
	assert_false(cycle_due(&c, 7));
	assert_int_equal(c.done, 3);
	cycle_order(&c, 5);
	cycle_order(&c, 0); /* the last order counts */
	assert_false(cycle_due(&c, 8));
}

static void disabled_its_is_left_alone(void **state)
{
	enum status st;

	cycle_order(&c, 1);
	its.enabled = false;
	assert_int_equal(cycle_run(&c, &its, 0, &st), CYCLE_OK);
	assert_int_equal(saves + restores, 0);
	assert_int_equal(c.done, 0);
	assert_false(cycle_due(&c, 0)); /* it was this entry's turn all the same */
}

static void failures_end_nothing(void **state)
{
	enum status st;

	cycle_order(&c, 10);
	save_answer = ST_STATE;
	assert_int_equal(cycle_run(&c, &its, 0, &st), CYCLE_SAVE_FAILED);
	assert_int_equal(st, ST_STATE);
	assert_int_equal(restores, 0); /* what was not saved is not forgotten */
	save_answer = ST_OK;
	saves = 0;
	restore_answer = ST_CORRUPT;
	assert_int_equal(cycle_run(&c, &its, 0, &st), CYCLE_RESTORE_FAILED);
	assert_int_equal(st, ST_CORRUPT);
	assert_int_equal(c.done, 0);
	assert_int_equal(c.left, 8);
	restore_answer = ST_OK;
	assert_int_equal(cycle_run(&c, &its, 0, &st), CYCLE_OK);
	assert_int_equal(c.done, 1);
}

static void each_failure_is_told_once(void **state)
{
	assert_false(cycle_report(&c, CYCLE_OK));
	assert_true(cycle_report(&c, CYCLE_SAVE_FAILED));
	assert_false(cycle_report(&c, CYCLE_SAVE_FAILED));
	assert_true(cycle_report(&c, CYCLE_RESTORE_FAILED));
	assert_false(cycle_report(&c, CYCLE_RESTORE_FAILED));
	assert_false(cycle_report(&c, CYCLE_SAVE_FAILED));
	assert_false(cycle_report(&c, CYCLE_OK));
}

static void stopped_nobody_enters(void **state)
{
	assert_true(cycle_enter(&c, 0));
	assert_true(cycle_enter(&c, 7));
	assert_int_equal(c.inside, 0x81);
	assert_int_equal(cycle_leave(&c, 7), 0); /* nobody waits for it */
	assert_true(cycle_enter(&c, 7));
	assert_true(cycle_stop(&c, 2));
	assert_false(cycle_stop(&c, 4)); /* one at a time */
	assert_false(cycle_enter(&c, 3));
	assert_int_equal(c.inside, 0x81);
	assert_int_equal(cycle_leave(&c, 7), 0);
	assert_int_equal(cycle_leave(&c, 0), 1u << 2); /* the last one tells it */
	assert_int_equal(c.inside, 0);
	assert_false(cycle_enter(&c, 0));
	assert_int_equal(cycle_go(&c), 1u << 4 | 1u << 3 | 1u << 0);
	assert_int_equal(cycle_go(&c), 0); /* told once */
	assert_true(cycle_enter(&c, 3));
	assert_int_equal(c.inside, 8);
	assert_true(cycle_stop(&c, 4));
	assert_int_equal(c.by, 4);
}

/*
 * CPUs as run.c drives them, each step under the lock, in random order: idle ones never come back
 * by themselves, those inside leave when they are kicked or when they like to, and those that were
 * refused sleep until they are told.
 */
enum place { IDLE, BEFORE, WAITING, OUTSIDE, INSIDE };

struct model {
	enum place at[8];
	bool kicked[8], asleep[8], asks[8];
	unsigned entries[8], cpus;
};

static void tell(struct model *m, u32 cpus)
{
	for (unsigned i = 0; i < m->cpus; i++) {
		m->kicked[i] |= (cpus >> i & 1) != 0 && m->at[i] == INSIDE;
		m->asleep[i] &= (cpus >> i & 1) == 0;
	}
}

static void step(struct model *m, unsigned cpu, u64 exits)
{
	enum status st;

	if (m->asleep[cpu])
		return;
	switch (m->at[cpu]) {
	case IDLE:
		break;
	case BEFORE: /* cycle_if_due(), or a save that the guest asked for */
		if (!m->asks[cpu] && !cycle_due(&c, exits)) {
			m->at[cpu] = OUTSIDE;
		} else if (!cycle_stop(&c, cpu)) {
			m->asleep[cpu] = true;
		} else {
			m->at[cpu] = WAITING;
			tell(m, c.inside);
			m->asleep[cpu] = c.inside != 0;
		}
		break;
	case WAITING:                          /* await_stop() */
		assert_int_equal(c.inside, 0); /* told when it was so */
		for (unsigned i = 0; i < m->cpus; i++)
			assert_int_not_equal(m->at[i], INSIDE);
		assert_int_equal(cycle_run(&c, &its, exits, &st), CYCLE_OK);
		tell(m, cycle_go(&c));
		m->asks[cpu] = false;
		m->at[cpu] = OUTSIDE;
		break;
	case OUTSIDE:
		m->asleep[cpu] = !cycle_enter(&c, cpu);
		if (m->asleep[cpu])
			break;
		m->at[cpu] = INSIDE;
		m->entries[cpu]++;
		break;
	case INSIDE:
		if (!m->kicked[cpu] && rand() % 4 != 0)
			break;
		m->kicked[cpu] = false;
		tell(m, cycle_leave(&c, cpu));
		m->asks[cpu] = rand() % 16 == 0;
		m->at[cpu] = BEFORE;
		break;
	}
}

static void everybody_gets_on(void **state)
{
	srand(5);
	for (unsigned round = 0; round < 64; round++) {
		struct model m = { .cpus = 1 + round % 8 };
		u64 exits = 0;

		setup(NULL);
		cycle_init(&c, round % 3 * 5);
		for (unsigned i = 0; i < m.cpus; i++)
			m.at[i] = i != 0 && rand() % 3 == 0 ? IDLE : BEFORE;
		for (unsigned n = 0; n < 4000; n++) {
			if (n % 1000 == 500)
				cycle_order(&c, 40);
			step(&m, (unsigned)rand() % m.cpus, exits += (unsigned)rand() % 2);
		}
		for (unsigned i = 0; i < m.cpus; i++)
			assert_true(m.at[i] == IDLE || m.entries[i] > 10);
		assert_in_range(c.done, 4, 4000);
		assert_int_equal(saves, restores);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(none_unless_asked_for, setup),
		cmocka_unit_test_setup(by_exits, setup),
		cmocka_unit_test_setup(by_order, setup),
		cmocka_unit_test_setup(disabled_its_is_left_alone, setup),
		cmocka_unit_test_setup(failures_end_nothing, setup),
		cmocka_unit_test_setup(each_failure_is_told_once, setup),
		cmocka_unit_test_setup(stopped_nobody_enters, setup),
		cmocka_unit_test_setup(everybody_gets_on, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
