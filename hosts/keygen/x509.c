/* SPDX-License-Identifier: BSD-2-Clause */
/* Test certificates: years of validity are fixed, so that no machine's clock matters. */
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "keygen.h"

static void add_part(X509_NAME *n, const char *field, const char *text)
{
	if (text != NULL && X509_NAME_add_entry_by_txt(n, field, MBSTRING_ASC,
						       (const unsigned char *)text, -1, -1, 0) != 1)
		die("certificate name");
}

static X509_NAME *make_name(const struct name *name)
{
	X509_NAME *n = X509_NAME_new();

	add_part(n, "OU", name->unit);
	add_part(n, "C", name->country);
	add_part(n, "L", name->locality);
	add_part(n, "ST", name->state);
	add_part(n, "O", name->organization);
	add_part(n, "CN", name->common_name);
	return n;
}

X509 *new_certificate(EVP_PKEY *key, const struct name *subject, X509 *issuer, unsigned serial)
{
	X509 *cert = X509_new();
	X509_NAME *name = make_name(subject);

	if (X509_set_version(cert, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial) != 1 ||
	    ASN1_TIME_set_string(X509_getm_notBefore(cert), "250101000000Z") != 1 ||
	    ASN1_TIME_set_string(X509_getm_notAfter(cert), "491231235959Z") != 1 ||
	    X509_set_subject_name(cert, name) != 1 ||
	    X509_set_issuer_name(cert, issuer != NULL ? X509_get_subject_name(issuer) : name) !=
		1 ||
	    X509_set_pubkey(cert, key) != 1)
		die("certificate");
	X509_NAME_free(name);
	return cert;
}

void add_ca_extensions(X509 *cert, int path_length)
{
	char constraints[40];
	X509_EXTENSION *e;

	snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%d", path_length);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, constraints);
	if (e == NULL || X509_add_ext(cert, e, -1) != 1)
		die("basic constraints");
	X509_EXTENSION_free(e);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "critical,keyCertSign,cRLSign");
	if (e == NULL || X509_add_ext(cert, e, -1) != 1)
		die("key usage");
	X509_EXTENSION_free(e);
}

void add_extension(X509 *cert, const char *oid, const unsigned char *value, size_t n)
{
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	if (obj == NULL || ASN1_OCTET_STRING_set(data, value, (int)n) != 1)
		die(oid);
	e = X509_EXTENSION_create_by_OBJ(NULL, obj, 0, data);
	if (e == NULL || X509_add_ext(cert, e, -1) != 1)
		die(oid);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(data);
	ASN1_OBJECT_free(obj);
}

void sign_pss_sha384(X509 *cert, EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;

	if (EVP_DigestSignInit(md, &ctx, EVP_sha384(), NULL, key) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha384()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 48) != 1 || X509_sign_ctx(cert, md) <= 0)
		die("RSA-PSS signature");
	EVP_MD_CTX_free(md);
}

void sign_ecdsa_sha256(X509 *cert, EVP_PKEY *key)
{
	if (X509_sign(cert, key, EVP_sha256()) <= 0)
		die("ECDSA signature");
}

void save_pem(const char *dir, const char *name, X509 *cert)
{
	FILE *f = create(dir, name);

	if (PEM_write_X509(f, cert) != 1 || fclose(f) != 0)
		die(name);
}

void write_der(FILE *header, const char *name, X509 *cert)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);

	if (n <= 0)
		die(name);
	write_array(header, name, "der", der, (size_t)n);
	OPENSSL_free(der);
}
