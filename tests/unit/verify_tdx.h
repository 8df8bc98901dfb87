/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verification of TDX quotes (versions 4 and 5) by OpenSSL: header, signature by the attestation
 * key, its binding by the QE report, the QE report's signature by the PCK key, and the PCK chain up
 * to a root the caller trusts. Written from the sheet alone; shares nothing with the host that
 * signs or the guest that parses.
 */
#ifndef VERIFY_TDX_H
#define VERIFY_TDX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define QUOTE_HEADER 48
#define BODY_10      584 /* TD report 1.0 */
#define BODY_15      648
#define QE_REPORT    384

struct part {
	const uint8_t *p;
	size_t n;
};

struct quote_parts {
	unsigned version;
	struct part signed_part; /* header and body */
	struct part body;
	const uint8_t *signature;       /* 64: r, s */
	const uint8_t *attestation_key; /* 64: x, y */
	const uint8_t *qe_report, *qe_signature;
	struct part auth, chain;
	struct part extra; /* behind the quote: signed by nobody */
};

/* Fields of the body. */
static inline const uint8_t *quote_mrtd(const struct quote_parts *q)
{
	return q->body.p + 136;
}

static inline const uint8_t *quote_report_data(const struct quote_parts *q)
{
	return q->body.p + 520;
}

/* ---- reading, bounds first ---- */
static inline const uint8_t *take(struct part *from, size_t n)
{
	const uint8_t *p = from->p;

	if (p == NULL || n > from->n) {
		from->p = NULL; /* everything taken from here on fails, too */
		return NULL;
	}
	from->p += n;
	from->n -= n;
	return p;
}

static inline uint64_t take_number(struct part *from, unsigned bytes)
{
	const uint8_t *p = take(from, bytes);
	uint64_t v = 0;

	for (unsigned i = bytes; p != NULL && i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static inline struct part take_part(struct part *from, size_t n)
{
	const uint8_t *p = take(from, n);

	return (struct part){ p, p != NULL ? n : 0 };
}

/* Signature data; the two certification parts fill theirs to the last byte. */
static inline const char *parse_signature(struct part data, struct quote_parts *q)
{
	struct part certification;

	q->signature = take(&data, 64);
	q->attestation_key = take(&data, 64);
	if (take_number(&data, 2) != 6)
		return "certification data is not a QE report";
	certification = take_part(&data, (size_t)take_number(&data, 4));
	if (data.p == NULL || data.n != 0)
		return "signature data has another length";
	q->qe_report = take(&certification, QE_REPORT);
	q->qe_signature = take(&certification, 64);
	q->auth = take_part(&certification, (size_t)take_number(&certification, 2));
	if (take_number(&certification, 2) != 5)
		return "inner certification data is not a PCK chain";
	q->chain = take_part(&certification, (size_t)take_number(&certification, 4));
	if (certification.p == NULL || certification.n != 0)
		return "certification data has another length";
	return NULL;
}

/* NULL, or what is malformed. A buffer may be longer than the quote in it. */
static inline const char *parse_quote(const uint8_t *data, size_t size, struct quote_parts *q)
{
	static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
					   0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };
	struct part rest = { data, size }, signature;
	uint64_t type = 2, body = BODY_10;
	const uint8_t *vendor;

	memset(q, 0, sizeof(*q));
	q->version = (unsigned)take_number(&rest, 2);
	if (q->version != 4 && q->version != 5)
		return "version is neither 4 nor 5";
	if (take_number(&rest, 2) != 2)
		return "attestation key is not ECDSA P-256";
	if (take_number(&rest, 4) != 0x81)
		return "TEE type is not TDX";
	take(&rest, 4);
	vendor = take(&rest, 16);
	if (vendor == NULL || memcmp(vendor, intel, sizeof(intel)) != 0)
		return "another QE vendor";
	take(&rest, 20);
	if (q->version == 5) {
		type = take_number(&rest, 2);
		body = take_number(&rest, 4);
	}
	if (!(type == 2 && body == BODY_10) && !(type == 3 && body == BODY_15))
		return "body type or size";
	q->body = take_part(&rest, (size_t)body);
	if (rest.p == NULL)
		return "quote ends too early";
	q->signed_part = (struct part){ data, (size_t)(rest.p - data) };
	signature = take_part(&rest, (size_t)take_number(&rest, 4));
	if (rest.p == NULL)
		return "quote ends too early";
	q->extra = rest;
	return parse_signature(signature, q);
}

/* ---- P-256 ---- */
static inline EVP_PKEY *p256_key(const uint8_t xy[64])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	uint8_t point[65] = { 4 };
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-256", 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_END,
	};

	memcpy(point + 1, xy, 64);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static inline bool p256_good(EVP_PKEY *key, const uint8_t sig[64], struct part data)
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	bool good = false;
	int n;

	ECDSA_SIG_set0(s, BN_bin2bn(sig, 32, NULL), BN_bin2bn(sig + 32, 32, NULL));
	n = i2d_ECDSA_SIG(s, &der);
	if (key != NULL && n > 0)
		good = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
		       EVP_DigestVerify(md, der, (size_t)n, data.p, data.n) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(md);
	ECDSA_SIG_free(s);
	return good;
}

/* ---- chain: leaf, platform CA, root, as PEM ---- */
static inline bool read_chain(struct part pem, X509 *chain[3])
{
	BIO *mem = BIO_new_mem_buf(pem.p, (int)pem.n);

	for (unsigned i = 0; i < 3; i++)
		chain[i] = PEM_read_bio_X509(mem, NULL, NULL, NULL);
	BIO_free(mem);
	return chain[0] != NULL && chain[1] != NULL && chain[2] != NULL;
}

static inline bool issued_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer); /* NULL: not a key OpenSSL can read */

	return key != NULL &&
	       X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) == 0 &&
	       X509_verify(cert, key) == 1;
}

static inline bool has_sgx_extension(X509 *leaf)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
	int at = X509_get_ext_by_OBJ(leaf, oid, -1);

	ASN1_OBJECT_free(oid);
	return at >= 0;
}

/* root: whom to trust; NULL takes the root of the chain itself at its word. */
static inline const char *verify_chain(X509 *const chain[3], X509 *root)
{
	if (!issued_by(chain[2], chain[2]))
		return "root is not self-signed";
	if (root != NULL && X509_cmp(chain[2], root) != 0)
		return "root is not the trusted one";
	if (!issued_by(chain[1], chain[2]) || X509_check_ca(chain[1]) != 1)
		return "platform CA is not signed by the root";
	if (!issued_by(chain[0], chain[1]))
		return "PCK certificate is not signed by the platform CA";
	if (!has_sgx_extension(chain[0]))
		return "PCK certificate without SGX extension";
	return NULL;
}

/* QE report data = SHA-256(attestation key || auth data), then zeros. */
static inline bool key_bound(const struct quote_parts *q)
{
	uint8_t want[64] = { 0 };
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	EVP_DigestInit(md, EVP_sha256());
	EVP_DigestUpdate(md, q->attestation_key, 64);
	EVP_DigestUpdate(md, q->auth.p, q->auth.n);
	EVP_DigestFinal(md, want, NULL);
	EVP_MD_CTX_free(md);
	return memcmp(q->qe_report + 320, want, sizeof(want)) == 0;
}

static inline const char *verify_parsed(const struct quote_parts *q, X509 *const chain[3],
					X509 *root)
{
	const char *why = verify_chain(chain, root);
	EVP_PKEY *attestation;
	bool good;

	if (why != NULL)
		return why;
	if (!p256_good(X509_get0_pubkey(chain[0]), q->qe_signature,
		       (struct part){ q->qe_report, QE_REPORT }))
		return "QE report is not signed by the PCK key";
	if (!key_bound(q))
		return "attestation key is not bound by the QE report";
	attestation = p256_key(q->attestation_key);
	good = p256_good(attestation, q->signature, q->signed_part);
	EVP_PKEY_free(attestation);
	return good ? NULL : "quote is not signed by the attestation key";
}

/* NULL: everything holds. Report data and measurements are the caller's to compare. */
static inline const char *verify_quote(const uint8_t *data, size_t size, X509 *root,
				       struct quote_parts *q)
{
	X509 *chain[3] = { NULL };
	const char *why = parse_quote(data, size, q);

	if (why != NULL)
		return why;
	why = read_chain(q->chain, chain) ? verify_parsed(q, chain, root) : "no PCK chain of three";
	for (unsigned i = 0; i < 3; i++)
		X509_free(chain[i]);
	return why;
}

#endif
