/* SPDX-License-Identifier: BSD-2-Clause */
/* What the SMMU reads: written before it is switched on, but for pages that open and close. */
#include "smmu.h"

#define INPUT_BITS  48
#define LEVEL_BLOCK 2u /* entries of 2 MiB */
#define LEVEL_PAGE  3u

/* VMSAv8-64 descriptors */
#define DESC_VALID  BIT(0)
#define DESC_TABLE  BIT(1) /* level 3: a page */
#define DESC_AP_EL0 BIT(6) /* devices are not privileged */
#define DESC_INNER  (3ULL << 8)
#define DESC_AF     BIT(10)
#define DESC_PXN    (3ULL << 53) /* PXN, UXN: data only */
#define DESC_ADDR   MASK(47, 12)

/* Context descriptor (IHI0070, 5.4) */
#define CD0_T0SZ   ((u64)(64 - INPUT_BITS))
#define CD0_WB     (1ULL << 8 | 1ULL << 10 | 3ULL << 12) /* IR0, OR0, SH0 */
#define CD0_EPD1   BIT(30)
#define CD0_VALID  BIT(31)
#define CD0_IPS(n) ((u64)(n) << 32)
#define CD0_AA64   BIT(41)
#define CD0_RECORD BIT(45) /* R: faults are recorded */
#define CD0_ABORT  BIT(46) /* A: and the device is told */
#define CD0_ASET   BIT(47)
#define CD3_MAIR   0xffULL /* attribute 0: Normal, write-back */

/* Stream table entry (5.2) */
#define STE0_VALID    BIT(0)
#define STE0_S1_ONLY  (5ULL << 1)
#define STE1_WB       (1ULL << 2 | 1ULL << 4 | 3ULL << 6) /* S1CIR, S1COR, S1CSH */
#define STE1_INCOMING (1ULL << 44)                        /* SHCFG */

#define EVENT_READ    BIT(35) /* RnW, in the second word */

static u64 *next_table(struct smmu_tables *t)
{
	return t->used < t->size ? t->table[t->used++] : NULL;
}

static u64 *entry_of(u64 *table, u64 input, unsigned level)
{
	return &table[input >> (39 - 9 * level) & (SMMU_TABLE_WORDS - 1)];
}

/* The table of that level for an address; NULL: no room, or a block is in the way. */
static u64 *walk(struct smmu_tables *t, u64 input, unsigned last)
{
	u64 *table = t->used == 0 ? next_table(t) : t->table[0];

	for (unsigned level = 0; level < last; level++) {
		u64 *entry = entry_of(table, input, level), *below;

		if (*entry == 0) {
			below = next_table(t);
			if (below == NULL)
				return NULL;
			*entry = (uintptr_t)below | DESC_TABLE | DESC_VALID;
		}
		if ((*entry & DESC_TABLE) == 0)
			return NULL;
		table = (u64 *)(uintptr_t)(*entry & DESC_ADDR);
	}
	return table;
}

unsigned smmu_tables_needed(const struct smmu_window *w, unsigned n)
{
	u64 tables = SMMU_TABLES;

	/* A table for each 2 MiB, one more where a window starts inside of that, and those above.
	 */
	for (unsigned i = 0; i < n; i++) {
		if (w[i].kind == SMMU_PAGES)
			tables += w[i].size / BLOCK_SIZE + 1 + w[i].size / GIB(1) + 1;
	}
	return (unsigned)tables;
}

static u64 page_entry(u64 output)
{
	return output | DESC_VALID | DESC_TABLE | DESC_AP_EL0 | DESC_INNER | DESC_AF | DESC_PXN;
}

static bool fits(const struct smmu_window *w)
{
	u64 limit = BIT(INPUT_BITS), all = w->input | w->output | w->size;

	return is_aligned(all, w->kind == SMMU_ONE_BLOCK ? BLOCK_SIZE : PAGE_SIZE) &&
	       w->input < limit && w->output < limit && w->size <= limit - w->input &&
	       w->size <= limit - w->output;
}

static bool map_one(struct smmu_tables *t, const struct smmu_window *w, u64 at, bool block)
{
	unsigned level = block ? LEVEL_BLOCK : LEVEL_PAGE;
	u64 *table = walk(t, w->input + at, level), *entry;

	if (table == NULL)
		return false;
	entry = entry_of(table, w->input + at, level);
	if (*entry != 0)
		return false;
	if (w->kind != SMMU_PAGES)
		*entry = page_entry(w->output + (w->kind == SMMU_ONE_BLOCK ? 0 : at)) &
			 ~(block ? DESC_TABLE : 0);
	return true;
}

bool smmu_map(struct smmu_tables *t, const struct smmu_window *w)
{
	bool block =
	    w->kind != SMMU_PAGES && is_aligned(w->input | w->output | w->size, BLOCK_SIZE);

	if (!fits(w))
		return false;
	for (u64 at = 0; at < w->size; at += block ? BLOCK_SIZE : PAGE_SIZE) {
		if (!map_one(t, w, at, block))
			return false;
	}
	return true;
}

bool smmu_page(const struct smmu_tables *t, u64 input, u64 output, bool open)
{
	u64 *table = t->used != 0 && input < BIT(INPUT_BITS) ? t->table[0] : NULL;

	for (unsigned level = 0; table != NULL && level < LEVEL_PAGE; level++) {
		u64 entry = *entry_of(table, input, level);

		table = (entry & DESC_TABLE) != 0 ? (u64 *)(uintptr_t)(entry & DESC_ADDR) : NULL;
	}
	if (table == NULL)
		return false;
	/* One store: the SMMU may be reading it. */
	__atomic_store_n(entry_of(table, input, LEVEL_PAGE), open ? page_entry(output) : 0,
			 __ATOMIC_RELEASE);
	return true;
}

void smmu_context(u64 cd[SMMU_CD_WORDS], const struct smmu_tables *t, unsigned oas)
{
	for (unsigned i = 0; i < SMMU_CD_WORDS; i++)
		cd[i] = 0;
	cd[0] = CD0_T0SZ | CD0_WB | CD0_EPD1 | CD0_VALID | CD0_IPS(oas) | CD0_AA64 | CD0_RECORD |
		CD0_ABORT | CD0_ASET;
	cd[1] = (uintptr_t)t->table[0];
	cd[3] = CD3_MAIR;
}

void smmu_stream(u64 ste[SMMU_STE_WORDS], const u64 *cd)
{
	for (unsigned i = 0; i < SMMU_STE_WORDS; i++)
		ste[i] = 0;
	ste[0] = STE0_VALID | STE0_S1_ONLY | (uintptr_t)cd;
	ste[1] = STE1_WB | STE1_INCOMING;
}

void smmu_decode_event(const u64 record[SMMU_EVENT_WORDS], struct smmu_event *e)
{
	e->type = (u32)FIELD(record[0], 7, 0);
	e->stream = (u32)(record[0] >> 32);
	e->write = (record[1] & EVENT_READ) == 0;
	e->address = record[2];
}
