/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSRs that hardware switches with the VMSA or that KVM lets a SEV-ES guest have: no exit on real
 * hosts. QEMU knows not all of them, so that every MSR exits here and these are carried out. All
 * others are #VC.
 */
#include "snp.h"

#define MSR_SPEC_CTRL      0x48
#define MSR_PRED_CMD       0x49
#define MSR_SYSENTER_CS    0x174
#define MSR_SYSENTER_ESP   0x175
#define MSR_SYSENTER_EIP   0x176
#define MSR_PAT            0x277
#define MSR_XSS            0xda0
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_SFMASK         0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX        0xc0000103

#define EFER_SCE           BIT(0)
#define EFER_LME           BIT(8)
#define EFER_LMA           BIT(10)
#define EFER_NXE           BIT(11)
#define EFER_SVME          BIT(12)
#define EFER_FFXSR         BIT(14)
#define EFER_GUEST         (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME | EFER_FFXSR)
#define CR0_PG             BIT(31)
#define CR4_LA57           BIT(12)

#ifdef NATIVE
static void machine_tsc_aux(u32 value)
{
	(void)value;
}
#else
/* TCG's VMRUN does not switch it: RDTSCP in the guest reads the machine's. */
static void machine_tsc_aux(u32 value)
{
	__asm__ volatile("wrmsr" ::"c"(MSR_TSC_AUX), "a"(value), "d"(0));
}
#endif

static bool canonical(const struct vcpu *v, u64 value)
{
	unsigned shift = (v->vmcb->cr4 & CR4_LA57) != 0 ? 7 : 16;

	return (u64)((s64)(value << shift) >> shift) == value;
}

/* The VMCB's field for MSRs that are one, and whether values must be canonical addresses. */
static bool field(struct vcpu *v, u32 msr, u64 *value, bool write, bool *address)
{
	struct vmcb *b = v->vmcb;

	*address = true;
#define CASE(number, member)                                                                       \
	case number:                                                                               \
		if (write)                                                                         \
			b->member = *value;                                                        \
		else                                                                               \
			*value = b->member;                                                        \
		return true
	switch (msr) {
		CASE(MSR_FS_BASE, fs.base);
		CASE(MSR_GS_BASE, gs.base);
		CASE(MSR_KERNEL_GS_BASE, kernel_gs_base);
		CASE(MSR_LSTAR, lstar);
		CASE(MSR_CSTAR, cstar);
		CASE(MSR_SYSENTER_ESP, sysenter_esp);
		CASE(MSR_SYSENTER_EIP, sysenter_eip);
	default:
		break;
	}
	*address = false;
	switch (msr) {
		CASE(MSR_STAR, star);
		CASE(MSR_SFMASK, sfmask);
		CASE(MSR_SYSENTER_CS, sysenter_cs);
		CASE(MSR_PAT, pat);
	default:
		return false;
	}
#undef CASE
}

static bool pat_valid(u64 pat)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned type = (pat >> (8 * i)) & 0xff;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

static bool write_efer(struct vcpu *v, u64 value)
{
	u64 now = v->vmcb->efer;

	if (V((value & ~(u64)EFER_GUEST) != 0))
		return false;
	if (V((v->vmcb->cr0 & CR0_PG) != 0 && ((value ^ now) & EFER_LME) != 0))
		return false;
	/* LMA is read-only; a SEV-ES guest always runs with SVME. */
	v->vmcb->efer = (value & ~(u64)EFER_LMA) | (now & EFER_LMA) | EFER_SVME;
	return true;
}

enum msr_answer { MSR_DONE, MSR_GP, MSR_NOT_OURS };

static enum msr_answer msr_read(struct vcpu *v, u32 msr, u64 *value)
{
	struct snp_vcpu *hw = snp_hw(v);
	bool address;

	if (field(v, msr, value, false, &address))
		return MSR_DONE;
	switch (msr) {
	case MSR_EFER:
		*value = v->vmcb->efer;
		return MSR_DONE;
	case MSR_TSC_AUX:
		*value = hw->tsc_aux;
		return MSR_DONE;
	case MSR_XSS:
		*value = 0;
		return MSR_DONE;
	case MSR_SPEC_CTRL:
		*value = hw->spec_ctrl;
		return MSR_DONE;
	case MSR_AMD_GHCB:
		*value = hw->ghcb_msr;
		return MSR_DONE;
	case MSR_AMD_SEV_STATUS:
		*value = SNP_SEV_STATUS;
		if (v->index != 0 && fault_on(FAULT_STATUS_DIFFERS))
			*value |= SEV_STATUS_DEBUG_SWAP;
		return MSR_DONE;
	case MSR_PRED_CMD:
		return MSR_GP;
	default:
		return MSR_NOT_OURS;
	}
}

static enum msr_answer msr_write(struct vcpu *v, u32 msr, u64 value)
{
	struct snp_vcpu *hw = snp_hw(v);
	bool address;
	u64 old;

	if (field(v, msr, &old, false, &address)) {
		if (V(address && !canonical(v, value)))
			return MSR_GP;
		if (V(msr == MSR_PAT && !pat_valid(value)))
			return MSR_GP;
		field(v, msr, &value, true, &address);
		return MSR_DONE;
	}
	switch (msr) {
	case MSR_EFER:
		return write_efer(v, value) ? MSR_DONE : MSR_GP;
	case MSR_TSC_AUX:
		hw->tsc_aux = (u32)value;
		machine_tsc_aux(hw->tsc_aux);
		return MSR_DONE;
	case MSR_XSS:
		if (V(value != 0))
			return MSR_GP;
		return MSR_DONE;
	case MSR_SPEC_CTRL:
		hw->spec_ctrl = value;
		return MSR_DONE;
	case MSR_PRED_CMD:
		return MSR_DONE;
	case MSR_AMD_GHCB:
		hw->ghcb_msr = value;
		return MSR_DONE;
	case MSR_AMD_SEV_STATUS:
		return MSR_GP;
	default:
		return MSR_NOT_OURS;
	}
}

bool snp_msr_exit(struct vcpu *v, bool write)
{
	u64 value = (u32)v->reg[RAX] | v->reg[RDX] << 32;
	u32 msr = (u32)v->reg[RCX];
	enum msr_answer a;

	if (msr == MSR_PAT && !write && fault_on(FAULT_VC_PAT))
		return false;
	a = write ? msr_write(v, msr, value) : msr_read(v, msr, &value);
	switch (a) {
	case MSR_NOT_OURS:
		return false;
	case MSR_GP:
		snp_inject_gp(v);
		return true;
	case MSR_DONE:
		break;
	}
	if (!write) {
		v->reg[RAX] = (u32)value;
		v->reg[RDX] = value >> 32;
	}
	skip_instruction(v, 2);
	return true;
}
