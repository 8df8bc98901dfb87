/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, CRLs and raw ECDSA signatures made up by tests of the verifiers, by the pieces of
 * hosts/keygen. Include after cmocka.h.
 */
#ifndef TESTS_VERIFY_CERTS_H
#define TESTS_VERIFY_CERTS_H

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "hosts/keygen/keygen.h"
#include "vectors.h"
#include "verify_row.h"

/* Every certificate of the samples and of keygen is valid then. */
#define TEST_NOW ((time_t)1788220800) /* 2026-09-01 */

static inline X509 *make_cert(EVP_PKEY *key, const char *common_name, X509 *issuer, unsigned serial)
{
	const struct name name = { "US", NULL, NULL, "Postern Unit Test", NULL, common_name };

	return new_certificate(key, &name, issuer, serial);
}

/* A file's content into roots; false: it is not there. */
static inline bool take_file(struct roots *roots, const char *name)
{
	static unsigned char file[VECTOR_MAX];
	size_t n = read_file(name, file, sizeof(file));

	if (n > 0)
		roots_take(roots, name, (struct bytes){ file, n });
	return n > 0;
}

static inline void take_x509(struct roots *roots, X509 *cert)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);

	assert_true(n > 0);
	roots_take(roots, "made up", (struct bytes){ der, (size_t)n });
	OPENSSL_free(der);
}

/* Of one revoked serial number (negative: of none), valid from start to end. */
static inline X509_CRL *make_crl(X509 *issuer, EVP_PKEY *key, long serial, const char *start,
				 const char *end, bool pss)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_new(), *until = ASN1_TIME_new();
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;

	assert_int_equal(ASN1_TIME_set_string(from, start), 1);
	assert_int_equal(ASN1_TIME_set_string(until, end), 1);
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	if (serial >= 0) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_INTEGER *number = ASN1_INTEGER_new();

		ASN1_INTEGER_set(number, serial);
		X509_REVOKED_set_serialNumber(entry, number);
		X509_REVOKED_set_revocationDate(entry, from);
		X509_CRL_add0_revoked(crl, entry);
		ASN1_INTEGER_free(number);
	}
	assert_int_equal(EVP_DigestSignInit(md, &ctx, pss ? EVP_sha384() : EVP_sha256(), NULL, key),
			 1);
	if (pss)
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
	assert_true(X509_CRL_sign_ctx(crl, md) > 0);
	EVP_MD_CTX_free(md);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return crl;
}

static inline void take_crl(struct roots *roots, X509_CRL *crl)
{
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(crl, &der);

	assert_true(n > 0);
	roots_take(roots, "made up", (struct bytes){ der, (size_t)n });
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

/* r and s, `size` bytes each, big-endian. */
static inline void sign_raw(EVP_PKEY *key, const EVP_MD *md, const void *data, size_t n,
			    unsigned char *out, int size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[256];
	const unsigned char *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, data, n), 1);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, size), size);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + size, size), size);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

#endif
