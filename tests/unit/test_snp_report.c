/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Reader of SNP reports and certificate tables: what real hardware and our own model issued, cut
 * at every length, and damaged in every field that has a form.
 * sources: attest/snp_report.c hosts/x86/snp/report.c hosts/x86/snp/certs.c lib/status.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attest.h"
#include "fake_psp.h"
#include "vectors.h"

struct psp_guest psp_guest;

static u8 file[VECTOR_MAX], report[SNP_REPORT_SIZE];

/* A copy of exactly that size on the heap: ASan sees one byte too far. */
static enum status parse_copy(const u8 *data, size_t n)
{
	u8 *copy = malloc(n + (n == 0));
	struct snp_report r;
	enum status st;

	memcpy(copy, data, n);
	st = snp_report_parse(copy, n, &r);
	if (st == ST_OK) {
		snp_report_check_form(&r);
		snp_report_check_signed(&r);
	}
	free(copy);
	return st;
}

static enum status certs_copy(const u8 *table, size_t n, struct snp_certs *c)
{
	u8 *copy = malloc(n + (n == 0));
	enum status st;

	memcpy(copy, table, n);
	st = snp_certs_parse(copy, n, c);
	free(copy);
	return st;
}

/* ---- reports ---- */
static void make_report(enum fault_id fault)
{
	u8 request[SNP_REPORT_REQ_SIZE] = { 0 }, response[SNP_REPORT_RSP_SIZE];

	fake.fault = fault;
	psp_guest.policy = 0x30000;
	memset(psp_guest.digest, 0x4d, sizeof(psp_guest.digest));
	memset(psp_guest.report_id, 0x1d, sizeof(psp_guest.report_id));
	for (unsigned i = 0; i < SNP_REPORT_DATA_SIZE; i++)
		request[i] = (u8)(i + 1);
	request[SNP_REPORT_REQ_VMPL] = 2;
	psp_report(1, request, response);
	assert_int_equal(response[SNP_REPORT_RSP_STATUS], 0);
	memcpy(report, response + SNP_REPORT_RSP_REPORT, sizeof(report));
	fake.fault = 0;
}

static enum status form(void)
{
	struct snp_report r;

	assert_int_equal(snp_report_parse(report, sizeof(report), &r), ST_OK);
	return snp_report_check_form(&r);
}

static enum status is_signed(void)
{
	struct snp_report r;

	assert_int_equal(snp_report_parse(report, sizeof(report), &r), ST_OK);
	return snp_report_check_signed(&r);
}

static void own_report(void **state)
{
	struct snp_report r;

	make_report(0);
	assert_int_equal(snp_report_parse(report, sizeof(report), &r), ST_OK);
	assert_int_equal(r.version, 3);
	assert_int_equal(r.policy, 0x30000);
	assert_int_equal(r.vmpl, 2);
	assert_int_equal(r.signature_algo, 1);
	assert_int_equal(r.family, 0x19);
	assert_true(r.current_tcb != 0 && r.current_tcb == r.reported_tcb);
	assert_int_equal(r.report_data.size, 64);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(r.report_data.data[i], i + 1);
	assert_int_equal(r.measurement.size, 48);
	assert_memory_equal(r.measurement.data, psp_guest.digest, 48);
	assert_memory_equal(r.report_id.data, psp_guest.report_id, 32);
	assert_int_equal(r.signed_part.size, 0x2a0);
	assert_ptr_equal(r.r.data, report + 0x2a0);
	assert_ptr_equal(r.s.data, report + 0x2a0 + 72);
	assert_int_equal(form(), ST_OK);
	assert_int_equal(is_signed(), ST_OK);
}

static void faults_show(void **state)
{
	static const struct {
		enum fault_id fault;
		enum status form, is_signed;
	} cases[] = {
		{ FAULT_REPORT_VERSION, ST_UNSUPPORTED, ST_OK },
		{ FAULT_REPORT_ALGORITHM, ST_UNSUPPORTED, ST_OK },
		{ FAULT_REPORT_POLICY, ST_CORRUPT, ST_OK },
		{ FAULT_REPORT_RESERVED, ST_CORRUPT, ST_OK },
		{ FAULT_REPORT_UNSIGNED, ST_OK, ST_CORRUPT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_report(cases[i].fault);
		assert_int_equal(form(), cases[i].form);
		assert_int_equal(is_signed(), cases[i].is_signed);
	}
}

/* Binary, or hex text. */
static bool load_report(const char *name)
{
	size_t n = read_file(vectors_path(name), file, sizeof(file) - 1);
	unsigned byte;

	file[n] = '\0';
	for (unsigned i = 0; i < sizeof(report) && n >= 2 * sizeof(report); i++)
		if (sscanf((char *)file + 2 * i, "%2x", &byte) == 1)
			report[i] = (u8)byte;
	if (n == sizeof(report))
		memcpy(report, file, n);
	return n > 0;
}

static void real_reports(void **state)
{
	static const struct {
		const char *name;
		u32 version;
		u64 policy;
		u8 family;
	} samples[] = {
		{ "snp/reports/report_milan.hex", 2, 0x30000, 0 },
		{ "snp/reports/attestation.bin", 2, 0xb0000, 0 },
		{ "snp/reports/oak_milan_oc_release_report.bin", 3, 0x30000, 0x19 },
		{ "snp/reports/oak_genoa_oc_report.bin", 5, 0x30000, 0x19 },
	};
	struct snp_report r;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		if (!load_report(samples[i].name))
			SKIP_WITHOUT(vectors_path(samples[i].name));
		assert_int_equal(snp_report_parse(report, sizeof(report), &r), ST_OK);
		assert_int_equal(r.version, samples[i].version);
		assert_int_equal(r.policy, samples[i].policy);
		assert_int_equal(r.family, samples[i].family);
		assert_int_equal(r.signature_algo, 1);
		assert_int_equal(form(), ST_OK);
		assert_int_equal(is_signed(), ST_OK);
	}
}

static void every_length(void **state)
{
	make_report(0);
	for (size_t n = 0; n < sizeof(report); n++)
		assert_int_equal(parse_copy(report, n), ST_TRUNCATED);
	assert_int_equal(parse_copy(report, sizeof(report)), ST_OK);
}

/* Each byte set alone: is it reserved in that version? Bounds as the sheet's table has them. */
static bool is_reserved(unsigned at, unsigned version)
{
	if ((at >= 0x4c && at < 0x50) || (at >= 0x18b && at < 0x1a0) || at == 0x1eb || at == 0x1ef)
		return version <= 5;
	if (at >= 0x188 && at < 0x18b)
		return version < 3;
	if (at >= 0x1f8 && at < 0x208)
		return version < 5;
	if (at >= 0x208 && at < 0x2a0)
		return version <= 5;
	return at >= 0x2a0 + 144;
}

static void reserved_bytes(void **state)
{
	for (unsigned version = 2; version <= 6; version++) {
		for (unsigned at = 0x3c; at < SNP_REPORT_SIZE; at++) {
			memset(report, 0, sizeof(report));
			report[0] = (u8)version;
			report[0x0a] = 2; /* policy bit 17 */
			report[0x34] = 1;
			assert_int_equal(form(), ST_OK);
			report[at] = 0x80;
			if (form() != (is_reserved(at, version) ? ST_CORRUPT : ST_OK))
				fail_msg("version %u, byte 0x%x", version, at);
		}
	}
}

static void signature_form(void **state)
{
	static const u16 component[] = { 0x2a0, 0x2a0 + 72 };

	for (size_t i = 0; i < ARRAY_SIZE(component); i++) {
		u8 *p = report + component[i];

		make_report(0);
		memset(p, 0, 48);
		assert_int_equal(is_signed(), ST_CORRUPT);
		p[47] = 1;
		assert_int_equal(is_signed(), ST_OK);
		p[48] = 1;
		assert_int_equal(is_signed(), ST_CORRUPT);
		p[48] = 0;
		p[71] = 1;
		assert_int_equal(is_signed(), ST_CORRUPT);
	}
}

/* ---- certificate tables ---- */
static u8 table[4096];

static void entry(unsigned index, const char *guid, u32 offset, u32 length)
{
	u8 *e = table + index * SNP_CERT_ENTRY_SIZE;

	for (unsigned i = 0; i < 16; i++) {
		unsigned byte;

		guid += *guid == '-';
		assert_int_equal(sscanf(guid, "%2x", &byte), 1);
		e[i] = (u8)byte;
		guid += 2;
	}
	le_put(e + SNP_CERT_OFFSET, offset, 4);
	le_put(e + SNP_CERT_LENGTH, length, 4);
}

/* Two certificates: a VCEK of 7 bytes at 0x100, an ARK of 131 at 0x200 (long form of length). */
static void make_table(void)
{
	memset(table, 0, sizeof(table));
	entry(0, SNP_CERT_GUID_VCEK, 0x100, 7);
	entry(1, SNP_CERT_GUID_ARK, 0x200, 131);
	memcpy(table + 0x100, "\x30\x05", 2);
	memcpy(table + 0x200, "\x30\x81\x80", 3);
}

static enum status certs(struct snp_certs *c)
{
	return snp_certs_parse(table, sizeof(table), c);
}

static void good_tables(void **state)
{
	struct snp_certs c;

	make_table();
	assert_int_equal(certs(&c), ST_OK);
	assert_int_equal(c.count, 2);
	assert_ptr_equal(c.vcek.data, table + 0x100);
	assert_int_equal(c.vcek.size, 7);
	assert_ptr_equal(c.ark.data, table + 0x200);
	assert_int_equal(c.ark.size, 131);
	assert_null(c.ask.data);
	assert_null(c.vlek.data);
	assert_null(c.crl.data);

	entry(0, SNP_CERT_GUID_VLEK, 0x100, 7);
	entry(1, SNP_CERT_GUID_CRL, 0x200, 131);
	assert_int_equal(certs(&c), ST_OK);
	assert_int_equal(c.vlek.size, 7);
	assert_int_equal(c.crl.size, 131);

	/* A kind we do not know may hold anything. */
	entry(0, "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6", 0x101, 9);
	assert_int_equal(certs(&c), ST_OK);
	assert_int_equal(c.count, 2);
	assert_null(c.vlek.data);

	/* A host without certificates. */
	memset(table, 0, sizeof(table));
	assert_int_equal(certs(&c), ST_OK);
	assert_int_equal(c.count, 0);
}

static void own_table(void **state)
{
	struct blob b = (fake.fault = 0, snp_certificates());
	struct snp_certs c;

	assert_int_equal(snp_certs_parse(b.data, b.size, &c), ST_OK);
	assert_int_equal(c.count, 3);
	assert_true(c.ark.size > 100 && c.ask.size > 100 && c.vcek.size > 100);
	for (size_t n = 0; n < b.size; n++)
		assert_int_not_equal(certs_copy(b.data, n, &c), ST_OK);
	assert_int_equal(certs_copy(b.data, b.size, &c), ST_OK);

	fake.fault = FAULT_CERTS_KIND;
	b = snp_certificates();
	assert_int_equal(snp_certs_parse(b.data, b.size, &c), ST_OK);
	assert_null(c.vcek.data);
	fake.fault = FAULT_CERTS_CUT;
	b = snp_certificates();
	assert_int_equal(snp_certs_parse(b.data, b.size, &c), ST_CORRUPT);
}

static void bad_tables(void **state)
{
	static const struct {
		u32 offset, length;
		enum status expected;
	} places[] = {
		{ 0, 7, ST_OVERLAP },
		{ 71, 7, ST_OVERLAP },
		{ 0x200, 7, ST_OVERLAP },
		{ 0x1fa, 7, ST_OVERLAP },
		{ 0x282, 7, ST_OVERLAP },
		{ 4090, 7, ST_RANGE },
		{ 4097, 0, ST_RANGE },
		{ 0xffffffff, 1, ST_RANGE },
		{ 0x100, 0xffffffff, ST_RANGE },
		{ 0x100, 6, ST_CORRUPT },
		{ 0x100, 8, ST_CORRUPT },
		{ 0x100, 0, ST_CORRUPT },
		{ 0x100, 1, ST_CORRUPT },
		{ 0xfffffffe, 7, ST_RANGE },
	};
	struct snp_certs c;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		make_table();
		/* The second one of the two, so that it can overlap the first. */
		entry(0, SNP_CERT_GUID_ARK, 0x200, 131);
		entry(1, SNP_CERT_GUID_VCEK, places[i].offset, places[i].length);
		if (certs(&c) != places[i].expected)
			fail_msg("0x%x, 0x%x: %s", places[i].offset, places[i].length,
				 status_text(certs(&c)));
	}
	make_table();
	entry(1, SNP_CERT_GUID_VCEK, 0x200, 131);
	assert_int_equal(certs(&c), ST_CORRUPT); /* twice */

	for (unsigned i = 0; i < sizeof(table); i++)
		table[i] = 0x30;
	for (unsigned i = 0; i < sizeof(table) / SNP_CERT_ENTRY_SIZE; i++)
		entry(i, "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6", 0, 0);
	assert_int_equal(certs(&c), ST_TRUNCATED); /* no end */
}

/* Forms of DER's length: short, 0x81, 0x82; no others, and never one that says another size. */
static void der_lengths(void **state)
{
	static const struct {
		u8 head[5];
		u32 size;
		enum status expected;
	} cases[] = {
		{ { 0x30, 0x00 }, 2, ST_OK },
		{ { 0x30, 0x7f }, 0x81, ST_OK },
		{ { 0x31, 0x05 }, 7, ST_CORRUPT },
		{ { 0x30, 0x81 }, 2, ST_CORRUPT },
		{ { 0x30, 0x81, 0x90 }, 0x93, ST_OK },
		{ { 0x30, 0x81, 0x90 }, 0x92, ST_CORRUPT },
		{ { 0x30, 0x82, 0x01 }, 3, ST_CORRUPT },
		{ { 0x30, 0x82, 0x01, 0x23 }, 0x127, ST_OK },
		{ { 0x30, 0x82, 0x01, 0x23 }, 0x128, ST_CORRUPT },
		{ { 0x30, 0x83, 0x00, 0x01, 0x23 }, 0x128, ST_CORRUPT },
		{ { 0x30, 0x80 }, 2, ST_CORRUPT },
		{ { 0x30, 0xff }, 2, ST_CORRUPT },
	};
	struct snp_certs c;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(table, 0, sizeof(table));
		entry(0, SNP_CERT_GUID_ASK, 0x300, cases[i].size);
		memcpy(table + 0x300, cases[i].head, sizeof(cases[i].head));
		if (certs(&c) != cases[i].expected)
			fail_msg("case %zu: %s", i, status_text(certs(&c)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_report),     cmocka_unit_test(faults_show),
		cmocka_unit_test(real_reports),   cmocka_unit_test(every_length),
		cmocka_unit_test(reserved_bytes), cmocka_unit_test(signature_form),
		cmocka_unit_test(good_tables),    cmocka_unit_test(own_table),
		cmocka_unit_test(bad_tables),     cmocka_unit_test(der_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
