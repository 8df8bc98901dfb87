/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one way out: a hypercall with every register the function does not define as zero. pKVM
 * refuses other values there, and upstream the host reads what stands in them.
 */
#include "internal.h"
#include "mmu.h"
#include "print.h"
#include "smccc.h"

struct pkvm_info pkvm_info;

/* What EL2 did for us, in granules; the host counts the same. */
static struct pkvm_counters counters;

static void add(u64 *counter, u64 n)
{
	/* With the MMU off there is one CPU, and exclusive accesses may not work. */
	if (mmu_is_on())
		__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
	else
		*counter += n;
}

/* x2: the granules that were asked for; 0 or no range form: one. */
static u64 granules_done(u64 x2, const struct pkvm_result *r)
{
	return pkvm_info.ranges && x2 > 1 ? MIN(r->x1, x2) : 1;
}

static void count(u32 fid, u64 x2, const struct pkvm_result *r)
{
	if (r->x0 != PKVM_SUCCESS)
		return;
	if (fid == PKVM_MEM_SHARE)
		add(&counters.shared, granules_done(x2, r));
	else if (fid == PKVM_MEM_UNSHARE)
		add(&counters.unshared, granules_done(x2, r));
	else if (fid == PKVM_MMIO_GUARD)
		add(&counters.guarded, 1);
	else if (fid == PKVM_MMIO_RGUARD_MAP)
		add(&counters.guarded, MIN(r->x1, x2));
}

struct pkvm_result pkvm_call(u32 fid, u64 x1, u64 x2, u64 x3)
{
	struct smccc_regs r = { .x = { fid, x1, x2, x3 } };
	struct pkvm_result result;

	smccc_hvc(&r);
	result = (struct pkvm_result){ (s64)r.x[0], r.x[1], r.x[2], r.x[3] };
	count(fid, x2, &result);
	return result;
}

/* Functions 64 to 127 are none of ours; a mask that folds them onto others would call the wrong
 * one. */
bool pkvm_has(u32 fid)
{
	u32 n = fid & 0xffff;

	return n < 64 && (pkvm_info.features & BIT(n)) != 0;
}

struct pkvm_counters pkvm_counters_get(void)
{
	return (struct pkvm_counters){
		__atomic_load_n(&counters.shared, __ATOMIC_RELAXED),
		__atomic_load_n(&counters.unshared, __ATOMIC_RELAXED),
		__atomic_load_n(&counters.guarded, __ATOMIC_RELAXED),
	};
}

void pkvm_print_counters(void)
{
	struct pkvm_counters c = pkvm_counters_get();

	print("# counters: shares=%llu unshares=%llu guards=%llu\n", (unsigned long long)c.shared,
	      (unsigned long long)c.unshared, (unsigned long long)c.guarded);
}
