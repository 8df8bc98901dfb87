/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Those numbers of include/abi/tdx.h that the fact sheet has in running text.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/tdx.h"
#include "facts.h"

static bool have_facts;

static int load(void **state)
{
	have_facts = facts_load("intel-tdx.md");
	return 0;
}

#define NEED_FACTS()                                                                               \
	do {                                                                                       \
		if (!have_facts)                                                                   \
			SKIP_WITHOUT(vectors_path("../abi/intel-tdx.md"));                         \
	} while (0)

static void bits_and_sizes(void **state)
{
	static const struct {
		const char *from, *to, *pattern, *name;
		int base;
		uint64_t ours;
	} f[] = {
		{ "### 5.5", "## 6.", "\\[([0-9]):0\\] size - 1%s", "", 10, 2 },
		{ "### 5.5", "## 6.", "bit ([0-9]) %s", "direction", 10, 3 },
		{ "### 5.5", "## 6.", "bit ([0-9]) %s", "string", 10, 4 },
		{ "### 5.5", "## 6.", "bit ([0-9]) %s", "REP", 10, 5 },
		{ "### 5.5", "## 6.", "bit ([0-9]) %s", "immediate", 10, 6 },
		{ "### 5.5", "## 6.", ":([0-9]+)\\] %s\\. REP", "port", 10, TDX_IO_PORT_SHIFT },
		{ "### 5.5", "## 6.", "^\\| [0-9]+ / ([0-9]+) \\| INVD / %s", "WBINVD", 10,
		  TDVMCALL_WBINVD },
		{ "### 5.1", "### 5.2", "exit reason ([0-9]+) \\(%s", "TDCALL", 10, TDX_VE_TDCALL },
		{ "### 7.1", "### 7.2", "#VE = vector ([0-9]+)%s", "", 10, TDX_VE_VECTOR },
		{ "### 5.2", "### 5.3", "message ([0-9]+) ASCII%s", "", 10,
		  TDX_FATAL_MESSAGE_SIZE },
		{ "### 3.6", "### 3.7", "bit ([0-9]+) %s", "pending", 10, 62 },
		{ "### 3.3", "### 3.4", "([0-9]+)-aligned GPA of 1024-byte %s", "output", 10,
		  TDREPORT_ALIGN },
		{ "### 3.3", "### 3.4", "([0-9]+)-aligned GPA of 64-byte %s", "REPORTDATA", 10,
		  TDREPORT_DATA_ALIGN },
		{ "### 3.3", "### 3.4", "48 bytes, ([0-9]+)-byte %s", "aligned", 10,
		  TDX_RTMR_DATA_ALIGN },
		{ "## 11. TDREPORT", "## 12.", "report type: (0x[0-9]+)%s", "", 16,
		  TDREPORT_TYPE_TDX },
		{ "### 12.1", "### 12.2", "### 12.1 Header \\(([0-9]+) bytes%s", "", 10,
		  QUOTE_HEADER_SIZE },
		{ "### 12.1", "### 12.2", "key type: ([0-9]) = %s", "ECDSA-256", 10,
		  QUOTE_KEY_ECDSA_P256 },
		{ "### 12.1", "### 12.2", "TEE type (0x[0-9]+)%s", "", 16, QUOTE_TEE_TDX },
		{ "### 12.1", "### 12.2", "\\| ([0-9]+) \\| %s", "QE vendor", 10,
		  QUOTE_VENDOR_SIZE },
		{ "### 12.2", "### 12.3", "u16 body type at ([0-9]+)%s", "", 10,
		  QUOTE_V5_BODY_TYPE },
		{ "### 12.2", "### 12.3", "u32 body size at ([0-9]+)%s", "", 10,
		  QUOTE_V5_BODY_SIZE },
		{ "### 12.2", "### 12.3", "body at ([0-9]+)\\.%s", "", 10, QUOTE_V5_BODY },
		{ "### 12.2", "### 12.3", "([0-9]) = %s", "TD report 1.0", 10, QUOTE_BODY_TD10 },
		{ "### 12.2", "### 12.3", "([0-9]) = %s", "TD report 1.5", 10, QUOTE_BODY_TD15 },
		{ "### 12.2", "### 12.3", "%s \\(([0-9]+)\\)", "TD report 1.0", 10,
		  QUOTE_TD10_SIZE },
		{ "### 12.2", "### 12.3", "%s \\(([0-9]+)\\)", "TD report 1.5", 10,
		  QUOTE_TD15_SIZE },
		{ "### 12.2", "### 12.3", "184 / ([0-9]+) /%s", "", 10, QUOTE_TD_MROWNER },
		{ "### 12.2", "### 12.3", "184 / 232 / ([0-9]+)%s", "", 10,
		  QUOTE_TD_MROWNERCONFIG },
		{ "### 12.3", "### 12.4", "type u16 = ([0-9]) %s", "\\(QE report", 10,
		  QUOTE_CERT_QE_REPORT },
		{ "### 12.3", "### 12.4", "type u16 = ([0-9]) %s", "\\(PEM", 10,
		  QUOTE_CERT_PCK_CHAIN },
		{ "### 12.3", "### 12.4", "SGX REPORT body\\) \\| ([0-9]+)%s", "", 10,
		  QUOTE_QE_REPORT_SIZE },
		{ "### 12.3", "### 12.4", "%s at ([0-9]+)\\.\\.383", "report_data", 10,
		  QUOTE_QE_REPORT_DATA },
		{ "### 12.3", "### 12.4", "%s at ([0-9]+)", "MRSIGNER", 10, QUOTE_QE_MRSIGNER },
		{ "### 12.3", "### 12.4", "%s ([0-9]+)", "ISVPRODID", 10, QUOTE_QE_ISVPRODID },
		{ "### 12.3", "### 12.4", "%s ([0-9]+)", "ISVSVN", 10, QUOTE_QE_ISVSVN },
		{ "### 9.1", "### 9.2", "image_end - (0x[0-9]+) = offset%s", "", 16,
		  TDVF_POINTER_FROM_END },
		{ "### 9.1", "### 9.2", "image_end-(0x[0-9]+) \\.\\.%s", "", 16,
		  TDVF_TABLE_FOOTER_FROM_END },
		{ "### 9.1", "### 9.2", "length = ([0-9]+) \\+%s", "", 10, TDVF_DESCRIPTOR_SIZE },
		{ "### 9.1", "### 9.2", "length = 16 \\+ ([0-9]+) x%s", "", 10, TDVF_SECTION_SIZE },
		{ "### 9.2", "### 9.3", "u32 version ([0-9])%s", "", 10, HOB_PHIT_VERSION },
		{ "### 9.2", "### 9.3", "attributes \\| (0x[0-9]) = %s", "present", 16,
		  HOB_ATTRIBUTES_RAM },
		{ "### 9.2", "### 9.3", "End type (0x[0-9A-F]+)%s", "", 16, HOB_END },
		{ "### 10.1", "### 10.2", "([0-9]+)-byte %s", "chunk", 10, TDX_MRTD_CHUNK },
		{ "### 10.1", "### 10.2", "over a stream of ([0-9]+)%s", "", 10,
		  TDX_MRTD_RECORD_SIZE },
	};

	NEED_FACTS();
	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		const struct fact one[] = { { f[i].name, f[i].ours } };

		FACTS_EQUAL(facts_section(f[i].from, f[i].to), f[i].pattern, f[i].base, 0, one);
	}
	/* bit numbers above, masks here */
	assert_int_equal(TDX_IO_SIZE_MASK, 7);
	assert_int_equal(TDX_IO_IN, 1 << 3);
	assert_int_equal(TDX_IO_STRING, 1 << 4);
	assert_int_equal(TDX_IO_REP, 1 << 5);
	assert_int_equal(TDX_IO_IMMEDIATE, 1 << 6);
	assert_int_equal(TDX_ATTR_RD_PENDING, 1ULL << 62);
	assert_int_equal(QUOTE_HEADER_SIZE + QUOTE_TD10_SIZE, 632);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bits_and_sizes) };

	return cmocka_run_group_tests(tests, load, NULL);
}
