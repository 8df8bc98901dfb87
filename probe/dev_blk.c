/* SPDX-License-Identifier: BSD-2-Clause */
/* Block devices (VIRTIO 1.2, 5.2): what is read is what the medium has, what is
 * written stays there. What was moved is printed for the tool, which has the
 * medium's file. */
#include <bearssl.h>
#include <string.h>

#include "abi/disk.h"
#include "dev.h"
#include "mm.h"
#include "print.h"

#define CHUNK       KIB(64)
#define CHUNK_PAGES (CHUNK / PAGE_SIZE)
#define WRITTEN     KIB(64)

struct disk {
	struct virtio_blk b;
	u8 header[DISK_HEADER];
	u8 *chunk; /* private */
};

static u64 field(const struct disk *k, unsigned at)
{
	u64 v;

	memcpy(&v, k->header + at, sizeof(v));
	return v;
}

static bool areas_fit(const struct disk *k)
{
	u64 size = k->b.sectors * VIRTIO_BLK_SECTOR;

	for (unsigned at = DISK_READ_OFFSET; at <= DISK_WRITE_OFFSET;
	     at += DISK_WRITE_OFFSET - DISK_READ_OFFSET) {
		u64 offset = field(k, at), length = field(k, at + 8);

		if (offset % VIRTIO_BLK_SECTOR != 0 || length % VIRTIO_BLK_SECTOR != 0 ||
		    offset == 0 || offset > size || length == 0 || length > size - offset)
			return false;
	}
	return true;
}

static bool zero_to_its_end(const struct disk *k)
{
	size_t n = DISK_SEED + 8;

	while (n < DISK_HEADER && k->header[n] == 0)
		n++;
	return n == DISK_HEADER;
}

/* Somebody's own disk is nothing to judge, nor to write to. */
static bool has_header(struct disk *k)
{
	static const char magic[DISK_MAGIC_SIZE] = DISK_MAGIC;
	bool ours =
	    memcmp(k->header, magic, sizeof(magic)) == 0 && zero_to_its_end(k) && areas_fit(k);

	if (!ours && coop_available())
		check_fail("sector 0", "the header of a test disk", "something else");
	else if (!ours)
		check_skip("the disk is no test disk");
	return ours;
}

static void disk_close(struct disk *k)
{
	virtio_blk_close(&k->b);
	pages_free((u64)(uintptr_t)k->chunk, CHUNK_PAGES);
}

/* false: skip or failure has been said. */
static bool disk_open(struct disk *k, struct virtio_device *d)
{
	memset(k, 0, sizeof(*k));
	if (d == NULL || !dev_ok("opening", d, virtio_blk_open(&k->b, d)))
		return false;
	k->chunk = (u8 *)(uintptr_t)pages_alloc(CHUNK_PAGES, PAGE_SIZE);
	if (k->chunk == NULL) {
		check_skip("no memory");
		virtio_blk_close(&k->b);
		return false;
	}
	if (dev_ok("reading sector 0", d, virtio_blk_read(&k->b, 0, k->header, 1)) && has_header(k))
		return true;
	disk_close(k);
	return false;
}

/* ---- reading ---- */

/* The next n bytes of the area, hashed, and each word the one of its place. */
static bool read_chunk(struct disk *k, br_sha256_context *h, u64 done, size_t n)
{
	u64 at = field(k, DISK_READ_OFFSET) + done, seed = field(k, DISK_SEED);
	const u64 *word = (const u64 *)(const void *)k->chunk;

	if (!dev_ok(
		"reading", k->b.d,
		virtio_blk_read(&k->b, at / VIRTIO_BLK_SECTOR, k->chunk, n / VIRTIO_BLK_SECTOR)))
		return false;
	br_sha256_update(h, k->chunk, n);
	for (size_t i = 0; i < n / sizeof(*word); i++) {
		if (word[i] == disk_word(seed, done / sizeof(*word) + i))
			continue;
		check_note("at byte %llu of the read area",
			   (unsigned long long)done + i * sizeof(*word));
		return expect_eq("a word of the read area", word[i],
				 disk_word(seed, done / sizeof(*word) + i));
	}
	return true;
}

/* With what it cost, for `make bench`. */
static void print_read(const struct disk *k, const u8 hash[32], u64 ticks)
{
	char text[65];

	hex_text(text, hash);
	print("# disk-read: bytes=%llu sha256=%s kicks=%llu interrupts=%llu ticks=%llu hz=%llu\n",
	      (unsigned long long)field(k, DISK_READ_LENGTH), text,
	      (unsigned long long)k->b.d->kicks, (unsigned long long)k->b.d->interrupts,
	      (unsigned long long)ticks, (unsigned long long)arch_counter_hz());
}

static void read_area(struct disk *k)
{
	u64 total = field(k, DISK_READ_LENGTH), start = arch_counter();
	br_sha256_context h;
	u8 hash[32];

	k->b.d->kicks = k->b.d->interrupts = 0;
	br_sha256_init(&h);
	for (u64 done = 0; done < total; done += MIN(total - done, CHUNK))
		if (!read_chunk(k, &h, done, (size_t)MIN(total - done, CHUNK)))
			return;
	br_sha256_out(&h, hash);
	print_read(k, hash, arch_counter() - start);
	expect_true("SHA-256 of the read area",
		    memcmp(hash, k->header + DISK_READ_SHA256, sizeof(hash)) == 0,
		    "that of the header");
	if (dev_ok("reading sector 0", k->b.d, virtio_blk_read(&k->b, 0, k->chunk, 1)))
		expect_true("sector 0 after reading", memcmp(k->chunk, k->header, DISK_HEADER) == 0,
			    "as it was");
}

void dev_blk_read(void)
{
	struct disk k;

	if (dev_get(VIRTIO_ID_BLOCK) == NULL)
		return;
	for (unsigned n = 0; virtio_find(VIRTIO_ID_BLOCK, n) != NULL && !check_failed(); n++) {
		if (!disk_open(&k, dev_nth(VIRTIO_ID_BLOCK, n)))
			continue;
		check_note("block device %u, by %s", n, k.b.d->transport->name);
		read_area(&k);
		disk_close(&k);
	}
}

/* ---- writing ---- */

/* The first that can be written. */
static bool open_writable(struct disk *k)
{
	if (dev_get(VIRTIO_ID_BLOCK) == NULL)
		return false;
	for (unsigned n = 0; virtio_find(VIRTIO_ID_BLOCK, n) != NULL; n++) {
		struct virtio_device *d = dev_nth(VIRTIO_ID_BLOCK, n);

		if (d == NULL)
			continue;
		if (!disk_open(k, d))
			return false;
		if (!k->b.read_only)
			return true;
		disk_close(k);
	}
	check_skip("no disk to write to");
	return false;
}

static void fill(struct disk *k, u64 seed)
{
	u64 *word = (u64 *)(void *)k->chunk;

	for (size_t i = 0; i < WRITTEN / sizeof(*word); i++)
		word[i] = disk_word(seed, i);
}

static void write_area(struct disk *k)
{
	u64 offset = field(k, DISK_WRITE_OFFSET), sector = offset / VIRTIO_BLK_SECTOR;
	u64 seed = arch_counter(), *word = (u64 *)(void *)k->chunk;
	size_t bytes = (size_t)MIN(field(k, DISK_WRITE_LENGTH), WRITTEN);
	size_t sectors = bytes / VIRTIO_BLK_SECTOR;
	br_sha256_context h;
	char text[65];
	u8 hash[32];

	fill(k, seed);
	br_sha256_init(&h);
	br_sha256_update(&h, k->chunk, bytes);
	br_sha256_out(&h, hash);
	hex_text(text, hash);
	if (!dev_ok("writing", k->b.d, virtio_blk_write(&k->b, sector, k->chunk, sectors)) ||
	    !dev_ok("flushing", k->b.d, virtio_blk_flush(&k->b)))
		return;
	memset(k->chunk, 0, WRITTEN);
	if (!dev_ok("reading back", k->b.d, virtio_blk_read(&k->b, sector, k->chunk, sectors)))
		return;
	for (size_t i = 0; i < bytes / sizeof(*word); i++)
		if (!expect_eq("a word that was written", word[i], disk_word(seed, i)))
			return;
	print("# disk-written: offset=%llu bytes=%zu sha256=%s\n", (unsigned long long)offset,
	      bytes, text);
}

void dev_blk_write(void)
{
	struct disk k;

	if (!open_writable(&k))
		return;
	write_area(&k);
	disk_close(&k);
}

/* ---- its end ---- */

void dev_blk_capacity(void)
{
	struct disk k;

	if (!disk_open(&k, dev_get(VIRTIO_ID_BLOCK)))
		return;
	check_note("%llu sectors", (unsigned long long)k.b.sectors);
	dev_ok("reading the last sector", k.b.d,
	       virtio_blk_read(&k.b, k.b.sectors - 1, k.chunk, 1));
	disk_close(&k);
}

/* The driver refuses by itself; told that the disk is larger, it leaves that to
 * the device. */
void dev_blk_beyond(void)
{
	struct disk k;
	u64 end;

	if (!disk_open(&k, dev_get(VIRTIO_ID_BLOCK)))
		return;
	end = k.b.sectors;
	expect_eq("reading beyond the end", virtio_blk_read(&k.b, end, k.chunk, 1), ST_RANGE);
	expect_eq("reading across the end", virtio_blk_read(&k.b, end - 1, k.chunk, 2), ST_RANGE);
	k.b.sectors = end + CHUNK;
	expect_eq("the device's answer to a read beyond the end",
		  virtio_blk_read(&k.b, end + CHUNK / 2, k.chunk, 1), ST_FAULT);
	disk_close(&k);
}
