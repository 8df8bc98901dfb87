/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC's timer: an APIC bus, of 1 GHz as KVM's, counted in TSC ticks. Nothing runs while
 * the guest does; what is due is found before an entry and when the core's timer ends a run.
 */
#include "vmm/local.h"

#define MODE_PERIODIC BIT(17)
#define MODE_DEADLINE BIT(18)

u64 vmm_apic_bus_hz = 1000000000;

/* A guest whose period is shorter than an exit would never get on, nor would the host. */
#define PERIOD_MIN_HZ 50000u

/* In deadline mode the count registers do nothing. */
static bool by_deadline(const struct lapic *l)
{
	return (l->lvt[LVT_TIMER] & MODE_DEADLINE) != 0;
}

static unsigned divisor(const struct lapic *l)
{
	unsigned code = (l->divide & 3) | (l->divide >> 1 & 4);

	return code == 7 ? 1 : 2u << code;
}

static u64 ticks_of(u64 count, const struct lapic *l)
{
	u64 ticks = scale(count * divisor(l), core_tsc_hz, vmm_apic_bus_hz);

	return ticks == 0 ? 1 : ticks;
}

static u64 period(const struct lapic *l)
{
	return MAX(ticks_of(l->initial, l), core_tsc_hz / PERIOD_MIN_HZ);
}

void timer_reset(struct lapic *l)
{
	l->initial = l->divide = 0;
	l->deadline = l->tsc_deadline = 0;
}

static void arm(struct lapic *l)
{
	l->deadline = l->initial == 0 ? 0 : core_now() + ticks_of(l->initial, l);
}

void timer_set_initial(struct vcpu *v, u32 value)
{
	struct lapic *l = lapic_of(v);

	if (by_deadline(l))
		return;
	l->initial = value;
	arm(l);
}

/* The count goes on from where it is, at the new speed. */
void timer_set_divide(struct vcpu *v, u32 value)
{
	struct lapic *l = lapic_of(v);
	u32 left = timer_current(v);

	l->divide = value & 0xb;
	if (by_deadline(l) || l->deadline == 0)
		return;
	l->deadline = core_now() + ticks_of(left, l);
}

void timer_set_lvt(struct vcpu *v, u32 value)
{
	struct lapic *l = lapic_of(v);
	u32 changed = l->lvt[LVT_TIMER] ^ value;

	l->lvt[LVT_TIMER] = value;
	if ((changed & MODE_DEADLINE) == 0)
		return;
	l->initial = 0;
	l->deadline = l->tsc_deadline = 0;
}

static u64 guest_tsc_offset(const struct vcpu *v)
{
	return v->vmcb != NULL ? v->vmcb->tsc_offset : 0;
}

u64 timer_tsc_deadline(const struct vcpu *v)
{
	const struct lapic *l = lapic_of(v);

	return by_deadline(l) ? l->tsc_deadline : 0;
}

void timer_set_tsc_deadline(struct vcpu *v, u64 value)
{
	struct lapic *l = lapic_of(v);
	u64 now = core_now(), guest_now = now + guest_tsc_offset(v);

	if (!by_deadline(l))
		return;
	l->tsc_deadline = value;
	l->deadline = 0;
	if (value != 0)
		l->deadline = value <= guest_now ? now : now + MIN(value - guest_now, ~now);
}

bool timer_due(const struct vcpu *v)
{
	const struct lapic *l = lapic_of(v);

	return l->deadline != 0 && core_now() >= l->deadline;
}

void timer_poll(struct vcpu *v)
{
	struct lapic *l = lapic_of(v);
	u32 lvt = l->lvt[LVT_TIMER];

	if (!timer_due(v))
		return;
	if ((lvt & MODE_PERIODIC) != 0 && l->initial != 0) {
		u64 p = period(l), late = core_now() - l->deadline;

		/* Periods nobody ran for are one interrupt, as with any late one. */
		l->deadline += (late / p + 1) * p;
	} else {
		l->deadline = l->tsc_deadline = 0;
	}
	if ((lvt & LVT_MASKED) != 0 || fault_on(FAULT_TIMER_WITHHELD))
		return;
	lapic_accept(v, v, lvt & 0xff, false);
}

u32 timer_current(const struct vcpu *v)
{
	const struct lapic *l = lapic_of(v);
	u64 now = core_now(), left;

	if (by_deadline(l) || l->deadline == 0 || now >= l->deadline)
		return 0;
	left = scale(l->deadline - now, vmm_apic_bus_hz, core_tsc_hz) / divisor(l);
	return (u32)MIN(left, l->initial);
}
