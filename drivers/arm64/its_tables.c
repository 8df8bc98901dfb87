/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device and collection table (IHI 0069, 5.2; GITS_BASER: 12.19). Which register is which, entry
 * and page sizes are the ITS's word; what it is given reads back as it was written, or it is not
 * used. A device table of more than 64 KiB has two levels where the ITS can: level-2 tables come
 * when a device needs one.
 */
#include <string.h>

#include "cvm.h"
#include "its_internal.h"

#define FLAT_BYTES  KIB(64)
#define TABLE_BYTES (256 * PAGE_SIZE) /* of one level, where there is no other way */
#define L1_ENTRY    8u
#define TYPE_MASK   MASK(58, 56)
#define ENTRY_MASK  MASK(52, 48)
#define PAGE_MASK   MASK(9, 8)
#define PAGES_MASK  MASK(7, 0)

static u64 read_baser(unsigned n)
{
	return cvm.ops->mmio_read(its.base + GITS_BASER(n), 8);
}

static void write_baser(unsigned n, u64 v)
{
	cvm.ops->mmio_write(its.base + GITS_BASER(n), 8, v);
}

static u64 page_bytes(const struct its_baser *b)
{
	return KIB(4) << 2 * b->page;
}

static u64 level2_ids(const struct its_baser *b)
{
	return page_bytes(b) / b->entry;
}

/* All registers are looked at before one is used: a second table of one type would leave open
 * which of them is read. */
static const char *find_types(void)
{
	its.devices = its.collections = (struct its_baser){ .n = GITS_BASERS };
	for (unsigned n = 0; n < GITS_BASERS; n++) {
		u64 v = read_baser(n);
		struct its_baser *b = GITS_BASER_TYPE(v) == GITS_BASER_TYPE_DEVICE ? &its.devices
				      : GITS_BASER_TYPE(v) == GITS_BASER_TYPE_COLLECTION
					  ? &its.collections
					  : NULL;

		if (b == NULL)
			continue;
		if (b->n != GITS_BASERS)
			return "two of its tables are of one type";
		*b = (struct its_baser){ .n = n, .entry = GITS_BASER_ENTRY(v) };
	}
	return its.devices.n != GITS_BASERS ? NULL : "it has no device table";
}

/* Without Valid, so that nothing is read yet: 4 KiB pages and two levels are asked for, and what
 * reads back is what it can. */
static const char *ask(struct its_baser *b)
{
	u64 fixed = (u64)(b->entry - 1) << GITS_BASER_ENTRY_SHIFT | (read_baser(b->n) & TYPE_MASK);
	u64 back;

	write_baser(b->n, fixed | GITS_BASER_INDIRECT | (u64)GIC_CACHE_WB << GITS_INNER_SHIFT |
			      GIC_SHARE_INNER);
	back = read_baser(b->n);
	if (((back ^ fixed) & (TYPE_MASK | ENTRY_MASK | GITS_BASER_VALID)) != 0)
		return "the register of a table changes its type";
	b->page = GITS_BASER_PAGE(back);
	b->indirect = (back & GITS_BASER_INDIRECT) != 0;
	return b->page < 3 ? NULL : "the page size of a table is none";
}

/* Bytes of the table, or of its first level, for so many ids; fewer where that is too much. */
static u64 choose(struct its_baser *b, u64 ids)
{
	u64 bytes = ids * b->entry, page = page_bytes(b);

	if (bytes > FLAT_BYTES && b->indirect) {
		bytes = align_up((ids + level2_ids(b) - 1) / level2_ids(b) * L1_ENTRY, page);
		bytes = MIN(bytes, FLAT_BYTES);
		b->ids = MIN(ids, bytes / L1_ENTRY * level2_ids(b));
		return bytes;
	}
	b->indirect = false;
	bytes = MIN(align_up(bytes, page), TABLE_BYTES);
	b->ids = MIN(ids, bytes / b->entry);
	return bytes;
}

static const char *program(struct its_baser *b, u64 type)
{
	u64 value = GITS_BASER_VALID | (b->indirect ? GITS_BASER_INDIRECT : 0) |
		    type << GITS_BASER_TYPE_SHIFT | (u64)(b->entry - 1) << GITS_BASER_ENTRY_SHIFT |
		    (u64)GIC_CACHE_WB << GITS_INNER_SHIFT | b->memory.base | GIC_SHARE_INNER |
		    (u64)b->page << GITS_BASER_PAGE_SHIFT | (b->memory.size / page_bytes(b) - 1);
	u64 same = GITS_BASER_VALID | GITS_BASER_INDIRECT | TYPE_MASK | ENTRY_MASK |
		   GITS_BASER_ADDRESS | PAGE_MASK | PAGES_MASK;

	if (its_program(its.base + GITS_BASER(b->n), value, same, GITS_INNER_SHIFT, b->memory))
		return NULL;
	return "the register of a table reads back differently";
}

static const char *table_init(struct its_baser *b, u64 type, u64 ids)
{
	const char *why = ask(b);
	u64 bytes;

	if (why != NULL)
		return why;
	bytes = choose(b, ids);
	b->memory = its_memory(bytes, page_bytes(b));
	if (b->memory.size == 0)
		return "no memory for its tables";
	/* Of a wider address the register has no room here. */
	if ((b->memory.base & ~GITS_BASER_ADDRESS) != 0)
		return "the pool lies where its tables cannot";
	return program(b, type);
}

static const char *write_registers(void)
{
	const char *why = program(&its.devices, GITS_BASER_TYPE_DEVICE);

	if (why == NULL && its.collections.n != GITS_BASERS)
		why = program(&its.collections, GITS_BASER_TYPE_COLLECTION);
	return why;
}

const char *its_tables_init(void)
{
	const char *why = find_types();

	/* Whoever had the ITS before us: none of its tables stays. */
	for (unsigned n = 0; n < GITS_BASERS && why == NULL; n++)
		write_baser(n, read_baser(n) & (TYPE_MASK | ENTRY_MASK));
	if (why == NULL)
		why = table_init(&its.devices, GITS_BASER_TYPE_DEVICE, BIT(its.info.device_bits));
	if (its.collections.n == GITS_BASERS)
		its.collections.ids = its.held_ids;
	else if (why == NULL)
		why = table_init(&its.collections, GITS_BASER_TYPE_COLLECTION, its.collection_ids);
	if (why != NULL)
		return why;
	while (BIT(its.info.device_bits) > its.devices.ids)
		its.info.device_bits--;
	return NULL;
}

static void zero(struct range r)
{
	memset((void *)(uintptr_t)r.base, 0, r.size);
	its_publish(r);
}

static void write_level1(const struct its_level2 *l)
{
	u64 slot = its.devices.memory.base + l->index * L1_ENTRY;

	*(volatile u64 *)(uintptr_t)slot = GITS_L1_VALID | l->memory.base;
	its_publish((struct range){ slot, L1_ENTRY });
}

const char *its_tables_reset(void)
{
	write_baser(its.devices.n, read_baser(its.devices.n) & ~GITS_BASER_VALID);
	zero(its.devices.memory);
	if (its.collections.n != GITS_BASERS) {
		write_baser(its.collections.n, read_baser(its.collections.n) & ~GITS_BASER_VALID);
		zero(its.collections.memory);
	}
	for (unsigned i = 0; i < ITS_LEVEL2; i++) {
		if (its.level2[i].memory.size == 0)
			continue;
		zero(its.level2[i].memory);
		write_level1(&its.level2[i]);
	}
	return write_registers();
}

/* Of an ITS that was not stopped the registers are not touched. */
void its_tables_free(bool released)
{
	if (released)
		for (unsigned n = 0; n < GITS_BASERS; n++)
			write_baser(n, read_baser(n) & (TYPE_MASK | ENTRY_MASK));
	its_memory_free(&its.devices.memory, released);
	its_memory_free(&its.collections.memory, released);
	for (unsigned i = 0; i < ITS_LEVEL2; i++)
		its_memory_free(&its.level2[i].memory, released);
}

enum status its_device_room(u32 device)
{
	struct its_level2 *empty = NULL;
	u64 index;

	if (device >= its.devices.ids)
		return ST_RANGE;
	if (!its.devices.indirect)
		return ST_OK;
	index = device / level2_ids(&its.devices);
	for (unsigned i = 0; i < ITS_LEVEL2; i++) {
		struct its_level2 *l = &its.level2[i];

		if (l->memory.size != 0 && l->index == index)
			return ST_OK;
		if (l->memory.size == 0 && empty == NULL)
			empty = l;
	}
	if (empty == NULL)
		return ST_NO_MEMORY;
	empty->memory = its_memory(page_bytes(&its.devices), page_bytes(&its.devices));
	if (empty->memory.size == 0)
		return ST_NO_MEMORY;
	empty->index = index;
	its_account();
	its_publish(empty->memory);
	write_level1(empty);
	return ST_OK;
}
