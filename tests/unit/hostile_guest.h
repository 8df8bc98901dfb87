/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest for the hostile vmm: it makes one SMC or takes one abort, then an interrupt ends the
 * entry. */
#ifndef HOSTILE_GUEST_H
#define HOSTILE_GUEST_H

#include "hostile.h"

static u64 run_pa;
static struct rmi_rec_run *run;
static u64 guest_call[11];
static struct core_exit_info guest_exit;
static bool guest_done;
static void (*while_running)(void); /* what another CPU of the host does meanwhile */

static inline void guest_once(struct el1_state *g, struct core_exit_info *info)
{
	if (while_running != NULL)
		while_running();
	if (guest_done)
		return;
	guest_done = true;
	if (guest_exit.kind == CORE_EXIT_SYNC && ESR_EC(guest_exit.esr) == EC_SMC)
		memcpy(g->x, guest_call, sizeof(guest_call));
	*info = guest_exit;
}

static inline u64 enter(u64 rec)
{
	u64 status = rmi(RMI_REC_ENTER, rec, run_pa, 0, 0, 0);

	memset(&run->enter, 0, sizeof(run->enter));
	return status;
}

static inline void guest_exits(u64 rec, u64 esr, u64 ipa)
{
	guest_exit = (struct core_exit_info){ CORE_EXIT_SYNC, esr, ipa, ipa >> 12 << 4 };
	guest_done = false;
	fake_guest = guest_once;
	assert_int_equal(enter(rec), RMI_SUCCESS);
}

/* X0 of the guest afterwards: the result, unless the host is needed first. */
static inline u64 guest_smc(u64 rec, u64 fid, u64 a1, u64 a2, u64 a3, u64 a4)
{
	const u64 regs[11] = { fid, a1, a2, a3, a4 };

	memcpy(guest_call, regs, sizeof(guest_call));
	guest_exits(rec, (u64)EC_SMC << 26 | ESR_IL, 0);
	return rec_of(rec)->cpu.el1.x[0];
}

/* The zoo with its realm ACTIVE and a second REC, off. */
static u64 rec2;

static inline int active_setup(void **state)
{
	(void)state;
	zoo_init();
	while_running = NULL;
	rec2 = rec_new(RD, 1, false, 0);
	assert_int_not_equal(rec2, 0);
	run_pa = ns_page();
	run = pa_to_ptr(run_pa);
	ACCEPTED(RMI_REALM_ACTIVATE, RD);
	return 0;
}

#endif
