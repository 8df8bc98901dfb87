/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot disk: FAT32 (Microsoft's specification 1.03) from its first sector on, with one file in
 * two directories. Sparse; every byte is determined by the file's contents.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "le.h"
#include "payload.h"

#define SECTOR         512u
#define CLUSTER        4096u
#define RESERVED       32u    /* sectors before the first FAT */
#define CLUSTERS_MIN   66000u /* fewer than 65525 would be FAT16 */
#define CLUSTER_FIRST  2u
#define INFO_SECTOR    1u
#define BACKUP_SECTOR  6u

#define ROOT_CLUSTER   2u
#define EFI_CLUSTER    3u
#define BOOT_CLUSTER   4u
#define FILE_CLUSTER   5u

#define END_OF_CHAIN   0x0fffffffu
#define MEDIA          0xf8
#define ATTR_DIRECTORY 0x10
#define ATTR_ARCHIVE   0x20
#define DATE           (1u << 5 | 1) /* 1980-01-01, the first there is */
#define ENTRY          32u

struct geometry {
	uint64_t clusters, fat_sectors, data; /* data: byte offset of the first cluster */
};

static struct geometry plan(uint64_t file_clusters)
{
	struct geometry g = { .clusters = FILE_CLUSTER - CLUSTER_FIRST + file_clusters };

	g.clusters = MAX(g.clusters, (uint64_t)CLUSTERS_MIN);
	g.fat_sectors = align_up((g.clusters + CLUSTER_FIRST) * 4, SECTOR) / SECTOR;
	g.data = (RESERVED + 2 * g.fat_sectors) * SECTOR;
	return g;
}

static bool put(int fd, const void *data, size_t n, uint64_t offset)
{
	const uint8_t *p = data;

	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
		offset += (uint64_t)done;
	}
	return true;
}

static bool put_boot(int fd, const struct geometry *g)
{
	static const char label[19] = "NO NAME    FAT32   "; /* of the volume, and its kind */
	uint8_t s[SECTOR] = { 0xeb, 0x58, 0x90, 'P', 'O', 'S', 'T', 'E', 'R', 'N', ' ' };
	uint64_t sectors = g->data / SECTOR + g->clusters * (CLUSTER / SECTOR);

	le_put(s + 11, SECTOR, 2);
	s[13] = CLUSTER / SECTOR;
	le_put(s + 14, RESERVED, 2);
	s[16] = 2; /* FATs */
	s[21] = MEDIA;
	le_put(s + 24, 63, 2); /* sectors of a track and heads, which nobody uses */
	le_put(s + 26, 255, 2);
	le_put(s + 32, sectors, 4);
	le_put(s + 36, g->fat_sectors, 4);
	le_put(s + 44, ROOT_CLUSTER, 4);
	le_put(s + 48, INFO_SECTOR, 2);
	le_put(s + 50, BACKUP_SECTOR, 2);
	s[64] = 0x80; /* a fixed disk */
	s[66] = 0x29; /* serial number, label and type follow */
	le_put(s + 67, 0x504f5354, 4);
	memcpy(s + 71, label, sizeof(label));
	le_put(s + 510, 0xaa55, 2);
	return put(fd, s, sizeof(s), 0) && put(fd, s, sizeof(s), BACKUP_SECTOR * SECTOR);
}

static bool put_info(int fd, const struct geometry *g, uint64_t used)
{
	uint8_t s[SECTOR] = { 0 };

	le_put(s, 0x41615252, 4);
	le_put(s + 484, 0x61417272, 4);
	le_put(s + 488, g->clusters - used, 4);
	le_put(s + 492, CLUSTER_FIRST + used, 4); /* where to look for free ones */
	le_put(s + 508, 0xaa550000, 4);
	return put(fd, s, sizeof(s), INFO_SECTOR * SECTOR) &&
	       put(fd, s, sizeof(s), (BACKUP_SECTOR + INFO_SECTOR) * SECTOR);
}

/* The file's clusters are one behind the other. */
static bool put_fats(int fd, const struct geometry *g, uint64_t file_clusters)
{
	uint64_t n = FILE_CLUSTER + file_clusters;
	uint8_t *fat = calloc(n, 4);
	bool ok = true;

	if (fat == NULL)
		return false;
	le_put(fat, 0x0fffff00 | MEDIA, 4);
	le_put(fat + 4, END_OF_CHAIN, 4);
	for (uint64_t c = CLUSTER_FIRST; c < n; c++)
		le_put(fat + 4 * c, c < FILE_CLUSTER || c == n - 1 ? END_OF_CHAIN : c + 1, 4);
	for (unsigned i = 0; i < 2; i++)
		ok = ok && put(fd, fat, 4 * n, (RESERVED + i * g->fat_sectors) * SECTOR);
	free(fat);
	return ok;
}

static void entry(uint8_t *to, const char name[11], uint8_t attributes, uint32_t cluster,
		  uint32_t size)
{
	memcpy(to, name, 11);
	to[11] = attributes;
	le_put(to + 16, DATE, 2);
	le_put(to + 18, DATE, 2);
	le_put(to + 20, cluster >> 16, 2);
	le_put(to + 24, DATE, 2);
	le_put(to + 26, cluster & 0xffff, 2);
	le_put(to + 28, size, 4);
}

/* "BOOTX64.EFI" as a directory has it: "BOOTX64 EFI". */
static void short_name(const char *name, char out[11])
{
	const char *dot = strchr(name, '.');

	memset(out, ' ', 11);
	memcpy(out, name, (size_t)(dot - name));
	memcpy(out + 8, dot + 1, strlen(dot + 1));
}

static uint64_t cluster_at(const struct geometry *g, uint64_t cluster)
{
	return g->data + (cluster - CLUSTER_FIRST) * CLUSTER;
}

static bool put_directories(int fd, const struct geometry *g, const char *name, uint64_t size)
{
	uint8_t root[CLUSTER] = { 0 }, efi[CLUSTER] = { 0 }, boot[CLUSTER] = { 0 };
	char file[11];

	short_name(name, file);
	entry(root, "EFI        ", ATTR_DIRECTORY, EFI_CLUSTER, 0);
	entry(efi, ".          ", ATTR_DIRECTORY, EFI_CLUSTER, 0);
	entry(efi + ENTRY, "..         ", ATTR_DIRECTORY, 0, 0); /* the root is 0 there */
	entry(efi + 2 * ENTRY, "BOOT       ", ATTR_DIRECTORY, BOOT_CLUSTER, 0);
	entry(boot, ".          ", ATTR_DIRECTORY, BOOT_CLUSTER, 0);
	entry(boot + ENTRY, "..         ", ATTR_DIRECTORY, EFI_CLUSTER, 0);
	entry(boot + 2 * ENTRY, file, ATTR_ARCHIVE, size > 0 ? FILE_CLUSTER : 0, (uint32_t)size);
	return put(fd, root, CLUSTER, cluster_at(g, ROOT_CLUSTER)) &&
	       put(fd, efi, CLUSTER, cluster_at(g, EFI_CLUSTER)) &&
	       put(fd, boot, CLUSTER, cluster_at(g, BOOT_CLUSTER));
}

bool boot_disk_make(const char *path, const char *name, struct bytes file)
{
	uint64_t n = align_up(file.size, CLUSTER) / CLUSTER;
	struct geometry g = plan(n);
	int fd = -1;
	bool ok = file.size <= UINT32_MAX;

	if (!ok)
		errno = EFBIG;
	else
		fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	ok = ok && fd >= 0 && ftruncate(fd, (off_t)(g.data + g.clusters * CLUSTER)) == 0 &&
	     put_boot(fd, &g) && put_info(fd, &g, FILE_CLUSTER - CLUSTER_FIRST + n) &&
	     put_fats(fd, &g, n) && put_directories(fd, &g, name, file.size) &&
	     put(fd, file.data, file.size, cluster_at(&g, FILE_CLUSTER));
	if (!ok)
		fprintf(stderr, "postern: cannot make the boot disk %s: %s\n", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}
