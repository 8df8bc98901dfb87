/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdx_check.h"
#include "mm.h"

bool td_map(struct range block, enum map_state state)
{
	(void)mmu_unmap(block);
	return expect_eq("mapping the test block", mmu_map(block, MAP_RW, state), ST_OK);
}

bool td_share(struct range part)
{
	return expect_eq("making test memory shared", cvm.ops->share(part), ST_OK);
}

bool td_unshare(struct range part)
{
	return expect_eq("making test memory private", cvm.ops->unshare(part), ST_OK);
}

/* Whatever the pages are, the host takes all of a block and gives it again: what is accepted then
 * was never accepted before. */
static bool recover(struct range block)
{
	return mmu_unmap(block) == ST_OK && cvm.ops->share(block) == ST_OK &&
	       cvm.ops->unshare(block) == ST_OK && mmu_map(block, MAP_RW, MAP_PRIVATE) == ST_OK;
}

void td_put(struct range blocks)
{
	for (u64 at = blocks.base; at < range_end(blocks); at += BLOCK_SIZE) {
		struct range block = { at, BLOCK_SIZE };

		if (recover(block))
			block_put(block);
	}
}

/* ---- digests ---- */
static u64 field_of(unsigned digest, unsigned word)
{
	if (digest == 0)
		return TDX_FIELD_MRTD + word;
	return TDX_FIELD_RTMR + (digest - 1) * TD_DIGEST_WORDS + word;
}

bool td_read_digests(struct td_digests *out)
{
	for (unsigned i = 0; i < TD_DIGESTS; i++)
		for (unsigned k = 0; k < TD_DIGEST_WORDS; k++)
			if (!expect_eq("TDG.VM.RD of a measurement",
				       tdg_vm_rd(field_of(i, k), &out->word[i][k]), TDX_SUCCESS))
				return false;
	return true;
}

bool expect_same_digests(const char *asked, const struct td_digests *before, unsigned except)
{
	struct td_digests now;

	if (!td_read_digests(&now))
		return false;
	for (unsigned i = 0; i < TD_DIGESTS; i++) {
		for (unsigned k = 0; i != except && k < TD_DIGEST_WORDS; k++) {
			if (!expect_eq(asked, now.word[i][k], before->word[i][k])) {
				check_note("%s%u, word %u", i == 0 ? "MRTD" : "RTMR",
					   i == 0 ? 0 : i - 1, k);
				return false;
			}
		}
	}
	return true;
}

static u64 word_at(const u8 *p)
{
	u64 v = 0;

	for (unsigned i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static bool expect_digest(const char *asked, struct bytes got, const u64 *words)
{
	for (unsigned k = 0; k < TD_DIGEST_WORDS; k++)
		if (!expect_eq(asked, word_at(got.data + 8 * k), words[k]))
			return false;
	return true;
}

bool expect_claims(const struct tdx_claims *claims)
{
	static const char *const names[] = { "RTMR0", "RTMR1", "RTMR2", "RTMR3" };
	u64 attributes, xfam;
	struct td_digests d;

	if (!expect_eq("TDG.VM.RD of ATTRIBUTES", tdg_vm_rd(TDX_FIELD_ATTRIBUTES, &attributes),
		       TDX_SUCCESS) ||
	    !expect_eq("TDG.VM.RD of XFAM", tdg_vm_rd(TDX_FIELD_XFAM, &xfam), TDX_SUCCESS) ||
	    !td_read_digests(&d) || !expect_eq("ATTRIBUTES", claims->attributes, attributes) ||
	    !expect_eq("XFAM", claims->xfam, xfam) ||
	    !expect_digest("a word of MRTD", claims->mrtd, d.word[0]))
		return false;
	for (unsigned i = 0; i < TDX_RTMR_COUNT; i++)
		if (!expect_digest(names[i], claims->rtmr[i], d.word[1 + i]))
			return false;
	return true;
}

/* ---- reports ---- */
u8 td_data(u8 seed, unsigned i)
{
	return (u8)(seed + 5 * i);
}

u64 td_report(u8 seed)
{
	u64 page = page_get();

	if (page == 0)
		return 0;
	for (unsigned i = 0; i < TDREPORT_REPORTDATA_SIZE; i++)
		((volatile u8 *)(uintptr_t)page)[TD_DATA + i] = td_data(seed, i);
	arch_barrier();
	if (expect_eq("TDG.MR.REPORT", tdg_mr_report(page, page + TD_DATA, 0), TDX_SUCCESS)) {
		arch_barrier();
		return page;
	}
	page_put(page);
	return 0;
}

bool expect_data(const char *asked, struct bytes got, u8 seed)
{
	if (!expect_eq("the size of the report data", got.size, TDREPORT_REPORTDATA_SIZE))
		return false;
	for (unsigned i = 0; i < TDREPORT_REPORTDATA_SIZE; i++) {
		if (got.data[i] != td_data(seed, i)) {
			check_fail(asked, "the 64 bytes asked for", "byte %u is 0x%x, not 0x%x", i,
				   got.data[i], td_data(seed, i));
			return false;
		}
	}
	return true;
}
