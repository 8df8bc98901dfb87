/* SPDX-License-Identifier: BSD-2-Clause */
/* TDG.MEM.PAGE.ACCEPT and what an access to private memory does, by the state of the page. */
#include "../pattern.h"
#include "tdx.h"

#include "../../tdcall/internal.h"
#include "abi/coop_x86.h"
#include "abi/fd.h"
#include "mmu.h"

#define MARK          0x4163636570745444ULL
#define REPLACED_PAGE 17 /* of a block, neither first nor last */
#define PF_RESERVED   BIT(3)

/* A word of its own at the start of each page. */
static void mark_pages(struct range r)
{
	pattern_fill(r, MARK, PAGE_SIZE);
}

static bool expect_marks(const char *asked, struct range r)
{
	return expect_pattern(asked, r, MARK, PAGE_SIZE);
}

static bool expect_zeros(const char *asked, struct range r)
{
	for (u64 at = r.base; at < range_end(r); at += sizeof(u64))
		if (load64(at) != 0) {
			check_note("at offset 0x%llx", (unsigned long long)(at - r.base));
			return expect_eq(asked, load64(at), 0);
		}
	return true;
}

/* A block the host had back: shared, then private again. Accepted and mapped, or neither. */
static bool take_back(struct range r, bool accept)
{
	return expect_eq("unmapping the block", mmu_unmap(r), ST_OK) &&
	       expect_eq("giving it to the host", cvm.ops->share(r), ST_OK) &&
	       expect_eq("taking it back",
			 accept ? cvm.ops->unshare(r) : tdx_map_gpa(r.base, r.size), ST_OK) &&
	       expect_eq("mapping it", mmu_map(r, MAP_RW, MAP_PRIVATE), ST_OK);
}

/* ---- operands; all of them would name memory that is accepted ---- */
static bool expect_refused(u64 rcx)
{
	check_note("rcx 0x%llx", (unsigned long long)rcx);
	return expect_eq("RAX of TDG.MEM.PAGE.ACCEPT", tdg_mem_page_accept(rcx, 0),
			 OPERAND_INVALID(RCX));
}

void tdx_accept_level(void)
{
	struct range r;

	if (!block_get(&r))
		return;
	for (u64 level = 2; level <= TDX_LEVEL_MASK && expect_refused(r.base | level); level++)
		;
	block_put(r);
}

void tdx_accept_misaligned(void)
{
	struct range r;

	if (!block_get(&r))
		return;
	for (u64 off = PAGE_SIZE; off < BLOCK_SIZE; off *= 2)
		if (!expect_refused((r.base + off) | TDX_LEVEL_2M))
			break;
	block_put(r);
}

void tdx_accept_beyond(void)
{
	struct range r;

	if (!block_get(&r))
		return;
	if (expect_refused(r.base | cvm.pte_shared) &&
	    expect_refused(r.base | cvm.pte_shared | TDX_LEVEL_2M))
		for (u64 bit = cvm.pte_shared << 1; (bit & TDX_PAGE_GPA_MASK) != 0; bit <<= 1)
			if (!expect_refused(r.base | bit))
				break;
	block_put(r);
}

void tdx_accept_reserved(void)
{
	struct range r;

	if (!block_get(&r))
		return;
	for (unsigned bit = 3; bit < 64; bit++)
		if ((BIT(bit) & TDX_PAGE_GPA_MASK) == 0 && !expect_refused(r.base | BIT(bit)))
			break;
	block_put(r);
}

/* ---- states ---- */
/* Small or large is the host's choice, but what it says of the leaf must fit what it does. */
void tdx_accept_again(void)
{
	struct range r;
	u64 page, block, level;

	if (!block_get(&r))
		return;
	mark_pages(r);
	page = tdg_mem_page_accept(r.base + PAGE_SIZE, TDX_LEVEL_4K);
	block = tdg_mem_page_accept(r.base, TDX_LEVEL_2M);
	level = TDX_DETAILS(page);
	check_note("4 KiB 0x%llx, 2 MiB 0x%llx", (unsigned long long)page,
		   (unsigned long long)block);
	(void)(expect_eq("the code of a second accept", TDX_CODE(page),
			 TDX_PAGE_ALREADY_ACCEPTED) &&
	       expect_true("the level of the leaf", level <= TDX_LEVEL_2M, "0 or 1") &&
	       expect_eq("a second accept of 2 MiB", block,
			 level == TDX_LEVEL_2M ? STATUS(TDX_PAGE_ALREADY_ACCEPTED, TDX_LEVEL_2M)
					       : STATUS(TDX_PAGE_SIZE_MISMATCH, TDX_LEVEL_2M)) &&
	       expect_marks("the content afterwards", r));
	block_put(r);
}

/* Pages that came with the launch are 4 KiB, and the block below our image is full of them. */
void tdx_accept_split(void)
{
	expect_eq("2 MiB that hold pages of the launch", tdg_mem_page_accept(FD_RAM, TDX_LEVEL_2M),
		  STATUS(TDX_PAGE_SIZE_MISMATCH, TDX_LEVEL_2M));
}

void tdx_accept_zero(void)
{
	struct range r;

	if (!block_get(&r))
		return;
	mark_pages(r);
	if (!take_back(r, true))
		return;
	expect_zeros("a block that was just accepted", r);
	block_put(r);
}

void tdx_accept_content(void)
{
	struct range r[2];

	if (!block_get(&r[0]))
		return;
	if (!take_back(r[0], true))
		return;
	if (!block_get(&r[1])) {
		block_put(r[0]);
		return;
	}
	mark_pages(r[0]);
	mark_pages(r[1]);
	if (expect_marks("a page accepted a second time", r[0]))
		expect_marks("a page accepted once", r[1]);
	block_put(r[1]);
	block_put(r[0]);
}

/* The page's translation stays; nobody touches it before it is accepted. */
void tdx_accept_replaced(void)
{
	struct range r, page, around;

	if (!coop_needs(COOP_REMAP) || !block_get(&r))
		return;
	page = (struct range){ r.base + REPLACED_PAGE * PAGE_SIZE, PAGE_SIZE };
	around = (struct range){ page.base - PAGE_SIZE, 3 * PAGE_SIZE };
	mark_pages(around);
	if (!expect_true("the host to replace a page", coop_do(COOP_REMAP, page.base, 0), "done")) {
		block_put(r);
		return;
	}
	/* Anything else means it is no page of ours to touch: the block is left alone for good. */
	if (!expect_eq("accepting the page again", tdg_mem_page_accept(page.base, TDX_LEVEL_4K),
		       TDX_SUCCESS))
		return;
	if (expect_zeros("its content", page)) {
		mark_pages(page);
		expect_marks("the page and its neighbours afterwards", around);
	}
	block_put(r);
}

/* ---- accesses ---- */
/* The slot of the live tables that maps this block, which the identity map makes reachable. */
static u64 *block_slot(u64 va)
{
	u64 table = read_cr3() & TDX_PAGE_GPA_MASK;

	for (unsigned shift = 39; shift > 21; shift -= 9) {
		u64 e = load64(table + (va >> shift & 511) * sizeof(u64));

		if ((e & 1) == 0 || (e & BIT(7)) != 0)
			return NULL;
		table = e & TDX_PAGE_GPA_MASK & ~cvm.pte_shared;
	}
	return (u64 *)(uintptr_t)(table + (va >> 21 & 511) * sizeof(u64));
}

static void set_slot(u64 *slot, u64 entry, u64 va)
{
	*(volatile u64 *)slot = entry;
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

void tdx_access_beyond(void)
{
	u64 beyond = cvm.pte_shared << 1, entry, value = 0, *slot;
	struct range r;
	struct fault f;

	if ((beyond & TDX_PAGE_GPA_MASK) == 0) {
		check_skip("GPAW is all that page tables can address");
		return;
	}
	if (!block_get(&r))
		return;
	slot = block_slot(r.base);
	if (slot == NULL || (*slot & BIT(7)) == 0) {
		check_skip("the block is not mapped as one");
		block_put(r);
		return;
	}
	entry = *slot;
	set_slot(slot, entry | beyond, r.base);
	f = try_load(r.base, 8, &value);
	set_slot(slot, entry, r.base);
	check_note("address bit 0x%llx", (unsigned long long)beyond);
	if (f.class == FAULT_NONE)
		check_fail("load beyond GPAW", "#PF", "it completed, value 0x%llx",
			   (unsigned long long)value);
	else if (expect_eq("the vector of a load beyond GPAW", f.syndrome >> 32, VECTOR_PF) &&
		 expect_eq("the reserved bit of its error code", f.syndrome & PF_RESERVED,
			   PF_RESERVED))
		expect_eq("CR2", f.address, r.base);
	block_put(r);
}

/* Terminal, both of them: the CPU that touches the page is never seen again. */
static void never_completes(const char *asked, u64 address)
{
	u64 value = 0;
	struct fault f = try_load(address, 8, &value);

	check_fail(asked, "it never completes", "%s, syndrome 0x%llx, value 0x%llx",
		   fault_name(f.class), (unsigned long long)f.syndrome, (unsigned long long)value);
}

void tdx_access_pending(void)
{
	struct range r;

	if (block_get(&r) && take_back(r, false))
		never_completes("load from a page that is not accepted", r.base);
}

void tdx_access_replaced(void)
{
	struct range r;
	u64 page;

	if (!coop_needs(COOP_REMAP) || !block_get(&r))
		return;
	page = r.base + REPLACED_PAGE * PAGE_SIZE;
	mark_pages(r);
	if (expect_true("the host to replace a page", coop_do(COOP_REMAP, page, 0), "done"))
		never_completes("load from a page the host replaced", page);
}
