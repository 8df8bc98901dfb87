/* SPDX-License-Identifier: BSD-2-Clause */
/* AMD SEV-SNP as one value of struct cvm_ops. Facts: AMD 24593, 56421, 56860. */
#include "failure.h"
#include "internal.h"

extern const struct cvm_ops ghcb_ops;

const struct cvm_ops ghcb_ops = {
	.name = "snp",
	.platform = CVM_SNP,
	.detect = snp_detect,
	.is_private = snp_is_private,
	.accept = snp_accept,
	.converts_mapped = true,
	.share = snp_share,
	.unshare = snp_unshare,
	.mmio_read = snp_mmio_read,
	.mmio_write = snp_mmio_write,
	.port_in = snp_port_in,
	.port_out = snp_port_out,
	.port_in_string = snp_port_in_string,
	.msr_read = snp_msr_read,
	.msr_write = snp_msr_write,
	.evidence_pages = 2 + SNP_CERT_PAGES,
	.evidence = snp_evidence,
	.evidence_why = snp_evidence_why,
	.measure_read = snp_measure_read,
	.measure_extend = snp_measure_extend,
	.cpu_shared_pages = 1,
	.cpu_private_pages = SNP_CPU_PRIVATE_PAGES,
	.cpu_prepare = snp_cpu_prepare,
	.cpu_long_mode = true,
	.cpu_start = snp_cpu_start,
	.cpu_init = snp_cpu_init,
	.cpu_off = snp_cpu_off,
	.cpu_forget = snp_cpu_forget,
	.shutdown = snp_shutdown,
	.print_counters = snp_print_counters,
};
