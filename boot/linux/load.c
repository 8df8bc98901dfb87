/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where kernel, initrd and command line come from. Whatever the source, they end up in private
 * pages of their own, read once.
 */
#include <string.h>

#include "linux.h"
#include "mm.h"
#include "virtio.h"

#define SECTOR     VIRTIO_BLK_SECTOR
#define UKI_MAX    (PAYLOAD_KERNEL_MAX + PAYLOAD_INITRD_MAX)
#define CPIO_ALIGN 4u /* archives of an initrd, one behind the other */

/* ---- a disk as a medium of bytes ---- */

u8 *payload_pages(u64 bytes)
{
	return (u8 *)(uintptr_t)pages_alloc(align_up(bytes, PAGE_SIZE) / PAGE_SIZE, PAGE_SIZE);
}

static void give_back(u8 *p, size_t bytes)
{
	pages_free((u64)(uintptr_t)p, align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
}

/* Less than a sector of it, from anywhere inside. */
static enum status read_piece(struct virtio_blk *b, u64 offset, u8 *to, size_t n)
{
	u8 sector[SECTOR];
	enum status st = virtio_blk_read(b, offset / SECTOR, sector, 1);

	if (st == ST_OK)
		memcpy(to, sector + offset % SECTOR, n);
	return st;
}

static enum status disk_read(void *ctx, u64 offset, void *buf, size_t bytes)
{
	struct virtio_blk *b = ctx;
	u64 size = b->sectors * SECTOR;
	u8 *to = buf;
	enum status st = ST_OK;

	if (offset > size || bytes > size - offset)
		return ST_RANGE;
	while (bytes > 0 && st == ST_OK) {
		size_t n = MIN(bytes, SECTOR - offset % SECTOR);

		if (n == SECTOR) {
			n = bytes / SECTOR * SECTOR;
			st = virtio_blk_read(b, offset / SECTOR, to, n / SECTOR);
		} else {
			st = read_piece(b, offset, to, n);
		}
		offset += n;
		to += n;
		bytes -= n;
	}
	return st;
}

/* ---- a unified kernel image ---- */

static enum status copy(struct bytes from, struct bytes *to)
{
	u8 *p;

	if (from.size == 0)
		return ST_OK;
	p = payload_pages(from.size);
	if (p == NULL)
		return ST_NO_MEMORY;
	memcpy(p, from.data, from.size);
	*to = (struct bytes){ p, from.size };
	return ST_OK;
}

/* Microcode goes before the file system: a kernel looks for it in the first archive alone. */
static enum status copy_initrd(const struct uki *u, struct bytes *to)
{
	size_t first = align_up(u->ucode.size, CPIO_ALIGN), size = first + u->initrd.size;
	u8 *p;

	if (size > PAYLOAD_INITRD_MAX)
		return ST_TOO_MANY;
	if (u->ucode.size == 0)
		return copy(u->initrd, to);
	p = payload_pages(size);
	if (p == NULL)
		return ST_NO_MEMORY;
	memset(p, 0, size);
	memcpy(p, u->ucode.data, u->ucode.size);
	if (u->initrd.size > 0)
		memcpy(p + first, u->initrd.data, u->initrd.size);
	*to = (struct bytes){ p, size };
	return ST_OK;
}

/* A NUL inside would end it for the kernel and not for who measures it. */
static enum status copy_cmdline(struct bytes text, struct bytes *to, const char **why)
{
	static u8 cmdline[PAYLOAD_CMDLINE_MAX + 1];

	*why = "the command line: longer than a kernel takes";
	if (text.size > PAYLOAD_CMDLINE_MAX)
		return ST_TOO_MANY;
	*why = "the command line: a NUL inside";
	if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)
		return ST_CORRUPT;
	if (text.size > 0)
		memcpy(cmdline, text.data, text.size);
	cmdline[text.size] = '\0';
	*to = (struct bytes){ cmdline, text.size };
	return ST_OK;
}

static enum status unpack(struct bytes file, struct payload *p, const char **why)
{
	struct uki u = { 0 };
	enum status st;

	*why = "the disk's boot file is no unified kernel image";
	st = uki_parse(file, efi_machine, &u);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_CORRUPT : st;
	*why = "the kernel of the disk's boot file";
	if (u.linux_image.size > PAYLOAD_KERNEL_MAX)
		return ST_TOO_MANY;
	st = copy(u.linux_image, &p->kernel);
	if (st != ST_OK)
		return st;
	*why = "the initrd of the disk's boot file";
	st = copy_initrd(&u, &p->initrd);
	return st == ST_OK ? copy_cmdline(u.cmdline, &p->cmdline, why) : st;
}

static enum status load_file(const struct esp_file *f, struct payload *p, const char **why)
{
	enum status st;
	u8 *file;

	*why = "the disk's boot file";
	if (f->size == 0)
		return ST_TRUNCATED;
	if (f->size > UKI_MAX)
		return ST_TOO_MANY;
	file = payload_pages(f->size);
	if (file == NULL)
		return ST_NO_MEMORY;
	st = esp_read(f, file, (size_t)f->size);
	if (st == ST_OK)
		st = unpack((struct bytes){ file, (size_t)f->size }, p, why);
	give_back(file, (size_t)f->size);
	return st;
}

/* ST_NOT_FOUND: no file on this one. */
static enum status from_disk(struct virtio_device *d, struct payload *p, const char **why)
{
	struct virtio_blk b;
	struct esp_file f;
	enum status st = virtio_blk_open(&b, d);

	if (st != ST_OK) {
		*why = d->why;
		return st;
	}
	st =
	    esp_open(&(struct medium){ disk_read, &b, b.sectors * SECTOR }, efi_boot_file, &f, why);
	if (st == ST_OK)
		st = load_file(&f, p, why);
	virtio_blk_close(&b);
	return st;
}

/* Disks without the file are left alone. One that is wrong in form ends the search: nobody is to
 * choose by damage which disk is booted. */
static enum status from_disks(struct payload *p, const char **why)
{
	struct virtio_device *d;

	for (unsigned n = 0; (d = virtio_find(VIRTIO_ID_BLOCK, n)) != NULL; n++) {
		enum status st = from_disk(d, p, why);

		if (st == ST_OK)
			p->source = "disk";
		if (st != ST_NOT_FOUND)
			return st;
	}
	return ST_NOT_FOUND;
}

enum status payload_load(struct payload *p, const char **why)
{
	enum status st;

	*why = "no kernel by fw_cfg and no disk with an EFI system partition";
	st = payload_from_fw_cfg(p, why);
	return st == ST_NOT_FOUND ? from_disks(p, why) : st;
}
