/* SPDX-License-Identifier: BSD-2-Clause */
/* What the x86 platforms' verifiers share: chains to a trust anchor, revocation, ECDSA. */
#ifndef VERIFY_X509_H
#define VERIFY_X509_H

#include <openssl/bn.h>

#include "verify.h"

#define X509_NAME_MAX 64

/* Common name, for people: it may be an attacker's, so only what prints. */
const char *cert_name(X509 *cert, char name[X509_NAME_MAX]);

/* The content of an extension by its OID; data NULL: not there, or twice. */
struct bytes cert_extension(X509 *cert, const char *oid);

/*
 * From leaf to a self-signed certificate among the roots, leaf first; what stands between comes
 * from `between` (may be NULL) or from the roots. Every signature holds, also the root's own, every
 * certificate is valid at `now` (0: now) and every issuer a CA that may issue. NULL: leads nowhere,
 * and why says so. sk_X509_pop_free(result, X509_free).
 */
STACK_OF(X509) * cert_chain(X509 *leaf, STACK_OF(X509) * between, const struct roots *roots,
			    time_t now, char why[200]);

/*
 * Row "CRL": each certificate of the chain but the root against the CRLs of the roots and
 * `own` (may be NULL) that its issuer signed and that are in date. No such CRL: not checked.
 */
void cert_revocation(const struct verify_input *in, struct verify_result *r,
		     const STACK_OF(X509) * chain, X509_CRL *own);

/* ECDSA over data by a key of this curve ("P-256": SHA-256, "P-384": SHA-384); takes r and s. */
bool ecdsa_holds(EVP_PKEY *key, const char *curve, BIGNUM *r, BIGNUM *s, struct bytes data);

/* Debugging is permitted: by --allow-debug or "debug: allowed", never against "debug: no". */
bool debug_permitted(const struct verify_input *in);

bool bytes_zero(struct bytes b);

/* Names of the bits that are set, or "none"; by number where there is no name. */
void bits_text(char *out, size_t size, u64 bits, const char *const *names, unsigned count);

#endif
