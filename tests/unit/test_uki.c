/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Unified kernel images: every field of the headers wrong in turn, sections twice, over each other and
 * outside, cut at every byte.
 * sources: boot/linux/uki.c lib/status.c
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel_image.h"

static u8 file[UKI_SIZE];

static enum status parse(size_t size, struct uki *out, u8 **copy)
{
	*copy = malloc(size != 0 ? size : 1); /* a read beyond it is caught */
	memcpy(*copy, file, size);
	return uki_parse((struct bytes){ *copy, size }, UKI_MACHINE_X86_64, out);
}

static void is_at(unsigned line, enum status want)
{
	struct uki out;
	u8 *copy;
	enum status st = parse(UKI_SIZE, &out, &copy);

	free(copy);
	if (st != want)
		fail_msg("line %u: %s, expected %s", line, status_text(st), status_text(want));
}

#define IS(want) is_at(__LINE__, want)

/* With one number of the file changed. */
static void with_at(unsigned line, u8 *p, unsigned bytes, u64 value, enum status want)
{
	u64 before = got(p, bytes);

	put(p, value, bytes);
	is_at(line, want);
	put(p, before, bytes);
}

#define WITH(p, bytes, value, want) with_at(__LINE__, p, bytes, value, want)

/* The section is as long as that and its first byte is that one's. */
static void content(struct bytes b, size_t size, u8 first)
{
	assert_int_equal(b.size, size);
	assert_int_equal(b.data[0], first);
}

static void right(void **state)
{
	struct uki out;
	u8 *copy;

	(void)state;
	uki_make(file, 0x8664);
	assert_int_equal(parse(UKI_SIZE, &out, &copy), ST_OK);
	content(out.ucode, 100, 'd');
	content(out.linux_image, 0x1ff, 'e');
	content(out.initrd, 0x200, 'f');
	content(out.cmdline, 13, 'c'); /* less blank, new line and NUL */
	assert_int_equal(memcmp(out.cmdline.data, "console=ttyS0", 13), 0);
	free(copy);
	uki_make(file, 0xaa64);
	assert_int_equal(uki_parse((struct bytes){ file, UKI_SIZE }, UKI_MACHINE_ARM64, &out),
			 ST_OK);
	IS(ST_UNSUPPORTED);
}

static void dos_header(void **state)
{
	(void)state;
	uki_make(file, 0x8664);
	WITH(file, 1, 'N', ST_CORRUPT);
	WITH(file + 1, 1, 'z', ST_CORRUPT);
	WITH(file + 0x3c, 4, 0, ST_CORRUPT);
	WITH(file + 0x3c, 4, UKI_PE + 1, ST_CORRUPT);
	WITH(file + 0x3c, 4, UKI_SIZE - 25, ST_CORRUPT);
	WITH(file + 0x3c, 4, UKI_SIZE, ST_CORRUPT);
	WITH(file + 0x3c, 4, 0xffffffff, ST_CORRUPT);
	WITH(file + 0x3c, 4, 0xfffffff0, ST_CORRUPT);
}

static void pe_header(void **state)
{
	u8 *pe = file + UKI_PE;

	(void)state;
	uki_make(file, 0x8664);
	WITH(pe, 4, 0x4550ff, ST_CORRUPT);
	WITH(pe + 4, 2, 0x14c, ST_UNSUPPORTED);
	WITH(pe + 4, 2, 0, ST_UNSUPPORTED);
	WITH(pe + 6, 2, 0, ST_CORRUPT);
	WITH(pe + 6, 2, UKI_SECTIONS - 1, ST_OK); /* without initrd */
	WITH(pe + 6, 2, UKI_SECTIONS - 2, ST_NOT_FOUND);
	WITH(pe + 6, 2, 97, ST_CORRUPT);
	WITH(pe + 6, 2, 0xffff, ST_CORRUPT);
	WITH(pe + 20, 2, 0, ST_CORRUPT);
	WITH(pe + 20, 2, 1, ST_CORRUPT);
	WITH(pe + 20, 2, UKI_OPTIONAL + 1, ST_CORRUPT); /* names shifted: .linux is none */
	WITH(pe + 20, 2, 0xffff, ST_CORRUPT);
	WITH(pe + 24, 2, 0x10b, ST_CORRUPT);
}

/* The least of an optional header: what kind it is. And what stands behind the table is no section.
 */
static void table_edges(void **state)
{
	u8 table[UKI_SECTIONS * 40];

	(void)state;
	uki_make(file, 0x8664);
	memset(uki_section(file, UKI_SECTIONS), 0xff, 40);
	IS(ST_OK);
	memcpy(table, uki_section(file, 0), sizeof(table));
	memset(uki_section(file, 0), 0, sizeof(table));
	memcpy(file + UKI_PE + 26, table, sizeof(table));
	put(file + UKI_PE + 20, 2, 2);
	IS(ST_OK);
}

/* 96 sections are allowed, and no more. */
static void most_sections(void **state)
{
	static u8 large[UKI_TABLE + 97 * 40 + UKI_RAW_SIZE];
	struct uki out;

	(void)state;
	uki_make(file, 0x8664);
	memcpy(large, file, UKI_TABLE);
	memcpy(large + UKI_TABLE + 95 * 40, uki_section(file, 4), 40);
	put(large + UKI_TABLE + 95 * 40 + 20, UKI_TABLE + 97 * 40, 4);
	put(large + UKI_PE + 6, 96, 2);
	assert_int_equal(uki_parse((struct bytes){ large, sizeof(large) }, 0x8664, &out), ST_OK);
	put(large + UKI_PE + 6, 97, 2);
	assert_int_equal(uki_parse((struct bytes){ large, sizeof(large) }, 0x8664, &out),
			 ST_CORRUPT);
	put(large + UKI_PE + 6, 95, 2);
	assert_int_equal(uki_parse((struct bytes){ large, sizeof(large) }, 0x8664, &out),
			 ST_NOT_FOUND);
}

/* Of any section, ours or not: its place. */
static void places(void **state)
{
	(void)state;
	uki_make(file, 0x8664);
	for (unsigned i = 0; i < UKI_SECTIONS; i++) {
		u8 *s = uki_section(file, i), *other = uki_section(file, (i + 1) % UKI_SECTIONS);
		u64 at = got(s + 20, 4), next = got(other + 20, 4);

		WITH(s + 20, 4, 0, ST_CORRUPT);
		WITH(s + 20, 4, UKI_TABLE + UKI_SECTIONS * 40 - 1, ST_CORRUPT);
		WITH(s + 20, 4, UKI_SIZE, ST_CORRUPT);
		WITH(s + 20, 4, UKI_SIZE - UKI_RAW_SIZE + 1, ST_CORRUPT);
		WITH(s + 20, 4, 0xffffffff, ST_CORRUPT);
		WITH(s + 16, 4, UKI_SIZE, ST_CORRUPT);
		WITH(s + 16, 4, 0xffffffff, ST_CORRUPT);
		WITH(s + 16, 4, UKI_RAW_SIZE + 1, ST_CORRUPT); /* over the next, or the end */
		WITH(s + 20, 4, next, ST_CORRUPT);             /* the same place */
		WITH(s + 20, 4, next > at ? next - UKI_RAW_SIZE + 1 : next + UKI_RAW_SIZE - 1,
		     ST_CORRUPT); /* one byte */
	}
	/* What is not in the file may be said to be anywhere. */
	put(uki_section(file, 0) + 16, 0, 4);
	WITH(uki_section(file, 0) + 20, 4, 0xffffffff, ST_OK);
	WITH(uki_section(file, 0) + 20, 4, UKI_RAW + UKI_RAW_SIZE + 10, ST_OK);
	/* Right behind the headers; and in any order. */
	uki_make(file, 0x8664);
	put(uki_section(file, 0) + 16, 0x10, 4);
	WITH(uki_section(file, 0) + 20, 4, UKI_TABLE + UKI_SECTIONS * 40, ST_OK);
	uki_make(file, 0x8664);
	put(uki_section(file, 0) + 20, UKI_RAW + UKI_RAW_SIZE, 4);
	put(uki_section(file, 1) + 20, UKI_RAW, 4);
	IS(ST_OK);
}

/* The content is what both sizes agree on. */
static void sizes(void **state)
{
	u8 *s = uki_section(file, 5);
	struct uki out;
	u8 *copy;

	(void)state;
	uki_make(file, 0x8664);
	put(s + 8, 0xffffffff, 4);
	put(s + 16, 0x100, 4);
	assert_int_equal(parse(UKI_SIZE, &out, &copy), ST_OK);
	assert_int_equal(out.initrd.size, 0x100);
	free(copy);
	put(s + 8, 0, 4); /* nothing in it: as if it were not there */
	assert_int_equal(parse(UKI_SIZE, &out, &copy), ST_OK);
	assert_null(out.initrd.data);
	assert_int_equal(out.initrd.size, 0);
	free(copy);
	WITH(uki_section(file, 4) + 8, 4, 0, ST_CORRUPT); /* a kernel is never empty */
	WITH(uki_section(file, 4) + 16, 4, 0, ST_CORRUPT);
}

static void rename_to(unsigned i, const char *name)
{
	memset(uki_section(file, i), 0, 8);
	memcpy(uki_section(file, i), name, strlen(name));
}

static void section_names(void **state)
{
	static const char *const ours[] = { ".linux", ".initrd", ".ucode", ".cmdline" };
	static const char *const nearly[] = { ".linu", ".linuxx", ".Linux", ".linux\x01", "linux" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ours); i++) {
		uki_make(file, 0x8664);
		rename_to(0, ours[i]);
		IS(ST_CORRUPT); /* twice */
		put(uki_section(file, 0) + 8, 0, 4);
		IS(ST_CORRUPT); /* even if there is nothing in one of them */
	}
	uki_make(file, 0x8664);
	for (unsigned i = 0; i < ARRAY_SIZE(nearly); i++) {
		rename_to(4, nearly[i]);
		IS(ST_NOT_FOUND);
	}
	rename_to(4, ".linux");
	rename_to(0, ".profile");
	IS(ST_UNSUPPORTED);
	rename_to(0, ".profil");
	IS(ST_OK);
}

static void command_line(void **state)
{
	static const struct {
		const char *in;
		size_t size, trimmed;
	} lines[] = { { "a=b", 3, 3 },        { "a=b\n\n", 5, 3 }, { "a=b\r\n", 5, 3 },
		      { "a=b \t\0\0", 7, 3 }, { " a=b", 4, 4 },    { "a\nb\n", 4, 3 },
		      { "\0\0\0", 3, 0 },     { " \n", 2, 0 },     { "a=b\0c=d", 7, 7 },
		      { "x", 1, 1 } };
	u8 *s = uki_section(file, 2);
	struct uki out;
	u8 *copy;

	(void)state;
	uki_make(file, 0x8664);
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		memcpy(uki_content(file, 2), lines[i].in, lines[i].size);
		put(s + 8, lines[i].size, 4);
		assert_int_equal(parse(UKI_SIZE, &out, &copy), ST_OK);
		assert_int_equal(out.cmdline.size, lines[i].trimmed);
		if (lines[i].trimmed == 0)
			assert_null(out.cmdline.data);
		else
			assert_int_equal(memcmp(out.cmdline.data, lines[i].in, lines[i].trimmed),
					 0);
		free(copy);
	}
}

static void cut(void **state)
{
	struct uki out;
	u8 *copy;

	(void)state;
	uki_make(file, 0x8664);
	for (size_t n = 0; n < UKI_SIZE; n++) {
		enum status st = parse(n, &out, &copy);

		free(copy);
		if (st != ST_CORRUPT)
			fail_msg("cut at %zu: %s", n, status_text(st));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right),        cmocka_unit_test(dos_header),
		cmocka_unit_test(pe_header),    cmocka_unit_test(most_sections),
		cmocka_unit_test(table_edges),  cmocka_unit_test(places),
		cmocka_unit_test(sizes),        cmocka_unit_test(section_names),
		cmocka_unit_test(command_line), cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
