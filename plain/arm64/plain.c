/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM without confidentiality: all memory is the guest's from the start and the host sees all of
 * it. Last in the detection order, so it answers always.
 */
#include "../plain.h"
#include "abi/psci.h"
#include "arch.h"
#include "arm64/mmio.h"
#include "smccc.h"

static enum status plain_detect(struct cvm *c, const struct handoff *h)
{
	c->addr_limit = BIT(48);
	c->addr_bits = 48;
	return ST_OK;
}

/* By the conduit that discovery read, never by trial: the other instruction may be undefined. */
static s64 psci_call(u64 fid, u64 a1, u64 a2, u64 a3)
{
	struct smccc_regs r = { .x = { fid, a1, a2, a3 } };

	if (!cvm.has_psci)
		return PSCI_NOT_SUPPORTED;
	if (cvm.conduit_hvc)
		smccc_hvc(&r);
	else
		smccc_smc(&r);
	return (int32_t)r.x[0];
}

static enum status plain_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	switch (psci_call(PSCI_CPU_ON_64, hwid, entry, ctx)) {
	case PSCI_SUCCESS:
		return ST_OK;
	case PSCI_NOT_SUPPORTED:
		return ST_UNSUPPORTED;
	case PSCI_INVALID_PARAMETERS:
	case PSCI_INVALID_ADDRESS:
		return ST_INVALID;
	case PSCI_DENIED:
	case PSCI_DISABLED:
		return ST_DENIED;
	case PSCI_ALREADY_ON:
	case PSCI_ON_PENDING:
		return ST_STATE;
	case PSCI_NOT_PRESENT:
		return ST_NOT_FOUND;
	default:
		return ST_PROTOCOL;
	}
}

static NORETURN void plain_cpu_off(void)
{
	psci_call(PSCI_CPU_OFF, 0, 0, 0);
	arch_halt();
}

/* The verdict is the kind of the end, which the host sees from outside the console. */
static NORETURN void plain_shutdown(enum cvm_shutdown verdict)
{
	psci_call(verdict == CVM_SHUTDOWN_PASS ? PSCI_SYSTEM_OFF : PSCI_SYSTEM_RESET, 0, 0, 0);
	arch_halt();
}

extern const struct cvm_ops plain_ops;

const struct cvm_ops plain_ops = {
	.name = "plain",
	.platform = CVM_PLAIN,
	.detect = plain_detect,
	.is_private = plain_is_private,
	.accept = plain_accept,
	.share = plain_convert,
	.unshare = plain_convert,
	.mmio_read = mmio_load,
	.mmio_write = mmio_store,
	.evidence = plain_evidence,
	.measure_read = plain_measure_read,
	.measure_extend = plain_measure_extend,
	.cpu_start = plain_cpu_start,
	.cpu_off = plain_cpu_off,
	.shutdown = plain_shutdown,
};
