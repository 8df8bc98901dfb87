/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Hostile unified images: what is found lies inside the file, is not empty, lies over nothing else that was
 * found, and is found again.
 * sources: boot/linux/uki.c
 */
/* clang-format on */
#include "changed.h"
#include "kernel_image.h"

static bool apart(struct bytes a, struct bytes b)
{
	return a.size == 0 || b.size == 0 || a.data + a.size <= b.data || b.data + b.size <= a.data;
}

static void look(struct bytes file)
{
	struct uki u, again;

	if (uki_parse(file, UKI_MACHINE_X86_64, &u) != ST_OK)
		return;
	{
		const struct bytes found[] = { u.linux_image, u.initrd, u.ucode, u.cmdline };

		for (unsigned i = 0; i < ARRAY_SIZE(found); i++) {
			struct bytes b = found[i];

			if ((b.data == NULL) != (b.size == 0))
				__builtin_trap();
			if (b.size > 0 && (b.data < file.data || b.size > file.size ||
					   (size_t)(b.data - file.data) > file.size - b.size))
				__builtin_trap();
			for (unsigned j = 0; j < i; j++)
				if (!apart(b, found[j]))
					__builtin_trap();
		}
	}
	if (u.linux_image.size == 0 || uki_parse(file, UKI_MACHINE_ARM64, &again) == ST_OK)
		__builtin_trap();
	if (u.cmdline.size > 0 && strchr(" \t\r\n", u.cmdline.data[u.cmdline.size - 1]) != NULL)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 sample[UKI_SIZE];
	size_t bytes = UKI_SIZE;
	u8 *file;

	if (sample[0] == 0)
		uki_make(sample, UKI_MACHINE_X86_64);
	input_start(data, size);
	file = changed(sample, &bytes);
	look((struct bytes){ file, bytes });
	free(file);
	return 0;
}
