/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts from one CPU to others: the ICR, destinations and delivery modes. */
#include "vmm/local.h"

#define ICR_LOGICAL BIT(11)
#define ICR_ASSERT  BIT(14)
#define ICR_LEVEL   BIT(15)
#define ICR_KEPT    0xcefffu /* without delivery status */

void (*vmm_on_init)(struct vcpu *target);
void (*vmm_on_sipi)(struct vcpu *target, u8 vector);

static bool matches_logical(const struct lapic *l, u32 destination)
{
	u32 own = l->ldr >> 24, d = destination & 0xff;

	if (lapic_x2apic(l))
		return l->ldr >> 16 == destination >> 16 && (l->ldr & destination & 0xffff) != 0;
	if (l->dfr >> 28 == 0xf)
		return (own & d) != 0;
	return (own >> 4 == d >> 4 || d >> 4 == 0xf) && (own & d & 0xf) != 0;
}

/* wide: 32 bits of destination (x2APIC ICR), else 8 (xAPIC ICR, IOAPIC). */
bool lapic_matches(const struct vcpu *v, u32 destination, bool logical, bool wide)
{
	const struct lapic *l = lapic_of(v);

	if ((l->base & APIC_BASE_EN) == 0)
		return false;
	if (destination == (wide ? ~0u : 0xffu))
		return true;
	return logical ? matches_logical(l, destination) : v->index == destination;
}

void lapic_nmi(struct vcpu *self, struct vcpu *target)
{
	vmm_cpu(target)->nmi_pending = true;
	if (target != self)
		core_kick(target);
}

static void send_fixed(struct vcpu *v, struct vcpu *target, unsigned vector, bool level)
{
	if (v == target) {
		if (fault_on(FAULT_IPI_SELF_LOST))
			return;
		lapic_of(v)->self_sent = (u8)vector;
	} else {
		if (fault_on(FAULT_IPI_OTHER_LOST))
			return;
		if (fault_on(FAULT_IPI_WRONG_CPU))
			target = v;
	}
	lapic_accept(v, target, vector, level);
}

static void send(struct vcpu *v, struct vcpu *target, u32 low)
{
	switch (low >> 8 & 7) {
	case DELIVER_FIXED:
	case DELIVER_LOWEST:
		send_fixed(v, target, low & 0xff, (low & ICR_LEVEL) != 0);
		break;
	case DELIVER_NMI:
		lapic_nmi(v, target);
		break;
	case DELIVER_INIT:
		/* A de-assertion by level only synchronised the APICs of old machines. */
		if ((low & ICR_LEVEL) != 0 && (low & ICR_ASSERT) == 0)
			break;
		if (vmm_on_init != NULL)
			vmm_on_init(target);
		break;
	case DELIVER_SIPI:
		if (vmm_on_sipi != NULL)
			vmm_on_sipi(target, (u8)low);
		break;
	default:
		break; /* SMI and the reserved modes: no such thing here */
	}
}

static bool is_target(const struct vcpu *v, const struct vcpu *other, u32 destination, u32 low)
{
	switch (low >> 18 & 3) {
	case 1:
		return other == v;
	case 2:
		return true;
	case 3:
		return other != v;
	default:
		return lapic_matches(other, destination, (low & ICR_LOGICAL) != 0,
				     lapic_x2apic(lapic_of(v)));
	}
}

void lapic_icr(struct vcpu *v, u32 destination, u32 low)
{
	struct lapic *l = lapic_of(v);
	unsigned mode = low >> 8 & 7;

	l->icr_low = low & ICR_KEPT;
	if (lapic_x2apic(l))
		l->icr_high = destination;
	if ((mode == DELIVER_FIXED || mode == DELIVER_LOWEST) && (low & 0xff) < 16) {
		lapic_error(v, ESR_SEND_VECTOR);
		return;
	}
	for (unsigned i = 0; i < config.cpus; i++) {
		if (!is_target(v, &vcpus[i], destination, low))
			continue;
		send(v, &vcpus[i], low);
		if (mode == DELIVER_LOWEST)
			return; /* one of them */
	}
}
