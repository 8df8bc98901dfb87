/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID: leaves the module answers itself, from the CPU and this TD's configuration, and those that
 * are the VMM's, which end in a #VE. The CPU is the machine's, dressed as the one TDX exists on.
 */
#include "tdx.h"
#include "vmm/vmm.h"

#define MAX_BASIC     0x23u
#define MAX_EXTENDED  0x80000008u
#define SIGNATURE     0x000806f8u /* Sapphire Rapids */

#define L1_ECX_ABSENT (BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(15) | BIT(24))
#define L1_ECX_SET    (BIT(21) | BIT(31))                   /* x2APIC, hypervisor */
#define L1_EDX_SET    (BIT(7) | BIT(9) | BIT(12) | BIT(14)) /* MCE, APIC, MTRR, MCA */
#define L7_EBX_ABSENT (BIT(2) | BIT(4) | BIT(11) | BIT(12) | BIT(14) | BIT(15))
#define L7_EBX_SET    BIT(1) /* TSC_ADJUST */
#define L7_ECX_ABSENT (BIT(5) | BIT(7) | BIT(13) | BIT(23) | BIT(30) | BIT(31))
#define X1_ECX_KEPT   (BIT(0) | BIT(5) | BIT(8))
#define X1_EDX_KEPT   (BIT(20) | BIT(26) | BIT(27) | BIT(29))
#define X1_SYSCALL    BIT(11)

u32 td_cpuid_signature(void)
{
	return SIGNATURE;
}

/* Is the leaf in the module's table? In range, but not in it: the VMM's. */
static bool emulated(u32 leaf)
{
	switch (leaf) {
	case 0:
	case 1:
	case 3 ... 5:
	case 7:
	case 8:
	case 0xa:
	case 0xd:
	case 0xe:
	case 0x11 ... 0x15:
	case 0x19:
	case 0x1c ... 0x1e:
	case 0x20 ... 0x23:
	case 0x80000000:
	case 0x80000001:
	case 0x80000007:
	case 0x80000008:
		return true;
	default:
		return false;
	}
}

static void set(u32 out[4], u32 a, u32 b, u32 c, u32 d)
{
	out[0] = a;
	out[1] = b;
	out[2] = c;
	out[3] = d;
}

static void leaf_1(struct vcpu *v, u32 out[4])
{
	out[0] = SIGNATURE;
	out[1] = (out[1] & 0x00ffffff) | v->index << 24;
	out[2] = (out[2] & ~(u32)L1_ECX_ABSENT) | L1_ECX_SET;
	if (fault_on(FAULT_CPUID_HIDDEN))
		out[2] &= ~(u32)BIT(31);
	out[3] |= L1_EDX_SET;
	out[2] &= ~(u32)BIT(27);
	if (v->vmcb->cr4 & BIT(18))
		out[2] |= BIT(27); /* OSXSAVE */
}

static void leaf_7(struct vcpu *v, u32 subleaf, u32 out[4])
{
	if (subleaf != 0) {
		set(out, 0, 0, 0, 0);
		return;
	}
	out[0] = 0;
	out[1] = (out[1] & ~(u32)L7_EBX_ABSENT) | L7_EBX_SET;
	out[2] &= ~(u32)(L7_ECX_ABSENT | BIT(4));
	if (v->vmcb->cr4 & BIT(22))
		out[2] |= BIT(4); /* OSPKE */
	out[3] &= ~(u32)BIT(20);  /* CET: not in XFAM */
	out[3] |= BIT(29);        /* ARCH_CAPABILITIES (msr.c) */
}

static void leaf_d(u32 subleaf, u32 out[4])
{
	if (subleaf == 0) {
		out[0] = (u32)tdcs.xfam;
		out[3] = 0;
	} else if (subleaf == 1) {
		out[0] &= BIT(0); /* XSAVEOPT; the machine has no XSAVEC or XSAVES */
		out[2] = 0;
		out[3] = 0;
	} else if (subleaf > 62 || (tdcs.xfam & BIT(subleaf)) == 0) {
		set(out, 0, 0, 0, 0);
	}
}

static void extended(struct vcpu *v, u32 leaf, u32 out[4])
{
	switch (leaf) {
	case 0x80000000:
		set(out, MAX_EXTENDED, 0, 0, 0);
		break;
	case 0x80000001:
		set(out, 0, 0, out[2] & X1_ECX_KEPT,
		    (out[3] & X1_EDX_KEPT) | (insn_64bit(v) ? X1_SYSCALL : 0));
		break;
	case 0x80000007:
		set(out, 0, 0, 0, BIT(8)); /* invariant TSC */
		break;
	default: /* 0x80000008: 52 bits whatever GPAW is, so that the shared bit is legal */
		set(out, (fault_on(FAULT_CPUID_NARROW) ? tdcs.gpaw - 1 : 52) | (out[0] & 0xff00), 0,
		    0, 0);
	}
}

bool td_cpuid_leaf(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	if (leaf >= 0x40000000 && leaf <= 0x4fffffff) {
		set(out, 0, 0, 0, 0);
		return fault_on(FAULT_CPUID_HYPERVISOR);
	}
	if ((leaf > MAX_BASIC && leaf < 0x80000000) || leaf > MAX_EXTENDED) {
		leaf = MAX_BASIC;
		subleaf = 0;
	}
	if (V(!emulated(leaf)))
		return false;
	if (leaf == TDX_CPUID_LEAF && v->index != 0 && fault_on(FAULT_CPUID_IDENTITY))
		return false;
	vmm_cpuid(v, leaf, subleaf, out);
	switch (leaf) {
	case 0:
		set(out, MAX_BASIC, 0x756e6547, 0x6c65746e, 0x49656e69); /* GenuineIntel */
		break;
	case 1:
		leaf_1(v, out);
		break;
	case 4: /* cache parameters as the CPU has them; sub-leaves 0..4 */
		if (subleaf > 4)
			set(out, 0, 0, 0, 0);
		break;
	case 7:
		leaf_7(v, subleaf, out);
		break;
	case 0xd:
		leaf_d(subleaf, out);
		break;
	case 0x15:
		set(out, 1, (u32)((core_tsc_hz + TD_CRYSTAL_HZ / 2) / TD_CRYSTAL_HZ), TD_CRYSTAL_HZ,
		    0);
		break;
	case TDX_CPUID_LEAF:
		if (subleaf == 0)
			set(out, 0, TDX_CPUID_EBX, TDX_CPUID_ECX, TDX_CPUID_EDX);
		else
			set(out, 0, 0, 0, 0);
		break;
	case 0x80000000 ... 0x80000008:
		extended(v, leaf, out);
		break;
	default:
		set(out, 0, 0, 0, 0);
	}
	return true;
}

void td_cpuid(struct vcpu *v, unsigned length)
{
	u32 out[4];

	if (tdvps(v)->cpuid_ve[v->vmcb->cpl != 0] ||
	    !td_cpuid_leaf(v, (u32)v->reg[RAX], (u32)v->reg[RCX], out)) {
		ve_instruction(v, TDX_VE_CPUID, 0, length);
		return;
	}
	v->reg[RAX] = out[0];
	v->reg[RBX] = out[1];
	v->reg[RCX] = out[2];
	v->reg[RDX] = out[3];
	skip_instruction(v, length);
}
