/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where on a disk the EFI system partition is: GPT, MBR or no table at all. A table's checksums say
 * that it is whole, not that it is honest: the host writes both. So every place in it is held
 * against the disk's size and the table's own bounds, and every loop has a bound of ours.
 * Sectors are 512 bytes, as virtio counts them; a GPT made in larger ones is not found.
 */
#include <string.h>

#include "abi/esp.h"
#include "esp.h"
#include "le.h"

#define GPT_TABLE_MAX KIB(128) /* eight times what the specification reserves at least */

/* c12a7328-f81f-11d2-ba4b-00a0c93ec93b */
static const u8 esp_guid[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };

struct gpt {
	u64 first, last;  /* usable sectors, inclusive */
	u64 entries;      /* byte offset of the table */
	u32 size, stride; /* bytes of the table, of an entry */
	u32 crc;
	bool found;     /* a system partition: */
	u64 start, end; /* its sectors, inclusive */
};

/* CRC-32 as UEFI and everybody else has it (reflected 0x04c11db7), begun and ended with ~0. */
static u32 crc32(u32 crc, const u8 *p, size_t n)
{
	while (n-- > 0) {
		crc ^= *p++;
		for (unsigned i = 0; i < 8; i++)
			crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
	}
	return crc;
}

/* ---- GPT ---- */

static bool header_whole(u8 *sector, u64 lba)
{
	u32 size = le32(sector + GPT_HEADER_SIZE), crc = le32(sector + GPT_HEADER_CRC);

	if (le64(sector + GPT_SIGNATURE) != GPT_SIGNATURE_VALUE ||
	    le32(sector + GPT_REVISION) != GPT_REVISION_VALUE)
		return false;
	if (size < GPT_HEADER_MIN || size > DISK_SECTOR)
		return false;
	memset(sector + GPT_HEADER_CRC, 0, 4);
	return ~crc32(~0u, sector, size) == crc && le64(sector + GPT_MY_LBA) == lba;
}

static enum status header_read(const struct medium *m, u64 lba, struct gpt *out)
{
	u64 sectors = m->size / DISK_SECTOR, at, size;
	u8 sector[DISK_SECTOR];
	enum status st = medium_read(m, lba * DISK_SECTOR, sector, sizeof(sector));

	if (st != ST_OK)
		return st;
	if (!header_whole(sector, lba))
		return ST_CORRUPT;
	out->first = le64(sector + GPT_FIRST_USABLE);
	out->last = le64(sector + GPT_LAST_USABLE);
	out->stride = le32(sector + GPT_ENTRY_SIZE);
	out->crc = le32(sector + GPT_ENTRIES_CRC);
	at = le64(sector + GPT_ENTRIES_LBA);
	size = (u64)le32(sector + GPT_ENTRIES) * out->stride;
	if (out->stride < GPT_ENTRY_MIN || (out->stride & (out->stride - 1)) != 0)
		return ST_CORRUPT;
	if (size > GPT_TABLE_MAX)
		return ST_TOO_MANY;
	if (out->first > out->last || out->last >= sectors)
		return ST_RANGE;
	if (at <= GPT_PRIMARY_LBA || at > sectors || size > (sectors - at) * DISK_SECTOR)
		return ST_RANGE;
	out->entries = at * DISK_SECTOR;
	out->size = (u32)size;
	return ST_OK;
}

/* The table is read once: what is looked at is what the checksum was made of. The first system
 * partition counts. */
static enum status entries_read(const struct medium *m, struct gpt *g)
{
	u8 sector[DISK_SECTOR];
	u32 crc = ~0u, bytes;

	for (u32 at = 0; at < g->size; at += bytes) {
		enum status st;

		bytes = MIN((u32)sizeof(sector), g->size - at);
		st = medium_read(m, g->entries + at, sector, bytes);
		if (st != ST_OK)
			return st;
		crc = crc32(crc, sector, bytes);
		for (u32 o = 0; o < bytes && !g->found; o += GPT_ENTRY_MIN) {
			if ((at + o) % g->stride != 0 ||
			    memcmp(sector + o + GPT_ENTRY_TYPE, esp_guid, sizeof(esp_guid)) != 0)
				continue;
			g->start = le64(sector + o + GPT_ENTRY_START);
			g->end = le64(sector + o + GPT_ENTRY_END);
			g->found = true;
		}
	}
	return ~crc == g->crc ? ST_OK : ST_CORRUPT;
}

/* One of the two copies. */
static enum status gpt_read(const struct medium *m, u64 lba, struct gpt *out)
{
	enum status st;

	*out = (struct gpt){ 0 };
	st = header_read(m, lba, out);
	return st == ST_OK ? entries_read(m, out) : st;
}

/* The backup has a fixed place: the one the damaged primary names is worth nothing. */
static enum status gpt_find(const struct medium *m, struct range *out, const char **why)
{
	struct gpt g;
	enum status st = gpt_read(m, GPT_PRIMARY_LBA, &g);

	if (st != ST_OK && gpt_read(m, m->size / DISK_SECTOR - 1, &g) != ST_OK) {
		*why = "both copies of the disk's GPT are damaged";
		return st;
	}
	if (!g.found) {
		*why = "the disk's GPT has no EFI system partition";
		return ST_NOT_FOUND;
	}
	if (g.start > g.end || g.start < g.first || g.end > g.last) {
		*why = "the EFI system partition lies outside of the GPT's usable sectors";
		return ST_RANGE;
	}
	*out = (struct range){ g.start * DISK_SECTOR, (g.end - g.start + 1) * DISK_SECTOR };
	return ST_OK;
}

/* ---- MBR ---- */

/* How good an entry is: 2 a system partition, 1 another FAT (QEMU's vvfat makes those). */
static unsigned mbr_rank(const u8 *entry)
{
	switch (entry[MBR_TYPE]) {
	case MBR_ESP:
		return 2;
	case MBR_FAT12:
	case MBR_FAT16_SMALL:
	case MBR_FAT16:
	case MBR_FAT32:
	case MBR_FAT32_LBA:
	case MBR_FAT16_LBA:
		return 1;
	default:
		return 0;
	}
}

static enum status mbr_find(const struct medium *m, const u8 *sector, struct range *out,
			    const char **why)
{
	u64 sectors = m->size / DISK_SECTOR, start, count;
	const u8 *best = NULL;

	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		const u8 *entry = sector + MBR_TABLE + (size_t)i * MBR_ENTRY_SIZE;

		if (mbr_rank(entry) > (best != NULL ? mbr_rank(best) : 0))
			best = entry;
	}
	if (best == NULL) {
		*why = "the disk's MBR has neither an EFI system partition nor another FAT";
		return ST_NOT_FOUND;
	}
	start = le32(best + MBR_START);
	count = le32(best + MBR_COUNT);
	if (start == 0 || count == 0 || start > sectors || count > sectors - start) {
		*why = "the EFI system partition lies outside of the disk";
		return ST_RANGE;
	}
	*out = (struct range){ start * DISK_SECTOR, count * DISK_SECTOR };
	return ST_OK;
}

static bool mbr_protective(const u8 *sector)
{
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		const u8 *entry = sector + MBR_TABLE + (size_t)i * MBR_ENTRY_SIZE;

		if (entry[MBR_TYPE] == MBR_PROTECTIVE && le32(entry + MBR_START) == GPT_PRIMARY_LBA)
			return true;
	}
	return false;
}

enum status partition_find(const struct medium *m, struct range *out, const char **why)
{
	u8 sector[DISK_SECTOR];
	enum status st = medium_read(m, 0, sector, sizeof(sector));

	if (st != ST_OK) {
		*why = "the disk's first sector cannot be read";
		return st;
	}
	if (le16(sector + MBR_SIGNATURE) != MBR_SIGNATURE_VALUE) {
		*why = "the disk has neither a partition table nor a file system";
		return ST_NOT_FOUND;
	}
	if (mbr_protective(sector))
		return gpt_find(m, out, why);
	/* A boot sector has code where an MBR has its table, and the same signature. */
	if (fat_plausible(sector)) {
		*out = (struct range){ 0, m->size };
		return ST_OK;
	}
	return mbr_find(m, sector, out, why);
}
