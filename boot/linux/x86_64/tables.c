/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables a kernel is entered on: it makes its own within its first milliseconds, and needs
 * until then itself, boot_params, command line and what these point to, at their own addresses
 * (linux-boot sheet section 1.3). Pages it shares it maps anew; here everything is private.
 */
#include "cvm.h"
#include "place.h"

#define ENTRIES 512u

#define PTE_P   BIT(0)
#define PTE_RW  BIT(1)
#define PTE_A   BIT(5)
#define PTE_D   BIT(6)
#define PTE_PS  BIT(7)

static u64 *page_at(struct range r, size_t i)
{
	return (u64 *)(uintptr_t)(r.base + i * PAGE_SIZE);
}

static u64 table(struct range r, size_t i)
{
	return (r.base + i * PAGE_SIZE) | cvm.pte_private | PTE_P | PTE_RW | PTE_A;
}

u64 tables_build(struct range r)
{
	size_t gib = r.size / PAGE_SIZE - TABLES_PAGES(0);
	u64 *pml4 = page_at(r, 0), *pdpt = page_at(r, 1);

	for (size_t i = 0; i < ENTRIES; i++) {
		pml4[i] = i == 0 ? table(r, 1) : 0;
		pdpt[i] = i < gib ? table(r, TABLES_PAGES(i)) : 0;
	}
	for (u64 i = 0; i < gib * ENTRIES; i++)
		page_at(r, TABLES_PAGES(i / ENTRIES))[i % ENTRIES] =
		    i * BLOCK_SIZE | cvm.pte_private | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_PS;
	return r.base | cvm.pte_private;
}
