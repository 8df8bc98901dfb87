/* SPDX-License-Identifier: BSD-2-Clause */
/* EL2 controls of a REC: what traps, what the guest owns. */
#include "rmm/model.h"

#define HCR_VM     BIT(0)
#define HCR_SWIO   BIT(1)
#define HCR_PTW    BIT(2)
#define HCR_FMO    BIT(3)
#define HCR_IMO    BIT(4)
#define HCR_AMO    BIT(5)
#define HCR_FB     BIT(9)
#define HCR_BSU_IS BIT(10)
#define HCR_TWI    BIT(13)
#define HCR_TWE    BIT(14)
#define HCR_TID3   BIT(18)
#define HCR_TSC    BIT(19)
#define HCR_TIDCP  BIT(20)
#define HCR_TACR   BIT(21)
#define HCR_TTLB   BIT(25)
#define HCR_RW     BIT(31)
#define HCR_TLOR   BIT(35)
#define HCR_TERR   BIT(36)
#define HCR_TEA    BIT(37)
#define HCR_APK    BIT(40)
#define HCR_API    BIT(41)
#define HCR_FWB    BIT(46)

/* No EnSCXT: the core does not exchange SCXTNUM, so one realm could read another's. */
#define HCR_REALM                                                                                  \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS |         \
	 HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_RW | HCR_TLOR | HCR_TERR | HCR_TEA |      \
	 HCR_APK | HCR_API | HCR_FWB)

/* RES1 bits; SVE, SME, trace and AMU registers trap; FP and Advanced SIMD do not. */
#define CPTR_REALM    (0x22ffULL | BIT(8) | BIT(12) | BIT(20) | BIT(30))

#define CNTHCTL_REALM 3ULL /* EL1PCTEN, EL1PCEN: both timers and counters are the realm's */

#define MDCR_TPMCR    BIT(5)
#define MDCR_TPM      BIT(6)
#define MDCR_TDE      BIT(8)

void el2_controls_init(struct rec *rec)
{
	struct el2_controls *c = &rec->el2;

	c->hcr = HCR_REALM;
	/* Both need to see TLB maintenance before it takes effect. */
	if (config.trace || fault_on(FAULT_TLBI_DROPPED))
		c->hcr |= HCR_TTLB;
	c->vtcr = rec->realm->vtcr;
	c->vttbr = rec->realm->vttbr;
	c->cptr = CPTR_REALM;
	c->mdcr = hw_pmu_counters() | MDCR_TPM | MDCR_TPMCR;
	if (fault_on(FAULT_BRK_SWALLOWED))
		c->mdcr |= MDCR_TDE;
	c->cnthctl = CNTHCTL_REALM;
	c->nr_lr = MIN((unsigned)FIELD(hw_ich_vtr(), 4, 0) + 1, 16u);
}

void el2_controls_traps(struct rec *rec, u64 enter_flags)
{
	rec->el2.hcr &= ~(HCR_TWI | HCR_TWE);
	if ((enter_flags & RMI_ENTER_TRAP_WFI) != 0)
		rec->el2.hcr |= HCR_TWI;
	if ((enter_flags & RMI_ENTER_TRAP_WFE) != 0)
		rec->el2.hcr |= HCR_TWE;
}
