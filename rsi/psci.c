/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI of a realm: SMC only, answered by the monitor. HVC would be undefined here. */
#include "abi/psci.h"
#include "arch.h"
#include "internal.h"
#include "print.h"
#include "smccc.h"

enum status cca_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	struct smccc_regs r = { .x = { PSCI_CPU_ON_64, hwid, entry, ctx } };
	const struct rsi_status *s;

	smccc_smc(&r);
	s = psci_status_of(r.x[0]);
	if (s->status != ST_OK)
		print("# psci: CPU_ON 0x%llx answers %s: %s\n", (unsigned long long)hwid, s->name,
		      s->meaning);
	return s->status;
}

void cca_cpu_off(void)
{
	struct smccc_regs r = { .x = { PSCI_CPU_OFF } };

	smccc_smc(&r);
	arch_halt();
}

/* The verdict leaves by the kind of the end, which the host sees from the monitor, not from text
 * on a console. */
void cca_shutdown(enum cvm_shutdown verdict)
{
	struct smccc_regs r = { .x = { verdict == CVM_SHUTDOWN_PASS ? PSCI_SYSTEM_OFF
								    : PSCI_SYSTEM_RESET } };

	smccc_smc(&r);
	arch_halt();
}
