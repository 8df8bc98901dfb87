/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-pkvm: smc
 * A protected guest calls by HVC. What an SMC does depends on the kernel it runs on. */
#include "abi/psci.h"
#include "bad.h"
#include "smccc.h"

void misbehave(void)
{
	struct smccc_regs r = { .x = { PSCI_VERSION } };

	smccc_smc(&r);
	print("# smc: %lld\n", (long long)r.x[0]);
}
