/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * #VE and the area its information waits in. The area holds one: a second #VE before the guest has
 * read the first would lose it, so it becomes a #DF.
 */
#include "tdx.h"

#define VECTOR_UD 6
#define VECTOR_DF 8
#define VECTOR_GP 13
#define RFLAGS_RF BIT(16)

void ve_inject(struct vcpu *v, const struct ve_info *info)
{
	struct tdvps *vp = tdvps(v);

	/* A fault while #DF is delivered: else a guest without a stack would take turns for ever.
	 */
	if ((v->reinject & EVENT_VALID) != 0 && EVENT_TYPE(v->reinject) == EVENT_EXCEPTION &&
	    EVENT_VECTOR(v->reinject) == VECTOR_DF)
		core_verdict("stuck", "vcpu %u: triple fault, rip 0x%llx", v->index,
			     (unsigned long long)v->vmcb->rip);
	if (V(vp->ve.valid)) {
		event_inject(v, EVENT_EXCEPTION, VECTOR_DF, true, 0);
		return;
	}
	vp->ve = *info;
	vp->ve.valid = true;
	counter_add("ve", 1);
	event_inject(v, EVENT_EXCEPTION, TDX_VE_VECTOR, false, 0);
}

void ve_instruction(struct vcpu *v, u32 reason, u64 qualification, unsigned length)
{
	struct ve_info info = {
		.reason = reason,
		.qualification = qualification,
		.length = length,
	};

	v->vmcb->rflags |= RFLAGS_RF;
	ve_inject(v, &info);
}

void inject_gp(struct vcpu *v)
{
	event_inject(v, EVENT_EXCEPTION, VECTOR_GP, true, 0);
}

void inject_ud(struct vcpu *v)
{
	event_inject(v, EVENT_EXCEPTION, VECTOR_UD, false, 0);
}
