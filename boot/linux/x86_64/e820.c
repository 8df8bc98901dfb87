/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map for Linux. It is built by painting: each range goes over what is there, the last
 * word wins, and the list is sorted, without overlap and merged after every step.
 */
#include "params.h"

/* Display memory of every PC: nothing private lies there, and Linux may look for a display. */
#define DISPLAY      0xa0000u
#define DISPLAY_SIZE 0x20000u
/* Option ROMs and BIOS. Linux scans it with private mappings (linux-boot sheet section 2.4). */
#define ROMS      0xc0000u
#define ROMS_SIZE 0x40000u

static u64 entry_end(const struct e820_map *m, size_t i)
{
	return m->entry[i].base + m->entry[i].size;
}

static void remove_at(struct e820_map *m, size_t i)
{
	m->count--;
	for (size_t j = i; j < m->count; j++)
		m->entry[j] = m->entry[j + 1];
}

/* Before entry i. */
static enum status insert_at(struct e820_map *m, size_t i, struct range r, enum e820_type type)
{
	if (m->count == E820_MAX)
		return ST_TOO_MANY;
	for (size_t j = m->count; j > i; j--)
		m->entry[j] = m->entry[j - 1];
	m->entry[i].base = r.base;
	m->entry[i].size = r.size;
	m->entry[i].type = type;
	m->count++;
	return ST_OK;
}

/* Makes r a gap. */
static enum status cut(struct e820_map *m, struct range r)
{
	u64 end = range_end(r);
	size_t i = 0;

	while (i < m->count) {
		u64 last = entry_end(m, i);

		if (last <= r.base || m->entry[i].base >= end) {
			i++;
		} else if (m->entry[i].base < r.base) {
			struct range behind = { end, last - end };

			m->entry[i].size = r.base - m->entry[i].base;
			i++;
			if (last > end)
				return insert_at(m, i, behind, m->entry[i - 1].type);
		} else if (last > end) {
			m->entry[i].size = last - end;
			m->entry[i].base = end;
		} else {
			remove_at(m, i);
		}
	}
	return ST_OK;
}

static void merge_neighbours(struct e820_map *m)
{
	size_t i = 0;

	while (i + 1 < m->count) {
		if (m->entry[i].type == m->entry[i + 1].type &&
		    entry_end(m, i) == m->entry[i + 1].base) {
			m->entry[i].size += m->entry[i + 1].size;
			remove_at(m, i + 1);
		} else {
			i++;
		}
	}
}

static enum status paint(struct e820_map *m, struct range r, enum e820_type type)
{
	enum status st = cut(m, r);
	size_t i = 0;

	while (i < m->count && m->entry[i].base < r.base)
		i++;
	if (st == ST_OK)
		st = insert_at(m, i, r, type);
	merge_neighbours(m);
	return st;
}

/* A page of which a part is marked is marked, but for RAM: of that only whole pages count. */
static enum status paint_mark(struct e820_map *m, const struct e820_mark *mark)
{
	bool ram = mark->type == E820_RAM;
	enum status st;
	u64 base, end;

	if (mark->range.size == 0)
		return ST_OK;
	st = range_check(mark->range, 1, 0);
	if (st != ST_OK)
		return st;
	end = range_end(mark->range);
	base =
	    ram ? align_up(mark->range.base, PAGE_SIZE) : align_down(mark->range.base, PAGE_SIZE);
	end = ram ? align_down(end, PAGE_SIZE) : align_up(end, PAGE_SIZE);
	if (end <= base)
		return ram ? ST_OK : ST_OVERFLOW;
	return paint(m, (struct range){ base, end - base }, mark->type);
}

enum status e820_build(const struct memmap *m, const struct e820_mark *marks, size_t count,
		       struct e820_map *out)
{
	enum status st = ST_OK;

	out->count = 0;
	for (size_t i = 0; i < m->count && st == ST_OK; i++) {
		enum mem_type type = m->region[i].type;

		/* Without EFI a kernel accepts nothing: the host would choose when it stops. */
		if (type == MEM_RAM)
			return ST_STATE;
		st =
		    paint(out, m->region[i].range, type == MEM_ACCEPTED ? E820_RAM : E820_RESERVED);
	}
	if (st == ST_OK)
		st = paint(out, (struct range){ ROMS, ROMS_SIZE }, E820_RESERVED);
	for (size_t i = 0; i < count && st == ST_OK; i++)
		st = paint_mark(out, &marks[i]);
	if (st == ST_OK)
		st = cut(out, (struct range){ DISPLAY, DISPLAY_SIZE });
	return st;
}

static struct range larger(struct range best, u64 base, u64 end)
{
	return end > base && end - base > best.size ? (struct range){ base, end - base } : best;
}

struct range window_beside(const struct memmap *m, struct range window)
{
	struct range best = { 0, 0 };
	u64 at = window.base, end = range_end(window);

	for (size_t i = 0; i < m->count; i++) {
		struct range r = m->region[i].range;

		if (window.size == 0 || !range_overlaps(r, window))
			continue;
		best = larger(best, at, r.base);
		at = range_end(r);
	}
	return larger(best, at, end);
}
