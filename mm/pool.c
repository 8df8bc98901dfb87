/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared pool. All bookkeeping is private; nothing the host can write is ever read back here.
 */
#include <string.h>

#include "fatal.h"
#include "mm.h"
#include "smp.h"

#define UNIT_MAX   64 /* 128 MiB of host-visible memory */
#define UNIT_PAGES (BLOCK_SIZE / PAGE_SIZE)
#define SMALL_MAX  64 /* pages that hold sub-page objects */
#define SLOT       256
#define SLOTS      (PAGE_SIZE / SLOT)

struct unit {
	u64 base;
	u64 used[UNIT_PAGES / 64]; /* one bit per page */
	u64 kept[UNIT_PAGES / 64]; /* of these the ones that outlive pool_shutdown() */
	bool keeps;
};

struct small_page {
	u64 base; /* 0: entry free */
	u32 used; /* one bit per slot */
};

static struct unit units[UNIT_MAX];
static size_t unit_count;
static struct small_page small[SMALL_MAX];
static struct pool_stats stats;
static struct spinlock lock;
static bool ready;

enum status pool_init(void)
{
	if (ready)
		return ST_STATE;
	ready = true;
	return ST_OK; /* units are shared when first needed: no exit to the host before that */
}

static bool page_used(const struct unit *u, u64 page)
{
	return (u->used[page / 64] & BIT(page % 64)) != 0;
}

static void mark(struct unit *u, u64 page, u64 count, bool used)
{
	for (u64 i = page; i < page + count; i++) {
		if (used)
			u->used[i / 64] |= BIT(i % 64);
		else
			u->used[i / 64] &= ~BIT(i % 64);
	}
}

/* First page of a free run of `count` in u whose address is aligned, or UNIT_PAGES. */
static u64 find_run(const struct unit *u, u64 count, u64 align)
{
	u64 step = MAX(align / PAGE_SIZE, 1), run;

	for (u64 page = 0; page + count <= UNIT_PAGES; page += step) {
		for (run = 0; run < count && !page_used(u, page + run);)
			run++;
		if (run == count)
			return page;
	}
	return UNIT_PAGES;
}

/* A unit whose conversion failed is in no known state: it is lost for good, and counted. */
static struct unit *grow(void)
{
	struct range r = { 0, BLOCK_SIZE };

	if (unit_count == UNIT_MAX)
		return NULL;
	r.base = pages_alloc(UNIT_PAGES, BLOCK_SIZE);
	if (r.base == 0)
		return NULL;
	if (convert_to_shared(r) != ST_OK) {
		stats.leaked += UNIT_PAGES;
		accept_note(r, MEM_RESERVED);
		return NULL;
	}
	accept_note(r, MEM_SHARED);
	units[unit_count] = (struct unit){ .base = r.base };
	stats.units++;
	return &units[unit_count++];
}

static u64 take_pages(u64 count, u64 align)
{
	struct unit *u = NULL;
	u64 page = UNIT_PAGES;

	for (size_t i = 0; i < unit_count && page == UNIT_PAGES; i++) {
		u = &units[i];
		page = find_run(u, count, align);
	}
	if (page == UNIT_PAGES) {
		u = grow();
		if (u == NULL)
			return 0;
		page = 0;
	}
	mark(u, page, count, true);
	stats.pages_in_use += count;
	stats.high_water = MAX(stats.high_water, stats.pages_in_use);
	return u->base + page * PAGE_SIZE;
}

static struct unit *unit_of(u64 addr, u64 size)
{
	for (size_t i = 0; i < unit_count; i++)
		if (addr >= units[i].base && size <= BLOCK_SIZE &&
		    addr - units[i].base <= BLOCK_SIZE - size)
			return &units[i];
	return NULL;
}

static void give_pages(u64 addr, u64 count)
{
	struct unit *u = unit_of(addr, count * PAGE_SIZE);
	u64 page;

	if (u == NULL || count == 0 || count > UNIT_PAGES || !is_aligned(addr, PAGE_SIZE))
		fatal(ST_INVALID, "pool: free of 0x%llx", (unsigned long long)addr);
	page = (addr - u->base) / PAGE_SIZE;
	for (u64 i = page; i < page + count; i++)
		if (!page_used(u, i))
			fatal(ST_STATE, "pool: 0x%llx is freed twice", (unsigned long long)addr);
	memset((void *)(uintptr_t)addr, 0, count * PAGE_SIZE);
	mark(u, page, count, false);
	stats.pages_in_use -= count;
}

void *pool_alloc(size_t pages, u64 align)
{
	bool valid = ready && pages != 0 && pages <= UNIT_PAGES && align >= PAGE_SIZE &&
		     align <= BLOCK_SIZE && (align & (align - 1)) == 0;
	void *p;

	spin_lock(&lock);
	p = valid ? (void *)(uintptr_t)take_pages(pages, align) : NULL;
	if (p == NULL)
		stats.failures++;
	spin_unlock(&lock);
	/* Zeroed again: the host may have written to the page while nobody used it. */
	if (p != NULL)
		memset(p, 0, pages * PAGE_SIZE);
	return p;
}

void pool_free(void *p, size_t pages)
{
	if (p == NULL)
		return;
	spin_lock(&lock);
	give_pages((u64)(uintptr_t)p, pages);
	spin_unlock(&lock);
}

void pool_keep(const void *p, size_t size)
{
	u64 addr = (u64)(uintptr_t)p, first, last;
	struct unit *u;

	spin_lock(&lock);
	u = unit_of(addr, size);
	if (u == NULL || size == 0)
		fatal(ST_INVALID, "pool: 0x%llx cannot be kept", (unsigned long long)addr);
	first = (addr - u->base) / PAGE_SIZE;
	last = (addr + size - 1 - u->base) / PAGE_SIZE;
	u->keeps = true;
	for (u64 i = first; i <= last; i++)
		u->kept[i / 64] |= BIT(i % 64);
	spin_unlock(&lock);
}

void *pool_alloc_kept(size_t pages)
{
	void *p = pool_alloc(pages, PAGE_SIZE);

	if (p != NULL)
		pool_keep(p, pages * PAGE_SIZE);
	return p;
}

static u32 slot_mask(size_t size, u64 first)
{
	u64 count = align_up(size, SLOT) / SLOT;

	return (u32)((BIT(count) - 1) << first);
}

static void *take_slots(struct small_page *s, size_t size)
{
	u64 count = align_up(size, SLOT) / SLOT;

	for (u64 first = 0; first + count <= SLOTS; first++) {
		if ((s->used & slot_mask(size, first)) != 0)
			continue;
		s->used |= slot_mask(size, first);
		return (void *)(uintptr_t)(s->base + first * SLOT);
	}
	return NULL;
}

static void *take_small(size_t size)
{
	struct small_page *empty = NULL;

	for (size_t i = 0; i < SMALL_MAX; i++) {
		void *p = small[i].base != 0 ? take_slots(&small[i], size) : NULL;

		if (p != NULL)
			return p;
		if (small[i].base == 0 && empty == NULL)
			empty = &small[i];
	}
	if (empty == NULL)
		return NULL;
	empty->base = take_pages(1, PAGE_SIZE);
	empty->used = 0;
	return empty->base != 0 ? take_slots(empty, size) : NULL;
}

void *pool_alloc_small(size_t size)
{
	void *p;

	spin_lock(&lock);
	p = ready && size != 0 && size <= PAGE_SIZE ? take_small(size) : NULL;
	if (p == NULL)
		stats.failures++;
	spin_unlock(&lock);
	if (p != NULL)
		memset(p, 0, align_up(size, SLOT));
	return p;
}

void pool_free_small(void *p, size_t size)
{
	u64 addr = (u64)(uintptr_t)p, page = align_down(addr, PAGE_SIZE);
	struct small_page *s = NULL;
	u32 mask;

	if (p == NULL)
		return;
	spin_lock(&lock);
	for (size_t i = 0; i < SMALL_MAX && s == NULL; i++)
		if (small[i].base == page)
			s = &small[i];
	if (s == NULL || size == 0 || size > PAGE_SIZE - (addr - page) || !is_aligned(addr, SLOT))
		fatal(ST_INVALID, "pool: free of 0x%llx", (unsigned long long)addr);
	mask = slot_mask(size, (addr - page) / SLOT);
	if ((s->used & mask) != mask)
		fatal(ST_STATE, "pool: 0x%llx is freed twice", (unsigned long long)addr);
	memset(p, 0, align_up(size, SLOT));
	s->used &= ~mask;
	if (s->used == 0) {
		s->base = 0;
		give_pages(page, 1);
	}
	spin_unlock(&lock);
}

bool pool_contains(const void *p, size_t size)
{
	bool in;

	spin_lock(&lock);
	in = unit_of((u64)(uintptr_t)p, size) != NULL;
	spin_unlock(&lock);
	return in;
}

static void scrub_unit(const struct unit *u)
{
	for (u64 i = 0; i < UNIT_PAGES; i++)
		if ((u->kept[i / 64] & BIT(i % 64)) == 0)
			memset((void *)(uintptr_t)(u->base + i * PAGE_SIZE), 0, PAGE_SIZE);
}

enum status pool_shutdown(void)
{
	enum status first = ST_OK;

	spin_lock(&lock);
	while (unit_count != 0) {
		const struct unit *u = &units[--unit_count];
		struct range r = { u->base, BLOCK_SIZE };
		enum status st;

		scrub_unit(u);
		if (u->keeps)
			continue;
		st = convert_to_private(r);
		if (st != ST_OK) {
			stats.leaked += UNIT_PAGES;
			first = first == ST_OK ? st : first;
			continue;
		}
		accept_note(r, MEM_ACCEPTED);
		pages_free(r.base, UNIT_PAGES);
	}
	memset(small, 0, sizeof(small));
	stats.pages_in_use = 0;
	ready = false;
	spin_unlock(&lock);
	return first;
}

void pool_get_stats(struct pool_stats *out)
{
	spin_lock(&lock);
	*out = stats;
	spin_unlock(&lock);
}
