/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The RIM calculator against values other implementations computed ($VECTORS/cca/rim), what enters
 * it and what does not, and launches that cannot be.
 * sources: tools/flash.c tools/measure_cca.c
 * libs: -lcrypto -ljansson
 * flags: -Itools
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "le.h"
#include "measure_launch.h"
#include "vectors.h"

static void assert_rim(const struct rim *r, const char *hex)
{
	char got[129];

	for (size_t i = 0; i < r->size; i++)
		snprintf(got + 2 * i, 3, "%02x", r->value[i]);
	assert_string_equal(got, hex);
	for (size_t i = r->size; i < 64; i++)
		assert_int_equal(r->value[i], 0);
}

/* ---- the vector file ---- */
static uint64_t number(const json_t *in, const char *key)
{
	const json_t *v = json_object_get(in, key);

	assert_non_null(v);
	return json_is_integer(v) ? (uint64_t)json_integer_value(v)
				  : strtoull(json_string_value(v), NULL, 0);
}

static const char *text(const json_t *in, const char *key)
{
	const char *v = json_string_value(json_object_get(in, key));

	assert_non_null(v);
	return v;
}

static void load_dtb(uint8_t content[65536])
{
	char command[4200];
	FILE *gz;

	snprintf(command, sizeof(command), "gzip -dc '%s'",
		 vectors_path("cca/rim/kvmtool-512M-1cpu.dtb.gz"));
	gz = popen(command, "r");
	assert_non_null(gz);
	assert_int_equal(fread(content, 1, 65536, gz), 65536);
	pclose(gz);
}

static void data_op(struct rim *r, const json_t *op)
{
	static uint8_t content[65536];
	uint64_t ipa = number(op, "ipa"), granules = number(op, "granules");

	assert_true(granules * 4096 <= sizeof(content));
	memset(content, 0, sizeof(content));
	if (strncmp(text(op, "content"), "kvmtool-512M-1cpu.dtb", 21) == 0) {
		load_dtb(content);
	} else {
		assert_non_null(strstr(text(op, "content"), "\"FW CONTENT\""));
		memcpy(content, "FW CONTENT", 10);
	}
	for (uint64_t g = 0; g < granules; g++)
		rim_data(r, ipa + g * 4096, number(op, "measure") == 1, content + g * 4096);
}

static void run_op(struct rim *r, const json_t *op)
{
	const char *name = text(op, "op");
	uint64_t gprs[8];

	if (strcmp(name, "init_ripas") == 0) {
		/* the calculator finds the size of the entries itself */
		assert_int_equal(number(op, "entry_size"), 0x200000);
		assert_true(rim_ripas(r, number(op, "base"), number(op, "top")));
	} else if (strcmp(name, "data_create") == 0) {
		data_op(r, op);
	} else {
		assert_string_equal(name, "rec_create");
		for (size_t i = 0; i < 8; i++) {
			const json_t *v = json_array_get(json_object_get(op, "gprs"), i);

			gprs[i] = strtoull(json_string_value(v), NULL, 0);
		}
		rim_rec(r, number(op, "flags"), number(op, "pc"), gprs);
	}
}

static void run_vector(const json_t *v)
{
	const json_t *params = json_object_get(v, "params"), *op;
	const char *alg = text(v, "alg");
	struct rim_params p = {
		.flags = number(params, "flags"),
		.s2sz = (uint8_t)number(params, "s2sz"),
		.sve_vl = (uint8_t)number(params, "sve_vl"),
		.num_bps = (uint8_t)number(params, "num_bps"),
		.num_wps = (uint8_t)number(params, "num_wps"),
		.pmu_num_ctrs = (uint8_t)number(params, "pmu_num_ctrs"),
		.hash = strcmp(alg, "sha256") == 0   ? RIM_SHA256
			: strcmp(alg, "sha384") == 0 ? RIM_SHA384
						     : RIM_SHA512,
	};
	struct rim r;
	size_t i;

	rim_create(&r, &p);
	json_array_foreach(json_object_get(v, "ops"), i, op) run_op(&r, op);
	assert_rim(&r, text(v, "rim"));
}

static void vector_file(void **state)
{
	const char *path = vectors_path("cca/rim/rim-vectors.json");
	json_t *file = json_load_file(path, 0, NULL), *v;
	size_t i;

	if (file == NULL)
		SKIP_WITHOUT(path);
	json_array_foreach(json_object_get(file, "vectors"), i, v) run_vector(v);
	assert_int_equal(i, 18);
	json_decref(file);
}

/* ---- events ---- */
static struct rim created(unsigned s2sz)
{
	struct rim_params p = { .s2sz = (uint8_t)s2sz, .num_bps = 1, .num_wps = 1 };
	struct rim r;

	rim_create(&r, &p);
	return r;
}

static bool same(const struct rim *a, const struct rim *b)
{
	return memcmp(a->value, b->value, 64) == 0;
}

static void events(void **state)
{
	static const uint64_t gprs[8] = { 1 };
	static uint8_t page[4096];
	struct rim a = created(33), b = a;

	rim_rec(&b, 0, 0x1000, gprs); /* not runnable: no event */
	assert_true(same(&a, &b));
	rim_data(&a, 0x1000, false, page); /* not measured, but there */
	assert_false(same(&a, &b));
	page[7] = 1;
	rim_data(&b, 0x1000, false, page);
	assert_true(same(&a, &b));
	rim_data(&a, 0x2000, true, page);
	rim_data(&b, 0x2000, false, page);
	assert_false(same(&a, &b));
}

/* One range in two calls is the same entries; from the middle of an entry it is smaller ones. */
static void ripas_entries(void **state)
{
	struct rim whole = created(40), parts = created(40), small = created(40);

	assert_true(rim_ripas(&whole, 0x80000000, 0xc0000000));
	assert_int_equal(whole.tables, 0); /* one entry of 1 GiB */
	assert_true(rim_ripas(&parts, 0x80000000, 0xa0000000));
	assert_true(rim_ripas(&parts, 0xa0000000, 0xc0000000));
	assert_int_equal(parts.tables, 1); /* 512 of 2 MiB */
	assert_false(same(&whole, &parts));
	assert_true(rim_ripas(&small, 0x80000000, 0x80001000));
	assert_int_equal(small.tables, 2);
	/* The tables are there now: what would be an entry of 2 MiB is pages. */
	assert_true(rim_ripas(&small, 0x80001000, 0x80200000));
	assert_true(rim_ripas(&small, 0x80200000, 0xc0000000));
	assert_int_equal(small.tables, 2);
	assert_false(same(&parts, &small));
	assert_false(rim_ripas(&small, 0x80000800, 0x80001000)); /* no entry is half a page */
}

static void too_many_tables(void **state)
{
	struct rim r = created(34);
	uint64_t at = 0;

	for (; at < 64; at++)
		assert_true(rim_ripas(&r, at << 21, (at << 21) + 0x1000));
	assert_false(rim_ripas(&r, at << 21, (at << 21) + 0x1000));
}

/* ---- launches ---- */
static uint8_t image[8192], tree[300];

static struct cca_launch launch(void)
{
	struct cca_launch l;

	memset(image, 0, sizeof(image));
	memcpy(image + 0x38, "ARM\x64", 4);
	le_put(image + 0x10, 0x3800, 8); /* .bss behind the file */
	memset(tree, 0xd0, sizeof(tree));
	cca_launch_defaults(&l);
	l.image = (struct bytes){ image, sizeof(image) };
	l.dtb = (struct bytes){ tree, sizeof(tree) };
	return l;
}

/* The same, event by event. */
static void in_order(void **state)
{
	struct cca_launch l = launch();
	uint64_t gprs[8] = { 0x5fe00000 };
	uint8_t got[64], page[4096] = { 0 };
	struct rim want;
	size_t size;

	assert_null(measure_cca(&l, got, &size));
	assert_int_equal(size, 32);
	assert_int_equal(l.dtb_base, 0x5fe00000);
	assert_int_equal(l.entry, 0x40000000);
	rim_create(&want, &l.params);
	for (uint64_t at = 0x40000000; at < 0x60000000; at += 0x200000)
		assert_true(rim_ripas(&want, at, at + 0x200000));
	rim_data(&want, 0x40000000, true, image);
	rim_data(&want, 0x40001000, true, image + 4096);
	memcpy(page, tree, sizeof(tree));
	for (uint64_t at = 0; at < 0x10000; at += 4096) {
		rim_data(&want, 0x5fe00000 + at, true, page);
		memset(page, 0, sizeof(page));
	}
	rim_rec(&want, REC_RUNNABLE, 0x40000000, gprs);
	assert_memory_equal(got, want.value, 32);
}

static void places(void **state)
{
	static const struct {
		enum cca_dtb place;
		uint64_t given, dtb, entry;
	} cases[] = {
		{ CCA_DTB_HIGH, 0, 0x5fe00000, 0x40000000 },
		{ CCA_DTB_AFTER, 0, 0x40004000, 0x40000000 },
		{ CCA_DTB_LOW, 0, 0x40000000, 0x40200000 },
		{ CCA_DTB_AT, 0x4fe00000, 0x4fe00000, 0x40000000 },
	};
	uint8_t got[64], last[64] = { 0 };
	size_t size;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct cca_launch l = launch();

		l.dtb_place = cases[i / 2].place;
		l.dtb_base = cases[i / 2].given;
		l.ripas_image = i % 2 == 1;
		assert_null(measure_cca(&l, got, &size));
		assert_int_equal(l.dtb_base, cases[i / 2].dtb);
		assert_int_equal(l.entry, cases[i / 2].entry);
		assert_memory_not_equal(got, last, 32);
		memcpy(last, got, 32);
	}
}

static void refused(struct cca_launch l, const char *why)
{
	uint8_t got[64];
	size_t size;

	assert_string_equal(measure_cca(&l, got, &size), why);
}

static void bad_images(void **state)
{
	struct cca_launch l = launch();

	l.image.size = 63;
	refused(l, "the image is no arm64 Image");
	l = launch();
	image[0x38] = 'M';
	refused(l, "the image is no arm64 Image");
	l = launch();
	le_put(image + 0x08, 0x800, 8);
	refused(l, "the image's offset is not page aligned");
	l = launch();
	le_put(image + 0x08, 0x1fffd000, 8); /* one page too far */
	refused(l, "the image does not fit into RAM");
	le_put(image + 0x08, ~0xfffULL, 8);
	refused(l, "the image does not fit into RAM");
	l = launch();
	le_put(image + 0x10, ~0ULL, 8);
	refused(l, "the image does not fit into RAM");
	/* as a header from before Linux 3.17 says nothing of its size */
	l = launch();
	le_put(image + 0x10, 0, 8);
	l.ram_size = 0x80000;
	l.dtb_room = 0x1000;
	refused(l, "the image does not fit into RAM");
}

static void bad_trees(void **state)
{
	struct cca_launch l = launch();

	l.dtb.size = 0;
	refused(l, "the RIM depends on the devicetree, and none is given");
	l = launch();
	l.dtb_room = 0x800;
	refused(l, "the devicetree's room is no number of pages in RAM");
	l.dtb_room = 0;
	refused(l, "the devicetree's room is no number of pages in RAM");
	l.dtb_room = 0x20001000;
	refused(l, "the devicetree's room is no number of pages in RAM");
	l = launch();
	l.dtb_room = 0x1000;
	l.dtb.size = 0x1001;
	refused(l, "the devicetree is larger than its room");
	l = launch();
	l.dtb_place = CCA_DTB_AT;
	l.dtb_base = 0x40003000;
	refused(l, "devicetree and image overlap");
	l.dtb_base = 0x50000800;
	refused(l, "the devicetree is not page aligned");
	l.dtb_base = 0x3ffff000;
	refused(l, "the devicetree does not fit into RAM");
	l.dtb_base = 0x5fff1000;
	refused(l, "the devicetree does not fit into RAM");
	l.dtb_base = ~0xfffULL;
	refused(l, "the devicetree does not fit into RAM");
}

static void bad_machines(void **state)
{
	struct cca_launch l = launch();

	l.params.s2sz = 31;
	refused(l, "no realm has that IPA width");
	l.params.s2sz = 49;
	refused(l, "no realm has that IPA width");
	l = launch();
	l.ram_base = 0x40000800;
	refused(l, "RAM is not page aligned");
	l = launch();
	l.ram_size = 0;
	refused(l, "RAM does not fit into the protected half of the IPA space");
	l.ram_size = 0xc0001000;
	refused(l, "RAM does not fit into the protected half of the IPA space");
	l = launch();
	l.ram_base = ~0xfffULL;
	refused(l, "RAM does not fit into the protected half of the IPA space");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_file),   cmocka_unit_test(events),
		cmocka_unit_test(ripas_entries), cmocka_unit_test(too_many_tables),
		cmocka_unit_test(in_order),      cmocka_unit_test(places),
		cmocka_unit_test(bad_images),    cmocka_unit_test(bad_trees),
		cmocka_unit_test(bad_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
