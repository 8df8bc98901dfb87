/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's cryptography (include/abi/release.h). BearSSL's portable implementations by name:
 * constant time on both architectures, and none that asks the CPU what it can do. */
#include <bearssl.h>
#include <string.h>

#include "release.h"

#define TRIES 8u /* the chance that an honest source needs a second one is 2^-32 */

/* As 32-byte big-endian numbers, without a branch on the key. */
static bool in_order(const u8 *key)
{
	size_t size = 0;
	const u8 *order = br_ec_prime_i31.order(BR_EC_secp256r1, &size);
	u32 borrow = 0, any = 0;

	for (size_t i = size; i-- > 0;) {
		borrow = ((u32)key[i] - order[i] - borrow) >> 31;
		any |= key[i];
	}
	return borrow == 1 && any != 0;
}

enum status release_make_key(struct release *r)
{
	for (unsigned i = 0; i < TRIES; i++) {
		enum status st = r->w->random(r->private_key, sizeof(r->private_key));

		if (st != ST_OK)
			return st;
		if (!in_order(r->private_key))
			continue;
		br_ec_prime_i31.mulgen(r->point, r->private_key, sizeof(r->private_key),
				       BR_EC_secp256r1);
		return ST_OK;
	}
	return ST_NO_PROGRESS;
}

static void wipe(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory"); /* not a dead store */
}

/* All that holds a key or what one follows from while the secret is opened. */
struct work {
	u8 shared[RELEASE_POINT]; /* the point both sides arrive at */
	u8 info[sizeof(RELEASE_INFO) - 1 + 2 * RELEASE_POINT];
	u8 keys[64];
	br_hkdf_context hkdf;
	br_aes_ct64_ctr_keys aes;
	br_gcm_context gcm;
	br_hmac_key_context hmac_key;
	br_hmac_context hmac;
};

/* BearSSL holds the party's point against the curve's equation: one of another curve, chosen to
 * tell our key by the answer, is no point. */
static bool agree(struct release *r, const u8 *party, struct work *k)
{
	memcpy(k->shared, party, RELEASE_POINT);
	return party[0] == 0x04 &&
	       br_ec_prime_i31.mul(k->shared, RELEASE_POINT, r->private_key, sizeof(r->private_key),
				   BR_EC_secp256r1) == 1;
}

static void derive(struct release *r, const u8 *party, struct work *k)
{
	size_t text = sizeof(RELEASE_INFO) - 1;

	memcpy(k->info, RELEASE_INFO, text);
	memcpy(k->info + text, r->point, RELEASE_POINT);
	memcpy(k->info + text + RELEASE_POINT, party, RELEASE_POINT);
	br_hkdf_init(&k->hkdf, &br_sha256_vtable, r->challenge, sizeof(r->challenge));
	br_hkdf_inject(&k->hkdf, k->shared + 1, 32); /* x */
	br_hkdf_flip(&k->hkdf);
	br_hkdf_produce(&k->hkdf, k->info, sizeof(k->info), k->keys, sizeof(k->keys));
	memcpy(r->cipher_key, k->keys, 32);
	memcpy(r->confirm_key, k->keys + 32, 32);
}

/* In place, in private memory. */
static bool decrypt(struct release *r, const u8 *iv, u8 *text, size_t size, struct work *k)
{
	br_aes_ct64_ctr_init(&k->aes, r->cipher_key, sizeof(r->cipher_key));
	br_gcm_init(&k->gcm, &k->aes.vtable, br_ghash_ctmul64);
	br_gcm_reset(&k->gcm, iv, RELEASE_IV);
	br_gcm_aad_inject(&k->gcm, r->report_data, sizeof(r->report_data));
	br_gcm_flip(&k->gcm);
	br_gcm_run(&k->gcm, 0, text, size);
	return br_gcm_check_tag(&k->gcm, text + size) == 1;
}

static void prove(struct release *r, struct work *k)
{
	br_hmac_key_init(&k->hmac_key, &br_sha256_vtable, r->confirm_key, sizeof(r->confirm_key));
	br_hmac_init(&k->hmac, &k->hmac_key, 0);
	br_hmac_update(&k->hmac, r->challenge, sizeof(r->challenge));
	br_hmac_update(&k->hmac, r->secret, r->secret_size);
	br_hmac_out(&k->hmac, r->proof);
}

enum status release_open(struct release *r, size_t size)
{
	const size_t around = RELEASE_POINT + RELEASE_IV + RELEASE_TAG;
	u8 *iv = r->frame + RELEASE_POINT, *text = iv + RELEASE_IV;
	struct work k;
	bool good;

	if (size <= around || size > sizeof(r->frame))
		return ST_CORRUPT;
	good = agree(r, r->frame, &k);
	if (good) {
		derive(r, r->frame, &k);
		good = decrypt(r, iv, text, size - around, &k);
	}
	if (good) {
		r->secret = text;
		r->secret_size = size - around;
		prove(r, &k);
	} else {
		wipe(r->frame,
		     sizeof(r->frame)); /* what came out is nobody's, and not to be used */
	}
	wipe(&k, sizeof(k));
	return good ? ST_OK : ST_CORRUPT;
}
