/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The claims of both halves of a CCA token by number, form and place (draft-ffm-rats-cca-token
 * CDDL; arm-cca sheet 9.3). Part of cca_token.c.
 */
#ifndef CCA_CLAIMS_H
#define CCA_CLAIMS_H

#include "attest.h"

enum claim_type {
	CLAIM_BSTR,
	CLAIM_TEXT,
	CLAIM_LIFECYCLE,
	CLAIM_REMS,
	CLAIM_COMPONENTS,
	CLAIM_MEC,      /* 0 shared, 1 private */
	CLAIM_MEC_TEXT, /* "shared", "private" */
};

#define ANY  0  /* size */
#define HASH 1  /* size: that of SHA-256, SHA-384 or SHA-512 */
#define UEID 33 /* first byte 0x01 (RAND) */

struct claim {
	s64 key;
	u8 type;
	u8 size;
	bool mandatory;
	u16 offset; /* of a struct bytes in struct cca_token */
};

#define AT(field) offsetof(struct cca_token, field)
#define NOWHERE   0xffff

static const struct claim realm_claims[] = {
	{ 10, CLAIM_BSTR, 64, true, AT(challenge) },
	{ 265, CLAIM_TEXT, ANY, false, AT(realm_profile) },
	{ 256, CLAIM_BSTR, UEID, false, NOWHERE },
	{ 44235, CLAIM_BSTR, 64, true, AT(rpv) },
	{ 44236, CLAIM_TEXT, ANY, true, AT(realm_hash_alg) },
	{ 44237, CLAIM_BSTR, ANY, true, AT(rak) },
	{ 44238, CLAIM_BSTR, HASH, true, AT(rim) },
	{ 44239, CLAIM_REMS, ANY, true, NOWHERE },
	{ 44240, CLAIM_TEXT, ANY, true, AT(rak_hash_alg) },
	{ 44241, CLAIM_MEC_TEXT, ANY, false, NOWHERE }, /* the draft's number and type */
	{ 44243, CLAIM_MEC, ANY, false, NOWHERE },      /* TF-RMM's */
};

static const struct claim platform_claims[] = {
	{ 265, CLAIM_TEXT, ANY, true, AT(platform_profile) },
	{ 10, CLAIM_BSTR, HASH, true, AT(platform_challenge) },
	{ 2396, CLAIM_BSTR, 32, true, AT(implementation_id) },
	{ 256, CLAIM_BSTR, UEID, true, AT(instance_id) },
	{ 2401, CLAIM_BSTR, ANY, true, AT(config) },
	{ 2395, CLAIM_LIFECYCLE, ANY, true, NOWHERE },
	{ 2399, CLAIM_COMPONENTS, ANY, true, AT(components) },
	{ 2400, CLAIM_TEXT, ANY, false, AT(service) },
	{ 2402, CLAIM_TEXT, ANY, true, AT(component_hash_alg) },
};

#endif
