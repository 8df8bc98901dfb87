/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime measurement registers. */
#include <bearssl.h>

#include "mm.h"
#include "tdx_check.h"

static void fill_value(u64 at, u8 seed)
{
	for (unsigned i = 0; i < TDX_DIGEST_SIZE; i++)
		((volatile u8 *)(uintptr_t)at)[i] = (u8)(seed + 7 * i);
	arch_barrier();
}

static bool extends(u64 page, unsigned index, u8 seed)
{
	u64 words[TD_DIGEST_WORDS];
	struct td_digests before, after;
	br_sha384_context h;

	fill_value(page, seed);
	check_note("RTMR%u", index);
	if (!td_read_digests(&before) ||
	    !expect_eq("TDG.MR.RTMR.EXTEND", tdg_mr_rtmr_extend(page, index), TDX_SUCCESS) ||
	    !td_read_digests(&after))
		return false;
	br_sha384_init(&h);
	br_sha384_update(&h, before.word[1 + index], TDX_DIGEST_SIZE);
	br_sha384_update(&h, (const void *)(uintptr_t)page, TDX_DIGEST_SIZE);
	br_sha384_out(&h, words);
	for (unsigned k = 0; k < TD_DIGEST_WORDS; k++)
		if (!expect_eq("a word of the extended register", after.word[1 + index][k],
			       words[k]))
			return false;
	return expect_same_digests("another register", &before, 1 + index);
}

/* Twice each: an extension of what was zero says nothing of the old value. */
void tdx_rtmr_extend(void)
{
	u64 page = page_get();

	if (page == 0)
		return;
	for (unsigned turn = 0; turn < 2; turn++)
		for (unsigned index = 0; index < TDX_RTMR_COUNT; index++)
			if (!extends(page, index, (u8)(16 * turn + index)))
				goto out;
out:
	page_put(page);
}

static bool refused(const char *asked, u64 gpa, u64 index, u64 status)
{
	struct td_digests before;

	check_note("RCX 0x%llx, RDX 0x%llx", (unsigned long long)gpa, (unsigned long long)index);
	return td_read_digests(&before) &&
	       expect_eq(asked, tdg_mr_rtmr_extend(gpa, index), status) &&
	       expect_same_digests("a register after it", &before, TD_DIGESTS);
}

void tdx_rtmr_index(void)
{
	static const u64 indexes[] = { 4, 5, BIT(32), ~0ULL };
	u64 page = page_get();

	if (page == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++)
		if (!refused("TDG.MR.RTMR.EXTEND of a register that does not exist", page,
			     indexes[i], INVALID(RDX)))
			break;
	page_put(page);
}

/* The shared buffer is one the host could change at any time: no measurement may come from it. */
void tdx_rtmr_buffer(void)
{
	u64 page = page_get();
	void *shared = pool_alloc(1, PAGE_SIZE);

	if (page != 0 && shared == NULL)
		check_skip("no shared page");
	if (page != 0 && shared != NULL &&
	    refused("TDG.MR.RTMR.EXTEND from a misaligned buffer", page + 8, 3, INVALID(RCX)) &&
	    refused("TDG.MR.RTMR.EXTEND from a misaligned buffer", page + 32, 3, INVALID(RCX)) &&
	    refused("TDG.MR.RTMR.EXTEND from beyond the address width", page | 2 * tdx_shared_bit(),
		    3, INVALID(RCX)))
		refused("TDG.MR.RTMR.EXTEND from shared memory",
			(u64)(uintptr_t)shared | tdx_shared_bit(), 3, INVALID(RCX));
	if (shared != NULL)
		pool_free(shared, 1);
	if (page != 0)
		page_put(page);
}
