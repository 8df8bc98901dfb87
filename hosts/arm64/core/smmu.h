/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of the SMMUv3 (Arm IHI0070) as memory holds them. Pure C, tested natively. */
#ifndef CORE_SMMU_H
#define CORE_SMMU_H

#include "core.h"

#define SMMU_STREAMS     256u /* linear stream table of one PCI bus */
#define SMMU_STE_WORDS   8u   /* u64 */
#define SMMU_CD_WORDS    8u
#define SMMU_TABLE_WORDS 512u
#define SMMU_TABLES      16u /* enough for windows of blocks */
#define SMMU_EVENT_WORDS 4u

/* Stage-1 tables for 48-bit input addresses in 4 KiB granules; table[0] is level 0. Their machine
 * addresses are their pointers. Zeroed and page aligned by the caller. */
struct smmu_tables {
	u64 (*table)[SMMU_TABLE_WORDS];
	unsigned size; /* so many */
	unsigned used; /* 0: none yet */
};

/* Tables that these windows need at most. */
unsigned smmu_tables_needed(const struct smmu_window *w, unsigned n);

/* Adds a window, readable and writable: by blocks of 2 MiB where input, output and size are
 * multiples of that, else by pages; SMMU_PAGES: only the tables. false: not a multiple of 4 KiB
 * (SMMU_ONE_BLOCK: of 2 MiB), beyond 48 bits, mapped before, or out of tables. */
bool smmu_map(struct smmu_tables *t, const struct smmu_window *w);
/* Opens or closes one page in tables that a window of pages has made. false: there are none. */
bool smmu_page(const struct smmu_tables *t, u64 input, u64 output, bool open);
/* Context descriptor of these tables; faults end the transaction and are recorded. oas:
 * IDR5.OAS. */
void smmu_context(u64 cd[SMMU_CD_WORDS], const struct smmu_tables *t, unsigned oas);
/* Stream table entry: stage 1 by one context descriptor, stage 2 absent. */
void smmu_stream(u64 ste[SMMU_STE_WORDS], const u64 *cd);
void smmu_decode_event(const u64 record[SMMU_EVENT_WORDS], struct smmu_event *e);

#endif
