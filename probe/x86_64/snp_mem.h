/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for the SNP checks, whose pages they may leave in any state, and page state changes as
 * they stand on the wire (snp_mem.c). Nothing here judges what a rule is about: only that the host
 * lets itself be used.
 */
#ifndef SNP_MEM_H
#define SNP_MEM_H

#include "../checks.h"
#include "../pattern.h"
#include "ghcb.h"
#include "mmu.h"

#define SYNDROME_NOT_VALIDATED ((u64)29 << 32 | GHCB_EXIT_NOT_VALIDATED)

/* ---- blocks ---- */
/* A block of 2 MiB that the host had back and gave again: private, validated, mapped so. *large:
 * the RMP holds it as one entry of 2 MiB, which is the host's to choose. false: skip or failure has
 * been said. */
bool snp_block_get(struct range *r, bool *large);
/* The same, and one page inside it, at `offset`. Given back as a block. */
struct test_page {
	struct range block;
	bool large;
	u64 page;
};
bool snp_page_get(struct test_page *t, u64 offset);
/* From any state: private and validated, zeroed, or lost for good. */
void snp_block_put(struct range r);
/* A block that is the host's: rescinded and shared, mapped C=0. */
bool snp_block_get_shared(struct range *r);
/* Maps the whole block C=1 or C=0; nothing changes but the guest's tables. */
bool snp_block_map(struct range r, enum map_state state);
/* Validates or rescinds all of it, whatever its pages are; false: not all of it can be. Mapped
 * private. */
bool snp_block_pvalidate(struct range r, u32 operation);

/* The load must raise #VC 0x404. */
bool expect_not_validated(const char *asked, const struct fault *f);
/* The page takes a store and gives it back. Mapped private or shared. */
bool expect_usable(const char *asked, u64 page);

/* ---- page state changes ---- */
struct psc_buffer {
	u16 cur, end;
	u32 reserved;
	u64 entry[PSC_ENTRIES_MAX];
};
/* Zeroed, one for all checks: they run on one CPU. */
struct psc_buffer *psc_new(void);
u64 psc_entry(u64 gpa, u64 size, unsigned op); /* size: 4 KiB or 2 MiB */
/* One exit with the buffer; false: no answer by the protocol, which has been said. */
bool psc_exit(struct psc_buffer *b, u64 *info2);
/* The same until an error or the end of the list, as a host may stop in between. */
bool psc_list(struct psc_buffer *b, u64 *info2);
/* A list of one entry; false: the host does not do it (not said). */
bool psc_do(u64 gpa, u64 size, unsigned op);

#endif
