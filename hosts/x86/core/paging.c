/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's own identity map: start.asm made 4 GiB, here comes RAM above in 1 GiB blocks. */
#include "local.h"

#define PTE_BLOCK   0x83ULL /* present, writable, large */
#define PDPT_BLOCKS 512u

void paging_init(u64 ram_end)
{
	if (ram_end > GIB(PDPT_BLOCKS))
		core_panic("more than %u GiB of address space: QEMU's -m is too large",
			   PDPT_BLOCKS);
	for (u64 gib = 4; gib < align_up(ram_end, GIB(1)) >> 30; gib++)
		core_pdpt[gib] = gib << 30 | PTE_BLOCK;
}
