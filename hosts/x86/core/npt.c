/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested page tables: five levels, leaves of 4 KiB and 2 MiB. Other CPUs walk them while they
 * change, so an entry is written whole and a table that was taken out is not used again before
 * every vCPU has left the guest (npt_flushed()).
 */
#include <string.h>

#include "local.h"

#define LEVELS      5u
#define ENTRIES     512u

#define PTE_PRESENT BIT(0)
#define PTE_WRITE   BIT(1)
#define PTE_USER    BIT(2) /* a nested walk is a user access */
#define PTE_LARGE   BIT(7)
#define PTE_NX      BIT(63)
#define PTE_ADDRESS MASK(51, 12)
#define PTE_TABLE   (PTE_PRESENT | PTE_WRITE | PTE_USER)

struct npt {
	u64 *root;
};

/* Tables in lists, linked by their first word: free ones, and those that may still be walked. */
static u64 *free_tables, *retired_tables;

static u64 *table_new(void)
{
	u64 *t = free_tables;

	if (t == NULL)
		return core_pages(1);
	free_tables = (u64 *)(uintptr_t)t[0];
	memset(t, 0, PAGE_SIZE);
	return t;
}

static void table_retire(u64 *t)
{
	/* Whoever walks it meanwhile finds a hole: the links go in behind a not-present bit. */
	memset(t, 0, PAGE_SIZE);
	t[0] = (uintptr_t)retired_tables;
	retired_tables = t;
}

void npt_flushed(void)
{
	while (retired_tables != NULL) {
		u64 *t = retired_tables;

		retired_tables = (u64 *)(uintptr_t)t[0];
		t[0] = (uintptr_t)free_tables;
		free_tables = t;
	}
}

struct npt *npt_new(void)
{
	struct npt *n = core_pages(1);

	n->root = table_new();
	return n;
}

u64 npt_root(const struct npt *n)
{
	return (uintptr_t)n->root;
}

static unsigned shift_of(unsigned level)
{
	return 12 + 9 * (level - 1);
}

static u64 *slot(u64 *table, u64 gpa, unsigned level)
{
	return &table[(gpa >> shift_of(level)) & (ENTRIES - 1)];
}

static u64 *table_of(u64 entry)
{
	return (u64 *)(uintptr_t)(entry & PTE_ADDRESS);
}

static void set(u64 *e, u64 value)
{
	__atomic_store_n(e, value, __ATOMIC_RELEASE);
}

static u64 leaf_bits(unsigned perms)
{
	return PTE_PRESENT | PTE_USER | ((perms & NPT_W) != 0 ? PTE_WRITE : 0) |
	       ((perms & NPT_X) != 0 ? 0 : PTE_NX);
}

/* A 2 MiB leaf becomes a table that says the same. */
static void split(u64 *e)
{
	u64 *t = table_new(), old = *e & ~PTE_LARGE;

	for (u64 i = 0; i < ENTRIES; i++)
		t[i] = old + i * PAGE_SIZE;
	set(e, (uintptr_t)t | PTE_TABLE);
}

/* The entry for gpa at `level`, with what is missing above it made; NULL when it is missing and
 * make is false. */
static u64 *find(const struct npt *n, u64 gpa, unsigned level, bool make)
{
	u64 *table = n->root;

	for (unsigned l = LEVELS; l > level; l--) {
		u64 *e = slot(table, gpa, l);

		if ((*e & PTE_PRESENT) == 0) {
			if (!make)
				return NULL;
			set(e, (uintptr_t)table_new() | PTE_TABLE);
		} else if ((*e & PTE_LARGE) != 0) {
			split(e);
		}
		table = table_of(*e);
	}
	return slot(table, gpa, level);
}

/* Replaces a table of 4 KiB leaves, or whatever was there, by one value. */
static void replace_block(u64 *e, u64 value)
{
	u64 old = *e;

	set(e, value);
	if ((old & PTE_PRESENT) != 0 && (old & PTE_LARGE) == 0)
		table_retire(table_of(old));
}

static void check(u64 gpa, u64 mpa, u64 size)
{
	if ((size != PAGE_SIZE && size != BLOCK_SIZE) || !is_aligned(gpa | mpa, size) ||
	    (gpa & ~PTE_ADDRESS) != 0)
		core_panic("nested map of 0x%llx to 0x%llx, 0x%llx bytes", (unsigned long long)gpa,
			   (unsigned long long)mpa, (unsigned long long)size);
}

void npt_map(struct npt *n, u64 gpa, u64 mpa, u64 size, unsigned perms)
{
	check(gpa, mpa, size);
	if (size == BLOCK_SIZE)
		replace_block(find(n, gpa, 2, true), mpa | leaf_bits(perms) | PTE_LARGE);
	else
		set(find(n, gpa, 1, true), mpa | leaf_bits(perms));
}

void npt_unmap(struct npt *n, u64 gpa, u64 size)
{
	check(gpa, 0, PAGE_SIZE);
	if (!is_aligned(size, PAGE_SIZE) || size > PTE_ADDRESS - gpa + PAGE_SIZE)
		core_panic("nested unmap of 0x%llx bytes at 0x%llx", (unsigned long long)size,
			   (unsigned long long)gpa);
	while (size != 0) {
		bool block = is_aligned(gpa, BLOCK_SIZE) && size >= BLOCK_SIZE;
		u64 step = block ? BLOCK_SIZE : PAGE_SIZE;
		u64 *e = find(n, gpa, 2, false);

		if (e != NULL && (*e & PTE_PRESENT) != 0) {
			if (block)
				replace_block(e, 0);
			else
				set(find(n, gpa, 1, false), 0);
		}
		gpa += step;
		size -= step;
	}
}

bool npt_lookup(const struct npt *n, u64 gpa, u64 *mpa, u64 *size, unsigned *perms)
{
	const u64 *table = n->root;

	for (unsigned l = LEVELS; l > 0; l--) {
		u64 e = table[(gpa >> shift_of(l)) & (ENTRIES - 1)];

		if ((e & PTE_PRESENT) == 0)
			return false;
		if (l > 1 && (e & PTE_LARGE) == 0) {
			table = table_of(e);
			continue;
		}
		*size = BIT(shift_of(l));
		*mpa = (e & PTE_ADDRESS & ~(*size - 1)) | (gpa & (*size - 1));
		*perms = NPT_R | ((e & PTE_WRITE) != 0 ? (unsigned)NPT_W : 0) |
			 ((e & PTE_NX) != 0 ? 0 : (unsigned)NPT_X);
		return true;
	}
	return false;
}
