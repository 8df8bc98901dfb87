/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What an SNP guest takes from its own report and the certificates behind it, on reports of the
 * model, honest and faulty.
 * sources: attest/x86_64/claims.c attest/snp_report.c attest/tdx_quote.c hosts/x86/snp/report.c hosts/x86/snp/certs.c lib/status.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../attest/claims.h"
#include "fake_psp.h"

struct psp_guest psp_guest;

static u8 buf[SNP_REPORT_SIZE + 4 * PAGE_SIZE];
static struct evidence_claims claims;

/* A report and so many bytes behind it. */
static enum status read_claims(enum fault_id fault, size_t behind)
{
	u8 request[SNP_REPORT_REQ_SIZE] = { 0 }, response[SNP_REPORT_RSP_SIZE];

	fake.fault = fault;
	psp_guest.policy = 0x30000;
	memset(psp_guest.digest, 0x4d, sizeof(psp_guest.digest));
	memset(request + SNP_REPORT_REQ_DATA, 0x17, SNP_REPORT_DATA_SIZE);
	psp_report(0, request, response);
	memcpy(buf, response + SNP_REPORT_RSP_REPORT, SNP_REPORT_SIZE);
	fake.fault = 0;
	return evidence_claims(CVM_SNP, (struct bytes){ buf, SNP_REPORT_SIZE + behind }, &claims);
}

static void honest(void **state)
{
	(void)state;
	assert_int_equal(read_claims(0, 0), ST_OK);
	assert_null(claims.failed);
	assert_int_equal(claims.report.size, SNP_REPORT_SIZE);
	assert_int_equal(claims.certificates.size, 0);
	assert_int_equal(claims.report_data.size, REPORT_DATA_SIZE);
	assert_int_equal(claims.report_data.data[63], 0x17);
	assert_memory_equal(claims.value[0].data, psp_guest.digest, 48);
	assert_string_equal(claims.name[0], "MEASUREMENT");
	for (unsigned i = 1; i < EVLOG_REGISTERS; i++)
		assert_null(claims.value[i].data);
}

/* A table with an end and nothing else, and one without an end. */
static void certificates(void **state)
{
	(void)state;
	memset(buf + SNP_REPORT_SIZE, 0, SNP_CERT_ENTRY_SIZE);
	assert_int_equal(read_claims(0, SNP_CERT_ENTRY_SIZE), ST_OK);
	assert_int_equal(claims.report.size, SNP_REPORT_SIZE);
	assert_ptr_equal(claims.certificates.data, buf + SNP_REPORT_SIZE);
	assert_int_equal(claims.certificates.size, SNP_CERT_ENTRY_SIZE);
	memset(buf + SNP_REPORT_SIZE, 1, SNP_CERT_ENTRY_SIZE);
	assert_int_not_equal(read_claims(0, SNP_CERT_ENTRY_SIZE), ST_OK);
	assert_string_equal(claims.failed, "form of the certificate table");
}

static void faulty(void **state)
{
	static const struct {
		enum fault_id fault;
		enum status st;
		const char *failed;
	} cases[] = {
		{ FAULT_REPORT_VERSION, ST_UNSUPPORTED, "form of the report" },
		{ FAULT_REPORT_POLICY, ST_CORRUPT, "form of the report" },
		{ FAULT_REPORT_UNSIGNED, ST_CORRUPT, "form of the report's signature" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(read_claims(cases[i].fault, 0), cases[i].st);
		assert_string_equal(claims.failed, cases[i].failed);
	}
	assert_int_equal(evidence_claims(CVM_SNP, (struct bytes){ buf, 100 }, &claims),
			 ST_TRUNCATED);
	assert_string_equal(claims.failed, "form of the report");
	assert_int_equal(evidence_claims(CVM_CCA, (struct bytes){ buf, 100 }, &claims),
			 ST_UNSUPPORTED);
	assert_string_equal(claims.failed, "kind of platform");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest),
		cmocka_unit_test(certificates),
		cmocka_unit_test(faulty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
