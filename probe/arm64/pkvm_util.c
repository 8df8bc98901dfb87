/* SPDX-License-Identifier: BSD-2-Clause */
#include "pkvm_check.h"

u64 pkvm_x0(u32 fid, u64 x1, u64 x2, u64 x3)
{
	return (u64)pkvm_call(fid, x1, x2, x3).x0;
}

bool pkvm_needs(u32 fid, const char *name)
{
	if (!pkvm_has(fid))
		check_skip("FEATURES has no %s", name);
	return pkvm_has(fid);
}

bool pkvm_needs_isolation(void)
{
	if (!pkvm_has(PKVM_MMIO_GUARD_ENROLL))
		check_skip("FEATURES has no MMIO_GUARD_ENROLL: an EL2 that shows the host all "
			   "registers");
	return pkvm_has(PKVM_MMIO_GUARD_ENROLL);
}

/* ---- granules ---- */

u64 lot_at(const struct lot *l, unsigned n)
{
	return l->block.base + n * l->granule;
}

struct range lot_page(const struct lot *l, unsigned n)
{
	return (struct range){ lot_at(l, n), PAGE_SIZE };
}

static bool host_has(u64 at)
{
	struct coop c = { .arg = { at } };

	return coop_has(COOP_HOST_CAN_READ) && coop_call(COOP_HOST_CAN_READ, &c) && c.arg[0] != 0;
}

bool lot_get(struct lot *l)
{
	*l = (struct lot){ .granule = pkvm_info.granule };
	if (l->granule > BLOCK_SIZE / LOT_GRANULES) {
		check_skip("a block has fewer than %u granules", LOT_GRANULES);
		return false;
	}
	if (!block_get(&l->block))
		return false;
	for (unsigned n = 0; n < LOT_GRANULES; n++)
		words_clear((struct range){ lot_at(l, n), l->granule });
	for (unsigned n = 0; n < LOT_GRANULES; n++)
		l->host[n] = host_has(lot_at(l, n));
	return true;
}

static bool is_memory(u64 at)
{
	u64 value = 0;
	struct fault f = try_store(at, 8, ~at);

	if (f.class == FAULT_NONE)
		f = try_load(at, 8, &value);
	return f.class == FAULT_NONE && value == ~at;
}

/* UNSHARE of all, whatever a check did: of a granule that is private it is refused. Not judged, but
 * the next owner would be the one to trip over it. */
void lot_put(struct lot *l)
{
	bool good = true;

	content_on_purpose(false);
	for (unsigned n = 0; n < LOT_GRANULES; n++) {
		u64 at = lot_at(l, n);

		words_clear((struct range){ at, l->granule });
		(void)pkvm_call(PKVM_MEM_UNSHARE, at, 0, 0);
		good = good && is_memory(at) && (l->host[n] || !host_has(at));
		store64(at, 0);
	}
	if (good)
		block_put(l->block);
}

bool lot_share(const struct lot *l, unsigned n)
{
	return expect_eq("MEM_SHARE of a granule", pkvm_x0(PKVM_MEM_SHARE, lot_at(l, n), 0, 0),
			 PKVM_SUCCESS);
}

void content_on_purpose(bool on)
{
	if (coop_has(COOP_SHARE_CONTENT))
		(void)coop_do(COOP_SHARE_CONTENT, on, 0);
}

/* ---- the host's view ---- */

bool expect_host_reads(const char *asked, u64 at, bool expected)
{
	struct coop c = { .arg = { at } };

	if (!coop_has(COOP_HOST_CAN_READ))
		return true;
	if (!expect_true("the host whether it has the page", coop_call(COOP_HOST_CAN_READ, &c),
			 "an answer"))
		return false;
	check_note("0x%llx", (unsigned long long)at);
	return expect_eq(asked, c.arg[0], expected);
}

bool expect_host_as_before(const char *asked, const struct lot *l, unsigned n)
{
	return expect_host_reads(asked, lot_at(l, n), l->host[n]);
}

bool expect_host_word(const char *asked, u64 at, u64 expected)
{
	struct coop c = { .arg = { at } };

	if (!coop_has(COOP_READ_SHARED))
		return true;
	return expect_true("the host to read the page", coop_call(COOP_READ_SHARED, &c), "done") &&
	       expect_eq(asked, c.arg[0], expected);
}

bool expect_out_of_reach(const char *asked, u64 at)
{
	u64 before = load64(at);

	if (!expect_host_reads(asked, at, false))
		return false;
	if (coop_has(COOP_WRITE_SHARED))
		check_note("the host's write is %s",
			   coop_do(COOP_WRITE_SHARED, at, ~before) ? "done, it says" : "refused");
	return expect_eq("the word the host was to change", load64(at), before);
}

/* ---- registers ---- */

bool host_watch(u64 not_first, u64 not_second, struct seen *before)
{
	struct coop c = { .arg = { not_first, not_second } };

	if (!expect_true("the host to look at registers", coop_call(COOP_REGISTERS_SEEN, &c),
			 "done"))
		return false;
	*before = (struct seen){ c.arg[0], c.arg[1], c.arg[2] };
	return true;
}
