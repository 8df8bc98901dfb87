/* SPDX-License-Identifier: BSD-2-Clause */
#include "psc.h"
#include "le.h"

#define ENTRY_2M   BIT(PSC_2M_LO)
#define ENTRY_SIZE 8u

struct range psc_fill(struct psc_list *l, struct range r, unsigned op)
{
	for (l->count = 0; l->count < PSC_ENTRIES_MAX && r.size != 0; l->count++) {
		bool large = is_aligned(r.base, BLOCK_SIZE) && r.size >= BLOCK_SIZE;
		u64 step = large ? BLOCK_SIZE : PAGE_SIZE;

		l->entry[l->count] = (large ? ENTRY_2M : 0) | (u64)op << PSC_OP_LO | r.base;
		r.base += step;
		r.size -= step;
	}
	return r;
}

struct range psc_range(u64 entry)
{
	return (struct range){ entry & MASK(PSC_GFN_HI, PSC_GFN_LO),
			       (entry & ENTRY_2M) != 0 ? BLOCK_SIZE : PAGE_SIZE };
}

static unsigned pages_of(u64 entry)
{
	return (entry & ENTRY_2M) != 0 ? PSC_PAGES_2M : 1;
}

static u8 *entry_at(u8 *buf, unsigned i)
{
	return buf + PSC_HEADER_SIZE + ENTRY_SIZE * i;
}

struct progress {
	unsigned entry; /* next one to do */
	u64 page;       /* pages of it done */
};

/* From the private list each time, but for how far the host says it is. */
static void write_list(const struct psc_list *l, u8 *buf, struct progress at)
{
	le_put(buf + PSC_CUR_ENTRY, at.entry, 2);
	le_put(buf + PSC_END_ENTRY, l->count - 1, 2);
	le_put(buf + PSC_RESERVED, 0, 4);
	for (unsigned i = 0; i < l->count; i++)
		le_put(entry_at(buf, i), l->entry[i] | (i == at.entry ? at.page : 0), ENTRY_SIZE);
}

/*
 * The host could skip entries by moving the end, or have them done twice by going back; it may only
 * say how far it came. A page done twice would be a page validated twice.
 */
static enum status read_progress(const struct psc_list *l, u8 *buf, struct progress *at)
{
	struct progress now = { (unsigned)le_get(buf + PSC_CUR_ENTRY, 2), 0 };
	u64 entry;

	if (le_get(buf + PSC_RESERVED, 4) != 0)
		return ST_PROTOCOL;
	if (le_get(buf + PSC_END_ENTRY, 2) != l->count - 1)
		return ST_PROTOCOL;
	if (now.entry < at->entry || now.entry > l->count)
		return ST_PROTOCOL;
	if (now.entry < l->count) {
		entry = le_get(entry_at(buf, now.entry), ENTRY_SIZE);
		now.page = entry & PSC_CUR_PAGE_MASK;
		if ((entry & ~(u64)PSC_CUR_PAGE_MASK) != l->entry[now.entry])
			return ST_PROTOCOL;
		if (now.page > pages_of(entry))
			return ST_PROTOCOL;
		if (now.entry == at->entry && now.page < at->page)
			return ST_PROTOCOL;
	}
	*at = now;
	return ST_OK;
}

static enum status judge(u64 info2)
{
	switch (info2) {
	case 0:
		return ST_OK;
	case PSC_ERR_HEADER:
	case PSC_ERR_ENTRY:
		return ST_INVALID;
	default:
		return ST_DENIED;
	}
}

enum status psc_run(const struct psc_list *l, u8 buf[GHCB_BUFFER_SIZE], psc_exit call, void *ctx,
		    struct psc_stats *stats)
{
	struct progress at = { 0, 0 }, before;
	unsigned stalls = 0;
	bool moved = false;

	if (l->count == 0 || l->count > PSC_ENTRIES_MAX)
		return ST_INVALID;
	while (at.entry < l->count) {
		enum status st;
		u64 info2 = 0;

		before = at;
		write_list(l, buf, at);
		st = call(ctx, buf, &info2);
		stats->exits++;
		stats->continuations += moved;
		if (st == ST_OK)
			st = judge(info2);
		if (st == ST_OK)
			st = read_progress(l, buf, &at);
		if (st != ST_OK)
			return st;
		moved = at.entry != before.entry || at.page != before.page;
		if (moved) {
			stalls = 0;
		} else {
			stats->retries++;
			if (++stalls >= PSC_STALLS_MAX)
				return ST_NO_PROGRESS;
		}
	}
	return ST_OK;
}
