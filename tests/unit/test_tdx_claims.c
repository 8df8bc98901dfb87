/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What a TD takes from its own quote and holds against it, on quotes of the model, honest and
 * faulty.
 * sources: attest/x86_64/claims.c attest/snp_report.c attest/tdx_quote.c hosts/x86/tdx/[!h]*.c hosts/x86/tdx/ho*.c lib/status.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/tdx -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../attest/claims.h"
#include "fake_tdx_host.h"

static u8 buf[16384];
static struct evidence_claims claims;
static size_t quote_size;

static int setup(void **state)
{
	(void)state;
	fake_boot();
	for (unsigned i = 0; i < 4; i++)
		memset(tdcs.rtmr[i], (int)(0x11 * (i + 1)), TDX_DIGEST_SIZE);
	return 0;
}

/* A quote and so many bytes behind it. */
static enum status read_claims(enum fault_id fault, size_t behind)
{
	u8 report[TDREPORT_SIZE], data[REPORT_DATA_SIZE];

	memset(data, 0x17, sizeof(data));
	memset(buf, 0, sizeof(buf));
	fake.fault = fault;
	report_create(data, report);
	assert_int_equal(quote_create(report, buf, sizeof(buf), &quote_size), ST_OK);
	fake.fault = 0;
	return evidence_claims(CVM_TDX, (struct bytes){ buf, quote_size + behind }, &claims);
}

static void honest(void **state)
{
	static const char *const names[] = { "MRTD", "RTMR0", "RTMR1", "RTMR2", "RTMR3" };

	(void)state;
	for (size_t behind = 0; behind < 200; behind += 99) {
		assert_int_equal(read_claims(0, behind), ST_OK);
		assert_null(claims.failed);
		assert_int_equal(claims.report.size, quote_size); /* what follows is nobody's */
		assert_int_equal(claims.certificates.size, 0);
		assert_int_equal(claims.report_data.size, REPORT_DATA_SIZE);
		assert_int_equal(claims.report_data.data[63], 0x17);
	}
	assert_memory_equal(claims.value[0].data, tdcs.mrtd, 48);
	for (unsigned i = 0; i < EVLOG_REGISTERS; i++) {
		assert_string_equal(claims.name[i], names[i]);
		assert_int_equal(claims.value[i].size, 48);
		if (i > 0)
			assert_memory_equal(claims.value[i].data, tdcs.rtmr[i - 1], 48);
	}
}

static void faulty(void **state)
{
	(void)state;
	assert_int_equal(read_claims(FAULT_QUOTE_SIGNATURE, 0), ST_CORRUPT);
	assert_string_equal(claims.failed, "signature of the quote");
	assert_int_equal(read_claims(FAULT_QUOTE_KEY_UNBOUND, 0), ST_CORRUPT);
	assert_string_equal(claims.failed, "binding of the QE report to the quote's key");
	assert_int_equal(evidence_claims(CVM_TDX, (struct bytes){ buf, quote_size - 1 }, &claims),
			 ST_TRUNCATED);
	assert_string_equal(claims.failed, "form of the quote");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest),
		cmocka_unit_test(faulty),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
