/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables: identity map, 4 levels of 512 entries (arm64 4 KiB granule, x86-64), 2 MiB blocks
 * for RAM, 4 KiB pages only for the image itself. mm/pgtable.c is common and natively tested;
 * mm/<arch>/pte.c encodes entries, mm/<arch>/mmu.c owns registers and TLB.
 *
 * VA == PA always. What differs between private and shared is the output address or attribute
 * bits of the leaf (cvm.pte_private / cvm.pte_shared), never the virtual address.
 */
#ifndef MMU_H
#define MMU_H

#include "cvm.h"
#include "range.h"

enum map_kind {
	MAP_RW,     /* normal memory, never executable */
	MAP_RO,     /* normal memory, read-only, never executable */
	MAP_CODE,   /* normal memory, read-only, executable */
	MAP_DEVICE, /* device memory (arm64 nGnRE, x86 UC), never executable */
	MAP_RWX,    /* probe only: to show that shared memory cannot be executed */
};

enum map_state { MAP_PRIVATE, MAP_SHARED };

/* ---- mm/<arch>/pte.c: entry encoding, pure ---- */
u64 pte_leaf(u64 pa, unsigned level, enum map_kind kind,
	     u64 state_bits); /* level 1..3, 3 = 4 KiB */
u64 pte_table(u64 pa);
bool pte_valid(u64 pte);
bool pte_is_leaf(u64 pte, unsigned level);
bool pte_is_device(u64 pte); /* made with MAP_DEVICE */
u64 pte_addr(u64 pte);       /* address field, alias bits included, attributes removed */

/* ---- mm/pgtable.c: tables ---- */
struct pgtable {
	u64 root;                /* physical address of the level-0 table */
	u64 (*alloc)(void *ctx); /* one zeroed 4 KiB table page, 0 when exhausted */
	void *ctx;
	void (*write)(u64 *slot, u64 pte); /* store one entry with the ordering the walker needs */
};

/* Maps r (4 KiB aligned) with the largest leaves that fit, at most max_level_leaf (1 GiB = 1,
 * 2 MiB = 2, 4 KiB = 3). ST_STATE when any part is already mapped: replacing a live entry without
 * a break is a bug. */
enum status pgtable_map(struct pgtable *pt, struct range r, enum map_kind kind, u64 state_bits,
			unsigned largest);
/* Clears leaves that lie wholly in r; ST_STATE when a larger leaf would have to be split. */
enum status pgtable_unmap(struct pgtable *pt, struct range r);
/* The leaf for va: ST_OK and *pte, *level; ST_NOT_FOUND when unmapped. */
enum status pgtable_walk(const struct pgtable *pt, u64 va, u64 *pte, unsigned *level);

/* ---- mm/mmu.c + mm/<arch>/mmu.c: the live tables ---- */
/* Builds tables for the image (text RX, rodata RO, data RW, 4 KiB pages, pool of table pages in
 * .bss) and turns them on. On x86 replaces the entry's tables. */
enum status mmu_init(const struct handoff *h);
/* Loads the live tables on a secondary CPU (arm64: turns the MMU on). Called from entry code. */
void mmu_enable_secondary(void);
bool mmu_is_on(void);
/* Both map only; break with mmu_unmap first. Flushes as the architecture needs. */
enum status mmu_map(struct range r, enum map_kind kind, enum map_state state);
enum status mmu_unmap(struct range r); /* break: invalidate and flush on every CPU, waits */
enum status mmu_walk(u64 va, u64 *pte, unsigned *level);
/* Ensures device registers at pa are mapped (MAP_DEVICE, shared); idempotent. */
enum status mmu_map_device(struct range r);
/* Hooks for the arch part */
void mmu_arch_enable(u64 root);
void mmu_arch_flush(struct range r); /* all CPUs, complete on return */
void mmu_arch_write(u64 *slot, u64 pte);

/* x86 only needs help from other CPUs to flush; drivers/x86_64 supplies it once SMP is up. */

#endif
