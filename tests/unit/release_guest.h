/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest of a secret release, written from include/abi/release.h with OpenSSL, to try a relying
 * party with: it can do everything right, and any one thing wrong. HKDF is done by hand, by RFC
 * 5869.
 */
#ifndef TESTS_RELEASE_GUEST_H
#define TESTS_RELEASE_GUEST_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/release.h"
#include "types.h"

static void rg_put32(u8 *p, u32 v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (u8)(v >> (8 * i));
}

static u32 rg_get32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static bool rg_write(int fd, const u8 *data, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

static bool rg_read(int fd, u8 *out, size_t size)
{
	while (size > 0) {
		ssize_t n = recv(fd, out, size, 0);

		if (n <= 0)
			return false;
		out += n;
		size -= (size_t)n;
	}
	return true;
}

static inline bool rg_send(int fd, u32 type, const u8 *data, size_t size)
{
	u8 head[RELEASE_FRAME_HEAD];

	rg_put32(head, type);
	rg_put32(head + 4, (u32)size);
	return rg_write(fd, head, sizeof(head)) && rg_write(fd, data, size);
}

/* At most max bytes, *size of them. 0: the party went away. */
static inline u32 rg_receive(int fd, u8 *out, size_t max, size_t *size)
{
	u8 head[RELEASE_FRAME_HEAD];

	if (!rg_read(fd, head, sizeof(head)))
		return 0;
	*size = rg_get32(head + 4);
	if (*size > max || !rg_read(fd, out, *size))
		return 0;
	return rg_get32(head);
}

static inline EVP_PKEY *rg_key(u8 point[RELEASE_POINT])
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	size_t size = 0;

	EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, RELEASE_POINT, &size);
	return key;
}

static void rg_hmac(const u8 *key, size_t key_size, const u8 *data, size_t size, u8 out[32])
{
	unsigned n = 0;

	HMAC(EVP_sha256(), key, (int)key_size, data, size, out, &n);
}

/* x coordinate of the shared point. false: the party's point is none. */
static bool rg_agree(EVP_PKEY *own, const u8 *party, u8 z[32])
{
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t size = 32;
	bool good = EVP_PKEY_copy_parameters(peer, own) == 1 &&
		    EVP_PKEY_set1_encoded_public_key(peer, party, RELEASE_POINT) == 1 &&
		    EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, z, &size) == 1 && size == 32;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return good;
}

/* out: 32 bytes of cipher key, 32 of confirmation key. */
static void rg_hkdf(const u8 z[32], const u8 *challenge, const u8 *guest, const u8 *party,
		    u8 out[64])
{
	u8 prk[32], block[32 + 24 + 2 * RELEASE_POINT + 1];

	rg_hmac(challenge, RELEASE_CHALLENGE, z, 32, prk);
	memcpy(block + 32, "postern secret release 1", 24);
	memcpy(block + 56, guest, RELEASE_POINT);
	memcpy(block + 56 + RELEASE_POINT, party, RELEASE_POINT);
	block[sizeof(block) - 1] = 1;
	rg_hmac(prk, 32, block + 32, sizeof(block) - 32, out);
	memcpy(block, out, 32);
	block[sizeof(block) - 1] = 2;
	rg_hmac(prk, 32, block, sizeof(block), out + 32);
}

static bool rg_decrypt(const u8 *key, const u8 *iv, const u8 *aad, const u8 *in, size_t size,
		       u8 *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	bool good =
	    EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, iv) == 1 &&
	    EVP_DecryptUpdate(c, NULL, &n, aad, 64) == 1 &&
	    EVP_DecryptUpdate(c, out, &n, in, (int)size) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, RELEASE_TAG, (void *)(in + size)) == 1 &&
	    EVP_DecryptFinal_ex(c, out + n, &n) == 1;

	EVP_CIPHER_CTX_free(c);
	return good;
}

/* Opens a SECRET frame's payload; secret: room for RELEASE_SECRET_MAX bytes. */
static inline bool rg_open(EVP_PKEY *own, const u8 *point, const u8 *challenge,
			   const u8 *report_data, const u8 *frame, size_t size, u8 *secret,
			   size_t *secret_size, u8 proof[RELEASE_PROOF])
{
	const size_t around = RELEASE_POINT + RELEASE_IV + RELEASE_TAG;
	u8 z[32], keys[64], text[RELEASE_CHALLENGE + RELEASE_SECRET_MAX];

	if (size < around || !rg_agree(own, frame, z))
		return false;
	rg_hkdf(z, challenge, point, frame, keys);
	*secret_size = size - around;
	if (!rg_decrypt(keys, frame + RELEASE_POINT, report_data,
			frame + RELEASE_POINT + RELEASE_IV, *secret_size, secret))
		return false;
	memcpy(text, challenge, RELEASE_CHALLENGE);
	memcpy(text + RELEASE_CHALLENGE, secret, *secret_size);
	rg_hmac(keys + 32, 32, text, RELEASE_CHALLENGE + *secret_size, proof);
	return true;
}

#endif
