/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keygen DIR: makes the test keys of the reference hosts, P-384, new for each build directory and
 * never committed:
 *   CPAK  signs platform tokens (Arm: CCA Platform Attestation Key)
 *   RAK   signs realm tokens (Realm Attestation Key)
 * DIR/test_keys.h has them as C arrays for the host, DIR/NAME.pem the public halves for verifiers.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#define SCALAR_SIZE 48
#define POINT_SIZE  97

static void die(const char *what)
{
	fprintf(stderr, "keygen: %s failed\n", what);
	exit(1);
}

static FILE *create(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		die(dir);
	f = fopen(path, "w");
	if (f == NULL)
		die(path);
	return f;
}

static void write_array(FILE *f, const char *name, const char *part, const unsigned char *p,
			size_t n)
{
	fprintf(f, "static const u8 %s_%s[%zu] = {", name, part, n);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s0x%02x,", i % 12 == 0 ? "\n\t" : " ", p[i]);
	fprintf(f, "\n};\n");
}

static void make_key(FILE *header, const char *dir, const char *name)
{
	unsigned char scalar[SCALAR_SIZE], point[POINT_SIZE];
	EVP_PKEY *key = EVP_EC_gen("P-384");
	BIGNUM *priv = NULL;
	size_t len = 0;
	char pem[64];
	FILE *f;

	if (key == NULL || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &priv) != 1 ||
	    BN_bn2binpad(priv, scalar, sizeof(scalar)) != SCALAR_SIZE)
		die("key generation");
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
					    &len) != 1 ||
	    len != POINT_SIZE || point[0] != 4)
		die("public key");
	write_array(header, name, "private", scalar, sizeof(scalar));
	write_array(header, name, "public", point, sizeof(point));
	snprintf(pem, sizeof(pem), "%s.pem", name);
	f = create(dir, pem);
	if (PEM_write_PUBKEY(f, key) != 1 || fclose(f) != 0)
		die(pem);
	BN_clear_free(priv);
	EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
	FILE *header;

	if (argc != 2) {
		fprintf(stderr, "usage: keygen DIR\n");
		return 2;
	}
	header = create(argv[1], "test_keys.h");
	fprintf(header,
		"/* Test keys of this build directory; made by hosts/keygen.c. P-384: scalar\n"
		" * big-endian, point uncompressed. */\n"
		"#ifndef TEST_KEYS_H\n#define TEST_KEYS_H\n#include \"types.h\"\n");
	make_key(header, argv[1], "cpak");
	make_key(header, argv[1], "rak");
	fprintf(header, "#endif\n");
	if (fclose(header) != 0)
		die("test_keys.h");
	return 0;
}
