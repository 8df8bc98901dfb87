/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits of a vCPU: what the TDX module makes of each. */
#include "tdx.h"
#include "vmm/vmm.h"

#define IOIO_IN     BIT(0)
#define IOIO_STRING BIT(2)
#define IOIO_REP    BIT(3)
#define RFLAGS_IF   BIT(9)

/* Bytes up to the opcode, and the opcode: no intercepted instruction but IN and OUT has more. */
static unsigned length(struct vcpu *v, unsigned opcode_bytes)
{
	struct insn i;

	insn_fetch(v, &i);
	return i.opcode + opcode_bytes;
}

static void io(struct vcpu *v, u64 info1, u64 next_rip)
{
	u64 qual = (u64)((u16)(info1 >> 16)) << TDX_IO_PORT_SHIFT;
	unsigned size = (unsigned)FIELD(info1, 6, 4); /* one bit for 1, 2, 4 bytes */
	unsigned bytes = (unsigned)(next_rip - v->vmcb->rip);
	struct insn i;

	insn_fetch(v, &i);
	qual |= size == 2 && fault_on(FAULT_VE_IO_SIZE) ? 0 : size - 1;
	if (info1 & IOIO_IN)
		qual |= TDX_IO_IN;
	if (info1 & IOIO_STRING)
		qual |= TDX_IO_STRING;
	if (info1 & IOIO_REP)
		qual |= TDX_IO_REP;
	if (i.opcode < i.n && (i.b[i.opcode] & 0xfc) == 0xe4) /* E4..E7: port in the instruction */
		qual |= TDX_IO_IMMEDIATE;
	if (fault_on(FAULT_VE_IO_DIRECTION) && (qual & TDX_IO_IMMEDIATE) != 0)
		qual &= ~(u64)TDX_IO_IN;
	if (fault_on(FAULT_VE_IO_LENGTH))
		bytes -= i.opcode;
	ve_instruction(v, TDX_VE_IO, qual, bytes);
}

/* #UD: instructions the machine's CPU does not know. */
static void undefined(struct vcpu *v)
{
	struct insn i;

	insn_fetch(v, &i);
	if (i.opcode + 3 > i.n || i.b[i.opcode] != 0x0f || i.b[i.opcode + 1] != 0x01) {
		inject_ud(v);
		return;
	}
	switch (i.b[i.opcode + 2]) {
	case 0xcc: /* 66 0F 01 CC TDCALL; with F2 or F3 it is another instruction */
		if (i.opsize && i.opcode == 1)
			td_tdcall(v);
		else
			inject_ud(v);
		break;
	case 0xc1:
		ve_instruction(v, TDX_VE_VMCALL, 0, i.opcode + 3);
		break;
	case 0xc2 ... 0xc4:
		if (fault_on(FAULT_INSN_VMX))
			inject_gp(v);
		else
			inject_ud(v);
		break;
	case 0xc5:
		if (i.opcode == 0 && v->vmcb->cpl == 0)
			ve_instruction(v, TDX_VE_PCONFIG, 0, 3);
		else
			inject_ud(v);
		break;
	default:
		inject_ud(v);
	}
}

/* NMIs are blocked up to the IRET that ends their handler; the exit is taken before it executes. */
static void iret(struct vcpu *v)
{
	struct tdvps *vp = tdvps(v);

	vp->iret_seen = true;
	vp->iret_rip = v->vmcb->rip;
	vp->iret_rsp = v->reg[RSP];
	v->vmcb->intercepts &= ~BIT(VMEXIT_IRET - VMEXIT_INTR);
}

/* Any number of exits may come before the IRET has executed: an NMI then would write its frame over
 * the one that is about to be popped. */
bool td_nmi_over(struct vcpu *v)
{
	struct tdvps *vp = tdvps(v);

	if (!vp->iret_seen || (vp->iret_rip == v->vmcb->rip && vp->iret_rsp == v->reg[RSP]))
		return false;
	vp->iret_seen = false;
	return true;
}

static void hlt(struct vcpu *v)
{
	unsigned bytes = length(v, 1);

	if (!fault_on(FAULT_VE_HLT)) {
		ve_instruction(v, TDX_VE_HLT, 0, bytes);
		return;
	}
	skip_instruction(v, bytes);
	vmm_halt(v, (v->vmcb->rflags & RFLAGS_IF) == 0);
}

void td_exit(struct vcpu *v, u64 code, u64 info1, u64 info2)
{
	switch (code) {
	case VMEXIT_NPF:
		td_npf(v, info1, info2);
		break;
	case VMEXIT_EXCEPTION_UD:
		undefined(v);
		break;
	case VMEXIT_CPUID:
		td_cpuid(v, length(v, 2));
		break;
	case VMEXIT_MSR:
		td_msr(v, info1 == 1, length(v, 2));
		break;
	case VMEXIT_IOIO:
		io(v, info1, info2);
		break;
	case VMEXIT_HLT:
		hlt(v);
		break;
	case VMEXIT_INVD:
		ve_instruction(v, TDX_VE_INVD, 0, length(v, 2));
		break;
	case VMEXIT_WBINVD:
		ve_instruction(v, TDX_VE_WBINVD, 0, length(v, 2));
		break;
	case VMEXIT_MONITOR:
		ve_instruction(v, TDX_VE_MONITOR, 0, length(v, 3));
		break;
	case VMEXIT_MWAIT:
		ve_instruction(v, TDX_VE_MWAIT, 0, length(v, 3));
		break;
	case VMEXIT_CR0_WRITE:
		td_cr_write(v, 0);
		break;
	case VMEXIT_CR4_WRITE:
		td_cr_write(v, 4);
		break;
	case EXIT_CR8_WRITE:
		td_cr8_write(v);
		break;
	case VMEXIT_XSETBV:
		td_xsetbv(v, length(v, 3));
		break;
	case VMEXIT_RDPMC: /* ATTRIBUTES.PERFMON is never set */
		inject_gp(v);
		break;
	case VMEXIT_IRET:
		iret(v);
		break;
	case VMEXIT_SHUTDOWN:
		core_verdict("stuck", "vcpu %u: triple fault, rip 0x%llx", v->index,
			     (unsigned long long)v->vmcb->rip);
	default: /* AMD's own instructions do not exist on this CPU */
		inject_ud(v);
	}
}
