/* SPDX-License-Identifier: BSD-2-Clause */
/* The relying party's cryptography (include/abi/release.h), by OpenSSL. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#include "serve.h"

#define SHARED_SIZE 32u
#define KEY_SIZE    32u

struct keys { /* as HKDF gives them */
	u8 cipher[KEY_SIZE], confirm[KEY_SIZE];
};

/* NULL: not an uncompressed point of the curve; OpenSSL holds it against the curve's equation. */
static EVP_PKEY *point_key(struct bytes point)
{
	if (point.size != RELEASE_POINT || point.data[0] != 0x04)
		return NULL;
	return ec_public_key("P-256", point.data, point.size);
}

bool serve_point_valid(struct bytes point)
{
	EVP_PKEY *key = point_key(point);
	bool valid = key != NULL;

	EVP_PKEY_free(key);
	return valid;
}

static bool own_point(EVP_PKEY *own, u8 out[RELEASE_POINT])
{
	size_t size = 0;

	return EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_PUB_KEY, out, RELEASE_POINT,
					       &size) == 1 &&
	       size == RELEASE_POINT && out[0] == 0x04;
}

static bool shared_x(EVP_PKEY *own, EVP_PKEY *peer, u8 out[SHARED_SIZE])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t size = SHARED_SIZE;
	bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
		    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, out, &size) == 1 && size == SHARED_SIZE;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

static bool derive(const u8 z[SHARED_SIZE], const u8 *challenge, const u8 *guest, const u8 *party,
		   struct keys *out)
{
	static const char text[] = RELEASE_INFO;
	u8 info[sizeof(text) - 1 + 2 * RELEASE_POINT];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)z, SHARED_SIZE),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)challenge,
						  RELEASE_CHALLENGE),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool good;

	memcpy(info, text, sizeof(text) - 1);
	memcpy(info + sizeof(text) - 1, guest, RELEASE_POINT);
	memcpy(info + sizeof(text) - 1 + RELEASE_POINT, party, RELEASE_POINT);
	good = ctx != NULL && EVP_KDF_derive(ctx, (u8 *)out, sizeof(*out), params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good;
}

/* iv || ciphertext || tag at out. */
static bool encrypt(const u8 key[KEY_SIZE], const u8 *aad, struct bytes secret, u8 *out)
{
	u8 *text = out + RELEASE_IV, *tag = text + secret.size;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool good = ctx != NULL && RAND_bytes(out, RELEASE_IV) == 1 &&
		    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
		    EVP_EncryptUpdate(ctx, NULL, &n, aad, REPORT_DATA_SIZE) == 1 &&
		    EVP_EncryptUpdate(ctx, text, &n, secret.data, (int)secret.size) == 1 &&
		    EVP_EncryptFinal_ex(ctx, tag, &last) == 1 && (size_t)n == secret.size &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, RELEASE_TAG, tag) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return good;
}

static bool prove(const u8 key[KEY_SIZE], const u8 *challenge, struct bytes secret,
		  u8 out[RELEASE_PROOF])
{
	u8 text[RELEASE_CHALLENGE + RELEASE_SECRET_MAX];
	unsigned size = 0;
	bool good;

	memcpy(text, challenge, RELEASE_CHALLENGE);
	memcpy(text + RELEASE_CHALLENGE, secret.data, secret.size);
	good = HMAC(EVP_sha256(), key, KEY_SIZE, text, RELEASE_CHALLENGE + secret.size, out,
		    &size) != NULL &&
	       size == RELEASE_PROOF;
	OPENSSL_cleanse(text, sizeof(text));
	return good;
}

static bool seal_to(EVP_PKEY *own, EVP_PKEY *peer, const u8 *guest, const u8 *challenge,
		    const u8 *report_data, struct bytes secret, struct serve_seal *s)
{
	u8 z[SHARED_SIZE];
	struct keys k;
	bool good = own_point(own, s->frame) && shared_x(own, peer, z) &&
		    derive(z, challenge, guest, s->frame, &k) &&
		    encrypt(k.cipher, report_data, secret, s->frame + RELEASE_POINT) &&
		    prove(k.confirm, challenge, secret, s->proof);

	OPENSSL_cleanse(z, sizeof(z));
	OPENSSL_cleanse(&k, sizeof(k));
	s->size = RELEASE_POINT + RELEASE_IV + secret.size + RELEASE_TAG;
	return good;
}

bool serve_seal(struct bytes point, const u8 challenge[RELEASE_CHALLENGE],
		const u8 report_data[REPORT_DATA_SIZE], struct bytes secret, struct serve_seal *s)
{
	EVP_PKEY *peer = point_key(point), *own;
	bool good;

	if (peer == NULL || secret.size == 0 || secret.size > RELEASE_SECRET_MAX) {
		EVP_PKEY_free(peer);
		return false;
	}
	own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	good = own != NULL && seal_to(own, peer, point.data, challenge, report_data, secret, s);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	if (!good)
		OPENSSL_cleanse(s, sizeof(*s));
	return good;
}
