/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trust anchors and collateral, each file by its content. Whoever can write into the directory is
 * trusted with the verdict; still nothing here may crash on what lies there.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "verify.h"

#define FILE_MAX   (8u << 20) /* Intel's CRLs are the largest of these, well below 1 MiB */
#define JSON_DEPTH 4          /* [ { "pkey": { JWK } } ] and { "keys": [ JWK ] } need three */

static void bad(struct roots *r, const char *file, const char *why)
{
	if (r->bad_count < ARRAY_SIZE(r->bad))
		snprintf(r->bad[r->bad_count++], sizeof(r->bad[0]), "%.63s: %.90s", file, why);
}

static bool room(struct roots *r, size_t n, const char *file)
{
	if (n < ROOTS_MAX)
		return true;
	bad(r, file, "more anchors than are kept");
	return false;
}

static void take_cert(struct roots *r, const char *file, X509 *cert)
{
	if (cert != NULL && room(r, r->certs, file))
		r->cert[r->certs++] = cert;
	else
		X509_free(cert);
}

static void take_crl(struct roots *r, const char *file, X509_CRL *crl)
{
	if (crl != NULL && room(r, r->crls, file))
		r->crl[r->crls++] = crl;
	else
		X509_CRL_free(crl);
}

static void take_key(struct roots *r, const char *file, EVP_PKEY *key, const u8 *instance)
{
	if (key == NULL || !room(r, r->keys, file)) {
		EVP_PKEY_free(key);
		return;
	}
	snprintf(r->key_name[r->keys], sizeof(r->key_name[0]), "%s", file);
	if (instance != NULL)
		memcpy(r->key_instance[r->keys], instance, INSTANCE_ID_SIZE);
	r->key[r->keys++] = key;
}

/* Why OpenSSL refused a public key. A point off its curve is no mistake of format: in a group of
 * small order anyone can sign for it. */
static const char *key_error(void)
{
	const char *why = "not a public key that can be used";
	unsigned long e;

	while ((e = ERR_get_error()) != 0) {
		if (ERR_GET_LIB(e) != ERR_LIB_EC)
			continue;
		if (ERR_GET_REASON(e) == EC_R_POINT_IS_NOT_ON_CURVE ||
		    ERR_GET_REASON(e) == EC_R_INVALID_ENCODING)
			why = "the key's point is not on its curve";
	}
	return why;
}

/* ---- JWK (RFC 7517, 7518) ---- */
static int base64url_digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* RFC 7518 6.2.1.2: full size of a coordinate, without padding. */
static bool coordinate(const json_t *jwk, const char *name, u8 *out, size_t size)
{
	const char *text = json_string_value(json_object_get(jwk, name));
	size_t chars = (size * 8 + 5) / 6, n = 0;
	unsigned bits = 0, have = 0;

	if (text == NULL || strlen(text) != chars)
		return false;
	for (size_t i = 0; i < chars; i++) {
		int d = base64url_digit(text[i]);

		if (d < 0)
			return false;
		bits = bits << 6 | (unsigned)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (u8)(bits >> have);
		}
	}
	return (bits & ((1u << have) - 1)) == 0;
}

EVP_PKEY *ec_public_key(const char *group, const u8 *point, size_t size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, size),
		OSSL_PARAM_END,
	};

	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void take_jwk(struct roots *r, const char *file, const json_t *jwk, const u8 *instance)
{
	const char *kty = json_string_value(json_object_get(jwk, "kty"));
	const char *crv = json_string_value(json_object_get(jwk, "crv"));
	u8 point[97] = { 0x04 };
	EVP_PKEY *key;
	size_t size;

	if (kty == NULL || crv == NULL || strcmp(kty, "EC") != 0 ||
	    (strcmp(crv, "P-256") != 0 && strcmp(crv, "P-384") != 0)) {
		bad(r, file, "a JWK that is neither EC P-256 nor EC P-384");
		return;
	}
	size = strcmp(crv, "P-256") == 0 ? 32 : 48;
	if (!coordinate(jwk, "x", point + 1, size) ||
	    !coordinate(jwk, "y", point + 1 + size, size)) {
		bad(r, file, "a coordinate of the JWK is not base64url of its curve's size");
		return;
	}
	ERR_clear_error();
	key = ec_public_key(crv, point, 1 + 2 * size);
	if (key == NULL)
		bad(r, file, key_error());
	take_key(r, file, key, instance);
}

/* Veraison's trust anchors: the JWK as "pkey" beside the instance id it belongs to. */
static bool instance_beside(struct roots *r, const char *file, const json_t *object, u8 *id)
{
	const json_t *v = json_object_get(object, "instance-id");

	if (v == NULL)
		return true;
	if (json_is_string(v) && hex_parse(json_string_value(v), id, INSTANCE_ID_SIZE) &&
	    id[0] != 0)
		return true;
	bad(r, file, "an instance-id that is not 33 bytes in hexadecimal");
	return false;
}

/* Whether there was a JWK, usable or not. */
static bool find_jwks(struct roots *r, const char *file, const json_t *v, unsigned depth)
{
	u8 id[INSTANCE_ID_SIZE] = { 0 };
	const json_t *member;
	const char *name;
	bool found = false;
	size_t i;

	if (depth == 0)
		return false;
	if (json_is_array(v)) {
		json_array_foreach(v, i, member) found |= find_jwks(r, file, member, depth - 1);
		return found;
	}
	if (json_object_get(v, "kty") != NULL) {
		take_jwk(r, file, v, NULL);
		return true;
	}
	member = json_object_get(v, "pkey");
	if (json_is_object(member)) {
		if (instance_beside(r, file, v, id))
			take_jwk(r, file, member, id);
		return true;
	}
	json_object_foreach((json_t *)v, name, member) found |=
	    find_jwks(r, file, member, depth - 1);
	return found;
}

static bool take_json(struct roots *r, const char *file, struct bytes b)
{
	json_t *v = json_loadb((const char *)b.data, b.size, JSON_REJECT_DUPLICATES, NULL);
	u8 *copy;

	if (v == NULL)
		return false;
	if (!find_jwks(r, file, v, JSON_DEPTH) && room(r, r->jsons, file)) {
		copy = malloc(b.size);
		if (copy != NULL) {
			memcpy(copy, b.data, b.size);
			snprintf(r->json_name[r->jsons], sizeof(r->json_name[0]), "%s", file);
			r->json[r->jsons++] = (struct bytes){ copy, b.size };
		}
	}
	json_decref(v);
	return true;
}

/* ---- PEM and DER ---- */
/* d2i_PUBKEY() keeps its reasons to itself, so the point is tried once more by itself. */
static const char *pem_key_error(const u8 *der, long size)
{
	X509_PUBKEY *key = d2i_X509_PUBKEY(NULL, &der, size);
	const void *curve = NULL;
	const u8 *point = NULL;
	X509_ALGOR *algorithm = NULL;
	int type = V_ASN1_UNDEF, n = 0;

	if (key != NULL && X509_PUBKEY_get0_param(NULL, &point, &n, &algorithm, key) == 1)
		X509_ALGOR_get0(NULL, &type, &curve, algorithm);
	ERR_clear_error();
	if (type == V_ASN1_OBJECT && n > 0)
		EVP_PKEY_free(ec_public_key(OBJ_nid2sn(OBJ_obj2nid(curve)), point, (size_t)n));
	X509_PUBKEY_free(key);
	return key_error();
}

static void take_pem_block(struct roots *r, const char *file, const char *label, const u8 *der,
			   long size)
{
	const u8 *at = der;

	ERR_clear_error();
	if (strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0) {
		X509 *cert = d2i_X509(NULL, &at, size);

		if (cert == NULL)
			bad(r, file, "a certificate that cannot be read");
		take_cert(r, file, cert);
	} else if (strcmp(label, PEM_STRING_X509_CRL) == 0) {
		X509_CRL *crl = d2i_X509_CRL(NULL, &at, size);

		if (crl == NULL)
			bad(r, file, "a CRL that cannot be read");
		take_crl(r, file, crl);
	} else if (strcmp(label, PEM_STRING_PUBLIC) == 0) {
		EVP_PKEY *key = d2i_PUBKEY(NULL, &at, size);

		if (key == NULL)
			bad(r, file, pem_key_error(der, size));
		take_key(r, file, key, NULL);
	}
}

static bool take_pem(struct roots *r, const char *file, struct bytes b)
{
	BIO *bio = BIO_new_mem_buf(b.data, (int)b.size);
	char *label, *header;
	bool any = false;
	u8 *der;
	long n;

	while (bio != NULL && PEM_read_bio(bio, &label, &header, &der, &n) == 1) {
		take_pem_block(r, file, label, der, n);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_free(der);
		any = true;
	}
	BIO_free(bio);
	ERR_clear_error();
	return any;
}

static void take_der(struct roots *r, const char *file, struct bytes b)
{
	const u8 *at = b.data;
	X509 *cert = d2i_X509(NULL, &at, (long)b.size);
	X509_CRL *crl = NULL;

	if (cert == NULL) {
		at = b.data;
		crl = d2i_X509_CRL(NULL, &at, (long)b.size);
	}
	take_cert(r, file, cert);
	take_crl(r, file, crl);
	ERR_clear_error();
}

void roots_take(struct roots *r, const char *name, struct bytes b)
{
	if (!take_json(r, name, b) && !take_pem(r, name, b))
		take_der(r, name, b);
}

/* ---- files ---- */
static bool load_file(struct roots *r, const char *path, const char *name)
{
	struct bytes b = file_read(path, FILE_MAX);

	if (b.data == NULL)
		return false;
	roots_take(r, name, b);
	free((void *)b.data);
	return true;
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

bool roots_load(struct roots *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct dirent **list;
	struct stat s;
	int n;

	memset(r, 0, sizeof(*r));
	if (stat(path, &s) != 0)
		return false;
	if (!S_ISDIR(s.st_mode))
		return load_file(r, path, slash != NULL ? slash + 1 : path);
	n = scandir(path, &list, not_hidden, alphasort); /* sorted: the same order everywhere */
	if (n < 0)
		return false;
	for (int i = 0; i < n; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
		if (stat(file, &s) == 0 && S_ISREG(s.st_mode) &&
		    !load_file(r, file, list[i]->d_name))
			bad(r, list[i]->d_name, strerror(errno));
		free(list[i]);
	}
	free(list);
	return true;
}

void roots_free(struct roots *r)
{
	for (size_t i = 0; i < r->certs; i++)
		X509_free(r->cert[i]);
	for (size_t i = 0; i < r->keys; i++)
		EVP_PKEY_free(r->key[i]);
	for (size_t i = 0; i < r->crls; i++)
		X509_CRL_free(r->crl[i]);
	for (size_t i = 0; i < r->jsons; i++)
		free((void *)r->json[i].data);
	memset(r, 0, sizeof(*r));
}
