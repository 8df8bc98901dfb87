/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CCA token, parsed: structure and forms only. Signatures and the binding of the two halves are
 * cca_check.c; what the values should be is for whoever asked.
 */
#include "cbor.h"
#include "cca_claims.h"

#define TAG_COLLECTION     399 /* final 1.0 */
#define TAG_CMW_COLLECTION 907 /* newer: each value is [263, bstr] */
#define CONTENT_FORMAT_EAT 263
#define TAG_COSE_SIGN1     18
#define KEY_PLATFORM       44234
#define KEY_REALM          44241

#define COSE_HEADER_ALG    1
#define COSE_HEADER_CRIT   2
#define COSE_ES256         (-7)
#define COSE_ES384         (-35)

#define POINT_SIZE         97

/* ---- claims ---- */
static bool size_fits(struct bytes b, u8 size)
{
	switch (size) {
	case ANY:
		return true;
	case HASH:
		return b.size == 32 || b.size == 48 || b.size == 64;
	case UEID:
		return b.size == UEID && b.data[0] == 0x01;
	default:
		return b.size == size;
	}
}

static bool text_is(struct bytes b, const char *s)
{
	size_t i = 0;

	while (i < b.size && s[i] != '\0' && b.data[i] == (u8)s[i])
		i++;
	return i == b.size && s[i] == '\0';
}

static bool is_hash_name(struct bytes b)
{
	return text_is(b, "sha-256") || text_is(b, "sha-384") || text_is(b, "sha-512");
}

static enum status read_rems(struct cbor *c, struct cca_token *t)
{
	u64 n;
	enum status st = cbor_array(c, &n);

	if (st == ST_OK && n != ARRAY_SIZE(t->rem))
		st = ST_CORRUPT;
	for (unsigned i = 0; st == ST_OK && i < ARRAY_SIZE(t->rem); i++) {
		st = cbor_bstr(c, &t->rem[i]);
		if (st == ST_OK && !size_fits(t->rem[i], HASH))
			st = ST_CORRUPT;
	}
	return st;
}

/* {? 1: text, 2: bstr, ? 4: text, 5: bstr, ? 6: text} */
static enum status read_component(struct cbor *c)
{
	unsigned seen = 0;
	u64 pairs;
	enum status st = cbor_map(c, &pairs);

	for (; st == ST_OK && pairs > 0; pairs--) {
		struct bytes v;
		s64 key;

		st = cbor_int(c, &key);
		if (st != ST_OK)
			return st;
		if (key == 2 || key == 5) {
			st = cbor_bstr(c, &v);
			if (st == ST_OK && !size_fits(v, HASH))
				return ST_CORRUPT;
		} else if (key == 1 || key == 4 || key == 6) {
			st = cbor_text(c, &v);
		} else {
			st = cbor_skip(c);
			continue;
		}
		if (seen & 1u << key)
			return ST_CORRUPT;
		seen |= 1u << key;
	}
	return st == ST_OK && (seen & 0x24) != 0x24 ? ST_CORRUPT : st;
}

static enum status read_components(struct cbor *c)
{
	u64 n;
	enum status st = cbor_array(c, &n);

	if (st == ST_OK && n == 0)
		return ST_CORRUPT;
	for (; st == ST_OK && n > 0; n--)
		st = read_component(c);
	return st;
}

/* 0x0000..0x00ff, 0x1000..0x10ff, ... 0x6000..0x60ff */
static enum status read_lifecycle(struct cbor *c, struct cca_token *t)
{
	enum status st = cbor_uint(c, &t->lifecycle);

	if (st != ST_OK)
		return st;
	return t->lifecycle > 0x60ff || (t->lifecycle & 0x0f00) != 0 ? ST_CORRUPT : ST_OK;
}

/* Both forms of the claim may be there, if they agree. */
static enum status read_mec(struct cbor *c, bool text, struct cca_token *t)
{
	enum cca_mec mec = CCA_MEC_ABSENT;
	struct bytes v = { NULL, 0 };
	u64 n = 2;
	enum status st = text ? cbor_text(c, &v) : cbor_uint(c, &n);

	if (st != ST_OK)
		return st;
	if (n == 0 || (text && text_is(v, "shared")))
		mec = CCA_MEC_SHARED;
	if (n == 1 || (text && text_is(v, "private")))
		mec = CCA_MEC_PRIVATE;
	if (mec == CCA_MEC_ABSENT || (t->mec != CCA_MEC_ABSENT && t->mec != mec))
		return ST_CORRUPT;
	t->mec = mec;
	return ST_OK;
}

static enum status read_claim(struct cbor *c, const struct claim *rule, struct cca_token *t)
{
	const u8 *start = c->at;
	struct bytes v;
	enum status st;

	switch (rule->type) {
	case CLAIM_LIFECYCLE:
		return read_lifecycle(c, t);
	case CLAIM_REMS:
		return read_rems(c, t);
	case CLAIM_COMPONENTS:
		st = read_components(c);
		t->components = (struct bytes){ start, (size_t)(c->at - start) };
		return st;
	case CLAIM_MEC:
	case CLAIM_MEC_TEXT:
		return read_mec(c, rule->type == CLAIM_MEC_TEXT, t);
	default:
		st = rule->type == CLAIM_TEXT ? cbor_text(c, &v) : cbor_bstr(c, &v);
	}
	if (st != ST_OK)
		return st;
	if (!size_fits(v, rule->size))
		return ST_CORRUPT;
	if (rule->offset != NOWHERE)
		*(struct bytes *)(void *)((u8 *)t + rule->offset) = v;
	return ST_OK;
}

/* Index of the rule for the next key, which is consumed; `count` for a key no rule knows. */
static enum status read_key(struct cbor *c, const struct claim *rules, size_t count, size_t *index)
{
	enum cbor_major major;
	enum status st;
	s64 key;

	*index = count;
	if (!cbor_peek(c, &major))
		return ST_TRUNCATED;
	if (major > CBOR_NINT)
		return cbor_skip(c); /* text keys are allowed and mean nothing to us */
	st = cbor_int(c, &key);
	if (st != ST_OK)
		return st;
	for (*index = 0; *index < count; ++*index)
		if (rules[*index].key == key)
			break;
	return ST_OK;
}

/* A repeated claim is refused: two readers could choose different ones. */
static enum status read_claims(struct bytes payload, const struct claim *rules, size_t count,
			       struct cca_token *t)
{
	struct cbor c = cbor_open(payload);
	u32 seen = 0;
	u64 pairs;
	enum status st = cbor_map(&c, &pairs);

	for (; st == ST_OK && pairs > 0; pairs--) {
		const u8 *key = c.at;
		size_t i;

		t->claim = 0;
		st = read_key(&c, rules, count, &i);
		if (st != ST_OK)
			return st;
		if (i == count) {
			if (t->spurious.data == NULL)
				t->spurious = (struct bytes){ key, (size_t)(c.at - key) };
			st = cbor_skip(&c);
			continue;
		}
		t->claim = rules[i].key;
		if (seen & 1u << i)
			return ST_CORRUPT;
		seen |= 1u << i;
		st = read_claim(&c, &rules[i], t);
	}
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < count; i++) {
		t->claim = rules[i].key;
		if (rules[i].mandatory && !(seen & 1u << i))
			return ST_NOT_FOUND;
	}
	t->claim = 0;
	return cbor_at_end(&c) ? ST_OK : ST_CORRUPT;
}

/* ---- the realm's public key ---- */
/* COSE_Key {1: 2 (EC2), -1: 2 (P-384), -2: x, -3: y} */
static enum status read_cose_key(struct bytes key, u8 point[POINT_SIZE])
{
	struct cbor c = cbor_open(key);
	unsigned seen = 0;
	u64 pairs;
	enum status st = cbor_map(&c, &pairs);

	for (; st == ST_OK && pairs > 0; pairs--) {
		struct bytes v;
		s64 label, n;

		st = cbor_int(&c, &label);
		if (st != ST_OK)
			return st;
		if (label != 1 && (label > -1 || label < -3)) {
			st = cbor_skip(&c);
			continue;
		}
		if (seen & 1u << (label + 3))
			return ST_CORRUPT;
		seen |= 1u << (label + 3);
		if (label == 1 || label == -1) {
			st = cbor_int(&c, &n);
			if (st == ST_OK && n != 2)
				return ST_UNSUPPORTED;
			continue;
		}
		st = cbor_bstr(&c, &v);
		if (st == ST_OK && v.size != 48)
			return ST_CORRUPT;
		for (size_t i = 0; st == ST_OK && i < 48; i++)
			point[(label == -2 ? 1 : 49) + i] = v.data[i];
	}
	if (st != ST_OK)
		return st;
	return seen == 0x17 && cbor_at_end(&c) ? ST_OK : ST_CORRUPT;
}

/* Without a profile claim the key is the bare point, with one it is a COSE_Key. */
static enum status read_rak(struct cca_token *t)
{
	t->rak_point[0] = 0x04;
	if (t->realm_profile.data != NULL) {
		if (!text_is(t->realm_profile, "tag:arm.com,2023:realm#1.0.0") &&
		    !text_is(t->realm_profile, "tag:arm.com,2024:realm#2.0.0"))
			return ST_UNSUPPORTED;
		return read_cose_key(t->rak, t->rak_point);
	}
	if (t->rak.size != POINT_SIZE || t->rak.data[0] != 0x04)
		return ST_CORRUPT;
	for (size_t i = 0; i < POINT_SIZE; i++)
		t->rak_point[i] = t->rak.data[i];
	return ST_OK;
}

/* ---- COSE_Sign1 ---- */
struct sign1 {
	struct bytes protected, payload, signature;
	int alg;
};

static enum status read_protected(struct bytes b, int *alg)
{
	struct cbor c = cbor_open(b);
	bool seen = false;
	u64 pairs;
	enum status st = cbor_map(&c, &pairs);

	for (; st == ST_OK && pairs > 0; pairs--) {
		s64 label, v;

		st = cbor_int(&c, &label);
		if (st != ST_OK)
			return st;
		if (label == COSE_HEADER_CRIT)
			return ST_UNSUPPORTED; /* demands what we do not do (RFC 9052 3.1) */
		if (label != COSE_HEADER_ALG) {
			st = cbor_skip(&c);
			continue;
		}
		if (seen)
			return ST_CORRUPT;
		seen = true;
		st = cbor_int(&c, &v);
		if (st == ST_OK && v != COSE_ES256 && v != COSE_ES384)
			return ST_UNSUPPORTED;
		*alg = (int)v;
	}
	if (st != ST_OK)
		return st;
	return seen && cbor_at_end(&c) ? ST_OK : ST_CORRUPT;
}

static enum status read_sign1(struct bytes b, struct sign1 *s)
{
	struct cbor c = cbor_open(b);
	enum cbor_major major;
	u64 n = 0;
	enum status st = cbor_tag(&c, &n);

	if (st == ST_OK && n != TAG_COSE_SIGN1)
		return ST_CORRUPT;
	if (st == ST_OK)
		st = cbor_array(&c, &n);
	if (st == ST_OK && n != 4)
		return ST_CORRUPT;
	if (st == ST_OK)
		st = cbor_bstr(&c, &s->protected);
	if (st == ST_OK && (!cbor_peek(&c, &major) || major != CBOR_MAP))
		return ST_CORRUPT;
	if (st == ST_OK)
		st = cbor_skip(&c); /* unprotected headers: not signed, so not believed */
	if (st == ST_OK)
		st = cbor_bstr(&c, &s->payload);
	if (st == ST_OK)
		st = cbor_bstr(&c, &s->signature);
	if (st == ST_OK)
		st = read_protected(s->protected, &s->alg);
	if (st != ST_OK)
		return st;
	if (!cbor_at_end(&c) || s->signature.size != (s->alg == COSE_ES384 ? 96 : 64))
		return ST_CORRUPT;
	return ST_OK;
}

static enum status read_realm_claims(struct bytes claims, struct cca_token *t)
{
	enum status st;

	t->part = "realm claims";
	st = read_claims(claims, realm_claims, ARRAY_SIZE(realm_claims), t);
	if (st != ST_OK)
		return st;
	if (!is_hash_name(t->realm_hash_alg) || !is_hash_name(t->rak_hash_alg))
		return ST_UNSUPPORTED;
	t->part = "realm key";
	return read_rak(t);
}

static enum status read_platform_claims(struct bytes claims, struct cca_token *t)
{
	enum status st;

	t->part = "platform claims";
	st = read_claims(claims, platform_claims, ARRAY_SIZE(platform_claims), t);
	if (st != ST_OK)
		return st;
	if (!text_is(t->platform_profile, "http://arm.com/CCA-SSD/1.0.0") &&
	    !text_is(t->platform_profile, "tag:arm.com,2023:cca_platform#1.0.0"))
		return ST_UNSUPPORTED;
	return ST_OK;
}

static enum status read_realm(struct cca_token *t)
{
	struct sign1 s;
	enum status st;

	t->part = "realm token";
	st = read_sign1(t->realm_sign1, &s);
	if (st != ST_OK)
		return st;
	if (s.alg != COSE_ES384)
		return ST_UNSUPPORTED;
	t->realm_protected = s.protected;
	t->realm_payload = s.payload;
	t->realm_signature = s.signature;
	t->realm_alg = s.alg;
	return read_realm_claims(s.payload, t);
}

static enum status read_platform(struct cca_token *t)
{
	struct sign1 s;
	enum status st;

	t->part = "platform token";
	st = read_sign1(t->platform_sign1, &s);
	if (st != ST_OK)
		return st;
	t->platform_protected = s.protected;
	t->platform_payload = s.payload;
	t->platform_signature = s.signature;
	t->platform_alg = s.alg;
	return read_platform_claims(s.payload, t);
}

/* ---- the collection ---- */
static enum status read_part(struct cbor *c, u64 tag, struct bytes *part)
{
	u64 n, format;
	enum status st;

	if (part->data != NULL)
		return ST_CORRUPT; /* the same part twice */
	if (tag == TAG_CMW_COLLECTION) {
		st = cbor_array(c, &n);
		if (st == ST_OK && n != 2)
			return ST_CORRUPT;
		if (st == ST_OK)
			st = cbor_uint(c, &format);
		if (st != ST_OK)
			return st;
		if (format != CONTENT_FORMAT_EAT)
			return ST_UNSUPPORTED;
	}
	return cbor_bstr(c, part);
}

static enum status read_collection(struct cbor *c, struct cca_token *t)
{
	u64 tag = 0, pairs;
	enum status st = cbor_tag(c, &tag);

	if (st == ST_OK && tag != TAG_COLLECTION && tag != TAG_CMW_COLLECTION)
		return ST_UNSUPPORTED;
	if (st == ST_OK)
		st = cbor_map(c, &pairs);
	for (; st == ST_OK && pairs > 0; pairs--) {
		s64 key;

		st = cbor_int(c, &key);
		if (st != ST_OK)
			return st;
		if (key == KEY_PLATFORM)
			st = read_part(c, tag, &t->platform_sign1);
		else if (key == KEY_REALM)
			st = read_part(c, tag, &t->realm_sign1);
		else
			st = cbor_skip(c);
	}
	if (st != ST_OK)
		return st;
	if (t->platform_sign1.data == NULL || t->realm_sign1.data == NULL)
		return ST_NOT_FOUND;
	return cbor_at_end(c) ? ST_OK : ST_CORRUPT;
}

enum status cca_token_parse(const u8 *token, size_t size, struct cca_token *out)
{
	struct cbor c = cbor_open((struct bytes){ token, size });
	enum status st;

	*out = (struct cca_token){ .part = "collection" };
	st = read_collection(&c, out);
	if (st == ST_OK)
		st = read_realm(out);
	if (st == ST_OK)
		st = read_platform(out);
	return st;
}

enum status cca_realm_claims_parse(const u8 *claims, size_t size, struct cca_token *out)
{
	enum status st;

	*out = (struct cca_token){ 0 };
	st = read_realm_claims((struct bytes){ claims, size }, out);
	return st == ST_OK && out->spurious.data != NULL ? ST_UNSUPPORTED : st;
}

enum status cca_platform_claims_parse(const u8 *claims, size_t size, struct cca_token *out)
{
	enum status st;

	*out = (struct cca_token){ 0 };
	st = read_platform_claims((struct bytes){ claims, size }, out);
	return st == ST_OK && out->spurious.data != NULL ? ST_UNSUPPORTED : st;
}
