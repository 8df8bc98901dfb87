/* SPDX-License-Identifier: BSD-2-Clause */
/* VMSA pages as a guest makes them, and AP creation, for native tests of the SNP host: offsets of
 * the specification (APM 24593, appendix B), not the host's header's. */
#ifndef SNP_VMSA_PAGE_H
#define SNP_VMSA_PAGE_H

#include "snp_ghcb_page.h"

#define VMSA_AT 0x41000ULL
#define AP      (&vcpus[1])

static inline void put64(u64 gpa, unsigned offset, u64 value)
{
	memcpy(rmp_private(gpa) + offset, &value, sizeof(value));
}

/* A page VMRUN has nothing against, but for what RMPADJUST makes of it. */
static inline void make_page(u64 gpa)
{
	rmp_launch(gpa, SNP_PAGE_NORMAL);
	memset(rmp_private(gpa), 0, PAGE_SIZE);
	put64(gpa, 0xd0, 0x1d00);      /* EFER */
	put64(gpa, 0x148, 0x20);       /* CR4 */
	put64(gpa, 0x158, 0x80000011); /* CR0 */
	put64(gpa, 0x160, 0x400);
	put64(gpa, 0x168, 0xffff0ff0);
	put64(gpa, 0x178, 0x7777); /* RIP */
	put64(gpa, 0x3b0, 1);      /* SEV_FEATURES */
}

/* INFO1 of the answer. */
static inline u32 create(u64 op, u64 apic_id, u64 gpa, u64 features)
{
	g_event(0x80000013, apic_id << 32 | op, gpa);
	g_set(G_RAX, features);
	return g_go(v);
}

#endif
