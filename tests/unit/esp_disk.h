/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks with a FAT file system, made in memory: by the specifications again, not by the code under
 * test. Two copies of the FAT, sectors of 512 bytes, files and directories where the test wants
 * them.
 */
#ifndef TESTS_ESP_DISK_H
#define TESTS_ESP_DISK_H

#include <stdlib.h>
#include <string.h>

#include "boot/linux/linux.h"
#include "little.h"

enum disk_layout { DISK_BARE, DISK_MBR, DISK_GPT };

#define SEC           512u
#define DISK_PART     64u /* sectors before the partition, where there is a table */
#define DISK_GPT_TAIL 33u

struct disk {
	enum disk_layout layout;
	u8 *data;
	u64 size;
	u64 part, part_size; /* bytes */
	unsigned bits;
	u32 cluster_sectors, clusters, fat_sectors;
	u64 fat, root, clusters_at; /* bytes */
	u32 root_entries, root_cluster;
	u32 next; /* free cluster */
	unsigned reads;
	u64 longest; /* bytes read at once */
};

/* ---- partition tables ---- */

/* CRC-32, by table-free division from the left: another way than the code under test goes. */
static inline u32 disk_crc(const u8 *p, size_t n)
{
	u32 crc = 0xffffffff, out = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned b = 0; b < 8; b++) {
			u32 bit = (u32)(p[i] >> b) & 1;

			crc = (crc >> 31 ^ bit) != 0 ? crc << 1 ^ 0x04c11db7 : crc << 1;
		}
	for (unsigned b = 0; b < 32; b++)
		out |= (crc >> b & 1) << (31 - b);
	return ~out;
}

static inline void disk_mbr_entry(struct disk *d, unsigned i, u8 type, u32 start, u32 count)
{
	u8 *e = d->data + 446 + (size_t)i * 16;

	e[4] = type;
	put(e + 8, start, 4);
	put(e + 12, count, 4);
	put(d->data + 510, 0xaa55, 2);
}

/* Both copies' checksums, of what stands there now; not of a table that nobody would read. */
static inline void disk_gpt_seal(struct disk *d)
{
	u64 last = d->size / SEC - 1;

	for (unsigned copy = 0; copy < 2; copy++) {
		u8 *h = d->data + (copy == 0 ? 1 : last) * SEC;
		u64 bytes = got(h + 80, 4) * got(h + 84, 4), at = got(h + 72, 8) * SEC;

		if (at <= d->size && bytes <= d->size - at && bytes <= MIB(1))
			put(h + 88, disk_crc(d->data + at, bytes), 4);
		put(h + 16, 0, 4);
		if (got(h + 12, 4) <= SEC)
			put(h + 16, disk_crc(h, got(h + 12, 4)), 4);
	}
}

static inline u8 *disk_gpt_header(struct disk *d, unsigned copy)
{
	return d->data + (copy == 0 ? SEC : d->size - SEC);
}

static inline u8 *disk_gpt_entry(struct disk *d, unsigned copy, unsigned i)
{
	u8 *h = disk_gpt_header(d, copy);

	return d->data + got(h + 72, 8) * SEC + i * got(h + 84, 4);
}

/* The system partition is the second entry. */
static inline void disk_gpt(struct disk *d)
{
	static const u8 esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				    0xba, 0x4b, 0,    0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
	u64 last = d->size / SEC - 1;

	disk_mbr_entry(d, 0, 0xee, 1, (u32)last);
	for (unsigned copy = 0; copy < 2; copy++) {
		u8 *h = disk_gpt_header(d, copy), *e;

		memcpy(h, "EFI PART", 8);
		put(h + 8, 0x10000, 4);
		put(h + 12, 92, 4);
		put(h + 24, copy == 0 ? 1 : last, 8);
		put(h + 32, copy == 0 ? last : 1, 8);
		put(h + 40, 34, 8);
		put(h + 48, last - DISK_GPT_TAIL, 8);
		put(h + 72, copy == 0 ? 2 : last - 32, 8);
		put(h + 80, 128, 4);
		put(h + 84, 128, 4);
		e = disk_gpt_entry(d, copy, 0);
		memset(e, 0x5a, 16); /* another kind */
		put(e + 32, 34, 8);
		put(e + 40, 40, 8);
		e = disk_gpt_entry(d, copy, 1);
		memcpy(e, esp, 16);
		put(e + 32, d->part / SEC, 8);
		put(e + 40, (d->part + d->part_size) / SEC - 1, 8);
	}
	disk_gpt_seal(d);
}

/* ---- the FAT ---- */

static inline u32 disk_fat_get(const struct disk *d, u32 n)
{
	const u8 *f = d->data + d->fat;

	if (d->bits != 12)
		return (u32)got(f + (size_t)n * d->bits / 8, d->bits / 8);
	return (u32)got(f + n / 2 * 3, 3) >> (n % 2 * 12) & 0xfff;
}

static inline void disk_fat_set(struct disk *d, u32 n, u32 value)
{
	for (unsigned copy = 0; copy < 2; copy++) {
		u8 *f = d->data + d->fat + (u64)copy * d->fat_sectors * SEC;
		u32 pair;

		if (d->bits != 12) {
			put(f + (size_t)n * d->bits / 8, value, d->bits / 8);
			continue;
		}
		pair = (u32)got(f + n / 2 * 3, 3) & ~(0xfffu << (n % 2 * 12));
		put(f + n / 2 * 3, pair | (value & 0xfff) << (n % 2 * 12), 3);
	}
}

/* A chain of n clusters, `step` apart; the first one's number. */
static inline u32 disk_chain(struct disk *d, u32 n, u32 step)
{
	u32 first = d->next, c = first;

	for (; n > 1; n--, c += step)
		disk_fat_set(d, c, c + step);
	disk_fat_set(d, c, 0x0fffffff);
	d->next = c + 1;
	return first;
}

static inline u8 *disk_cluster(struct disk *d, u32 n)
{
	return d->data + d->clusters_at + (u64)(n - 2) * d->cluster_sectors * SEC;
}

static inline void disk_format(struct disk *d)
{
	u8 *b = d->data + d->part;
	bool wide = d->bits == 32;

	memcpy(b, "\xeb\x58\x90MAKEDISK", 11);
	put(b + 11, SEC, 2);
	b[13] = (u8)d->cluster_sectors;
	put(b + 14, (d->fat - d->part) / SEC, 2);
	b[16] = 2;
	put(b + 17, d->root_entries, 2);
	b[21] = 0xf8;
	if (d->part_size / SEC < 0x10000 && !wide)
		put(b + 19, d->part_size / SEC, 2);
	else
		put(b + 32, d->part_size / SEC, 4);
	put(b + (wide ? 36 : 22), d->fat_sectors, wide ? 4 : 2);
	put(b + 510, 0xaa55, 2);
	disk_fat_set(d, 0, 0x0ffffff8);
	disk_fat_set(d, 1, 0x0fffffff);
	d->next = 2;
	if (wide) {
		d->root_cluster = disk_chain(d, 1, 1);
		put(b + 44, d->root_cluster, 4);
	}
}

/* bits: 12, 16, 32. Freed by disk_free(). */
static inline void disk_make(struct disk *d, enum disk_layout layout, unsigned bits,
			     u32 cluster_sectors)
{
	u32 reserved = bits == 32 ? 32 : 1, lead = layout == DISK_BARE ? 0 : DISK_PART;
	u32 tail = layout == DISK_GPT ? DISK_GPT_TAIL : 0, total;

	memset(d, 0, sizeof(*d));
	d->layout = layout;
	d->bits = bits;
	d->cluster_sectors = cluster_sectors;
	d->clusters = bits == 12 ? 900 : bits == 16 ? 4100 : 65600;
	d->fat_sectors = ((d->clusters + 2) * bits / 4 + 2 * SEC - 1) / (2 * SEC);
	d->root_entries = bits == 32 ? 0 : 64;
	total = reserved + 2 * d->fat_sectors + d->root_entries * 32 / SEC +
		d->clusters * cluster_sectors;
	d->part = (u64)lead * SEC;
	d->part_size = (u64)total * SEC;
	d->size = d->part + d->part_size + (u64)tail * SEC;
	d->data = calloc(1, d->size);
	d->fat = d->part + (u64)reserved * SEC;
	d->root = d->fat + 2ull * d->fat_sectors * SEC;
	d->clusters_at = d->root + d->root_entries * 32ull;
	disk_format(d);
	if (layout == DISK_MBR)
		disk_mbr_entry(d, 1, 0xef, lead, total);
	else if (layout == DISK_GPT)
		disk_gpt(d);
}

static inline void disk_free(struct disk *d)
{
	free(d->data);
}

/* ---- directories: 0 is the root ---- */

static inline u8 *disk_entry(struct disk *d, u32 dir, u32 index)
{
	u32 per = d->cluster_sectors * SEC / 32;

	if (dir == 0 && d->bits != 32)
		return d->data + d->root + (size_t)index * 32;
	if (dir == 0)
		dir = d->root_cluster;
	for (; index >= per; index -= per)
		dir = disk_fat_get(d, dir);
	return disk_cluster(d, dir) + (size_t)index * 32;
}

static inline u32 disk_entry_free(struct disk *d, u32 dir)
{
	u32 i = 0;

	while (disk_entry(d, dir, i)[0] != 0)
		i++;
	return i;
}

static inline u8 disk_checksum(const char *short_name)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = ((sum >> 1) + (sum % 2 != 0 ? 0x80u : 0) + (u8)short_name[i]) & 0xff;
	return (u8)sum;
}

/* The pieces of a long name, then the short one ("BOOTX64 EFI"). */
static inline void disk_add(struct disk *d, u32 dir, const char *long_name, const char *short_name,
			    u8 attr, u32 first, u32 size)
{
	u32 at = disk_entry_free(d, dir);
	size_t length = long_name != NULL ? strlen(long_name) : 0, pieces = (length + 12) / 13;
	u8 *e;

	for (size_t p = pieces; p > 0; p--) {
		e = disk_entry(d, dir, at++);
		e[0] = (u8)(p | (p == pieces ? 0x40 : 0));
		e[11] = 0x0f;
		e[13] = disk_checksum(short_name);
		for (size_t i = 0; i < 13; i++) {
			size_t from = (p - 1) * 13 + i;
			u8 *c = e + (i < 5 ? 1 + 2 * i : i < 11 ? 4 + 2 * i : 6 + 2 * i);

			put(c,
			    from < length    ? (u8)long_name[from]
			    : from == length ? 0
					     : 0xffff,
			    2);
		}
	}
	e = disk_entry(d, dir, at);
	memcpy(e, short_name, 11);
	e[11] = attr;
	put(e + 20, first >> 16, 2);
	put(e + 26, first, 2);
	put(e + 28, size, 4);
}

/* A directory of n clusters. */
static inline u32 disk_mkdir(struct disk *d, u32 in, const char *long_name, const char *short_name,
			     u32 n)
{
	u32 dir = disk_chain(d, n, 1);

	disk_add(d, in, long_name, short_name, 0x10, dir, 0);
	disk_add(d, dir, NULL, ".          ", 0x10, dir, 0);
	disk_add(d, dir, NULL, "..         ", 0x10, in, 0);
	return dir;
}

static inline u8 disk_byte(u32 i)
{
	return (u8)(i * 2654435761u >> 24);
}

/* Its bytes are disk_byte(0), disk_byte(1) ...; its clusters `step` apart. The first one. */
static inline u32 disk_file(struct disk *d, u32 in, const char *long_name, const char *short_name,
			    u32 size, u32 step)
{
	u32 per = d->cluster_sectors * SEC, n = (size + per - 1) / per;
	u32 first = n > 0 ? disk_chain(d, n, step) : 0;

	disk_add(d, in, long_name, short_name, 0x20, first, size);
	for (u32 i = 0; i < size; i++)
		disk_cluster(d, first + i / per * step)[i % per] = disk_byte(i);
	return first;
}

/* ---- as a medium ---- */

static inline enum status disk_read(void *ctx, u64 offset, void *buf, size_t bytes)
{
	struct disk *d = ctx;

	if (offset > d->size || bytes > d->size - offset || bytes == 0)
		abort(); /* the code under test says it checks */
	memcpy(buf, d->data + offset, bytes);
	d->reads++;
	d->longest = MAX(d->longest, bytes);
	return ST_OK;
}

static inline struct medium disk_medium(struct disk *d)
{
	return (struct medium){ .read = disk_read, .ctx = d, .size = d->size };
}

#endif
