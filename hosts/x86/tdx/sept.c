/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secure EPT: the state of each private page and how it may change (module 1.5.01,
 * sept_state_lookup). Nested tables follow the states: only a MAPPED page is in them, so no access
 * reaches a page the guest has not accepted.
 */
#include <string.h>

#include "tdx.h"

#define BLOCK_PAGES    (BLOCK_SIZE / PAGE_SIZE)
#define FIRMWARE_PAGES (FIRMWARE_MAX / PAGE_SIZE)

struct entry {
	u8 state;
	bool touched; /* the backing may hold data; fresh machine memory is zero */
	u16 epoch;    /* of the TLB, when it was blocked */
};

struct npt *td_npt;
static struct entry *pages, *blocks; /* level 0 and 1, by index() */
static u16 tlb_epoch;

void sept_init(void)
{
	size_t n = (size_t)((guest_low_size() + guest_high_size()) / PAGE_SIZE) + FIRMWARE_PAGES;
	size_t bytes = n * sizeof(struct entry);
	size_t block_bytes = (n / BLOCK_PAGES + 1) * sizeof(struct entry);

	pages = core_pages((size_t)(align_up(bytes, PAGE_SIZE) / PAGE_SIZE));
	blocks = core_pages((size_t)(align_up(block_bytes, PAGE_SIZE) / PAGE_SIZE));
	td_npt = npt_new();
}

/* RAM below 4 GiB, above, then the last FIRMWARE_MAX below 4 GiB. All parts are whole blocks. */
static size_t index_of(u64 gpa)
{
	u64 low = guest_low_size(), high = guest_high_size();

	if (gpa < low)
		return (size_t)(gpa / PAGE_SIZE);
	if (gpa >= GIB(4))
		return (size_t)((low + gpa - GIB(4)) / PAGE_SIZE);
	return (size_t)((low + high + gpa - (GIB(4) - FIRMWARE_MAX)) / PAGE_SIZE);
}

static struct entry *page_entry(u64 gpa)
{
	return &pages[index_of(gpa)];
}

static struct entry *block_entry(u64 gpa)
{
	return &blocks[index_of(gpa) / BLOCK_PAGES];
}

/* RAM and firmware end at multiples of 2 MiB: what has memory at the start of a block has it all
 * through. */
static bool has_memory(u64 gpa)
{
	return guest_is_ram(gpa) || guest_is_firmware(gpa);
}

bool sept_walk(u64 gpa, struct sept_walk *w)
{
	if (!has_memory(gpa))
		return false;
	w->level = TDX_LEVEL_2M;
	w->state = block_entry(gpa)->state;
	if (w->state == SEPT_NL_MAPPED) {
		w->level = TDX_LEVEL_4K;
		w->state = page_entry(gpa)->state;
	}
	return true;
}

static u64 level_size(unsigned level)
{
	return level == TDX_LEVEL_2M ? BLOCK_SIZE : PAGE_SIZE;
}

static void map_leaf(u64 gpa, unsigned level)
{
	u64 size = level_size(level), at = align_down(gpa, size), mpa = backing_private(at);

	if (level == TDX_LEVEL_2M && is_aligned(mpa, BLOCK_SIZE)) {
		npt_map(td_npt, at, mpa, BLOCK_SIZE, NPT_R | NPT_W | NPT_X);
		return;
	}
	for (u64 off = 0; off < size; off += PAGE_SIZE)
		npt_map(td_npt, at + off, backing_private(at + off), PAGE_SIZE,
			NPT_R | NPT_W | NPT_X);
}

/* The entry at the level asked for, or the status a SEAMCALL ends with. */
static u64 find(u64 gpa, unsigned level, struct entry **out)
{
	if (V(level > TDX_LEVEL_2M))
		return OPERAND_INVALID(RCX);
	if (V(!is_aligned(gpa, level_size(level))))
		return OPERAND_INVALID(RCX);
	if (V(!has_memory(gpa)))
		return OPERAND_INVALID(RCX);
	if (level == TDX_LEVEL_2M) {
		*out = block_entry(gpa);
		return TDX_SUCCESS;
	}
	if (V(block_entry(gpa)->state != SEPT_NL_MAPPED))
		return STATUS(TDX_EPT_WALK_FAILED, TDX_OPERAND_RCX);
	*out = page_entry(gpa);
	return TDX_SUCCESS;
}

static u64 state_incorrect(void)
{
	return STATUS(TDX_EPT_ENTRY_STATE_INCORRECT, TDX_OPERAND_RCX);
}

u64 sept_add(u64 gpa)
{
	struct entry *b;

	if (V(!has_memory(gpa)))
		return OPERAND_INVALID(RCX);
	b = block_entry(gpa);
	if (V(b->state != SEPT_FREE))
		return state_incorrect();
	b->state = SEPT_NL_MAPPED;
	return TDX_SUCCESS;
}

u64 sept_table_remove(u64 gpa)
{
	struct entry *b, *first;

	if (V(!has_memory(gpa)))
		return OPERAND_INVALID(RCX);
	b = block_entry(gpa);
	if (V(b->state != SEPT_NL_MAPPED))
		return state_incorrect();
	first = &pages[align_down(index_of(gpa), BLOCK_PAGES)];
	for (size_t i = 0; i < BLOCK_PAGES; i++)
		if (V(first[i].state != SEPT_FREE))
			return state_incorrect();
	b->state = SEPT_FREE;
	return TDX_SUCCESS;
}

u64 sept_page_add(u64 gpa, const u8 *page)
{
	struct entry *e;
	u64 status;

	if (V(tdcs.finalized))
		return STATUS(TDX_TD_FATAL, 0);
	status = find(gpa, TDX_LEVEL_4K, &e);
	if (status != TDX_SUCCESS)
		return status;
	if (V(e->state != SEPT_FREE))
		return state_incorrect();
	memcpy((void *)(uintptr_t)backing_private(gpa), page, PAGE_SIZE);
	e->state = SEPT_MAPPED;
	e->touched = true;
	map_leaf(gpa, TDX_LEVEL_4K);
	measure_page_add(gpa);
	return TDX_SUCCESS;
}

u64 sept_aug(u64 gpa, unsigned level)
{
	struct entry *e;
	u64 status;

	if (V(!tdcs.finalized))
		return STATUS(TDX_TD_FATAL, 0);
	status = find(gpa, level, &e);
	if (status != TDX_SUCCESS)
		return status;
	if (V(e->state != SEPT_FREE))
		return state_incorrect();
	e->state = SEPT_PENDING;
	return TDX_SUCCESS;
}

u64 sept_block(u64 gpa, unsigned level)
{
	struct entry *e;
	u64 status = find(gpa, level, &e);

	if (status != TDX_SUCCESS)
		return status;
	if (V(e->state != SEPT_MAPPED && e->state != SEPT_PENDING))
		return state_incorrect();
	if (e->state == SEPT_MAPPED)
		npt_unmap(td_npt, gpa, level_size(level));
	e->state = e->state == SEPT_MAPPED ? SEPT_BLOCKED : SEPT_PENDING_BLOCKED;
	e->epoch = tlb_epoch;
	return TDX_SUCCESS;
}

u64 sept_unblock(u64 gpa, unsigned level)
{
	struct entry *e;
	u64 status = find(gpa, level, &e);

	if (status != TDX_SUCCESS)
		return status;
	if (V(e->state != SEPT_BLOCKED && e->state != SEPT_PENDING_BLOCKED))
		return state_incorrect();
	e->state = e->state == SEPT_BLOCKED ? SEPT_MAPPED : SEPT_PENDING;
	if (e->state == SEPT_MAPPED)
		map_leaf(gpa, level);
	return TDX_SUCCESS;
}

void sept_track(struct vcpu *v)
{
	tlb_epoch++;
	core_flush(v);
}

static bool is_blocked(u8 state)
{
	return state == SEPT_BLOCKED || state == SEPT_PENDING_BLOCKED;
}

u64 sept_remove(u64 gpa, unsigned level)
{
	struct entry *e;
	u64 status = find(gpa, level, &e);

	if (status != TDX_SUCCESS)
		return status;
	if (V(!is_blocked(e->state)))
		return state_incorrect();
	/* A vCPU could still hold a translation to the page. */
	if (V(e->epoch == tlb_epoch))
		return STATUS(TDX_PREVIOUS_TLB_EPOCH_BUSY, TDX_OPERAND_RCX);
	e->state = SEPT_FREE;
	return TDX_SUCCESS;
}

u64 sept_demote(u64 gpa)
{
	struct entry *b, *first;
	u64 status = find(gpa, TDX_LEVEL_2M, &b);

	if (status != TDX_SUCCESS)
		return status;
	if (V(b->state == SEPT_FREE))
		return state_incorrect();
	if (V(b->state == SEPT_NL_MAPPED))
		return state_incorrect();
	if (V(is_blocked(b->state) && b->epoch == tlb_epoch))
		return STATUS(TDX_PREVIOUS_TLB_EPOCH_BUSY, TDX_OPERAND_RCX);
	first = page_entry(gpa);
	for (size_t i = 0; i < BLOCK_PAGES; i++) {
		first[i].state = b->state;
		first[i].epoch = b->epoch;
	}
	b->state = SEPT_NL_MAPPED;
	return TDX_SUCCESS;
}

/* The last page of a block again where the one before it is. */
static void map_alias(u64 block)
{
	u64 last = BLOCK_SIZE - PAGE_SIZE;

	for (u64 off = 0; off < BLOCK_SIZE; off += PAGE_SIZE)
		npt_map(td_npt, block + off,
			backing_private(block + (off == last ? off - PAGE_SIZE : off)), PAGE_SIZE,
			NPT_R | NPT_W | NPT_X);
}

void sept_accept(u64 gpa, unsigned level)
{
	struct entry *first = page_entry(gpa);
	bool again = first->touched;

	for (size_t i = 0; i < level_size(level) / PAGE_SIZE; i++) {
		u64 at = gpa + i * PAGE_SIZE;

		if (first[i].touched && !fault_on(FAULT_ACCEPT_STALE))
			memset((void *)(uintptr_t)backing_private(at), 0, PAGE_SIZE);
		if (fault_on(FAULT_SHARED_CONTENT_KEPT) && guest_is_ram(at))
			memcpy((void *)(uintptr_t)backing_private(at),
			       (void *)(uintptr_t)backing_shared(at), PAGE_SIZE);
		first[i].touched = true;
	}
	if (level == TDX_LEVEL_2M)
		block_entry(gpa)->state = SEPT_MAPPED;
	else
		first->state = SEPT_MAPPED;
	if (fault_on(FAULT_SEPT_ALIAS) && again && level == TDX_LEVEL_2M)
		map_alias(gpa);
	else
		map_leaf(gpa, level);
}

void shared_map(u64 gpa, u64 size, bool executable)
{
	unsigned perms = NPT_R | NPT_W | (executable ? NPT_X : 0);

	for (u64 at = gpa; at < gpa + size; at += PAGE_SIZE) {
		if (fault_on(FAULT_SHARED_SHOWS_PRIVATE))
			memcpy((void *)(uintptr_t)backing_shared(at),
			       (void *)(uintptr_t)backing_private(at), PAGE_SIZE);
		npt_map(td_npt, at | shared_bit(), backing_shared(at), PAGE_SIZE, perms);
	}
}

void shared_unmap(struct vcpu *v, u64 gpa, u64 size)
{
	npt_unmap(td_npt, gpa | shared_bit(), size);
	core_flush(v);
}
