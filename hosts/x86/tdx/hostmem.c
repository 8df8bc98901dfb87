/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM's side of memory: which pages it holds shared (KVM memory attributes, set by MapGPA), and
 * the SEAMCALLs that follow from it. The secure EPT itself is the module's.
 */
#include <string.h>

#include "abi/coop_x86.h"
#include "host.h"
#include "tdx.h"
#include "vmm/vmm.h"

static u8 *shared; /* one byte per page of RAM; firmware is never shared */

static size_t ram_index(u64 gpa)
{
	return (size_t)((gpa < GIB(4) ? gpa : gpa - GIB(4) + guest_low_size()) / PAGE_SIZE);
}

bool host_page_shared(u64 gpa)
{
	return guest_is_ram(gpa) && shared[ram_index(gpa)] != 0;
}

/* A SEAMCALL this host knows it may make: any error is a defect of the host. */
static void must(u64 status, const char *call, u64 gpa)
{
	if (status != TDX_SUCCESS)
		core_verdict("broken", "%s of gpa 0x%llx: status 0x%llx", call,
			     (unsigned long long)gpa, (unsigned long long)status);
}

static bool block_private_ram(u64 block)
{
	if (!guest_is_ram(block) || !guest_is_ram(block + BLOCK_SIZE - 1))
		return false;
	for (u64 off = 0; off < BLOCK_SIZE; off += PAGE_SIZE)
		if (host_page_shared(block + off))
			return false;
	return true;
}

/* Adds one FREE page; its whole block where that is FREE and may be. */
static void aug(u64 gpa)
{
	u64 block = align_down(gpa, BLOCK_SIZE);
	struct sept_walk w;

	if (!sept_walk(gpa, &w) || w.state != SEPT_FREE)
		return;
	if (w.level == TDX_LEVEL_2M) {
		if (!fault_on(FAULT_BACKING_4K) && block_private_ram(block)) {
			must(sept_aug(block, TDX_LEVEL_2M), "TDH.MEM.PAGE.AUG", block);
			return;
		}
		/* Of the firmware's first block there may be no memory at its start. */
		must(sept_add(gpa), "TDH.MEM.SEPT.ADD", gpa);
	}
	must(sept_aug(gpa, TDX_LEVEL_4K), "TDH.MEM.PAGE.AUG", gpa);
}

static void aug_range(u64 start, u64 end)
{
	for (u64 at = start; at < end; at += PAGE_SIZE)
		if (!host_page_shared(at))
			aug(at);
}

void host_aug_all(void)
{
	aug_range(0, guest_low_size());
	aug_range(GIB(4), GIB(4) + guest_high_size());
}

static bool present(const struct sept_walk *w)
{
	return w->state != SEPT_FREE;
}

/* A 2 MiB leaf of which a part is to go: to 512 small ones, all blocked, and the rest opened. */
static void split(struct vcpu *v, u64 block, u64 start, u64 end)
{
	must(sept_block(block, TDX_LEVEL_2M), "TDH.MEM.RANGE.BLOCK", block);
	sept_track(v);
	must(sept_demote(block), "TDH.MEM.PAGE.DEMOTE", block);
	for (u64 at = block; at < block + BLOCK_SIZE; at += PAGE_SIZE)
		if (at < start || at >= end)
			must(sept_unblock(at, TDX_LEVEL_4K), "TDH.MEM.RANGE.UNBLOCK", at);
}

static void block_pages(struct vcpu *v, u64 start, u64 end)
{
	struct sept_walk w;

	for (u64 at = start; at < end; at += PAGE_SIZE)
		if (sept_walk(at, &w) && (w.state == SEPT_MAPPED || w.state == SEPT_PENDING))
			must(sept_block(at, TDX_LEVEL_4K), "TDH.MEM.RANGE.BLOCK", at);
	sept_track(v);
}

/* Takes [start, end), within one block, out of the secure EPT. */
static void zap(struct vcpu *v, u64 start, u64 end)
{
	u64 block = align_down(start, BLOCK_SIZE);
	struct sept_walk w;

	if (!sept_walk(start, &w))
		return;
	if (w.level == TDX_LEVEL_2M) {
		if (!present(&w))
			return;
		if (end - start == BLOCK_SIZE) {
			must(sept_block(block, TDX_LEVEL_2M), "TDH.MEM.RANGE.BLOCK", block);
			sept_track(v);
			must(sept_remove(block, TDX_LEVEL_2M), "TDH.MEM.PAGE.REMOVE", block);
			return;
		}
		split(v, block, start, end);
	} else {
		block_pages(v, start, end);
	}
	for (u64 at = start; at < end; at += PAGE_SIZE)
		if (sept_walk(at, &w) && present(&w))
			must(sept_remove(at, TDX_LEVEL_4K), "TDH.MEM.PAGE.REMOVE", at);
}

/* Page tables of blocks that became FREE go, so that 2 MiB can be added again. */
static void free_table(u64 block)
{
	struct sept_walk w;

	if (!block_private_ram(block))
		return;
	for (u64 at = block; at < block + BLOCK_SIZE; at += PAGE_SIZE)
		if (!sept_walk(at, &w) || w.level == TDX_LEVEL_2M || present(&w))
			return;
	must(sept_table_remove(block), "TDH.MEM.SEPT.REMOVE", block);
}

static void mark(u64 start, u64 end, bool to_shared)
{
	for (u64 at = start; at < end; at += PAGE_SIZE) {
		shared[ram_index(at)] = to_shared;
		if (to_shared)
			poison_check(at);
	}
}

/* A host that puts another page behind a private address: it is PENDING, and the TD stops at the
 * next access to it. */
static u32 coop(struct vcpu *v, u32 command, const u64 *in, u64 *out)
{
	struct sept_walk w = { .state = SEPT_FREE };
	u64 gpa = in[0];

	if (command == COOP_QUERY) {
		out[0] = BIT(COOP_REMAP);
		return COOP_OK;
	}
	if (command != COOP_REMAP)
		return (u32)COOP_UNKNOWN;
	if (V(!is_aligned(gpa, PAGE_SIZE)))
		return (u32)COOP_BAD;
	if (V(!guest_is_ram(gpa)))
		return (u32)COOP_BAD;
	sept_walk(gpa, &w); /* of RAM it always finds something, FREE where the page is shared */
	if (V(w.state != SEPT_MAPPED))
		return (u32)COOP_BAD;
	zap(v, gpa, gpa + PAGE_SIZE);
	aug(gpa);
	if (fault_on(FAULT_SEPT_REPLACED))
		sept_accept(gpa, TDX_LEVEL_4K);
	return COOP_OK;
}

void host_memory_init(void)
{
	u64 pages = (guest_low_size() + guest_high_size()) / PAGE_SIZE;

	shared = core_pages((size_t)(align_up(pages, PAGE_SIZE) / PAGE_SIZE));
	vmm_coop_hook = coop;
}

void host_convert(struct vcpu *v, u64 gpa, u64 size, bool to_shared)
{
	u64 end = gpa + size, next;

	for (u64 at = gpa; at < end; at = next) {
		next = MIN(end, align_down(at, BLOCK_SIZE) + BLOCK_SIZE);
		mark(at, next, to_shared);
		if (to_shared) {
			zap(v, at, next);
			shared_map(at, next - at, false);
			continue;
		}
		shared_unmap(v, at, next - at);
		for (u64 page = at; page < next; page += PAGE_SIZE)
			poison_lay(page);
		free_table(align_down(at, BLOCK_SIZE));
		aug_range(at, next);
	}
}

void host_private_fault(struct vcpu *v, u64 gpa, int level)
{
	u64 block = align_down(gpa, BLOCK_SIZE);
	struct sept_walk w;

	core_host_exit();
	if (V(host_page_shared(gpa)))
		td_stop(v, "private access to a page the host holds shared", gpa);
	if (V(!sept_walk(gpa, &w)))
		td_stop(v, "the host has nothing to add", gpa);
	switch (w.state) {
	case SEPT_FREE:
		aug(gpa);
		break;
	case SEPT_BLOCKED:
	case SEPT_PENDING_BLOCKED:
		gpa = w.level == TDX_LEVEL_2M ? block : gpa;
		must(sept_unblock(gpa, w.level), "TDH.MEM.RANGE.UNBLOCK", gpa);
		break;
	case SEPT_PENDING:
		if (w.level == TDX_LEVEL_2M && level == (int)TDX_LEVEL_4K)
			must(sept_demote(block), "TDH.MEM.PAGE.DEMOTE", block);
		break;
	default: /* mapped meanwhile */
		break;
	}
}

enum shared_kind host_shared_kind(u64 gpa)
{
	return guest_is_ram(gpa) ? SHARED_RAM : SHARED_MMIO;
}

/*
 * Shared access to RAM. Without MapGPA before, KVM reports a memory fault and QEMU converts the
 * page: the guest goes on, and what was in the private page is lost.
 */
void host_shared_fault(struct vcpu *v, u64 gpa, bool fetch)
{
	if (host_page_shared(gpa)) {
		shared_map(gpa, PAGE_SIZE, fetch);
		return;
	}
	violation("shared-unasked", "vcpu=%u gpa=0x%llx rip=0x%llx", v->index,
		  (unsigned long long)gpa, (unsigned long long)v->vmcb->rip);
	host_convert(v, gpa, PAGE_SIZE, true);
}

u8 *host_shared_pointer(u64 gpa, u64 size)
{
	if (V(size == 0))
		return NULL;
	if (V(gpa + size < gpa))
		return NULL;
	for (u64 at = align_down(gpa, PAGE_SIZE); at < gpa + size; at += PAGE_SIZE)
		if (V(!host_page_shared(at)))
			return NULL;
	return (u8 *)(uintptr_t)backing_shared(gpa);
}
