/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the way to a file know of each other. */
#ifndef LINUX_ESP_H
#define LINUX_ESP_H

#include "linux.h"

/* gpt.c: the EFI system partition, in bytes and inside the medium; the whole medium if it has no
 * partition table but a file system. *why as esp_open() says. */
enum status partition_find(const struct medium *m, struct range *out, const char **why);

/* ---- fat.c ---- */

/* Both ends checked against the medium's size. */
enum status medium_read(const struct medium *m, u64 offset, void *buf, size_t bytes);

struct fat_volume {
	struct esp_file v; /* of the file nothing is known yet */
	u64 root;          /* byte offset of the fixed root directory, */
	u32 root_entries;  /* 0: it is a chain of clusters, from */
	u32 root_cluster;
};

/* Could this first sector be that of a FAT file system? */
bool fat_plausible(const u8 *sector);
/* Of the EFI system partition; *why as esp_open() says. */
enum status fat_open(const struct medium *m, struct fat_volume *out, const char **why);

#define FAT_WINDOW 1024u
/* The part of the FAT that was read last; begun with v alone. */
struct fat_window {
	const struct esp_file *v;
	u64 at;
	u32 size;
	u8 byte[FAT_WINDOW];
};

bool fat_is_cluster(const struct esp_file *v, u32 n);
/* What the FAT has for a cluster (checked by fat_is_cluster()): any number, FAT_END and above for
 * the end, whatever the FAT's width. */
enum status fat_next(struct fat_window *w, u32 cluster, u32 *next);
u64 fat_cluster_offset(const struct esp_file *v, u32 cluster);

#endif
