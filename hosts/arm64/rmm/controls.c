/* SPDX-License-Identifier: BSD-2-Clause */
/* EL2 controls of a REC: what traps, what the guest owns. */
#include "rmm/model.h"

/* No EnSCXT: the core does not exchange SCXTNUM, so one realm could read another's. */
#define HCR_REALM                                                                                  \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS |         \
	 HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_RW | HCR_TLOR | HCR_TERR | HCR_TEA |      \
	 HCR_APK | HCR_API | HCR_FWB)

void controls_init(struct rec *rec)
{
	u64 hcr = HCR_REALM;

	/* Both need to see TLB maintenance before it takes effect. */
	if (config.trace || fault_on(FAULT_TLBI_DROPPED))
		hcr |= HCR_TTLB;
	el2_cpu_init(&rec->cpu, hcr, rec->realm->vtcr, rec->realm->vttbr);
	if (fault_on(FAULT_BRK_SWALLOWED))
		rec->cpu.el2.mdcr |= MDCR_TDE;
}
