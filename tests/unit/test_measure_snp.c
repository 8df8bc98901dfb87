/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * SEV launch measurements against the golden digests of sev-snp-measure, a traced chain and VMSA
 * pages.
 * sources: tools/flash.c tools/kernel_hashes.c tools/measure_snp.c tools/measure_vmsa.c
 * libs: -lcrypto
 * flags: -Itools
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure_launch.h"
#include "vectors.h"

#define SIGNATURE_EPYC 0x800f12
#define AP_RESET       0x80b004

static unsigned from_hex(const char *text, uint8_t *out, unsigned max)
{
	unsigned n = 0, byte;

	while (n < max && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static uint8_t image[2][VECTOR_MAX];

static struct bytes load(const char *name, unsigned slot)
{
	char path[128];
	size_t n;

	snprintf(path, sizeof(path), "snp/measure/%s", name);
	n = read_file(vectors_path(path), image[slot], sizeof(image[slot]));
	return (struct bytes){ image[slot], n };
}

/* ---- golden.json: a flat list of rows; one "key": value a line ---- */
/* Text value of a key in the row [row, end); false: absent or null. */
static bool text_value(const char *row, const char *end, const char *key, char *out, size_t max)
{
	char quoted[64];
	const char *p;
	size_t n = 0;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	p = strstr(row, quoted);
	if (p == NULL || p >= end)
		return false;
	p += strlen(quoted);
	if (strncmp(p, "null", 4) == 0)
		return false;
	if (*p == '"')
		p++;
	while (p < end && *p != '"' && *p != ',' && *p != '\n' && n + 1 < max)
		out[n++] = *p++;
	out[n] = '\0';
	return true;
}

/* false: an SVSM row, whose files are not among the vectors. */
static bool read_row(const char *row, const char *end, struct snp_launch_input *in,
		     struct bytes *firmware, uint8_t *start, char *cmdline)
{
	char text[256];

	*in = (struct snp_launch_input){ .vmm = VMM_QEMU };
	assert_true(text_value(row, end, "mode", text, sizeof(text)));
	if (strcmp(text, "SevMode.SEV_SNP_SVSM") == 0)
		return false;
	in->mode = strcmp(text, "SevMode.SEV") == 0      ? MODE_SEV
		   : strcmp(text, "SevMode.SEV_ES") == 0 ? MODE_SEV_ES
							 : MODE_SNP;
	assert_true(text_value(row, end, "vmm_type", text, sizeof(text)));
	if (strcmp(text, "VMMType.ec2") == 0)
		in->vmm = VMM_EC2;
	else if (strcmp(text, "VMMType.gce") == 0)
		in->vmm = VMM_GCE;
	else
		assert_string_equal(text, "VMMType.QEMU");
	assert_true(text_value(row, end, "vcpus", text, sizeof(text)));
	in->vcpus = (unsigned)strtoul(text, NULL, 0);
	if (text_value(row, end, "vcpu_sig", text, sizeof(text)))
		in->signature = (uint32_t)strtoul(text, NULL, 0);
	assert_true(text_value(row, end, "guest_features", text, sizeof(text)));
	in->features = strtoull(text, NULL, 0);
	in->kernel = text_value(row, end, "kernel", text, sizeof(text)); /* always /dev/null */
	if (text_value(row, end, "append", cmdline, 256))
		in->cmdline = cmdline;
	if (text_value(row, end, "snp_ovmf_hash_str", text, sizeof(text)) && text[0] != '\0') {
		assert_int_equal(from_hex(text, start, 48), 48);
		in->firmware_digest = start;
	}
	assert_true(text_value(row, end, "ovmf_file", text, sizeof(text)));
	*firmware = load(text, 0);
	assert_int_equal(firmware->size, 4096);
	return true;
}

static void golden_rows(void **state)
{
	static char json[VECTOR_MAX];
	unsigned rows = 0;
	const char *row, *end;
	size_t n = read_file(vectors_path("snp/measure/golden.json"), (unsigned char *)json,
			     sizeof(json) - 1);

	if (n == 0)
		SKIP_WITHOUT("snp/measure/golden.json");
	json[n] = '\0';
	for (row = strstr(json, "\"rows\""); (row = strchr(row, '{')) != NULL; row = end) {
		uint8_t start[48], expected[48], got[48];
		char text[256], cmdline[256];
		struct snp_launch_input in;
		struct bytes firmware;
		unsigned size;

		end = strchr(row, '}');
		assert_non_null(end);
		if (!read_row(row, end, &in, &firmware, start, cmdline))
			continue;
		assert_true(text_value(row, end, "digest", text, sizeof(text)));
		size = from_hex(text, expected, sizeof(expected));
		assert_int_equal(size, in.mode == MODE_SNP ? 48 : 32);
		assert_null(measure_snp(&in, firmware, got));
		assert_memory_equal(got, expected, size);
		rows++;
	}
	assert_int_equal(rows, 23);
}

/* ---- the trace: "type gpa contents digest" a line ---- */
struct trace {
	FILE *f;
	unsigned steps;
	uint8_t start[48];
};

static bool next_line(struct trace *t, char *line, size_t size)
{
	while (fgets(line, (int)size, t->f) != NULL) {
		if (line[0] != '#')
			return true;
		if (strstr(line, "): ") != NULL)
			from_hex(strstr(line, "): ") + 3, t->start, 48);
	}
	return false;
}

static void compare_step(void *arg, unsigned type, uint64_t gpa, const uint8_t contents[48],
			 const uint8_t digest[48])
{
	struct trace *t = arg;
	char line[512], first[97], second[97];
	unsigned long long want_gpa;
	uint8_t bytes[48];
	unsigned want_type;

	assert_true(next_line(t, line, sizeof(line)));
	assert_int_equal(sscanf(line, "%u %llx %96s %96s", &want_type, &want_gpa, first, second),
			 4);
	assert_int_equal(type, want_type);
	assert_int_equal(gpa, want_gpa);
	assert_int_equal(from_hex(first, bytes, 48), 48);
	assert_memory_equal(contents, bytes, 48);
	assert_int_equal(from_hex(second, bytes, 48), 48);
	assert_memory_equal(digest, bytes, 48);
	t->steps++;
}

static void traced_chain(void **state)
{
	struct bytes firmware = load("ovmf_AmdSev_suffix.bin", 0);
	const char *path = vectors_path("snp/measure/trace_snp_AmdSev_2vcpu_feat1.txt");
	struct trace t = { .f = fopen(path, "r") };
	struct snp_launch_input in = {
		.mode = MODE_SNP,
		.vcpus = 2,
		.signature = SIGNATURE_EPYC,
		.features = 1,
		.kernel = true,
		.firmware_digest = t.start,
		.step = compare_step,
		.arg = &t,
	};
	char line[512];
	uint8_t got[48];
	long begin;

	if (t.f == NULL || firmware.size == 0)
		SKIP_WITHOUT(path);
	assert_true(next_line(&t, line, sizeof(line))); /* the start digest stands in a comment */
	begin = (long)strlen(line);
	assert_int_equal(fseek(t.f, -begin, SEEK_CUR), 0);
	assert_null(measure_snp(&in, firmware, got));
	assert_int_equal(t.steps, 33);
	assert_false(next_line(&t, line, sizeof(line)));
	fclose(t.f);
}

static void vmsa_pages(void **state)
{
	static const struct {
		const char *name;
		uint32_t eip;
		uint64_t features;
	} pages[] = {
		{ "vmsa_qemu_EPYCv4_feat1_bsp.bin", 0xfffffff0, 0x1 },
		{ "vmsa_qemu_EPYCv4_feat1_ap.bin", AP_RESET, 0x1 },
		{ "vmsa_qemu_EPYCv4_feat21_bsp.bin", 0xfffffff0, 0x21 },
		{ "vmsa_qemu_EPYCv4_feat21_ap.bin", AP_RESET, 0x21 },
	};
	uint8_t got[4096];

	for (unsigned i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct bytes page = load(pages[i].name, 0);

		if (page.size == 0)
			SKIP_WITHOUT(pages[i].name);
		assert_int_equal(page.size, 4096);
		measured_vmsa(got, VMM_QEMU, pages[i].eip, SIGNATURE_EPYC, pages[i].features);
		assert_memory_equal(got, page.data, 4096);
	}
}

/* A kernel that nobody would measure is no measurement. */
static void kernel_without_place(void **state)
{
	struct snp_launch_input in = { .mode = MODE_SNP, .vcpus = 1, .kernel = true };
	struct bytes suffix = load("ovmf_OvmfX64_suffix.bin", 1);
	uint8_t got[48];

	if (suffix.size == 0)
		SKIP_WITHOUT("snp/measure/ovmf_OvmfX64_suffix.bin");
	assert_string_equal(measure_snp(&in, suffix, got),
			    "the image has no section for kernel hashes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_rows),
		cmocka_unit_test(traced_chain),
		cmocka_unit_test(vmsa_pages),
		cmocka_unit_test(kernel_without_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
