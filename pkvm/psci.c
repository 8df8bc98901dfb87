/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI by HVC. On Android EL2 keeps where a CPU starts and with what; upstream all of it is the
 * host's: CPU_ON may start nothing, start elsewhere, start twice, and the end may never come. Every
 * wait for a CPU is bounded (boot/smp.c), and a call that comes back where it must not halts.
 */
#include "psci.h"

#include "internal.h"

enum status pkvm_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	return psci_cpu_on(smccc_hvc, hwid, entry, ctx);
}

void pkvm_cpu_off(void)
{
	psci_cpu_off(smccc_hvc);
}

void pkvm_shutdown(enum cvm_shutdown verdict)
{
	psci_shutdown(smccc_hvc, verdict);
}
