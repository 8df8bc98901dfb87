/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI of a realm: SMC only, answered by the monitor. HVC would be undefined here. */
#include "psci.h"

#include "internal.h"

enum status cca_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	return psci_cpu_on(smccc_smc, hwid, entry, ctx);
}

void cca_cpu_off(void)
{
	psci_cpu_off(smccc_smc);
}

void cca_shutdown(enum cvm_shutdown verdict)
{
	psci_shutdown(smccc_smc, verdict);
}
