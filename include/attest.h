/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence, parsed without trusting any length in it (attest/). Pure C, no allocation; also linked
 * by the tool.
 */
#ifndef ATTEST_H
#define ATTEST_H

#include "status.h"
#include "types.h"

struct bytes {
	const u8 *data;
	size_t size;
};

/* Claims of a CCA token (DEN0137; arm-cca sheet section 9.3); pointers into the token. Both outer
 * forms (tag 399 and 907), both RAK forms. Absent optional claims have data == NULL. */
struct cca_token {
	struct bytes platform_sign1, realm_sign1; /* whole COSE_Sign1 */
	struct bytes platform_payload, realm_payload;
	struct bytes platform_protected, realm_protected, platform_signature, realm_signature;
	int platform_alg, realm_alg; /* COSE: -35 ES384, -7 ES256 */
	struct bytes challenge, rpv, rak, rim, rem[4];
	struct bytes realm_hash_alg, rak_hash_alg, realm_profile; /* text */
	u8 rak_point[97]; /* uncompressed P-384 point, whichever form the claim had */
	struct bytes platform_challenge, implementation_id, instance_id, platform_profile, config;
	u64 lifecycle;
};

enum status cca_token_parse(const u8 *token, size_t size, struct cca_token *out);

/* attest/cca_check.c, on a token that parsed: ST_OK or ST_CORRUPT. */
enum status cca_check_binding(const struct cca_token *t); /* platform challenge == H(RAK claim) */
enum status cca_check_realm_signature(const struct cca_token *t); /* by the RAK inside */
/* Form only (r and s are not zero): the CPAK is not the guest's to know. */
enum status cca_check_platform_signed(const struct cca_token *t);

#endif
