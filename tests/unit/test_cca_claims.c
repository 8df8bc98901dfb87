/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What a realm takes from its own token and holds against it, on tokens of the model, honest and
 * faulty.
 * sources: attest/arm64/claims.c attest/cbor.c attest/cca_token.c attest/cca_check.c hosts/arm64/rmm/token.c hosts/arm64/rmm/measure.c lib/status.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -I$(B)/keys -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../attest/claims.h"
#include "sample_token.h"

static u8 buf[4096];
static struct evidence_claims claims;

static enum status read_claims(enum fault_id fault, size_t cut)
{
	size_t n;

	chosen_fault = fault;
	n = make_sample(true, buf, sizeof(buf));
	chosen_fault = FAULT_NONE_;
	return evidence_claims(CVM_CCA, (struct bytes){ buf, n - cut }, &claims);
}

static void honest(void **state)
{
	static const char *const names[] = { "RIM", "REM0", "REM1", "REM2", "REM3" };

	(void)state;
	assert_int_equal(read_claims(FAULT_NONE_, 0), ST_OK);
	assert_null(claims.failed);
	assert_ptr_equal(claims.report.data, buf);
	assert_int_equal(claims.certificates.size, 0);
	assert_int_equal(claims.report_data.size, REPORT_DATA_SIZE);
	assert_memory_equal(claims.report_data.data, sample_challenge, REPORT_DATA_SIZE);
	assert_memory_equal(claims.value[0].data, sample_realm.rim, 64);
	for (unsigned i = 0; i < EVLOG_REGISTERS; i++) {
		assert_string_equal(claims.name[i], names[i]);
		assert_int_equal(claims.value[i].size, 64);
		if (i > 0)
			assert_memory_equal(claims.value[i].data, sample_realm.rem[i - 1], 64);
	}
}

static void faulty(void **state)
{
	static const struct {
		enum fault_id fault;
		size_t cut;
		const char *failed;
	} cases[] = {
		{ FAULT_TOKEN_BINDING, 0, "binding of the platform token to the realm's key" },
		{ FAULT_TOKEN_REALM_SIGNATURE, 0, "signature of the realm token" },
		{ FAULT_TOKEN_PLATFORM_UNSIGNED, 0, "form of the platform token's signature" },
		{ FAULT_NONE_, 1, "form of the token" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_not_equal(read_claims(cases[i].fault, cases[i].cut), ST_OK);
		assert_string_equal(claims.failed, cases[i].failed);
	}
	assert_int_equal(evidence_claims(CVM_SNP, (struct bytes){ buf, 4 }, &claims),
			 ST_UNSUPPORTED);
	assert_string_equal(claims.failed, "kind of platform");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest),
		cmocka_unit_test(faulty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
