/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other CPUs on a host that refuses them, never runs them, or stops the clock: every wait ends.
 * sources: boot/smp.c drivers/deadline.c
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch.h"
#include "cvm.h"
#include "fatal.h"
#include "irq.h"
#include "mm.h"
#include "mmu.h"
#include "platform.h"
#include "smp.h"

static __thread unsigned self;
static bool clock_stands;
static enum status answer[SMP_MAX_CPUS];
static bool runs[SMP_MAX_CPUS];
static unsigned start_calls;

unsigned arch_cpu_index(void)
{
	return self;
}

void arch_cpu_relax(void)
{
	static __thread unsigned calls;

	if (++calls % 64 == 0)
		sched_yield();
}

/* Runs fast: a wait of minutes passes in seconds, unless the host stops it. */
u64 arch_counter(void)
{
	static u64 now;

	return clock_stands ? now : __atomic_add_fetch(&now, 20, __ATOMIC_RELAXED);
}

u64 arch_counter_hz(void)
{
	return 1000000;
}

bool irq_available(void)
{
	return false;
}

enum status irq_init_cpu(void)
{
	return ST_UNSUPPORTED;
}

void irq_enable_cpu(void)
{
}

bool mmu_is_on(void)
{
	return true;
}

u64 smp_arch_entry(void)
{
	return 0x1000;
}

u64 smp_arch_context(unsigned index, u64 hwid)
{
	assert_int_equal(hwid, 0x100 + index);
	return index;
}

static bool begun;

static void *cpu_thread(void *arg)
{
	self = (unsigned)(uintptr_t)arg;
	__atomic_store_n(&begun, true, __ATOMIC_RELEASE);
	smp_secondary_main(self);
	return NULL;
}

static enum status fake_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	pthread_t t;

	start_calls++;
	assert_int_equal(entry, 0x1000);
	if (answer[ctx] != ST_OK || !runs[ctx])
		return answer[ctx];
	assert_int_equal(pthread_create(&t, NULL, cpu_thread, (void *)(uintptr_t)ctx), 0);
	/* The fast clock is for CPUs that never come, not for a busy machine that runs this test.
	 */
	while (!__atomic_load_n(&begun, __ATOMIC_ACQUIRE))
		sched_yield();
	return answer[ctx];
}

/* ---- pages a backend asks for, of both kinds ---- */
static u8 shared_page[PAGE_SIZE], private_pages[2 * PAGE_SIZE];
static bool no_shared, no_private;
static unsigned prepared;
static enum status prepare_answer;

void *pool_alloc_kept(size_t pages)
{
	assert_int_equal(pages, 1);
	return no_shared ? NULL : shared_page;
}

u64 pages_alloc(size_t count, u64 align)
{
	assert_int_equal(count, 2);
	return no_private ? 0 : (u64)(uintptr_t)private_pages;
}

static enum status fake_cpu_prepare(unsigned index, void *shared, void *priv)
{
	assert_int_equal(index, 1);
	assert_ptr_equal(shared, shared_page);
	assert_ptr_equal(priv, private_pages);
	prepared++;
	return prepare_answer;
}

static struct cvm_ops fake_ops = {
	.cpu_start = fake_cpu_start,
	.cpu_shared_pages = 1,
	.cpu_private_pages = 2,
};
struct cvm cvm = { .ops = &fake_ops };

static struct platform_info make_platform(unsigned cpus)
{
	struct platform_info p = { .cpu_count = cpus };

	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		p.cpu_hwid[i] = 0x100 + i;
	return p;
}

static void set_self(void *arg)
{
	*(unsigned *)arg = arch_cpu_index();
}

/* Nothing is started that could not be prepared. */
static void test_prepare(void **state)
{
	struct platform_info p = make_platform(2);

	fake_ops.cpu_prepare = fake_cpu_prepare;
	no_shared = true;
	assert_int_equal(smp_start_all(&p), ST_NO_MEMORY);
	no_shared = false;
	no_private = true;
	assert_int_equal(smp_start_all(&p), ST_NO_MEMORY);
	no_private = false;
	prepare_answer = ST_DENIED;
	assert_int_equal(smp_start_all(&p), ST_DENIED);
	assert_int_equal(prepared, 1);
	assert_int_equal(start_calls, 0);
	prepare_answer = ST_OK;
	answer[1] = ST_DENIED;
	assert_int_equal(smp_start_all(&p), ST_DENIED);
	assert_int_equal(prepared, 2);
	assert_int_equal(start_calls, 1);
	fake_ops.cpu_prepare = NULL;
	answer[1] = ST_OK;
	start_calls = 0;
}

/* One start for the whole test program: CPU 1 works, 2 is refused, 3 never comes. */
static void test_start(void **state)
{
	struct platform_info p = make_platform(4);

	runs[1] = true;
	answer[2] = ST_DENIED;
	assert_int_equal(smp_start_all(&p), ST_DENIED);
	assert_int_equal(start_calls, 3);
	assert_int_equal(smp_cpu_count(), 4);
	assert_int_equal(smp_online_count(), 2);
	assert_int_equal(smp_start_status(0), ST_OK);
	assert_int_equal(smp_start_status(1), ST_OK);
	assert_int_equal(smp_start_status(2), ST_DENIED);
	assert_int_equal(smp_start_status(3), ST_TIMEOUT);
	assert_int_equal(smp_start_status(4), ST_RANGE);
	assert_int_equal(smp_hwid(3), 0x103);
	assert_int_equal(smp_hwid(4), ~0ULL);
}

static void test_work(void **state)
{
	unsigned seen = 99;

	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(smp_run(1, set_self, &seen), ST_OK);
		assert_int_equal(smp_wait(1), ST_OK);
		assert_int_equal(seen, 1);
		assert_int_equal(smp_run(0, set_self, &seen), ST_OK);
		assert_int_equal(smp_wait(0), ST_OK);
		assert_int_equal(seen, 0);
	}
}

static void test_absent(void **state)
{
	unsigned seen = 99;

	for (unsigned cpu = 2; cpu < 4; cpu++) {
		assert_int_equal(smp_run(cpu, set_self, &seen), ST_STATE);
		assert_int_equal(smp_wait(cpu), ST_STATE);
	}
	assert_int_equal(smp_run(4, set_self, &seen), ST_RANGE);
	assert_int_equal(smp_wait(4), ST_RANGE);
	assert_int_equal(seen, 99);
}

static bool release;

static void hold(void *arg)
{
	while (!__atomic_load_n(&release, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void test_clock_stands(void **state)
{
	assert_int_equal(smp_run(1, hold, NULL), ST_OK);
	clock_stands = true;
	assert_int_equal(smp_wait(1), ST_TIMEOUT);
	assert_int_equal(smp_run(1, hold, NULL), ST_STATE); /* still busy */
	clock_stands = false;
	__atomic_store_n(&release, true, __ATOMIC_RELEASE);
	assert_int_equal(smp_wait(1), ST_OK);
}

static struct spinlock lock;
static unsigned guarded;

static void count(void *arg)
{
	for (unsigned i = 0; i < 10000; i++) {
		spin_lock(&lock);
		guarded++;
		spin_unlock(&lock);
	}
}

static void test_lock(void **state)
{
	assert_int_equal(smp_run(1, count, NULL), ST_OK);
	count(NULL);
	assert_int_equal(smp_wait(1), ST_OK);
	assert_int_equal(guarded, 20000);
}

static jmp_buf fatal_jump;
static enum status fatal_status;

void fatal(enum status st, const char *fmt, ...)
{
	fatal_status = st;
	longjmp(fatal_jump, 1);
}

static void take(void *arg)
{
	spin_lock(arg);
}

static enum status outcome_of_locking(struct spinlock *l)
{
	fatal_status = ST_OK;
	if (setjmp(fatal_jump) == 0)
		spin_lock(l);
	return fatal_status;
}

/* CPU 1 takes a lock and is never run again: CPU 0 does not wait for ever. */
static void test_lock_kept(void **state)
{
	static struct spinlock kept;

	assert_int_equal(smp_run(1, take, &kept), ST_OK);
	assert_int_equal(smp_wait(1), ST_OK);
	assert_int_equal(kept.owner, 2);
	assert_int_equal(outcome_of_locking(&kept), ST_TIMEOUT);
	clock_stands = true;
	assert_int_equal(outcome_of_locking(&kept), ST_TIMEOUT);
	clock_stands = false;
	spin_unlock(&kept);
	assert_int_equal(outcome_of_locking(&kept), ST_OK);
	assert_int_equal(outcome_of_locking(&kept), ST_STATE); /* at once: nobody would free it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prepare),   cmocka_unit_test(test_start),
		cmocka_unit_test(test_work),      cmocka_unit_test(test_absent),
		cmocka_unit_test(test_lock),      cmocka_unit_test(test_clock_stands),
		cmocka_unit_test(test_lock_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
