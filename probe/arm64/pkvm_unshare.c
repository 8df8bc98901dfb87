/* SPDX-License-Identifier: BSD-2-Clause */
/* MEM_UNSHARE, one granule at a time. */
#include "pkvm_check.h"

/* A lot with granules [first, first + count) shared, from the last one on. */
static bool shared_lot(struct lot *l, unsigned first, unsigned count)
{
	if (!lot_get(l))
		return false;
	for (unsigned n = count; n > 0; n--) {
		if (!lot_share(l, first + n - 1)) {
			lot_put(l);
			return false;
		}
	}
	return true;
}

static bool unshare(const struct lot *l, unsigned n)
{
	return expect_eq("MEM_UNSHARE of a shared granule",
			 pkvm_x0(PKVM_MEM_UNSHARE, lot_at(l, n), 0, 0), PKVM_SUCCESS);
}

void pkvm_unshare_granule(void)
{
	struct lot l;

	if (!coop_needs(COOP_HOST_CAN_READ) || !shared_lot(&l, 1, 1))
		return;
	pattern_fill(lot_page(&l, 1), SHARED_MARK, EVERY_WORD);
	/* A host that caches where it may write must not get by with it. */
	(void)coop_do(COOP_WRITE_SHARED, lot_at(&l, 1) + 8, 0);
	if (unshare(&l, 1)) {
		expect_out_of_reach("the host reading a granule made private", lot_at(&l, 1) + 8);
		expect_out_of_reach("the host reading its end", lot_at(&l, 1) + l.granule - 8);
	}
	lot_put(&l);
}

void pkvm_unshare_private(void)
{
	struct lot l;

	if (!lot_get(&l))
		return;
	pattern_fill(lot_page(&l, 1), PRIVATE_MARK, EVERY_WORD);
	expect_eq("MEM_UNSHARE of a granule that was never shared",
		  pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 1), 0, 0), INVALID);
	expect_pattern("it afterwards", lot_page(&l, 1), PRIVATE_MARK, EVERY_WORD);
	if (lot_share(&l, 2) && unshare(&l, 2))
		expect_eq("MEM_UNSHARE of a granule that is private again",
			  pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 2), 0, 0), INVALID);
	lot_put(&l);
}

void pkvm_unshare_unaligned(void)
{
	struct lot l;

	if (!shared_lot(&l, 0, 3))
		return;
	expect_eq("MEM_UNSHARE of an address 8 above a granule",
		  pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 1) + 8, 0, 0), INVALID);
	expect_eq("MEM_UNSHARE of an address half a granule above one",
		  pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 1) + l.granule / 2, 0, 0), INVALID);
	expect_eq("MEM_UNSHARE of an address 1 below a granule",
		  pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 1) - 1, 0, 0), INVALID);
	for (unsigned n = 0; n < 3; n++)
		expect_host_reads("the host reading what is shared still", lot_at(&l, n), true);
	lot_put(&l);
}

void pkvm_unshare_reserved(void)
{
	struct lot l;

	if (!shared_lot(&l, 1, 1))
		return;
	expect_eq("MEM_UNSHARE with X3 = 1", pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 1), 0, 1),
		  INVALID);
	expect_eq("MEM_UNSHARE with X3 beyond 32 bits",
		  pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 1), 0, BIT(40)), INVALID);
	if (!pkvm_info.ranges)
		expect_eq("MEM_UNSHARE with X2 = 1", pkvm_x0(PKVM_MEM_UNSHARE, lot_at(&l, 1), 1, 0),
			  INVALID);
	expect_host_reads("the host reading what is shared still", lot_at(&l, 1), true);
	lot_put(&l);
}

/* One word of it is the host's, where there is one to ask, whatever it wrote there. */
void pkvm_unshare_content(void)
{
	static u64 before[PAGE_SIZE / sizeof(u64)];
	struct lot l;

	if (!shared_lot(&l, 1, 1))
		return;
	pattern_fill(lot_page(&l, 1), SHARED_MARK, EVERY_WORD);
	if (coop_has(COOP_WRITE_SHARED))
		(void)coop_do(COOP_WRITE_SHARED, lot_at(&l, 1), PRIVATE_MARK);
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		before[i] = load64(lot_at(&l, 1) + i * sizeof(u64));
	if (unshare(&l, 1))
		for (size_t i = 0; i < ARRAY_SIZE(before); i++)
			if (!expect_eq("a word after MEM_UNSHARE",
				       load64(lot_at(&l, 1) + i * sizeof(u64)), before[i]))
				break;
	lot_put(&l);
}

void pkvm_unshare_neighbours(void)
{
	struct lot l;

	if (!coop_needs(COOP_HOST_CAN_READ) || !shared_lot(&l, 1, 3))
		return;
	if (unshare(&l, 2)) {
		expect_host_reads("the host reading the granule before", lot_at(&l, 2) - 8, true);
		expect_host_reads("the host reading the granule behind", lot_at(&l, 3), true);
	}
	lot_put(&l);
}

/* ---- several granules at once ---- */

#define RANGE_FIRST 1
#define RANGE_COUNT 5

/* Granules of the range below `done` are in their new state, and all others as they were. */
static bool state_is(const struct lot *l, unsigned done, bool shared)
{
	for (unsigned n = 0; n < LOT_GRANULES; n++) {
		bool in = n >= RANGE_FIRST && n < RANGE_FIRST + RANGE_COUNT;
		bool changed = in && n < RANGE_FIRST + done;
		bool expected = changed ? shared : in && !shared ? true : l->host[n];

		if (!in && !shared) /* nobody says that it has to stay */
			continue;
		check_note("granule %u, %u done", n, done);
		if (!expect_host_reads("the host reading a granule", lot_at(l, n), expected))
			return false;
	}
	return true;
}

static bool convert(const struct lot *l, u32 fid, bool shared)
{
	unsigned done = 0;

	while (done < RANGE_COUNT) {
		unsigned left = RANGE_COUNT - done;
		struct pkvm_result r = pkvm_call(fid, lot_at(l, RANGE_FIRST + done), left, 0);

		if (!expect_eq("the call for several granules", (u64)r.x0, PKVM_SUCCESS) ||
		    !expect_true("granules done, of those asked for", r.x1 >= 1 && r.x1 <= left,
				 "one to all"))
			return false;
		done += (unsigned)r.x1;
		if (!state_is(l, done, shared))
			return false;
	}
	return true;
}

static bool ranges(void)
{
	if (!pkvm_info.ranges)
		check_skip("HYP_MEMINFO has no ranges");
	return pkvm_info.ranges;
}

void pkvm_range_share(void)
{
	struct lot l;

	if (!ranges() || !lot_get(&l))
		return;
	(void)convert(&l, PKVM_MEM_SHARE, true);
	lot_put(&l);
}

void pkvm_range_unshare(void)
{
	struct lot l;

	if (!ranges() || !shared_lot(&l, RANGE_FIRST, RANGE_COUNT))
		return;
	(void)convert(&l, PKVM_MEM_UNSHARE, false);
	lot_put(&l);
}
