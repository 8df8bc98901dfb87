/* SPDX-License-Identifier: BSD-2-Clause */
/* Generic timer: the counter, delays, and the virtual and physical one-shot timers of each CPU. */
#include "arch.h"
#include "arm64/sysreg.h"
#include "gic.h"

#define CTL_ENABLE  BIT(0)
#define CTL_ISTATUS BIT(2)
#define NS_PER_S    1000000000ULL
#define NS_MAX      (3600 * NS_PER_S) /* keeps the product below in 64 bits up to 4 GHz */
#define TIMERS      2
/* For a host that gives no frequency: assume a fast counter, so that a wait is not cut short. */
#define HZ_ASSUMED 1000000000ULL

static struct {
	u64 fired;
	bool armed;
} state[SMP_MAX_CPUS][TIMERS];

u64 arch_counter(void)
{
	isb(); /* the counter may otherwise be read early */
	return read_sysreg(cntvct_el0);
}

u64 arch_counter_hz(void)
{
	return read_sysreg(cntfrq_el0);
}

static u64 hz(void)
{
	u64 f = arch_counter_hz();

	return f != 0 ? f : HZ_ASSUMED;
}

static u64 ticks(u64 amount, u64 per_second)
{
	u64 f = hz();

	return amount / per_second * f + amount % per_second * f / per_second;
}

/* Bounded also with a counter that stands still. */
void delay_us(u64 us)
{
	u64 start = arch_counter(), wait = ticks(us, 1000000);
	u64 last = start, stuck = 0;

	while (arch_counter() - start < wait && stuck < COUNTER_STUCK_READS) {
		u64 now = arch_counter();

		stuck = now == last ? stuck + 1 : 0;
		last = now;
		arch_cpu_relax();
	}
}

static void write_ctl(enum irq_timer t, u64 v)
{
	if (t == IRQ_TIMER_VIRT)
		write_sysreg(cntv_ctl_el0, v);
	else
		write_sysreg(cntp_ctl_el0, v);
	isb();
}

enum status timer_arm(enum irq_timer t, u64 ns)
{
	unsigned cpu = arch_cpu_index();

	if ((unsigned)t >= TIMERS || ns > NS_MAX)
		return ST_INVALID;
	if (!irq_available())
		return ST_UNSUPPORTED;
	write_ctl(t, 0);
	__atomic_store_n(&state[cpu][t].armed, true, __ATOMIC_RELAXED);
	if (t == IRQ_TIMER_VIRT)
		write_sysreg(cntv_cval_el0, arch_counter() + ticks(ns, NS_PER_S));
	else
		write_sysreg(cntp_cval_el0, read_sysreg(cntpct_el0) + ticks(ns, NS_PER_S));
	write_ctl(t, CTL_ENABLE);
	return ST_OK;
}

u64 timer_fired(enum irq_timer t, unsigned cpu)
{
	if ((unsigned)t >= TIMERS || cpu >= SMP_MAX_CPUS)
		return 0;
	return __atomic_load_n(&state[cpu][t].fired, __ATOMIC_RELAXED);
}

void timer_cancel(enum irq_timer t)
{
	if ((unsigned)t >= TIMERS)
		return;
	write_ctl(t, 0);
	__atomic_store_n(&state[arch_cpu_index()][t].armed, false, __ATOMIC_RELAXED);
}

/* The interrupt alone proves nothing: a host may present any number at any time. Only a timer that
 * was armed and that says itself that it is due counts. */
bool timer_interrupt(enum irq_timer t, unsigned cpu)
{
	u64 ctl = t == IRQ_TIMER_VIRT ? read_sysreg(cntv_ctl_el0) : read_sysreg(cntp_ctl_el0);

	if (!state[cpu][t].armed || (ctl & CTL_ISTATUS) == 0)
		return false;
	write_ctl(t, 0);
	state[cpu][t].armed = false;
	__atomic_add_fetch(&state[cpu][t].fired, 1, __ATOMIC_RELAXED);
	return true;
}
