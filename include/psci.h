/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI (DEN0022) for every backend of arm64: one table of its answers, and the calls, by whatever
 * conduit the backend has. Who answers is the backend's to know: the RMM, EL2, or the host.
 */
#ifndef PSCI_H
#define PSCI_H

#include "cvm.h"
#include "smccc.h"
#include "status.h"

struct psci_status {
	s64 code;
	enum status status;
	const char *name, *meaning;
};

/* Never NULL: a code of no table gets an entry of its own (ST_PROTOCOL). Only W0 counts. */
const struct psci_status *psci_status_of(u64 x0);

/* smccc_smc, smccc_hvc; NULL: the machine has no PSCI, and nothing is called. */
typedef void (*psci_conduit)(struct smccc_regs *r);

/* CPU_ON; a refusal is said on the console. ST_UNSUPPORTED without a conduit. */
enum status psci_cpu_on(psci_conduit call, u64 hwid, u64 entry, u64 ctx);
/* Both halt where the call comes back. */
NORETURN void psci_cpu_off(psci_conduit call);
NORETURN void psci_shutdown(psci_conduit call, enum cvm_shutdown verdict);

#endif
