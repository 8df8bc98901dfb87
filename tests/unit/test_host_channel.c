/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hosts' channel with threads in place of CPUs: several end the run at once, one verdict is
 * printed and nothing after it. Each run is a process of its own, because power goes off.
 * sources: hosts/common/channel.c hosts/common/lock.c lib/print.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 * libs: -pthread
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/channel.h"
#include "core/core.h"

#define CPUS     4
#define RUNS     40
#define TEXT_MAX (1u << 20)
#define LINES    3
#define POWER_US 3000 /* power goes late: others have time to go on printing */
#define LINE_US  50
#define SECONDS  60

enum ending { ALL_OFF, ALL_PANIC, BOTH, ONE_OFF, STALLED };

static __thread unsigned cpu;
static pthread_barrier_t together;
static enum ending ending;
static bool summary_panics;
static bool stalled, powered;
static char text[TEXT_MAX];
static unsigned used, summaries;
static int pipe_end;

unsigned core_cpu(void)
{
	return cpu;
}

void core_relax(void)
{
	if (ending != STALLED) /* a million turns are to be waited for */
		sched_yield();
}

void core_channel_putc(char c)
{
	unsigned n = __atomic_fetch_add(&used, 1, __ATOMIC_SEQ_CST);

	if (n < sizeof(text))
		text[n] = c;
	if (c == '~') { /* in the middle of a line, with the lock, until after the verdict */
		__atomic_store_n(&stalled, true, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&powered, __ATOMIC_SEQ_CST))
			usleep(LINE_US);
	}
}

void core_power_off(void)
{
	__atomic_store_n(&powered, true, __ATOMIC_SEQ_CST);
	usleep(POWER_US);
	_exit(write(pipe_end, text, MIN(used, (unsigned)sizeof(text))) < 0);
}

void core_summary(void)
{
	channel("counter: summary %u", __atomic_add_fetch(&summaries, 1, __ATOMIC_SEQ_CST));
	sched_yield();
	if (summary_panics)
		core_panic("in the summary");
}

static void *machine_cpu(void *index)
{
	cpu = (unsigned)(uintptr_t)index;
	pthread_barrier_wait(&together);
	for (unsigned i = 0; i < LINES + cpu; i++)
		channel("line %u of cpu %u", i, cpu);
	pthread_barrier_wait(&together);
	if (ending == STALLED && cpu == 1)
		channel("half ~ of a line");
	while (ending == STALLED && !__atomic_load_n(&stalled, __ATOMIC_SEQ_CST))
		usleep(LINE_US);
	if (ending == ALL_PANIC || (ending == STALLED && cpu == 0) ||
	    (ending == BOTH && (cpu & 1) != 0))
		core_panic("cpu %u", cpu);
	if (ending != STALLED && (ending != ONE_OFF || cpu == 0))
		core_verdict("off", "cpu %u", cpu);
	for (;;) {
		if (ending != STALLED)
			channel("cpu %u goes on", cpu);
		usleep(LINE_US);
	}
	return NULL;
}

static void machine(int out)
{
	pthread_t t;

	pipe_end = out;
	alarm(SECONDS);
	pthread_barrier_init(&together, NULL, CPUS);
	for (uintptr_t i = 1; i < CPUS; i++)
		pthread_create(&t, NULL, machine_cpu, (void *)i);
	machine_cpu(NULL);
}

/* The verdict's line of one run: the last one, and the only one. */
static const char *verdict_of(enum ending e, bool panics)
{
	static char got[TEXT_MAX + 1];
	int ends[2], status;
	size_t n = 0;
	ssize_t k;
	char *verdict;

	ending = e;
	summary_panics = panics;
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0)
		machine(ends[1]);
	close(ends[1]);
	while ((k = read(ends[0], got + n, TEXT_MAX - n)) > 0)
		n += (size_t)k;
	got[n] = '\0';
	close(ends[0]);
	wait(&status);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	verdict = strstr(got, "verdict: ");
	assert_non_null(verdict);
	assert_true(verdict == got || verdict[-1] == '\n');
	assert_ptr_equal(strchr(verdict, '\n'), got + n - 1);
	assert_null(strstr(got, "summary 2"));
	assert_true(e == ALL_PANIC || e == BOTH || e == STALLED ||
		    strstr(got, "summary 1") != NULL);
	return verdict;
}

static void one_verdict(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		assert_non_null(strstr(verdict_of(ALL_OFF, false), "off cpu "));
		assert_non_null(strstr(verdict_of(ALL_PANIC, false), "broken cpu "));
		(void)verdict_of(BOTH, false);
	}
}

static void a_panic_in_the_summary_is_the_verdict(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUNS; i++)
		assert_string_equal(verdict_of(ALL_OFF, true), "verdict: broken in the summary\n");
}

static void those_who_go_on_are_held(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUNS; i++)
		assert_string_equal(verdict_of(ONE_OFF, false), "verdict: off cpu 0\n");
}

/* Who holds the lock and does not go on cannot keep a panic from being heard, nor add to it. */
static void a_panic_breaks_the_lock(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_string_equal(verdict_of(STALLED, false), "verdict: broken cpu 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_verdict),
		cmocka_unit_test(a_panic_in_the_summary_is_the_verdict),
		cmocka_unit_test(those_who_go_on_are_held),
		cmocka_unit_test(a_panic_breaks_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
