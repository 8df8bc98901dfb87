/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories of a FAT file system, and the way along a path. A name stands there in one or two
 * forms, a short one and before it, in pieces, a long one; either will do.
 */
#include <string.h>

#include "abi/esp.h"
#include "esp.h"
#include "le.h"

#define PART_MAX 255u /* characters of a long name */

/* ---- entries, one after the other ---- */

struct dir {
	const struct esp_file *v;
	struct fat_window w;
	u64 at;      /* of what is read next */
	u32 left;    /* bytes from there to the end of the cluster, or of a fixed root */
	u32 cluster; /* 0: a fixed root */
	u32 entries; /* that may still come */
	u32 filled, used;
	u8 sector[DISK_SECTOR];
};

static enum status dir_cluster(struct dir *d, u32 cluster)
{
	if (!fat_is_cluster(d->v, cluster))
		return ST_CORRUPT;
	d->cluster = cluster;
	d->at = fat_cluster_offset(d->v, cluster);
	d->left = d->v->cluster_bytes;
	return ST_OK;
}

static enum status dir_fill(struct dir *d)
{
	enum status st;
	u32 next;

	if (d->left == 0) {
		if (d->cluster == 0)
			return ST_NOT_FOUND;
		st = fat_next(&d->w, d->cluster, &next);
		if (st == ST_OK)
			st = next >= FAT_END ? ST_NOT_FOUND : dir_cluster(d, next);
		if (st != ST_OK)
			return st;
	}
	d->filled = MIN(d->left, (u32)sizeof(d->sector));
	st = medium_read(d->v->medium, d->at, d->sector, d->filled);
	d->at += d->filled;
	d->left -= d->filled;
	d->used = 0;
	return st;
}

/* ST_NOT_FOUND: the end. A chain that leads into itself has no end: the specification's bound. */
static enum status dir_next(struct dir *d, const u8 **entry)
{
	enum status st;

	if (d->entries == 0)
		return ST_TOO_MANY;
	d->entries--;
	if (d->used == d->filled) {
		st = dir_fill(d);
		if (st != ST_OK)
			return st;
	}
	*entry = d->sector + d->used;
	d->used += DIR_ENTRY_SIZE;
	return **entry == DIR_LAST ? ST_NOT_FOUND : ST_OK;
}

/* ---- names ---- */

struct name {
	const char *text; /* ASCII */
	size_t length;
	/* The pieces of a long name that have come so far: */
	bool same;   /* they are the text's */
	u8 awaited;  /* the order of the next one; 0: all are there */
	u8 checksum; /* of the short name they belong to */
	bool open;   /* a first piece has come, and nothing wrong since */
};

static u16 folded(u16 c)
{
	return c >= 'a' && c <= 'z' ? (u16)(c - 'a' + 'A') : c;
}

/* One piece: 13 characters, at three places of the entry. Behind the name's end a 0, then nothing
 * that counts. */
static bool piece_same(const u8 *e, const struct name *n, size_t from)
{
	static const u8 places[DIR_LONG_CHARACTERS] = { 1,  3,  5,  7,  9,  14, 16,
							18, 20, 22, 24, 28, 30 };

	for (size_t i = 0; i < DIR_LONG_CHARACTERS && from + i <= n->length; i++) {
		u16 wanted = from + i < n->length ? (u8)n->text[from + i] : 0;

		if (folded(le16(e + places[i])) != folded(wanted))
			return false;
	}
	return true;
}

/* Pieces come from the last to the first. */
static void long_piece(const u8 *e, struct name *n)
{
	u8 order = e[0] & (u8)~DIR_LONG_LAST;

	if ((e[0] & DIR_LONG_LAST) != 0) {
		size_t pieces = (n->length + DIR_LONG_CHARACTERS - 1) / DIR_LONG_CHARACTERS;

		n->open = true;
		n->same = order == pieces;
		n->awaited = order;
		n->checksum = e[DIR_LONG_CHECKSUM];
	}
	if (order == 0 || order > DIR_LONG_PARTS_MAX || order != n->awaited ||
	    e[DIR_LONG_CHECKSUM] != n->checksum || e[DIR_LONG_TYPE] != 0) {
		n->open = false;
		return;
	}
	n->awaited--;
	n->same &= piece_same(e, n, (size_t)(order - 1) * DIR_LONG_CHARACTERS);
}

/* A long name is that of the entry behind it only if it carries that one's checksum: programs that
 * know no long names leave old ones lying about. */
static bool long_same(const u8 *e, const struct name *n)
{
	u8 sum = 0;

	for (unsigned i = 0; i < DIR_NAME + DIR_EXTENSION; i++)
		sum = (u8)((u8)(sum << 7 | sum >> 1) + e[i]);
	return n->open && n->same && n->awaited == 0 && n->checksum == sum;
}

/* "NAME    EXT" as NAME.EXT. */
static bool short_same(const u8 *e, const struct name *n)
{
	char text[DIR_NAME + 1 + DIR_EXTENSION];
	size_t used = DIR_NAME, extension = DIR_EXTENSION;

	memcpy(text, e, DIR_NAME);
	while (used > 0 && text[used - 1] == ' ')
		used--;
	while (extension > 0 && e[DIR_NAME + extension - 1] == ' ')
		extension--;
	if (extension > 0) {
		text[used++] = '.';
		memcpy(text + used, e + DIR_NAME, extension);
		used += extension;
	}
	if (used != n->length)
		return false;
	for (size_t i = 0; i < used; i++)
		if (folded((u8)text[i]) != folded((u8)n->text[i]))
			return false;
	return true;
}

/* ---- a path ---- */

/* The entry of that name: file or directory. */
static enum status dir_find(struct dir *d, struct name *n, const u8 **entry)
{
	enum status st;

	for (st = dir_next(d, entry); st == ST_OK; st = dir_next(d, entry)) {
		const u8 *e = *entry;
		bool found;

		if (e[0] != DIR_FREE && (e[DIR_ATTR] & DIR_ATTR_LONG_MASK) == DIR_ATTR_LONG) {
			long_piece(e, n);
			continue;
		}
		found = e[0] != DIR_FREE && (e[DIR_ATTR] & DIR_ATTR_VOLUME) == 0 &&
			(long_same(e, n) || short_same(e, n));
		n->open = false;
		if (found)
			return ST_OK;
	}
	return st;
}

static enum status dir_root(const struct fat_volume *volume, struct dir *d)
{
	if (volume->root_entries == 0)
		return dir_cluster(d, volume->root_cluster);
	d->at = volume->root;
	d->left = volume->root_entries * DIR_ENTRY_SIZE;
	d->cluster = 0;
	return ST_OK;
}

/* A number of clusters that the file system does not have, or that we will not follow. */
static enum status check_size(const struct esp_file *f)
{
	u64 clusters = (f->size + f->cluster_bytes - 1) / f->cluster_bytes;

	if (clusters > f->clusters)
		return ST_CORRUPT;
	return clusters > ESP_CHAIN_MAX ? ST_TOO_MANY : ST_OK;
}

/* One step: the component at *path, in d. At the last one *out has the file. */
static enum status step(struct dir *d, const char **path, struct esp_file *out, const char **why)
{
	const char *end = strchr(*path, '\\');
	struct name n = { .text = *path };
	const u8 *e;
	enum status st;
	bool directory;

	n.length = end != NULL ? (size_t)(end - *path) : strlen(*path);
	if (n.length == 0 || n.length > PART_MAX)
		return ST_INVALID;
	st = dir_find(d, &n, &e);
	if (st == ST_NOT_FOUND)
		*why = "the EFI system partition has no such file";
	if (st != ST_OK)
		return st;
	directory = (e[DIR_ATTR] & DIR_ATTR_DIRECTORY) != 0;
	if (directory != (end != NULL)) {
		*why = directory ? "the file to boot is a directory"
				 : "a directory on the way to the file to boot is a file";
		return ST_NOT_FOUND;
	}
	out->first = le16(e + DIR_CLUSTER_LOW);
	if (out->fat_bits == 32)
		out->first |= (u32)le16(e + DIR_CLUSTER_HIGH) << 16;
	out->size = le32(e + DIR_SIZE);
	*path = directory ? end + 1 : NULL;
	return ST_OK;
}

enum status esp_open(const struct medium *m, const char *path, struct esp_file *out,
		     const char **why)
{
	struct fat_volume volume;
	enum status st;

	*out = (struct esp_file){ 0 };
	st = fat_open(m, &volume, why);
	if (st != ST_OK)
		return st;
	*out = volume.v;
	*why = "a directory of the EFI system partition is damaged";
	if (*path == '\\')
		path++;
	for (bool root = true; path != NULL; root = false) {
		struct dir d = { .v = &volume.v,
				 .w = { .v = &volume.v },
				 .entries = DIR_ENTRIES_MAX };

		st = root ? dir_root(&volume, &d) : dir_cluster(&d, out->first);
		if (st == ST_OK)
			st = step(&d, &path, out, why);
		if (st != ST_OK)
			return st;
	}
	*why = "the size of the file to boot is wrong";
	return check_size(out);
}
