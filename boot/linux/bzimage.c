/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The setup header of an x86 kernel. What is placed, how much memory is kept free for it and where
 * it is entered follows from these numbers; so each is held against the file's size and against
 * the others before anything is done with it.
 */
#include "abi/linux_image.h"
#include "le.h"
#include "linux.h"

/* Is there a header, and all of it? */
static enum status check_header(struct bytes file)
{
	const u8 *d = file.data;
	size_t end;

	if (file.size < BZ_HEADER_MIN)
		return ST_TRUNCATED;
	if (le16(d + BZ_BOOT_FLAG) != BZ_BOOT_FLAG_VALUE || le32(d + BZ_HEADER) != BZ_HEADER_VALUE)
		return ST_CORRUPT;
	if (le16(d + BZ_VERSION) < BZ_VERSION_64)
		return ST_UNSUPPORTED;
	end = BZ_HEADER + (size_t)d[BZ_JUMP_LENGTH];
	/* Longer: it would be copied over the fields of boot_params that follow. */
	if (end < BZ_HEADER_MIN || end > BZ_HEADER_MAX)
		return ST_CORRUPT;
	return ST_OK;
}

/* Can it be placed where we like, and entered in 64-bit mode? */
static bool placeable(const u8 *d)
{
	const u16 wanted = BZ_XLF_KERNEL_64 | BZ_XLF_ABOVE_4G;

	return (d[BZ_LOADFLAGS] & BZ_LOADED_HIGH) != 0 && d[BZ_RELOCATABLE] != 0 &&
	       (le16(d + BZ_XLOADFLAGS) & wanted) == wanted;
}

/* The two parts. What follows the protected part (a signature) is measured, but not loaded. */
static enum status split(struct bytes file, struct bzimage *out)
{
	size_t sectors = file.data[BZ_SETUP_SECTS], setup;
	u64 body = (u64)le32(file.data + BZ_SYSSIZE) * BZ_PARAGRAPH;

	if (sectors == 0)
		sectors = BZ_SETUP_SECTS_DEFAULT;
	setup = (sectors + 1) * BZ_SECTOR; /* two sectors at least: the header is in it */
	if (file.size < setup || file.size - setup < body)
		return ST_TRUNCATED;
	if (body <= BZ_ENTRY_64)
		return ST_CORRUPT; /* the entry would be outside of it */
	out->setup = (struct bytes){ file.data, setup };
	out->body = (struct bytes){ file.data + setup, (size_t)body };
	return ST_OK;
}

static enum status check_numbers(const u8 *d, const struct bzimage *b)
{
	u64 payload = (u64)le32(d + BZ_PAYLOAD_OFFSET) + le32(d + BZ_PAYLOAD_LENGTH);

	if (b->alignment < PAGE_SIZE || (b->alignment & (b->alignment - 1)) != 0)
		return ST_CORRUPT;
	/* The kernel unpacks the payload, in place, within init_size bytes. */
	if (payload > b->body.size || b->init_size < b->body.size)
		return ST_CORRUPT;
	if (b->preferred > UINT64_MAX - b->init_size)
		return ST_CORRUPT;
	return ST_OK;
}

enum status bzimage_parse(struct bytes file, struct bzimage *out)
{
	const u8 *d = file.data;
	enum status st;

	*out = (struct bzimage){ 0 };
	st = check_header(file);
	if (st != ST_OK)
		return st;
	if (!placeable(d))
		return ST_UNSUPPORTED;
	st = split(file, out);
	if (st != ST_OK)
		return st;
	out->header_end = BZ_HEADER + (size_t)d[BZ_JUMP_LENGTH];
	out->preferred = le64(d + BZ_PREF_ADDRESS);
	out->alignment = le32(d + BZ_KERNEL_ALIGNMENT);
	out->init_size = le32(d + BZ_INIT_SIZE);
	out->cmdline_max = le32(d + BZ_CMDLINE_SIZE);
	return check_numbers(d, out);
}
