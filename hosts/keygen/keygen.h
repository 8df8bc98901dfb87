/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of keygen, the native program that makes the test keys of the reference hosts. */
#ifndef KEYGEN_H
#define KEYGEN_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

/* Everything here ends the program with a message when it cannot do its work. */
void die(const char *what);
FILE *create(const char *dir, const char *name);
/* A header of C arrays: opens it with its include guard, and closes it. */
FILE *open_header(const char *dir, const char *name, const char *guard, const char *about);
void close_header(FILE *f);
void write_array(FILE *f, const char *name, const char *part, const unsigned char *p, size_t n);

/* ---- keys ---- */
EVP_PKEY *make_ec(const char *curve);
EVP_PKEY *make_rsa4096(void);
/* Private scalar, big-endian, `size` bytes; public point x, y without the 04, 2 x `size` bytes. */
void ec_scalar(EVP_PKEY *key, unsigned char *out, size_t size);
void ec_point(EVP_PKEY *key, unsigned char *out, size_t size);

/* ---- certificates ---- */
struct name {
	const char *country, *state, *locality, *organization, *unit, *common_name;
};
/* A certificate for `key` without extensions and signature; issuer NULL: itself. */
X509 *new_certificate(EVP_PKEY *key, const struct name *subject, X509 *issuer, unsigned serial);
void add_ca_extensions(X509 *cert, int path_length);
/* The extension's value is exactly these bytes. */
void add_extension(X509 *cert, const char *oid, const unsigned char *value, size_t n);
void sign_pss_sha384(X509 *cert, EVP_PKEY *key); /* RSASSA-PSS, salt 48 */
void sign_ecdsa_sha256(X509 *cert, EVP_PKEY *key);
void save_pem(const char *dir, const char *name, X509 *cert);
void write_der(FILE *header, const char *name, X509 *cert);

void make_snp_keys(const char *dir);
void make_tdx_keys(const char *dir);

#endif
