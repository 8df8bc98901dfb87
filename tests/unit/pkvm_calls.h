/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest on fake_pkvm.h that makes one call per entry; what it and its host see then. */
#ifndef PKVM_CALLS_H
#define PKVM_CALLS_H

#include "fake_pkvm.h"

static struct rmi_rec_run run_page;
static u64 next_call[4];
static bool called;

static inline enum pkvm_run enter(unsigned cpu)
{
	enum pkvm_run ran = pkvm_vcpu_run(cpu, &run_page);

	memset(&run_page.enter, 0, sizeof(run_page.enter));
	return ran;
}

/* One HVC; an interrupt ends the entry unless the call needs the host. */
static inline void guest_hvc(struct el1_state *g, struct core_exit_info *info)
{
	if (called)
		return;
	called = true;
	memcpy(g->x, next_call, sizeof(next_call));
	g->pc += 4;
	*info = (struct core_exit_info){ CORE_EXIT_SYNC, (u64)EC_HVC << 26 | ESR_IL, 0, 0 };
}

static inline u64 reg_of(unsigned cpu, unsigned n)
{
	return hyp_vm.vcpus[cpu].cpu.el1.x[n];
}

static inline u64 reg(unsigned n)
{
	return reg_of(0, n);
}

static inline s64 hvc_on(unsigned cpu, u64 fid, u64 a1, u64 a2, u64 a3)
{
	next_call[0] = fid;
	next_call[1] = a1;
	next_call[2] = a2;
	next_call[3] = a3;
	called = false;
	fake_guest = guest_hvc;
	if (enter(cpu) != PKVM_RAN)
		abort();
	return (s64)reg_of(cpu, 0);
}

static inline s64 hvc(u64 fid, u64 a1, u64 a2, u64 a3)
{
	return hvc_on(0, fid, a1, a2, a3);
}

/* The guest runs on where it stands: at the HVC, if that was rewound. */
static inline s64 hvc_again(void)
{
	return hvc(reg(0), reg(1), reg(2), reg(3));
}

static inline u64 exit_reason(void)
{
	return run_page.exit.exit_reason;
}

#endif
