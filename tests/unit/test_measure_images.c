/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What is not fit to be launched gets a reason, not a measurement: flash images with their tables
 * cut, sections outside the image, misaligned, or over one another; each one step from a good one.
 * sources: tools/flash.c tools/kernel_hashes.c tools/measure_snp.c tools/measure_vmsa.c tools/measure_tdx.c
 * libs: -lcrypto
 * flags: -Itools
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "le.h"
#include "snp_image.h"

/* ---- an SNP image: snp_image.h ---- */
static uint8_t image[IMAGE_BYTES];

/* From the end of the image down, so that a read before its start is caught. */
static const char *snp_of(size_t bytes, const struct snp_launch_input *in)
{
	uint8_t *copy = malloc(bytes + 1), out[SNP_DIGEST];
	const char *why;

	memcpy(copy, image + IMAGE_BYTES - bytes, bytes);
	why = measure_snp(in, (struct bytes){ copy, bytes }, out);
	free(copy);
	return why;
}

static const char *snp(void)
{
	static const struct snp_launch_input in = { .mode = MODE_SNP, .vcpus = 2, .features = 1 };

	return snp_of(IMAGE_BYTES, &in);
}

#define GOOD(call) assert_null(call)
#define BAD(why)   assert_string_equal(snp(), why)

static void sizes(void **state)
{
	struct snp_launch_input in = { .mode = MODE_SEV, .vcpus = 1 };
	static uint8_t large[(16u << 20) + 4096];
	uint8_t out[SNP_DIGEST];

	make_image(image);
	GOOD(snp());
	assert_string_equal(snp_of(0, &in), "the image is no multiple of 4 KiB");
	assert_string_equal(snp_of(4095, &in), "the image is no multiple of 4 KiB");
	assert_string_equal(measure_snp(&in, (struct bytes){ large, sizeof(large) }, out),
			    "the image is larger than 16 MiB");
	assert_string_equal(measure_tdx((struct bytes){ large, sizeof(large) }, MRTD_PAGES, out),
			    "the image is larger than 16 MiB");
	assert_string_equal(measure_tdx((struct bytes){ large, 1 }, MRTD_PAGES, out),
			    "the image is no multiple of 4 KiB");
	assert_string_equal(measure_tdx((struct bytes){ large, 0 }, MRTD_PAGES, out),
			    "the image is no multiple of 4 KiB");
	GOOD(snp_of(4096, &in)); /* the table is at the end; SEV needs no more */
}

static void tables(void **state)
{
	make_image(image);
	image[IMAGE_BYTES - 48] ^= 1;
	BAD("no GUIDed table at the end of the image");
	make_image(image);
	image_put(image, TABLE_TOTAL, 17, 2);
	BAD("the GUIDed table is shorter than its footer");
	image_put(image, TABLE_TOTAL, 18, 2);
	BAD("the image has no SEV metadata");
	image_put(image, TABLE_TOTAL, 18 + 2 * 22 - 1, 2);
	BAD("an entry of the GUIDed table has a wrong length"); /* the reset block's */
	image_put(image, TABLE_TOTAL, 18 + 22 + 17, 2);
	BAD("the GUIDed table does not end with an entry");
	image_put(image, TABLE_TOTAL, TABLE_TOTAL + 18 + 1, 2);
	BAD("the GUIDed table is longer than the image");
	make_image(image);
	image_put(image, META_ENTRY + 4, 17, 2);
	BAD("an entry of the GUIDed table has a wrong length");
	image_put(image, META_ENTRY + 4, 21, 2);
	BAD("an entry of the GUIDed table is too short");
	image_put(image, META_ENTRY + 4, 0xffff, 2);
	BAD("an entry of the GUIDed table has a wrong length");
	make_image(image);
	image_put(image, META_ENTRY + 6, 0, 4); /* another GUID */
	BAD("the image has no SEV metadata");
}

static void sev_metadata(void **state)
{
	make_image(image);
	image_put(image, META_ENTRY, 15, 4);
	BAD("SEV metadata outside the image");
	image_put(image, META_ENTRY, IMAGE_BYTES + 1, 4);
	BAD("SEV metadata outside the image");
	image_put(image, META_ENTRY, 0xffffffff, 4);
	BAD("SEV metadata outside the image");
	make_image(image);
	image[META_AT] = 'B';
	BAD("SEV metadata without their signature");
	make_image(image);
	image_put(image, META_AT + 12, 65, 4);
	BAD("SEV metadata with too many sections");
	image_put(image, META_AT + 12, 0xffffffff, 4);
	BAD("SEV metadata with too many sections");
	/* two sections, room for one */
	make_image(image);
	memmove(image + IMAGE_BYTES - 16 - 12, image + META_AT, 16 + 12);
	image_put(image, META_ENTRY, 16 + 12, 4);
	image_put(image, IMAGE_BYTES - 16 - 12 + 12, 2, 4);
	BAD("SEV metadata run past the image");
	image_put(image, IMAGE_BYTES - 16 - 12 + 12, 1, 4);
	GOOD(snp());
}

static void sev_sections(void **state)
{
	static const struct {
		uint32_t gpa, size, type;
		const char *why;
	} cases[] = {
		{ 0x900800, 0x1000, 1, "an SEV section is not page aligned" },
		{ 0x900000, 0x1800, 1, "an SEV section is not page aligned" },
		{ 0x900000, 0, 1, "an SEV section is empty" },
		{ 0x900000, 0x2000, 2, "the secrets or CPUID section is not one page" },
		{ 0x900000, 0x2000, 3, "the secrets or CPUID section is not one page" },
		{ 0x900000, 0xfffff000, 1, "an SEV section wraps at 4 GiB" },
		{ 0x10000000, 0x10001000, 1, "an SEV section of more than 256 MiB" },
		{ 0xfffff000, 0x1000, 1, "an SEV section lies in the image" },
		{ 0xffffd000, 0x2000, 1, "an SEV section lies in the image" },
		{ 0x803000, 0x1000, 1, "SEV sections overlap" },
		{ 0x7ff000, 0x10000, 4, "SEV sections overlap" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_image(image);
		image_section(image, 4, cases[i].gpa, cases[i].size, cases[i].type);
		BAD(cases[i].why);
	}
	make_image(image);
	image_section(image, 4, 0xffffc000, 0x2000, 1); /* up to the image and not into it */
	GOOD(snp());
}

/* Where hashes of a kernel go: the section 0x10 is the page at 0x804000. */
static void kernel_hashes(void **state)
{
	struct snp_launch_input in = { .mode = MODE_SNP, .vcpus = 1, .kernel = true };

	make_image(image);
	image[HASHES_ENTRY + 10] ^= 1;
	assert_string_equal(snp_of(IMAGE_BYTES, &in), "the image has no place for kernel hashes");
	in.mode = MODE_SEV;
	assert_string_equal(snp_of(IMAGE_BYTES, &in), "the image has no place for kernel hashes");
	in.mode = MODE_SNP;
	image[HASHES_ENTRY + 10] ^= 1;
	GOOD(snp_of(IMAGE_BYTES, &in));
	image_put(image, HASHES_ENTRY, IMAGE_HASHES + 0x1000 - 175, 4);
	assert_string_equal(snp_of(IMAGE_BYTES, &in),
			    "the place for kernel hashes is not in the page for them");
	image_put(image, HASHES_ENTRY, IMAGE_HASHES - 0x400, 4);
	assert_string_equal(snp_of(IMAGE_BYTES, &in),
			    "the place for kernel hashes is not in the page for them");
	image_put(image, HASHES_ENTRY, IMAGE_TABLE, 4);
	image_section(image, 3, 0x807000, 0x1000, 4);
	assert_string_equal(snp_of(IMAGE_BYTES, &in), "the image has no section for kernel hashes");
	in.mode = MODE_SEV;
	GOOD(snp_of(IMAGE_BYTES, &in));
}

/* Images from before the table: a lone block tells where the other CPUs start. */
static void lone_reset_block(void **state)
{
	struct snp_launch_input in = { .mode = MODE_SEV_ES, .vcpus = 2 };
	uint8_t with[SNP_DIGEST], without[SNP_DIGEST], other[SNP_DIGEST];
	struct bytes all = { image, IMAGE_BYTES };

	memset(image, 0, sizeof(image));
	assert_null(measure_snp(&in, all, without));
	image_entry(image, IMAGE_BYTES - 54, IMAGE_RESET, "00f771de-1a7e-4fcb-890e-68c77e2fb44e");
	assert_null(measure_snp(&in, all, with));
	/* beyond the bytes themselves: one CPU more is another state, not the first one's again */
	image_put(image, IMAGE_BYTES - 54, 0xfffffff0, 4);
	assert_null(measure_snp(&in, all, other));
	assert_memory_not_equal(with, without, SEV_DIGEST);
	assert_memory_not_equal(with, other, SEV_DIGEST);
	/* with the table, a spoilt one is refused in every mode */
	make_image(image);
	image_put(image, META_ENTRY + 4, 17, 2);
	assert_string_equal(measure_snp(&in, all, with),
			    "an entry of the GUIDed table has a wrong length");
}

/* A type nobody knows is not taken for another. */
static void cpu_types(void **state)
{
	static const struct {
		const char *name;
		uint32_t signature;
	} good[] = {
		{ "max", 0x60fb1 },           { "EPYC", 0x800f12 },
		{ "EPYC-v4", 0x800f12 },      { "EPYC-IBPB", 0x800f12 },
		{ "epyc-rome-v2", 0x830f10 }, { "EPYC-Milan", 0xa00f11 },
		{ "EPYC-Genoa", 0xa10f10 },   { "EPYC-Turin", 0xb00f00 },
	};
	static const char *const bad[] = { "",        "host",     "EPYC-",
					   "EPYC-v",  "EPYC-v10", "EPYC-Milan-IBPB",
					   "EPYC-v4x" };
	uint32_t signature;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(snp_cpu_signature(good[i].name, &signature));
		assert_int_equal(signature, good[i].signature);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(snp_cpu_signature(bad[i], &signature));
}

/* ---- a TDX image ---- */
#define TDX_SECTIONS (META_AT + 16)

static void tdx_section(unsigned n, uint32_t offset, uint32_t raw, uint64_t gpa, uint64_t size,
			uint32_t type, uint32_t attributes)
{
	uint8_t *s = image + TDX_SECTIONS + (size_t)32 * n;

	le_put(s, offset, 4);
	le_put(s + 4, raw, 4);
	le_put(s + 8, gpa, 8);
	le_put(s + 16, size, 8);
	le_put(s + 24, type, 4);
	le_put(s + 28, attributes, 4);
}

static void make_tdx(void)
{
	make_image(image);
	flash_guid("e47a6535-984a-4798-865e-4685a7bf8ec2", image + META_ENTRY + 6);
	memcpy(image + META_AT, "TDVF", 4);
	le_put(image + META_AT + 4, 16 + 32 * 3, 4);
	le_put(image + META_AT + 12, 3, 4);
	tdx_section(0, 0, IMAGE_BYTES, 0xffffe000, 0x2000, 0, 1);
	tdx_section(1, 0, 0, 0x809000, 0x2000, 2, 0);
	tdx_section(2, 0, 0, 0x800000, 0x1000, 3, 0);
}

static const char *tdx(uint8_t out[MRTD_SIZE])
{
	return measure_tdx((struct bytes){ image, sizeof(image) }, MRTD_PAGES, out);
}

static void tdx_metadata(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *why;
	} cases[] = {
		{ META_ENTRY, 15, "TDX metadata outside the image" },
		{ META_ENTRY, IMAGE_BYTES + 1, "TDX metadata outside the image" },
		{ META_ENTRY + 6, 0, "the image has no TDX metadata" },
		{ META_AT, 0x46564455, "TDX metadata without their signature" },
		{ META_AT + 4, 16 + 32 * 2, "length of the TDX metadata is wrong" },
		{ META_AT + 4, 16 + 32 * 3 + 1, "length of the TDX metadata is wrong" },
		{ META_AT + 8, 2, "version of the TDX metadata is not 1" },
		{ META_AT + 12, 65, "TDX metadata with too many sections" },
		{ META_AT + 12, 0xffffffff, "TDX metadata with too many sections" },
		{ TABLE_TOTAL - 2, 0x00110000, "the GUIDed table is shorter than its footer" },
	};
	uint8_t out[MRTD_SIZE];

	make_tdx();
	GOOD(tdx(out));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_tdx();
		le_put(image + cases[i].at, cases[i].value, 4);
		assert_string_equal(tdx(out), cases[i].why);
	}
	/* three sections, room for none */
	make_tdx();
	memmove(image + IMAGE_BYTES - 16, image + META_AT, 16);
	le_put(image + META_ENTRY, 16, 4);
	assert_string_equal(tdx(out), "TDX metadata run past the image");
}

static void tdx_sections(void **state)
{
	static const struct {
		uint32_t offset, raw;
		uint64_t gpa, size;
		uint32_t type, attributes;
		const char *why;
	} cases[] = {
		{ 0, 0, 0x800000, 0x1000, 9, 0, "a TDVF section is of a type nobody knows" },
		{ 1, IMAGE_BYTES, 0x100000, 0x3000, 1, 0,
		  "data of a TDVF section lies outside the image" },
		{ 0, IMAGE_BYTES + 1, 0x100000, 0x3000, 1, 0,
		  "data of a TDVF section lies outside the image" },
		{ 0xffffffff, 2, 0x100000, 0x3000, 1, 0,
		  "data of a TDVF section lies outside the image" },
		{ 0, 0, 0x800800, 0x1000, 3, 0, "a TDVF section is not page aligned" },
		{ 0, 0, 0x800000, 0x1001, 3, 0, "a TDVF section is not page aligned" },
		{ 0, 0, 0xfffffffffffff000, 0x2000, 3, 0,
		  "a TDVF section lies outside the address space" },
		{ 0, 0, 0x800000, 0x8000000000000, 3, 0,
		  "a TDVF section lies outside the address space" },
		{ 0, 0, 0x800000, 0, 3, 0, "a TDVF section is empty" },
		{ 0, 4097, 0x800000, 0x1000, 1, 0, "a TDVF section has more data than memory" },
		{ 0, 0, 0x800000, 0x1000, 1, 0, "a TDVF firmware volume has no data" },
		{ 0, 1, 0x800000, 0x1000, 3, 0, "a TD HOB or temporary memory with data" },
		{ 0, 1, 0x800000, 0x1000, 2, 0, "a TD HOB or temporary memory with data" },
		{ 0, 0, 0x80a000, 0x1000, 3, 0, "TDVF sections overlap" },
		{ 0, 0, 0xffffd000, 0x2000, 3, 0, "TDVF sections overlap" },
		{ 0, 0, 0x800000, 0x1000, 2, 0, "not exactly one TD HOB section" },
		{ 0, 0, 0x10000000, 0x10000000, 3, 0, "TDVF sections of more than 256 MiB" },
	};
	uint8_t out[MRTD_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_tdx();
		tdx_section(2, cases[i].offset, cases[i].raw, cases[i].gpa, cases[i].size,
			    cases[i].type, cases[i].attributes);
		assert_string_equal(tdx(out), cases[i].why);
	}
	make_tdx();
	tdx_section(1, 0, 0, 0x809000, 0x2000, 3, 0);
	assert_string_equal(tdx(out), "not exactly one TD HOB section");
}

/* What the guest must accept, and what has no memory, is not part of MRTD; where a page is, is. */
static void tdx_unmeasured(void **state)
{
	uint8_t all[MRTD_SIZE], out[MRTD_SIZE];

	make_tdx();
	le_put(image + META_AT + 4, 16 + 32 * 2, 4);
	le_put(image + META_AT + 12, 2, 4);
	tdx_section(0, 0, 4096, 0xffffe000, 0x2000, 0, 1); /* the metadata are not in it */
	GOOD(tdx(all));
	le_put(image + META_AT + 4, 16 + 32 * 3, 4);
	le_put(image + META_AT + 12, 3, 4);
	tdx_section(2, 0, 0, 0, 0x80000000000, 4, 2);
	assert_string_equal(tdx(out), "TDVF sections overlap");
	tdx_section(2, 0, 0, 0x100000000, 0x80000000000, 4, 2);
	GOOD(tdx(out));
	assert_memory_equal(out, all, MRTD_SIZE);
	tdx_section(2, 0, 64, 0, 0, 7, 0);
	GOOD(tdx(out));
	assert_memory_equal(out, all, MRTD_SIZE);
	tdx_section(2, 0, 0, 0x800000, 0x1000, 3, 0);
	GOOD(tdx(out));
	assert_memory_not_equal(out, all, MRTD_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),         cmocka_unit_test(tables),
		cmocka_unit_test(sev_metadata),  cmocka_unit_test(sev_sections),
		cmocka_unit_test(kernel_hashes), cmocka_unit_test(lone_reset_block),
		cmocka_unit_test(cpu_types),     cmocka_unit_test(tdx_metadata),
		cmocka_unit_test(tdx_sections),  cmocka_unit_test(tdx_unmeasured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
