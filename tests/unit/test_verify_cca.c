/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * CCA tokens before the verifier: of other projects with their right and wrong keys, of our own
 * model with its faults, and with every single bit of the signed parts flipped.
 * sources: tools/verify_cca.c tools/verify.c tools/verify_rows.c tools/verify_expect.c tools/verify_roots.c tools/verify_print.c attest/cbor.c attest/cca_token.c attest/cca_check.c attest/evlog.c attest/bind.c hosts/arm64/rmm/token.c hosts/arm64/rmm/measure.c lib/status.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -I$(B)/keys -DKEYS_DIR=\"$(B)/keys\" -ljansson -lcrypto -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_token.h"
#include "token_parts.h"
#include "vectors.h"
#include "verify_row.h"

/* Evidence of CCA only comes by here. */
void verify_snp(const struct verify_input *in, struct verify_result *r)
{
	fail_msg("taken for an SNP report");
}

void verify_tdx(const struct verify_input *in, struct verify_result *r)
{
	fail_msg("taken for evidence of TDX");
}

static u8 token[VECTOR_MAX];
static struct roots roots;
static struct expect expectations;
static struct verify_result result;

static int setup(void **state)
{
	chosen_fault = FAULT_NONE_;
	sample_realm.debug = false;
	memset(&expectations, 0, sizeof(expectations));
	return 0;
}

static int teardown(void **state)
{
	roots_free(&roots);
	return 0;
}

static struct verify_input input(size_t n)
{
	return (struct verify_input){
		.evidence = { token, n },
		.roots = &roots,
		.expect = &expectations,
	};
}

static void verify_with(size_t n, const char *path)
{
	struct verify_input in = input(n);

	roots_free(&roots);
	if (path == NULL)
		in.roots = NULL;
	else
		assert_true(roots_load(&roots, path));
	verify_evidence(&in, &result);
}

/* ---- samples of others ---- */
#define RUST "cca/veraison-rust-ccatoken/"
#define GO   "cca/veraison-ccatoken/"
#define IAT  "cca/tf-m-tools-iat-verifier/"

static const struct sample {
	const char *token, *roots;
	enum verify_reason reason;
	const char *row, *text; /* of the reason */
} samples[] = {
	{ GO "cca_token.cbor", GO "cca_platform.public.pem", VERIFY_HELD, "chain", "trusted" },
	{ GO "cca_token.cbor", RUST "ta-tfa.json", VERIFY_HELD, "chain", "for this instance" },
	{ GO "cca_token.cbor", IAT "cca_realm.public.pem", VERIFY_SIGNATURE, "platform signature",
	  "not by any trusted key" },
	{ GO "cca_token.cbor", RUST "pkey.json", VERIFY_CHAIN, "chain", "no ES384 key" },
	{ GO "cca_token.cbor", NULL, VERIFY_UNCHECKED, "chain", "no trusted platform key" },
	{ RUST "cca-token-01.cbor", RUST "cpak.json", VERIFY_HELD, "chain", "cpak.json" },
	{ RUST "cca-token-01.cbor", RUST "ta-02-ok.json", VERIFY_CHAIN, "chain", "no ES384 key" },
	{ RUST "cca-token-02.cbor", RUST "ta-02-ok.json", VERIFY_HELD, "platform signature",
	  "ES256" },
	{ RUST "cca-token-02.cbor", RUST "ta-02-bad.json", VERIFY_CHAIN, "chain",
	  "ta-02-bad.json: the key's point is not on its curve" },
	{ RUST "cca-token-02.cbor", RUST "pkey.json", VERIFY_SIGNATURE, "platform signature",
	  "not by any trusted key" },
	{ RUST "cca-token-02.cbor", RUST "ta.json", VERIFY_CHAIN, "chain", "no ES256 key" },
	{ RUST "cca-token-02.cbor", GO "cca_platform.public.pem", VERIFY_CHAIN, "chain",
	  "no ES256 key" },
	{ RUST "cca-token-draft-ffm-00.cbor", RUST "ta-tfa.json", VERIFY_HELD, "realm profile",
	  "tag:arm.com,2023:realm#1.0.0" },
	{ RUST "cca-token-draft-ffm-00.cbor", RUST "pkey.json", VERIFY_CHAIN, "chain", "ES384" },
	{ RUST "bug-33-repro.cbor", RUST "cpak.json", VERIFY_BINDING, "binding", "is not the" },
	{ IAT "cca_token.cbor", IAT "cca_platform.public.pem", VERIFY_HELD, "binding", "sha-256" },
	{ IAT "cca_token.cbor", IAT "cca_realm2.public.pem", VERIFY_SIGNATURE, "platform signature",
	  "not by any trusted key" },
	{ IAT "cca_example_token_legacy.cbor", IAT "cca_platform.public.pem", VERIFY_HELD,
	  "binding", "sha-256" },
	{ IAT "cca_example_token_legacy.cbor", RUST "rv.json", VERIFY_CHAIN, "chain",
	  "among 0 trusted" },
	/* claims without a token around them */
	{ RUST "realm-claims.cbor", NULL, VERIFY_SIGNATURE, "signature", "a bare set of realm" },
	{ RUST "platform-claims.cbor", NULL, VERIFY_SIGNATURE, "signature",
	  "a bare set of platform" },
	{ RUST "realm-claims-missing-challenge.cbor", NULL, VERIFY_MALFORMED, "realm claims",
	  "claim 10 is missing" },
	{ RUST "realm-claims+spurious-numeric-key.cbor", NULL, VERIFY_MALFORMED, "claims",
	  "claim 1234567 is none of its profile" },
	{ RUST "realm-claims+spurious-text-key.cbor", NULL, VERIFY_MALFORMED, "claims",
	  "claim \"unknown-key\" is none of its profile" },
};

static void samples_of_others(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		size_t n = read_file(vectors_path(s->token), token, sizeof(token));
		enum verify_state wanted = s->reason == VERIFY_HELD        ? ROW_OK
					   : s->reason == VERIFY_UNCHECKED ? ROW_NOT_CHECKED
									   : ROW_FAILED;

		if (n == 0)
			SKIP_WITHOUT(vectors_path(s->token));
		print_message("%s, %s\n", s->token, s->roots != NULL ? s->roots : "no roots");
		verify_with(n, s->roots != NULL ? vectors_path(s->roots) : NULL);
		assert_reason(&result, s->reason);
		if (strcmp(s->row, "realm profile") == 0)
			wanted = ROW_INFO;
		assert_row(&result, s->row, wanted, s->text);
		if (s->reason == VERIFY_HELD)
			assert_row(&result, "realm signature", ROW_OK, "ES384");
	}
}

/* A key that is named for an instance says nothing about another. */
static void key_of_another_instance(void **state)
{
	size_t n = read_file(vectors_path(RUST "cca-token-01.cbor"), token, sizeof(token));
	struct verify_input in = input(n);

	if (n == 0)
		SKIP_WITHOUT(vectors_path(RUST "cca-token-01.cbor"));
	assert_true(roots_load(&roots, vectors_path(RUST "ta-tfa.json")));
	assert_int_equal(roots.keys, 1);
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
	roots.key_instance[0][32] ^= 1;
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_CHAIN);
	roots.key_instance[0][0] = 0; /* named for none: any */
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
}

/* ---- of our own model ---- */
static void own_token(void **state)
{
	for (int sha512 = 0; sha512 < 2; sha512++) {
		size_t n = make_sample(sha512, token, 4096);

		verify_with(n, KEYS_DIR "/cpak.pem");
		assert_reason(&result, VERIFY_HELD);
		assert_string_equal(result.platform, "cca");
		assert_memory_equal(result.report_data.data, sample_challenge, 64);
		assert_int_equal(result.reg_size, sha512 ? 64 : 32);
		assert_int_equal(result.measurement.size, sha512 ? 64 : 32);
		assert_memory_equal(result.measurement.data, sample_realm.rim,
				    result.measurement.size);
		for (unsigned i = 0; i < 4; i++)
			assert_memory_equal(result.reg[i].data, sample_realm.rem[i],
					    result.reg_size);
		assert_row(&result, "component", ROW_INFO, "monitor postern-host 0.1");
		/* the realm's key is no platform key */
		verify_with(n, KEYS_DIR "/rak.pem");
		assert_reason(&result, VERIFY_SIGNATURE);
	}
}

static void faults_are_named(void **state)
{
	static const struct {
		enum fault_id fault;
		enum verify_reason reason, without_roots;
	} cases[] = {
		{ FAULT_TOKEN_BINDING, VERIFY_BINDING, VERIFY_BINDING },
		{ FAULT_TOKEN_REALM_SIGNATURE, VERIFY_SIGNATURE, VERIFY_SIGNATURE },
		{ FAULT_TOKEN_PLATFORM_UNSIGNED, VERIFY_SIGNATURE, VERIFY_SIGNATURE },
		{ FAULT_NONE_, VERIFY_HELD, VERIFY_UNCHECKED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n;

		chosen_fault = cases[i].fault;
		n = make_sample(false, token, 4096);
		verify_with(n, KEYS_DIR "/cpak.pem");
		assert_reason(&result, cases[i].reason);
		verify_with(n, NULL);
		assert_reason(&result, cases[i].without_roots);
	}
}

/* ---- every bit ---- */
static size_t flips;

static void flip_all(struct verify_input *in, struct bytes part)
{
	u8 *bytes = token + (part.data - token);

	for (size_t bit = 0; bit < 8 * part.size; bit++) {
		bytes[bit / 8] ^= (u8)(1u << bit % 8);
		verify_evidence(in, &result);
		bytes[bit / 8] ^= (u8)(1u << bit % 8);
		if (result.reason == VERIFY_HELD || result.reason == VERIFY_UNCHECKED)
			fail_msg("bit %zu of byte %zu: %s", bit % 8,
				 (size_t)(part.data - token) + bit / 8,
				 verify_reason_name(result.reason));
		flips++;
	}
}

/* The whole of both COSE_Sign1 and the tags before them: nothing in a token may change. */
static void every_bit(void **state)
{
	const char *path = vectors_path(RUST "cca-token-02.cbor");
	size_t n = read_file(path, token, sizeof(token));
	struct verify_input in = input(n);
	struct cca_token t;

	if (n == 0)
		SKIP_WITHOUT(path);
	assert_true(roots_load(&roots, vectors_path(RUST "ta-02-ok.json")));
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
	assert_int_equal(cca_token_parse(token, n, &t), ST_OK);
	flip_all(&in, t.platform_protected);
	flip_all(&in, t.platform_payload);
	flip_all(&in, t.platform_signature);
	flip_all(&in, t.realm_protected);
	flip_all(&in, t.realm_payload);
	flip_all(&in, t.realm_signature);
	print_message("%zu bits flipped, each refused\n", flips);
	assert_true(flips > 8 * (n - 64)); /* of the rest are heads and labels */
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
}

/* ---- policy and expectations ---- */
static void lifecycle(void **state)
{
	struct verify_input in;
	size_t n;

	sample_realm.debug = true;
	n = make_sample(false, token, 4096);
	assert_true(roots_load(&roots, KEYS_DIR "/cpak.pem"));
	in = input(n);
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_POLICY);
	assert_row(&result, "lifecycle", ROW_FAILED, "non-rot-debug (0x4000)");
	in.allow_debug = true;
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
	/* the file decides where it says something */
	assert_true(expect_set(&expectations, "debug", "no"));
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_POLICY);
	assert_true(expect_set(&expectations, "debug", "allowed"));
	in.allow_debug = false;
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
	assert_true(expect_set(&expectations, "lifecycle", "secured"));
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_POLICY);
	assert_true(expect_set(&expectations, "lifecycle", "non-rot-debug"));
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
	assert_true(expect_set(&expectations, "lifecycle", "0x4000"));
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_HELD);
	assert_true(expect_set(&expectations, "lifecycle", "16385"));
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_POLICY);
}

/* Each claim as it is, and one bit away from it. */
static void expected_claims(void **state)
{
	static const struct {
		const char *name;
		enum verify_reason reason;
	} names[] = {
		{ "measurement", VERIFY_MEASUREMENT }, { "rem0", VERIFY_MEASUREMENT },
		{ "rem1", VERIFY_MEASUREMENT },        { "rem2", VERIFY_MEASUREMENT },
		{ "rem3", VERIFY_MEASUREMENT },        { "rpv", VERIFY_MEASUREMENT },
		{ "instance-id", VERIFY_POLICY },      { "implementation-id", VERIFY_POLICY },
		{ "report-data", VERIFY_FRESHNESS },
	};
	struct verify_input in = input(make_sample(false, token, 4096));

	assert_true(roots_load(&roots, KEYS_DIR "/cpak.pem"));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char value[220];
		size_t last;

		memset(&expectations, 0, sizeof(expectations));
		verify_evidence(&in, &result);
		assert_row(&result, names[i].name, ROW_INFO, "");
		snprintf(value, sizeof(value), "%s", row_of(&result, names[i].name)->text);
		last = strlen(value) - 1;
		assert_true(expect_set(&expectations, names[i].name, value));
		verify_evidence(&in, &result);
		assert_reason(&result, VERIFY_HELD);
		assert_row(&result, names[i].name, ROW_OK, value);
		value[last] = value[last] == '0' ? '1' : '0';
		assert_true(expect_set(&expectations, names[i].name, value));
		verify_evidence(&in, &result);
		assert_reason(&result, names[i].reason);
		value[last - 1] = '\0'; /* all but the last byte is not enough */
		assert_true(expect_set(&expectations, names[i].name, value));
		verify_evidence(&in, &result);
		assert_reason(&result, names[i].reason);
	}
}

/* ---- what does not parse ---- */
static void replace(size_t n, const char *from, const char *to, size_t len)
{
	u8 *at = memmem(token, n, from, len);

	assert_non_null(at);
	memcpy(at, to, len);
}

static void parts_are_named(void **state)
{
	static const struct {
		const char *from, *to;
		size_t len;
		const char *row, *text;
	} cases[] = {
		{ "\xd9\x01\x8f", "\xd9\x01\x8e", 3, "collection", "not supported" },
		{ "\xd2\x84", "\xd1\x84", 2, "platform token", "malformed" },
		{ "\x19\xac\xcb\x58\x40", "\x19\xac\xda\x58\x40", 5, "realm claims",
		  "claim 44235 is missing" },
		{ "\x19\xac\xcf\x84", "\x19\xac\xcf\x83", 4, "realm claims",
		  "claim 44239: input is malformed" },
		{ "\xa4\x01\x02\x20\x02", "\xa4\x01\x03\x20\x02", 5, "realm key", "not supported" },
		{ "\x19\x09\x5b\x19\x30\x03", "\x19\x09\x5b\x19\x31\x03", 6, "platform claims",
		  "claim 2395: input is malformed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = make_sample(false, token, 4096);

		replace(n, cases[i].from, cases[i].to, cases[i].len);
		verify_with(n, KEYS_DIR "/cpak.pem");
		assert_reason(&result, VERIFY_MALFORMED);
		assert_row(&result, cases[i].row, ROW_FAILED, cases[i].text);
		assert_null(result.report_data.data);
	}
}

/* ---- claims added to a token of ours ---- */
static struct parts parts;

static size_t with_realm_claim(const void *claim, size_t n)
{
	static u8 model[4096];

	parts_of(&parts, model, make_sample(false, model, sizeof(model)));
	add_realm_claim(&parts, claim, n);
	return put_token(&parts, true, token);
}

static void claims_of_no_profile(void **state)
{
	static const struct {
		const char *claim;
		size_t n;
		const char *text;
	} cases[] = {
		{ "\x1a\x00\x12\xd6\x87\x01", 6, "claim 1234567 is none of its profile" },
		{ "\x67unknown\x01", 9, "claim \"unknown\" is none of its profile" },
		{ "\x64\x1b[2J\x01", 6, "claim \"?[2J\" is none of its profile" },
		{ "\x41\x01\x01", 3, "neither a number nor a text" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		verify_with(with_realm_claim(cases[i].claim, cases[i].n), KEYS_DIR "/cpak.pem");
		assert_reason(&result, VERIFY_MALFORMED);
		assert_row(&result, "claims", ROW_FAILED, cases[i].text);
		/* the realm signed other claims */
		assert_row(&result, "realm signature", ROW_FAILED, "not by the RAK");
		assert_row(&result, "platform signature", ROW_OK, "ES384");
		/* the same without a token around them */
		memcpy(token, parts.realm, parts.realm_claims.size);
		verify_with(parts.realm_claims.size, KEYS_DIR "/cpak.pem");
		assert_reason(&result, VERIFY_MALFORMED);
		assert_row(&result, "claims", ROW_FAILED, cases[i].text);
		assert_row(&result, "signature", ROW_FAILED, "a bare set of realm claims");
	}
	memcpy(token, parts.of.platform_payload.data, parts.of.platform_payload.size);
	verify_with(parts.of.platform_payload.size, KEYS_DIR "/cpak.pem");
	assert_reason(&result, VERIFY_SIGNATURE);
	assert_row(&result, "signature", ROW_FAILED, "a bare set of platform claims");
	token[0]--;
	verify_with(parts.of.platform_payload.size, KEYS_DIR "/cpak.pem");
	assert_reason(&result, VERIFY_MALFORMED);
}

static void memory_encryption_context(void **state)
{
	verify_with(with_realm_claim("\x19\xac\xd3\x01", 4), KEYS_DIR "/cpak.pem");
	assert_reason(&result, VERIFY_SIGNATURE);
	assert_row(&result, "memory encryption context", ROW_INFO, "private");
}

/* ---- anchors that are none for this platform ---- */
static void no_key_for_it(void **state)
{
	struct verify_input in = input(make_sample(false, token, 4096));

	roots.key[roots.keys++] = EVP_EC_gen("P-256");
	roots.key[roots.keys++] = EVP_RSA_gen(1024);
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_CHAIN);
	assert_row(&result, "chain", ROW_FAILED,
		   "no ES384 key for this platform's instance among 2");
	assert_row(&result, "platform signature", ROW_NOT_CHECKED, "no key");
	strcpy(roots.bad[roots.bad_count++], "ta.json: the key's point is not on its curve");
	verify_evidence(&in, &result);
	assert_row(&result, "chain", ROW_FAILED, "ta.json: the key's point is not on its curve");
	roots_free(&roots);
	assert_true(roots_load(&roots, KEYS_DIR "/cpak.pem"));
	roots.key_instance[0][0] = 0x01; /* and zeros: another's */
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_CHAIN);
	roots_free(&roots);
	roots.key[roots.keys++] = EVP_EC_gen("P-384");
	verify_evidence(&in, &result);
	assert_reason(&result, VERIFY_SIGNATURE);
	chosen_fault = FAULT_TOKEN_PLATFORM_UNSIGNED;
	in = input(make_sample(false, token, 4096));
	verify_evidence(&in, &result);
	assert_row(&result, "platform signature", ROW_FAILED, "r or s is zero");
}

/* A RAK that is no point of its curve signs nothing. */
static void rak_off_its_curve(void **state)
{
	size_t n = make_sample(false, token, 4096);
	struct cca_token t;

	assert_int_equal(cca_token_parse(token, n, &t), ST_OK);
	token[(t.rak.data - token) + (long)t.rak.size - 1] ^= 1;
	verify_with(n, KEYS_DIR "/cpak.pem");
	assert_reason(&result, VERIFY_SIGNATURE);
	assert_row(&result, "realm signature", ROW_FAILED, "not a point of P-384");
}

/* In a token, too, a claim of no profile is refused, and by its name, whatever the signatures say.
 */
static void spurious_claim_in_a_token(void **state)
{
	const char *path = vectors_path(RUST "cca-token-01.cbor");
	size_t n = read_file(path, token, sizeof(token));

	if (n == 0)
		SKIP_WITHOUT(path);
	replace(n, "\x19\x09\x60\x6c", "\x19\x09\x6f\x6c", 4); /* 2400 is optional */
	verify_with(n, vectors_path(RUST "ta-tfa.json"));
	assert_reason(&result, VERIFY_MALFORMED);
	assert_row(&result, "claims", ROW_FAILED, "claim 2415 is none of its profile");
	assert_row(&result, "platform signature", ROW_FAILED, "not by any trusted key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(samples_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(key_of_another_instance, setup, teardown),
		cmocka_unit_test_setup_teardown(own_token, setup, teardown),
		cmocka_unit_test_setup_teardown(faults_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(every_bit, setup, teardown),
		cmocka_unit_test_setup_teardown(lifecycle, setup, teardown),
		cmocka_unit_test_setup_teardown(expected_claims, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(claims_of_no_profile, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_encryption_context, setup, teardown),
		cmocka_unit_test_setup_teardown(no_key_for_it, setup, teardown),
		cmocka_unit_test_setup_teardown(rak_off_its_curve, setup, teardown),
		cmocka_unit_test_setup_teardown(spurious_claim_in_a_token, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
