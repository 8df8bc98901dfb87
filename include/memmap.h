/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map, built from what booted us. Pure C over caller-supplied bytes: no reads of memory
 * beyond the buffer handed in, so it is unit-tested and fuzzed natively.
 */
#ifndef MEMMAP_H
#define MEMMAP_H

#include "range.h"

#define MEMMAP_MAX 128 /* ranges; more is ST_TOO_MANY: a hostile map must not exhaust us */

enum mem_type {
	MEM_RAM,      /* usable, state unknown: must be accepted before use */
	MEM_ACCEPTED, /* usable and private */
	MEM_SHARED,   /* in the shared pool */
	MEM_RESERVED, /* never touched (firmware, tables, image, devicetree, initrd) */
};

struct mem_region {
	struct range range;
	enum mem_type type;
};

/* Sorted by base, non-overlapping, neighbours of one type merged. */
struct memmap {
	size_t count;
	struct mem_region region[MEMMAP_MAX];
};

/* The guest's map (boot/main.c); complete before smp_start_all(). Memory below 1 MiB stays out of
 * the page allocator, so that start-up code of other CPUs finds a page there. */
extern struct memmap memory_map;

void memmap_init(struct memmap *m);

/* Adds RAM as the loader claims it. Ends are clipped inwards to 4 KiB. ST_OVERLAP when it overlaps
 * a range already present (an honest map never does), ST_OVERFLOW beyond limit (0: 2^52). */
enum status memmap_add_ram(struct memmap *m, struct range r, u64 limit);

/* Carves r (rounded outwards to 4 KiB) out of whatever is there and marks it; parts of r outside
 * every region are ignored for MEM_RESERVED and ST_RANGE for the other types. */
enum status memmap_set(struct memmap *m, struct range r, enum mem_type type);

/* r (rounded outwards to 4 KiB) becomes MEM_RESERVED whether there is RAM or not: the allocator
 * takes nothing from it, and no device may lie there. */
enum status memmap_hold(struct memmap *m, struct range r);

/*
 * May registers that the host says are at r be mapped? Not where a region of the map is, in whole
 * pages as a mapping has them, and not from `limit` on (0: none): there the address itself would
 * carry the alias bit and be a second name of a shared page. `align` is that of the base.
 */
enum status memmap_check_device(const struct memmap *m, struct range r, u64 align, u64 limit);

/* The region holding addr, or NULL. */
const struct mem_region *memmap_find(const struct memmap *m, u64 addr);
u64 memmap_total(const struct memmap *m, enum mem_type type);

/* Readers. Each builds into *m from a hostile buffer; on error *m is unusable. `limit` is the
 * first address that cannot be private memory. */
enum status memmap_from_e820(struct memmap *m, const void *entries, size_t bytes, size_t entry_size,
			     u64 limit);
enum status memmap_from_efi(struct memmap *m, const void *map, size_t bytes, size_t desc_size,
			    u64 limit);
/* Devicetree: see devicetree.h, fdt_read_memory(). */

const char *mem_type_name(enum mem_type t);

#endif
