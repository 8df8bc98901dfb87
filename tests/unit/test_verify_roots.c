/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Trust anchors by content: JWKs, PEM and DER, collateral, and what is none of these; a key whose
 * point is not on its curve is named and never used.
 * sources: tools/verify_roots.c tools/verify_expect.c tools/verify_rows.c
 * libs: -ljansson -lcrypto
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "vectors.h"
#include "verify_row.h"

void verify_print(FILE *f, const struct verify_result *r)
{
	fail_msg("printed");
}

static struct roots roots;

static int setup(void **state)
{
	memset(&roots, 0, sizeof(roots));
	return 0;
}

static int teardown(void **state)
{
	roots_free(&roots);
	return 0;
}

static void take(const char *name, const char *text)
{
	roots_take(&roots, name, (struct bytes){ (const u8 *)text, strlen(text) });
}

/* The base points of both curves (SEC 2), as JWKs. */
#define X256           "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY"
#define Y256           "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
#define JWK(crv, x, y) "{\"kty\":\"EC\",\"crv\":\"" crv "\",\"x\":\"" x "\",\"y\":\"" y "\"}"
#define GOOD           JWK("P-256", X256, Y256)

static void jwk_forms(void **state)
{
	take("one.json", GOOD);
	take("set.json", "{\"keys\":[" GOOD "," GOOD "]}");
	take("list.json", " [" GOOD "]\n");
	take("anchor.json",
	     "[{\"instance-id\":\"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	     "fffe\",\"pkey\":" GOOD "}]");
	assert_int_equal(roots.keys, 5);
	assert_int_equal(roots.bad_count, 0);
	assert_int_equal(roots.jsons, 0);
	assert_string_equal(roots.key_name[4], "anchor.json");
	assert_int_equal(roots.key_instance[0][0], 0);
	assert_int_equal(roots.key_instance[4][0], 0x01);
	assert_int_equal(roots.key_instance[4][32], 0xfe);
	for (size_t i = 0; i < roots.keys; i++)
		assert_int_equal(EVP_PKEY_get_bits(roots.key[i]), 256);
}

static void jwk_refused(void **state)
{
	static const struct {
		const char *json, *why;
	} cases[] = {
		{ JWK("P-256", Y256, X256), "not on its curve" },
		{ JWK("P-256", X256, X256), "not on its curve" },
		/* x is the prime itself: no coordinate */
		{ JWK("P-256", "_____wAAAAEAAAAAAAAAAAAAAAD_______________8", Y256),
		  "not on its curve" },
		{ JWK("P-256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		  "not on its curve" },
		{ JWK("P-384", X256, Y256), "base64url" },
		{ JWK("P-256", X256 "A", Y256), "base64url" },
		{ JWK("P-256", "", Y256), "base64url" },
		{ JWK("P-256", "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwp+", Y256), "base64url" },
		/* bits behind the last byte: two texts for one number */
		{ JWK("P-256", "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZ", Y256), "base64url" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\"}", "base64url" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":2}", "base64url" },
		{ JWK("P-521", X256, Y256), "neither" },
		{ "{\"kty\":\"RSA\",\"crv\":\"P-256\"}", "neither" },
		{ "{\"kty\":7}", "neither" },
		{ "{\"instance-id\":\"01ff\",\"pkey\":" GOOD "}", "instance-id" },
		{ "{\"instance-id\":7,\"pkey\":" GOOD "}", "instance-id" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		take("x.json", cases[i].json);
		assert_int_equal(roots.keys, 0);
		assert_int_equal(roots.jsons, 0);
		assert_int_equal(roots.bad_count, 1);
		if (strstr(roots.bad[0], cases[i].why) == NULL ||
		    strncmp(roots.bad[0], "x.json: ", 8) != 0)
			fail_msg("%s: %s", cases[i].json, roots.bad[0]);
	}
}

/* No JWK in it: kept for whoever knows its form. Too deep, or a name twice: not what it seems. */
static void other_json(void **state)
{
	take("tcb.json", "{\"tcbInfo\":{\"version\":3},\"signature\":\"00\"}");
	assert_int_equal(roots.jsons, 1);
	assert_string_equal(roots.json_name[0], "tcb.json");
	assert_memory_equal(roots.json[0].data, "{\"tcbInfo\"", 10);
	take("deep.json", "[[[[[" GOOD "]]]]]");
	assert_int_equal(roots.keys, 0);
	take("twice.json", "{\"kty\":\"EC\",\"kty\":\"EC\"}");
	take("text.txt", "no anchor at all");
	take("empty", "");
	take("number.json", "12");
	assert_int_equal(roots.jsons, 2);
	assert_int_equal(roots.bad_count, 0);
	assert_int_equal(roots.certs + roots.keys + roots.crls, 0);
}

#define RUST "cca/veraison-rust-ccatoken/"

static void veraison_anchors(void **state)
{
	static const struct {
		const char *name;
		size_t keys, bad;
	} files[] = {
		{ RUST "ta.json", 1, 0 },       { RUST "ta-tfa.json", 1, 0 },
		{ RUST "ta-02-ok.json", 1, 0 }, { RUST "ta-02-bad.json", 0, 1 },
		{ RUST "pkey.json", 1, 0 },     { RUST "cpak.json", 1, 0 },
		{ RUST "rv.json", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (!roots_load(&roots, vectors_path(files[i].name)))
			SKIP_WITHOUT(vectors_path(files[i].name));
		assert_int_equal(roots.keys, files[i].keys);
		assert_int_equal(roots.bad_count, files[i].bad);
		if (files[i].bad > 0)
			assert_string_equal(roots.bad[0],
					    "ta-02-bad.json: the key's point is not on its curve");
		roots_free(&roots);
	}
	/* all of the directory: tokens and claims in it are no anchors */
	assert_true(roots_load(&roots, vectors_path("cca/veraison-rust-ccatoken")));
	assert_int_equal(roots.keys, 5);
	assert_int_equal(roots.bad_count, 1);
	assert_int_equal(roots.certs, 0);
}

/* ---- PEM and DER, made here ---- */
static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");

	assert_non_null(key);
	return key;
}

static X509 *new_cert(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	assert_int_equal(
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const u8 *)"root", -1, -1, 0), 1);
	X509_set_issuer_name(cert, name);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 1000);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha384()) > 0);
	return cert;
}

static X509_CRL *new_crl(EVP_PKEY *key, X509 *issuer)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0);

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(crl, now);
	ASN1_TIME_free(now);
	assert_true(X509_CRL_sign(crl, key, EVP_sha384()) > 0);
	return crl;
}

static void take_bio(const char *name, BIO *bio)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);

	roots_take(&roots, name, (struct bytes){ (const u8 *)data, (size_t)n });
	assert_int_equal(BIO_reset(bio), 1);
}

static void pem_and_der(void **state)
{
	EVP_PKEY *key = new_key();
	X509 *cert = new_cert(key);
	X509_CRL *crl = new_crl(key, cert);
	BIO *bio = BIO_new(BIO_s_mem());

	BIO_puts(bio, "Comment before it\n");
	PEM_write_bio_X509(bio, cert);
	PEM_write_bio_X509(bio, cert);
	PEM_write_bio_X509_CRL(bio, crl);
	PEM_write_bio_PUBKEY(bio, key);
	take_bio("all.pem", bio);
	assert_int_equal(roots.certs, 2);
	assert_int_equal(roots.crls, 1);
	assert_int_equal(roots.keys, 1);
	assert_string_equal(roots.key_name[0], "all.pem");
	i2d_X509_bio(bio, cert);
	take_bio("root.der", bio);
	i2d_X509_CRL_bio(bio, crl);
	take_bio("root.crl", bio);
	assert_int_equal(roots.certs, 3);
	assert_int_equal(roots.crls, 2);
	/* private keys are nobody's anchors */
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	take_bio("private.pem", bio);
	assert_int_equal(roots.keys, 1);
	assert_int_equal(roots.bad_count, 0);
	BIO_free(bio);
	X509_CRL_free(crl);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void pem_refused(void **state)
{
	EVP_PKEY *key = new_key();
	BIO *bio = BIO_new(BIO_s_mem());
	u8 *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	der[n - 1] ^= 1; /* y is another: not a point */
	PEM_write_bio(bio, "PUBLIC KEY", "", der, n);
	PEM_write_bio(bio, "PUBLIC KEY", "", der, 20);
	PEM_write_bio(bio, "CERTIFICATE", "", der, n);
	PEM_write_bio(bio, "X509 CRL", "", der, n);
	take_bio("bad.pem", bio);
	assert_int_equal(roots.keys + roots.certs + roots.crls, 0);
	assert_int_equal(roots.bad_count, 4);
	assert_string_equal(roots.bad[0], "bad.pem: the key's point is not on its curve");
	assert_string_equal(roots.bad[1], "bad.pem: not a public key that can be used");
	assert_string_equal(roots.bad[2], "bad.pem: a certificate that cannot be read");
	assert_string_equal(roots.bad[3], "bad.pem: a CRL that cannot be read");
	OPENSSL_free(der);
	BIO_free(bio);
	EVP_PKEY_free(key);
}

static void more_than_are_kept(void **state)
{
	for (unsigned i = 0; i < ROOTS_MAX + 20; i++)
		take("key.json", GOOD);
	assert_int_equal(roots.keys, ROOTS_MAX);
	assert_int_equal(roots.bad_count, ARRAY_SIZE(roots.bad));
	assert_string_equal(roots.bad[0], "key.json: more anchors than are kept");
}

/* ---- directories ---- */
static void put(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void of_a_directory(void **state)
{
	char dir[] = "/tmp/test_verify_roots.XXXXXX", path[200];

	assert_non_null(mkdtemp(dir));
	put(dir, "b.json", GOOD);
	put(dir, "a.json", "[" GOOD "]");
	put(dir, ".hidden.json", GOOD);
	put(dir, "README", "keys of the test");
	snprintf(path, sizeof(path), "%s/sub", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(roots_load(&roots, dir));
	assert_int_equal(roots.keys, 2);
	assert_string_equal(roots.key_name[0], "a.json");
	assert_string_equal(roots.key_name[1], "b.json");
	assert_int_equal(roots.bad_count, 0);
	rmdir(path);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
	roots_free(&roots);
	assert_false(roots_load(&roots, dir));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(jwk_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(jwk_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(other_json, setup, teardown),
		cmocka_unit_test_setup_teardown(veraison_anchors, setup, teardown),
		cmocka_unit_test_setup_teardown(pem_and_der, setup, teardown),
		cmocka_unit_test_setup_teardown(pem_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(of_a_directory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
