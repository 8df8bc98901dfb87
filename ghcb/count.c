/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests the host counts, too: one that saw more or fewer than we made answered for us. */
#include "internal.h"
#include "print.h"

struct snp_counters ghcb_counters;

struct rmp_result snp_pvalidate(u64 va, u32 ecx, u32 edx)
{
	ghcb_count(&ghcb_counters.pvalidate);
	return insn_pvalidate(va, ecx, edx);
}

u32 snp_rmpadjust(u64 va, u32 ecx, u64 rdx)
{
	return insn_rmpadjust(va, ecx, rdx);
}

u64 snp_sev_status(void)
{
	return insn_sev_status();
}

struct snp_counters snp_counters(void)
{
	return (struct snp_counters){
		__atomic_load_n(&ghcb_counters.psc_exits, __ATOMIC_RELAXED),
		__atomic_load_n(&ghcb_counters.pvalidate, __ATOMIC_RELAXED),
		__atomic_load_n(&ghcb_counters.msr_psc, __ATOMIC_RELAXED),
		__atomic_load_n(&ghcb_counters.guest_requests, __ATOMIC_RELAXED),
	};
}

void snp_print_counters(void)
{
	struct snp_counters c = snp_counters();

	print("# counters: psc_exits=%llu pvalidate=%llu msr_psc=%llu guest_requests=%llu\n",
	      (unsigned long long)c.psc_exits, (unsigned long long)c.pvalidate,
	      (unsigned long long)c.msr_psc, (unsigned long long)c.guest_requests);
}
