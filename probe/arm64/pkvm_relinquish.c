/* SPDX-License-Identifier: BSD-2-Clause */
/* MEM_RELINQUISH: memory goes back to the host, wiped. */
#include "pkvm_check.h"

static bool lot_marked(struct lot *l)
{
	if (!pkvm_needs(PKVM_MEM_RELINQUISH, "MEM_RELINQUISH") || !lot_get(l))
		return false;
	for (unsigned n = 0; n < 3; n++)
		pattern_fill((struct range){ lot_at(l, n), l->granule }, PRIVATE_MARK, EVERY_WORD);
	return true;
}

static bool relinquish(const struct lot *l, unsigned n)
{
	return expect_eq("MEM_RELINQUISH of a granule",
			 pkvm_x0(PKVM_MEM_RELINQUISH, lot_at(l, n), 0, 0), PKVM_SUCCESS);
}

void pkvm_relinquish_granule(void)
{
	struct lot l;

	if (!coop_needs(COOP_HOST_CAN_READ) || !lot_marked(&l))
		return;
	if (relinquish(&l, 1) &&
	    expect_host_reads("the host reading a granule given back", lot_at(&l, 1), true))
		for (u64 at = lot_at(&l, 1); at < lot_at(&l, 2) && !check_failed(); at += 256)
			expect_host_word("what it reads there", at, 0);
	expect_pattern("the granule before", lot_page(&l, 0), PRIVATE_MARK, EVERY_WORD);
	expect_pattern("the granule behind", lot_page(&l, 2), PRIVATE_MARK, EVERY_WORD);
	lot_put(&l);
}

void pkvm_relinquish_again(void)
{
	struct lot l;
	u64 at;

	if (!lot_marked(&l))
		return;
	at = lot_at(&l, 1);
	if (relinquish(&l, 1)) {
		expect_no_pattern("memory that was given back", lot_page(&l, 1), PRIVATE_MARK);
		store64(at + 8, SHARED_MARK);
		expect_eq("what is stored there", load64(at + 8), SHARED_MARK);
		expect_host_reads("the host reading it", at, false);
	}
	lot_put(&l);
}

/* Nothing changed: content is there, and the host has nothing. */
static void expect_kept(const struct lot *l)
{
	for (unsigned n = 0; n < 3 && !check_failed(); n++) {
		expect_host_as_before("the host reading what was to be given back", l, n);
		expect_pattern("what was to be given back", lot_page(l, n), PRIVATE_MARK,
			       EVERY_WORD);
	}
}

void pkvm_relinquish_unaligned(void)
{
	struct lot l;

	if (!lot_marked(&l))
		return;
	expect_eq("MEM_RELINQUISH of an address 8 above a granule",
		  pkvm_x0(PKVM_MEM_RELINQUISH, lot_at(&l, 1) + 8, 0, 0), INVALID);
	expect_eq("MEM_RELINQUISH of an address half a granule above one",
		  pkvm_x0(PKVM_MEM_RELINQUISH, lot_at(&l, 1) + l.granule / 2, 0, 0), INVALID);
	expect_kept(&l);
	lot_put(&l);
}

/* X3 has a flag on newer ones. */
void pkvm_relinquish_reserved(void)
{
	struct lot l;

	if (!lot_marked(&l))
		return;
	expect_eq("MEM_RELINQUISH with X2 = 1", pkvm_x0(PKVM_MEM_RELINQUISH, lot_at(&l, 1), 1, 0),
		  INVALID);
	expect_eq("MEM_RELINQUISH with X3 beyond 32 bits",
		  pkvm_x0(PKVM_MEM_RELINQUISH, lot_at(&l, 1), 0, BIT(40)), INVALID);
	expect_kept(&l);
	lot_put(&l);
}
