/* SPDX-License-Identifier: BSD-2-Clause */
/* EL2 controls of a protected vCPU: what traps, what the guest owns. */
#include "pkvm/model.h"

/* Pointer authentication is not among this VM's features, so its keys trap. */
#define HCR_PROTECTED                                                                              \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS |         \
	 HCR_TID1 | HCR_TID2 | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW |      \
	 HCR_TLOR | HCR_TERR | HCR_TEA | HCR_FWB)

void controls_init(struct hyp_vcpu *v)
{
	u64 hcr = HCR_PROTECTED;

	if (fault_on(FAULT_TLBI_DROPPED))
		hcr |= HCR_TTLB;
	el2_cpu_init(&v->cpu, hcr, hyp_vm.vtcr, hyp_vm.vttbr);
	v->cpu.el2.mdcr |= MDCR_TDA | MDCR_TDOSA | MDCR_TDRA;
	if (fault_on(FAULT_BRK_SWALLOWED))
		v->cpu.el2.mdcr |= MDCR_TDE;
}
