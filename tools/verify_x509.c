/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chains, revocation and ECDSA for the x86 platforms. Certificates come with the evidence and so
 * from the attacker: what counts is only that they lead to an anchor the user named.
 */
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "verify_x509.h"

const char *cert_name(X509 *cert, char name[X509_NAME_MAX])
{
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
					  X509_NAME_MAX);

	if (n <= 0)
		snprintf(name, X509_NAME_MAX, "(no name)");
	for (char *p = name; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return name;
}

struct bytes cert_extension(X509 *cert, const char *oid)
{
	struct bytes none = { NULL, 0 };
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	int at = X509_get_ext_by_OBJ(cert, obj, -1);
	const ASN1_OCTET_STRING *value;
	/* Of two with the same name a reader could take either. */
	bool twice = at >= 0 && X509_get_ext_by_OBJ(cert, obj, at) >= 0;

	ASN1_OBJECT_free(obj);
	if (at < 0 || twice)
		return none;
	value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
	return (struct bytes){ ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value) };
}

/* ---- chain ---- */
/* Only what signs itself is an anchor: an intermediate that lies among the roots is not. */
static size_t sort_roots(const struct roots *roots, X509_STORE *anchors, STACK_OF(X509) * others)
{
	size_t n = 0;

	for (size_t i = 0; i < roots->certs; i++) {
		if (X509_self_signed(roots->cert[i], 1) == 1)
			n += X509_STORE_add_cert(anchors, roots->cert[i]) == 1;
		else
			sk_X509_push(others, roots->cert[i]);
	}
	return n;
}

static STACK_OF(X509) *
    search(X509_STORE *anchors, STACK_OF(X509) * others, X509 *leaf, time_t now, char why[200])
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = NULL;
	X509_VERIFY_PARAM *param;
	char name[X509_NAME_MAX];

	if (ctx == NULL || X509_STORE_CTX_init(ctx, anchors, leaf, others) != 1) {
		snprintf(why, 200, "no memory");
		X509_STORE_CTX_free(ctx);
		return NULL;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CHECK_SS_SIGNATURE);
	if (now != 0)
		X509_VERIFY_PARAM_set_time(param, now);
	if (X509_verify_cert(ctx) == 1) {
		chain = X509_STORE_CTX_get1_chain(ctx);
	} else {
		X509 *at = X509_STORE_CTX_get_current_cert(ctx);

		snprintf(why, 200, "%s: %s", cert_name(at != NULL ? at : leaf, name),
			 X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	}
	X509_STORE_CTX_free(ctx);
	return chain;
}

/* X509_verify_cert() takes some certificates for a CA that do not say that they are one. */
static bool all_issuers_are_cas(const STACK_OF(X509) * chain, char why[200])
{
	char name[X509_NAME_MAX];

	for (int i = 1; i < sk_X509_num(chain); i++) {
		if (X509_check_ca(sk_X509_value(chain, i)) != 1) {
			snprintf(why, 200, "%s is no CA", cert_name(sk_X509_value(chain, i), name));
			return false;
		}
	}
	return true;
}

STACK_OF(X509) * cert_chain(X509 *leaf, STACK_OF(X509) * between, const struct roots *roots,
			    time_t now, char why[200])
{
	X509_STORE *anchors = X509_STORE_new();
	STACK_OF(X509) *others = sk_X509_new_null(), *chain = NULL;

	for (int i = 0; between != NULL && i < sk_X509_num(between); i++)
		sk_X509_push(others, sk_X509_value(between, i));
	if (sort_roots(roots, anchors, others) == 0)
		snprintf(why, 200, "no self-signed certificate among the roots");
	else
		chain = search(anchors, others, leaf, now, why);
	if (chain != NULL && !all_issuers_are_cas(chain, why)) {
		sk_X509_pop_free(chain, X509_free);
		chain = NULL;
	}
	sk_X509_free(others);
	X509_STORE_free(anchors);
	return chain;
}

/* ---- revocation ---- */
enum crl_verdict { CRL_NONE, CRL_STALE, CRL_CLEAR, CRL_REVOKED };

static enum crl_verdict ask_crl(X509_CRL *crl, X509 *cert, X509 *issuer, time_t now)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	X509_REVOKED *entry = NULL;
	time_t *at = now != 0 ? &now : NULL;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(cert)) != 0 ||
	    key == NULL || X509_CRL_verify(crl, key) != 1)
		return CRL_NONE;
	/* A revocation does not grow old. */
	if (X509_CRL_get0_by_cert(crl, &entry, cert) == 1)
		return CRL_REVOKED;
	/* Old ones could be shown to hide what was revoked since. */
	if (X509_cmp_time(X509_CRL_get0_lastUpdate(crl), at) >= 0 ||
	    X509_CRL_get0_nextUpdate(crl) == NULL ||
	    X509_cmp_time(X509_CRL_get0_nextUpdate(crl), at) <= 0)
		return CRL_STALE;
	return CRL_CLEAR;
}

/* Of all CRLs the one that says most. */
static enum crl_verdict ask_all(const struct verify_input *in, X509_CRL *own, X509 *cert,
				X509 *issuer)
{
	enum crl_verdict best = own != NULL ? ask_crl(own, cert, issuer, in->now) : CRL_NONE;

	for (size_t i = 0; i < in->roots->crls; i++) {
		enum crl_verdict v = ask_crl(in->roots->crl[i], cert, issuer, in->now);

		best = v > best ? v : best;
	}
	return best;
}

void cert_revocation(const struct verify_input *in, struct verify_result *r,
		     const STACK_OF(X509) * chain, X509_CRL *own)
{
	char name[X509_NAME_MAX];

	for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);

		cert_name(cert, name);
		switch (ask_all(in, own, cert, sk_X509_value(chain, i + 1))) {
		case CRL_REVOKED:
			verify_add(r, ROW_FAILED, VERIFY_TCB, "CRL", "%s is revoked", name);
			break;
		case CRL_CLEAR:
			verify_add(r, ROW_OK, VERIFY_HELD, "CRL", "%s is not on its issuer's CRL",
				   name);
			break;
		case CRL_STALE:
			verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, "CRL",
				   "%s: its issuer's CRL is out of date", name);
			break;
		default:
			verify_add(r, ROW_NOT_CHECKED, VERIFY_HELD, "CRL",
				   "%s: no CRL of its issuer", name);
		}
	}
}

/* ---- signatures ---- */
static bool is_on(EVP_PKEY *key, const char *curve)
{
	char group[64];

	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       OBJ_txt2nid(group) == EC_curve_nist2nid(curve);
}

bool ecdsa_holds(EVP_PKEY *key, const char *curve, BIGNUM *r, BIGNUM *s, struct bytes data)
{
	const EVP_MD *md = strcmp(curve, "P-384") == 0 ? EVP_sha384() : EVP_sha256();
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	bool good = false;
	int n;

	ECDSA_SIG_set0(sig, r, s);
	n = i2d_ECDSA_SIG(sig, &der);
	if (n > 0 && key != NULL && is_on(key, curve))
		good = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		       EVP_DigestVerify(ctx, der, (size_t)n, data.data, data.size) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	return good;
}

/* ---- small things ---- */
bool debug_permitted(const struct verify_input *in)
{
	const char *expected = expect_value(in->expect, "debug");

	return expected != NULL ? strcmp(expected, "allowed") == 0 : in->allow_debug;
}

bool bytes_zero(struct bytes b)
{
	u8 any = 0;

	for (size_t i = 0; i < b.size; i++)
		any |= b.data[i];
	return any == 0;
}

void bits_text(char *out, size_t size, u64 bits, const char *const *names, unsigned count)
{
	const char *separator = "";
	size_t n = 0;

	snprintf(out, size, "none");
	for (unsigned i = 0; i < 64 && n < size; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		if (i < count && names[i] != NULL)
			n += (size_t)snprintf(out + n, size - n, "%s%s", separator, names[i]);
		else
			n += (size_t)snprintf(out + n, size - n, "%sbit %u", separator, i);
		separator = ", ";
	}
}
