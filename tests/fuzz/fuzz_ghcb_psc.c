/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile host in a page state change: each answer takes fields of the structure from the input.
 * Success must mean that every entry was passed, and the end must come.
 * sources: ghcb/psc.c
 */
#include <stdlib.h>
#include <string.h>

#include "ghcb/psc.h"

struct input {
	const u8 *data;
	size_t size;
	u64 calls;
	unsigned reached;
	/* what was asked for so far */
	const struct psc_list *list;
	unsigned sent;
	u64 sent_pages;
};

static u8 next(struct input *in)
{
	if (in->size == 0)
		return 3; /* honest from here on */
	in->size--;
	return *in->data++;
}

/* Whatever the host wrote into it, the guest sends its own list, and never asks for a page again
 * that it was told is done: that one would be validated twice. */
static void check_request(struct input *in, const u8 *b)
{
	u16 header[4];
	u64 entry;

	memcpy(header, b, sizeof(header));
	if (header[0] < in->sent || header[0] >= in->list->count)
		abort();
	if (header[1] != in->list->count - 1 || header[2] != 0 || header[3] != 0)
		abort();
	for (unsigned i = 0; i < in->list->count; i++) {
		u64 pages;

		memcpy(&entry, b + PSC_HEADER_SIZE + 8 * i, sizeof(entry));
		pages = entry & PSC_CUR_PAGE_MASK;
		if (entry - pages != in->list->entry[i] || (pages != 0 && i != header[0]))
			abort();
		if (i != header[0])
			continue;
		if (pages > PSC_PAGES_2M || (i == in->sent && pages < in->sent_pages))
			abort();
		in->sent_pages = pages;
	}
	in->sent = header[0];
}

static enum status answer(void *ctx, u8 b[GHCB_BUFFER_SIZE], u64 *info2)
{
	struct input *in = ctx;
	u16 cur, end;
	unsigned edits = next(in) % 4;

	check_request(in, b);
	in->calls++;
	memcpy(&cur, b, 2);
	memcpy(&end, b + 2, 2);
	if (edits == 3) { /* what an honest one does */
		cur = (u16)(cur + 1 + next(in) % 8);
		if (cur > end)
			cur = (u16)(end + 1);
		memcpy(b, &cur, 2);
	}
	for (unsigned i = 0; edits < 3 && i < edits; i++)
		b[(next(in) | (unsigned)next(in) << 8) % GHCB_BUFFER_SIZE] = next(in);
	if (next(in) == 0xff)
		*info2 = next(in);
	memcpy(&cur, b, 2);
	in->reached = cur;
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct psc_list l, before;
	struct input in = { .data = data, .size = size, .list = &l };
	static u8 buf[GHCB_BUFFER_SIZE];
	struct psc_stats s = { 0 };
	struct range r = { (u64)next(&in) * PAGE_SIZE, (u64)next(&in) * PAGE_SIZE * 16 };
	struct range rest = psc_fill(&l, r, 1 + next(&in) % 2);
	enum status st;

	if (range_end(rest) != range_end(r))
		abort();
	before = l;
	st = psc_run(&l, buf, answer, &in, &s);
	if (memcmp(&before, &l, sizeof(l)) != 0 || s.exits != in.calls)
		abort();
	if (st == ST_OK && in.reached != l.count)
		abort();
	if (l.count == 0 && st != ST_INVALID)
		abort();
	return 0;
}
