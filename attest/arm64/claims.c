/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence on arm64: the CCA token (DEN0137). */
#include "../claims.h"

enum status evidence_claims(enum cvm_platform platform, struct bytes evidence,
			    struct evidence_claims *out)
{
	static const char *const names[] = { "RIM", "REM0", "REM1", "REM2", "REM3" };
	struct cca_token t;
	enum status st;

	*out = (struct evidence_claims){ .report = evidence, .failed = "kind of platform" };
	if (platform != CVM_CCA)
		return ST_UNSUPPORTED;
	out->failed = "form of the token";
	st = cca_token_parse(evidence.data, evidence.size, &t);
	if (st != ST_OK)
		return st;
	out->report_data = t.challenge;
	for (unsigned i = 0; i < EVLOG_REGISTERS; i++) {
		out->value[i] = i == 0 ? t.rim : t.rem[i - 1];
		out->name[i] = names[i];
	}
	out->failed = "binding of the platform token to the realm's key";
	if (cca_check_binding(&t) != ST_OK)
		return ST_CORRUPT;
	out->failed = "signature of the realm token";
	if (cca_check_realm_signature(&t) != ST_OK)
		return ST_CORRUPT;
	out->failed = "form of the platform token's signature";
	if (cca_check_platform_signed(&t) != ST_OK)
		return ST_CORRUPT;
	out->failed = NULL;
	return ST_OK;
}
