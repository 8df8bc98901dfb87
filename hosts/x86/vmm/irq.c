/* SPDX-License-Identifier: BSD-2-Clause */
/* From the APICs into the guest: what is injected when, and waiting for it. */
#include "vmm/pci.h"

void vmm_raise(struct vcpu *v, unsigned vector)
{
	lapic_accept(NULL, v, vector, false);
}

/* What the machine's devices have sent. CPU 0 takes it for all. */
static void device_interrupts(void)
{
	forward_poll();
	(void)msix_poll();
}

/* The vector to be delivered next, -1: none above the processor's priority. */
static int next_vector(struct vcpu *v)
{
	struct lapic *l = lapic_of(v);
	int vector = lapic_accepts(l) ? lapic_highest(l->irr) : -1;

	return vector >= 0 && (vector >> 4) > (lapic_ppr(v) >> 4) ? vector : -1;
}

static bool next_nmi(const struct vcpu *v)
{
	return vmm_cpu(v)->nmi_pending && !vmm_cpu(v)->nmi_blocked;
}

static void take(struct vcpu *v, unsigned vector)
{
	struct lapic *l = lapic_of(v);

	l->irr[vector / 32] &= ~(1u << (vector % 32));
	l->isr[vector / 32] |= 1u << (vector % 32);
	event_inject(v, EVENT_INTR, vector, false, 0);
}

void vmm_inject(struct vcpu *v)
{
	struct vmm_cpu *c = vmm_cpu(v);
	int vector;

	device_interrupts();
	timer_poll(v);
	if (next_nmi(v) && !event_pending(v)) {
		c->nmi_pending = false;
		c->nmi_blocked = true;
		event_inject(v, EVENT_NMI, 2, false, 0);
	}
	vector = next_vector(v);
	if (vector >= 0 && event_window_open(v) && !event_pending(v)) {
		take(v, (unsigned)vector);
		vector = next_vector(v);
	}
	event_want_window(v, vector >= 0);
	core_timer(c->lapic.deadline);
}

bool vmm_has_event(const struct vcpu *v)
{
	struct vcpu *w = &vcpus[v->index];

	timer_poll(w);
	return next_nmi(w) || next_vector(w) >= 0;
}

void vmm_nmi_done(struct vcpu *v)
{
	vmm_cpu(v)->nmi_blocked = false;
}

bool vmm_nmi_waits(const struct vcpu *v)
{
	return vmm_cpu(v)->nmi_pending && vmm_cpu(v)->nmi_blocked;
}

void vmm_unhalt(struct vcpu *v)
{
	vmm_cpu(v)->unhalt = true;
	core_kick(v);
}

static bool wakes(struct vcpu *v, bool interrupts_blocked)
{
	device_interrupts();
	timer_poll(v);
	return next_nmi(v) || (!interrupts_blocked && next_vector(v) >= 0);
}

void vmm_halt(struct vcpu *v, bool interrupts_blocked)
{
	struct vmm_cpu *c = vmm_cpu(v);

	while (!c->unhalt && !wakes(v, interrupts_blocked)) {
		core_timer(c->lapic.deadline);
		core_idle(v);
	}
	c->unhalt = false;
}

void vmm_park(struct vcpu *v)
{
	struct vmm_cpu *c = vmm_cpu(v);

	core_timer(0);
	while (!c->unhalt) {
		core_idle(v);
		device_interrupts();
	}
	c->unhalt = false;
}
