/* SPDX-License-Identifier: BSD-2-Clause */
/* RSI_IPA_STATE_SET. Refusals first; what a change does in cca_ripas_change.c. */
#include "cca.h"

/* Asks for a change that must be refused, and that two pages are RAM before and after. */
static void refused(const char *asked, u64 page, u64 base, u64 top)
{
	if (expect_ripas("the first page before", page, RIPAS_RAM) &&
	    expect_ripas("the next page before", page + PAGE_SIZE, RIPAS_RAM) &&
	    expect_refused(asked, base, top, RIPAS_EMPTY) &&
	    expect_ripas("the first page after", page, RIPAS_RAM))
		expect_ripas("the next page after", page + PAGE_SIZE, RIPAS_RAM);
	restore_ram(page, page + 2 * PAGE_SIZE);
}

void cca_ripas_misaligned_base(void)
{
	u64 page = raw_page(RAW_SET_BASE);

	if (page == 0)
		return;
	refused("base + 8", page, page + 8, page + 2 * PAGE_SIZE);
	refused("base + 0x800", page, page + 0x800, page + 2 * PAGE_SIZE);
}

void cca_ripas_misaligned_top(void)
{
	u64 page = raw_page(RAW_SET_TOP);

	if (page == 0)
		return;
	refused("top + 8", page, page, page + PAGE_SIZE + 8);
	refused("top - 1", page, page, page + 2 * PAGE_SIZE - 1);
}

void cca_ripas_top_not_above(void)
{
	u64 page = raw_page(RAW_SET_ORDER);

	if (page == 0)
		return;
	refused("top = base", page, page, page);
	refused("top = base - 4 KiB", page, page + PAGE_SIZE, page);
	refused("top = 0", page, page, 0);
}

/* From the last protected page: were the limit ignored, no memory of ours is in the way. */
void cca_ripas_beyond(void)
{
	u64 limit = protected_top(), page = limit - PAGE_SIZE;
	u64 before = ripas_of(page);

	if (before != RIPAS_EMPTY) {
		check_skip("the last protected page is not EMPTY");
		return;
	}
	if (expect_refused("top one page beyond the protected half", page, limit + PAGE_SIZE,
			   RIPAS_RAM) &&
	    expect_refused("a range in the unprotected half", limit, limit + PAGE_SIZE, RIPAS_RAM))
		expect_ripas("the last protected page after", page, RIPAS_EMPTY);
	if (check_failed())
		(void)set_ripas(page, limit, RIPAS_EMPTY);
}

void cca_ripas_bad_value(void)
{
	static const u64 values[] = { RIPAS_DESTROYED, RIPAS_DEV, 4, ~0ULL };
	u64 page = raw_page(RAW_SET_VALUE);

	if (page == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(values) && !check_failed(); i++) {
		check_note("ripas %lld", (long long)values[i]);
		if (expect_ripas("the page before", page, RIPAS_RAM) &&
		    expect_refused("a RIPAS that is no answer", page, page + PAGE_SIZE, values[i]))
			expect_ripas("the page after", page, RIPAS_RAM);
		restore_ram(page, page + PAGE_SIZE);
	}
}
