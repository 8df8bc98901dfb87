/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token put together again from the parts of one of the model, with claims added: what samples of
 * others have, where these are absent. Signatures stay as they were.
 */
#ifndef TESTS_TOKEN_PARTS_H
#define TESTS_TOKEN_PARTS_H

#include <string.h>

#include "attest.h"

struct parts {
	u8 *at;
	u8 realm[2048], platform[2048];
	struct bytes realm_claims, platform_claims;
	struct cca_token of; /* leads into the model's token */
};

static inline void put(struct parts *p, const void *bytes, size_t n)
{
	memcpy(p->at, bytes, n);
	p->at += n;
}

static inline void put_string(struct parts *p, struct bytes b)
{
	u8 head[3] = { 0x59, (u8)(b.size >> 8), (u8)b.size };

	put(p, head, sizeof(head));
	put(p, b.data, b.size);
}

/* The claims of a map with less than 23 pairs, and one more behind them. */
static inline struct bytes with_claim(u8 *out, struct bytes claims, const void *claim, size_t n)
{
	memcpy(out, claims.data, claims.size);
	memcpy(out + claims.size, claim, n);
	out[0] += n > 0;
	return (struct bytes){ out, claims.size + n };
}

static inline void parts_of(struct parts *p, const u8 *token, size_t n)
{
	assert_int_equal(cca_token_parse(token, n, &p->of), ST_OK);
	p->realm_claims = p->of.realm_payload;
	p->platform_claims = p->of.platform_payload;
}

static inline void add_realm_claim(struct parts *p, const void *claim, size_t n)
{
	p->realm_claims = with_claim(p->realm, p->of.realm_payload, claim, n);
}

static inline void add_platform_claim(struct parts *p, const void *claim, size_t n)
{
	p->platform_claims = with_claim(p->platform, p->of.platform_payload, claim, n);
}

static inline void put_half(struct parts *p, bool cmw, struct bytes protected, struct bytes claims,
			    struct bytes signature)
{
	static u8 half[4096];
	u8 *start = p->at;
	struct bytes whole;

	p->at = half;
	put(p, "\xd2\x84", 2);
	put_string(p, protected);
	put(p, "\xa0", 1);
	put_string(p, claims);
	put_string(p, signature);
	whole = (struct bytes){ half, (size_t)(p->at - half) };
	p->at = start;
	if (cmw)
		put(p, "\x82\x19\x01\x07", 4);
	put_string(p, whole);
}

/* cmw: the newer outer form, tag 907. */
static inline size_t put_token(struct parts *p, bool cmw, u8 *out)
{
	p->at = out;
	put(p, cmw ? "\xd9\x03\x8b\xa2" : "\xd9\x01\x8f\xa2", 4);
	put(p, "\x19\xac\xca", 3);
	put_half(p, cmw, p->of.platform_protected, p->platform_claims, p->of.platform_signature);
	put(p, "\x19\xac\xd1", 3);
	put_half(p, cmw, p->of.realm_protected, p->realm_claims, p->of.realm_signature);
	return (size_t)(p->at - out);
}

#endif
