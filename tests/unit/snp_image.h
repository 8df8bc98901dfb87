/* SPDX-License-Identifier: BSD-2-Clause */
/* A small flash image with a GUIDed table and SEV metadata, for tests to spoil. */
#ifndef SNP_IMAGE_H
#define SNP_IMAGE_H

#include "measure_launch.h"

#define IMAGE_BYTES   8192
#define IMAGE_RESET   0x80b004u
#define META_AT       0x1400 /* offset of the descriptor */
#define META_SECTIONS (META_AT + 16)
#define TABLE_TOTAL   (IMAGE_BYTES - 50) /* offset of the table's total length */
#define META_ENTRY    (TABLE_TOTAL - 22)
#define RESET_ENTRY   (META_ENTRY - 22)
#define HASHES_ENTRY  (RESET_ENTRY - 26)
#define IMAGE_HASHES  0x804000u /* page for kernel hashes */
#define IMAGE_TABLE   0x804c00u /* room in it, and its size */
#define IMAGE_ROOM    0x400u

static inline void image_put(uint8_t *image, size_t at, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		image[at + i] = (uint8_t)(v >> 8 * i);
}

static inline void image_section(uint8_t *image, unsigned n, uint32_t gpa, uint32_t size,
				 uint32_t type)
{
	image_put(image, META_SECTIONS + 12 * n, gpa, 4);
	image_put(image, META_SECTIONS + 12 * n + 4, size, 4);
	image_put(image, META_SECTIONS + 12 * n + 8, type, 4);
}

/* data u32, length 22, GUID */
static inline void image_entry(uint8_t *image, size_t at, uint32_t value, const char *guid)
{
	image_put(image, at, value, 4);
	image_put(image, at + 4, 22, 2);
	flash_guid(guid, image + at + 6);
}

static inline void make_image(uint8_t image[IMAGE_BYTES])
{
	for (unsigned i = 0; i < IMAGE_BYTES; i++)
		image[i] = (uint8_t)(i * 5 + (i >> 8));
	flash_guid("96b582de-1fb2-45f7-baea-a366c55a082d", image + IMAGE_BYTES - 48);
	image_put(image, TABLE_TOTAL, 18 + 2 * 22 + 26, 2);
	image_entry(image, META_ENTRY, IMAGE_BYTES - META_AT,
		    "dc886566-984a-4798-a75e-5585a7bf67cc");
	image_entry(image, RESET_ENTRY, IMAGE_RESET, "00f771de-1a7e-4fcb-890e-68c77e2fb44e");
	image_put(image, HASHES_ENTRY, IMAGE_TABLE, 4);
	image_put(image, HASHES_ENTRY + 4, IMAGE_ROOM, 4);
	image_put(image, HASHES_ENTRY + 8, 26, 2);
	flash_guid("7255371f-3a3b-4b04-927b-1da6efa8d454", image + HASHES_ENTRY + 10);
	memcpy(image + META_AT, "ASEV", 4);
	image_put(image, META_AT + 4, 16 + 12 * 5, 4);
	image_put(image, META_AT + 8, 1, 4);
	image_put(image, META_AT + 12, 5, 4);
	image_section(image, 0, 0x800000, 0x2000, 1);
	image_section(image, 1, 0x802000, 0x1000, 2);
	image_section(image, 2, 0x803000, 0x1000, 3);
	image_section(image, 3, IMAGE_HASHES, 0x1000, 0x10);
	image_section(image, 4, 0x806000, 0x1000, 0x77);
}

#endif
