/* SPDX-License-Identifier: BSD-2-Clause */
/* What every CPU loads to join the live tables (mm/arm64/enable.S). */
#ifndef ARM64_LIVE_H
#define ARM64_LIVE_H

#define MMU_LIVE_MAIR  0
#define MMU_LIVE_TTBR0 16

#ifndef __ASSEMBLER__
#include "types.h"

struct mmu_live {
	u64 mair, tcr, ttbr0, sctlr;
};

_Static_assert(offsetof(struct mmu_live, mair) == MMU_LIVE_MAIR, "live.h");
_Static_assert(offsetof(struct mmu_live, ttbr0) == MMU_LIVE_TTBR0, "live.h");

/* Written once with the MMU off, read by other CPUs with theirs off. */
extern struct mmu_live mmu_live;

void mmu_enable_live(void);
void mmu_invalidate(u64 start, u64 end); /* drops cache lines, both ends on line boundaries */
#endif
#endif
