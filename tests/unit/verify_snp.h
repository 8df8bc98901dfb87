/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verification of SNP attestation reports by OpenSSL: signature by the VCEK, VCEK < ASK < ARK, TCB
 * and chip of the certificate against the report. Written from the sheet alone; shares nothing with
 * the host that signs or the guest that parses.
 */
#ifndef VERIFY_SNP_H
#define VERIFY_SNP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define REPORT_BYTES  0x4a0
#define REPORT_SIGNED 0x2a0

struct snp_chain_certs {
	X509 *vcek, *ask, *ark;
};

static inline void snp_certs_free(struct snp_chain_certs *c)
{
	X509_free(c->vcek);
	X509_free(c->ask);
	X509_free(c->ark);
}

/* A certificate from a file, PEM or DER; `skip` others stand before it. NULL: none. */
static inline X509 *load_cert(const char *path, unsigned skip)
{
	FILE *f = fopen(path, "rb");
	X509 *x = NULL;

	if (f == NULL)
		return NULL;
	for (unsigned i = 0; i <= skip; i++) {
		X509_free(x);
		x = PEM_read_X509(f, NULL, NULL, NULL);
	}
	if (x == NULL && skip == 0) {
		rewind(f);
		x = d2i_X509_fp(f, NULL);
	}
	fclose(f);
	return x;
}

/* ---- chain ---- */
/* Signed by the issuer's key with RSASSA-PSS, SHA-384, salt 48. */
static inline bool signed_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	int md = NID_undef, pk = NID_undef;

	if (key == NULL || X509_get_signature_info(cert, &md, &pk, NULL, NULL) != 1 ||
	    md != NID_sha384 || pk != NID_rsassaPss || EVP_PKEY_get_bits(key) != 4096)
		return false;
	return X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) == 0 &&
	       X509_verify(cert, key) == 1;
}

static inline const char *verify_snp_chain(const struct snp_chain_certs *c)
{
	if (!signed_by(c->ark, c->ark))
		return "ARK is not self-signed";
	if (!signed_by(c->ask, c->ark))
		return "ASK is not signed by ARK";
	if (c->vcek != NULL && !signed_by(c->vcek, c->ask))
		return "VCEK is not signed by ASK";
	return NULL;
}

/* ---- extensions of the VCEK ---- */
static inline const ASN1_OCTET_STRING *amd_extension(X509 *vcek, const char *tail)
{
	char oid[64];
	ASN1_OBJECT *obj;
	int at;

	snprintf(oid, sizeof(oid), "1.3.6.1.4.1.3704.1.%s", tail);
	obj = OBJ_txt2obj(oid, 1);
	at = X509_get_ext_by_OBJ(vcek, obj, -1);
	ASN1_OBJECT_free(obj);
	return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(vcek, at));
}

/* The byte a DER INTEGER extension holds; -1: none, or no such number. */
static inline int amd_byte(X509 *vcek, const char *tail)
{
	const ASN1_OCTET_STRING *e = amd_extension(vcek, tail);
	const unsigned char *p;

	if (e == NULL)
		return -1;
	p = ASN1_STRING_get0_data(e);
	if (ASN1_STRING_length(e) == 3 && p[0] == 2 && p[1] == 1 && p[2] < 0x80)
		return p[2];
	if (ASN1_STRING_length(e) == 4 && p[0] == 2 && p[1] == 2 && p[2] == 0 && p[3] >= 0x80)
		return p[3];
	return -1;
}

static inline bool is_turin(const uint8_t *report, X509 *vcek)
{
	const ASN1_OCTET_STRING *name = amd_extension(vcek, "2");

	if (report[0] >= 3)
		return report[0x188] == 0x1a;
	return name != NULL && ASN1_STRING_length(name) == 7 &&
	       memcmp(ASN1_STRING_get0_data(name) + 2, "Turin", 5) == 0;
}

static inline bool same_tcb(const uint8_t *report, X509 *vcek)
{
	static const char *const milan[8] = { "3.1", "3.2", NULL, NULL, NULL, NULL, "3.3", "3.8" };
	static const char *const turin[8] = { "3.9", "3.1", "3.2", "3.3", NULL, NULL, NULL, "3.8" };
	const char *const *layout = is_turin(report, vcek) ? turin : milan;

	for (unsigned i = 0; i < 8; i++)
		if (report[0x180 + i] != (layout[i] != NULL ? amd_byte(vcek, layout[i]) : 0))
			return false;
	return true;
}

static inline bool same_chip(const uint8_t *report, X509 *vcek)
{
	const ASN1_OCTET_STRING *id = amd_extension(vcek, "4");
	int n = is_turin(report, vcek) ? 8 : 64;
	static const uint8_t zero[64];

	if ((report[0x48] & 2) != 0) /* masked */
		return memcmp(report + 0x1a0, zero, 64) == 0;
	return id != NULL && ASN1_STRING_length(id) == n &&
	       memcmp(ASN1_STRING_get0_data(id), report + 0x1a0, (size_t)n) == 0;
}

/* ---- the report ---- */
static inline BIGNUM *little_endian(const uint8_t *p)
{
	return BN_lebin2bn(p, 72, NULL);
}

static inline bool report_signature_good(const uint8_t *report, X509 *vcek)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(vcek);
	unsigned char *der = NULL;
	bool good;
	int n;

	ECDSA_SIG_set0(sig, little_endian(report + REPORT_SIGNED),
		       little_endian(report + REPORT_SIGNED + 72));
	n = i2d_ECDSA_SIG(sig, &der);
	good = n > 0 && key != NULL && EVP_PKEY_get_bits(key) == 384 &&
	       EVP_DigestVerifyInit(md, NULL, EVP_sha384(), NULL, key) == 1 &&
	       EVP_DigestVerify(md, der, (size_t)n, report, REPORT_SIGNED) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(md);
	ECDSA_SIG_free(sig);
	return good;
}

/* NULL: everything holds. Report data and measurement are the caller's to compare. */
static inline const char *verify_snp_report(const uint8_t report[REPORT_BYTES],
					    const struct snp_chain_certs *c)
{
	const char *why = verify_snp_chain(c);

	if (why != NULL)
		return why;
	if (report[0] < 2 || report[0] > 5 || report[1] != 0 || report[2] != 0 || report[3] != 0)
		return "unknown report version";
	if (report[0x34] != 1)
		return "signature algorithm is not ECDSA P-384";
	if ((report[0x48] >> 2 & 7) != 0)
		return "not signed by a VCEK";
	for (unsigned i = REPORT_SIGNED + 144; i < REPORT_BYTES; i++)
		if (report[i] != 0)
			return "bytes behind the signature";
	if (!report_signature_good(report, c->vcek))
		return "signature does not verify";
	if (!same_tcb(report, c->vcek))
		return "reported TCB is not the certificate's";
	if (!same_chip(report, c->vcek))
		return "chip ID is not the certificate's";
	return NULL;
}

#endif
