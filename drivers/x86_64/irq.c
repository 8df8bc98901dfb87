/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts and the one-shot timer of the local APIC. The host may raise any vector at any time.
 */
#include "irq.h"

#include "x86_64/cpu.h"
#include "x86_64/lapic.h"
#include "x86_64/muldiv.h"

#define TIMER_DIVIDE_BY_1 0xbu
#define CALIBRATE_US      5000u
#define NS_PER_SECOND     1000000000ULL

/* A host that does nothing but interrupt would never let us finish: beyond so many that nobody
 * asked for, this CPU goes on masked, or stops where there is no mask. */
#define UNASKED_MAX 100000u
/* Nobody knows how many a device needs; this is more than any run of ours. */
#define DEVICE_MAX 2000000u

struct counters {
	u64 test, timer, other;
	u64 device; /* messages that have a handler */
	u64 asked;  /* test interrupts sent to this CPU and timers armed by it */
};

static struct counters count[SMP_MAX_CPUS];
static bool available;
static u64 timer_hz; /* 0: unknown, timer unusable */

static void bump(u64 *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

static u64 total(const u64 *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static bool is_storm(const struct counters *c)
{
	u64 taken = total(&c->test) + total(&c->timer) + total(&c->other);
	u64 asked = total(&c->asked);

	return (taken > asked && taken - asked >= UNASKED_MAX) || total(&c->device) >= DEVICE_MAX;
}

bool irq_dispatch(unsigned vector)
{
	struct counters *c = &count[arch_cpu_index()];

	if (vector == VECTOR_TEST)
		bump(&c->test);
	else if (vector == VECTOR_TIMER)
		bump(&c->timer);
	else if (msi_dispatch(vector))
		bump(&c->device);
	else
		bump(&c->other);
	/* A spurious interrupt and an NMI are not in service: an EOI would end another one. */
	if (available && vector != VECTOR_SPURIOUS && vector >= 32)
		lapic_write(LAPIC_EOI, 0);
	return !is_storm(c);
}

/*
 * Against the counter: the host's claim of a frequency is not needed. The counter is read inside
 * the span the timer runs, so that losing the CPU between two reads makes the timer look faster
 * than it is: it then fires late, never before its time. The least of three tries is nearest the
 * truth.
 */
static u64 calibrate_once(u64 hz)
{
	u64 start, ticks;
	u32 left;

	lapic_write(LAPIC_TIMER_INIT, 0xffffffff);
	start = arch_counter();
	delay_us(CALIBRATE_US);
	ticks = arch_counter() - start;
	left = lapic_read(LAPIC_TIMER_CURRENT);
	lapic_write(LAPIC_TIMER_INIT, 0);
	if (ticks == 0 || left == 0 || left == 0xffffffff)
		return 0;
	return muldiv64(0xffffffffu - left, hz, ticks);
}

static u64 calibrate(void)
{
	u64 hz = arch_counter_hz(), best = ~0ULL;

	if (hz == 0)
		return 0;
	lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	for (unsigned i = 0; i < 3; i++)
		best = MIN(best, calibrate_once(hz));
	return best;
}

enum status irq_init(const struct platform_info *p)
{
	enum status st = lapic_find();

	if (st != ST_OK)
		return st;
	available = true;
	lapic_enable_cpu();
	timer_hz = calibrate();
	return ST_OK;
}

enum status irq_init_cpu(void)
{
	if (!available)
		return ST_UNSUPPORTED;
	lapic_enable_cpu();
	return ST_OK;
}

bool irq_available(void)
{
	return available;
}

enum status irq_send(unsigned cpu)
{
	if (!available)
		return ST_UNSUPPORTED;
	if (cpu >= SMP_MAX_CPUS || __atomic_load_n(&cpu_data[cpu].online, __ATOMIC_ACQUIRE) == 0)
		return ST_RANGE;
	bump(&count[cpu].asked);
	return lapic_send(cpu_data[cpu].hwid, VECTOR_TEST);
}

u64 irq_received(unsigned cpu)
{
	return cpu < SMP_MAX_CPUS ? total(&count[cpu].test) : 0;
}

u64 irq_unexpected(void)
{
	u64 sum = 0;

	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		sum += total(&count[i].other);
	return sum;
}

enum status timer_arm(enum irq_timer t, u64 ns)
{
	u64 ticks;

	if (t != IRQ_TIMER_VIRT || !available || timer_hz == 0)
		return ST_UNSUPPORTED;
	ticks = muldiv64(ns, timer_hz, NS_PER_SECOND);
	if (ticks >= 0xffffffff)
		return ST_RANGE;
	ticks++; /* never before its time */
	bump(&count[arch_cpu_index()].asked);
	lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER); /* one shot */
	lapic_write(LAPIC_TIMER_INIT, (u32)ticks);
	return ST_OK;
}

u64 timer_fired(enum irq_timer t, unsigned cpu)
{
	return t == IRQ_TIMER_VIRT && cpu < SMP_MAX_CPUS ? total(&count[cpu].timer) : 0;
}

void timer_cancel(enum irq_timer t)
{
	if (t != IRQ_TIMER_VIRT || !available)
		return;
	lapic_write(LAPIC_LVT_TIMER, LAPIC_LVT_MASKED | VECTOR_TIMER);
	lapic_write(LAPIC_TIMER_INIT, 0);
}

u32 timer_intid(enum irq_timer t)
{
	return VECTOR_TIMER;
}

void irq_enable_cpu(void)
{
	__asm__ volatile("sti" : : : "memory");
}

void irq_disable_cpu(void)
{
	__asm__ volatile("cli" : : : "memory");
}
