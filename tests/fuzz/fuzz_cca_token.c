/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as a CCA token, or as the claims of one: what parses must have the sizes the readers
 * rely on, what does not says which part it is about.
 * seeds: cca/[a-z]*[a-z]/[a-z]*.cbor
 * sources: attest/cbor.c attest/cca_token.c attest/cca_check.c
 * libs: -lbearssl
 */
/* clang-format on */
#include "attest.h"

static void inside(const uint8_t *data, size_t size, struct bytes b)
{
	if (b.data < data || b.size > size || (size_t)(b.data - data) > size - b.size)
		__builtin_trap();
}

static void claims_alone(const uint8_t *data, size_t size)
{
	struct cca_token t;

	if (cca_realm_claims_parse(data, size, &t) == ST_OK) {
		inside(data, size, t.rim);
		if (t.challenge.size != 64 || t.spurious.data != NULL)
			__builtin_trap();
	} else if (t.part == NULL) {
		__builtin_trap();
	}
	if (cca_platform_claims_parse(data, size, &t) == ST_OK) {
		inside(data, size, t.components);
		if (t.implementation_id.size != 32 || t.lifecycle > 0x60ff ||
		    t.spurious.data != NULL)
			__builtin_trap();
	} else if (t.part == NULL) {
		__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cca_token t;

	claims_alone(data, size);
	if (cca_token_parse(data, size, &t) != ST_OK) {
		if (t.part == NULL)
			__builtin_trap();
		return 0;
	}
	inside(data, size, t.challenge);
	inside(data, size, t.rpv);
	inside(data, size, t.rak);
	inside(data, size, t.rim);
	for (unsigned i = 0; i < 4; i++)
		inside(data, size, t.rem[i]);
	inside(data, size, t.platform_challenge);
	inside(data, size, t.implementation_id);
	inside(data, size, t.instance_id);
	inside(data, size, t.config);
	inside(data, size, t.realm_payload);
	inside(data, size, t.platform_payload);
	if (t.challenge.size != 64 || t.rpv.size != 64 || t.realm_signature.size != 96 ||
	    t.rim.size > 64 || t.platform_challenge.size > 64 || t.rak_point[0] != 0x04)
		__builtin_trap();
	(void)cca_check_binding(&t);
	(void)cca_check_platform_signed(&t);
	return 0;
}
