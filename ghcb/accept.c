/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private and shared memory: page state changes by the host, PVALIDATE by us.
 *
 * Each page is validated exactly once while it is private. PVALIDATE that changes nothing (CF) on a
 * page of ours means that the host put another page in its place before: two pages for one address
 * are what a replay is made of. So CF is fatal, and so is a page that turns out not to be validated
 * (#VC 0x404, vc.c).
 */
#include "internal.h"
#include "print.h"
#include "psc.h"

static enum status psc_by_page(void *ctx, u8 buf[GHCB_BUFFER_SIZE], u64 *info2)
{
	struct ghcb_call c = { .set = GF(SCRATCH), .buffer = buf };
	enum status st;

	c.in = c.out = PSC_HEADER_SIZE + PSC_ENTRIES_MAX * sizeof(u64);
	c.value[GF_SCRATCH] = ghcb_buffer_gpa();
	st = ghcb_event(&c, GHCB_EXIT_PSC, 0, 0, 0, NULL);
	if (st == ST_OK && c.value[GF_INFO1] != 0)
		st = ST_PROTOCOL;
	*info2 = c.value[GF_INFO2];
	return st;
}

static enum status change_state(const struct psc_list *l, struct accept_stats *stats)
{
	u8 buf[GHCB_BUFFER_SIZE] = { 0 };
	struct psc_stats s = { 0 };
	enum status st = psc_run(l, buf, psc_by_page, NULL, &s);

	stats->exits += s.exits;
	stats->continuations += s.continuations;
	stats->retries += s.retries;
	if (st != ST_OK)
		print("# snp: page state change at 0x%llx: %s\n",
		      (unsigned long long)psc_range(l->entry[0]).base, status_text(st));
	return st;
}

static enum status judge(struct rmp_result r, u64 va, u32 op)
{
	if (r.eax == RMP_OK && !r.cf)
		return ST_OK;
	if (r.eax == RMP_FAIL_SIZEMISMATCH)
		return ST_INCOMPLETE;
	print("# snp: PVALIDATE 0x%llx operation %u: EAX %u CF %u\n", (unsigned long long)va, op,
	      r.eax, r.cf);
	return r.eax == RMP_OK ? ST_PROTOCOL : ST_INVALID;
}

/* Lines of the page the host wrote before may still be cached and would be what we read: one read
 * per page pushes them out (CVE-2025-38560). */
static void evict(struct range r)
{
	for (u64 page = r.base; snp_evict_cache && page < range_end(r); page += PAGE_SIZE) {
		(void)*(const volatile u8 *)(uintptr_t)page;
		(void)*(const volatile u8 *)(uintptr_t)(page + PAGE_SIZE - 1);
	}
}

static enum status validate_small(struct range r, u32 op, struct accept_stats *stats)
{
	enum status st = ST_OK;

	for (u64 page = r.base; page < range_end(r) && st == ST_OK; page += PAGE_SIZE) {
		st = judge(snp_pvalidate(page, RMP_4K, op), page, op);
		stats->calls++;
		stats->pages_4k += st == ST_OK;
	}
	return st == ST_INCOMPLETE ? ST_PROTOCOL : st; /* there is no smaller page */
}

static enum status validate_one(struct range r, u32 op, struct accept_stats *stats)
{
	enum status st;

	if (r.size != BLOCK_SIZE)
		return validate_small(r, op, stats);
	st = judge(snp_pvalidate(r.base, RMP_2M, op), r.base, op);
	stats->calls++;
	if (st == ST_OK)
		stats->pages_2m++;
	if (st != ST_INCOMPLETE)
		return st;
	stats->mismatches++;
	return validate_small(r, op, stats);
}

static enum status validate(const struct psc_list *l, u32 op, struct accept_stats *stats)
{
	for (unsigned i = 0; i < l->count; i++) {
		struct range r = psc_range(l->entry[i]);
		enum status st = validate_one(r, op, stats);

		if (st != ST_OK)
			return st;
		stats->bytes += r.size;
		if (op == PVALIDATE_VALIDATE)
			evict(r);
	}
	return ST_OK;
}

static enum status to_private(const struct psc_list *l, struct accept_stats *stats)
{
	enum status st = change_state(l, stats);

	return st == ST_OK ? validate(l, PVALIDATE_VALIDATE, stats) : st;
}

static enum status to_shared(const struct psc_list *l, struct accept_stats *stats)
{
	enum status st = validate(l, PVALIDATE_RESCIND, stats);

	return st == ST_OK ? change_state(l, stats) : st;
}

static enum status in_batches(struct range r, unsigned op, struct accept_stats *stats)
{
	enum status st = range_check(r, PAGE_SIZE, cvm.addr_limit);
	struct psc_list l;

	while (st == ST_OK && r.size != 0) {
		r = psc_fill(&l, r, op);
		st = op == PSC_OP_PRIVATE ? to_private(&l, stats) : to_shared(&l, stats);
	}
	return st;
}

enum status snp_accept(struct range r, struct accept_stats *stats)
{
	return in_batches(r, PSC_OP_PRIVATE, stats);
}

enum status snp_share(struct range r)
{
	struct accept_stats unused = { 0 };

	return in_batches(r, PSC_OP_SHARED, &unused);
}

enum status snp_unshare(struct range r)
{
	struct accept_stats unused = { 0 };

	return in_batches(r, PSC_OP_PRIVATE, &unused);
}
