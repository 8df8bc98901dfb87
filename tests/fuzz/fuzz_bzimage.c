/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Hostile kernels, x86 and arm64: what is found lies inside the file, and its numbers are such that
 * nobody who uses them as linux.h says leaves what he has set aside.
 * sources: boot/linux/bzimage.c boot/linux/image.c
 */
/* clang-format on */
#include "changed.h"
#include "kernel_image.h"

static void look_x86(struct bytes f)
{
	struct bzimage b;

	if (bzimage_parse(f, &b) != ST_OK)
		return;
	if (b.setup.data != f.data || b.body.data != f.data + b.setup.size ||
	    b.setup.size > f.size || b.body.size > f.size - b.setup.size)
		__builtin_trap();
	if (b.header_end > b.setup.size || b.header_end < 0x264 || b.header_end > 0x290)
		__builtin_trap();
	/* The entry and all that is copied lie in what is kept free; its end is an address. */
	if (b.body.size <= 0x200 || b.init_size < b.body.size ||
	    b.preferred + b.init_size < b.preferred)
		__builtin_trap();
	if (b.alignment == 0 || (b.alignment & (b.alignment - 1)) != 0 || b.alignment < PAGE_SIZE)
		__builtin_trap();
}

static void look_arm64(struct bytes f)
{
	struct arm64_image i;

	if (arm64_image_parse(f, &i) != ST_OK)
		return;
	if (i.image_size < f.size || i.text_offset >= BLOCK_SIZE ||
	    i.text_offset + i.image_size < i.image_size)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 x86[BZ_SIZE], arm[ARM_SIZE];
	bool is_arm;
	size_t bytes;
	u8 *file;

	if (arm[0] == 0) {
		bz_make(x86);
		arm_make(arm);
	}
	input_start(data, size);
	is_arm = byte() % 2 != 0;
	bytes = is_arm ? ARM_SIZE : BZ_SIZE;
	file = changed(is_arm ? arm : x86, &bytes);
	look_x86((struct bytes){ file, bytes });
	look_arm64((struct bytes){ file, bytes });
	free(file);
	return 0;
}
