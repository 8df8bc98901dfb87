/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a realm can verify of its own token. The platform's signature needs the CPAK, which a guest
 * has no trustworthy source for; here it is only held against the form of a signature.
 */
#include <bearssl.h>

#include "attest.h"

static bool bytes_equal(const u8 *a, const u8 *b, size_t n)
{
	u8 diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

static size_t hash_by_name(struct bytes name, struct bytes data, u8 out[64])
{
	br_sha512_context h512;
	br_sha384_context h384;
	br_sha256_context h256;

	if (name.size != 7)
		return 0;
	switch (name.data[4]) {
	case '2': /* sha-256 */
		br_sha256_init(&h256);
		br_sha256_update(&h256, data.data, data.size);
		br_sha256_out(&h256, out);
		return br_sha256_SIZE;
	case '3': /* sha-384 */
		br_sha384_init(&h384);
		br_sha384_update(&h384, data.data, data.size);
		br_sha384_out(&h384, out);
		return br_sha384_SIZE;
	default: /* sha-512; the parser knows no other name */
		br_sha512_init(&h512);
		br_sha512_update(&h512, data.data, data.size);
		br_sha512_out(&h512, out);
		return br_sha512_SIZE;
	}
}

enum status cca_check_binding(const struct cca_token *t)
{
	u8 digest[64];
	size_t n = hash_by_name(t->rak_hash_alg, t->rak, digest);

	if (n == 0 || n != t->platform_challenge.size ||
	    !bytes_equal(digest, t->platform_challenge.data, n))
		return ST_CORRUPT;
	return ST_OK;
}

static void update_bstr(br_sha384_context *h, struct bytes b)
{
	u8 head[9] = { 0x40 };
	size_t n = 1;

	if (b.size < 24) {
		head[0] |= (u8)b.size;
	} else if (b.size <= 0xff) {
		head[0] |= 24;
		head[n++] = (u8)b.size;
	} else if (b.size <= 0xffff) {
		head[0] |= 25;
		head[n++] = (u8)(b.size >> 8);
		head[n++] = (u8)b.size;
	} else {
		head[0] |= 27;
		for (unsigned i = 8; i-- > 0;)
			head[n++] = (u8)((u64)b.size >> (8 * i));
	}
	br_sha384_update(h, head, n);
	br_sha384_update(h, b.data, b.size);
}

enum status cca_check_realm_signature(const struct cca_token *t)
{
	static const u8 start[] = { 0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1' };
	br_ec_public_key key = { BR_EC_secp384r1, (unsigned char *)t->rak_point,
				 sizeof(t->rak_point) };
	u8 digest[br_sha384_SIZE];
	br_sha384_context h;

	br_sha384_init(&h);
	br_sha384_update(&h, start, sizeof(start));
	update_bstr(&h, t->realm_protected);
	update_bstr(&h, (struct bytes){ NULL, 0 });
	update_bstr(&h, t->realm_payload);
	br_sha384_out(&h, digest);
	if (br_ecdsa_i31_vrfy_raw(&br_ec_prime_i31, digest, sizeof(digest), &key,
				  t->realm_signature.data, t->realm_signature.size) != 1)
		return ST_CORRUPT;
	return ST_OK;
}

static bool all_zero(const u8 *p, size_t n)
{
	u8 any = 0;

	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

enum status cca_check_platform_signed(const struct cca_token *t)
{
	size_t half = t->platform_signature.size / 2;

	/* r and s of every ECDSA signature lie in 1 .. n-1 */
	if (all_zero(t->platform_signature.data, half) ||
	    all_zero(t->platform_signature.data + half, half))
		return ST_CORRUPT;
	return ST_OK;
}
