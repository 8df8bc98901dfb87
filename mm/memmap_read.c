/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers of firmware maps. Every entry is copied, checked, and only the copy is used. What the
 * map calls reserved wins over what it calls RAM: a host that says both gets the careful reading.
 */
#include <string.h>

#include "memmap.h"

struct e820_entry {
	u64 addr;
	u64 size;
	u32 type;
};
#define E820_ENTRY_MIN 20
#define E820_ENTRY_MAX 64
#define E820_RAM       1

struct efi_descriptor {
	u32 type;
	u32 pad;
	u64 physical_start;
	u64 virtual_start;
	u64 pages;
	u64 attribute;
};
#define EFI_DESCRIPTOR_MIN 40
#define EFI_DESCRIPTOR_MAX 256

/* UEFI 2.10, 7.2: types that are free once boot services have ended. */
static bool efi_is_ram(u32 type)
{
	switch (type) {
	case 1:  /* EfiLoaderCode */
	case 2:  /* EfiLoaderData */
	case 3:  /* EfiBootServicesCode */
	case 4:  /* EfiBootServicesData */
	case 7:  /* EfiConventionalMemory */
	case 15: /* EfiUnacceptedMemoryType */
		return true;
	default:
		return false;
	}
}

/* One entry, made uniform. An empty one (size 0) is legal in both formats and says nothing. */
struct claim {
	struct range range;
	bool ram;
};

static enum status e820_claim(const u8 *entry, struct claim *c)
{
	struct e820_entry e;

	memcpy(&e.addr, entry, 8);
	memcpy(&e.size, entry + 8, 8);
	memcpy(&e.type, entry + 16, 4);
	c->range.base = e.addr;
	c->range.size = e.size;
	c->ram = e.type == E820_RAM;
	return ST_OK;
}

static enum status efi_claim(const u8 *entry, struct claim *c)
{
	struct efi_descriptor d;

	memcpy(&d, entry, sizeof(d));
	if (d.pages > BIT(52) / PAGE_SIZE)
		return ST_OVERFLOW;
	if (!is_aligned(d.physical_start, PAGE_SIZE))
		return ST_ALIGN;
	c->range.base = d.physical_start;
	c->range.size = d.pages * PAGE_SIZE;
	c->ram = efi_is_ram(d.type);
	return ST_OK;
}

typedef enum status (*claim_fn)(const u8 *entry, struct claim *c);

static enum status apply(struct memmap *m, const u8 *map, size_t count, size_t entry_size,
			 claim_fn read, bool ram, u64 limit)
{
	for (size_t i = 0; i < count; i++) {
		struct claim c;
		enum status st = read(map + i * entry_size, &c);

		if (st != ST_OK)
			return st;
		if (c.range.size == 0 || c.ram != ram)
			continue;
		if (ram)
			st = memmap_add_ram(m, c.range, limit);
		else
			st = memmap_set(m, c.range, MEM_RESERVED);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status read_map(struct memmap *m, const void *map, size_t bytes, size_t entry_size,
			    claim_fn read, u64 limit)
{
	enum status st;

	memmap_init(m);
	if (bytes == 0)
		return ST_NOT_FOUND;
	if (bytes % entry_size != 0)
		return ST_TRUNCATED;
	st = apply(m, map, bytes / entry_size, entry_size, read, true, limit);
	if (st == ST_OK)
		st = apply(m, map, bytes / entry_size, entry_size, read, false, limit);
	if (st == ST_OK && memmap_total(m, MEM_RAM) == 0)
		st = ST_NOT_FOUND;
	return st;
}

enum status memmap_from_e820(struct memmap *m, const void *entries, size_t bytes, size_t entry_size,
			     u64 limit)
{
	if (entry_size < E820_ENTRY_MIN || entry_size > E820_ENTRY_MAX)
		return ST_INVALID;
	return read_map(m, entries, bytes, entry_size, e820_claim, limit);
}

enum status memmap_from_efi(struct memmap *m, const void *map, size_t bytes, size_t desc_size,
			    u64 limit)
{
	if (desc_size < EFI_DESCRIPTOR_MIN || desc_size > EFI_DESCRIPTOR_MAX)
		return ST_INVALID;
	return read_map(m, map, bytes, desc_size, efi_claim, limit);
}
