/* SPDX-License-Identifier: BSD-2-Clause */
#include "psci.h"

#include "abi/psci.h"
#include "arch.h"
#include "print.h"

static const struct psci_status codes[] = {
	{ PSCI_SUCCESS, ST_OK, "SUCCESS", "done" },
	{ PSCI_NOT_SUPPORTED, ST_UNSUPPORTED, "NOT_SUPPORTED", "no such function" },
	{ PSCI_INVALID_PARAMETERS, ST_INVALID, "INVALID_PARAMETERS",
	  "the MPIDR belongs to no CPU, or an argument is bad" },
	{ PSCI_DENIED, ST_DENIED, "DENIED", "the host refuses" },
	{ PSCI_ALREADY_ON, ST_STATE, "ALREADY_ON", "the CPU runs already" },
	{ PSCI_ON_PENDING, ST_STATE, "ON_PENDING", "the CPU is being started already" },
	{ PSCI_INTERNAL_FAILURE, ST_UNKNOWN, "INTERNAL_FAILURE", "the CPU cannot be started" },
	{ PSCI_NOT_PRESENT, ST_NOT_FOUND, "NOT_PRESENT", "no such CPU" },
	{ PSCI_DISABLED, ST_DENIED, "DISABLED", "the CPU is disabled" },
	{ PSCI_INVALID_ADDRESS, ST_RANGE, "INVALID_ADDRESS",
	  "the entry point is no memory a CPU may start in" },
};

static const struct psci_status no_code = { 0, ST_PROTOCOL, "unknown code", "not one of PSCI's" };

/* Answers are 32-bit in the calls of 32 bits, and some leave the upper half of X0 zero in the
 * others, too: only W0 counts. */
const struct psci_status *psci_status_of(u64 x0)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == (int32_t)(u32)x0)
			return &codes[i];
	return &no_code;
}

enum status psci_cpu_on(psci_conduit call, u64 hwid, u64 entry, u64 ctx)
{
	struct smccc_regs r = { .x = { PSCI_CPU_ON_64, hwid, entry, ctx } };
	const struct psci_status *s;

	if (call == NULL)
		return ST_UNSUPPORTED;
	call(&r);
	s = psci_status_of(r.x[0]);
	if (s->status != ST_OK)
		print("# psci: CPU_ON 0x%llx answers %s: %s\n", (unsigned long long)hwid, s->name,
		      s->meaning);
	return s->status;
}

static NORETURN void last_call(psci_conduit call, u32 fid)
{
	struct smccc_regs r = { .x = { fid } };

	if (call != NULL)
		call(&r);
	arch_halt();
}

void psci_cpu_off(psci_conduit call)
{
	last_call(call, PSCI_CPU_OFF);
}

/* The verdict is the kind of the end, which the host sees from outside the console, not from text
 * on it. */
void psci_shutdown(psci_conduit call, enum cvm_shutdown verdict)
{
	last_call(call, verdict == CVM_SHUTDOWN_PASS ? PSCI_SYSTEM_OFF : PSCI_SYSTEM_RESET);
}
