/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * CCA tokens: of our own model, of other projects, and damaged in every byte and at every length.
 * sources: attest/cbor.c attest/cca_token.c attest/cca_check.c hosts/arm64/rmm/token.c hosts/arm64/rmm/measure.c lib/status.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -I$(B)/keys -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>

#include "attest.h"
#include "sample_token.h"
#include "token_parts.h"
#include "vectors.h"

#define TOKEN_MAX 4096

static u8 buf[TOKEN_MAX];

static int setup(void **state)
{
	chosen_fault = FAULT_NONE_;
	return 0;
}

/* A copy of exactly that size on the heap: ASan sees one byte too far. */
static enum status parse_copy(const u8 *token, size_t n)
{
	u8 *copy = malloc(n + (n == 0));
	struct cca_token t;
	enum status st;

	memcpy(copy, token, n);
	st = cca_token_parse(copy, n, &t);
	if (st == ST_OK) {
		cca_check_binding(&t);
		cca_check_platform_signed(&t);
	}
	free(copy);
	return st;
}

static void assert_bytes(struct bytes b, const u8 *expected, size_t n)
{
	assert_int_equal(b.size, n);
	assert_memory_equal(b.data, expected, n);
}

static void own_token(void **state)
{
	for (int sha512 = 0; sha512 < 2; sha512++) {
		size_t n = make_sample(sha512, buf, sizeof(buf)), h = sha512 ? 64 : 32;
		struct cca_token t;

		assert_int_equal(cca_token_parse(buf, n, &t), ST_OK);
		assert_bytes(t.challenge, sample_challenge, 64);
		assert_bytes(t.rpv, sample_rpv, 64);
		assert_bytes(t.rim, sample_realm.rim, h);
		for (unsigned i = 0; i < REM_COUNT; i++)
			assert_bytes(t.rem[i], sample_realm.rem[i], h);
		assert_bytes(t.realm_hash_alg, (const u8 *)(sha512 ? "sha-512" : "sha-256"), 7);
		assert_int_equal(t.rak.size, 107);
		assert_int_equal(t.lifecycle, 0x3003);
		assert_int_equal(cca_check_binding(&t), ST_OK);
		assert_int_equal(cca_check_realm_signature(&t), ST_OK);
		assert_int_equal(cca_check_platform_signed(&t), ST_OK);
	}
}

static void buffer_too_small(void **state)
{
	size_t n = make_sample(false, buf, sizeof(buf)), len = 0;

	for (size_t cap = 0; cap < n; cap += 97) {
		buf[cap] = 0xa5;
		assert_int_equal(
		    token_create(&sample_realm, sample_challenge, sample_rpv, buf, cap, &len),
		    ST_NO_MEMORY);
		assert_int_equal(buf[cap], 0xa5);
	}
}

/* Each fault must be visible to a realm, and in the one place it is about. */
static void faults_show(void **state)
{
	static const enum fault_id faults[] = {
		FAULT_TOKEN_CHALLENGE,
		FAULT_TOKEN_RIM,
		FAULT_TOKEN_REM,
		FAULT_TOKEN_BINDING,
		FAULT_TOKEN_REALM_SIGNATURE,
		FAULT_TOKEN_PLATFORM_UNSIGNED,
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		enum fault_id f = faults[i];
		struct cca_token t;
		size_t n;

		chosen_fault = f;
		n = make_sample(false, buf, sizeof(buf));
		assert_int_equal(cca_token_parse(buf, n, &t), ST_OK);
		assert_int_equal(memcmp(t.challenge.data, sample_challenge, 64) != 0,
				 f == FAULT_TOKEN_CHALLENGE);
		assert_int_equal(memcmp(t.rim.data, sample_realm.rim, 32) != 0,
				 f == FAULT_TOKEN_RIM);
		assert_int_equal(memcmp(t.rem[0].data, sample_realm.rem[0], 32) != 0,
				 f == FAULT_TOKEN_REM);
		assert_int_equal(cca_check_binding(&t) != ST_OK, f == FAULT_TOKEN_BINDING);
		assert_int_equal(cca_check_realm_signature(&t) != ST_OK,
				 f == FAULT_TOKEN_REALM_SIGNATURE);
		assert_int_equal(cca_check_platform_signed(&t) != ST_OK,
				 f == FAULT_TOKEN_PLATFORM_UNSIGNED);
	}
}

static void measurement_faults(void **state)
{
	struct measurement_ctx good = { 0 }, bad = { 0 };
	static u8 params[4096];

	measure_realm_create(&good, params);
	chosen_fault = FAULT_RIM_ZERO;
	measure_realm_create(&bad, params);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(bad.rim[i], 0);
	chosen_fault = FAULT_RIM_TAIL;
	measure_realm_create(&bad, params);
	assert_memory_equal(bad.rim, good.rim, 32);
	assert_int_equal(bad.rim[32], 0xff);

	chosen_fault = FAULT_NONE_;
	measure_extend(&good, 1, params, 16);
	chosen_fault = FAULT_REM_RESTART;
	measure_realm_create(&bad, params);
	measure_extend(&bad, 1, params, 16);
	assert_memory_not_equal(bad.rem[1], good.rem[1], 32);
	chosen_fault = FAULT_REM_NEIGHBOUR;
	measure_realm_create(&bad, params);
	measure_extend(&bad, 1, params, 16);
	assert_memory_equal(bad.rem[1], good.rem[1], 32);
	assert_memory_not_equal(bad.rem[2], good.rem[2], 32);
}

static void truncate_and_damage(const u8 *token, size_t n)
{
	static u8 copy[VECTOR_MAX];

	for (size_t len = 0; len < n; len++)
		assert_int_not_equal(parse_copy(token, len), ST_OK);
	memcpy(copy, token, n);
	copy[n] = 0;
	assert_int_not_equal(parse_copy(copy, n + 1), ST_OK); /* trailing byte */
	for (size_t i = 0; i < n; i++) {
		static const u8 values[] = { 0x00, 0x1b, 0x5f, 0x7f, 0x9b, 0xbf, 0xff };

		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			copy[i] = values[v];
			(void)parse_copy(copy, n); /* any answer, no report of ASan */
		}
		copy[i] = token[i];
	}
}

static void own_token_damaged(void **state)
{
	size_t n = make_sample(true, buf, sizeof(buf) - 1);

	truncate_and_damage(buf, n);
}

/* A bit flipped anywhere in what is signed by the realm must not pass the realm's checks. */
static void signed_bits(void **state)
{
	size_t n = make_sample(false, buf, sizeof(buf));
	struct cca_token t;
	const u8 *at;

	assert_int_equal(cca_token_parse(buf, n, &t), ST_OK);
	at = t.realm_payload.data;
	for (size_t i = 0; i < t.realm_payload.size; i += 41) {
		u8 *byte = buf + (at - buf) + i;
		struct cca_token damaged;

		*byte ^= 1;
		if (cca_token_parse(buf, n, &damaged) == ST_OK)
			assert_int_equal(cca_check_realm_signature(&damaged), ST_CORRUPT);
		*byte ^= 1;
	}
}

/* Replaces the only occurrence of one byte string by another of the same length. */
static void replace(size_t n, const void *from, const void *to, size_t len)
{
	u8 *at = memmem(buf, n, from, len);

	assert_non_null(at);
	memcpy(at, to, len);
}

static void forms_refused(void **state)
{
	static const struct {
		const char *from, *to;
		size_t len;
		enum status st;
	} cases[] = {
		{ "\xd9\x01\x8f", "\xd9\x01\x8e", 3, ST_UNSUPPORTED }, /* outer tag */
		{ "\x19\xac\xca", "\x19\xac\xcb", 3, ST_NOT_FOUND },   /* platform part */
		{ "\x19\xac\xd1", "\x19\xac\xca", 3, ST_CORRUPT },     /* the same part twice */
		{ "\xd2\x84", "\xd1\x84", 2, ST_CORRUPT },             /* COSE tag */
		{ "\xd2\x84", "\xd2\x85", 2, ST_CORRUPT },             /* COSE array */
		{ "\xa1\x01\x38\x22", "\xa1\x01\x38\x23", 4, ST_UNSUPPORTED }, /* algorithm */
		{ "\xa1\x01\x38\x22", "\xa1\x02\x38\x22", 4, ST_UNSUPPORTED }, /* crit */
		{ "\xa1\x01\x38\x22", "\xa1\x03\x38\x22", 4, ST_CORRUPT },     /* no algorithm */
		{ "realm#1.0.0", "realm#1.0.1", 11, ST_UNSUPPORTED },
		{ "cca_platform#1.0.0", "cca_platform#2.0.0", 18, ST_UNSUPPORTED },
		{ "\x19\xac\xcb\x58\x40", "\x19\xac\xda\x58\x40", 5, ST_NOT_FOUND }, /* no RPV */
		{ "\x19\xac\xcc\x67sha-256", "\x19\xac\xcc\x67sha-255", 11, ST_UNSUPPORTED },
		{ "\x19\xac\xd0\x67sha-256", "\x19\xac\xcc\x67sha-256", 11,
		  ST_CORRUPT },                                                        /* twice */
		{ "\x19\xac\xcf\x84", "\x19\xac\xcf\x83", 4, ST_CORRUPT },             /* REMs */
		{ "\xa4\x01\x02\x20\x02", "\xa4\x01\x03\x20\x02", 5, ST_UNSUPPORTED }, /* kty */
		{ "\xa4\x01\x02\x20\x02", "\xa4\x01\x02\x20\x01", 5, ST_UNSUPPORTED }, /* curve */
		{ "\xa4\x01\x02\x20\x02", "\xa4\x01\x02\x21\x02", 5, ST_CORRUPT },
		{ "\x19\x01\x00\x58\x21\x01", "\x19\x01\x00\x58\x21\x02", 6,
		  ST_CORRUPT }, /* UEID */
		{ "\x19\x09\x5b\x19\x30\x03", "\x19\x09\x5b\x39\x30\x03", 6, ST_CORRUPT },
		{ "\x19\x09\x5b\x19\x30\x03", "\x19\x09\x60\x19\x30\x03", 6, ST_CORRUPT },
		{ "\x19\x09\x5f\x82", "\x19\x09\x5f\x80", 4, ST_CORRUPT }, /* no components */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = make_sample(false, buf, sizeof(buf));
		struct cca_token t;
		enum status st;

		replace(n, cases[i].from, cases[i].to, cases[i].len);
		st = cca_token_parse(buf, n, &t);
		if (cases[i].st != st)
			print_error("case %zu: %s\n", i, status_text(st));
		assert_int_equal(st, cases[i].st);
	}
}

/* ---- claims added to a token of ours, and claims alone ---- */
#define MEC       "\x19\xac\xd3"
#define MEC_DRAFT "\x19\xac\xd1"

static struct parts parts;

static void added_claims(void **state)
{
	static const struct {
		const char *claim;
		size_t n;
		enum status st; /* of the claims alone */
		s64 about;
		enum cca_mec mec;
		size_t spurious; /* bytes of its key */
	} cases[] = {
		{ "", 0, ST_OK, 0, CCA_MEC_ABSENT, 0 },
		{ MEC "\x00", 4, ST_OK, 0, CCA_MEC_SHARED, 0 },
		{ MEC "\x01", 4, ST_OK, 0, CCA_MEC_PRIVATE, 0 },
		{ MEC "\x02", 4, ST_CORRUPT, 44243, CCA_MEC_ABSENT, 0 },
		{ MEC "\x41\x01", 5, ST_CORRUPT, 44243, CCA_MEC_ABSENT, 0 },
		{ MEC_DRAFT "\x66shared", 10, ST_OK, 0, CCA_MEC_SHARED, 0 },
		{ MEC_DRAFT "\x67private", 11, ST_OK, 0, CCA_MEC_PRIVATE, 0 },
		{ MEC_DRAFT "\x66Shared", 10, ST_CORRUPT, 44241, CCA_MEC_ABSENT, 0 },
		{ MEC_DRAFT "\x00", 4, ST_CORRUPT, 44241, CCA_MEC_ABSENT, 0 },
		{ "\x1a\x00\x12\xd6\x87\x67unknown", 13, ST_UNSUPPORTED, 0, CCA_MEC_ABSENT, 5 },
		{ "\x63new\x01", 5, ST_UNSUPPORTED, 0, CCA_MEC_ABSENT, 4 },
		{ "\x41\x01\x01", 3, ST_UNSUPPORTED, 0, CCA_MEC_ABSENT, 2 },
		{ "\x0a\x40", 2, ST_CORRUPT, 10, CCA_MEC_ABSENT, 0 }, /* twice */
		{ "\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, ST_RANGE, 0, CCA_MEC_ABSENT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = make_sample(i % 2 != 0, buf, sizeof(buf));
		static u8 token[8192];
		enum status st;
		struct cca_token t;

		parts_of(&parts, buf, n);
		add_realm_claim(&parts, cases[i].claim, cases[i].n);
		st = cca_realm_claims_parse(parts.realm_claims.data, parts.realm_claims.size, &t);
		if (st != cases[i].st)
			fail_msg("claims %zu: %s", i, status_text(st));
		assert_int_equal(t.claim, cases[i].about);
		assert_int_equal(t.mec, cases[i].mec);
		assert_int_equal(t.spurious.size, cases[i].spurious);
		if (st == ST_OK)
			assert_int_equal(t.challenge.size, 64);
		/* In a token: the guest goes on without a claim it does not know. */
		if (st == ST_UNSUPPORTED)
			st = ST_OK;
		for (int cmw = 0; cmw < 2; cmw++) {
			n = put_token(&parts, cmw, token);
			assert_int_equal(parse_copy(token, n), st);
			assert_int_equal(cca_token_parse(token, n, &t), st);
			assert_int_equal(t.spurious.size, cases[i].spurious);
			assert_int_equal(cca_token_parse(token, n - 1, &t), ST_TRUNCATED);
		}
	}
}

static void both_mec_claims(void **state)
{
	static const struct {
		const char *claims;
		enum status st;
	} cases[] = {
		{ MEC "\x00" MEC_DRAFT "\x66shared", ST_OK },
		{ MEC "\x01" MEC_DRAFT "\x66shared", ST_CORRUPT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cca_token t;

		parts_of(&parts, buf, make_sample(false, buf, sizeof(buf)));
		add_realm_claim(&parts, cases[i].claims, 14);
		parts.realm[0]++; /* two pairs */
		assert_int_equal(cca_realm_claims_parse(parts.realm, parts.realm_claims.size, &t),
				 cases[i].st);
	}
}

static void platform_claims_alone(void **state)
{
	struct cca_token t;
	u8 *challenge;

	parts_of(&parts, buf, make_sample(false, buf, sizeof(buf)));
	add_platform_claim(&parts, "\x19\x09\x60\x61u", 5); /* the optional service */
	assert_int_equal(cca_platform_claims_parse(parts.platform, parts.platform_claims.size, &t),
			 ST_OK);
	assert_int_equal(t.service.size, 1);
	assert_int_equal(t.lifecycle, 0x3003);
	assert_true(t.components.size > 100);
	assert_null(t.challenge.data);
	add_platform_claim(&parts, "\x19\x09\x6f\x61u", 5);
	assert_int_equal(cca_platform_claims_parse(parts.platform, parts.platform_claims.size, &t),
			 ST_UNSUPPORTED);
	assert_int_equal(t.spurious.size, 3);
	add_platform_claim(&parts, "", 0);
	challenge = memmem(parts.platform, parts.platform_claims.size, "\x0a\x58\x20", 3);
	assert_non_null(challenge);
	*challenge = 0x0b;
	assert_int_equal(cca_platform_claims_parse(parts.platform, parts.platform_claims.size, &t),
			 ST_NOT_FOUND);
	assert_int_equal(t.claim, 10);
	assert_string_equal(t.part, "platform claims");
	assert_int_equal(cca_platform_claims_parse(parts.platform, 0, &t), ST_TRUNCATED);
	assert_int_equal(cca_realm_claims_parse((const u8 *)"\xa0", 1, &t), ST_NOT_FOUND);
	assert_int_equal(t.claim, 10);
	assert_string_equal(t.part, "realm claims");
}

/* Only values of the seven states (draft-ffm-rats-cca-token). */
static void lifecycles(void **state)
{
	for (unsigned v = 0; v < 0x10000; v += 0x7f) {
		struct cca_token t;
		u8 *at;

		parts_of(&parts, buf, make_sample(false, buf, sizeof(buf)));
		add_platform_claim(&parts, "", 0);
		at = memmem(parts.platform, parts.platform_claims.size, "\x19\x09\x5b\x19", 4);
		assert_non_null(at);
		at[4] = (u8)(v >> 8);
		at[5] = (u8)v;
		assert_int_equal(
		    cca_platform_claims_parse(parts.platform, parts.platform_claims.size, &t),
		    v <= 0x60ff && (v & 0xf00) == 0 ? ST_OK : ST_CORRUPT);
	}
}

static const struct {
	const char *name;
	bool bound;
} samples[] = {
	{ "cca/veraison-ccatoken/cca_token.cbor", true },
	{ "cca/veraison-rust-ccatoken/cca-token-01.cbor", true },
	{ "cca/veraison-rust-ccatoken/cca-token-02.cbor", true },
	{ "cca/veraison-rust-ccatoken/cca-token-draft-ffm-00.cbor", true },
	{ "cca/veraison-rust-ccatoken/bug-33-repro.cbor", false },
	{ "cca/tf-m-tools-iat-verifier/cca_token.cbor", true },
	{ "cca/tf-m-tools-iat-verifier/cca_example_token_legacy.cbor", true },
};

static void samples_of_others(void **state)
{
	static u8 token[VECTOR_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *path = vectors_path(samples[i].name);
		size_t n = read_file(path, token, sizeof(token) - 1);
		struct cca_token t;
		enum status st;

		if (n == 0)
			SKIP_WITHOUT(path);
		st = cca_token_parse(token, n, &t);
		if (st != ST_OK)
			print_error("%s: %s\n", path, status_text(st));
		assert_int_equal(st, ST_OK);
		assert_int_equal(cca_check_realm_signature(&t), ST_OK);
		assert_int_equal(cca_check_binding(&t), samples[i].bound ? ST_OK : ST_CORRUPT);
		truncate_and_damage(token, n);
	}
}

/* Also those nobody listed here. */
static void every_sample(void **state)
{
	static u8 token[VECTOR_MAX];
	const char *pattern = vectors_path("cca/*/*token*.cbor");
	glob_t files;

	if (glob(pattern, 0, NULL, &files) != 0)
		SKIP_WITHOUT(pattern);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		size_t n = read_file(files.gl_pathv[i], token, sizeof(token));
		struct cca_token t;

		assert_int_equal(cca_token_parse(token, n, &t), ST_OK);
		assert_int_equal(cca_check_realm_signature(&t), ST_OK);
		assert_int_equal(cca_check_platform_signed(&t), ST_OK);
	}
	assert_true(files.gl_pathc >= ARRAY_SIZE(samples) - 1); /* one is not named so */
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(own_token, setup),
		cmocka_unit_test_setup(buffer_too_small, setup),
		cmocka_unit_test_setup(faults_show, setup),
		cmocka_unit_test_setup(measurement_faults, setup),
		cmocka_unit_test_setup(own_token_damaged, setup),
		cmocka_unit_test_setup(signed_bits, setup),
		cmocka_unit_test_setup(forms_refused, setup),
		cmocka_unit_test_setup(added_claims, setup),
		cmocka_unit_test_setup(both_mec_claims, setup),
		cmocka_unit_test_setup(platform_claims_alone, setup),
		cmocka_unit_test_setup(lifecycles, setup),
		cmocka_unit_test_setup(samples_of_others, setup),
		cmocka_unit_test_setup(every_sample, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
