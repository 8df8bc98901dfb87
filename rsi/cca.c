/* SPDX-License-Identifier: BSD-2-Clause */
/* Arm CCA as one value of struct cvm_ops. Facts: RMM specification DEN0137. */
#include "failure.h"
#include "internal.h"

const struct cvm_ops cca_ops = {
	.name = "cca",
	.platform = CVM_CCA,
	.detect = cca_detect,
	.is_private = cca_is_private,
	.accept = cca_accept,
	.share = cca_share,
	.unshare = cca_unshare,
	.mmio_read = cca_mmio_read,
	.mmio_write = cca_mmio_write,
	.evidence = cca_evidence,
	.evidence_why = cca_evidence_why,
	.measure_read = cca_measure_read,
	.measure_extend = cca_measure_extend,
	.cpu_start = cca_cpu_start,
	.cpu_off = cca_cpu_off,
	.shutdown = cca_shutdown,
	.print_counters = cca_print_counters,
};
