/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A FAT file system: what its boot sector says, and chains of clusters. The host may change the
 * medium between any two reads: no number is believed because it was right before, each is checked
 * where it is used, and the length of every walk is fixed before it begins. What comes out is
 * verified as a whole, elsewhere.
 */
#include <string.h>

#include "abi/esp.h"
#include "esp.h"
#include "le.h"

enum status medium_read(const struct medium *m, u64 offset, void *buf, size_t bytes)
{
	if (offset > m->size || bytes > m->size - offset)
		return ST_RANGE;
	return m->read(m->ctx, offset, buf, bytes);
}

/* ---- the file system ---- */

bool fat_plausible(const u8 *b)
{
	u32 bytes = le16(b + FAT_SECTOR_BYTES), sectors = b[FAT_CLUSTER_SECTORS];

	return (b[FAT_JUMP] == FAT_JUMP_SHORT || b[FAT_JUMP] == FAT_JUMP_NEAR) &&
	       bytes >= DISK_SECTOR && bytes <= 8 * DISK_SECTOR && (bytes & (bytes - 1)) == 0 &&
	       sectors != 0 && (sectors & (sectors - 1)) == 0 &&
	       bytes * sectors <= FAT_CLUSTER_BYTES_MAX && le16(b + FAT_RESERVED) != 0 &&
	       b[FAT_COUNT] != 0 && b[FAT_MEDIA] >= FAT_MEDIA_MIN;
}

bool fat_is_cluster(const struct esp_file *v, u32 n)
{
	return n >= FAT_FIRST_CLUSTER && n - FAT_FIRST_CLUSTER < v->clusters;
}

/* Bytes of the FAT that belong to clusters, and its first two entries, which do not. */
static u64 fat_bytes(const struct esp_file *v)
{
	return (((u64)v->clusters + FAT_FIRST_CLUSTER) * v->fat_bits + 7) / 8;
}

/* What of the boot sector depends on the width; fat_size: sectors. */
static enum status check_width(const u8 *b, u64 fat_size, struct fat_volume *out)
{
	struct esp_file *v = &out->v;
	bool wide = v->clusters >= FAT32_CLUSTERS_MIN;
	u32 active = 0;

	v->fat_bits = wide ? 32 : v->clusters >= FAT16_CLUSTERS_MIN ? 16 : 12;
	/* The fields say the same in their own way; where they do not, other readers read
	 * otherwise. */
	if (wide != (out->root_entries == 0) || wide != (le16(b + FAT_SIZE_16) == 0))
		return ST_CORRUPT;
	if (v->clusters > FAT32_CLUSTERS_MAX ||
	    fat_bytes(v) > fat_size * le16(b + FAT_SECTOR_BYTES))
		return ST_CORRUPT;
	if (!wide)
		return ST_OK;
	if (le16(b + FAT_VERSION) != 0)
		return ST_UNSUPPORTED;
	if ((le16(b + FAT_FLAGS) & FAT_FLAG_ONE) != 0)
		active = le16(b + FAT_FLAGS) & 0xf;
	out->root_cluster = le32(b + FAT_ROOT_CLUSTER);
	if (active >= b[FAT_COUNT] || !fat_is_cluster(v, out->root_cluster))
		return ST_CORRUPT;
	v->fat += active * fat_size * le16(b + FAT_SECTOR_BYTES);
	return ST_OK;
}

static enum status check_boot_sector(const u8 *b, struct range part, struct fat_volume *out)
{
	u64 bytes = le16(b + FAT_SECTOR_BYTES), reserved = le16(b + FAT_RESERVED), total, used;
	u64 fat_size = le16(b + FAT_SIZE_16), root_sectors, clusters;
	struct esp_file *v = &out->v;

	if (le16(b + MBR_SIGNATURE) != MBR_SIGNATURE_VALUE || !fat_plausible(b))
		return ST_CORRUPT;
	if (fat_size == 0)
		fat_size = le32(b + FAT_SIZE_32);
	total = le16(b + FAT_SECTORS_16);
	if (total == 0)
		total = le32(b + FAT_SECTORS_32);
	if (total > part.size / bytes)
		return ST_RANGE;
	out->root_entries = le16(b + FAT_ROOT_ENTRIES);
	root_sectors = ((u64)out->root_entries * DIR_ENTRY_SIZE + bytes - 1) / bytes;
	used = reserved + b[FAT_COUNT] * fat_size;
	if (used + root_sectors >= total)
		return ST_CORRUPT;
	clusters = (total - used - root_sectors) / b[FAT_CLUSTER_SECTORS];
	if (clusters == 0)
		return ST_CORRUPT;
	v->clusters = (u32)clusters; /* fewer than sectors, of which there are 2^32 at most */
	v->cluster_bytes = (u32)bytes * b[FAT_CLUSTER_SECTORS];
	v->fat = part.base + reserved * bytes;
	out->root = part.base + used * bytes;
	v->data = out->root + root_sectors * bytes;
	return check_width(b, fat_size, out);
}

enum status fat_open(const struct medium *m, struct fat_volume *out, const char **why)
{
	u8 sector[DISK_SECTOR];
	struct range part;
	enum status st = partition_find(m, &part, why);

	if (st != ST_OK)
		return st;
	*why = "the EFI system partition has no FAT file system that is whole";
	*out = (struct fat_volume){ .v = { .medium = m } };
	st = medium_read(m, part.base, sector, sizeof(sector));
	return st == ST_OK ? check_boot_sector(sector, part, out) : st;
}

/* ---- chains of clusters ---- */

static enum status fat_byte(struct fat_window *w, u64 offset, u8 *out)
{
	enum status st;

	if (offset - w->at >= w->size) { /* size 0: nothing was read yet */
		w->at = align_down(offset, FAT_WINDOW);
		w->size = (u32)MIN(fat_bytes(w->v) - w->at, FAT_WINDOW);
		st = medium_read(w->v->medium, w->v->fat + w->at, w->byte, w->size);
		if (st != ST_OK) {
			w->size = 0;
			return st;
		}
	}
	*out = w->byte[offset - w->at];
	return ST_OK;
}

enum status fat_next(struct fat_window *w, u32 cluster, u32 *next)
{
	unsigned bits = w->v->fat_bits, bytes = bits == 32 ? 4 : 2;
	u64 offset = (u64)cluster * bits / 8;
	u32 value = 0, mask = bits == 32 ? FAT32_MASK : (1u << bits) - 1;
	enum status st;

	for (unsigned i = 0; i < bytes; i++) {
		u8 b;

		st = fat_byte(w, offset + i, &b);
		if (st != ST_OK)
			return st;
		value |= (u32)b << (8 * i);
	}
	if (bits == 12 && cluster % 2 != 0)
		value >>= 4; /* three bytes hold two entries */
	value &= mask;
	if (value >= (FAT_END & mask))
		value |= FAT_END;
	*next = value;
	return ST_OK;
}

u64 fat_cluster_offset(const struct esp_file *v, u32 cluster)
{
	return v->data + (u64)(cluster - FAT_FIRST_CLUSTER) * v->cluster_bytes;
}

/*
 * From *cluster on as far as clusters lie one behind the other, `left` bytes at most: *bytes, all
 * on the medium in one piece. *cluster becomes what follows the last of them.
 */
static enum status next_run(struct fat_window *w, u32 *cluster, u64 left, u64 *bytes)
{
	u32 last, step = w->v->cluster_bytes;
	enum status st;

	*bytes = 0;
	do {
		last = *cluster;
		if (!fat_is_cluster(w->v, last))
			return ST_CORRUPT; /* shorter than the file */
		*bytes += MIN(left - *bytes, (u64)step);
		st = fat_next(w, last, cluster);
		if (st != ST_OK)
			return st;
	} while (*bytes < left && *cluster == last + 1);
	return ST_OK;
}

enum status esp_read(const struct esp_file *f, void *buf, size_t size)
{
	struct fat_window w = { .v = f };
	u32 cluster = f->first;
	u8 *to = buf;
	u64 bytes;

	if (size != f->size)
		return ST_INVALID;
	for (u64 left = size; left > 0; left -= bytes, to += bytes) {
		u32 start = cluster;
		enum status st = next_run(&w, &cluster, left, &bytes);

		if (st == ST_OK)
			st =
			    medium_read(f->medium, fat_cluster_offset(f, start), to, (size_t)bytes);
		if (st != ST_OK)
			return st;
	}
	/* An empty file has no cluster; every other one's last is marked as the last. */
	if (size == 0)
		return cluster == 0 ? ST_OK : ST_CORRUPT;
	return cluster >= FAT_END ? ST_OK : ST_CORRUPT;
}
