/* SPDX-License-Identifier: BSD-2-Clause */
/* Files keygen writes, and the keys in them. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "keygen.h"

void die(const char *what)
{
	fprintf(stderr, "keygen: %s failed\n", what);
	exit(1);
}

FILE *create(const char *dir, const char *name)
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

FILE *open_header(const char *dir, const char *name, const char *guard, const char *about)
{
	FILE *f = create(dir, name);

	fprintf(f,
		"/* Test keys of this build directory; made by hosts/keygen. %s */\n"
		"#ifndef %s\n#define %s\n#include \"types.h\"\n",
		about, guard, guard);
	return f;
}

void close_header(FILE *f)
{
	fprintf(f, "#endif\n");
	if (fclose(f) != 0)
		die("writing a header");
}

void write_array(FILE *f, const char *name, const char *part, const unsigned char *p, size_t n)
{
	fprintf(f, "static const u8 %s_%s[%zu] = {", name, part, n);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s0x%02x,", i % 12 == 0 ? "\n\t" : " ", p[i]);
	fprintf(f, "\n};\n");
}

EVP_PKEY *make_ec(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	if (key == NULL)
		die("EC key generation");
	return key;
}

EVP_PKEY *make_rsa4096(void)
{
	EVP_PKEY *key = EVP_RSA_gen(4096);

	if (key == NULL)
		die("RSA key generation");
	return key;
}

void ec_scalar(EVP_PKEY *key, unsigned char *out, size_t size)
{
	BIGNUM *priv = NULL;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &priv) != 1 ||
	    BN_bn2binpad(priv, out, (int)size) != (int)size)
		die("private scalar");
	BN_clear_free(priv);
}

void ec_point(EVP_PKEY *key, unsigned char *out, size_t size)
{
	unsigned char point[1 + 2 * 66];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
					    &len) != 1 ||
	    len != 1 + 2 * size || point[0] != 4)
		die("public key");
	memcpy(out, point + 1, 2 * size);
}
