/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sharing and taking back, in place and by granules of the host's page size, which may be larger
 * than ours: a page cannot be shared without its neighbours in the granule. EL2 clears nothing in
 * either direction; mm/convert.c does. A page that has no memory yet is filled in behind the call,
 * unseen. There is no way to ask what state a page is in, so what failed half way stays as it is,
 * and the caller gives the whole range up.
 */
#include "internal.h"
#include "print.h"

/*
 * Shared and private have the same address, so there is nothing to look up: memory is ours alone
 * until a SHARE of ours changes that, and none came before the first question. Where the host gave
 * no memory, a touch gets a page that EL2 took from it; the content of one it filled before is the
 * loader's word, as everything in it is.
 */
enum status pkvm_is_private(struct range r)
{
	return ST_OK;
}

/* Nothing to ask: pages come when they are first touched. Only the bookkeeping. */
enum status pkvm_accept(struct range r, struct accept_stats *stats)
{
	enum status st = range_check(r, PAGE_SIZE, cvm.addr_limit);

	if (st == ST_OK)
		stats->bytes += r.size;
	return st;
}

/* A count we did not ask for would have us skip pages, or walk for ever. */
static enum status check_done(const char *call, u64 address, u64 done, u64 asked)
{
	if (done != 0 && done <= asked)
		return ST_OK;
	print("# pkvm: %s 0x%llx says %llu granules done, of %llu\n", call,
	      (unsigned long long)address, (unsigned long long)done, (unsigned long long)asked);
	return done == 0 ? ST_NO_PROGRESS : ST_PROTOCOL;
}

/* Ends: each call that goes well does at least one granule, the first that does not is the last. */
static enum status convert(u32 fid, const char *name, struct range r)
{
	u64 granule = pkvm_info.granule;
	enum status st = range_check(r, granule, cvm.addr_limit);

	while (st == ST_OK && r.size != 0) {
		u64 asked = pkvm_info.ranges ? r.size / granule : 0, done = 1;
		struct pkvm_result answer = pkvm_call(fid, r.base, asked, 0);

		if (answer.x0 != PKVM_SUCCESS)
			return pkvm_failed(name, r.base, answer.x0);
		if (pkvm_info.ranges) {
			done = answer.x1;
			st = check_done(name, r.base, done, asked);
		}
		if (st == ST_OK) {
			r.base += done * granule;
			r.size -= done * granule;
		}
	}
	return st;
}

enum status pkvm_share(struct range r)
{
	return convert(PKVM_MEM_SHARE, "MEM_SHARE", r);
}

enum status pkvm_unshare(struct range r)
{
	return convert(PKVM_MEM_UNSHARE, "MEM_UNSHARE", r);
}
