/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores with C=1, by the state of the page. */
#include "abi/coop_x86.h"
#include "snp_mem.h"

#define MARK 0x534e504163636573ULL

static const u8 widths[] = { 1, 2, 4, 8 };

/* Four pages somewhere in the block, one for each width. */
static u64 page_of(struct range r, size_t i)
{
	return r.base + (16 + 2 * i) * PAGE_SIZE;
}

/* One that holds MARK and is validated no more. */
static u64 rescinded_page(struct range r, size_t i)
{
	u64 page = page_of(r, i);

	store64(page + 8, MARK);
	(void)snp_pvalidate(page, RMP_4K, PVALIDATE_RESCIND);
	return page;
}

void snp_access_load(void)
{
	struct range r;
	bool large;

	if (!snp_block_get(&r, &large))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		u64 page = rescinded_page(r, i), value = 0;
		struct fault f = try_load(page + 8, widths[i], &value);

		if (!expect_not_validated("load from a page that is not validated", &f))
			break;
	}
	snp_block_put(r);
}

void snp_access_store(void)
{
	struct range r;
	bool large;

	if (!snp_block_get(&r, &large))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		u64 page = rescinded_page(r, i), value = 0;
		struct fault f = try_store(page + 8, widths[i], ~MARK);

		if (!expect_not_validated("store to a page that is not validated", &f))
			break;
		/* The same page as before, so what it held is still there. */
		(void)snp_pvalidate(page, RMP_4K, PVALIDATE_VALIDATE);
		f = try_load(page + 8, 8, &value);
		if (!expect_fault("load of the page validated again", &f, FAULT_NONE) ||
		    !expect_eq("what it holds", value, MARK))
			break;
	}
	snp_block_put(r);
}

void snp_access_private(void)
{
	check_private_kept(MARK);
}

void snp_access_replaced(void)
{
	struct range r;
	struct fault f;
	bool large;
	u64 page, value = 0;

	if (!coop_needs(COOP_REMAP) || !snp_block_get(&r, &large))
		return;
	page = page_of(r, 0);
	store64(page, MARK);
	if (expect_true("the host to put another page in its place", coop_do(COOP_REMAP, page, 0),
			"done")) {
		f = try_load(page, 8, &value);
		expect_not_validated("load from the page that was replaced", &f);
	}
	snp_block_put(r);
}
