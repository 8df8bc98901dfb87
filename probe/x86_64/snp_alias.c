/* SPDX-License-Identifier: BSD-2-Clause */
/* The two sides of the C-bit. */
#include "abi/coop.h"
#include "snp_mem.h"

/* Loads only: a store without the C-bit would have the host take the page. */
void snp_alias_private(void)
{
	struct range r;
	bool large;

	if (!snp_block_get(&r, &large))
		return;
	pattern_fill(pattern_part(r), PRIVATE_MARK, EVERY_WORD);
	if (snp_block_map(r, MAP_SHARED) &&
	    expect_no_pattern("load with C=0 from a private page", pattern_part(r), PRIVATE_MARK) &&
	    snp_block_map(r, MAP_PRIVATE))
		expect_pattern("the private page afterwards", pattern_part(r), PRIVATE_MARK,
			       EVERY_WORD);
	snp_block_put(r);
}

static void with_host(unsigned command, void (*exchange)(struct range r))
{
	struct range r;

	if (!coop_needs(command) || !snp_block_get_shared(&r))
		return;
	exchange(pattern_part(r));
	snp_block_put(r);
}

void snp_alias_to_host(void)
{
	with_host(COOP_READ_SHARED, exchange_to_host);
}

void snp_alias_from_host(void)
{
	with_host(COOP_WRITE_SHARED, exchange_from_host);
}

/* Not scrubbed on purpose: that the content does not come along is the platform's promise. */
void snp_alias_back_to_private(void)
{
	struct range r;

	if (!snp_block_get_shared(&r))
		return;
	pattern_fill(pattern_part(r), SHARED_MARK, EVERY_WORD);
	if (snp_block_map(r, MAP_PRIVATE) &&
	    expect_true("making the block private", psc_do(r.base, r.size, PSC_OP_PRIVATE),
			"done") &&
	    expect_true("validating it", snp_block_pvalidate(r, PVALIDATE_VALIDATE), "done"))
		expect_no_pattern("memory made private again", pattern_part(r), SHARED_MARK);
	snp_block_put(r);
}
