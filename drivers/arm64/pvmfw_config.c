/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration data behind pvmfw. It comes from the bootloader, which is trusted; but nothing
 * here says so when a host has started us in that place without one, so no number is believed
 * before it was compared with the place.
 */
#include <string.h>

#include "le.h"
#include "pvmfw.h"

#define HEAD_MAGIC     0u
#define HEAD_MINOR     4u
#define HEAD_MAJOR     6u
#define HEAD_TOTAL     8u
#define HEAD_FLAGS     12u

#define ENTRIES_OLDEST 2u /* those of 1.0; each minor version up to 1.2 added one */

/* An absent blob has no place, whatever its offset says. */
static enum status check_entry(const struct pvmfw_config *c, unsigned i, u64 *end)
{
	u64 offset = c->entry[i].offset, size = c->entry[i].size;

	if (size == 0)
		return ST_OK;
	if (!is_aligned(offset, PVMFW_CONFIG_ALIGN))
		return ST_ALIGN;
	if (offset < *end)
		return ST_OVERLAP;
	if (offset + size > c->total)
		return ST_RANGE;
	*end = offset + size;
	return ST_OK;
}

static enum status read_entries(const u8 *head, size_t len, struct pvmfw_config *c)
{
	u64 end = PVMFW_CONFIG_HEADER + c->entries * PVMFW_CONFIG_ENTRY;
	enum status st = c->total < end || len < end ? ST_TRUNCATED : ST_OK;

	for (unsigned i = 0; i < c->entries && st == ST_OK; i++) {
		const u8 *e = head + PVMFW_CONFIG_HEADER + i * PVMFW_CONFIG_ENTRY;

		c->entry[i].offset = le32(e);
		c->entry[i].size = le32(e + 4);
		st = check_entry(c, i, &end);
	}
	return st;
}

enum status pvmfw_config_read(const u8 *head, size_t len, u64 room, struct pvmfw_config *out)
{
	enum status st;

	memset(out, 0, sizeof(*out));
	if (len < PVMFW_CONFIG_HEADER || room < PVMFW_CONFIG_HEADER ||
	    le32(head + HEAD_MAGIC) != PVMFW_CONFIG_MAGIC)
		return ST_NOT_FOUND;
	if (le16(head + HEAD_MAJOR) != PVMFW_CONFIG_MAJOR)
		return ST_UNSUPPORTED;
	out->minor = le16(head + HEAD_MINOR);
	out->total = le32(head + HEAD_TOTAL);
	out->flags = le32(head + HEAD_FLAGS);
	out->entries = MIN(ENTRIES_OLDEST + out->minor, PVMFW_ENTRIES);
	if (out->total > room)
		return ST_RANGE;
	st = read_entries(head, len, out);
	if (st == ST_OK && out->entry[PVMFW_ENTRY_DICE].size == 0)
		st = ST_CORRUPT;
	return st;
}
