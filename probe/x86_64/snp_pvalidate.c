/* SPDX-License-Identifier: BSD-2-Clause */
/* PVALIDATE and RMPADJUST: what EAX and CF say, and that it is so. */
#include "snp_mem.h"

#define MARK      0x5056616c69644154ULL
#define TEST_PAGE (37 * PAGE_SIZE) /* somewhere inside the block */
#define SIZES     "the host backs this block with 4 KiB pages"

static bool expect_answer(const char *asked, struct rmp_result r, bool cf)
{
	return expect_eq(asked, r.eax, RMP_OK) && expect_eq("its carry flag", r.cf, cf);
}

/* The page is validated and holds what was stored before. */
static bool expect_kept(const char *asked, u64 page, u64 mark)
{
	u64 value = 0;
	struct fault f = try_load(page, 8, &value);

	return expect_fault(asked, &f, FAULT_NONE) && expect_eq(asked, value, mark);
}

void snp_pvalidate_validated(void)
{
	struct test_page t;

	if (!snp_page_get(&t, TEST_PAGE))
		return;
	store64(t.page, MARK);
	if ((!t.large ||
	     expect_answer("validating a validated block",
			   snp_pvalidate(t.block.base, RMP_2M, PVALIDATE_VALIDATE), true)) &&
	    expect_answer("validating a validated page",
			  snp_pvalidate(t.page, RMP_4K, PVALIDATE_VALIDATE), true))
		expect_kept("the page afterwards", t.page, MARK);
	snp_block_put(t.block);
}

void snp_pvalidate_rescind(void)
{
	struct range r;
	bool large, done = true;

	if (!snp_block_get(&r, &large))
		return;
	if (large) {
		done = expect_answer("rescinding a validated block",
				     snp_pvalidate(r.base, RMP_2M, PVALIDATE_RESCIND), false);
		(void)snp_block_pvalidate(r, PVALIDATE_VALIDATE);
	}
	if (done)
		expect_answer("rescinding a validated page",
			      snp_pvalidate(r.base + TEST_PAGE, RMP_4K, PVALIDATE_RESCIND), false);
	snp_block_put(r);
}

void snp_pvalidate_validate(void)
{
	struct test_page t;
	bool done = true;

	if (!snp_page_get(&t, TEST_PAGE))
		return;
	if (t.large) {
		(void)snp_pvalidate(t.block.base, RMP_2M, PVALIDATE_RESCIND);
		done =
		    expect_answer("validating a block that is not validated",
				  snp_pvalidate(t.block.base, RMP_2M, PVALIDATE_VALIDATE), false) &&
		    expect_usable("its last page", range_end(t.block) - PAGE_SIZE);
	}
	(void)snp_pvalidate(t.page, RMP_4K, PVALIDATE_RESCIND);
	if (done && expect_answer("validating a page that is not validated",
				  snp_pvalidate(t.page, RMP_4K, PVALIDATE_VALIDATE), false))
		expect_usable("the page", t.page);
	snp_block_put(t.block);
}

void snp_pvalidate_rescind_twice(void)
{
	struct test_page t;

	if (!snp_page_get(&t, TEST_PAGE))
		return;
	(void)snp_pvalidate(t.page, RMP_4K, PVALIDATE_RESCIND);
	expect_answer("rescinding a page that is not validated",
		      snp_pvalidate(t.page, RMP_4K, PVALIDATE_RESCIND), true);
	snp_block_put(t.block);
}

/* An operation on its last page makes 4 KiB entries of a 2 MiB one. */
void snp_pvalidate_mismatch(void)
{
	struct test_page t;
	u64 last;

	if (!snp_page_get(&t, TEST_PAGE))
		return;
	last = range_end(t.block) - PAGE_SIZE;
	(void)snp_pvalidate(last, RMP_4K, PVALIDATE_RESCIND);
	(void)snp_pvalidate(last, RMP_4K, PVALIDATE_VALIDATE);
	store64(t.page, MARK);
	if (expect_eq("validating 2 MiB over 4 KiB entries",
		      snp_pvalidate(t.block.base, RMP_2M, PVALIDATE_VALIDATE).eax,
		      RMP_FAIL_SIZEMISMATCH) &&
	    expect_eq("rescinding 2 MiB over 4 KiB entries",
		      snp_pvalidate(t.block.base, RMP_2M, PVALIDATE_RESCIND).eax,
		      RMP_FAIL_SIZEMISMATCH))
		expect_kept("a page of the block afterwards", t.page, MARK);
	snp_block_put(t.block);
}

void snp_pvalidate_misaligned(void)
{
	struct range r;
	bool large;

	if (!snp_block_get(&r, &large))
		return;
	store64(r.base + TEST_PAGE, MARK);
	for (u64 at = PAGE_SIZE; at < BLOCK_SIZE; at *= 2) {
		if (!expect_eq("validating 2 MiB at an address inside a block",
			       snp_pvalidate(r.base + at, RMP_2M, PVALIDATE_VALIDATE).eax,
			       RMP_FAIL_INPUT) ||
		    !expect_eq("rescinding 2 MiB at an address inside a block",
			       snp_pvalidate(r.base + at, RMP_2M, PVALIDATE_RESCIND).eax,
			       RMP_FAIL_INPUT))
			break;
	}
	if (!check_failed())
		expect_kept("a page of the block afterwards", r.base + TEST_PAGE, MARK);
	snp_block_put(r);
}

void snp_pvalidate_one_of_block(void)
{
	struct test_page t;

	if (!snp_page_get(&t, TEST_PAGE))
		return;
	for (u64 at = t.page - PAGE_SIZE; at <= t.page + PAGE_SIZE; at += PAGE_SIZE)
		store64(at, at ^ MARK);
	if (!t.large)
		check_skip(SIZES);
	else if (expect_answer("rescinding one page of a 2 MiB entry",
			       snp_pvalidate(t.page, RMP_4K, PVALIDATE_RESCIND), false) &&
		 expect_kept("the page before it", t.page - PAGE_SIZE,
			     (t.page - PAGE_SIZE) ^ MARK) &&
		 expect_kept("the page after it", t.page + PAGE_SIZE,
			     (t.page + PAGE_SIZE) ^ MARK) &&
		 expect_answer("validating it again",
			       snp_pvalidate(t.page, RMP_4K, PVALIDATE_VALIDATE), false) &&
		 expect_usable("the page", t.page) &&
		 expect_kept("the page before it, then", t.page - PAGE_SIZE,
			     (t.page - PAGE_SIZE) ^ MARK))
		expect_kept("the page after it, then", t.page + PAGE_SIZE,
			    (t.page + PAGE_SIZE) ^ MARK);
	snp_block_put(t.block);
}

/* ---- RMPADJUST ---- */

void snp_rmpadjust_grant(void)
{
	u64 page = page_get();

	if (page == 0)
		return;
	store64(page, MARK);
	/* Granted, seen to be still ours, and taken back. */
	if (expect_eq("granting VMPL1 to read and write a page",
		      snp_rmpadjust(page, RMP_4K, 1 | RMPADJUST_READ | RMPADJUST_WRITE), RMP_OK) &&
	    expect_kept("the page afterwards", page, MARK))
		expect_eq("taking it back", snp_rmpadjust(page, RMP_4K, 1), RMP_OK);
	page_put(page);
}

void snp_rmpadjust_vmpl(void)
{
	u64 page = page_get();

	if (page == 0)
		return;
	store64(page, MARK);
	if (expect_eq("taking VMPL0 its own rights", snp_rmpadjust(page, RMP_4K, 0),
		      RMP_FAIL_PERMISSION) &&
	    expect_eq("granting VMPL0 all rights",
		      snp_rmpadjust(page, RMP_4K,
				    RMPADJUST_READ | RMPADJUST_WRITE | RMPADJUST_EXEC_USER |
					RMPADJUST_EXEC_SUPER),
		      RMP_FAIL_PERMISSION))
		expect_kept("the page afterwards", page, MARK);
	page_put(page);
}

void snp_rmpadjust_misaligned(void)
{
	struct range r;

	if (!block_get(&r))
		return;
	for (u64 at = PAGE_SIZE; at < BLOCK_SIZE; at *= 2)
		if (!expect_eq("2 MiB at an address inside a block",
			       snp_rmpadjust(r.base + at, RMP_2M, 1), RMP_FAIL_INPUT))
			break;
	block_put(r);
}
