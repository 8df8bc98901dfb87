/* SPDX-License-Identifier: BSD-2-Clause */
/* TDG.MEM.PAGE.ACCEPT: the one way a page the host added becomes usable, and becomes zero. */
#include "host.h"
#include "tdx.h"

/* Every ACCEPT that completes counts, whatever its status; the guest counts the same. */
static enum leaf_result done(struct vcpu *v, u64 status)
{
	counter_add("accepts", 1);
	v->reg[RAX] = status;
	return LEAF_DONE;
}

/* What the walk found is not for the guest to repair: the VMM gets an EPT violation of type ACCEPT,
 * and the TDCALL is executed again. */
static enum leaf_result td_exit_accept(struct vcpu *v, u64 gpa, unsigned level)
{
	host_private_fault(v, gpa, (int)level);
	return LEAF_RESTART;
}

/* gpa lies in a leaf of this level that the guest has. */
static enum leaf_result already(struct vcpu *v, u64 gpa, unsigned level)
{
	if (fault_on(FAULT_ACCEPT_AGAIN)) {
		sept_accept(align_down(gpa, level == TDX_LEVEL_2M ? BLOCK_SIZE : PAGE_SIZE), level);
		return done(v, TDX_SUCCESS);
	}
	return done(
	    v, STATUS(TDX_PAGE_ALREADY_ACCEPTED, fault_on(FAULT_ACCEPT_AGAIN_LEVEL) ? 0 : level));
}

enum leaf_result tdg_page_accept(struct vcpu *v)
{
	u64 rcx = v->reg[RCX], gpa = rcx & TDX_PAGE_GPA_MASK;
	unsigned level = (unsigned)(rcx & TDX_LEVEL_MASK);
	struct sept_walk w;

	if (fault_on(FAULT_ACCEPT_LEVEL))
		level = MIN(level, TDX_LEVEL_2M);
	if (fault_on(FAULT_ACCEPT_ALIGN) && level == TDX_LEVEL_2M)
		gpa = align_down(gpa, BLOCK_SIZE);
	if (fault_on(FAULT_ACCEPT_SHARED))
		gpa &= ~shared_bit();
	if (V(level > TDX_LEVEL_2M))
		return done(v, OPERAND_INVALID(RCX));
	if (V((rcx & ~(TDX_PAGE_GPA_MASK | TDX_LEVEL_MASK)) != 0) &&
	    !fault_on(FAULT_ACCEPT_RESERVED))
		return done(v, OPERAND_INVALID(RCX));
	if (V(level == TDX_LEVEL_2M && !is_aligned(gpa, BLOCK_SIZE)))
		return done(v, OPERAND_INVALID(RCX));
	if (V((gpa & shared_bit()) != 0))
		return done(v, OPERAND_INVALID(RCX));
	if (V((gpa >> tdcs.gpaw) != 0))
		return done(v, OPERAND_INVALID(RCX));
	if (V(!sept_walk(gpa, &w)))
		td_stop(v, "accept where no memory is", gpa);
	if (V(w.level > level && w.state == SEPT_MAPPED))
		return already(v, gpa, w.level);
	if (V(w.level > level))
		return td_exit_accept(v, gpa, level);
	if (V(w.level < level)) {
		counter_add("accept_mismatch", 1);
		if (fault_on(FAULT_ACCEPT_MISMATCH))
			return done(v, OPERAND_INVALID(RCX));
		return done(v, STATUS(TDX_PAGE_SIZE_MISMATCH,
				      fault_on(FAULT_ACCEPT_MISMATCH_LEVEL) ? 0 : level));
	}
	if (V(w.state == SEPT_MAPPED))
		return already(v, gpa, level);
	if (V(w.state != SEPT_PENDING))
		return td_exit_accept(v, gpa, level);
	sept_accept(gpa, level);
	return done(v, TDX_SUCCESS);
}
