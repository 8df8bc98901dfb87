/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CCA token (DEN0137; draft-ffm-rats-cca-token): a platform token signed by the CPAK and a
 * realm token signed by the RAK, bound by the platform challenge = hash of the RAK claim. Keys are
 * the test keys of this build (hosts/keygen).
 */
#include <bearssl.h>

#include "attest.h"
#include "core/core.h"
#include "test_keys.h"

#define TAG_CCA_TOKEN   399
#define TAG_COSE_SIGN1  18
#define KEY_PLATFORM    44234
#define KEY_REALM       44241
#define COSE_ES384      (-35)
#define SIGNATURE_SIZE  96
#define COORDINATE_SIZE 48
#define COSE_KEY_SIZE   107

/* ---- CBOR, deterministic encoding (RFC 8949 4.2): shortest heads, definite lengths ---- */
enum cbor_major { UINT, NINT, BSTR, TEXT, ARRAY, MAP, TAG };

struct cbor_out {
	u8 *buf;
	size_t cap, len;
	bool overflow;
};

static void put_bytes(struct cbor_out *o, const u8 *p, size_t n)
{
	if (o->overflow || n > o->cap - o->len) {
		o->overflow = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		o->buf[o->len + i] = p[i];
	o->len += n;
}

static void put_head(struct cbor_out *o, enum cbor_major major, u64 v)
{
	unsigned bytes = v < 24 ? 0 : v <= 0xff ? 1 : v <= 0xffff ? 2 : v <= 0xffffffff ? 4 : 8;
	u8 head[9] = { (u8)(major << 5) };
	unsigned n = 1;

	if (bytes == 0)
		head[0] |= (u8)v;
	else
		head[0] |= bytes == 1 ? 24 : bytes == 2 ? 25 : bytes == 4 ? 26 : 27;
	for (unsigned i = bytes; i-- > 0;)
		head[n++] = (u8)(v >> (8 * i));
	put_bytes(o, head, n);
}

static void put_int(struct cbor_out *o, s64 v)
{
	if (v < 0)
		put_head(o, NINT, (u64)(-1 - v));
	else
		put_head(o, UINT, (u64)v);
}

static void put_bstr(struct cbor_out *o, const u8 *p, size_t n)
{
	put_head(o, BSTR, n);
	put_bytes(o, p, n);
}

static void put_text(struct cbor_out *o, const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	put_head(o, TEXT, n);
	put_bytes(o, (const u8 *)s, n);
}

static void claim_bstr(struct cbor_out *o, s64 key, const u8 *p, size_t n)
{
	put_int(o, key);
	put_bstr(o, p, n);
}

static void claim_text(struct cbor_out *o, s64 key, const char *s)
{
	put_int(o, key);
	put_text(o, s);
}

/* ---- COSE ---- */
static const u8 protected_es384[] = { 0xa1, 0x01, 0x38, 0x22 }; /* {1: -35} */

/* ES384 over the Sig_structure ["Signature1", protected, h'', payload]. */
static bool sign(const u8 *payload, size_t n, const u8 key[48], u8 signature[SIGNATURE_SIZE])
{
	br_ec_private_key sk = { BR_EC_secp384r1, (unsigned char *)key, COORDINATE_SIZE };
	u8 head[64], digest[br_sha384_SIZE];
	struct cbor_out o = { .buf = head, .cap = sizeof(head) };
	br_sha384_context h;

	put_head(&o, ARRAY, 4);
	put_text(&o, "Signature1");
	put_bstr(&o, protected_es384, sizeof(protected_es384));
	put_bstr(&o, NULL, 0);
	put_head(&o, BSTR, n);
	br_sha384_init(&h);
	br_sha384_update(&h, head, o.len);
	br_sha384_update(&h, payload, n);
	br_sha384_out(&h, digest);
	return br_ecdsa_i31_sign_raw(&br_ec_prime_i31, &br_sha384_vtable, digest, &sk, signature) ==
	       SIGNATURE_SIZE;
}

/* A bstr that holds one tagged COSE_Sign1; nothing is detached. */
static void put_sign1(struct cbor_out *o, const struct cbor_out *payload,
		      const u8 signature[SIGNATURE_SIZE])
{
	u8 head[16];
	struct cbor_out h = { .buf = head, .cap = sizeof(head) };

	put_head(&h, TAG, TAG_COSE_SIGN1);
	put_head(&h, ARRAY, 4);
	put_bstr(&h, protected_es384, sizeof(protected_es384));
	put_head(&h, MAP, 0);
	put_head(&h, BSTR, payload->len);
	put_head(o, BSTR, h.len + payload->len + 2 + SIGNATURE_SIZE); /* 2: head of 96 bytes */
	put_bytes(o, head, h.len);
	put_bytes(o, payload->buf, payload->len);
	put_bstr(o, signature, SIGNATURE_SIZE);
	o->overflow |= payload->overflow;
}

/* RAK as COSE_Key {1: 2 (EC2), -1: 2 (P-384), -2: x, -3: y} */
static void put_rak(struct cbor_out *o)
{
	put_head(o, MAP, 4);
	put_int(o, 1);
	put_int(o, 2);
	put_int(o, -1);
	put_int(o, 2);
	claim_bstr(o, -2, rak_public + 1, COORDINATE_SIZE);
	claim_bstr(o, -3, rak_public + 1 + COORDINATE_SIZE, COORDINATE_SIZE);
}

/* ---- claims ---- */
static void realm_claims(struct cbor_out *o, const struct measurement_ctx *m, const u8 *challenge,
			 const u8 *rpv, const struct cbor_out *rak)
{
	u8 nonce[64], rim[64];

	for (size_t i = 0; i < 64; i++) {
		nonce[i] = challenge[i];
		rim[i] = m->rim[i];
	}
	nonce[63] ^= fault_on(FAULT_TOKEN_CHALLENGE);
	rim[0] ^= fault_on(FAULT_TOKEN_RIM);
	put_head(o, MAP, 8);
	claim_bstr(o, 10, nonce, 64);
	claim_text(o, 265, "tag:arm.com,2023:realm#1.0.0");
	claim_bstr(o, 44235, rpv, 64);
	claim_text(o, 44236, m->sha512 ? "sha-512" : "sha-256");
	claim_bstr(o, 44237, rak->buf, rak->len);
	claim_bstr(o, 44238, rim, measure_len(m));
	put_int(o, 44239);
	put_head(o, ARRAY, REM_COUNT);
	for (unsigned i = 0; i < REM_COUNT; i++)
		put_bstr(o, m->rem[fault_on(FAULT_TOKEN_REM) ? REM_COUNT - 1 - i : i],
			 measure_len(m));
	claim_text(o, 44240, "sha-256");
	/* 44243 (MEC policy) is not written: the drafts conflict about it. */
}

static void sha256(const u8 *p, size_t n, u8 out[br_sha256_SIZE])
{
	br_sha256_context h;

	br_sha256_init(&h);
	br_sha256_update(&h, p, n);
	br_sha256_out(&h, out);
}

static void put_component(struct cbor_out *o, const char *type, const char *version)
{
	u8 digest[br_sha256_SIZE];
	size_t n = 0;

	while (version[n] != '\0')
		n++;
	sha256((const u8 *)version, n, digest);
	put_head(o, MAP, 5);
	claim_text(o, 1, type);
	claim_bstr(o, 2, digest, sizeof(digest));
	claim_text(o, 4, version);
	sha256(cpak_public, sizeof(cpak_public), digest);
	claim_bstr(o, 5, digest, sizeof(digest));
	claim_text(o, 6, "sha-256");
}

static void platform_claims(struct cbor_out *o, const struct cbor_out *rak, bool debug)
{
	static const char implementation[32] = "Postern reference host, arm64";
	static const u8 platform_config[4] = { 0 };
	u8 binding[br_sha256_SIZE], instance[1 + br_sha256_SIZE] = { 0x01 };

	sha256(rak->buf, rak->len, binding);
	binding[0] ^= fault_on(FAULT_TOKEN_BINDING);
	sha256(cpak_public, sizeof(cpak_public), instance + 1);
	put_head(o, MAP, 8);
	claim_bstr(o, 10, binding, sizeof(binding));
	claim_bstr(o, 256, instance, sizeof(instance));
	claim_text(o, 265, "tag:arm.com,2023:cca_platform#1.0.0");
	put_int(o, 2395);
	put_int(o, debug ? 0x4000 : 0x3003); /* else secured */
	claim_bstr(o, 2396, (const u8 *)implementation, sizeof(implementation));
	put_int(o, 2399);
	put_head(o, ARRAY, 2);
	put_component(o, "monitor", "postern-host 0.1");
	put_component(o, "RMM", "postern-model 0.1");
	claim_bstr(o, 2401, platform_config, sizeof(platform_config));
	claim_text(o, 2402, "sha-256");
}

enum status token_create(const struct measurement_ctx *m, const u8 challenge[64], const u8 rpv[64],
			 u8 *out, size_t cap, size_t *len)
{
	struct cbor_out token = { .buf = out, .cap = cap };
	u8 claims[1024], rak_bytes[COSE_KEY_SIZE], signature[SIGNATURE_SIZE];
	struct cbor_out rak = { .buf = rak_bytes, .cap = sizeof(rak_bytes) };
	struct cbor_out payload = { .buf = claims, .cap = sizeof(claims) };

	put_rak(&rak);
	put_head(&token, TAG, TAG_CCA_TOKEN);
	put_head(&token, MAP, 2);

	platform_claims(&payload, &rak, m->debug);
	if (!sign(claims, payload.len, cpak_private, signature))
		return ST_UNKNOWN;
	for (size_t i = 0; i < SIGNATURE_SIZE; i++)
		if (fault_on(FAULT_TOKEN_PLATFORM_UNSIGNED))
			signature[i] = 0;
	put_int(&token, KEY_PLATFORM);
	put_sign1(&token, &payload, signature);

	payload.len = 0;
	realm_claims(&payload, m, challenge, rpv, &rak);
	if (!sign(claims, payload.len, rak_private, signature))
		return ST_UNKNOWN;
	signature[SIGNATURE_SIZE - 1] ^= fault_on(FAULT_TOKEN_REALM_SIGNATURE);
	put_int(&token, KEY_REALM);
	put_sign1(&token, &payload, signature);

	if (token.overflow)
		return ST_NO_MEMORY;
	*len = token.len;
	return ST_OK;
}
