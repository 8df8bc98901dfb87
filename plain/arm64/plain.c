/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM without confidentiality: all memory is the guest's from the start and the host sees all of
 * it. Last in the detection order, so it answers always.
 */
#include "../plain.h"
#include "arm64/mmio.h"
#include "psci.h"

static enum status plain_detect(struct cvm *c, const struct handoff *h)
{
	c->addr_limit = BIT(48);
	c->addr_bits = 48;
	return ST_OK;
}

/* By the conduit that discovery read, never by trial: the other instruction may be undefined. */
static psci_conduit conduit(void)
{
	if (!cvm.has_psci)
		return NULL;
	return cvm.conduit_hvc ? smccc_hvc : smccc_smc;
}

static enum status plain_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	return psci_cpu_on(conduit(), hwid, entry, ctx);
}

static NORETURN void plain_cpu_off(void)
{
	psci_cpu_off(conduit());
}

static NORETURN void plain_shutdown(enum cvm_shutdown verdict)
{
	psci_shutdown(conduit(), verdict);
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
