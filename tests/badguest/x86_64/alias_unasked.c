/* SPDX-License-Identifier: BSD-2-Clause */
/* kind-snp: write-shared-alias
 * kind-tdx: shared-unasked
 * Private memory reached through the shared alias without asking for a conversion: the host takes
 * the page away, and what was in it is lost. */
#include "../bad.h"

void misbehave(void)
{
	struct range r = bad_block();

	*(volatile u64 *)r.base = 1;
	if (mmu_unmap(r) != ST_OK || mmu_map(r, MAP_RW, MAP_SHARED) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: remapping");
	*(volatile u64 *)r.base = 2;
}
