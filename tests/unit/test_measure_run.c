/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Predictions for launches by our own hosts, the register a workload's options end up in, and what
 * is said of a prediction.
 * sources: tools/measure_run.c tools/measure_print.c tools/flash.c tools/measure_cca.c tools/kernel_hashes.c tools/measure_snp.c tools/measure_vmsa.c tools/measure_tdx.c
 * libs: -lcrypto -ljansson
 * flags: -Itools
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verify.h"

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>

#include "le.h"
#include "measure.h"
#include "snp_image.h"

/* ---- what the rest of the tool does ---- */
static uint8_t image[IMAGE_BYTES];

struct bytes file_read(const char *path, size_t max)
{
	uint8_t *copy;

	errno = ENOENT;
	if (strcmp(path, "image") != 0)
		return (struct bytes){ NULL, 0 };
	copy = malloc(sizeof(image));
	memcpy(copy, image, sizeof(image));
	return (struct bytes){ copy, sizeof(image) };
}

const char *host_name(enum host_kind h)
{
	return h == HOST_PLAIN_X86 ? "plain-x86" : "another";
}

bool parse_size(const char *text, uint64_t *bytes)
{
	char *end;

	*bytes = strtoull(text, &end, 0);
	if (*end == 'M')
		*bytes <<= 20;
	return *bytes != 0;
}

/* ---- registers ---- */
static void assert_hex(const uint8_t *data, size_t size, const char *hex)
{
	char got[2 * MEASURE_MAX + 1];

	for (size_t i = 0; i < size; i++)
		snprintf(got + 2 * i, 3, "%02x", data[i]);
	assert_string_equal(got, hex);
}

/*
 * { head -c 32 /dev/zero; printf 'mode=fast' | sha256sum | xxd -r -p; } | sha256sum, and so on with
 * 48 bytes and sha384sum, 64 and sha512sum; the last without text.
 */
static void options_register(void **state)
{
	uint8_t out[64];

	assert_int_equal(measure_options_register(EVLOG_SHA256, "mode=fast", out), 32);
	assert_hex(out, 32, "308a5b790f5c120971f6fceaa1bff1ae249950a47ec622acfb5046b0192987a8");
	assert_int_equal(measure_options_register(EVLOG_SHA384, "mode=fast", out), 48);
	assert_hex(out, 48,
		   "7280e43ba85290cea808382b25555ee27514b0f64bd65dad221cd04e7ca8372e9f8f40b8e7ebc15"
		   "8cf07fcde4409d574");
	assert_int_equal(measure_options_register(EVLOG_SHA512, "", out), 64);
	assert_hex(out, 64,
		   "1441f2db863a70b3287435d61f7d6455cd9add37618d73e8a0a1e92c06f625bb0ed58427268966a"
		   "305c0607864386634920de3aca3538ddb349b27f80f0d6c76");
	assert_int_equal(measure_options_register((enum evlog_hash)4, "", out), 0);
}

/* ---- launches ---- */
static struct run_spec spec(enum host_kind host)
{
	struct run_spec s = { .host = host, .cpus = 3, .mem = "64M" };

	make_image(image);
	return s;
}

static void assert_why(const struct run_spec *s, const char *path, const char *why)
{
	struct measurement m;

	measure_run(s, path, NULL, 0, &m);
	assert_int_equal(m.size, 0);
	assert_non_null(strstr(m.why, why));
}

static void run_refusals(void **state)
{
	struct run_spec s = spec(HOST_SNP);

	assert_why(&s, "nothing", "cannot read nothing: No such file");
	s.host = HOST_TDX;
	assert_why(&s, "image", "the image has no TDX metadata");
	s.host = HOST_PLAIN_X86;
	assert_why(&s, "image", "host plain-x86 measures nothing");
	s.host = HOST_CCA;
	assert_why(&s, "image", "the RIM depends on the devicetree");
	s.ram_base = "0";
	assert_why(&s, "image", "is no size");
	s = spec(HOST_CCA);
	s.mem = "0";
	assert_why(&s, "image", "is no size");
}

static void run_snp(void **state)
{
	struct snp_launch_input in = {
		.mode = MODE_SNP, .vcpus = 3, .signature = SNP_SIGNATURE_MAX, .features = 1
	};
	struct run_spec s = spec(HOST_SNP);
	struct measurement m;
	uint8_t want[SNP_DIGEST];

	measure_run(&s, "image", NULL, 0, &m);
	assert_null(measure_snp(&in, (struct bytes){ image, sizeof(image) }, want));
	assert_int_equal(m.size, SNP_DIGEST);
	assert_memory_equal(m.value, want, SNP_DIGEST);
	assert_non_null(strstr(m.depends, "image: 8192 bytes, sha256 "));
	assert_non_null(strstr(m.depends, "\ncpus: 3\nvcpu-sig: 0x60fb1 (max)\nfeatures: 0x1\n"));
}

/* Every option of `postern run` that is in the RIM, apart from the devicetree, changes it. */
static void run_cca(void **state)
{
	static const struct {
		const char *mem, *ram_base, *ripas, *dtb, *hash;
		unsigned ipa_bits;
		const char *depends;
	} cases[] = {
		{ "64M", NULL, NULL, NULL, NULL, 0,
		  "ipa-bits: 33\nram-base: 0x40000000\nmem: 0x4000000\n" },
		{ "66M", NULL, NULL, NULL, NULL, 0, "mem: 0x4200000\nripas: all\n" },
		{ "64M", "0x80000000", NULL, "high", NULL, 0, "ram-base: 0x80000000\n" },
		{ "64M", NULL, "image", NULL, NULL, 0, "ripas: image\n" },
		{ "64M", NULL, "all", "after", NULL, 0, "dtb-base: 0x40004000\n" },
		{ "64M", NULL, NULL, "low", NULL, 0, "entry: 0x40200000\ndtb-base: 0x40000000\n" },
		{ "64M", NULL, NULL, NULL, "sha512", 0, "hash: sha512\n" },
		{ "64M", NULL, NULL, NULL, "sha256", 34, "hash: sha256\nipa-bits: 34\n" },
	};
	static const uint8_t tree[100] = { 0xd0 };
	struct measurement m[ARRAY_SIZE(cases)];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_spec s = spec(HOST_CCA);

		memset(image, 0, sizeof(image));
		memcpy(image + 0x38, "ARM\x64", 4);
		le_put(image + 0x10, 0x4000, 8);
		s.mem = cases[i].mem;
		s.ram_base = cases[i].ram_base;
		s.ripas = cases[i].ripas;
		s.dtb = cases[i].dtb;
		s.hash = cases[i].hash;
		s.ipa_bits = cases[i].ipa_bits;
		measure_run(&s, "image", tree, sizeof(tree), &m[i]);
		assert_string_equal(m[i].why, "");
		assert_int_equal(m[i].size, i == 6 ? 64 : 32);
		assert_non_null(strstr(m[i].depends, cases[i].depends));
		assert_non_null(strstr(m[i].depends, "devicetree: 100 bytes, sha256 "));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(m[i].value, m[j].value, 32);
	}
}

/* What is said of a launch is what it depends on, and no more. */
static void said(struct launch *l, const char *platform, const char *there, const char *not_there)
{
	struct measurement m;

	l->image = (struct bytes){ image, sizeof(image) };
	measure_launch(l, &m);
	assert_string_equal(m.why, "");
	assert_string_equal(launch_platform_name(l), platform);
	assert_non_null(strstr(m.depends, there));
	assert_null(strstr(m.depends, not_there));
	assert_non_null(strstr(launch_independent(l), "memory"));
}

static void descriptions(void **state)
{
	static const uint8_t digest[SNP_DIGEST] = { 1 };
	struct launch l;

	make_image(image);
	launch_defaults(&l, LAUNCH_SNP);
	l.snp.mode = MODE_SEV;
	said(&l, "sev", "mode: sev\n", "cpus");
	l.snp.mode = MODE_SEV_ES;
	said(&l, "sev-es", "cpus: 2\nvcpu-sig", "features");
	l.snp.vmm = VMM_GCE;
	said(&l, "sev-es", "vmm: gce\n", "vcpu-sig");
	launch_defaults(&l, LAUNCH_SNP);
	l.cpu = NULL;
	l.snp.firmware_digest = digest;
	said(&l, "snp", "firmware-digest: given", "(max)");
	/* a place for kernel hashes, instead of the reset block */
	image_put(image, TABLE_TOTAL, 18 + 22 + 26, 2);
	image_put(image, RESET_ENTRY + 4, 26, 2);
	flash_guid("7255371f-3a3b-4b04-927b-1da6efa8d454", image + RESET_ENTRY + 6);
	image_put(image, RESET_ENTRY - 4, 0x804c00, 4);
	l.snp.kernel = true;
	said(&l, "snp", "initrd: 0 bytes, sha256 e3b0c44298fc1c14...\nappend: \n", "image: ");
	l.snp.cmdline = "quiet";
	said(&l, "snp", "append: quiet\n", "image: ");
	launch_defaults(&l, LAUNCH_CCA);
	memset(image, 0, sizeof(image));
	memcpy(image + 0x38, "ARM\x64", 4);
	l.cca.dtb = (struct bytes){ digest, sizeof(digest) };
	said(&l, "cca", "num-bps: 5\nnum-wps: 3\n", "sve");
	l.cca.params.sve_vl = 1;
	l.cca.params.pmu_num_ctrs = 6;
	said(&l, "cca", "pmu-ctrs: 6\nsve-vl: 1\n", "cpus");
}

/* ---- output ---- */
static char *text_of(void (*print)(FILE *, const struct measure_output *),
		     const struct measure_output *o)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	print(f, o);
	fclose(f);
	return text;
}

static void output(void **state)
{
	struct measurement m = { .size = 2, .value = { 0xab, 0x01 }, .depends = "a: b: c\nd: e\n" };
	struct measure_output o = { .platform = "tdx",
				    .m = &m,
				    .independent = "x\ny\n",
				    .registers = 1,
				    .reg = { { "rtmr2", 1, { 0x7f }, "options: z" } } };
	char *text = text_of(measure_print, &o);
	json_t *j;

	assert_string_equal(text, "platform: tdx\nmeasurement: ab01\nrtmr2: 7f\n"
				  "# the measurement depends on\n#   a: b: c\n#   d: e\n"
				  "# rtmr2 depends on\n#   options: z\n"
				  "# the measurement does not depend on\n#   x\n#   y\n");
	free(text);
	text = text_of(measure_json, &o);
	j = json_loads(text, 0, NULL);
	free(text);
	assert_string_equal(json_string_value(json_object_get(j, "measurement")), "ab01");
	assert_string_equal(json_string_value(json_object_get(j, "rtmr2")), "7f");
	assert_string_equal(json_string_value(json_object_get(json_object_get(j, "depends"), "a")),
			    "b: c");
	assert_int_equal(json_array_size(json_object_get(j, "independent")), 2);
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_register), cmocka_unit_test(run_refusals),
		cmocka_unit_test(run_snp),          cmocka_unit_test(run_cca),
		cmocka_unit_test(descriptions),     cmocka_unit_test(output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
