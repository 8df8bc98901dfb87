/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TDG.MEM.PAGE.ACCEPT: pages the host added become usable, and zero. Each page is accepted once in
 * its life as private memory. A page that is accepted already is not a convenience but the sign of
 * a host that mapped one page twice, and stops us.
 */
#include "internal.h"

static u64 accept_one(u64 gpa, unsigned level, struct accept_stats *stats)
{
	struct tdcall_regs r = { .rax = TDG_MEM_PAGE_ACCEPT, .rcx = gpa | level };
	u64 retries = 0, rax = tdcall_retry(&r, &retries);

	stats->calls += 1 + retries;
	stats->retries += retries;
	return rax;
}

static enum status accept_pages(struct range r, struct accept_stats *stats)
{
	for (u64 at = r.base; at < range_end(r); at += PAGE_SIZE) {
		u64 rax = accept_one(at, TDX_LEVEL_4K, stats);

		if (TDX_CODE(rax) != TDX_SUCCESS)
			return tdx_failed("TDG.MEM.PAGE.ACCEPT of 4 KiB", rax);
		stats->pages_4k++;
		stats->bytes += PAGE_SIZE;
	}
	return ST_OK;
}

static enum status accept_block(struct range r, struct accept_stats *stats)
{
	u64 rax = accept_one(r.base, TDX_LEVEL_2M, stats);

	if (tdx_status_of(rax)->action == TDX_SMALLER) {
		stats->mismatches++;
		return accept_pages(r, stats);
	}
	if (TDX_CODE(rax) != TDX_SUCCESS)
		return tdx_failed("TDG.MEM.PAGE.ACCEPT of 2 MiB", rax);
	stats->pages_2m++;
	stats->bytes += BLOCK_SIZE;
	return ST_OK;
}

/* No page asks the VMM for anything: stats->exits stays as it is. */
enum status tdx_accept(struct range r, struct accept_stats *stats)
{
	enum status st = range_check(r, PAGE_SIZE, tdx_shared_bit());
	u64 at = r.base, end;

	if (st != ST_OK)
		return st;
	for (end = range_end(r); at < end && st == ST_OK;) {
		if (is_aligned(at, BLOCK_SIZE) && end - at >= BLOCK_SIZE) {
			st = accept_block((struct range){ at, BLOCK_SIZE }, stats);
			at += BLOCK_SIZE;
		} else {
			st = accept_pages((struct range){ at, PAGE_SIZE }, stats);
			at += PAGE_SIZE;
		}
	}
	return st;
}
