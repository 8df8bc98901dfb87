/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Hostile disks: one with a file on it, of a layout and FAT width of the input's choice, in which the
 * input changes numbers, before it is looked at or while it is; or the input itself as the first sectors.
 * No read leaves the disk, none of a file's leaves its file system, every walk ends.
 * sources: boot/linux/gpt.c boot/linux/fat.c boot/linux/fat_dir.c
 */
/* clang-format on */
#include "esp_disk.h"
#include "input.h"

#define KINDS     9u
#define CHANGES   16u
#define BYTES_MAX (40u << 20) /* more than any of the disks has */
/* Directory sectors, FAT windows, sectors of the GPT, runs of the file: all that there can be. */
#define READS_MAX 400000u

static struct disk disks[KINDS];
static struct change {
	u64 at, before;
	unsigned bytes;
	u64 value;
	unsigned when; /* reads until it is made */
	bool done;
} changes[CHANGES];
static struct change *made[CHANGES]; /* in the order they were made in */
static unsigned change_count, made_count, reads;
static struct disk *d;
static const struct esp_file *within; /* the file that is read */

static void make_all(void)
{
	static const unsigned bits[] = { 12, 16, 32 };

	for (unsigned i = 0; i < KINDS; i++) {
		u32 dir;

		d = &disks[i];
		disk_make(d, (enum disk_layout)(i / 3), bits[i % 3], 1 + i % 2);
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
	if (!inside(offset, bytes, 0, d->size) || bytes == 0 || ++reads > READS_MAX)
		__builtin_trap();
	if (f != NULL &&
	    !inside(offset, bytes, f->fat, ((u64)f->clusters + 2) * f->fat_bits / 8 + 1) &&
	    !inside(offset, bytes, f->data, (u64)f->clusters * f->cluster_bytes))
		__builtin_trap();
	make_changes();
	memcpy(buf, d->data + offset, bytes);
	return ST_OK;
}

/* Where numbers are: sectors of tables, boot sector, FAT, directories. */
static u64 place(void)
{
	u64 bases[] = { 0,       SEC,    d->size - SEC, 2 * SEC,        d->size - 33 * SEC,
			d->part, d->fat, d->root,       d->clusters_at, 0 };
	u8 which = byte();
	u64 base = bases[which % ARRAY_SIZE(bases)], within_base = any(2) % 4096;

	return MIN(base + within_base, d->size - 8);
}

static void choose_changes(void)
{
	bool seal = byte() % 2 != 0; /* the GPT's checksums are right nevertheless */

	reads = 0;
	while (change_count < CHANGES && input.left > 0) {
		unsigned i = change_count++;
		u8 how = byte();

		changes[i] = (struct change){ .at = place(), .bytes = 1u << how % 4 };
		changes[i].when = how & 0x80 ? how >> 2 & 0x1f : 0;
		changes[i].value = any(changes[i].bytes);
	}
	make_changes();
	if (seal && d->layout == DISK_GPT)
		disk_gpt_seal(d);
}

static void look(void)
{
	struct medium m = { .read = hostile_read, .ctx = d, .size = d->size };
	const char *why = NULL;
	struct esp_file f;
	enum status st;
	u8 *buf;

	reads = 0;
	within = NULL;
	st = esp_open(&m, "\\EFI\\A long name\\bootx64-signed.efi", &f, &why);
	if (st != ST_OK) {
		if (why == NULL)
			__builtin_trap();
		return;
	}
	if (f.size > (u64)f.clusters * f.cluster_bytes || f.size > BYTES_MAX)
		__builtin_trap();
	buf = malloc(f.size + 1);
	within = &f;
	reads = 0;
	esp_read(&f, buf, f.size);
	free(buf);
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
