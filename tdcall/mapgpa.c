/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MapGPA (GHCI): asks the host to convert. It is only a request; what makes memory private again is
 * that we accept it. The host may do a part and name the address to go on at, which must lie in
 * what was asked for, or it would have us leave a hole or walk for ever.
 */
#include "internal.h"
#include "print.h"

static enum status check_retry(u64 at, u64 end, u64 next)
{
	if (next >= at && next < end && is_aligned(next, PAGE_SIZE))
		return ST_OK;
	print("# tdx: MapGPA of 0x%llx to 0x%llx is to go on at 0x%llx\n", (unsigned long long)at,
	      (unsigned long long)end, (unsigned long long)next);
	return ST_PROTOCOL;
}

enum status tdx_map_gpa(u64 base, u64 size)
{
	unsigned in_row = 0, total = 0;
	u64 at = base, end = base + size;

	for (;;) {
		u64 next, r10 = tdvmcall_map_gpa(at, end - at, &next);
		enum status st;

		if (r10 == TDVMCALL_SUCCESS)
			return ST_OK;
		if (r10 != TDVMCALL_RETRY)
			return tdvmcall_failed("MapGPA", r10);
		st = check_retry(at, end, next);
		if (st != ST_OK)
			return st;
		in_row = next == at ? in_row + 1 : 0;
		total += next == at;
		if (in_row > MAPGPA_STALLS_MAX || total > MAPGPA_STALLS_TOTAL_MAX)
			return ST_NO_PROGRESS;
		at = next;
	}
}

enum status tdx_share(struct range r)
{
	enum status st = range_check(r, PAGE_SIZE, tdx_shared_bit());

	return st == ST_OK ? tdx_map_gpa(r.base | tdx_shared_bit(), r.size) : st;
}

enum status tdx_unshare(struct range r)
{
	struct accept_stats unused = { 0 };
	enum status st = range_check(r, PAGE_SIZE, tdx_shared_bit());

	if (st == ST_OK)
		st = tdx_map_gpa(r.base, r.size);
	return st == ST_OK ? tdx_accept(r, &unused) : st;
}
