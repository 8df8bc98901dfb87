/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few registers of this CPU the model itself touches. Everything else of the machine is behind
 * core/core.h. Unit tests replace this file, so the model runs natively.
 */
#ifndef EL2_HW_H
#define EL2_HW_H

#include "types.h"

/* EL1 timers are live in hardware while their vCPU owns this CPU. */
struct hw_timers {
	u64 cntp_ctl, cntp_cval, cntv_ctl, cntv_cval;
};

u64 hw_id_reg(unsigned crm, unsigned op2); /* S3_0_C0_C<crm>_<op2>, crm 1..7 */
u64 hw_ich_vtr(void);
unsigned hw_pmu_counters(void); /* PMCR_EL0.N: reset value of MDCR_EL2.HPMN */
void hw_timers_read(struct hw_timers *t);
void hw_timers_write(const struct hw_timers *t);
void hw_set_cntvoff(u64 offset);
void hw_set_vttbr(u64 vttbr);          /* so that TLB maintenance by VMID meets the right guest */
void hw_sync_code(u64 addr, size_t n); /* a new page may be fetched from */

#endif
