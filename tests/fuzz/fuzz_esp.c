/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Hostile disks: one with a file on it, of a layout and FAT width of the input's choice, in which the
 * input changes numbers, before it is looked at or while it is; or the input itself as the first sectors.
 * No read leaves the disk, none of a file's leaves its file system, every walk ends.
 * sources: boot/linux/gpt.c boot/linux/fat.c boot/linux/fat_dir.c
 */
/* clang-format on */
#include "boot/linux/esp.h"
#include "esp_disk.h"
#include "input.h"

#define KINDS       9u
#define GPT_ENTRIES 8u /* checksums are made in every run */
#define CHANGES     16u
#define BYTES_MAX   (40u << 20) /* more than any of the disks has */
/* The first sector, and twice a header and a table of at most 128 KiB. */
#define TABLE_READS_MAX (1u + 2 * (1 + 256))
/* Of three directories 65536 entries each: a sector of them and the FAT, over the edge of what is
 * read of it at a time. */
#define OPEN_READS_MAX (TABLE_READS_MAX + 1 + 3 * 4096 * 3)
/* Of every cluster it and the FAT, the same. */
#define FILE_READS_MAX (3u * 65602)

static struct disk disks[KINDS];
static struct change {
	u64 at, before;
	unsigned bytes;
	u64 value;
	unsigned when; /* reads until it is made */
	bool done;
} changes[CHANGES];
static struct change *made[CHANGES]; /* in the order they were made in */
static unsigned change_count, made_count, reads, reads_max;
static struct disk *d;
static const struct esp_file *within; /* the file that is read */

static void make_all(void)
{
	static const unsigned bits[] = { 12, 16, 32 };

	for (unsigned i = 0; i < KINDS; i++) {
		u32 dir;

		d = &disks[i];
		disk_make(d, (enum disk_layout)(i / 3), bits[i % 3], 1 + i % 2);
		for (unsigned copy = 0; d->layout == DISK_GPT && copy < 2; copy++)
			put(disk_gpt_header(d, copy) + 80, GPT_ENTRIES, 4);
		if (d->layout == DISK_GPT)
			disk_gpt_seal(d);
		dir = disk_mkdir(d, 0, NULL, "EFI        ", 2);
		dir = disk_mkdir(d, dir, "a long name", "ALONGN~1   ", 1);
		disk_file(d, dir, "bootx64-signed.efi", "BOOTX6~1EFI", 5000, 1 + i % 3);
	}
}

/* Two readers of one number may see two values: the host's memory is behind it. */
static void make_changes(void)
{
	for (unsigned i = 0; i < change_count; i++) {
		struct change *c = &changes[i];

		if (c->done || c->when > reads)
			continue;
		c->before = got(d->data + c->at, c->bytes);
		put(d->data + c->at, c->value, c->bytes);
		c->done = true;
		made[made_count++] = c;
	}
}

static void undo_changes(void)
{
	while (made_count-- > 0)
		put(d->data + made[made_count]->at, made[made_count]->before,
		    made[made_count]->bytes);
	made_count = change_count = 0;
	if (d->layout == DISK_GPT)
		disk_gpt_seal(d);
}

static bool inside(u64 offset, u64 bytes, u64 from, u64 size)
{
	return offset >= from && bytes <= size && offset - from <= size - bytes;
}

static enum status hostile_read(void *ctx, u64 offset, void *buf, size_t bytes)
{
	const struct esp_file *f = within;

	(void)ctx;
	if (!inside(offset, bytes, 0, d->size) || bytes == 0 || ++reads > reads_max)
		__builtin_trap();
	if (f != NULL &&
	    !inside(offset, bytes, f->fat, ((u64)f->clusters + 2) * f->fat_bits / 8 + 1) &&
	    !inside(offset, bytes, f->data, (u64)f->clusters * f->cluster_bytes))
		__builtin_trap();
	make_changes();
	memcpy(buf, d->data + offset, bytes);
	return ST_OK;
}

/* Where numbers are: a header's field, an entry of the FAT, of a directory, of a table. */
static u64 place(void)
{
	static const u8 boot[] = { 11, 13, 14, 16, 17, 19, 22, 32, 36, 40, 44 };
	static const u8 gpt[] = { 8, 12, 16, 24, 32, 40, 48, 72, 80, 84, 88 };
	static const u8 entry[] = { 0, 11, 12, 13, 20, 26, 28 };
	u8 where = byte(), n = byte();

	switch (where % 8) {
	case 0:
		return d->part + boot[n % sizeof(boot)];
	case 1:
		return SEC + gpt[n % sizeof(gpt)];
	case 2:
		return d->size - SEC + gpt[n % sizeof(gpt)];
	case 3: /* FAT */
		return d->fat + n * d->bits / 8;
	case 4: /* MBR */
		return 446 + n % 64;
	case 5: /* GPT entry */
		return 2 * SEC + 128 + (n % 2 != 0 ? 32 : 40);
	case 6: /* a directory: the root, or one of those in the first clusters */
		return (n & 0x80 ? d->root : d->clusters_at) + (n & 0x0f) * 32u +
		       (n & 0x70) / 0x10 * SEC + entry[byte() % sizeof(entry)];
	default:
		return any(4) % (d->size - 8);
	}
}

/* One that is at the edge of something, or any. */
static u64 value(unsigned bytes)
{
	u8 which = byte();
	s64 near = (s64)(which >> 4) - 4;

	switch (which % 8) {
	case 0:
		return (u64)near;
	case 1:
		return (u64)(d->clusters + near);
	case 2:
		return (u64)((s64)(d->size / SEC) + near);
	case 3:
		return (u64)((s64)(d->part_size / SEC) + near);
	case 4:
		return 1ull << byte() % 64;
	default:
		return any(bytes);
	}
}

static void begin(unsigned most)
{
	reads = 0;
	reads_max = most;
	within = NULL;
}

static void choose_changes(void)
{
	bool seal = byte() % 2 != 0; /* the GPT's checksums are right nevertheless */

	begin(0);
	while (change_count < CHANGES && input.left > 0) {
		unsigned i = change_count++;
		u8 how = byte();

		changes[i] = (struct change){ .at = place(), .bytes = 1u << how % 4 };
		changes[i].when = how & 0x80 ? how >> 2 & 0x1f : 0;
		changes[i].value = value(changes[i].bytes);
	}
	make_changes();
	if (seal && d->layout == DISK_GPT)
		disk_gpt_seal(d);
}

static void look_at_table(const struct medium *m)
{
	const char *why = NULL;
	struct range part;

	begin(TABLE_READS_MAX);
	if (partition_find(m, &part, &why) != ST_OK) {
		if (why == NULL)
			__builtin_trap();
	} else if (part.size == 0 || !inside(part.base, part.size, 0, m->size)) {
		__builtin_trap();
	}
}

static void look(void)
{
	struct medium m = { .read = hostile_read, .ctx = d, .size = d->size };
	const char *why = NULL;
	struct esp_file f;
	enum status st;
	u8 *buf;

	begin(OPEN_READS_MAX);
	st = esp_open(&m, "\\EFI\\A long name\\bootx64-signed.efi", &f, &why);
	if (st != ST_OK) {
		if (why == NULL)
			__builtin_trap();
		look_at_table(&m);
		return;
	}
	if (f.size > (u64)f.clusters * f.cluster_bytes || f.size > BYTES_MAX)
		__builtin_trap();
	buf = malloc(f.size + 1);
	begin(FILE_READS_MAX);
	within = &f;
	esp_read(&f, buf, f.size);
	free(buf);
	look_at_table(&m);
}

/* The input as the first sectors of a disk that has nothing else. */
static void look_at_raw(void)
{
	static struct disk raw;

	if (raw.data == NULL) {
		raw.size = MIB(1);
		raw.data = calloc(1, raw.size);
	}
	d = &raw;
	memcpy(raw.data, input.at, MIN(input.left, raw.size));
	look();
	memset(raw.data, 0, MIN(input.left, raw.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned kind;

	if (disks[0].data == NULL)
		make_all();
	input_start(data, size);
	kind = byte() % (KINDS + 1);
	if (kind == KINDS) {
		look_at_raw();
		return 0;
	}
	d = &disks[kind];
	choose_changes();
	look();
	undo_changes();
	return 0;
}
