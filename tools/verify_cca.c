/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CCA tokens (DEN0137; draft-ffm-rats-cca-token; arm-cca sheet 9.3): the realm token is signed by
 * the RAK it carries, the platform token vouches for that key by its challenge, and the platform's
 * key is for the verifier to have: a token names no chain.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>

#include "../attest/cbor.h"
#include "verify.h"

#define COSE_ES256        (-7)
#define COSE_ES384        (-35)
#define LIFECYCLE_SECURED 0x3
#define CLAIM_MAP         0xa0
#define COMPONENTS_SHOWN  12

/* ---- COSE_Sign1 (RFC 9052 4.4), by OpenSSL ---- */
static size_t put_bstr(u8 *out, struct bytes b)
{
	size_t n = 0;

	if (b.size < 24) {
		out[n++] = (u8)(0x40 | b.size);
	} else if (b.size <= 0xff) {
		out[n++] = 0x58;
		out[n++] = (u8)b.size;
	} else if (b.size <= 0xffff) {
		out[n++] = 0x59;
		out[n++] = (u8)(b.size >> 8);
		out[n++] = (u8)b.size;
	} else {
		out[n++] = 0x5b;
		for (unsigned i = 8; i-- > 0;)
			out[n++] = (u8)((u64)b.size >> (8 * i));
	}
	if (b.size > 0)
		memcpy(out + n, b.data, b.size);
	return n + b.size;
}

/* ["Signature1", protected, h'', payload] */
static u8 *to_be_signed(struct bytes protected, struct bytes payload, size_t *size)
{
	static const u8 start[] = { 0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1' };
	u8 *out = malloc(sizeof(start) + 3 * 9 + protected.size + payload.size);
	size_t n = sizeof(start);

	if (out == NULL)
		return NULL;
	memcpy(out, start, n);
	n += put_bstr(out + n, protected);
	n += put_bstr(out + n, (struct bytes){ NULL, 0 });
	n += put_bstr(out + n, payload);
	*size = n;
	return out;
}

/* r || s, each half of it, as the DER that OpenSSL wants. */
static int der_signature(struct bytes raw, u8 **der)
{
	int half = (int)(raw.size / 2), n = -1;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.data, half, NULL), *s = BN_bin2bn(raw.data + half, half, NULL);

	*der = NULL;
	if (sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		n = i2d_ECDSA_SIG(sig, der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return n;
}

struct sign1 {
	struct bytes protected, payload, signature;
	int alg;
};

static bool signed_by(const struct sign1 *s, EVP_PKEY *key)
{
	const EVP_MD *md = s->alg == COSE_ES384 ? EVP_sha384() : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = 0;
	u8 *tbs = to_be_signed(s->protected, s->payload, &size), *der;
	int n = der_signature(s->signature, &der);
	bool good = tbs != NULL && n > 0 && ctx != NULL &&
		    EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, der, (size_t)n, tbs, size) == 1;

	OPENSSL_free(der);
	free(tbs);
	EVP_MD_CTX_free(ctx);
	return good;
}

/* An algorithm goes with one curve here, as RFC 9053 recommends and the profiles demand. */
static bool fits_alg(EVP_PKEY *key, int alg)
{
	char group[32];
	size_t n;

	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
	       strcmp(group, alg == COSE_ES384 ? "secp384r1" : "prime256v1") == 0;
}

static const char *alg_name(int alg)
{
	return alg == COSE_ES384 ? "ES384" : "ES256";
}

/* ---- the realm token ---- */
static void check_realm_signature(const struct cca_token *t, struct verify_result *r)
{
	struct sign1 s = { t->realm_protected, t->realm_payload, t->realm_signature, t->realm_alg };
	EVP_PKEY *rak = ec_public_key("P-384", t->rak_point, sizeof(t->rak_point));

	if (rak == NULL)
		verify_add(r, ROW_FAILED, VERIFY_SIGNATURE, "realm signature",
			   "the RAK is not a point of P-384");
	else if (signed_by(&s, rak))
		verify_add(r, ROW_OK, VERIFY_HELD, "realm signature", "%s by the RAK in the token",
			   alg_name(s.alg));
	else
		verify_add(r, ROW_FAILED, VERIFY_SIGNATURE, "realm signature",
			   "not by the RAK in the token");
	EVP_PKEY_free(rak);
}

static const EVP_MD *hash_by_name(struct bytes name)
{
	switch (name.data[4]) { /* the parser knows three names */
	case '2':
		return EVP_sha256();
	case '3':
		return EVP_sha384();
	default:
		return EVP_sha512();
	}
}

/* Else a RAK of anybody's would do: any platform token beside it. */
static void check_binding(const struct cca_token *t, struct verify_result *r)
{
	u8 digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(t->rak.data, t->rak.size, digest, &n, hash_by_name(t->rak_hash_alg), NULL) ==
		1 &&
	    n == t->platform_challenge.size && memcmp(digest, t->platform_challenge.data, n) == 0)
		verify_add(r, ROW_OK, VERIFY_HELD, "binding",
			   "platform challenge is the %.*s of the RAK", (int)t->rak_hash_alg.size,
			   (const char *)t->rak_hash_alg.data);
	else
		verify_add(r, ROW_FAILED, VERIFY_BINDING, "binding",
			   "platform challenge is not the %.*s of the RAK",
			   (int)t->rak_hash_alg.size, (const char *)t->rak_hash_alg.data);
}

/* ---- the platform token ---- */
/* A key with an instance id beside it speaks for that instance alone. */
static bool speaks_for(const struct roots *roots, size_t i, const struct cca_token *t)
{
	return roots->key_instance[i][0] == 0 ||
	       memcmp(roots->key_instance[i], t->instance_id.data, INSTANCE_ID_SIZE) == 0;
}

static void say_unsigned(const struct cca_token *t, struct verify_result *r,
			 enum verify_state state, const char *why)
{
	/* r and s of every ECDSA signature lie in 1 .. n-1: this much can be said without a key */
	if (cca_check_platform_signed(t) != ST_OK)
		verify_add(r, ROW_FAILED, VERIFY_SIGNATURE, "platform signature",
			   "no signature: r or s is zero");
	else
		verify_add(r, state, VERIFY_SIGNATURE, "platform signature", "%s", why);
}

static void say_no_key(const struct cca_token *t, const struct roots *roots,
		       struct verify_result *r)
{
	const char *bad = roots->bad_count > 0 ? roots->bad[0] : NULL;

	verify_add(r, ROW_FAILED, VERIFY_CHAIN, "chain",
		   "no %s key for this platform's instance among %zu trusted%s%.120s",
		   alg_name(t->platform_alg), roots->keys, bad != NULL ? "; " : "",
		   bad != NULL ? bad : "");
	say_unsigned(t, r, ROW_NOT_CHECKED, "no key to check it with");
}

static void check_platform_signature(const struct cca_token *t, const struct roots *roots,
				     struct verify_result *r)
{
	struct sign1 s = { t->platform_protected, t->platform_payload, t->platform_signature,
			   t->platform_alg };
	size_t candidates = 0;

	if (roots == NULL) {
		verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "chain",
			   "no trusted platform key (CPAK) was given");
		say_unsigned(t, r, ROW_NOT_CHECKED, "not checked without a key");
		return;
	}
	for (size_t i = 0; i < roots->keys; i++) {
		if (!fits_alg(roots->key[i], s.alg) || !speaks_for(roots, i, t))
			continue;
		candidates++;
		if (!signed_by(&s, roots->key[i]))
			continue;
		verify_add(r, ROW_OK, VERIFY_HELD, "platform signature", "%s", alg_name(s.alg));
		verify_add(r, ROW_OK, VERIFY_HELD, "chain", "by the trusted key in %s%s",
			   roots->key_name[i],
			   roots->key_instance[i][0] != 0 ? ", for this instance" : "");
		return;
	}
	if (candidates == 0)
		say_no_key(t, roots, r);
	else
		say_unsigned(t, r, ROW_FAILED,
			     "not by any trusted key: changed, or another platform's");
}

/* ---- policy and claims ---- */
static const char *lifecycle_name(u64 lifecycle, char name[32])
{
	const char *p = CCA_LIFECYCLES;

	for (u64 i = lifecycle >> 12; i > 0; i--)
		p += strcspn(p, ",") + 1;
	snprintf(name, 32, "%.*s", (int)strcspn(p, ","), p);
	return name;
}

static bool is_lifecycle(const char *wanted, unsigned v, const char *name)
{
	if (wanted[0] < '0' || wanted[0] > '9')
		return strcmp(wanted, name) == 0;
	return strtoul(wanted, NULL, strncasecmp(wanted, "0x", 2) == 0 ? 16 : 10) == v;
}

static void check_lifecycle(const struct verify_input *in, const struct cca_token *t,
			    struct verify_result *r)
{
	const char *wanted = expect_value(in->expect, "lifecycle");
	unsigned v = (unsigned)t->lifecycle;
	char name[32];

	lifecycle_name(v, name);
	if (wanted != NULL && is_lifecycle(wanted, v, name))
		verify_add(r, ROW_OK, VERIFY_HELD, "lifecycle", "%s (0x%04x), as expected", name,
			   v);
	else if (wanted != NULL)
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "lifecycle", "%s (0x%04x), expected %s",
			   name, v, wanted);
	else if (v >> 12 == LIFECYCLE_SECURED)
		verify_add(r, ROW_OK, VERIFY_HELD, "lifecycle", "%s (0x%04x)", name, v);
	else if (in->allow_debug)
		verify_add(r, ROW_INFO, VERIFY_HELD, "lifecycle", "%s (0x%04x), allowed", name, v);
	else
		verify_add(r, ROW_FAILED, VERIFY_POLICY, "lifecycle",
			   "%s (0x%04x): the platform can be debugged or is not yet secured", name,
			   v);
}

static void show_text(struct verify_result *r, const char *name, struct bytes text)
{
	if (text.data != NULL)
		verify_add(r, ROW_INFO, VERIFY_HELD, name, "%.*s", (int)MIN(text.size, 200),
			   (const char *)text.data);
}

static void append(char *line, size_t size, struct bytes text)
{
	size_t n = strlen(line);

	snprintf(line + n, size - n, "%s%.*s", n > 0 ? " " : "", (int)MIN(text.size, 60),
		 (const char *)text.data);
}

/* The parser has been through it: an array of maps from small numbers to texts and byte strings. */
static void show_component(struct cbor *c, struct verify_result *r)
{
	char line[160] = "", hex[2 * 64 + 1] = "";
	struct bytes v;
	u64 pairs = 0;
	s64 key;

	(void)cbor_map(c, &pairs);
	for (; pairs > 0; pairs--) {
		if (cbor_int(c, &key) != ST_OK)
			return;
		if ((key == 1 || key == 4) && cbor_text(c, &v) == ST_OK)
			append(line, sizeof(line), v);
		else if (key == 2 && cbor_bstr(c, &v) == ST_OK)
			verify_hex(hex, sizeof(hex), v);
		else if (cbor_skip(c) != ST_OK)
			return;
	}
	verify_add(r, ROW_INFO, VERIFY_HELD, "component", "%.70s%s%s", line,
		   line[0] != '\0' ? " " : "", hex);
}

static void show_components(const struct cca_token *t, struct verify_result *r)
{
	struct cbor c = cbor_open(t->components);
	u64 n = 0;

	(void)cbor_array(&c, &n);
	for (u64 i = 0; i < MIN(n, COMPONENTS_SHOWN); i++)
		show_component(&c, r);
	if (n > COMPONENTS_SHOWN)
		verify_add(r, ROW_INFO, VERIFY_HELD, "component", "and %llu more",
			   (unsigned long long)(n - COMPONENTS_SHOWN));
}

static void show_claims(const struct verify_input *in, const struct cca_token *t,
			struct verify_result *r)
{
	verify_expect_bytes(in, r, VERIFY_MEASUREMENT, "rpv", t->rpv);
	verify_expect_bytes(in, r, VERIFY_POLICY, "instance-id", t->instance_id);
	verify_expect_bytes(in, r, VERIFY_POLICY, "implementation-id", t->implementation_id);
	show_text(r, "realm hash", t->realm_hash_alg);
	show_text(r, "realm profile", t->realm_profile);
	show_text(r, "platform profile", t->platform_profile);
	show_text(r, "verification service", t->service);
	if (t->mec != CCA_MEC_ABSENT)
		verify_add(r, ROW_INFO, VERIFY_HELD, "memory encryption context", "%s",
			   t->mec == CCA_MEC_SHARED ? "shared" : "private");
	show_components(t, r);
}

/* ---- what does not parse ---- */
static void say_malformed(const struct cca_token *t, enum status st, struct verify_result *r)
{
	if (st == ST_NOT_FOUND && t->claim != 0)
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, t->part, "claim %lld is missing",
			   (long long)t->claim);
	else if (t->claim != 0)
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, t->part, "claim %lld: %s",
			   (long long)t->claim, status_text(st));
	else
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, t->part, "%s", status_text(st));
}

static void say_spurious(struct bytes key, struct verify_result *r)
{
	struct cbor c = cbor_open(key), again = c;
	struct bytes text;
	s64 n;

	if (cbor_int(&c, &n) == ST_OK)
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "claims",
			   "claim %lld is none of its profile", (long long)n);
	else if (cbor_text(&again, &text) == ST_OK)
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "claims",
			   "claim \"%.*s\" is none of its profile", (int)MIN(text.size, 60),
			   (const char *)text.data);
	else
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "claims",
			   "a claim is named by neither a number nor a text");
}

/* Claims that are no token: told what is wrong with them, and never more than unsigned. */
static void check_bare_claims(struct bytes b, struct verify_result *r)
{
	struct cca_token realm, platform;
	enum status st = cca_realm_claims_parse(b.data, b.size, &realm);
	enum status other = cca_platform_claims_parse(b.data, b.size, &platform);
	/* The challenges of both have one number; only a platform's set has an implementation id.
	 */
	const struct cca_token *t = platform.implementation_id.data != NULL ? &platform : &realm;

	if (t == &platform)
		st = other;
	if (t->spurious.data != NULL)
		say_spurious(t->spurious, r);
	else if (st != ST_OK)
		say_malformed(t, st, r);
	verify_add(r, ROW_FAILED, VERIFY_SIGNATURE, "signature",
		   "a bare set of %s claims: nobody signed it",
		   t == &platform ? "platform" : "realm");
}

static void take_claims(const struct cca_token *t, struct verify_result *r)
{
	r->report_data = t->challenge;
	r->measurement = t->rim;
	r->reg_size = t->rem[0].size;
	for (unsigned i = 0; i < ARRAY_SIZE(r->reg); i++)
		r->reg[i] = t->rem[i];
}

void verify_cca(const struct verify_input *in, struct verify_result *r)
{
	struct cca_token t;
	enum status st;

	if ((in->evidence.data[0] & 0xe0) == CLAIM_MAP) {
		check_bare_claims(in->evidence, r);
		return;
	}
	st = cca_token_parse(in->evidence.data, in->evidence.size, &t);
	if (st != ST_OK) {
		say_malformed(&t, st, r);
		return;
	}
	if (t.spurious.data != NULL)
		say_spurious(t.spurious, r);
	take_claims(&t, r);
	check_realm_signature(&t, r);
	check_binding(&t, r);
	check_platform_signature(&t, in->roots, r);
	check_lifecycle(in, &t, r);
	show_claims(in, &t, r);
}
