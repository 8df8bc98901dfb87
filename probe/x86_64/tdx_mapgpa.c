/* SPDX-License-Identifier: BSD-2-Clause */
/* MapGPA: what a host must refuse, and that it gets to the end. */
#include "mm.h"
#include "tdx_check.h"

#define LARGE_BLOCKS 17    /* more than hosts do in one go */
#define STALLS_MAX   100   /* RETRY that names the same address again, in a row */
#define TURNS_MAX    20000 /* a host that goes on by single pages needs 8704 */

/* A private block whose first page holds a word of its own; refused requests about it must leave it
 * so. What a host did all the same is undone. */
static struct range block;

static u64 marked_page(void)
{
	if (!block_get(&block))
		return 0;
	store64(block.base, ~block.base);
	return block.base;
}

static void unmark(void)
{
	if (!check_failed())
		expect_eq("the private page afterwards", load64(block.base), ~block.base);
	td_put(block);
}

void tdx_mapgpa_align(void)
{
	static const struct {
		u64 offset, size;
	} cases[] = { { 8, PAGE_SIZE }, { 0x800, PAGE_SIZE }, { 0, PAGE_SIZE + 8 }, { 0, 0x800 } };
	u64 page = marked_page(), at;

	if (page == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cases) && !check_failed(); i++) {
		u64 gpa = (page + cases[i].offset) | tdx_shared_bit();

		check_note("offset 0x%llx, size 0x%llx", (unsigned long long)cases[i].offset,
			   (unsigned long long)cases[i].size);
		if (expect_eq("MapGPA of a misaligned range",
			      tdvmcall_map_gpa(gpa, cases[i].size, &at), TDVMCALL_ALIGN_ERROR))
			expect_eq("R11 of it", at, gpa);
	}
	unmark();
}

void tdx_mapgpa_wrap(void)
{
	u64 page = marked_page(), at;

	if (page == 0)
		return;
	if (expect_eq("MapGPA of size 0", tdvmcall_map_gpa(page | tdx_shared_bit(), 0, &at),
		      TDVMCALL_INVALID_OPERAND) &&
	    expect_eq("MapGPA that ends at 2^64",
		      tdvmcall_map_gpa(page | tdx_shared_bit(), 0 - (page | tdx_shared_bit()), &at),
		      TDVMCALL_INVALID_OPERAND))
		if (expect_eq("MapGPA that wraps by one page",
			      tdvmcall_map_gpa(page, 0 - (u64)PAGE_SIZE, &at),
			      TDVMCALL_INVALID_OPERAND))
			expect_eq("MapGPA beyond all physical addresses",
				  tdvmcall_map_gpa(page | BIT(52), PAGE_SIZE, &at),
				  TDVMCALL_INVALID_OPERAND);
	unmark();
}

void tdx_mapgpa_halves(void)
{
	u64 page = marked_page(), bit = tdx_shared_bit(), at;

	if (page == 0)
		return;
	if (expect_eq("MapGPA across the shared bit",
		      tdvmcall_map_gpa(bit - PAGE_SIZE, 2 * PAGE_SIZE, &at),
		      TDVMCALL_INVALID_OPERAND))
		expect_eq("MapGPA from memory to beyond the shared bit",
			  tdvmcall_map_gpa(page, bit, &at), TDVMCALL_INVALID_OPERAND);
	unmark();
}

/* One request from end to end, as a guest must: every answer inside the range. */
static bool complete(u64 base, u64 size)
{
	unsigned stalls = 0, turns = 0;
	u64 at = base, end = base + size;

	for (;;) {
		u64 next = 0, r10 = tdvmcall_map_gpa(at, end - at, &next);

		if (r10 == TDVMCALL_SUCCESS)
			break;
		if (!expect_eq("MapGPA", r10, TDVMCALL_RETRY) ||
		    !expect_true("R11 of RETRY",
				 next >= at && next < end && is_aligned(next, PAGE_SIZE),
				 "a page between start and end of the request"))
			return false;
		stalls = next == at ? stalls + 1 : 0;
		if (stalls > STALLS_MAX || ++turns > TURNS_MAX) {
			check_fail("MapGPA of 34 MiB", "complete within a bound",
				   "%u requests, %u without progress", turns, stalls);
			return false;
		}
		at = next;
	}
	check_note("%u times RETRY", turns);
	return true;
}

void tdx_mapgpa_progress(void)
{
	struct range r = { 0, LARGE_BLOCKS * BLOCK_SIZE };

	r.base = pages_alloc(r.size / PAGE_SIZE, BLOCK_SIZE);
	if (r.base == 0) {
		check_skip("no 34 MiB of free memory in a row");
		return;
	}
	if (expect_eq("unmapping the test blocks", mmu_unmap(r), ST_OK) &&
	    complete(r.base | tdx_shared_bit(), r.size))
		complete(r.base, r.size);
	td_put(r);
}
