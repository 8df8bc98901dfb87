/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel TDX as one value of struct cvm_ops. Facts: TDX module ABI reference, GHCI. */
#include "failure.h"
#include "internal.h"

extern const struct cvm_ops tdcall_ops;
const struct cvm_ops tdcall_ops = {
	.name = "tdx",
	.platform = CVM_TDX,
	.detect = tdx_detect,
	.is_private = tdx_is_private,
	.accept = tdx_accept,
	.share = tdx_share,
	.unshare = tdx_unshare,
	.mmio_read = tdx_mmio_read,
	.mmio_write = tdx_mmio_write,
	.port_in = tdx_port_in,
	.port_out = tdx_port_out,
	.msr_read = tdx_msr_read,
	.msr_write = tdx_msr_write,
	.evidence_pages = QUOTE_PAGES,
	.evidence = tdx_evidence,
	.evidence_why = tdx_evidence_why,
	.measure_read = tdx_measure_read,
	.measure_extend = tdx_measure_extend,
	.cpu_long_mode = true,
	.cpu_start = tdx_cpu_start,
	.cpu_off = tdx_cpu_off,
	.shutdown = tdx_shutdown,
	.print_counters = tdx_print_counters,
};
