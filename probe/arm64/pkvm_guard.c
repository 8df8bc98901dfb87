/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MMIO guard: which accesses go to the host. This guest enrols before its first device access, so
 * what holds before that it cannot see.
 */
#include "pkvm_check.h"

static bool enrolled(void)
{
	if (!pkvm_needs(PKVM_MMIO_GUARD_ENROLL, "MMIO_GUARD_ENROLL"))
		return false;
	if (!pkvm_info.enrolled)
		check_skip("this guest did not enroll: FEATURES has no MMIO_GUARD");
	return pkvm_info.enrolled;
}

static u64 granule(void)
{
	return pkvm_info.granule;
}

/* Each check has granules of its own, so that what one left open is not judged by the next; what
 * closes is tried on one that was closed and opened before. */
enum slot {
	SLOT_OPENS,
	SLOT_UNALIGNED = SLOT_OPENS + 3,
	SLOT_RESERVED = SLOT_UNALIGNED + 3,
	SLOT_NEIGHBOURS = SLOT_RESERVED + 2,
	SLOT_RANGE = SLOT_NEIGHBOURS + 4,
	SLOT_RANGE_UNMAP = SLOT_RANGE + 5,
	SLOT_NOBODYS = SLOT_RANGE_UNMAP + 5,
	SLOTS = SLOT_NOBODYS + 2,
};

static u64 slot_at(struct range r, enum slot slot)
{
	return r.base + slot * granule();
}

/* Nobody's granules, enrolled, and what the host is shown can be asked. */
static bool vacant_guarded(struct range *r)
{
	if (!enrolled() || !pkvm_needs(PKVM_MMIO_GUARD, "MMIO_GUARD"))
		return false;
	if (granule() > BLOCK_SIZE / SLOTS) {
		check_skip("a block has fewer than %u granules", SLOTS);
		return false;
	}
	return vacant_map(r);
}

/* Closed again for the next check; where there is no such call, for good. */
static void close_granule(u64 at)
{
	if (pkvm_has(PKVM_MMIO_GUARD_UNMAP))
		(void)pkvm_call(PKVM_MMIO_GUARD_UNMAP, at, 0, 0);
}

void pkvm_guard_info(void)
{
	if (pkvm_needs(PKVM_MMIO_GUARD_INFO, "MMIO_GUARD_INFO"))
		expect_eq("MMIO_GUARD_INFO", pkvm_x0(PKVM_MMIO_GUARD_INFO, 0, 0, 0), granule());
}

/* For good: asked again it has been done. */
void pkvm_guard_enroll(void)
{
	if (enrolled())
		expect_eq("MMIO_GUARD_ENROLL once more", pkvm_x0(PKVM_MMIO_GUARD_ENROLL, 0, 0, 0),
			  PKVM_SUCCESS);
}

void pkvm_guard_unguarded(void)
{
	struct range r;

	if (!vacant_guarded(&r))
		return;
	expect_aborts("an address nobody guarded", slot_at(r, SLOT_NOBODYS));
	expect_aborts("another", range_end(r) - 8);
	vacant_unmap(r);
}

static bool open_slot(u64 at)
{
	return expect_eq("MMIO_GUARD", pkvm_x0(PKVM_MMIO_GUARD, at, 0, 0), PKVM_SUCCESS);
}

/* Twice, where it can be closed. */
void pkvm_guard_opens(void)
{
	struct range r;
	u64 at;

	if (!coop_needs(COOP_REGISTERS_SEEN) || !vacant_guarded(&r))
		return;
	at = slot_at(r, SLOT_OPENS);
	for (unsigned turn = 0; turn < 2 && !check_failed() && open_slot(at); turn++) {
		expect_forwarded("the granule that is guarded", at);
		expect_forwarded("its end", at + granule() - 8);
		close_granule(at);
	}
	vacant_unmap(r);
}

/* Android 13 answered -1 although it was done. */
void pkvm_guard_unmap(void)
{
	struct range r;
	u64 at, x0;

	if (!pkvm_needs(PKVM_MMIO_GUARD_UNMAP, "MMIO_GUARD_UNMAP") || !vacant_guarded(&r))
		return;
	at = slot_at(r, SLOT_OPENS);
	if (open_slot(at) && expect_forwarded("the granule that is guarded", at)) {
		x0 = pkvm_x0(PKVM_MMIO_GUARD_UNMAP, at, 0, 0);
		check_note("MMIO_GUARD_UNMAP: 0x%llx", (unsigned long long)x0);
		expect_true("MMIO_GUARD_UNMAP", x0 == PKVM_SUCCESS || x0 == UNKNOWN, "0 (or -1)");
		expect_aborts("the granule that was guarded", at);
	}
	vacant_unmap(r);
}

void pkvm_guard_unaligned(void)
{
	struct range r;
	u64 at;

	if (!vacant_guarded(&r))
		return;
	at = slot_at(r, SLOT_UNALIGNED);
	expect_eq("MMIO_GUARD of an address 8 above a granule",
		  pkvm_x0(PKVM_MMIO_GUARD, at + 8, 0, 0), INVALID);
	expect_eq("MMIO_GUARD of an address half a granule above one",
		  pkvm_x0(PKVM_MMIO_GUARD, at + granule() / 2, 0, 0), INVALID);
	expect_aborts("the granule it was for", at);
	expect_aborts("the next", at + granule());
	vacant_unmap(r);
}

void pkvm_guard_reserved(void)
{
	struct range r;
	u64 at;

	if (!vacant_guarded(&r))
		return;
	at = slot_at(r, SLOT_RESERVED);
	expect_eq("MMIO_GUARD with X2 = 1", pkvm_x0(PKVM_MMIO_GUARD, at, 1, 0), INVALID);
	expect_eq("MMIO_GUARD with X3 = 1", pkvm_x0(PKVM_MMIO_GUARD, at, 0, 1), INVALID);
	expect_aborts("the granule it was for", at);
	vacant_unmap(r);
}

void pkvm_guard_neighbours(void)
{
	struct range r;
	u64 at;

	if (!vacant_guarded(&r))
		return;
	at = slot_at(r, SLOT_NEIGHBOURS) + granule();
	if (open_slot(at)) {
		expect_aborts("the granule before", at - 8);
		expect_aborts("the granule behind", at + granule());
		close_granule(at);
	}
	vacant_unmap(r);
}

/* ---- several granules at once ---- */

#define RANGE_COUNT 3

/* Of RANGE_COUNT granules those below `done` are open (or closed), the others are not; the one
 * behind those that are opened is closed. */
static bool state_is(u64 base, unsigned done, bool open)
{
	for (unsigned n = 0; n < RANGE_COUNT + (open ? 1u : 0u); n++) {
		u64 at = base + n * granule();
		bool is_open = n < RANGE_COUNT && (n < done) == open;

		check_note("granule %u, %u done", n, done);
		if (is_open ? !expect_forwarded("a granule that is open", at)
			    : !expect_aborts("a granule that is closed", at))
			return false;
	}
	return true;
}

static bool change(u64 base, u32 fid, bool open)
{
	unsigned done = 0;

	while (done < RANGE_COUNT) {
		unsigned left = RANGE_COUNT - done;
		struct pkvm_result p = pkvm_call(fid, base + done * granule(), left, 0);

		if (!expect_eq("the call for several granules", (u64)p.x0, PKVM_SUCCESS) ||
		    !expect_true("granules done, of those asked for", p.x1 >= 1 && p.x1 <= left,
				 "one to all"))
			return false;
		done += (unsigned)p.x1;
		if (!state_is(base, done, open))
			return false;
	}
	return true;
}

static bool range_usable(struct range *r)
{
	return pkvm_needs(PKVM_MMIO_RGUARD_MAP, "MMIO_RGUARD_MAP") &&
	       pkvm_needs(PKVM_MMIO_RGUARD_UNMAP, "MMIO_RGUARD_UNMAP") &&
	       coop_needs(COOP_REGISTERS_SEEN) && vacant_guarded(r);
}

static void close_all(u64 base)
{
	for (unsigned n = 0; n < RANGE_COUNT; n++)
		close_granule(base + n * granule());
}

void pkvm_guard_range(void)
{
	struct range r;

	if (!range_usable(&r))
		return;
	(void)change(slot_at(r, SLOT_RANGE), PKVM_MMIO_RGUARD_MAP, true);
	close_all(slot_at(r, SLOT_RANGE));
	vacant_unmap(r);
}

void pkvm_guard_range_unmap(void)
{
	struct range r;
	bool open = true;
	u64 base;

	if (!range_usable(&r))
		return;
	base = slot_at(r, SLOT_RANGE_UNMAP);
	for (unsigned n = 0; n < RANGE_COUNT && open; n++)
		open = open_slot(base + n * granule());
	if (open && state_is(base, 0, false))
		(void)change(base, PKVM_MMIO_RGUARD_UNMAP, false);
	close_all(base);
	vacant_unmap(r);
}
