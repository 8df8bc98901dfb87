/* SPDX-License-Identifier: BSD-2-Clause */
/* What the page tables say must hold: the guest's own protection rests on it. */
#include "checks.h"
#include "mmu.h"

#define MARK 0x5067746142 /* any value fresh memory does not hold */

static bool remap(struct range r, enum map_kind kind)
{
	return expect_eq("unmapping the test block", mmu_unmap(r), ST_OK) &&
	       expect_eq("mapping the test block", mmu_map(r, kind, MAP_PRIVATE), ST_OK);
}

/* Leaves the block as it came, whatever state the check left it in. */
static void restore(struct range r)
{
	(void)mmu_unmap(r);
	if (mmu_map(r, MAP_RW, MAP_PRIVATE) == ST_OK)
		block_put(r);
}

void gen_pgtable_unmapped(void)
{
	struct range r;
	struct fault f;
	u64 value = 0;

	if (!block_get(&r))
		return;
	f = try_store(r.base, 8, MARK);
	if (expect_fault("store while mapped", &f, FAULT_NONE) &&
	    expect_eq("unmapping the test block", mmu_unmap(r), ST_OK)) {
		f = try_load(r.base, 8, &value);
		if (expect_fault("load after unmapping", &f, FAULT_PAGE))
			expect_eq("the fault address", f.address, r.base);
		f = try_store(r.base + PAGE_SIZE, 8, 0);
		expect_fault("store after unmapping", &f, FAULT_PAGE);
	}
	(void)mmu_unmap(r);
	if (expect_eq("mapping it again", mmu_map(r, MAP_RW, MAP_PRIVATE), ST_OK)) {
		f = try_load(r.base, 8, &value);
		if (expect_fault("load after mapping again", &f, FAULT_NONE))
			expect_eq("the content after mapping again", value, MARK);
		block_put(r);
	}
}

void gen_pgtable_read_only(void)
{
	struct range r;
	struct fault f;
	u64 value = 0;

	if (!block_get(&r))
		return;
	f = try_store(r.base, 8, MARK);
	if (expect_fault("store while writable", &f, FAULT_NONE) && remap(r, MAP_RO)) {
		f = try_store(r.base, 8, ~0ULL);
		expect_fault("store to read-only memory", &f, FAULT_PERMISSION);
		f = try_load(r.base, 8, &value);
		if (expect_fault("load from read-only memory", &f, FAULT_NONE))
			expect_eq("the content after the refused store", value, MARK);
	}
	restore(r);
}

void gen_pgtable_no_execute(void)
{
	struct range r;
	struct fault f;

	if (!block_get(&r))
		return;
	*(volatile u32 *)(uintptr_t)r.base = arch_ret_insn;
	arch_sync_code(r.base, sizeof(u32));
	/* First where execution is allowed: then it is the attribute, not the code. */
	if (remap(r, MAP_CODE)) {
		f = try_exec(r.base);
		expect_fault("fetch from memory mapped executable", &f, FAULT_NONE);
	}
	if (!check_failed() && remap(r, MAP_RW)) {
		f = try_exec(r.base);
		expect_fault("fetch of the same code mapped without execute", &f, FAULT_PERMISSION);
	}
	restore(r);
}
