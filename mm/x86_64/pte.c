/* SPDX-License-Identifier: BSD-2-Clause */
/* Page-table entries of x86-64 long mode (pure; natively tested). */
#include "mmu.h"

#define PTE_P    BIT(0)
#define PTE_RW   BIT(1)
#define PTE_PWT  BIT(3)
#define PTE_PCD  BIT(4)
#define PTE_A    BIT(5)
#define PTE_D    BIT(6)
#define PTE_PS   BIT(7)
#define PTE_NX   BIT(63)
#define PTE_ADDR MASK(51, 12)

/* Accessed and dirty are set from the start: the CPU never writes into a table then. */
u64 pte_leaf(u64 pa, unsigned level, enum map_kind kind, u64 state_bits)
{
	u64 pte = (pa & PTE_ADDR) | state_bits | PTE_P | PTE_A | PTE_D;

	if (level < 3)
		pte |= PTE_PS;
	if (kind == MAP_RW || kind == MAP_DEVICE || kind == MAP_RWX)
		pte |= PTE_RW;
	if (kind != MAP_CODE && kind != MAP_RWX)
		pte |= PTE_NX;
	if (kind == MAP_DEVICE)
		pte |= PTE_PCD | PTE_PWT;
	return pte;
}

/* The C-bit or shared bit of a table's own address: tables lie in the image, which is private. */
u64 pte_table(u64 pa)
{
	return (pa & PTE_ADDR) | cvm.pte_private | PTE_P | PTE_RW | PTE_A;
}

bool pte_valid(u64 pte)
{
	return (pte & PTE_P) != 0;
}

bool pte_is_leaf(u64 pte, unsigned level)
{
	return level == 3 || ((level == 1 || level == 2) && (pte & PTE_PS) != 0);
}

bool pte_is_device(u64 pte)
{
	return (pte & (PTE_PCD | PTE_PWT)) == (PTE_PCD | PTE_PWT);
}

u64 pte_addr(u64 pte)
{
	return pte & PTE_ADDR;
}
