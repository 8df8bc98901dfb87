/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The measured table of hashes. It is what the relying party knows of the payload, so nothing in it
 * may be left unread: an entry that is not there vouches for nothing, one that is unknown may have
 * meant something, and what stands behind the end would be measured without being looked at.
 */
#include <bearssl.h>
#include <string.h>

#include "le.h"
#include "linux.h"

#define GUID_SIZE   16
#define HASH_SIZE   br_sha256_SIZE
#define HEAD_SIZE   (GUID_SIZE + 2) /* of the table and of an entry: GUID, u16 length */
#define ENTRY_SIZE  (HEAD_SIZE + HASH_SIZE)
#define ENTRIES     3
#define TABLE_BYTES (HEAD_SIZE + ENTRIES * ENTRY_SIZE)

/* 9438d606-4f22-4cc9-b479-a793d411fd21 */
static const u8 table_guid[GUID_SIZE] = { 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
					  0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21 };

/* The items by name, in the order in which they are compared. */
static const struct item {
	const char *name;
	size_t at; /* in struct payload_hashes */
	u8 guid[GUID_SIZE];
} items[ENTRIES] = {
	/* 4de79437-abd2-427f-b835-d5b172d2045b */
	{ "kernel",
	  offsetof(struct payload_hashes, kernel),
	  { 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42, 0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2,
	    0x04, 0x5b } },
	/* 44baf731-3a2f-4bd7-9af1-41e29169781d */
	{ "initrd",
	  offsetof(struct payload_hashes, initrd),
	  { 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b, 0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69,
	    0x78, 0x1d } },
	/* 97d02dd8-bd20-4c94-aa78-e7714d36ab2a */
	{ "command line",
	  offsetof(struct payload_hashes, cmdline),
	  { 0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c, 0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36,
	    0xab, 0x2a } },
};

static bool all_zero(const u8 *p, size_t size)
{
	u8 any = 0;

	for (size_t i = 0; i < size; i++)
		any |= p[i];
	return any == 0;
}

/* The entry's item, -1: none of ours, or not as long as an entry is. */
static int entry_item(const u8 *entry)
{
	if (le16(entry + GUID_SIZE) != ENTRY_SIZE)
		return -1;
	for (int i = 0; i < ENTRIES; i++)
		if (memcmp(entry, items[i].guid, GUID_SIZE) == 0)
			return i;
	return -1;
}

enum status hashes_parse(struct bytes table, struct payload_hashes *out)
{
	const u8 *entry;
	unsigned seen = 0;

	*out = (struct payload_hashes){ { 0 }, { 0 }, { 0 } };
	if (all_zero(table.data, table.size))
		return ST_NOT_FOUND;
	if (table.size < TABLE_BYTES || memcmp(table.data, table_guid, GUID_SIZE) != 0 ||
	    le16(table.data + GUID_SIZE) != TABLE_BYTES)
		return ST_CORRUPT;
	/* As many entries as there are items, none twice: so none is missing. */
	entry = table.data + HEAD_SIZE;
	for (int n = 0; n < ENTRIES; n++, entry += ENTRY_SIZE) {
		int i = entry_item(entry);

		if (i < 0 || (seen & 1u << i) != 0)
			return ST_CORRUPT;
		seen |= 1u << i;
		memcpy((u8 *)out + items[i].at, entry + HEAD_SIZE, HASH_SIZE);
	}
	return all_zero(entry, table.size - TABLE_BYTES) ? ST_OK : ST_CORRUPT;
}

/* SHA-256 of two pieces, one after the other; either may be empty. */
static void hash(struct bytes a, struct bytes b, u8 out[HASH_SIZE])
{
	br_sha256_context c;

	br_sha256_init(&c);
	br_sha256_update(&c, a.data, a.size);
	br_sha256_update(&c, b.data, b.size);
	br_sha256_out(&c, out);
}

void hashes_of(const struct payload *p, struct payload_hashes *out)
{
	static const u8 nul = 0;
	const struct bytes none = { NULL, 0 }, end = { &nul, 1 };

	hash(p->kernel, none, out->kernel);
	hash(p->initrd, none, out->initrd);
	hash(p->cmdline, end, out->cmdline);
}

enum status hashes_compare(const struct payload_hashes *measured,
			   const struct payload_hashes *found, const char **which)
{
	for (int i = 0; i < ENTRIES; i++) {
		size_t at = items[i].at;

		if (memcmp((const u8 *)measured + at, (const u8 *)found + at, HASH_SIZE) != 0) {
			*which = items[i].name;
			return ST_CORRUPT;
		}
	}
	return ST_OK;
}
