/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Tokens verified by OpenSSL and a CBOR walk of this file's own: nothing here is shared with the
 * signer or with the guest's parser. Verifies a token of the model, those of other projects, and
 * the file $TOKEN_FILE (a token a booted realm fetched; platform key in $CPAK_PEM).
 * sources: hosts/arm64/rmm/token.c hosts/arm64/rmm/measure.c
 * libs: -Ihosts -Ihosts/arm64 -I$(B)/keys -DKEYS_DIR=\"$(B)/keys\" -lbearssl -lcrypto
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "sample_token.h"
#include "vectors.h"

/* ---- a walk over CBOR with definite lengths; any surprise fails the test ---- */
struct item {
	unsigned major;
	uint64_t value;
	const unsigned char *start, *content,
	    *next; /* content of strings, first item of containers */
};

static struct item item_at(const unsigned char *p, const unsigned char *end)
{
	struct item it = { .start = p };
	unsigned extra;

	assert_true(p < end);
	it.major = *p >> 5;
	it.value = *p & 31;
	p++;
	assert_true(it.value <= 27);
	extra = it.value < 24 ? 0 : 1u << (it.value - 24);
	assert_true((size_t)(end - p) >= extra);
	if (extra > 0)
		it.value = 0;
	for (unsigned i = 0; i < extra; i++)
		it.value = it.value << 8 | *p++;
	it.content = p;
	if (it.major == 2 || it.major == 3) {
		assert_true(it.value <= (uint64_t)(end - p));
		p += it.value;
	}
	it.next = p;
	return it;
}

/* The byte behind a whole item. The samples are shallow; recursion is bounded by their authors. */
static const unsigned char *behind(const unsigned char *p, const unsigned char *end)
{
	struct item it = item_at(p, end);
	uint64_t n = it.major == 4 ? it.value : it.major == 5 ? 2 * it.value : it.major == 6;

	p = it.next;
	while (n-- > 0)
		p = behind(p, end);
	return p;
}

struct span {
	const unsigned char *p;
	size_t n;
};

static struct span string_at(const unsigned char *p, const unsigned char *end, unsigned major)
{
	struct item it = item_at(p, end);

	assert_int_equal(it.major, major);
	return (struct span){ it.content, (size_t)it.value };
}

static int64_t int_at(const unsigned char *p, const unsigned char *end)
{
	struct item it = item_at(p, end);

	assert_true(it.major <= 1);
	return it.major == 0 ? (int64_t)it.value : -1 - (int64_t)it.value;
}

/* Value for an integer key of the map that fills the span; NULL when absent. */
static const unsigned char *lookup(struct span map, int64_t key)
{
	const unsigned char *end = map.p + map.n, *found = NULL;
	struct item it = item_at(map.p, end);
	const unsigned char *p = it.next;

	assert_int_equal(it.major, 5);
	for (uint64_t i = 0; i < it.value; i++) {
		const unsigned char *value = behind(p, end);

		if (item_at(p, end).major <= 1 && int_at(p, end) == key) {
			assert_null(found);
			found = value;
		}
		p = behind(value, end);
	}
	assert_ptr_equal(p, end);
	return found;
}

static struct span claim(struct span claims, int64_t key, unsigned major)
{
	const unsigned char *p = lookup(claims, key);

	assert_non_null(p);
	return string_at(p, claims.p + claims.n, major);
}

static bool text_equals(struct span s, const char *text)
{
	return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

/* ---- COSE_Sign1 ---- */
struct sign1 {
	struct span protected, payload, signature;
	int64_t alg;
};

static struct sign1 read_sign1(struct span s)
{
	const unsigned char *end = s.p + s.n, *p;
	struct item it = item_at(s.p, end);
	struct sign1 out;

	assert_int_equal(it.major, 6);
	assert_int_equal(it.value, 18);
	it = item_at(it.next, end);
	assert_int_equal(it.major, 4);
	assert_int_equal(it.value, 4);
	p = it.next;
	out.protected = string_at(p, end, 2);
	p = behind(p, end);
	assert_int_equal(item_at(p, end).major, 5);
	p = behind(p, end);
	out.payload = string_at(p, end, 2);
	p = behind(p, end);
	out.signature = string_at(p, end, 2);
	assert_ptr_equal(behind(p, end), end);
	p = lookup(out.protected, 1);
	assert_non_null(p);
	out.alg = int_at(p, out.protected.p + out.protected.n);
	return out;
}

static size_t append_bstr(unsigned char *out, size_t at, struct span s)
{
	assert_true(s.n <= 0xffff);
	if (s.n < 24) {
		out[at++] = (unsigned char)(0x40 + s.n);
	} else if (s.n < 256) {
		out[at++] = 0x58;
		out[at++] = (unsigned char)s.n;
	} else {
		out[at++] = 0x59;
		out[at++] = (unsigned char)(s.n >> 8);
		out[at++] = (unsigned char)s.n;
	}
	memcpy(out + at, s.p, s.n);
	return at + s.n;
}

/* 1 good, 0 bad */
static int verify(const struct sign1 *s, EVP_PKEY *key)
{
	static unsigned char tbs[VECTOR_MAX];
	size_t half = s->alg == -35 ? 48 : 32, n = 12;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	int der_len, good;

	assert_true(s->alg == -35 || s->alg == -7);
	assert_int_equal(s->signature.n, 2 * half);
	memcpy(tbs, "\x84\x6aSignature1", n);
	n = append_bstr(tbs, n, s->protected);
	n = append_bstr(tbs, n, (struct span){ s->payload.p, 0 });
	n = append_bstr(tbs, n, s->payload);
	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(s->signature.p, (int)half, NULL),
					BN_bin2bn(s->signature.p + half, (int)half, NULL)),
			 1);
	der_len = i2d_ECDSA_SIG(sig, &der);
	assert_true(der_len > 0);
	assert_int_equal(
	    EVP_DigestVerifyInit(md, NULL, s->alg == -35 ? EVP_sha384() : EVP_sha256(), NULL, key),
	    1);
	good = EVP_DigestVerify(md, der, (size_t)der_len, tbs, n) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(md);
	ECDSA_SIG_free(sig);
	return good;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *p384_key(const unsigned char point[97])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-384", 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, 97),
		OSSL_PARAM_END,
	};

	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *load_pem(const char *path)
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *key;

	if (f == NULL)
		return NULL;
	key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	fclose(f);
	return key;
}

/* ---- the whole token ---- */
struct token {
	struct sign1 platform, realm;
	struct span rak;
	EVP_PKEY *rak_key;
};

static struct span part(struct span collection, uint64_t tag, int64_t key)
{
	const unsigned char *end = collection.p + collection.n, *p = lookup(collection, key);
	struct item it;

	assert_non_null(p);
	if (tag == 907) {
		it = item_at(p, end);
		assert_int_equal(it.major, 4);
		assert_int_equal(it.value, 2);
		p = it.next;
		assert_int_equal(int_at(p, end), 263);
		p = behind(p, end);
	}
	return string_at(p, end, 2);
}

static EVP_PKEY *rak_key(struct span rak, bool cose_key)
{
	unsigned char point[97] = { 0x04 };

	if (cose_key) {
		struct span x = claim(rak, -2, 2), y = claim(rak, -3, 2);
		const unsigned char *end = rak.p + rak.n;

		assert_int_equal(int_at(lookup(rak, 1), end), 2);
		assert_int_equal(int_at(lookup(rak, -1), end), 2);
		assert_int_equal(x.n, 48);
		assert_int_equal(y.n, 48);
		memcpy(point + 1, x.p, 48);
		memcpy(point + 49, y.p, 48);
	} else {
		assert_int_equal(rak.n, 97);
		memcpy(point, rak.p, 97);
	}
	return p384_key(point);
}

static struct token read_token(const unsigned char *buf, size_t n)
{
	const unsigned char *end = buf + n;
	struct item outer = item_at(buf, end);
	struct span collection = { outer.next, (size_t)(end - outer.next) };
	struct token t;

	assert_int_equal(outer.major, 6);
	assert_true(outer.value == 399 || outer.value == 907);
	t.platform = read_sign1(part(collection, outer.value, 44234));
	t.realm = read_sign1(part(collection, outer.value, 44241));
	t.rak = claim(t.realm.payload, 44237, 2);
	t.rak_key = rak_key(t.rak, lookup(t.realm.payload, 265) != NULL);
	return t;
}

static bool binding_holds(const struct token *t)
{
	struct span name = claim(t->realm.payload, 44240, 3);
	struct span bound = claim(t->platform.payload, 10, 2);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	const EVP_MD *md = text_equals(name, "sha-256")   ? EVP_sha256()
			   : text_equals(name, "sha-384") ? EVP_sha384()
							  : EVP_sha512();

	assert_true(md != EVP_sha512() || text_equals(name, "sha-512"));
	assert_int_equal(EVP_Digest(t->rak.p, t->rak.n, digest, &n, md, NULL), 1);
	return bound.n == n && memcmp(bound.p, digest, n) == 0;
}

/* Claims the final 1.0 profile makes mandatory. */
static void assert_claims(const struct token *t)
{
	struct span hash = claim(t->realm.payload, 44236, 3);
	size_t h = text_equals(hash, "sha-512") ? 64 : 32;
	const unsigned char *rems = lookup(t->realm.payload, 44239);
	const unsigned char *end = t->realm.payload.p + t->realm.payload.n;
	struct item it;

	assert_true(h == 64 || text_equals(hash, "sha-256"));
	assert_true(text_equals(claim(t->realm.payload, 265, 3), "tag:arm.com,2023:realm#1.0.0"));
	assert_int_equal(claim(t->realm.payload, 10, 2).n, 64);
	assert_int_equal(claim(t->realm.payload, 44235, 2).n, 64);
	assert_int_equal(claim(t->realm.payload, 44238, 2).n, h);
	assert_non_null(rems);
	it = item_at(rems, end);
	assert_int_equal(it.major, 4);
	assert_int_equal(it.value, 4);
	for (rems = it.next; it.value > 0; it.value--, rems = behind(rems, end))
		assert_int_equal(string_at(rems, end, 2).n, h);

	assert_true(
	    text_equals(claim(t->platform.payload, 265, 3), "tag:arm.com,2023:cca_platform#1.0.0"));
	assert_int_equal(claim(t->platform.payload, 2396, 2).n, 32);
	assert_int_equal(claim(t->platform.payload, 256, 2).n, 33);
	assert_int_equal(claim(t->platform.payload, 256, 2).p[0], 0x01);
	assert_non_null(lookup(t->platform.payload, 2395));
	assert_non_null(lookup(t->platform.payload, 2399));
	assert_true(claim(t->platform.payload, 2401, 2).n > 0);
	assert_true(text_equals(claim(t->platform.payload, 2402, 3), "sha-256"));
}

/* Signatures good, and bad as soon as one signed bit differs. */
static void assert_signed(unsigned char *buf, const struct sign1 *s, EVP_PKEY *key)
{
	unsigned char *last = buf + (s->payload.p - buf) + s->payload.n - 1;

	assert_int_equal(verify(s, key), 1);
	*last ^= 1;
	assert_int_equal(verify(s, key), 0);
	*last ^= 1;
}

static void verify_all(unsigned char *buf, size_t n, EVP_PKEY *cpak, bool bound)
{
	struct token t = read_token(buf, n);

	assert_signed(buf, &t.realm, t.rak_key);
	assert_signed(buf, &t.platform, cpak);
	assert_int_equal(binding_holds(&t), bound);
	EVP_PKEY_free(t.rak_key);
}

static void verify_ours(unsigned char *buf, size_t n, const char *pem)
{
	EVP_PKEY *cpak = load_pem(pem);
	struct token t;

	if (cpak == NULL)
		fail_msg("no public key in %s", pem);
	t = read_token(buf, n);
	assert_claims(&t);
	EVP_PKEY_free(t.rak_key);
	verify_all(buf, n, cpak, true);
	EVP_PKEY_free(cpak);
}

static unsigned char token[VECTOR_MAX];

static void token_of_the_model(void **state)
{
	for (int sha512 = 0; sha512 < 2; sha512++) {
		size_t n = make_sample(sha512, token, 4096);
		struct token t;

		verify_ours(token, n, KEYS_DIR "/cpak.pem");
		t = read_token(token, n);
		assert_memory_equal(claim(t.realm.payload, 10, 2).p, sample_challenge, 64);
		assert_memory_equal(claim(t.realm.payload, 44238, 2).p, sample_realm.rim,
				    sha512 ? 64 : 32);
		EVP_PKEY_free(t.rak_key);
	}
}

static void faulty_tokens_fail(void **state)
{
	static const enum fault_id faults[] = { FAULT_TOKEN_BINDING, FAULT_TOKEN_REALM_SIGNATURE,
						FAULT_TOKEN_PLATFORM_UNSIGNED };

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		EVP_PKEY *cpak = load_pem(KEYS_DIR "/cpak.pem");
		struct token t;

		assert_non_null(cpak);
		chosen_fault = faults[i];
		t = read_token(token, make_sample(false, token, 4096));
		chosen_fault = FAULT_NONE_;
		assert_int_equal(binding_holds(&t), faults[i] != FAULT_TOKEN_BINDING);
		assert_int_equal(verify(&t.realm, t.rak_key),
				 faults[i] != FAULT_TOKEN_REALM_SIGNATURE);
		assert_int_equal(verify(&t.platform, cpak),
				 faults[i] != FAULT_TOKEN_PLATFORM_UNSIGNED);
		EVP_PKEY_free(t.rak_key);
		EVP_PKEY_free(cpak);
	}
}

static void token_of_a_realm(void **state)
{
	const char *file = getenv("TOKEN_FILE"), *pem = getenv("CPAK_PEM");
	size_t n;

	if (file == NULL)
		SKIP_WITHOUT("$TOKEN_FILE");
	n = read_file(file, token, sizeof(token));
	assert_true(n > 0);
	verify_ours(token, n, pem != NULL ? pem : KEYS_DIR "/cpak.pem");
}

static void tokens_of_others(void **state)
{
	static const struct {
		const char *name, *pem;
		bool bound;
	} samples[] = {
		{ "cca/veraison-ccatoken/cca_token.cbor",
		  "cca/veraison-ccatoken/cca_platform.public.pem", true },
		{ "cca/veraison-rust-ccatoken/cca-token-draft-ffm-00.cbor",
		  "cca/veraison-ccatoken/cca_platform.public.pem", true },
		{ "cca/veraison-rust-ccatoken/bug-33-repro.cbor",
		  "cca/veraison-ccatoken/cca_platform.public.pem", false },
		{ "cca/tf-m-tools-iat-verifier/cca_token.cbor",
		  "cca/tf-m-tools-iat-verifier/cca_platform.public.pem", true },
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		EVP_PKEY *cpak = load_pem(vectors_path(samples[i].pem));
		size_t n = read_file(vectors_path(samples[i].name), token, sizeof(token));

		if (cpak == NULL || n == 0) {
			EVP_PKEY_free(cpak);
			SKIP_WITHOUT(vectors_path(samples[i].name));
		}
		verify_all(token, n, cpak, samples[i].bound);
		EVP_PKEY_free(cpak);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_of_the_model),
		cmocka_unit_test(faulty_tokens_fail),
		cmocka_unit_test(token_of_a_realm),
		cmocka_unit_test(tokens_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
