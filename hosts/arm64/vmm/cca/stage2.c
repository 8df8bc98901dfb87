/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host does with the realm's stage 2: tables on demand, private pages on a fault, the
 * shared alias in blocks of 2 MiB. The RMM checks everything; an RMI_ERROR_RTT tells how far the
 * walk got, and the host goes on from there.
 */
#include "vmm/cca/cca.h"
#include "vmm/cca/poison.h"

#define LEVEL_PAGE   3
#define LEVEL_BLOCK  2
#define FAULT_AROUND (16 * PAGE_SIZE)

/* Host part of an unprotected leaf: Normal write-back with FEAT_S2FWB, readable and writable. */
#define UNPROTECTED_ATTR (6u << 2 | 3u << 6)

static u64 level_size(unsigned level)
{
	return 1ULL << (12 + 9 * (3 - level));
}

static u64 rmi(u64 fid, u64 a1, u64 a2, u64 a3, u64 a4)
{
	return rmi_call(fid, a1, a2, a3, a4, 0).x[0];
}

bool stage2_create_table(u64 ipa, u64 status)
{
	u64 level = RMI_INDEX(status), table;

	if (RMI_CODE(status) != RMI_ERROR_RTT || level >= LEVEL_PAGE)
		return false;
	table = granule_get();
	if (!table)
		return false;
	ipa = align_down(ipa, level_size((unsigned)level));
	if (rmi(RMI_RTT_CREATE, cca.rd, table, ipa, level + 1) != RMI_SUCCESS) {
		granule_put(table);
		/* Another CPU may have been faster; the caller's retry is bounded by the levels. */
	}
	return true;
}

enum status stage2_init_ripas(struct range r)
{
	u64 base = r.base, top = range_end(r);
	unsigned tables = 0;

	while (base < top) {
		struct rmi_result res = rmi_call(RMI_RTT_INIT_RIPAS, cca.rd, base, top, 0, 0);

		if (res.x[0] == RMI_SUCCESS) {
			if (res.x[1] <= base || res.x[1] > top)
				return ST_NO_PROGRESS;
			base = res.x[1];
			tables = 0;
		} else if (++tables > LEVEL_PAGE || !stage2_create_table(base, res.x[0])) {
			return ST_STATE;
		}
	}
	poison_private(r);
	return ST_OK;
}

/* Calls that need the tables down to the page: make them as the errors ask. */
static u64 at_page(u64 fid, u64 granule, u64 ipa, u64 source, u64 flags)
{
	u64 status = RMI_ERROR_INPUT;

	for (unsigned i = 0; i <= LEVEL_PAGE; i++) {
		status = rmi_call(fid, cca.rd, granule, ipa, source, flags).x[0];
		if (status == RMI_SUCCESS || !stage2_create_table(ipa, status))
			break;
	}
	return status;
}

enum status stage2_data_create(u64 ipa, u64 source_page)
{
	u64 granule = granule_get();

	if (!granule)
		return ST_NO_MEMORY;
	if (at_page(RMI_DATA_CREATE, granule, ipa, source_page, RMI_DATA_MEASURE) != RMI_SUCCESS) {
		granule_put(granule);
		return ST_STATE;
	}
	return ST_OK;
}

static enum status populate_page(u64 ipa)
{
	u64 granule = granule_get();

	if (!granule)
		return ST_NO_MEMORY;
	if (at_page(RMI_DATA_CREATE_UNKNOWN, granule, ipa, 0, 0) != RMI_SUCCESS) {
		granule_put(granule);
		return ST_STATE;
	}
	count(&cca.count.data_create_unknown);
	return ST_OK;
}

/* RIPAS of a page in the low byte, 0x100 when it is assigned. */
#define ENTRY_ASSIGNED 0x100u
#define ENTRY_UNKNOWN  0xffu

static u32 entry_of(u64 ipa)
{
	struct rmi_result r = rmi_call(RMI_RTT_READ_ENTRY, cca.rd, ipa, LEVEL_PAGE, 0, 0);

	if (r.x[0] == RMI_SUCCESS)
		return (u32)(r.x[4] & 0xff) | (r.x[2] == RMI_ASSIGNED ? ENTRY_ASSIGNED : 0);
	return ENTRY_UNKNOWN;
}

enum status stage2_populate(u64 ipa, bool around)
{
	u64 page = align_down(ipa, PAGE_SIZE), first = align_down(ipa, FAULT_AROUND);
	u32 entry = entry_of(page);
	enum status st;

	if (page < vm.ram.base || page >= range_end(vm.ram))
		return ST_RANGE;
	if ((entry & 0xff) == 2 /* DESTROYED */)
		return ST_DESTROYED;
	st = entry & ENTRY_ASSIGNED ? ST_OK : populate_page(page);
	if (!around || st != ST_OK)
		return st;
	for (u64 p = first; p < first + FAULT_AROUND; p += PAGE_SIZE) {
		if (p >= vm.ram.base && p < range_end(vm.ram) &&
		    entry_of(p) == 1 /* RAM, unassigned */)
			populate_page(p);
	}
	return ST_OK;
}

u64 stage2_backing(u64 ipa)
{
	/* With 33 bits the alias is the address a device would use for the page. */
	if (vm.alias == NS_BASE)
		return NS_BASE | ipa;
	return NS_BASE + (ipa - vm.ram.base);
}

u64 stage2_granule(u64 ipa)
{
	struct rmi_result r;

	r = rmi_call(RMI_RTT_READ_ENTRY, cca.rd, align_down(ipa, PAGE_SIZE), LEVEL_PAGE, 0, 0);
	if (r.x[0] != RMI_SUCCESS || r.x[1] != LEVEL_PAGE || r.x[2] != RMI_ASSIGNED)
		return 0;
	return align_down(r.x[3], PAGE_SIZE) + ipa % PAGE_SIZE;
}

static bool block_has_removed(u64 block)
{
	for (unsigned i = 0; i < cca.nr_removed; i++) {
		if (align_down(cca.removed[i], BLOCK_SIZE) == block)
			return true;
	}
	return false;
}

static bool is_removed(u64 page)
{
	for (unsigned i = 0; i < cca.nr_removed; i++) {
		if (cca.removed[i] == page)
			return true;
	}
	return false;
}

/* `ipa` without the alias bit, inside guest RAM. */
enum status stage2_map_shared(u64 ipa)
{
	u64 page = align_down(ipa, PAGE_SIZE), status = RMI_ERROR_INPUT;
	unsigned level = LEVEL_BLOCK;
	bool removed;

	core_lock(&cca.lock);
	removed = is_removed(page);
	if (block_has_removed(align_down(page, BLOCK_SIZE)))
		level = LEVEL_PAGE;
	core_unlock(&cca.lock);
	if (removed)
		return ST_NOT_FOUND;
	/* What holds poison stays out of the guest's reach until it asks for that very page. */
	if (poison_within((struct range){ align_down(page, BLOCK_SIZE), BLOCK_SIZE }))
		level = LEVEL_PAGE;

	for (unsigned i = 0; i < 2 * LEVEL_PAGE; i++) {
		u64 at = align_down(page, level_size(level));

		poison_hand_out((struct range){ at, level_size(level) });
		status = rmi(RMI_RTT_MAP_UNPROTECTED, cca.rd, vm.alias | at, level,
			     stage2_backing(at) | UNPROTECTED_ATTR);
		if (RMI_CODE(status) != RMI_ERROR_RTT)
			break;
		if (RMI_INDEX(status) == level) {
			/* Another CPU has mapped it, or a table stands where a block would. */
			struct rmi_result r =
			    rmi_call(RMI_RTT_READ_ENTRY, cca.rd, vm.alias | page, LEVEL_PAGE, 0, 0);

			if (r.x[0] == RMI_SUCCESS && r.x[2] == RMI_ASSIGNED)
				return ST_OK;
			level = LEVEL_PAGE;
		} else if (!stage2_create_table(vm.alias | at, status)) {
			level = LEVEL_PAGE;
		}
	}
	if (status != RMI_SUCCESS)
		return ST_STATE;
	count(&cca.count.unprotected_maps);
	return ST_OK;
}

enum status stage2_unmap_shared(u64 ipa)
{
	u64 page = align_down(ipa, PAGE_SIZE), status;
	bool room;

	core_lock(&cca.lock);
	room = is_removed(page) || cca.nr_removed < REMOVED_MAX;
	if (room && !is_removed(page))
		cca.removed[cca.nr_removed++] = page;
	core_unlock(&cca.lock);
	if (!room)
		return ST_TOO_MANY;
	status = rmi(RMI_RTT_UNMAP_UNPROTECTED, cca.rd, vm.alias | page, LEVEL_PAGE, 0);
	/* Part of a block: the block goes, its other pages come back one by one on their faults. */
	if (RMI_CODE(status) == RMI_ERROR_RTT && RMI_INDEX(status) == LEVEL_BLOCK)
		status = rmi(RMI_RTT_UNMAP_UNPROTECTED, cca.rd,
			     vm.alias | align_down(page, BLOCK_SIZE), LEVEL_BLOCK, 0);
	/* Not mapped at all is as good. */
	return status == RMI_SUCCESS || RMI_CODE(status) == RMI_ERROR_RTT ? ST_OK : ST_STATE;
}

/* A page whose RIPAS changed starts anew in the shared half as well. */
void stage2_shared_back(struct range r)
{
	core_lock(&cca.lock);
	for (unsigned i = 0; i < cca.nr_removed;) {
		if (cca.removed[i] >= r.base && cca.removed[i] < range_end(r))
			cca.removed[i] = cca.removed[--cca.nr_removed];
		else
			i++;
	}
	core_unlock(&cca.lock);
}

enum status stage2_destroy(u64 ipa)
{
	struct rmi_result r;

	/* Only a page that is there can be lost. */
	if (stage2_populate(ipa, false) != ST_OK)
		return ST_STATE;
	r = rmi_call(RMI_DATA_DESTROY, cca.rd, align_down(ipa, PAGE_SIZE), 0, 0, 0);
	if (r.x[0] != RMI_SUCCESS)
		return ST_STATE;
	granule_put(r.x[1]);
	return ST_OK;
}

/* As KVM does: what the guest gave up is the host's memory again. */
void stage2_release(struct range r)
{
	u64 end = MIN(range_end(r), range_end(vm.ram));

	for (u64 p = MAX(r.base, vm.ram.base); p < end;) {
		struct rmi_result res = rmi_call(RMI_DATA_DESTROY, cca.rd, p, 0, 0, 0);

		if (res.x[0] == RMI_SUCCESS)
			granule_put(res.x[1]);
		/* X2: next address that may have a page; it must lie ahead. */
		p = res.x[2] > p && is_aligned(res.x[2], PAGE_SIZE) ? res.x[2] : p + PAGE_SIZE;
	}
}
