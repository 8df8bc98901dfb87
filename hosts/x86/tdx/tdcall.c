/* SPDX-License-Identifier: BSD-2-Clause */
/* TDCALL: the checks every leaf shares, the small leaves, and the door to the VMM. */
#include <string.h>

#include "host.h"
#include "tdx.h"

#define TDCALL_LENGTH 4
#define RAX_LEAF(rax) ((unsigned)((rax)&0xffff))

static enum leaf_result done(struct vcpu *v, u64 status)
{
	v->reg[RAX] = status;
	return LEAF_DONE;
}

static struct vmcall exposed(const struct vcpu *v, u64 mask)
{
	struct vmcall c = { 0 };

	if (fault_on(FAULT_VMCALL_OUTSIDE_SEEN))
		mask |= TDVMCALL_R12;
	for (unsigned r = 0; r < 16; r++)
		if (mask & BIT(r))
			c.reg[r] = v->reg[r];
	return c;
}

static void to_vmm(struct vcpu *v, u64 mask)
{
	struct vmcall c = exposed(v, mask);

	host_tdvmcall(v, &c);
	if (fault_on(FAULT_VMCALL_OUTSIDE_CHANGED))
		mask |= TDVMCALL_R9;
	for (unsigned r = 0; r < 16; r++)
		if (mask & BIT(r))
			v->reg[r] = c.reg[r];
}

/*
 * TD exit and entry: the VMM gets the registers of the mask and may change those and no other. RIP
 * is behind the TDCALL already: the VMM may inject events before the guest goes on.
 */
static enum leaf_result vp_vmcall(struct vcpu *v)
{
	u64 mask = v->reg[RCX];

	if (V((mask & TDVMCALL_MASK_RESERVED) != 0) && !fault_on(FAULT_VMCALL_MASK)) {
		struct vmcall seen = exposed(v, mask);

		if (fault_on(FAULT_VMCALL_REFUSED_SEEN))
			host_tdvmcall(v, &seen);
		return done(v, OPERAND_INVALID(RCX));
	}
	if (V((mask & TDVMCALL_RBP) != 0 && (tdcs.config_flags & TDX_CONFIG_NO_RBP_MOD) != 0))
		return done(v, OPERAND_INVALID(RCX));
	skip_instruction(v, TDCALL_LENGTH);
	v->reg[RAX] = TDX_SUCCESS;
	to_vmm(v, mask);
	return LEAF_RESTART; /* RIP is where it must be */
}

static u64 gpaw_told(const struct vcpu *v)
{
	if (fault_on(FAULT_INFO_GPAW) && v->index != 0)
		return TDX_GPAW_48 + TDX_GPAW_52 - tdcs.gpaw;
	return tdcs.gpaw;
}

static u64 vcpus_told(const struct vcpu *v)
{
	static u32 calls[CORE_MAX_CPUS];
	bool more = fault_on(FAULT_INFO_CHANGES) && (calls[v->index]++ & 1) != 0;

	return tdcs.num_vcpus + more;
}

static enum leaf_result vp_info(struct vcpu *v)
{
	u64 vcpus_now = vcpus_told(v);

	v->reg[RCX] = gpaw_told(v);
	v->reg[RDX] = tdcs.attributes;
	v->reg[R8] = vcpus_now | vcpus_now << 32;
	v->reg[R9] = fault_on(FAULT_INFO_INDEX) ? 0 : v->index;
	v->reg[R10] = 0; /* TDG.SYS.RD is not offered */
	v->reg[R11] = fault_on(FAULT_INFO_RESERVED);
	if (fault_on(FAULT_CALL_CLOBBERS))
		v->reg[R12] = 0;
	return done(v, TDX_SUCCESS);
}

static enum leaf_result veinfo_get(struct vcpu *v)
{
	struct ve_info *ve = &tdvps(v)->ve;
	bool valid = ve->valid || fault_on(FAULT_VE_STALE);

	if (V(!valid))
		*ve = (struct ve_info){ 0 };
	v->reg[RCX] = ve->reason;
	v->reg[RDX] = ve->qualification;
	v->reg[R8] = ve->gla;
	v->reg[R9] = ve->gpa;
	v->reg[R10] = ve->length | (u64)ve->information << 32;
	ve->valid = false;
	return done(v, valid ? TDX_SUCCESS : STATUS(TDX_NO_VALID_VE_INFO, 0));
}

static enum leaf_result cpuidve_set(struct vcpu *v)
{
	if (V((v->reg[RCX] & ~MASK(1, 0)) != 0))
		return done(v, OPERAND_INVALID(RCX));
	if (fault_on(FAULT_CPUID_VE_IGNORED))
		return done(v, TDX_SUCCESS);
	tdvps(v)->cpuid_ve[0] = (v->reg[RCX] & BIT(0)) != 0;
	tdvps(v)->cpuid_ve[1] = (v->reg[RCX] & BIT(1)) != 0;
	return done(v, TDX_SUCCESS);
}

static enum leaf_result dispatch(struct vcpu *v, unsigned leaf, unsigned version)
{
	switch (leaf) {
	case TDG_VP_VMCALL:
		return vp_vmcall(v);
	case TDG_VP_INFO:
		return vp_info(v);
	case TDG_MR_RTMR_EXTEND:
		return tdg_rtmr_extend(v);
	case TDG_VP_VEINFO_GET:
		return veinfo_get(v);
	case TDG_MR_REPORT:
		return tdg_mr_report(v);
	case TDG_VP_CPUIDVE_SET:
		return cpuidve_set(v);
	case TDG_MEM_PAGE_ACCEPT:
		return tdg_page_accept(v);
	case TDG_VM_RD:
		return tdg_vm_rd(v, version);
	case TDG_VM_WR:
		return tdg_vm_wr(v);
	default:
		return done(v, fault_on(FAULT_CALL_UNKNOWN) ? TDX_SUCCESS : OPERAND_INVALID(RAX));
	}
}

void td_tdcall(struct vcpu *v)
{
	u64 rax = v->reg[RAX];
	unsigned version = (unsigned)FIELD(rax, 23, 16);
	enum leaf_result result;

	if (V(!insn_64bit(v))) {
		inject_gp(v);
		return;
	}
	if (V(v->vmcb->cpl != 0)) {
		inject_gp(v);
		return;
	}
	if (V((rax & TDG_RAX_RESERVED) != 0) && !fault_on(FAULT_CALL_RESERVED))
		result = done(v, OPERAND_INVALID(RAX));
	else if (V(version > (RAX_LEAF(rax) == TDG_VM_RD ? 1u : 0u)) &&
		 !fault_on(FAULT_CALL_VERSION))
		result = done(v, OPERAND_INVALID(RAX));
	else
		result = dispatch(v, RAX_LEAF(rax), version);
	if (result == LEAF_DONE)
		skip_instruction(v, TDCALL_LENGTH);
}
