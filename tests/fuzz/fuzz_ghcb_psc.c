/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile host in a page state change: each answer takes fields of the structure from the input.
 * Success must mean that every entry was passed, and the end must come.
 * sources: ghcb/psc.c
 */
#include <stdlib.h>
#include <string.h>

#include "ghcb/psc.h"
#include "input.h"

struct seen {
	u64 calls;
	unsigned reached;
	/* what was asked for so far */
	const struct psc_list *list;
	unsigned sent;
	u64 sent_pages;
};

static u8 next(void)
{
	return input.left > 0 ? byte() : 3; /* honest when used up */
}

/* Whatever the host wrote into it, the guest sends its own list, and never asks for a page again
 * that it was told is done: that one would be validated twice. */
static void check_request(struct seen *seen, const u8 *b)
{
	u16 header[4];
	u64 entry;

	memcpy(header, b, sizeof(header));
	if (header[0] < seen->sent || header[0] >= seen->list->count)
		abort();
	if (header[1] != seen->list->count - 1 || header[2] != 0 || header[3] != 0)
		abort();
	for (unsigned i = 0; i < seen->list->count; i++) {
		u64 pages;

		memcpy(&entry, b + PSC_HEADER_SIZE + 8 * i, sizeof(entry));
		pages = entry & PSC_CUR_PAGE_MASK;
		if (entry - pages != seen->list->entry[i] || (pages != 0 && i != header[0]))
			abort();
		if (i != header[0])
			continue;
		if (pages > PSC_PAGES_2M || (i == seen->sent && pages < seen->sent_pages))
			abort();
		seen->sent_pages = pages;
	}
	seen->sent = header[0];
}

static enum status answer(void *ctx, u8 b[GHCB_BUFFER_SIZE], u64 *info2)
{
	struct seen *seen = ctx;
	u16 cur, end;
	unsigned edits = next() % 4;

	check_request(seen, b);
	seen->calls++;
	memcpy(&cur, b, 2);
	memcpy(&end, b + 2, 2);
	if (edits == 3) { /* what an honest one does */
		cur = (u16)(cur + 1 + next() % 8);
		if (cur > end)
			cur = (u16)(end + 1);
		memcpy(b, &cur, 2);
	}
	for (unsigned i = 0; edits < 3 && i < edits; i++)
		b[(next() | (unsigned)next() << 8) % GHCB_BUFFER_SIZE] = next();
	if (next() == 0xff)
		*info2 = next();
	memcpy(&cur, b, 2);
	seen->reached = cur;
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct psc_list l, before;
	struct seen seen = { .list = &l };
	static u8 buf[GHCB_BUFFER_SIZE];
	struct psc_stats s = { 0 };
	struct range r, rest;
	enum status st;

	input_start(data, size);
	r.base = (u64)next() * PAGE_SIZE;
	r.size = (u64)next() * PAGE_SIZE * 16;
	rest = psc_fill(&l, r, 1 + next() % 2);
	if (range_end(rest) != range_end(r))
		abort();
	before = l;
	st = psc_run(&l, buf, answer, &seen, &s);
	if (memcmp(&before, &l, sizeof(l)) != 0 || s.exits != seen.calls)
		abort();
	if (st == ST_OK && seen.reached != l.count)
		abort();
	if (l.count == 0 && st != ST_INVALID)
		abort();
	return 0;
}
