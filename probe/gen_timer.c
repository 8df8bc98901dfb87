/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks.h"
#include "irq.h"
#include "smp.h"

#define READS    20000
#define SHOT_NS  5000000ULL
#define SLACK_NS 1000000ULL /* far more than rounding; an interrupt too early comes at once */

struct backwards {
	bool seen;
	u64 before, after;
};

static void read_counter(void *arg)
{
	struct backwards *b = arg;
	u64 last = arch_counter();

	for (unsigned i = 0; i < READS; i++) {
		u64 now = arch_counter();

		if (now < last && !b->seen)
			*b = (struct backwards){ true, last, now };
		last = now;
	}
}

static bool steps_back;

bool counter_is_sound(void)
{
	return !steps_back;
}

void gen_timer_monotonic(void)
{
	u64 before = arch_counter();

	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct backwards b = { 0 };

		if (smp_start_status(cpu) != ST_OK)
			continue;
		if (smp_run(cpu, read_counter, &b) != ST_OK || smp_wait(cpu) != ST_OK) {
			check_fail("reading the counter on each CPU", "an answer", "cpu %u: none",
				   cpu);
			return;
		}
		if (b.seen) {
			steps_back = true;
			check_fail("reading the counter twice", "not less than before",
				   "cpu %u: 0x%llx after 0x%llx", cpu, (unsigned long long)b.after,
				   (unsigned long long)b.before);
			return;
		}
	}
	expect_true("the counter over the whole check", arch_counter() > before, "it advances");
}

static bool usable(void)
{
	if (!irq_available())
		check_skip("no interrupt controller");
	else if (arch_counter_hz() == 0)
		check_skip("the rate of the counter is unknown");
	else
		return true;
	return false;
}

static void one_shot(enum irq_timer t)
{
	struct deadline d = deadline_in(WAIT_NS);
	u64 before = timer_fired(t, 0), unasked = irq_unexpected(), start, took = 0;
	bool phys = t == IRQ_TIMER_PHYS, fired;
	bool enabled = arch_irq_save();
	enum status st;

	irq_enable_cpu();
	start = timer_now(phys);
	st = timer_arm(t, SHOT_NS);
	if (expect_eq("arming the timer", st, ST_OK)) {
		/* The longest time seen: should the counter step back, that is another check's. */
		do {
			s64 now;

			/* A host that hurries needs an opportunity. */
			visit_host();
			fired = timer_fired(t, 0) != before;
			now = (s64)(timer_now(phys) - start);
			took = MAX(took, ticks_to_ns(now > 0 ? (u64)now : 0));
		} while (!fired && irq_unexpected() == unasked && !deadline_passed(&d));
		/* The driver believes the timer, not the host: what comes early is unexpected. */
		if (irq_unexpected() != unasked)
			check_fail("the timer, 5 ms from now", "no interrupt before it is due",
				   "one after %llu ns", (unsigned long long)took);
		else if (!fired)
			check_fail("the timer, 5 ms from now", "one interrupt",
				   "none within 2 s (intid %u)", timer_intid(t));
		else if (took + SLACK_NS < SHOT_NS)
			check_fail("the timer, 5 ms from now", "not before its time",
				   "after %llu ns", (unsigned long long)took);
	}
	timer_cancel(t);
	irq_disable_cpu();
	arch_irq_restore(enabled);
}

void gen_timer_virtual(void)
{
	if (usable())
		one_shot(IRQ_TIMER_VIRT);
}

void gen_timer_physical(void)
{
	if (usable())
		one_shot(IRQ_TIMER_PHYS);
}
