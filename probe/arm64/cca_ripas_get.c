/* SPDX-License-Identifier: BSD-2-Clause */
/* RSI_IPA_STATE_GET. */
#include "abi/coop.h"
#include "cca.h"

void cca_ripas_get_ram(void)
{
	u64 base = raw_page(RAW_GET_RAM), top = base + 8 * PAGE_SIZE;
	u64 run = 0, ripas = ~0ULL;

	if (base == 0)
		return;
	if (!expect_eq("RSI_IPA_STATE_GET of RAM", rsi_ipa_state_get(base, top, &run, &ripas),
		       RSI_SUCCESS) ||
	    !expect_eq("the RIPAS", ripas, RIPAS_RAM))
		return;
	if (run <= base || run > top || !is_aligned(run, PAGE_SIZE))
		check_fail("the top of the run", "a page boundary in (base, top]",
			   "0x%llx for [0x%llx, 0x%llx]", (unsigned long long)run,
			   (unsigned long long)base, (unsigned long long)top);
	expect_eq("RSI_IPA_STATE_GET of one page",
		  rsi_ipa_state_get(base, base + PAGE_SIZE, &run, &ripas), RSI_SUCCESS);
	expect_eq("the top of a run of one page", run, base + PAGE_SIZE);
}

/* An answer may be shorter than the run, so it takes several to find its end. */
static u64 run_end(u64 base, u64 top, u64 ripas)
{
	for (unsigned i = 0; i < 16 && base < top; i++) {
		u64 run = 0, got = ~0ULL;

		if (rsi_ipa_state_get(base, top, &run, &got) != RSI_SUCCESS || run <= base ||
		    run > top)
			return ~0ULL;
		if (got != ripas)
			return base;
		base = run;
	}
	return base;
}

void cca_ripas_get_run(void)
{
	u64 base = raw_page(RAW_GET_RUN), top = base + 8 * PAGE_SIZE;
	u64 first = base + 3 * PAGE_SIZE, last = base + 5 * PAGE_SIZE;

	if (base == 0)
		return;
	if (expect_eq("the end of the run of RAM before", run_end(base, top, RIPAS_RAM), top) &&
	    expect_true("two pages to EMPTY", set_ripas(first, last, RIPAS_EMPTY), "done") &&
	    expect_eq("the end of the run of RAM", run_end(base, top, RIPAS_RAM), first) &&
	    expect_eq("the end of the run of EMPTY", run_end(first, top, RIPAS_EMPTY), last))
		expect_eq("the end of the RAM behind it", run_end(last, top, RIPAS_RAM), top);
	restore_ram(base, top);
}

static bool refuses(const char *asked, u64 base, u64 top)
{
	u64 run, ripas;

	return expect_eq(asked, rsi_ipa_state_get(base, top, &run, &ripas), RSI_ERROR_INPUT);
}

void cca_ripas_get_misaligned(void)
{
	u64 base = raw_page(RAW_GET_ARGS), top = base + 4 * PAGE_SIZE;

	if (base != 0 && refuses("base + 8", base + 8, top) &&
	    refuses("base + 0x800", base + 0x800, top) && refuses("top + 8", base, top + 8))
		refuses("top - 1", base, top - 1);
}

void cca_ripas_get_range(void)
{
	u64 base = raw_page(RAW_GET_ARGS), limit = protected_top();

	if (base != 0 && refuses("top = base", base, base) &&
	    refuses("top below base", base + PAGE_SIZE, base) && refuses("top = 0", base, 0) &&
	    refuses("top beyond the protected half", limit - PAGE_SIZE, limit + PAGE_SIZE))
		refuses("a range in the unprotected half", limit, limit + PAGE_SIZE);
}

void cca_ripas_get_lost(void)
{
	u64 page = raw_page(RAW_GET_LOST);

	if (page == 0 || !coop_needs(COOP_DESTROY))
		return;
	if (expect_true("the host to take a page away", coop_do(COOP_DESTROY, page, 0), "done"))
		expect_ripas("RSI_IPA_STATE_GET of that page", page, RIPAS_DESTROYED);
	restore_ram(page, page + PAGE_SIZE);
}
