/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of an arm64 kernel. Its numbers say how much memory is the kernel's beyond its file;
 * placed with less, it would clear and use somebody else's.
 */
#include "abi/linux_image.h"
#include "le.h"
#include "linux.h"

#define GZIP_MAGIC  0x8b1f     /* u16 at 0: Image.gz */
#define ZBOOT_AT    4          /* in an EFI application that unpacks itself: not an Image */
#define ZBOOT_MAGIC 0x676d697a /* "zimg" */

/* Kernels do not unpack themselves here; said by name, for Image.gz is what many a build makes. */
static bool compressed(const u8 *d)
{
	return le16(d) == GZIP_MAGIC || le32(d + ZBOOT_AT) == ZBOOT_MAGIC;
}

enum status arm64_image_parse(struct bytes file, struct arm64_image *out)
{
	const u8 *d = file.data;

	*out = (struct arm64_image){ 0 };
	if (file.size < IMAGE_HEADER_SIZE)
		return ST_TRUNCATED;
	if (le32(d + IMAGE_MAGIC) != IMAGE_MAGIC_VALUE)
		return compressed(d) ? ST_UNSUPPORTED : ST_CORRUPT;
	out->text_offset = le64(d + IMAGE_TEXT_OFFSET);
	out->image_size = le64(d + IMAGE_SIZE);
	if ((le64(d + IMAGE_FLAGS) & IMAGE_FLAG_BE) != 0 || out->image_size == 0)
		return ST_UNSUPPORTED;
	/* From a multiple of 2 MiB, which it would itself change if it were that large. */
	if (out->text_offset >= BLOCK_SIZE || !is_aligned(out->text_offset, PAGE_SIZE))
		return ST_CORRUPT;
	if (out->image_size < file.size || out->image_size > UINT64_MAX - out->text_offset)
		return ST_CORRUPT;
	return ST_OK;
}
