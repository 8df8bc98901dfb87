/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local APIC registers and their two views, xAPIC and x2APIC (Intel SDM volume 3, chapter 11). What
 * is asked of it comes from the guest: every vector and offset is bounded here.
 */
#include "vmm/local.h"

#define VERSION      (0x14u | (LVT_COUNT - 1) << 16)
#define SVR_WRITABLE 0x1ffu
#define MSR_FIRST    0x800u

/* Bits of each local vector table entry a guest may write. */
static const u32 lvt_writable[LVT_COUNT] = {
	[LVT_TIMER] = 0x700ff, [LVT_THERMAL] = 0x107ff, [LVT_PERFORMANCE] = 0x107ff,
	[LVT_LINT0] = 0x1a7ff, [LVT_LINT1] = 0x1a7ff,   [LVT_ERROR] = 0x100ff,
};

static u32 logical_x2apic(u32 id)
{
	return id >> 4 << 16 | 1u << (id & 15);
}

void lapic_reset(struct vcpu *v, unsigned flags)
{
	struct vmm_cpu *c = vmm_cpu(v);
	struct lapic *l = &c->lapic;

	*l = (struct lapic){ .svr = 0xff, .dfr = ~0u };
	l->base = APIC_BASE_ADDRESS | APIC_BASE_EN | (v->index == 0 ? APIC_BASE_BSP : 0);
	if (flags & VMM_X2APIC_ONLY) {
		l->x2apic_only = true;
		l->base |= APIC_BASE_EXTD;
		l->ldr = logical_x2apic(v->index);
	}
	for (unsigned i = 0; i < LVT_COUNT; i++)
		l->lvt[i] = LVT_MASKED;
	c->nmi_pending = c->nmi_blocked = false;
	if (v->vmcb != NULL)
		v->vmcb->int_control &= ~0xfu;
	timer_reset(l);
}

/* ---- vectors ---- */

static bool test(const u32 set[8], unsigned vector)
{
	return (set[vector / 32] >> (vector % 32) & 1) != 0;
}

static void assign(u32 set[8], unsigned vector, bool value)
{
	if (value)
		set[vector / 32] |= 1u << (vector % 32);
	else
		set[vector / 32] &= ~(1u << (vector % 32));
}

int lapic_highest(const u32 set[8])
{
	for (int i = 7; i >= 0; i--)
		if (set[i] != 0)
			return i * 32 + 31 - __builtin_clz(set[i]);
	return -1;
}

bool lapic_accept(struct vcpu *self, struct vcpu *target, unsigned vector, bool level)
{
	struct lapic *l = lapic_of(target);

	if (!lapic_accepts(l) || vector > 255)
		return false;
	if (vector < 16) {
		lapic_error(target, ESR_VECTOR);
		return false;
	}
	assign(l->irr, vector, true);
	assign(l->tmr, vector, level);
	if (target != self)
		core_kick(target);
	return true;
}

/* The register shows it after the next write to it. The error's own vector cannot be an error
 * again: that would never end. */
void lapic_error(struct vcpu *v, u32 bit)
{
	struct lapic *l = lapic_of(v);
	u32 lvt = l->lvt[LVT_ERROR];

	l->esr_next |= bit;
	if ((lvt & LVT_MASKED) == 0 && (lvt & 0xff) >= 16)
		lapic_accept(v, v, lvt & 0xff, false);
}

/* CR8 is the upper half of the TPR; the guest moves it without an exit. */
void lapic_tpr_sync(struct vcpu *v)
{
	struct lapic *l = lapic_of(v);
	u32 cr8 = v->vmcb != NULL ? v->vmcb->int_control & 0xf : l->tpr >> 4;

	if (cr8 != l->tpr >> 4)
		l->tpr = cr8 << 4;
}

static void set_tpr(struct vcpu *v, u32 value)
{
	lapic_of(v)->tpr = value & 0xff;
	if (v->vmcb != NULL)
		v->vmcb->int_control = (v->vmcb->int_control & ~0xfu) | (value >> 4 & 0xf);
}

u8 lapic_ppr(struct vcpu *v)
{
	struct lapic *l = lapic_of(v);
	int highest = lapic_highest(l->isr);
	u32 service = highest < 0 ? 0 : (u32)highest & 0xf0;

	lapic_tpr_sync(v);
	return (u8)((l->tpr & 0xf0) >= service ? l->tpr : service);
}

static void end_of_interrupt(struct vcpu *v)
{
	struct lapic *l = lapic_of(v);
	int vector = lapic_highest(l->isr);

	if (vector < 0)
		return;
	assign(l->isr, (unsigned)vector, false);
	if (test(l->tmr, (unsigned)vector))
		ioapic_eoi((unsigned)vector);
	if (l->self_sent == vector) {
		l->self_sent = 0;
		if (fault_on(FAULT_IPI_SELF_TWICE))
			assign(l->irr, (unsigned)vector, true);
	}
}

/* ---- registers ---- */

/* The entry behind a register, -1: none. Offsets are multiples of 16. */
static int lvt_index(unsigned offset)
{
	static const u16 at[LVT_COUNT] = { LAPIC_LVT_TIMER,       LAPIC_LVT_THERMAL,
					   LAPIC_LVT_PERFORMANCE, LAPIC_LVT_LINT0,
					   LAPIC_LVT_LINT1,       LAPIC_LVT_ERROR };

	for (int i = 0; i < LVT_COUNT; i++)
		if (at[i] == offset)
			return i;
	return -1;
}

u32 lapic_read(struct vcpu *v, unsigned offset)
{
	const struct lapic *l = lapic_of(v);
	int lvt = lvt_index(offset);

	if (lvt >= 0)
		return l->lvt[lvt];
	if (offset >= LAPIC_ISR && offset < LAPIC_ESR) {
		const u32 *set = offset < LAPIC_TMR ? l->isr : offset < LAPIC_IRR ? l->tmr : l->irr;

		return set[offset / 16 % 8];
	}
	switch (offset) {
	case LAPIC_ID:
		return lapic_x2apic(l) ? v->index : v->index << 24;
	case LAPIC_VERSION:
		return VERSION;
	case LAPIC_TPR:
		lapic_tpr_sync(v);
		return l->tpr;
	case LAPIC_APR:
	case LAPIC_PPR:
		return lapic_ppr(v);
	case LAPIC_LDR:
		return l->ldr;
	case LAPIC_DFR:
		return l->dfr;
	case LAPIC_SVR:
		return l->svr;
	case LAPIC_ESR:
		return l->esr;
	case LAPIC_ICR_LOW:
		return l->icr_low;
	case LAPIC_ICR_HIGH:
		return l->icr_high;
	case LAPIC_TIMER_INITIAL:
		return l->initial;
	case LAPIC_TIMER_CURRENT:
		return timer_current(v);
	case LAPIC_TIMER_DIVIDE:
		return l->divide;
	default:
		return 0;
	}
}

static void set_lvt(struct vcpu *v, int i, u32 value)
{
	struct lapic *l = lapic_of(v);

	value &= lvt_writable[i];
	if ((l->svr & SVR_ENABLED) == 0)
		value |= LVT_MASKED;
	if (i == LVT_TIMER)
		timer_set_lvt(v, value);
	else
		l->lvt[i] = value;
}

static void set_svr(struct vcpu *v, u32 value)
{
	struct lapic *l = lapic_of(v);

	l->svr = value & SVR_WRITABLE;
	if ((l->svr & SVR_ENABLED) == 0)
		for (int i = 0; i < LVT_COUNT; i++)
			set_lvt(v, i, l->lvt[i]);
}

void lapic_write(struct vcpu *v, unsigned offset, u32 value)
{
	struct lapic *l = lapic_of(v);
	int lvt = lvt_index(offset);

	if (lvt >= 0) {
		set_lvt(v, lvt, value);
		return;
	}
	switch (offset) {
	case LAPIC_TPR:
		set_tpr(v, value);
		break;
	case LAPIC_EOI:
		end_of_interrupt(v);
		break;
	case LAPIC_LDR:
		if (!lapic_x2apic(l))
			l->ldr = value & 0xff000000u;
		break;
	case LAPIC_DFR:
		if (!lapic_x2apic(l))
			l->dfr = value | 0x0fffffffu;
		break;
	case LAPIC_SVR:
		set_svr(v, value);
		break;
	case LAPIC_ESR:
		l->esr = l->esr_next;
		l->esr_next = 0;
		break;
	case LAPIC_ICR_LOW:
		lapic_icr(v, lapic_x2apic(l) ? l->icr_high : l->icr_high >> 24, value);
		break;
	case LAPIC_ICR_HIGH:
		l->icr_high = lapic_x2apic(l) ? value : value & 0xff000000u;
		break;
	case LAPIC_TIMER_INITIAL:
		timer_set_initial(v, value);
		break;
	case LAPIC_TIMER_DIVIDE:
		timer_set_divide(v, value);
		break;
	case LAPIC_SELF_IPI:
		if (lapic_x2apic(l))
			lapic_icr(v, 0, 1u << 18 | (value & 0xff));
		break;
	default:
		break;
	}
}

/* ---- the x2APIC view: 0x800 + offset / 16 ---- */

#define R 1
#define W 2

static unsigned msr_access(unsigned offset)
{
	if (offset >= LAPIC_ISR && offset < LAPIC_ESR)
		return R;
	if (lvt_index(offset) >= 0)
		return R | W;
	switch (offset) {
	case LAPIC_ID:
	case LAPIC_VERSION:
	case LAPIC_PPR:
	case LAPIC_LDR:
	case LAPIC_TIMER_CURRENT:
		return R;
	case LAPIC_TPR:
	case LAPIC_SVR:
	case LAPIC_ESR:
	case LAPIC_ICR_LOW:
	case LAPIC_TIMER_INITIAL:
	case LAPIC_TIMER_DIVIDE:
		return R | W;
	case LAPIC_EOI:
	case LAPIC_SELF_IPI:
		return W;
	default:
		return 0;
	}
}

bool lapic_msr_read(struct vcpu *v, u32 msr, u64 *value)
{
	unsigned offset = (msr - MSR_FIRST) * 16;

	if (!lapic_x2apic(lapic_of(v)) || (msr_access(offset) & R) == 0)
		return false;
	*value = lapic_read(v, offset);
	if (offset == LAPIC_ICR_LOW)
		*value |= (u64)lapic_of(v)->icr_high << 32;
	return true;
}

/* A bit the register does not have raises #GP; only the ICR is wider than 32 bits. */
static u64 msr_writable(unsigned offset)
{
	int lvt = lvt_index(offset);

	if (lvt >= 0)
		return lvt_writable[lvt] | BIT(12) | BIT(14); /* status bits may be written back */
	switch (offset) {
	case LAPIC_TPR:
	case LAPIC_SELF_IPI:
		return 0xff;
	case LAPIC_SVR:
		return SVR_WRITABLE;
	case LAPIC_TIMER_DIVIDE:
		return 0xb;
	case LAPIC_TIMER_INITIAL:
		return MASK(31, 0);
	case LAPIC_ICR_LOW:
		return MASK(63, 32) | 0xcdfff;
	default:
		return 0; /* EOI, ESR: only zero */
	}
}

bool lapic_msr_write(struct vcpu *v, u32 msr, u64 value)
{
	unsigned offset = (msr - MSR_FIRST) * 16;

	if (!lapic_x2apic(lapic_of(v)) || (msr_access(offset) & W) == 0)
		return false;
	if ((value & ~msr_writable(offset)) != 0)
		return false;
	if (offset == LAPIC_ICR_LOW)
		lapic_icr(v, (u32)(value >> 32), (u32)value);
	else
		lapic_write(v, offset, (u32)value);
	return true;
}

/* Figure "local APIC state transitions": off -> xAPIC -> x2APIC -> off, xAPIC -> off. The page is
 * not moved: refusing is simpler than an APIC over somebody's RAM. */
bool lapic_base_write(struct vcpu *v, u64 value)
{
	struct lapic *l = lapic_of(v);
	u64 mode = value & (APIC_BASE_EN | APIC_BASE_EXTD);
	u64 old = l->base & (APIC_BASE_EN | APIC_BASE_EXTD);

	if ((value & ~(APIC_BASE_BSP | mode)) != APIC_BASE_ADDRESS)
		return false;
	if (mode == old)
		return true;
	if (l->x2apic_only || mode == APIC_BASE_EXTD)
		return false;
	if (old == (APIC_BASE_EN | APIC_BASE_EXTD) && mode != 0)
		return false;
	if (old == 0 && mode != APIC_BASE_EN)
		return false;
	if (mode == 0) {
		u64 bsp = l->base & APIC_BASE_BSP;

		lapic_reset(v, 0);
		l->base = APIC_BASE_ADDRESS | bsp;
		return true;
	}
	l->base = (l->base & APIC_BASE_BSP) | APIC_BASE_ADDRESS | mode;
	if (lapic_x2apic(l)) {
		l->ldr = logical_x2apic(v->index);
		l->icr_high = 0;
	}
	return true;
}
