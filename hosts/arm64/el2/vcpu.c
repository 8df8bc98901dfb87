/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's controls at EL2, and the EL1 state it starts in. */
#include <string.h>

#include "el2/el2.h"

/* RES1 bits; SVE, SME, trace and AMU registers trap; FP and Advanced SIMD do not. */
#define CPTR_GUEST    (0x22ffULL | BIT(8) | BIT(12) | BIT(20) | BIT(30))

#define CNTHCTL_GUEST 3ULL /* EL1PCTEN, EL1PCEN: both timers and counters are the guest's */

/* RES1 bits, CP15BEN and stack alignment checks; MMU and both caches off. */
#define SCTLR_RESET 0x30d00838ULL

void el2_cpu_init(struct el2_cpu *cpu, u64 hcr, u64 vtcr, u64 vttbr)
{
	struct el2_controls *c = &cpu->el2;

	cpu->timer_cpu = ~0u;
	c->hcr = hcr;
	c->vtcr = vtcr;
	c->vttbr = vttbr;
	c->cptr = CPTR_GUEST;
	c->mdcr = hw_pmu_counters() | MDCR_TPM | MDCR_TPMCR;
	c->cnthctl = CNTHCTL_GUEST;
	c->nr_lr = MIN((unsigned)FIELD(hw_ich_vtr(), 4, 0) + 1, 16u);
}

void el2_cpu_reset(struct el2_cpu *cpu, u64 mpidr, u64 pc, u64 pstate)
{
	memset(&cpu->el1, 0, sizeof(cpu->el1));
	cpu->el1.pc = pc;
	cpu->el1.pstate = pstate;
	cpu->el1.sctlr = SCTLR_RESET;
	cpu->el1.vmpidr = BIT(31) | mpidr;
}

void el2_cpu_traps(struct el2_cpu *cpu, u64 enter_flags)
{
	cpu->el2.hcr &= ~(HCR_TWI | HCR_TWE);
	if ((enter_flags & RMI_ENTER_TRAP_WFI) != 0)
		cpu->el2.hcr |= HCR_TWI;
	if ((enter_flags & RMI_ENTER_TRAP_WFE) != 0)
		cpu->el2.hcr |= HCR_TWE;
}

/* Aff0[3:0] | Aff1 << 4 | Aff2 << 12 | Aff3 << 20: RMI's numbers of RECs, and what a GIC without
 * range selector can send an SGI to. */
u64 el2_mpidr(u64 index)
{
	return FIELD(index, 3, 0) | FIELD(index, 11, 4) << 8 | FIELD(index, 19, 12) << 16 |
	       FIELD(index, 27, 20) << 32;
}
