/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TD HOB list (PI specification volume 3, as TDX VMMs fill it). Nobody measured it, so a block
 * that is not exactly what it should be ends the reading: a header that is too short or not a
 * multiple of 8, a list that does not begin with the hand-off block or does not end in its section,
 * ranges that wrap, overlap or reach the shared half.
 *
 * RAM is what is called system memory or unaccepted memory alike. Which of it was accepted at
 * launch is known from our own metadata alone: a list that calls more of it accepted would have us
 * use pages that the VMM can still exchange. The end address in the hand-off block is not used;
 * where the list ends is where its end block is.
 */
#include <string.h>

#include "x86_64/devices.h"

#define HOB_HANDOFF     0x0001u
#define HOB_RESOURCE    0x0003u
#define HOB_END         0xffffu
#define HEADER_BYTES    8u
#define HANDOFF_BYTES   56u
#define RESOURCE_BYTES  48u

#define RESOURCE_TYPE   24u /* u32 */
#define RESOURCE_START  32u /* u64 */
#define RESOURCE_LENGTH 40u /* u64 */

#define TYPE_SYSTEM     0u
#define TYPE_UNACCEPTED 7u

struct block {
	u16 type, length;
	const u8 *at;
};

/* The block at *at, checked against what is left; *at moves behind it. */
static enum status next(const u8 *hob, size_t bytes, size_t *at, struct block *b)
{
	if (bytes - *at < HEADER_BYTES)
		return ST_TRUNCATED;
	b->at = hob + *at;
	memcpy(&b->type, b->at, 2);
	memcpy(&b->length, b->at + 2, 2);
	if (b->length < HEADER_BYTES || b->length % 8 != 0)
		return ST_CORRUPT;
	if (b->length > bytes - *at)
		return ST_TRUNCATED;
	*at += b->length;
	return ST_OK;
}

struct resource {
	struct range range;
	bool ram;
};

static enum status read_resource(const struct block *b, u64 limit, struct resource *r)
{
	u32 type;

	if (b->length != RESOURCE_BYTES)
		return ST_CORRUPT;
	memcpy(&type, b->at + RESOURCE_TYPE, 4);
	memcpy(&r->range.base, b->at + RESOURCE_START, 8);
	memcpy(&r->range.size, b->at + RESOURCE_LENGTH, 8);
	r->ram = type == TYPE_SYSTEM || type == TYPE_UNACCEPTED;
	return range_check(r->range, 1, limit);
}

/* All of them against each other; the section bounds their number. */
static enum status check_overlap(const u8 *hob, size_t end, const struct resource *r, u64 limit)
{
	struct resource other;
	struct block b;
	size_t at = 0;

	while (at < end) {
		enum status st = next(hob, end, &at, &b);

		if (st != ST_OK)
			return st;
		if (b.type != HOB_RESOURCE)
			continue;
		st = read_resource(&b, limit, &other);
		if (st == ST_OK && range_overlaps(r->range, other.range))
			return ST_OVERLAP;
	}
	return ST_OK;
}

static enum status take(struct memmap *m, const u8 *hob, const struct block *b, u64 limit)
{
	struct resource r;
	enum status st = read_resource(b, limit, &r);

	if (st == ST_OK)
		st = check_overlap(hob, (size_t)(b->at - hob), &r, limit);
	if (st == ST_OK && r.ram)
		st = memmap_add_ram(m, r.range, limit);
	return st;
}

enum status td_hob_memory(struct memmap *m, const void *hob, size_t bytes, u64 limit)
{
	struct block b;
	size_t at = 0;
	enum status st = next(hob, bytes, &at, &b);

	memmap_init(m);
	if (st == ST_OK && (b.type != HOB_HANDOFF || b.length != HANDOFF_BYTES))
		st = ST_CORRUPT;
	while (st == ST_OK) {
		st = next(hob, bytes, &at, &b);
		if (st != ST_OK)
			break;
		if (b.type == HOB_END)
			return memmap_total(m, MEM_RAM) != 0 ? ST_OK : ST_NOT_FOUND;
		if (b.type == HOB_HANDOFF)
			st = ST_CORRUPT; /* a second list inside this one */
		else if (b.type == HOB_RESOURCE)
			st = take(m, hob, &b, limit);
	}
	return st;
}
