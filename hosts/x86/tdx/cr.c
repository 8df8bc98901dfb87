/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CR0, CR4 and XCR0 of a TD. First what no CPU accepts (#GP), then what this TD's configuration
 * forbids (#GP), then what VMX holds fixed and the guest is told about by #VE.
 */
#include "tdx.h"

#define CR0_PE       BIT(0)
#define CR0_ET       BIT(4)
#define CR0_NE       BIT(5)
#define CR0_NW       BIT(29)
#define CR0_CD       BIT(30)
#define CR0_PG       BIT(31)
#define CR0_IGNORED  (MASK(28, 19) | BIT(17) | MASK(15, 6))
#define CR4_PAE      BIT(5)
#define CR4_MCE      BIT(6)
#define CR4_UMIP     BIT(11)
#define CR4_LA57     BIT(12)
#define CR4_VMXE     BIT(13)
#define CR4_SMXE     BIT(14)
#define CR4_FSGSBASE BIT(16)
#define CR4_PCIDE    BIT(17)
#define CR4_OSXSAVE  BIT(18)
#define CR4_SMEP     BIT(20)
#define CR4_SMAP     BIT(21)
#define CR4_PKE      BIT(22)
#define CR4_ALWAYS   (MASK(10, 0) | CR4_VMXE | CR4_SMXE)
#define CR8_TPR      MASK(3, 0)
#define EFER_LME     BIT(8)
#define EFER_LMA     BIT(10)
#define XFAM_PKRU    BIT(9)
#define XCR0_X87     BIT(0)
#define XCR0_SSE     BIT(1)
#define XCR0_AVX     BIT(2)
#define XCR0_AVX512  MASK(7, 5)

/* CET, PKS, key locker and UINTR are not offered to a TD of this host: unknown bits. */
static u64 cr4_supported(struct vcpu *v)
{
	u32 one[4], seven[4];
	u64 s = CR4_ALWAYS;

	td_cpuid_leaf(v, 1, 0, one);
	td_cpuid_leaf(v, 7, 0, seven);
	s |= one[2] & BIT(17) ? CR4_PCIDE : 0;
	s |= one[2] & BIT(26) ? CR4_OSXSAVE : 0;
	s |= seven[1] & BIT(0) ? CR4_FSGSBASE : 0;
	s |= seven[1] & BIT(7) ? CR4_SMEP : 0;
	s |= seven[1] & BIT(20) ? CR4_SMAP : 0;
	s |= seven[2] & BIT(2) ? CR4_UMIP : 0;
	s |= seven[2] & BIT(3) ? CR4_PKE : 0;
	s |= seven[2] & BIT(16) ? CR4_LA57 : 0;
	return s;
}

static bool cr0_illegal(struct vcpu *v, u64 value)
{
	bool was_paging = (v->vmcb->cr0 & CR0_PG) != 0, paging = (value & CR0_PG) != 0;
	bool cs_long = (v->vmcb->cs.attributes & BIT(9)) != 0;
	bool on = paging && !was_paging, off = !paging && was_paging;

	if (V((value >> 32) != 0))
		return true;
	if (V((value & CR0_NE) == 0) && !fault_on(FAULT_CR_NE))
		return true;
	if (V(paging && (value & CR0_PE) == 0))
		return true;
	if (V((value & CR0_NW) != 0 && (value & CR0_CD) == 0))
		return true;
	/* EFER.LME is always set: paging is long mode. */
	if (V(on && (v->vmcb->cr4 & CR4_PAE) == 0))
		return true;
	if (V(on && cs_long))
		return true;
	if (V(off && (v->vmcb->efer & EFER_LMA) != 0 && cs_long))
		return true;
	if (V(off && (v->vmcb->cr4 & CR4_PCIDE) != 0))
		return true;
	return false;
}

static bool cr4_illegal(struct vcpu *v, u64 value)
{
	u64 changed = value ^ v->vmcb->cr4;
	bool lma = (v->vmcb->efer & EFER_LMA) != 0;

	if (V((value & ~cr4_supported(v)) != 0))
		return true;
	if (V(lma && (changed & (CR4_PAE | CR4_LA57)) != 0))
		return true;
	if (V((changed & value & CR4_PCIDE) != 0 && !lma))
		return true;
	if (V((changed & value & CR4_PCIDE) != 0 && (v->vmcb->cr3 & 0xfff) != 0))
		return true;
	if (V((value & CR4_PKE) != 0 && (tdcs.xfam & XFAM_PKRU) == 0))
		return true;
	return false;
}

/* VMX holds these as they are. */
static bool cr0_fixed(u64 value)
{
	if (V((value & CR0_PE) == 0))
		return true;
	if (V((value & (CR0_NW | CR0_CD)) != 0))
		return true;
	return false;
}

static bool cr4_fixed(u64 value)
{
	if (V((value & CR4_MCE) == 0) && !fault_on(FAULT_CR_MCE))
		return true;
	if (V((value & CR4_VMXE) != 0))
		return true;
	if (V((value & CR4_SMXE) != 0))
		return true;
	return false;
}

/* Exit qualification of a control-register access. */
static u64 cr_qualification(struct vcpu *v, unsigned cr)
{
	struct insn i;
	u8 op, modrm;

	insn_fetch(v, &i);
	if (i.opcode + 3 > i.n)
		return cr;
	op = i.b[i.opcode + 1];
	modrm = i.b[i.opcode + 2];
	if (op == 0x06)
		return cr | 2u << 4; /* CLTS */
	if (op == 0x01)
		return cr | 3u << 4 | (modrm >> 6 != 3 ? BIT(6) : 0); /* LMSW */
	return cr | (u64)((modrm & 7) | (i.rex & 1 ? 8 : 0)) << 8;
}

/*
 * EFER.LME is 1 for a TD's whole life, but stands in the VMCB only while paging is on: at an exit
 * of a guest with LME and without PAE, QEMU 7.2 forgets to turn the monitor's own paging on again.
 */
static void set(struct vcpu *v, unsigned cr, u64 value)
{
	if (cr == 0 && (value & CR0_PG) != 0)
		v->vmcb->efer |= EFER_LME;
	cr_set(v, cr, value);
	if (cr == 0 && (value & CR0_PG) == 0)
		v->vmcb->efer &= ~EFER_LME;
}

void td_cr_write(struct vcpu *v, unsigned cr)
{
	unsigned length = 0;
	u64 value = 0;
	enum status st = cr_decode_write(v, cr, &value, &length);
	bool fixed;

	/* ST_DENIED judges the value as a plain CPU would; a TD has its own rules below. */
	if (st != ST_OK && st != ST_DENIED) {
		inject_ud(v); /* the code was changed under the CPU */
		return;
	}
	if (cr == 0) {
		if (cr0_illegal(v, value)) {
			inject_gp(v);
			return;
		}
		fixed = cr0_fixed(value);
		value = (value & ~CR0_IGNORED) | CR0_ET;
	} else {
		if (cr4_illegal(v, value)) {
			inject_gp(v);
			return;
		}
		fixed = cr4_fixed(value);
	}
	if (fixed) {
		ve_instruction(v, TDX_VE_CR_ACCESS, cr_qualification(v, cr), length);
		return;
	}
	set(v, cr, value);
	skip_instruction(v, length);
}

/* The virtual TPR. Intercepted because QEMU 7.2 dies of a write while an interrupt window is
 * awaited. */
void td_cr8_write(struct vcpu *v)
{
	unsigned length = 0;
	u64 value = 0;
	enum status st = cr_decode_write(v, 8, &value, &length);

	if (st != ST_OK && st != ST_DENIED) {
		inject_ud(v);
		return;
	}
	if (V((value & ~CR8_TPR) != 0)) {
		inject_gp(v);
		return;
	}
	v->vmcb->int_control = (v->vmcb->int_control & ~0xffu) | (u32)value;
	skip_instruction(v, length);
}

static bool xcr_illegal(u32 number, u64 value)
{
	if (V(number != 0))
		return true;
	if (V((value & XCR0_X87) == 0))
		return true;
	if (V((value & ~tdcs.xfam) != 0))
		return true;
	if (V((value & XCR0_AVX) != 0 && (value & XCR0_SSE) == 0))
		return true;
	if (V((value & XCR0_AVX512) != 0 && (value & XCR0_AVX) == 0))
		return true;
	return false;
}

void td_xsetbv(struct vcpu *v, unsigned length)
{
	u64 value = (u32)v->reg[RAX] | v->reg[RDX] << 32;

	if (xcr_illegal((u32)v->reg[RCX], value)) {
		inject_gp(v);
		return;
	}
	hw_xsetbv(value);
	skip_instruction(v, length);
}
