/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's part of a launch with kernel hashes: a page of the firmware's metadata that holds
 * SHA-256 of command line, initrd and kernel, and becomes part of the launch digest. Firmware that
 * finds other bytes in fw_cfg refuses them.
 */
#include <bearssl.h>
#include <string.h>

#include "psp.h"

#define GUID_SIZE    16
#define TABLE_LENGTH 168
#define ENTRY_LENGTH 50
#define ENTRY_HASH   18 /* behind GUID and length */

/* As they stand in memory: first three groups little-endian. */
static const u8 GUID_TABLE[] = { 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
				 0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21 };
static const u8 GUID_CMDLINE[] = { 0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
				   0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a };
static const u8 GUID_INITRD[] = { 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
				  0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d };
static const u8 GUID_KERNEL[] = { 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
				  0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b };

/* How many sections are meant for them, and the last of these. */
static unsigned hashes_sections(const struct snp_image *image, const struct snp_section **out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < image->count; i++) {
		if (image->sections[i].type != SNP_META_KERNEL_HASHES)
			continue;
		*out = &image->sections[i];
		n++;
	}
	return n;
}

const char *snp_hashes_check(const struct snp_image *image)
{
	const struct snp_section *s = NULL;
	unsigned n = hashes_sections(image, &s);

	if (V(core_payload(PAYLOAD_KERNEL).size == 0))
		return "kernel hashes are wanted, and there is no kernel";
	if (V(image->hashes_size < SNP_HASHES_SIZE))
		return "no room for kernel hashes";
	if (V(n != 1))
		return "not one section for kernel hashes";
	if (V(s->size != PAGE_SIZE))
		return "the section for kernel hashes is not one page";
	/* Before its start, too: the difference wraps. */
	if (V((u64)image->hashes - s->gpa > PAGE_SIZE - SNP_HASHES_SIZE))
		return "the room for kernel hashes is not in their section";
	return NULL;
}

static void put_guid(u8 *at, const u8 guid[GUID_SIZE], u16 length)
{
	memcpy(at, guid, GUID_SIZE);
	le_put(at + GUID_SIZE, length, 2);
}

static void put_entry(u8 *at, const u8 guid[GUID_SIZE], const void *data, size_t n)
{
	br_sha256_context c;

	put_guid(at, guid, ENTRY_LENGTH);
	br_sha256_init(&c);
	br_sha256_update(&c, data, n);
	br_sha256_out(&c, at + ENTRY_HASH);
}

void snp_hashes_fill(const struct snp_image *image, u8 page[PAGE_SIZE])
{
	struct blob kernel = core_payload(PAYLOAD_KERNEL), initrd = core_payload(PAYLOAD_INITRD);
	u8 *table = page + image->hashes % PAGE_SIZE;

	memset(page, 0, PAGE_SIZE);
	put_guid(table, GUID_TABLE, TABLE_LENGTH);
	table += ENTRY_HASH;
	put_entry(table, GUID_CMDLINE, config.append, strlen(config.append) + 1);
	put_entry(table + ENTRY_LENGTH, GUID_INITRD, initrd.data, initrd.size);
	put_entry(table + 2 * ENTRY_LENGTH, GUID_KERNEL, kernel.data, kernel.size);
}
