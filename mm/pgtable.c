/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four-level identity page tables. Pure but for the allocator and the store handed in, so that the
 * same code runs under the unit tests.
 */
#include "mmu.h"

#define LEVELS   4
#define ENTRIES  512
#define VA_LIMIT BIT(47) /* the lower canonical half on x86-64; ample on arm64 */

static u64 level_size(unsigned level)
{
	return PAGE_SIZE << (9 * (LEVELS - 1 - level));
}

static u64 *slot_of(u64 table, unsigned level, u64 va)
{
	u64 *entries = (u64 *)(uintptr_t)table;

	return &entries[(va / level_size(level)) % ENTRIES];
}

/* Walks towards va and stops at the first entry that is no table. */
static u64 *find(const struct pgtable *pt, u64 va, unsigned *level)
{
	u64 table = pt->root;
	unsigned l = 0;

	for (;; l++) {
		u64 *slot = slot_of(table, l, va);
		u64 pte = *slot;

		if (!pte_valid(pte) || pte_is_leaf(pte, l) || l == LEVELS - 1) {
			*level = l;
			return slot;
		}
		/* Tables are private; their address is where we read them, without alias bits. */
		table = pte_addr(pte) & ~cvm.pte_private;
	}
}

/* First address after va that the entry found at `level` does not cover, at most end. */
static u64 next_of(u64 va, unsigned level, u64 end)
{
	u64 next = align_down(va, level_size(level)) + level_size(level);

	return MIN(next, end);
}

static enum status check_range(struct range r)
{
	return range_check(r, PAGE_SIZE, VA_LIMIT);
}

static enum status check_unmapped(const struct pgtable *pt, struct range r)
{
	unsigned level;

	for (u64 va = r.base; va < range_end(r); va = next_of(va, level, range_end(r)))
		if (pte_valid(*find(pt, va, &level)))
			return ST_STATE;
	return ST_OK;
}

/* The largest leaf, not larger than `largest`, that starts at va and ends by `end`. */
static unsigned leaf_level(u64 va, u64 end, unsigned largest)
{
	unsigned level = largest;

	while (level < LEVELS - 1 &&
	       (!is_aligned(va, level_size(level)) || end - va < level_size(level)))
		level++;
	return level;
}

enum status pgtable_map(struct pgtable *pt, struct range r, enum map_kind kind, u64 state_bits,
			unsigned largest)
{
	enum status st = check_range(r);
	u64 va = r.base;

	if (st != ST_OK)
		return st;
	if (largest < 1 || largest >= LEVELS)
		return ST_INVALID;
	st = check_unmapped(pt, r);
	if (st != ST_OK)
		return st;

	while (va < range_end(r)) {
		unsigned want = leaf_level(va, range_end(r), largest);
		unsigned level;
		u64 *slot = find(pt, va, &level);

		if (level < want) {
			u64 table = pt->alloc(pt->ctx);

			if (table == 0)
				return ST_NO_MEMORY;
			pt->write(slot, pte_table(table));
			continue;
		}
		/* A table left over from an earlier mapping makes the leaf smaller than it might
		 * be. */
		pt->write(slot, pte_leaf(va, level, kind, state_bits));
		va += level_size(level);
	}
	return ST_OK;
}

enum status pgtable_unmap(struct pgtable *pt, struct range r)
{
	enum status st = check_range(r);
	unsigned level;

	if (st != ST_OK)
		return st;
	for (u64 va = r.base; va < range_end(r); va = next_of(va, level, range_end(r))) {
		bool whole;

		if (!pte_valid(*find(pt, va, &level)))
			continue;
		whole = is_aligned(va, level_size(level)) && range_end(r) - va >= level_size(level);
		if (!whole)
			return ST_STATE;
	}
	for (u64 va = r.base; va < range_end(r); va = next_of(va, level, range_end(r))) {
		u64 *slot = find(pt, va, &level);

		if (pte_valid(*slot))
			pt->write(slot, 0);
	}
	return ST_OK;
}

enum status pgtable_walk(const struct pgtable *pt, u64 va, u64 *pte, unsigned *level)
{
	u64 entry;

	if (va >= VA_LIMIT)
		return ST_NOT_FOUND;
	entry = *find(pt, va, level);
	if (!pte_valid(entry))
		return ST_NOT_FOUND;
	*pte = entry;
	return ST_OK;
}
