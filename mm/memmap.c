/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map: operations, and the readers of firmware maps are in mm/memmap_read.c. */
#include "memmap.h"

#define ADDRESS_MAX BIT(52)

void memmap_init(struct memmap *m)
{
	m->count = 0;
}

static void insert_at(struct memmap *m, size_t i, struct mem_region region)
{
	for (size_t j = m->count; j > i; j--)
		m->region[j] = m->region[j - 1];
	m->region[i] = region;
	m->count++;
}

static void remove_at(struct memmap *m, size_t i)
{
	m->count--;
	for (size_t j = i; j < m->count; j++)
		m->region[j] = m->region[j + 1];
}

static void merge_neighbours(struct memmap *m)
{
	size_t i = 0;

	while (i + 1 < m->count) {
		struct mem_region *a = &m->region[i];
		const struct mem_region *b = &m->region[i + 1];

		if (a->type == b->type && range_end(a->range) == b->range.base) {
			a->range.size += b->range.size;
			remove_at(m, i + 1);
		} else {
			i++;
		}
	}
}

enum status memmap_add_ram(struct memmap *m, struct range r, u64 limit)
{
	struct mem_region region = { .type = MEM_RAM };
	enum status st = range_check(r, 1, limit == 0 ? ADDRESS_MAX : limit);
	size_t i = 0;
	u64 end;

	if (st != ST_OK)
		return st;
	region.range.base = align_up(r.base, PAGE_SIZE);
	end = align_down(range_end(r), PAGE_SIZE);
	if (end <= region.range.base)
		return ST_OK; /* not one whole page */
	region.range.size = end - region.range.base;

	while (i < m->count && range_end(m->region[i].range) <= region.range.base)
		i++;
	if (i < m->count && m->region[i].range.base < end)
		return ST_OVERLAP;
	if (i > 0 && m->region[i - 1].type == MEM_RAM &&
	    range_end(m->region[i - 1].range) == region.range.base) {
		m->region[i - 1].range.size += region.range.size;
		merge_neighbours(m);
		return ST_OK;
	}
	if (m->count == MEMMAP_MAX)
		return ST_TOO_MANY;
	insert_at(m, i, region);
	merge_neighbours(m);
	return ST_OK;
}

/* Makes `at` a border between regions, if it lies inside one. */
static enum status split(struct memmap *m, u64 at)
{
	for (size_t i = 0; i < m->count; i++) {
		struct mem_region *a = &m->region[i];
		struct mem_region b = *a;

		if (at <= a->range.base || at >= range_end(a->range))
			continue;
		if (m->count == MEMMAP_MAX)
			return ST_TOO_MANY;
		b.range.size = range_end(a->range) - at;
		b.range.base = at;
		a->range.size = at - a->range.base;
		insert_at(m, i + 1, b);
		break;
	}
	return ST_OK;
}

static bool covered(const struct memmap *m, struct range r)
{
	u64 at = r.base;

	for (size_t i = 0; i < m->count && at < range_end(r); i++)
		if (m->region[i].range.base <= at && range_end(m->region[i].range) > at)
			at = range_end(m->region[i].range);
	return at >= range_end(r);
}

/* Rounds r outwards to whole pages. */
static enum status whole_pages(struct range r, struct range *pages)
{
	enum status st = range_check(r, 1, 0);

	if (st != ST_OK)
		return st;
	pages->base = align_down(r.base, PAGE_SIZE);
	pages->size = align_up(range_end(r), PAGE_SIZE) - pages->base;
	return range_check(*pages, PAGE_SIZE, 0);
}

enum status memmap_set(struct memmap *m, struct range r, enum mem_type type)
{
	struct range pages;
	enum status st = whole_pages(r, &pages);

	if (st != ST_OK)
		return st;
	if (type != MEM_RESERVED && !covered(m, pages))
		return ST_RANGE;

	st = split(m, pages.base);
	if (st == ST_OK)
		st = split(m, range_end(pages));
	if (st == ST_OK)
		for (size_t i = 0; i < m->count; i++)
			if (range_contains(pages, m->region[i].range))
				m->region[i].type = type;
	merge_neighbours(m);
	return st;
}

enum status memmap_hold(struct memmap *m, struct range r)
{
	struct mem_region held = { .type = MEM_RESERVED };
	enum status st = whole_pages(r, &held.range);
	size_t i = 0;

	if (st == ST_OK)
		st = split(m, held.range.base);
	if (st == ST_OK)
		st = split(m, range_end(held.range));
	if (st != ST_OK)
		return st;
	while (i < m->count && m->region[i].range.base < held.range.base)
		i++;
	while (i < m->count && range_contains(held.range, m->region[i].range))
		remove_at(m, i);
	if (m->count == MEMMAP_MAX)
		return ST_TOO_MANY;
	insert_at(m, i, held);
	merge_neighbours(m);
	return ST_OK;
}

enum status memmap_check_device(const struct memmap *m, struct range r, u64 align, u64 limit)
{
	struct range pages;
	enum status st = whole_pages(r, &pages);

	if (st != ST_OK)
		return st;
	if (!is_aligned(r.base, align))
		return ST_ALIGN;
	if (limit != 0 && range_end(pages) > limit)
		return ST_RANGE;
	for (size_t i = 0; i < m->count; i++)
		if (range_overlaps(pages, m->region[i].range))
			return ST_OVERLAP;
	return ST_OK;
}

const struct mem_region *memmap_find(const struct memmap *m, u64 addr)
{
	for (size_t i = 0; i < m->count; i++)
		if (addr >= m->region[i].range.base && addr < range_end(m->region[i].range))
			return &m->region[i];
	return NULL;
}

u64 memmap_total(const struct memmap *m, enum mem_type type)
{
	u64 sum = 0;

	for (size_t i = 0; i < m->count; i++)
		if (m->region[i].type == type)
			sum += m->region[i].range.size;
	return sum;
}

const char *mem_type_name(enum mem_type t)
{
	switch (t) {
	case MEM_RAM:
		return "ram";
	case MEM_ACCEPTED:
		return "accepted";
	case MEM_SHARED:
		return "shared";
	case MEM_RESERVED:
		return "reserved";
	}
	return "unknown";
}
