/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory management of the guest: acceptance engine, page frames, heap, shared pool.
 * Design section 3. Reaches the platform only through cvm.ops.
 */
#ifndef MM_H
#define MM_H

#include "cvm.h"
#include "memmap.h"

enum accept_policy { ACCEPT_EAGER, ACCEPT_LAZY, ACCEPT_PARALLEL };

/*
 * Acceptance (mm/accept.c). One engine, three policies:
 *  eager     every RAM range of the map before anything else uses it;
 *  lazy      2 MiB units when the page allocator first hands them out, by our own bitmap, never
 *            as an answer to a fault (the double-validation hole);
 *  parallel  eager, spread over all CPUs in disjoint chunks.
 * A range already accepted is refused with ST_STATE: double acceptance is an attack until proven
 * otherwise (docs/threat-model.md).
 */
/* More RAM than this is left alone: bitmap and page tables are fixed in .bss. */
#define ACCEPT_MAX_BYTES GIB(192)

enum status accept_init(struct memmap *m, enum accept_policy policy);
enum status accept_all(void);             /* eager; lazy: only what is needed at once */
enum status accept_parallel(void);        /* after smp_start_all() */
enum status accept_range(struct range r); /* lazy unit on behalf of the page allocator */
bool accept_is_done(u64 addr);
/* Notes in memory_map what r is now, from any CPU. A report, which may run out of entries: what
 * counts is the bitmap here and the units of the pool. */
void accept_note(struct range r, enum mem_type type);
/* No note was lost for want of entries: the map tells shared memory from private. */
bool accept_notes_complete(void);
void accept_totals(struct accept_stats *out);
u64 accept_unused(void); /* bytes of RAM beyond ACCEPT_MAX_BYTES */
const char *accept_policy_name(enum accept_policy p);

/* Page frames (mm/pages.c): private RAM, accepted. Sizes in 4 KiB pages, power-of-two alignment
 * in bytes. Return physical address == virtual address, or 0. */
enum status pages_init(struct memmap *m);
u64 pages_alloc(size_t count, u64 align);
void pages_free(u64 addr, size_t count);
u64 pages_free_bytes(void);
/* RAM of m above 1 MiB that is not free: handed out, lost, or never accepted. Sorted. *count: room
 * in `out`, then how many. ST_TOO_MANY. For a guest that gives its memory to the next. */
enum status pages_held(const struct memmap *m, struct range *out, size_t *count);

/* Heap (mm/heap.c): small private objects, 16-byte aligned, zeroed. */
void *heap_alloc(size_t size);
void heap_free(void *p);

/*
 * Shared pool (mm/pool.c): the only host-visible memory. Carved in 2 MiB units, each shared as a
 * whole, never given back to the heap while the guest runs. Zeroed after sharing, before use.
 */
struct pool_stats {
	u64 units;        /* 2 MiB units shared */
	u64 pages_in_use; /* 4 KiB pages handed out */
	u64 high_water;   /* most pages ever in use */
	u64 failures;     /* requests refused */
	u64 leaked;       /* 4 KiB pages whose conversion failed and that are lost for good */
};

enum status pool_init(void);
/* Page-aligned, zeroed. `align` a power of two >= 4 KiB. NULL when exhausted. */
void *pool_alloc(size_t pages, u64 align);
void pool_free(void *p, size_t pages); /* scrubs */
/* The same for as long as the guest runs: pool_shutdown() leaves them shared and as they are,
 * because a CPU may need them to its very end (cpu_prepare in cvm.h). */
void *pool_alloc_kept(size_t pages);
/* From now on the pages p lies in are such, and are not to be freed: a device that was given them,
 * or an interrupt controller, does not let go. */
void pool_keep(const void *p, size_t size);
/* 256-byte aligned sub-page objects; their page holds nothing but such objects. */
void *pool_alloc_small(size_t size);
void pool_free_small(void *p, size_t size);
bool pool_contains(const void *p, size_t size);
/* Scrubs and unshares every unit at shutdown (a page whose unshare fails is leaked and counted); of
 * a unit with kept pages only scrubs the others. */
enum status pool_shutdown(void);
void pool_get_stats(struct pool_stats *out);

/*
 * The break-convert-make sequence of one 2 MiB-aligned range (mm/convert.c), used by the pool and
 * by the probe: unmap + TLB flush, platform conversion, map with the other state (another order
 * where the platform converts through a mapping: converts_mapped in cvm.h). Zeros are written
 * through the new mapping. Whole blocks only (2 MiB).
 */
enum status convert_to_shared(struct range r);
enum status convert_to_private(struct range r);

#endif
