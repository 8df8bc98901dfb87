/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Headers of kernels, x86 and arm64: right, each field wrong in turn, cut at every byte; and those of
 * Debian's kernels, where they are.
 * sources: boot/linux/bzimage.c boot/linux/image.c lib/status.c
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel_image.h"

static enum status parse_bz(struct bytes b)
{
	struct bzimage out;

	return bzimage_parse(b, &out);
}

static enum status parse_arm(struct bytes b)
{
	struct arm64_image out;

	return arm64_image_parse(b, &out);
}

/* From an allocation of exactly that size: a read beyond it is caught. */
static enum status exactly(enum status (*parse)(struct bytes), const u8 *file, size_t size)
{
	u8 *copy = malloc(size != 0 ? size : 1);
	enum status st;

	memcpy(copy, file, size);
	st = parse((struct bytes){ copy, size });
	free(copy);
	return st;
}

static void one(enum status (*parse)(struct bytes), u8 *file, size_t size, unsigned at,
		unsigned bytes, u64 value, enum status want)
{
	u64 before = got(file + at, bytes);
	enum status st;

	put(file + at, value, bytes);
	st = exactly(parse, file, size);
	put(file + at, before, bytes);
	if (st != want)
		fail_msg("%#x = %#llx: %s, expected %s", at, (unsigned long long)value,
			 status_text(st), status_text(want));
}

/* ---- x86 ---- */

static u8 bz[BZ_SETUP + 256 * 512 + BZ_BODY];

#define BZ(at, bytes, value, want) one(parse_bz, bz, BZ_SIZE, at, bytes, value, want)

static void bz_right(void **state)
{
	struct bzimage out;

	(void)state;
	bz_make(bz);
	assert_int_equal(bzimage_parse((struct bytes){ bz, BZ_SIZE }, &out), ST_OK);
	assert_ptr_equal(out.setup.data, bz);
	assert_int_equal(out.setup.size, BZ_SETUP);
	assert_ptr_equal(out.body.data, bz + BZ_SETUP);
	assert_int_equal(out.body.size, BZ_BODY); /* without the signature */
	assert_int_equal(out.header_end, 0x26c);
	assert_int_equal(out.preferred, 0x1000000);
	assert_int_equal(out.alignment, 0x200000);
	assert_int_equal(out.init_size, 0x4000);
	assert_int_equal(out.cmdline_max, 2047);
}

static void bz_setup_sects(void **state)
{
	struct bzimage out;

	(void)state;
	bz_make(bz);
	bz[0x1f1] = 0; /* means 4 */
	assert_int_equal(bzimage_parse((struct bytes){ bz, BZ_SIZE }, &out), ST_OK);
	assert_int_equal(out.setup.size, BZ_SETUP);
	BZ(0x1f1, 1, 5, ST_TRUNCATED); /* the body is as long as said no more */
	BZ(0x1f1, 1, 255, ST_TRUNCATED);
	bz[0x1f1] = 255;
	assert_int_equal(bzimage_parse((struct bytes){ bz, 256 * 512 + BZ_BODY }, &out), ST_OK);
	assert_int_equal(out.setup.size, 256 * 512);
	assert_int_equal(bzimage_parse((struct bytes){ bz, 256 * 512 + BZ_BODY - 1 }, &out),
			 ST_TRUNCATED);
}

static void bz_identity(void **state)
{
	(void)state;
	bz_make(bz);
	BZ(0x1fe, 2, 0x55aa, ST_CORRUPT);
	BZ(0x202, 4, 0x53726468, ST_CORRUPT);
	BZ(0x206, 2, 0x20b, ST_UNSUPPORTED);
	BZ(0x206, 2, 0, ST_UNSUPPORTED);
	BZ(0x206, 2, 0x20c, ST_OK);
	BZ(0x206, 2, 0xffff, ST_OK);
	/* The header's end: all fields we read are in it, none of boot_params behind it. */
	BZ(0x201, 1, 0x61, ST_CORRUPT);
	BZ(0x201, 1, 0x62, ST_OK);
	BZ(0x201, 1, 0x8e, ST_OK);
	BZ(0x201, 1, 0x8f, ST_CORRUPT);
	BZ(0x201, 1, 0xff, ST_CORRUPT);
	BZ(0x201, 1, 0, ST_CORRUPT);
}

static void bz_kind(void **state)
{
	(void)state;
	bz_make(bz);
	BZ(0x211, 1, 0, ST_UNSUPPORTED);
	BZ(0x211, 1, 0xfe, ST_UNSUPPORTED);
	BZ(0x211, 1, 0x81, ST_OK);
	BZ(0x234, 1, 0, ST_UNSUPPORTED);
	BZ(0x236, 2, 0x7e, ST_UNSUPPORTED);
	BZ(0x236, 2, 0x7d, ST_UNSUPPORTED);
	BZ(0x236, 2, 0x03, ST_OK);
}

static void bz_sizes(void **state)
{
	(void)state;
	bz_make(bz);
	BZ(0x1f4, 4, BZ_BODY / 16 + 1, ST_OK); /* takes of the tail */
	BZ(0x1f4, 4, BZ_BODY / 16 + 2, ST_TRUNCATED);
	BZ(0x1f4, 4, 0x10000000, ST_TRUNCATED); /* 4 GiB: 0 in 32 bits */
	BZ(0x1f4, 4, 0xffffffff, ST_TRUNCATED);
	put(bz + 0x24c, 0, 4);
	put(bz + 0x248, 0, 4);
	BZ(0x1f4, 4, 0, ST_CORRUPT);
	BZ(0x1f4, 4, 0x200 / 16, ST_CORRUPT); /* ends where it is entered */
	BZ(0x1f4, 4, 0x200 / 16 + 1, ST_OK);
	put(bz + 0x248, 0x2cc, 4);
	BZ(0x1f4, 4, BZ_BODY / 16 - 1, ST_OK);
	put(bz + 0x24c, BZ_BODY - 0x2cc, 4);
	BZ(0x1f4, 4, BZ_BODY / 16 - 1, ST_CORRUPT); /* the payload goes beyond */
	BZ(0x24c, 4, BZ_BODY - 0x2cc + 1, ST_CORRUPT);
	BZ(0x24c, 4, 0xffffffff, ST_CORRUPT);
	BZ(0x248, 4, 0x2cd, ST_CORRUPT);
	BZ(0x248, 4, 0xffffffff, ST_CORRUPT);
	BZ(0x260, 4, BZ_BODY, ST_OK);
	BZ(0x260, 4, BZ_BODY - 1, ST_CORRUPT);
	BZ(0x260, 4, 0, ST_CORRUPT);
}

static void bz_place(void **state)
{
	(void)state;
	bz_make(bz);
	BZ(0x230, 4, 0, ST_CORRUPT);
	BZ(0x230, 4, 0x800, ST_CORRUPT);
	BZ(0x230, 4, 0x1000, ST_OK);
	BZ(0x230, 4, 0x300000, ST_CORRUPT);
	BZ(0x230, 4, 0x80000000, ST_OK);
	BZ(0x258, 8, 0, ST_OK);
	BZ(0x258, 8, ~0ull, ST_CORRUPT);
	BZ(0x258, 8, ~0ull - 0x4000, ST_OK);
	BZ(0x258, 8, ~0ull - 0x3fff, ST_CORRUPT);
}

static void bz_cut(void **state)
{
	(void)state;
	bz_make(bz);
	for (size_t n = 0; n < BZ_SETUP + BZ_BODY; n++)
		if (exactly(parse_bz, bz, n) != ST_TRUNCATED)
			fail_msg("cut at %zu", n);
	assert_int_equal(exactly(parse_bz, bz, BZ_SETUP + BZ_BODY), ST_OK);
}

/* ---- arm64 ---- */

static u8 arm[ARM_SIZE];

#define ARM(at, bytes, value, want) one(parse_arm, arm, ARM_SIZE, at, bytes, value, want)

static void arm_fields(void **state)
{
	struct arm64_image out;

	(void)state;
	arm_make(arm);
	put(arm + 8, 0x80000, 8);
	assert_int_equal(arm64_image_parse((struct bytes){ arm, ARM_SIZE }, &out), ST_OK);
	assert_int_equal(out.text_offset, 0x80000);
	assert_int_equal(out.image_size, 0x10000);
	ARM(8, 8, 0, ST_OK);
	ARM(8, 8, 0x1ff000, ST_OK);
	ARM(8, 8, 0x200000, ST_CORRUPT);
	ARM(8, 8, 0x80800, ST_CORRUPT);
	ARM(8, 8, ~0ull, ST_CORRUPT);
	ARM(0x10, 8, 0, ST_UNSUPPORTED);
	ARM(0x10, 8, ARM_SIZE, ST_OK);
	ARM(0x10, 8, ARM_SIZE - 1, ST_CORRUPT);
	ARM(0x10, 8, ~0ull, ST_CORRUPT);
	ARM(0x10, 8, ~0ull - 0x80000, ST_OK); /* more than any machine has: found there */
	ARM(0x18, 8, 0xb, ST_UNSUPPORTED);
	ARM(0x18, 8, 0, ST_OK);
	ARM(0x38, 4, 0x644d5242, ST_CORRUPT);
	ARM(0x38, 4, 0, ST_CORRUPT);
}

static void arm_compressed(void **state)
{
	(void)state;
	arm_make(arm);
	put(arm + 0x38, 0, 4);
	ARM(0, 2, 0x8b1f, ST_UNSUPPORTED);
	ARM(4, 4, 0x676d697a, ST_UNSUPPORTED);
	ARM(4, 4, 0x676d697b, ST_CORRUPT);
}

static void arm_cut(void **state)
{
	(void)state;
	arm_make(arm);
	for (size_t n = 0; n < 0x40; n++)
		assert_int_equal(exactly(parse_arm, arm, n), ST_TRUNCATED);
	assert_int_equal(exactly(parse_arm, arm, 0x40), ST_OK);
}

/* ---- Debian's ---- */

static struct bytes load(const char *name)
{
	const char *folder = getenv("KERNELS");
	struct bytes b = { NULL, 0 };
	char path[4096];
	FILE *f;
	u8 *data;
	long n;

	snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "build/kernels", name);
	f = fopen(path, "rb");
	if (f == NULL) {
		print_message("# SKIP no %s: tools/setup.sh kernels\n", path);
		return b;
	}
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	assert_true(n > 0);
	rewind(f);
	data = malloc((size_t)n);
	assert_int_equal(fread(data, 1, (size_t)n, f), n);
	fclose(f);
	return (struct bytes){ data, (size_t)n };
}

static void debian_x86(void **state)
{
	static const char *const names[] = { "amd64/6.1/vmlinuz", "amd64/6.12/vmlinuz" };
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		struct bytes b = load(names[i]);
		struct bzimage out;

		if (b.data == NULL)
			continue;
		seen++;
		assert_int_equal(bzimage_parse(b, &out), ST_OK);
		assert_int_equal(out.setup.size, 20480);
		assert_true(out.setup.size + out.body.size <= b.size);
		assert_int_equal(out.preferred, 0x1000000);
		assert_int_equal(out.alignment, 0x200000);
		assert_int_equal(out.cmdline_max, PAYLOAD_CMDLINE_MAX);
		assert_int_equal(parse_arm(b), ST_CORRUPT);
		free((void *)(uintptr_t)b.data);
	}
	if (seen == 0)
		skip();
}

static void debian_arm64(void **state)
{
	static const char *const names[] = { "arm64/6.1/vmlinuz", "arm64/6.12/vmlinuz" };
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		struct bytes b = load(names[i]);
		struct arm64_image out;

		if (b.data == NULL)
			continue;
		seen++;
		assert_int_equal(arm64_image_parse(b, &out), ST_OK);
		assert_int_equal(out.text_offset, 0);
		assert_int_equal(parse_bz(b), ST_CORRUPT);
		free((void *)(uintptr_t)b.data);
	}
	if (seen == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bz_right),       cmocka_unit_test(bz_setup_sects),
		cmocka_unit_test(bz_identity),    cmocka_unit_test(bz_kind),
		cmocka_unit_test(bz_sizes),       cmocka_unit_test(bz_place),
		cmocka_unit_test(bz_cut),         cmocka_unit_test(arm_fields),
		cmocka_unit_test(arm_compressed), cmocka_unit_test(arm_cut),
		cmocka_unit_test(debian_x86),     cmocka_unit_test(debian_arm64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
