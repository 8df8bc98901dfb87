/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions a model takes to EL1 on behalf of hardware. */
#include "el2/el2.h"

#define PSTATE_MODE  MASK(4, 0)
#define PSTATE_EL1T  0x4u
#define PSTATE_EL1H  0x5u
#define PSTATE_DAIF  MASK(9, 6)
#define PSTATE_PAN   BIT(22)
#define PSTATE_KEPT  (MASK(31, 28) | BIT(24) | PSTATE_PAN) /* NZCV, DIT */
#define PSTATE_SSBS  BIT(12)
#define SCTLR_SPAN   BIT(23)
#define SCTLR_DSSBS  BIT(44)
#define FSC_SEA      0x10u
#define ESR_EC_FIELD MASK(31, 26)

static bool from_el0(u64 pstate)
{
	return (pstate & PSTATE_A32) != 0 || (pstate & MASK(3, 2)) == 0;
}

static u64 vector_offset(u64 pstate)
{
	if ((pstate & PSTATE_A32) != 0)
		return 0x600;
	if (from_el0(pstate))
		return 0x400;
	return (pstate & PSTATE_MODE) == PSTATE_EL1T ? 0x000 : 0x200;
}

static void take(struct el2_cpu *cpu, u64 esr, u64 pc)
{
	struct el1_state *g = &cpu->el1;
	u64 old = g->pstate;

	g->esr = esr;
	g->elr = pc;
	g->spsr = old;
	g->pc = g->vbar + vector_offset(old);
	g->pstate = (old & PSTATE_KEPT) | PSTATE_DAIF | PSTATE_EL1H;
	if ((g->sctlr & SCTLR_SPAN) == 0)
		g->pstate |= PSTATE_PAN;
	if ((g->sctlr & SCTLR_DSSBS) != 0)
		g->pstate |= PSTATE_SSBS;
}

/* Synchronous external abort: the ISS of the stage-2 abort, FSC 0x10, EA, no FnV, no S1PTW. */
void inject_sea(struct el2_cpu *cpu, u64 esr, u64 far)
{
	bool fetch = ESR_EC(esr) == EC_IABT_LOW;
	u64 ec = fetch ? EC_IABT_LOW : EC_DABT_LOW;

	if (!from_el0(cpu->el1.pstate))
		ec++; /* from the current exception level */
	esr &= ~(ESR_EC_FIELD | ISS_FSC | ISS_S1PTW | ISS_FNV);
	esr |= ec << 26 | FSC_SEA | ISS_EA;
	cpu->el1.far = far;
	take(cpu, esr, cpu->el1.pc);
}

void inject_undef(struct el2_cpu *cpu, u64 pc)
{
	take(cpu, (u64)EC_UNKNOWN << 26 | ESR_IL, pc);
}
