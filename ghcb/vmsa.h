/* SPDX-License-Identifier: BSD-2-Clause */
/* The state a CPU starts in (APM 24593 appendix B; pure). */
#ifndef GHCB_VMSA_H
#define GHCB_VMSA_H

#include "abi/snp.h"
#include "types.h"

struct vmsa_start {
	u64 rip, rdi;
	u64 cr0, cr3, cr4; /* of the CPU that starts it: the new one runs on the same tables */
	u64 sev_features;  /* those of the VM: the host compares, VMRUN insists */
};

/* 64-bit mode at CPL 0 and VMPL 0, interrupts masked, flat segments, no stack, no descriptor
 * tables.
 */
void vmsa_build(u8 page[VMSA_SIZE], const struct vmsa_start *s);

#endif
