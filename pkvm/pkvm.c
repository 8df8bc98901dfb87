/* SPDX-License-Identifier: BSD-2-Clause */
/* pKVM as one value of struct cvm_ops. Facts: include/abi/pkvm.h. */
#include "internal.h"

/* Android's pvmfw hands a DICE chain to its payload, which is no answer to a challenge of ours. */
static enum status no_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len)
{
	return ST_UNSUPPORTED;
}

static const char *why_no_evidence(void)
{
	return "pKVM has no call that proves a guest to others; look: Android's pvmfw and its DICE "
	       "chain, where the VM was started with them";
}

static enum status no_register_read(unsigned index, u8 *digest, size_t *len)
{
	return ST_UNSUPPORTED;
}

static enum status no_register_extend(unsigned index, const u8 *digest, size_t len)
{
	return ST_UNSUPPORTED;
}

extern const struct cvm_ops pkvm_ops;

const struct cvm_ops pkvm_ops = {
	.name = "pkvm",
	.platform = CVM_PKVM,
	.detect = pkvm_detect,
	.is_private = pkvm_is_private,
	.accept = pkvm_accept,
	.in_place = true,
	.share = pkvm_share,
	.unshare = pkvm_unshare,
	.mmio_read = pkvm_mmio_read,
	.mmio_write = pkvm_mmio_write,
	.evidence = no_evidence,
	.evidence_why = why_no_evidence,
	.measure_read = no_register_read,
	.measure_extend = no_register_extend,
	.entropy = pkvm_entropy,
	.cpu_start = pkvm_cpu_start,
	.cpu_off = pkvm_cpu_off,
	.shutdown = pkvm_shutdown,
	.print_counters = pkvm_print_counters,
};
