/* SPDX-License-Identifier: BSD-2-Clause */
/* MEM_SHARE, one granule at a time. */
#include "pkvm_check.h"

#include "mm.h"

#define BLOCKS_TRIED 24 /* until one has a granule that the host has not given yet */

void pkvm_share_granule(void)
{
	struct lot l;

	if (!coop_needs(COOP_HOST_CAN_READ) || !lot_get(&l))
		return;
	for (unsigned n = 0; n < LOT_GRANULES && !check_failed(); n += 3)
		if (lot_share(&l, n))
			expect_host_reads("the host reading a granule that is shared",
					  lot_at(&l, n), true);
	/* All of it, however large. */
	expect_host_reads("the host reading its end", lot_at(&l, 0) + l.granule - 8, true);
	lot_put(&l);
}

void pkvm_share_twice(void)
{
	struct lot l;

	if (!lot_get(&l))
		return;
	if (lot_share(&l, 1)) {
		pattern_fill(lot_page(&l, 1), SHARED_MARK, EVERY_WORD);
		expect_eq("MEM_SHARE of a granule that is shared",
			  pkvm_x0(PKVM_MEM_SHARE, lot_at(&l, 1), 0, 0), INVALID);
		expect_pattern("it afterwards", lot_page(&l, 1), SHARED_MARK, EVERY_WORD);
		expect_host_reads("the host reading it", lot_at(&l, 1), true);
	}
	lot_put(&l);
}

void pkvm_share_unaligned(void)
{
	struct lot l;

	if (!lot_get(&l))
		return;
	expect_eq("MEM_SHARE of an address 8 above a granule",
		  pkvm_x0(PKVM_MEM_SHARE, lot_at(&l, 1) + 8, 0, 0), INVALID);
	expect_eq("MEM_SHARE of an address half a granule above one",
		  pkvm_x0(PKVM_MEM_SHARE, lot_at(&l, 1) + l.granule / 2, 0, 0), INVALID);
	expect_eq("MEM_SHARE of an address 1 below a granule",
		  pkvm_x0(PKVM_MEM_SHARE, lot_at(&l, 1) - 1, 0, 0), INVALID);
	for (unsigned n = 0; n < 3; n++)
		expect_host_as_before("the host reading what was to be shared", &l, n);
	lot_put(&l);
}

void pkvm_share_reserved(void)
{
	struct lot l;

	if (!lot_get(&l))
		return;
	expect_eq("MEM_SHARE with X3 = 1", pkvm_x0(PKVM_MEM_SHARE, lot_at(&l, 1), 0, 1), INVALID);
	expect_eq("MEM_SHARE with X3 beyond 32 bits",
		  pkvm_x0(PKVM_MEM_SHARE, lot_at(&l, 1), 0, BIT(40)), INVALID);
	if (!pkvm_info.ranges)
		expect_eq("MEM_SHARE with X2 = 1", pkvm_x0(PKVM_MEM_SHARE, lot_at(&l, 1), 1, 0),
			  INVALID);
	expect_host_as_before("the host reading what was to be shared", &l, 1);
	lot_put(&l);
}

/* Shares of granules that the host had not given yet. */
static u64 replays(void)
{
	struct coop c = { 0 };

	return coop_call(COOP_COUNTERS, &c) ? c.arg[0] : 0;
}

/* The last granule of the block: nothing here has touched it, but an earlier owner may have. */
static bool try_block(const struct range *r)
{
	u64 at = range_end(*r) - pkvm_info.granule, before = replays();

	if (!expect_eq("MEM_SHARE of a granule the host may not have given",
		       pkvm_x0(PKVM_MEM_SHARE, at, 0, 0), PKVM_SUCCESS))
		return true;
	if (replays() == before)
		return false;
	expect_host_reads("the host reading it", at, true);
	store64(at, at ^ SHARED_MARK);
	expect_eq("what is stored there", load64(at), at ^ SHARED_MARK);
	return true;
}

/* Private again, and of no content. */
static void give_back(struct range r)
{
	u64 at = range_end(r) - pkvm_info.granule;

	words_clear((struct range){ at, pkvm_info.granule });
	if (pkvm_x0(PKVM_MEM_UNSHARE, at, 0, 0) == PKVM_SUCCESS)
		block_put(r);
}

void pkvm_share_no_page(void)
{
	struct range r[BLOCKS_TRIED];
	unsigned n = 0;
	bool found = false;

	if (!coop_needs(COOP_COUNTERS))
		return;
	content_on_purpose(true); /* what a page that was never seen holds is the host's */
	while (!found && n < BLOCKS_TRIED &&
	       (r[n].base = pages_alloc(BLOCK_SIZE / PAGE_SIZE, BLOCK_SIZE)) != 0) {
		r[n].size = BLOCK_SIZE;
		found = try_block(&r[n++]);
	}
	while (n > 0)
		give_back(r[--n]);
	content_on_purpose(false);
	if (!found)
		check_skip("the host has given every granule that is free");
}

void pkvm_share_content(void)
{
	struct lot l;

	if (!lot_get(&l))
		return;
	for (unsigned n = 0; n < 3; n++)
		pattern_fill(lot_page(&l, n), SHARED_MARK, EVERY_WORD);
	content_on_purpose(true);
	if (lot_share(&l, 1)) {
		expect_host_reads("the host reading it", lot_at(&l, 1), true);
		for (unsigned n = 0; n < 3; n++)
			expect_pattern("content after MEM_SHARE", lot_page(&l, n), SHARED_MARK,
				       EVERY_WORD);
	}
	lot_put(&l);
}

/* Pages are looked at one by one, wherever granules end. Shared from the last one on: a host that
 * takes more than it is given is judged elsewhere. */
static void with_host(unsigned command, void (*exchange)(struct range r))
{
	struct lot l;
	bool shared = true;

	if (!coop_needs(command) || !lot_get(&l))
		return;
	for (unsigned n = PATTERN_PAGES; n > 0 && shared; n--)
		shared = lot_share(&l, n - 1);
	if (shared)
		exchange(pattern_part(l.block));
	lot_put(&l);
}

void pkvm_share_to_host(void)
{
	with_host(COOP_READ_SHARED, exchange_to_host);
}

void pkvm_share_from_host(void)
{
	with_host(COOP_WRITE_SHARED, exchange_from_host);
}

void pkvm_share_neighbours(void)
{
	struct lot l;

	if (!coop_needs(COOP_HOST_CAN_READ) || !lot_get(&l))
		return;
	if (lot_share(&l, 2)) {
		expect_host_reads("the host reading it", lot_at(&l, 2), true);
		expect_host_as_before("the host reading the granule before", &l, 1);
		expect_host_as_before("the host reading the granule behind", &l, 3);
	}
	lot_put(&l);
}

void pkvm_share_beyond(void)
{
	expect_eq("MEM_SHARE of an address of 51 bits", pkvm_x0(PKVM_MEM_SHARE, BIT(50), 0, 0),
		  INVALID);
	expect_eq("MEM_SHARE of the last granule of 64 bits",
		  pkvm_x0(PKVM_MEM_SHARE, ~0ULL << __builtin_ctzll(pkvm_info.granule), 0, 0),
		  INVALID);
}

/* Terminal: the call is for a page that the host cannot give. */
void pkvm_share_no_memory(void)
{
	struct range r = vacant_get();

	if (r.size == 0)
		return;
	check_note("answered 0x%llx", (unsigned long long)pkvm_x0(PKVM_MEM_SHARE, r.base, 0, 0));
}
