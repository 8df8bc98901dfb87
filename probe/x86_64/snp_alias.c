/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two sides of the C-bit. In shared memory only patterns of no worth are left here, and they
 * are gone before the block becomes private memory of somebody else.
 */
#include "abi/coop.h"
#include "snp_mem.h"

#define PRIVATE_MARK 0x5072697661746521ULL
#define SHARED_MARK  0x5368617265642121ULL
#define TEST_PAGES   4

static void fill(struct range r, u64 mark)
{
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8)
		snp_store64(at, at ^ mark);
}

static void clear(struct range r)
{
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8)
		snp_store64(at, 0);
}

/* None of the words that fill() wrote is there. What cannot be loaded shows none. */
static bool expect_gone(const char *asked, struct range r, u64 mark)
{
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8) {
		u64 value = 0;
		struct fault f = try_load(at, 8, &value);

		if (f.class == FAULT_NONE && !expect_ne(asked, value, at ^ mark))
			return false;
	}
	return true;
}

/* Loads only: a store without the C-bit would have the host take the page. */
void snp_alias_private(void)
{
	struct range r;
	bool large;

	if (!snp_block_get(&r, &large))
		return;
	fill(r, PRIVATE_MARK);
	if (snp_block_map(r, MAP_SHARED) &&
	    expect_gone("load with C=0 from a private page", r, PRIVATE_MARK) &&
	    snp_block_map(r, MAP_PRIVATE))
		for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8)
			if (!expect_eq("the private page afterwards", snp_load64(at),
				       at ^ PRIVATE_MARK))
				break;
	snp_block_put(r);
}

void snp_alias_to_host(void)
{
	struct range r;

	if (!coop_needs(COOP_READ_SHARED) || !snp_block_get_shared(&r))
		return;
	fill(r, SHARED_MARK);
	arch_barrier();
	for (unsigned page = 0; page < TEST_PAGES; page++) {
		u64 at = r.base + page * PAGE_SIZE + 8 * page;
		struct coop c = { .arg = { at } };

		if (!expect_true("the host to read the page", coop_call(COOP_READ_SHARED, &c),
				 "done") ||
		    !expect_eq("what the host reads", c.arg[0], at ^ SHARED_MARK))
			break;
	}
	clear(r);
	snp_block_put(r);
}

void snp_alias_from_host(void)
{
	struct range r;

	if (!coop_needs(COOP_WRITE_SHARED) || !snp_block_get_shared(&r))
		return;
	clear(r);
	arch_barrier();
	for (unsigned page = 0; page < TEST_PAGES; page++) {
		u64 at = r.base + page * PAGE_SIZE + 8 * page;

		if (!expect_true("the host to write the page",
				 coop_do(COOP_WRITE_SHARED, at, at ^ SHARED_MARK), "done") ||
		    !expect_eq("what the guest reads", snp_load64(at), at ^ SHARED_MARK))
			break;
	}
	clear(r);
	snp_block_put(r);
}

/* Not scrubbed on purpose: that the content does not come along is the platform's promise. */
void snp_alias_back_to_private(void)
{
	struct range r;

	if (!snp_block_get_shared(&r))
		return;
	fill(r, SHARED_MARK);
	if (snp_block_map(r, MAP_PRIVATE) &&
	    expect_true("making the block private", psc_do(r.base, r.size, PSC_OP_PRIVATE),
			"done") &&
	    expect_true("validating it", snp_block_pvalidate(r, PVALIDATE_VALIDATE), "done"))
		expect_gone("memory made private again", r, SHARED_MARK);
	snp_block_put(r);
}
