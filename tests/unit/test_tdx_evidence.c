/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The readers of TDREPORT and quote: real ones, those of our own model, and both damaged in every
 * byte and at every length.
 * sources: attest/tdx_report.c attest/tdx_quote.c hosts/x86/tdx/[!h]*.c hosts/x86/tdx/ho*.c lib/status.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/tdx -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attest.h"
#include "fake_tdx_host.h"
#include "vectors.h"

static u8 buf[VECTOR_MAX];

static enum status parse_quote_copy(const u8 *quote, size_t n)
{
	u8 *copy = malloc(n + (n == 0)); /* ASan sees one byte too far */
	struct tdx_quote q;
	enum status st;

	memcpy(copy, quote, n);
	st = tdx_quote_parse(copy, n, &q);
	if (st == ST_OK)
		tdx_quote_check_binding(&q);
	free(copy);
	return st;
}

static void assert_bytes(struct bytes b, const u8 *expected, size_t n)
{
	assert_int_equal(b.size, n);
	assert_memory_equal(b.data, expected, n);
}

/* The TD as it was launched, with a value of its own in every register. */
static void sample_td(void)
{
	u8 *const registers[] = { tdcs.mrconfigid, tdcs.mrowner, tdcs.mrownerconfig, tdcs.rtmr[0],
				  tdcs.rtmr[1],    tdcs.rtmr[2], tdcs.rtmr[3] };

	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
		memset(registers[i], (int)(0x11 * (i + 1)), TDX_DIGEST_SIZE);
}

static int setup(void **state)
{
	(void)state;
	fake_boot();
	return 0;
}

static size_t own_report(void)
{
	u8 data[64];

	sample_td();
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i + 1);
	report_create(data, buf);
	return TDREPORT_SIZE;
}

static size_t own_quote(void)
{
	u8 report[TDREPORT_SIZE];
	size_t n = 0;

	own_report();
	memcpy(report, buf, sizeof(report));
	assert_int_equal(quote_create(report, buf, sizeof(buf), &n), ST_OK);
	return n;
}

static void assert_claims_of_sample(const struct tdx_claims *c)
{
	assert_int_equal(c->attributes, tdcs.attributes);
	assert_int_equal(c->xfam, tdcs.xfam);
	assert_bytes(c->mrtd, tdcs.mrtd, 48);
	assert_bytes(c->mrconfigid, tdcs.mrconfigid, 48);
	assert_bytes(c->mrowner, tdcs.mrowner, 48);
	assert_bytes(c->mrownerconfig, tdcs.mrownerconfig, 48);
	for (unsigned i = 0; i < 4; i++)
		assert_bytes(c->rtmr[i], tdcs.rtmr[i], 48);
	assert_int_equal(c->report_data.size, 64);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(c->report_data.data[i], i + 1);
	assert_int_equal(c->mrseam.size, 48);
	assert_int_equal(c->tcb_svn.size, 16);
}

static void report_of_the_model(void **state)
{
	struct tdx_report r;

	(void)state;
	assert_int_equal(tdx_report_parse(buf, own_report(), &r), ST_OK);
	assert_claims_of_sample(&r.claims);
	assert_int_equal(r.version, 0);
	assert_int_equal(r.mac.size, 32);
	assert_int_equal(tdx_report_check(&r), ST_OK);
}

/* Every byte the hashes cover counts, and those of the hashes. */
static void bits_of_a_report(void)
{
	struct tdx_report r;

	for (size_t i = 0; i < TDREPORT_SIZE; i++) {
		bool hashed = (i >= 0x20 && i < 0x80) || (i >= 0x100 && i < 0x1ef) || i >= 0x200;

		buf[i] ^= 1;
		if (tdx_report_parse(buf, TDREPORT_SIZE, &r) == ST_OK)
			assert_int_equal(tdx_report_check(&r), hashed ? ST_CORRUPT : ST_OK);
		buf[i] ^= 1;
	}
}

static void report_damaged(void **state)
{
	static const struct {
		size_t at;
		u8 value;
		enum status st;
	} cases[] = {
		{ 0, 0x80, ST_UNSUPPORTED }, { 0, 0, ST_UNSUPPORTED },
		{ 1, 1, ST_UNSUPPORTED },    { 2, 1, ST_OK },
		{ 2, 2, ST_UNSUPPORTED },    { 3, 1, ST_CORRUPT },
	};
	struct tdx_report r;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		n = own_report();
		buf[cases[i].at] = cases[i].value;
		assert_int_equal(tdx_report_parse(buf, n, &r), cases[i].st);
	}
	n = own_report();
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(tdx_report_parse(buf, cut, &r), ST_TRUNCATED);
	assert_int_equal(tdx_report_parse(buf, n + 1, &r), ST_CORRUPT);
	bits_of_a_report();
}

static void real_report(void **state)
{
	const char *path = vectors_path("tdx/tdreport_azure_hcl.bin");
	size_t n = read_file(path, buf, sizeof(buf));
	struct tdx_report r;

	(void)state;
	if (n == 0)
		SKIP_WITHOUT(path);
	assert_int_equal(tdx_report_parse(buf, n, &r), ST_OK);
	assert_int_equal(tdx_report_check(&r), ST_OK);
	assert_int_equal(r.valid, 0x301ff);
	assert_int_equal(r.claims.xfam & 3, 3);
	bits_of_a_report();
}

static void quote_of_the_model(void **state)
{
	size_t n = own_quote();
	struct tdx_quote q;

	(void)state;
	assert_int_equal(tdx_quote_parse(buf, n, &q), ST_OK);
	assert_int_equal(q.version, 4);
	assert_claims_of_sample(&q.claims);
	assert_null(q.claims.tcb_svn2.data);
	assert_null(q.claims.servtd.data);
	assert_int_equal(q.extra.size, 0);
	assert_int_equal(tdx_quote_check_binding(&q), ST_OK);
	assert_int_equal(tdx_quote_check_signature(&q), ST_OK);
}

/* One bit in what is signed, in the key, in what names the key. */
static void bits_of_a_quote(size_t n)
{
	struct tdx_quote q, damaged;

	assert_int_equal(tdx_quote_parse(buf, n, &q), ST_OK);
	for (size_t i = 0; i < q.signed_part.size; i += 37) {
		buf[i] ^= 1;
		if (tdx_quote_parse(buf, n, &damaged) == ST_OK)
			assert_int_equal(tdx_quote_check_signature(&damaged), ST_CORRUPT);
		buf[i] ^= 1;
	}
	for (size_t i = 0; i < 64; i += 9) {
		size_t at = (size_t)(q.attestation_key.data - buf) + i;

		buf[at] ^= 1;
		assert_int_equal(tdx_quote_check_binding(&q), ST_CORRUPT);
		assert_int_equal(tdx_quote_check_signature(&q), ST_CORRUPT);
		buf[at] ^= 1;
		at = (size_t)(q.qe_report.data - buf) + 320 + i;
		buf[at] ^= 1;
		assert_int_equal(tdx_quote_check_binding(&q), ST_CORRUPT);
		buf[at] ^= 1;
	}
	buf[q.auth.data - buf] ^= 1;
	assert_int_equal(tdx_quote_check_binding(&q), ST_CORRUPT);
	buf[q.auth.data - buf] ^= 1;
	assert_int_equal(tdx_quote_check_binding(&q), ST_OK);
	assert_int_equal(tdx_quote_check_signature(&q), ST_OK);
}

static void truncate_and_damage(size_t n)
{
	static const u8 values[] = { 0x00, 0x01, 0x05, 0x06, 0x7f, 0x80, 0xff };
	struct tdx_quote q;
	size_t end;

	assert_int_equal(tdx_quote_parse(buf, n, &q), ST_OK);
	end = n - q.extra.size;
	for (size_t cut = 0; cut < end; cut++)
		assert_int_not_equal(parse_quote_copy(buf, cut), ST_OK);
	assert_int_equal(parse_quote_copy(buf, end), ST_OK);
	for (size_t i = 0; i < end; i++) {
		u8 was = buf[i];

		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			buf[i] = values[v];
			(void)parse_quote_copy(buf, end); /* any answer, no report of ASan */
		}
		buf[i] = was;
	}
}

static void own_quote_damaged(void **state)
{
	size_t n = own_quote();

	(void)state;
	bits_of_a_quote(n);
	truncate_and_damage(n);
}

/* What follows a quote is no part of it. */
static void trailing_bytes(void **state)
{
	size_t n = own_quote();
	struct tdx_quote q;

	(void)state;
	memset(buf + n, 0, 100);
	assert_int_equal(tdx_quote_parse(buf, n + 100, &q), ST_OK);
	assert_int_equal(q.extra.size, 100);
	assert_ptr_equal(q.extra.data, buf + n);
}

#define SIGNATURE_LENGTH 632 /* of a version 4 quote */
#define CERT_TYPE        (SIGNATURE_LENGTH + 4 + 128)
#define CERT_LENGTH      (CERT_TYPE + 2)
#define AUTH_LENGTH      (CERT_LENGTH + 4 + 384 + 64)
#define CHAIN_TYPE       (AUTH_LENGTH + 2 + 32)
#define CHAIN_LENGTH     (CHAIN_TYPE + 2)

static void forms_refused(void **state)
{
	static const struct {
		size_t at;
		int change;
		enum status st;
	} cases[] = {
		{ 0, -1, ST_UNSUPPORTED }, /* version 3 */
		{ 0, 2, ST_UNSUPPORTED },  /* version 6 */
		{ 1, 1, ST_UNSUPPORTED },
		{ 2, 1, ST_UNSUPPORTED }, /* P-384 */
		{ 3, 1, ST_UNSUPPORTED },
		{ 4, -1, ST_UNSUPPORTED }, /* TEE type */
		{ 7, 1, ST_UNSUPPORTED },
		{ 12, 1, ST_UNSUPPORTED }, /* vendor */
		{ 27, 1, ST_UNSUPPORTED },
		{ SIGNATURE_LENGTH, 1, ST_TRUNCATED },
		{ SIGNATURE_LENGTH, -1, ST_CORRUPT },
		{ SIGNATURE_LENGTH + 3, 0x7f, ST_TRUNCATED },
		{ CERT_TYPE, -1, ST_UNSUPPORTED },
		{ CERT_LENGTH, 1, ST_CORRUPT },
		{ CERT_LENGTH, -1, ST_CORRUPT },
		{ CERT_LENGTH + 3, 0xff, ST_CORRUPT },
		{ AUTH_LENGTH, 1, ST_CORRUPT },
		{ AUTH_LENGTH + 1, 0xff, ST_CORRUPT },
		{ CHAIN_TYPE, -1, ST_UNSUPPORTED },
		{ CHAIN_LENGTH, 1, ST_CORRUPT },
		{ CHAIN_LENGTH, -1, ST_CORRUPT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = own_quote();
		enum status st;

		buf[cases[i].at] = (u8)(buf[cases[i].at] + cases[i].change);
		st = parse_quote_copy(buf, n);
		if (st != cases[i].st)
			print_error("case %zu: %s\n", i, status_text(st));
		assert_int_equal(st, cases[i].st);
	}
}

static const struct {
	const char *name;
	unsigned version;
	bool td15;
} samples[] = {
	{ "tdx/quote_v4_spr-e4_go-tdx-guest.bin", 4, false },
	{ "tdx/quote_v4_cos113.bin", 4, false },
	{ "tdx/quote_v5_go-tdx-guest.bin", 5, true },
};

static void real_quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *path = vectors_path(samples[i].name);
		size_t n = read_file(path, buf, sizeof(buf));
		struct tdx_quote q;

		if (n == 0)
			SKIP_WITHOUT(path);
		assert_int_equal(tdx_quote_parse(buf, n, &q), ST_OK);
		assert_int_equal(q.version, samples[i].version);
		assert_int_equal(q.claims.servtd.size, samples[i].td15 ? 48 : 0);
		assert_int_equal(q.claims.tcb_svn2.size, samples[i].td15 ? 16 : 0);
		bits_of_a_quote(n);
		truncate_and_damage(n);
	}
}

/* Body types and sizes of version 5 that are not those two pairs. */
static void bodies_of_version_5(void **state)
{
	static const struct {
		u8 type, size;
		enum status st;
	} cases[] = {
		{ 1, 0x88, ST_UNSUPPORTED },
		{ 2, 0x88, ST_CORRUPT },
		{ 3, 0x48, ST_CORRUPT },
		{ 4, 0x88, ST_UNSUPPORTED },
	};
	const char *path = vectors_path(samples[2].name);
	size_t n = read_file(path, buf, sizeof(buf));

	(void)state;
	if (n == 0)
		SKIP_WITHOUT(path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		buf[QUOTE_V5_BODY_TYPE] = cases[i].type;
		buf[QUOTE_V5_BODY_SIZE] = cases[i].size;
		assert_int_equal(parse_quote_copy(buf, n), cases[i].st);
	}
	buf[QUOTE_V5_BODY_TYPE] = 2;
	buf[QUOTE_V5_BODY_SIZE] = 0x48; /* 584: the rest is read as another part */
	assert_int_not_equal(parse_quote_copy(buf, n), ST_OK);
}

static void registers_of_a_real_quote(void **state)
{
	static const u8 rtmr0[] = { 0x3f, 0xa2, 0xf6, 0x1f, 0x39, 0x5b, 0x7f, 0x5f };
	const char *path = vectors_path("tdx/quote_v4_cos113.bin");
	size_t n = read_file(path, buf, sizeof(buf));
	struct tdx_quote q;
	u8 nonce[128];

	(void)state;
	if (n == 0)
		SKIP_WITHOUT(path);
	assert_int_equal(tdx_quote_parse(buf, n, &q), ST_OK);
	assert_memory_equal(q.claims.rtmr[0].data, rtmr0, sizeof(rtmr0));
	for (unsigned i = 0; i < 48; i++)
		assert_int_equal(q.claims.rtmr[3].data[i], 0);
	assert_int_equal(
	    read_file(vectors_path("tdx/cos113_reportdata_nonce.bin"), nonce, sizeof(nonce)), 64);
	assert_bytes(q.claims.report_data, nonce, 64);
	assert_int_equal(q.extra.size, 8000 - 0x1347);
}

/* Each fault of the model is seen in the one place it is about. */
static void faults_show(void **state)
{
	static const enum fault_id faults[] = {
		FAULT_REPORT_DATA_CUT,   FAULT_REPORT_MRTD, FAULT_REPORT_ATTRIBUTES,
		FAULT_QUOTE_DATA_CUT,    FAULT_QUOTE_MRTD,  FAULT_QUOTE_SIGNATURE,
		FAULT_QUOTE_KEY_UNBOUND,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		enum fault_id f = faults[i];
		bool data = f == FAULT_REPORT_DATA_CUT || f == FAULT_QUOTE_DATA_CUT;
		bool mrtd = f == FAULT_REPORT_MRTD || f == FAULT_QUOTE_MRTD;
		struct tdx_quote q;
		size_t n;

		fake.fault = f;
		n = own_quote();
		assert_int_equal(tdx_quote_parse(buf, n, &q), ST_OK);
		assert_int_equal(q.claims.report_data.data[63] != 64, data);
		assert_int_equal(memcmp(q.claims.mrtd.data, tdcs.mrtd, 48) != 0, mrtd);
		assert_int_equal(q.claims.attributes != tdcs.attributes,
				 f == FAULT_REPORT_ATTRIBUTES);
		assert_int_equal(tdx_quote_check_signature(&q) != ST_OK,
				 f == FAULT_QUOTE_SIGNATURE);
		assert_int_equal(tdx_quote_check_binding(&q) != ST_OK,
				 f == FAULT_QUOTE_KEY_UNBOUND);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct tdx_report r;

		fake.fault = i == 0 ? FAULT_REPORT_TCB_HASH : FAULT_REPORT_INFO_HASH;
		assert_int_equal(tdx_report_parse(buf, own_report(), &r), ST_OK);
		assert_int_equal(tdx_report_check(&r), ST_CORRUPT);
	}
	fake.fault = FAULT_NONE_CHOSEN;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_of_the_model), cmocka_unit_test(report_damaged),
		cmocka_unit_test(real_report),         cmocka_unit_test(quote_of_the_model),
		cmocka_unit_test(own_quote_damaged),   cmocka_unit_test(trailing_bytes),
		cmocka_unit_test(forms_refused),       cmocka_unit_test(real_quotes),
		cmocka_unit_test(bodies_of_version_5), cmocka_unit_test(registers_of_a_real_quote),
		cmocka_unit_test(faults_show),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
