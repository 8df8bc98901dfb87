/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as the last pages of a flash image, or over the tables of a good one: nothing outside
 * is read; both orders of MRTD refuse the same images; and a bit flipped anywhere in an image makes
 * another SNP digest, or none.
 * sources: tools/flash.c tools/kernel_hashes.c tools/measure_snp.c tools/measure_vmsa.c tools/measure_tdx.c
 * libs: -lcrypto
 * flags: -Itools
 * seeds: snp/measure/ovmf_*.bin
 */
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "le.h"
#include "snp_image.h"

/* Tables with SEV or TDX metadata, and bytes of the input over them. */
static size_t spoilt(u8 *image)
{
	make_image(image);
	if ((byte() & 1) != 0) {
		flash_guid("e47a6535-984a-4798-865e-4685a7bf8ec2", image + META_ENTRY + 6);
		memcpy(image + META_AT, "TDVF", 4);
		memset(image + META_SECTIONS, 0, 64);
		le_put(image + META_AT + 4, 16 + 64, 4);
		le_put(image + META_AT + 12, 2, 4);
		le_put(image + META_SECTIONS + 4, IMAGE_BYTES, 4);
		le_put(image + META_SECTIONS + 8, 0xffffe000, 8);
		le_put(image + META_SECTIONS + 16, IMAGE_BYTES, 8);
		le_put(image + META_SECTIONS + 28, 1, 4);
		le_put(image + META_SECTIONS + 40, 0x809000, 8);
		le_put(image + META_SECTIONS + 48, 0x1000, 8);
		le_put(image + META_SECTIONS + 56, 2, 4);
	}
	while (input.left >= 2) {
		u8 where = byte();
		/* the table at the end, or the metadata */
		size_t at = where < 128 ? IMAGE_BYTES - 1 - where : META_AT + where - 128u;

		image[at] = byte();
	}
	return IMAGE_BYTES;
}

static void tdx(struct bytes image)
{
	u8 pages[MRTD_SIZE], two_pass[MRTD_SIZE];
	const char *why = measure_tdx(image, MRTD_PAGES, pages);

	if ((why == NULL) != (measure_tdx(image, MRTD_TWO_PASS, two_pass) == NULL))
		__builtin_trap();
}

static void snp(struct bytes image, u8 *bits, u32 flip)
{
	struct snp_launch_input in = { .mode = flip % 3, .vmm = flip / 3 % 3, .vcpus = 2 };
	size_t size = in.mode == MODE_SNP ? SNP_DIGEST : SEV_DIGEST;
	u8 digest[SNP_DIGEST], other[SNP_DIGEST];

	in.kernel = (flip & 0x100) != 0;
	if (measure_snp(&in, image, digest) != NULL)
		return;
	bits[flip / 8 % image.size] ^= (u8)(1u << flip % 8);
	if (measure_snp(&in, image, other) == NULL && memcmp(digest, other, size) == 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 *image = malloc(IMAGE_BYTES + 1); /* its own, so that ASan sees its bounds */
	bool raw = size == 4096 || size == IMAGE_BYTES;
	size_t bytes;
	u32 flip;

	input_start(data, size);
	flip = raw ? (u32)le_get(data, 4) : (u32)any(4);
	if (raw)
		memcpy(image, data, bytes = size);
	else
		bytes = spoilt(image);
	tdx((struct bytes){ image, bytes });
	snp((struct bytes){ image, bytes }, image, flip);
	free(image);
	return 0;
}
