/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of the EL1 stage-1 tables, VMSAv8-64 with 4 KiB granule (Arm ARM D8.3). The alias bit of
 * a realm is part of the output address.
 */
#include "mmu.h"

#define PTE_VALID       BIT(0)
#define PTE_TABLE       BIT(1) /* levels 0..2: table; level 3: page */
#define PTE_ATTR(i)     ((u64)(i) << 2)
#define PTE_ATTR_MASK   PTE_ATTR(7)
#define PTE_RO          BIT(7)
#define PTE_INNER_SHARE (3ULL << 8)
#define PTE_ACCESSED    BIT(10)
#define PTE_PXN         BIT(53)
#define PTE_UXN         BIT(54)
#define PTE_ADDR        MASK(47, 12)

/* Indexes of MAIR_EL1, mm/arm64/mmu.c */
#define ATTR_NORMAL 0
#define ATTR_DEVICE 1

u64 pte_leaf(u64 pa, unsigned level, enum map_kind kind, u64 state_bits)
{
	u64 pte =
	    (pa & PTE_ADDR) | state_bits | PTE_VALID | PTE_ACCESSED | PTE_INNER_SHARE | PTE_UXN;

	if (level == 3)
		pte |= PTE_TABLE;
	switch (kind) {
	case MAP_RW:
		return pte | PTE_PXN | PTE_ATTR(ATTR_NORMAL);
	case MAP_RO:
		return pte | PTE_PXN | PTE_RO | PTE_ATTR(ATTR_NORMAL);
	case MAP_CODE:
		return pte | PTE_RO | PTE_ATTR(ATTR_NORMAL);
	case MAP_RWX:
		return pte | PTE_ATTR(ATTR_NORMAL);
	case MAP_DEVICE:
		break;
	}
	/* Never executable: speculation must not fetch from a device. */
	return pte | PTE_PXN | PTE_ATTR(ATTR_DEVICE);
}

u64 pte_table(u64 pa)
{
	return (pa & PTE_ADDR) | PTE_TABLE | PTE_VALID;
}

bool pte_valid(u64 pte)
{
	return (pte & PTE_VALID) != 0;
}

bool pte_is_leaf(u64 pte, unsigned level)
{
	return pte_valid(pte) && (level == 3) == ((pte & PTE_TABLE) != 0);
}

bool pte_is_device(u64 pte)
{
	return (pte & PTE_ATTR_MASK) == PTE_ATTR(ATTR_DEVICE);
}

u64 pte_addr(u64 pte)
{
	return pte & PTE_ADDR;
}
