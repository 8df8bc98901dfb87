/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host may put into the virtual CPU interface, and the guest's timers. */
#include "abi/gic.h"
#include "el2/el2.h"

#define LR_VINTID(lr) FIELD(lr, 31, 0)
#define LR_STATE(lr)  FIELD(lr, 63, 62)
#define LR_HW         BIT(61)
#define LR_PRIO(lr)   FIELD(lr, 55, 48)
#define LR_PINTID     MASK(44, 32)
#define LR_EOI        BIT(41)
#define HCR_EN        BIT(0)
#define HCR_EOICOUNT  MASK(31, 27)

/* The step exceeds what an exit takes and stays below what a timer may be early by. */
#define COUNTER_STEP      2000u
#define COUNTER_PERIOD_NS 20000u

static const u32 timer_ppi[2] = { 27, 30 }; /* virtual, physical */

/* Whose timer values this machine CPU holds; timers tick on while their vCPU is out. */
static const struct el2_cpu *cpu_timer_owner[CORE_MAX_CPUS];

static unsigned nr_lrs(void)
{
	return MIN((unsigned)FIELD(hw_ich_vtr(), 4, 0) + 1, 16u);
}

static bool vintid_valid(u64 id)
{
	u64 idbits = FIELD(hw_ich_vtr(), 25, 23) == 1 ? 24 : 16;

	return id <= 1019 || (id >= GIC_LPI_FIRST && id < BIT(idbits));
}

static bool vintid_duplicate(const struct rmi_rec_enter *e, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (LR_STATE(e->gicv3_lrs[i]) != 0 &&
		    LR_VINTID(e->gicv3_lrs[i]) == LR_VINTID(e->gicv3_lrs[n]))
			return true;
	return false;
}

static bool lr_valid(const struct rmi_rec_enter *e, unsigned n)
{
	u64 lr = e->gicv3_lrs[n], pri_bits = FIELD(hw_ich_vtr(), 31, 29) + 1;

	if (LR_STATE(lr) == 0)
		return true;
	if (V((lr & LR_HW) !=
	      0)) /* would let the host tie a physical interrupt to the guest's EOI */
		return false;
	if (V(!vintid_valid(LR_VINTID(lr))))
		return false;
	if (V(vintid_duplicate(e, n)))
		return false;
	if (V((lr & LR_PINTID & ~LR_EOI) != 0))
		return false;
	if (V((LR_PRIO(lr) & (0xff >> pri_bits)) != 0))
		return false;
	return true;
}

bool gic_enter_valid(const struct rmi_rec_enter *enter)
{
	unsigned i;

	if (V((enter->gicv3_hcr & ~(u64)RMI_GICV3_HCR_ALLOWED) != 0))
		return false;
	for (i = 0; i < nr_lrs(); i++)
		if (!lr_valid(enter, i))
			return false;
	return true;
}

/*
 * A timer's line stays masked until the guest has dealt with it. The EOI of its virtual interrupt
 * is the moment to look again, so ask for that even when the host did not.
 */
static u64 watch_timer_eoi(struct el2_cpu *cpu, unsigned n, u64 lr)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (LR_STATE(lr) == 0 || LR_VINTID(lr) != timer_ppi[i] || (lr & LR_EOI) != 0)
			continue;
		cpu->eoi_watched |= (u16)BIT(n);
		return lr | LR_EOI;
	}
	return lr;
}

void gic_enter(struct el2_cpu *cpu, const struct rmi_rec_enter *enter)
{
	unsigned i;

	cpu->el2.ich_hcr = enter->gicv3_hcr | HCR_EN;
	cpu->el2.ich_misr = 0; /* not that of an earlier run, should this entry end before one */
	cpu->eoi_watched = 0;
	for (i = 0; i < cpu->el2.nr_lr; i++)
		cpu->el2.ich_lr[i] = watch_timer_eoi(cpu, i, enter->gicv3_lrs[i]);
}

void gic_exit(struct el2_cpu *cpu, struct rmi_rec_exit *ex)
{
	unsigned i;

	ex->gicv3_hcr = cpu->el2.ich_hcr & (HCR_EOICOUNT | RMI_GICV3_HCR_ALLOWED);
	for (i = 0; i < cpu->el2.nr_lr; i++)
		ex->gicv3_lrs[i] =
		    cpu->el2.ich_lr[i] & ~((cpu->eoi_watched & BIT(i)) != 0 ? LR_EOI : 0);
	ex->gicv3_misr = cpu->el2.ich_misr;
	ex->gicv3_vmcr = cpu->el2.ich_vmcr;
}

/* ENABLE and ISTATUS set, IMASK clear */
static bool asserted(u64 ctl)
{
	return (ctl & 7) == 5;
}

void timers_load(struct el2_cpu *cpu)
{
	unsigned i;

	if (cpu->timer_cpu == core_cpu() && cpu_timer_owner[core_cpu()] == cpu)
		return;
	hw_timers_write(&cpu->timers);
	for (i = 0; i < 2; i++) {
		core_irq_mask(timer_ppi[i], false);
		cpu->timer_masked[i] = false;
	}
	cpu->timer_cpu = core_cpu();
	cpu_timer_owner[core_cpu()] = cpu;
}

bool timers_update(struct el2_cpu *cpu)
{
	bool changed = false;
	struct hw_timers t;
	unsigned i;

	hw_timers_read(&t);
	for (i = 0; i < 2; i++) {
		bool now = asserted(i == 0 ? t.cntv_ctl : t.cntp_ctl);

		if (now == cpu->timer_masked[i])
			continue;
		core_irq_mask(timer_ppi[i], now);
		cpu->timer_masked[i] = now;
		changed |= now;
	}
	return changed;
}

void timers_stop(void)
{
	static const struct hw_timers stopped;

	hw_timers_write(&stopped);
}

void timers_save(struct el2_cpu *cpu, struct rmi_rec_exit *ex)
{
	hw_timers_read(&cpu->timers);
	ex->cntp_ctl = fault_on(FAULT_TIMER_PHYS_LOST) ? 0 : cpu->timers.cntp_ctl;
	ex->cntp_cval = cpu->timers.cntp_cval;
	ex->cntv_ctl = fault_on(FAULT_TIMER_VIRT_LOST) ? 0 : cpu->timers.cntv_ctl;
	ex->cntv_cval = cpu->timers.cntv_cval;
}

/* GEN-TMR-01: a host cannot move the counter, only a broken model can. It does so where nothing but
 * an interrupt stopped the guest and no timer runs, so that other loops keep their sense of time.
 */
void counter_fault(struct el2_cpu *cpu)
{
	struct hw_timers t;

	if (!fault_on(FAULT_COUNTER_STEPS_BACK))
		return;
	hw_timers_read(&t);
	if (cpu->irq_exit && ((t.cntv_ctl | t.cntp_ctl) & 1) == 0)
		cpu->counter_back = !cpu->counter_back;
	cpu->irq_exit = false;
	hw_set_cntvoff(cpu->counter_back ? COUNTER_STEP : 0);
	core_arm_budget(COUNTER_PERIOD_NS); /* so that it happens while the guest watches */
}
