/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a TD and its vCPUs: TDH.MNG.INIT and TDH.VP.INIT, and the state a vCPU starts in. */
#include <string.h>

#include "tdx.h"
#include "vmm/vmm.h"

#define SEGMENT_CODE    0xc9bu /* 32-bit code, 4 GiB, accessed */
#define SEGMENT_DATA    0xc93u
#define SEGMENT_TSS     0x08bu
#define SEGMENT_LDT     0x082u
#define EFER_LME        BIT(8)
#define XFAM_SUPERVISOR (BIT(8) | MASK(16, 10)) /* PT, PASID, CET, HDC, UINTR, LBR, HWP */
#define EFER_SVME       BIT(12)

struct tdcs tdcs;
static struct tdvps vps[CORE_MAX_CPUS];

u64 td_xfam(void)
{
	u32 out[4];

	vmm_cpuid(&vcpus[0], 0xd, 0, out);
	return (out[0] & TDX_XFAM_FIXED0 & ~XFAM_SUPERVISOR) | TDX_XFAM_FIXED1;
}

u64 td_init(u64 attributes, u64 xfam, u64 config_flags)
{
	if (V((attributes & ~(TDX_ATTR_SEPT_VE_DISABLE | TDX_ATTR_DEBUG)) != 0))
		return STATUS(TDX_OPERAND_INVALID, 64); /* ATTRIBUTES */
	if (V((xfam & TDX_XFAM_FIXED1) != TDX_XFAM_FIXED1))
		return STATUS(TDX_OPERAND_INVALID, 65); /* XFAM */
	if (V((xfam & ~TDX_XFAM_FIXED0) != 0))
		return STATUS(TDX_OPERAND_INVALID, 65);
	memset(&tdcs, 0, sizeof(tdcs));
	tdcs.attributes = attributes;
	tdcs.xfam = xfam;
	tdcs.config_flags = config_flags;
	tdcs.gpaw = config_flags & TDX_CONFIG_GPAW_52 ? TDX_GPAW_52 : TDX_GPAW_48;
	tdcs.num_vcpus = config.cpus;
	if (attributes & TDX_ATTR_SEPT_VE_DISABLE)
		tdcs.td_ctls = TDX_TD_CTLS_PENDING_VE_DISABLE;
	br_sha384_init(&tdcs.mrtd_stream);
	sept_init();
	return TDX_SUCCESS;
}

static void segment(struct vmcb_segment *s, u16 attributes, u32 limit)
{
	*s = (struct vmcb_segment){ .attributes = attributes, .limit = limit };
}

void td_vp_init(struct vcpu *v, u64 entry)
{
	struct vmcb *c = v->vmcb;

	v->hw = &vps[v->index];
	v->npt = td_npt;
	memset(v->hw, 0, sizeof(struct tdvps));
	tdvps(v)->entry = entry;
	segment(&c->cs, SEGMENT_CODE, 0xffffffff);
	segment(&c->ds, SEGMENT_DATA, 0xffffffff);
	c->es = c->fs = c->gs = c->ss = c->ds;
	segment(&c->tr, SEGMENT_TSS, 0xffff);
	segment(&c->ldtr, SEGMENT_LDT, 0xffff);
	segment(&c->gdtr, 0, 0xffff);
	segment(&c->idtr, 0, 0);
	c->cpl = 0;
	c->cr0 = TDX_RESET_CR0;
	c->cr4 = TDX_RESET_CR4 & ~BIT(13);                  /* VMXE is the module's */
	c->efer = (TDX_RESET_EFER & ~EFER_LME) | EFER_SVME; /* LME: cr.c */
	c->rflags = 2;
	c->rip = 0xfffffff0;
	c->dr6 = 0xffff0ff0;
	c->dr7 = 0x400;
	c->pat = TDX_RESET_PAT;
	c->sfmask = TDX_RESET_FMASK;
	c->dr_read = c->dr_write = 0; /* debug registers are the guest's */
	c->cr_write |= BIT(8);
	c->intercepts |= BIT(VMEXIT_XSETBV - VMEXIT_INTR);
	memset(v->reg, 0, sizeof(v->reg));
	v->reg[RBX] = tdcs.gpaw;
	v->reg[RCX] = v->reg[R8] = entry;
	v->reg[RDX] = td_cpuid_signature();
	v->reg[RSI] = v->index;
}
