/* SPDX-License-Identifier: BSD-2-Clause */
/* TDREPORT: what it carries and how it must be asked for. */
#include "tdx_check.h"

static u32 type_of(u64 page)
{
	return *(volatile u32 *)(uintptr_t)(page + TDREPORT_TYPE);
}

void tdx_report_taken(void)
{
	u64 page = td_report(0x77); /* has said what was wrong */

	if (page != 0)
		page_put(page);
}

void tdx_report_data(void)
{
	for (u8 seed = 1; seed < 3; seed++) {
		u64 page = td_report((u8)(seed * 0x40));
		struct bytes data = { NULL, TDREPORT_REPORTDATA_SIZE };

		if (page == 0)
			return;
		data.data = (u8 *)(uintptr_t)page + TDREPORT_REPORTDATA;
		if (expect_eq("type and subtype", type_of(page) & ~0x010000u, TDREPORT_TYPE_TDX))
			expect_data("the report data", data, (u8)(seed * 0x40));
		page_put(page);
	}
}

/* Nothing of the parser's verdict is a rule of the module but this: it is the report of a TD. */
static u64 parsed(u8 seed, struct tdx_report *r)
{
	u64 page = td_report(seed);
	enum status st;

	if (page == 0)
		return 0;
	st = tdx_report_parse((const u8 *)(uintptr_t)page, TDREPORT_SIZE, r);
	if (st == ST_OK)
		return page;
	check_fail("a TDREPORT as specified", "it parses", "%s", status_text(st));
	page_put(page);
	return 0;
}

void tdx_report_hashes(void)
{
	struct tdx_report r;
	u64 page = parsed(0x11, &r);

	if (page == 0)
		return;
	expect_eq("the hashes of TEE_TCB_INFO and TDINFO", tdx_report_check(&r), ST_OK);
	page_put(page);
}

void tdx_report_same(void)
{
	struct tdx_report r;
	u64 page = parsed(0x22, &r);

	if (page == 0)
		return;
	expect_claims(&r.claims);
	page_put(page);
}

/* Refused, and nothing written. */
static bool refused(const char *asked, u64 page, const u64 operand[3], u64 status)
{
	check_note("RCX 0x%llx, RDX 0x%llx, R8 0x%llx", (unsigned long long)operand[0],
		   (unsigned long long)operand[1], (unsigned long long)operand[2]);
	return expect_eq(asked, tdg_mr_report(operand[0], operand[1], operand[2]), status) &&
	       expect_eq("the first word of the buffer", load64(page), 0) &&
	       expect_eq("the word at 512", load64(page + 512), 0);
}

void tdx_report_align(void)
{
	u64 page = page_get(), data = page + TD_DATA, beyond = 2 * tdx_shared_bit();
	const u64 output[][3] = { { page + 512, data, 0 },
				  { page + 64, data, 0 },
				  { page | beyond, data, 0 } };
	const u64 input[][3] = { { page, data + 32, 0 },
				 { page, data + 8, 0 },
				 { page, data | beyond, 0 } };

	if (page == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(output); i++)
		if (!refused("TDG.MR.REPORT to a buffer that cannot be", page, output[i],
			     INVALID(RCX)))
			goto out;
	for (size_t i = 0; i < ARRAY_SIZE(input); i++)
		if (!refused("TDG.MR.REPORT with data that cannot be there", page, input[i],
			     INVALID(RDX)))
			goto out;
out:
	page_put(page);
}

void tdx_report_subtype(void)
{
	static const u64 subtypes[] = { 1, 0x81, BIT(8), BIT(63) };
	u64 page = page_get();

	if (page == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(subtypes); i++) {
		const u64 operand[] = { page, page + TD_DATA, subtypes[i] };

		if (!refused("TDG.MR.REPORT of a subtype that does not exist", page, operand,
			     INVALID(R8)))
			break;
	}
	page_put(page);
}
