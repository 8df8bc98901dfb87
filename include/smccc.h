/* SPDX-License-Identifier: BSD-2-Clause */
/* SMC Calling Convention (DEN0028), arm64: one call with x0..x17 in and out (lib/arm64/smccc.S). */
#ifndef SMCCC_H
#define SMCCC_H

#include "types.h"

struct smccc_regs {
	u64 x[18];
};

void smccc_smc(struct smccc_regs *r);
void smccc_hvc(struct smccc_regs *r);

#endif
