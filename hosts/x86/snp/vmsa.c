/* SPDX-License-Identifier: BSD-2-Clause */
/* VMSA pages (APM 24593, appendix B): the state a vCPU is launched with, and what VMRUN loads. */
#include "psp.h"

#define EFER_SVME   0x1000
#define CR4_MCE     0x40
#define CR0_ET      0x10
#define PAT_DEFAULT 0x0007040600070406ULL

static void put_segment(u8 *p, u16 selector, u16 attributes, u32 limit, u64 base)
{
	le_put(p, selector, 2);
	le_put(p + 2, attributes, 2);
	le_put(p + 4, limit, 4);
	le_put(p + 8, base, 8);
}

/* What QEMU synchronises into KVM at reset; everything not named stays zero. */
void psp_vmsa_init(u8 page[VMSA_SIZE], u32 eip, u32 signature, u64 features)
{
	static const u16 data[] = { VMSA_ES, VMSA_SS, VMSA_DS, VMSA_FS, VMSA_GS };

	for (unsigned i = 0; i < VMSA_SIZE; i++)
		page[i] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(data); i++)
		put_segment(page + data[i], 0, 0x93, 0xffff, 0);
	put_segment(page + VMSA_CS, 0xf000, 0x9b, 0xffff, eip & 0xffff0000);
	put_segment(page + VMSA_GDTR, 0, 0, 0xffff, 0);
	put_segment(page + VMSA_IDTR, 0, 0, 0xffff, 0);
	put_segment(page + VMSA_LDTR, 0, 0x82, 0xffff, 0);
	put_segment(page + VMSA_TR, 0, 0x8b, 0xffff, 0);
	le_put(page + VMSA_EFER, EFER_SVME, 8);
	le_put(page + VMSA_CR4, CR4_MCE, 8);
	le_put(page + VMSA_CR0, CR0_ET, 8);
	le_put(page + VMSA_DR7, 0x400, 8);
	le_put(page + VMSA_DR6, 0xffff0ff0, 8);
	le_put(page + VMSA_RFLAGS, 2, 8);
	le_put(page + VMSA_RIP, eip & 0xffff, 8);
	le_put(page + VMSA_G_PAT, PAT_DEFAULT, 8);
	le_put(page + VMSA_RDX, signature, 8);
	le_put(page + VMSA_SEV_FEATURES, features, 8);
	le_put(page + VMSA_XCR0, 1, 8);
	le_put(page + VMSA_MXCSR, 0x1f80, 4);
	le_put(page + VMSA_FCW, 0x37f, 2);
}

static struct vmcb_segment get_segment(const u8 *p)
{
	return (struct vmcb_segment){ (u16)le_get(p, 2), (u16)(le_get(p + 2, 2) & 0xfff),
				      (u32)le_get(p + 4, 4), le_get(p + 8, 8) };
}

static void load_segments(struct vmcb *c, const u8 *vmsa)
{
	c->es = get_segment(vmsa + VMSA_ES);
	c->cs = get_segment(vmsa + VMSA_CS);
	c->ss = get_segment(vmsa + VMSA_SS);
	c->ds = get_segment(vmsa + VMSA_DS);
	c->fs = get_segment(vmsa + VMSA_FS);
	c->gs = get_segment(vmsa + VMSA_GS);
	c->gdtr = get_segment(vmsa + VMSA_GDTR);
	c->ldtr = get_segment(vmsa + VMSA_LDTR);
	c->idtr = get_segment(vmsa + VMSA_IDTR);
	c->tr = get_segment(vmsa + VMSA_TR);
}

static void load_system(struct vmcb *c, const u8 *vmsa)
{
	c->cpl = vmsa[VMSA_CPL];
	c->efer = le_get(vmsa + VMSA_EFER, 8);
	c->cr4 = le_get(vmsa + VMSA_CR4, 8);
	c->cr3 = le_get(vmsa + VMSA_CR3, 8);
	c->cr2 = le_get(vmsa + VMSA_CR2, 8);
	c->cr0 = le_get(vmsa + VMSA_CR0, 8);
	c->dr7 = le_get(vmsa + VMSA_DR7, 8);
	c->dr6 = le_get(vmsa + VMSA_DR6, 8);
	c->rflags = le_get(vmsa + VMSA_RFLAGS, 8);
	c->rip = le_get(vmsa + VMSA_RIP, 8);
	c->star = le_get(vmsa + VMSA_STAR, 8);
	c->lstar = le_get(vmsa + VMSA_LSTAR, 8);
	c->cstar = le_get(vmsa + VMSA_CSTAR, 8);
	c->sfmask = le_get(vmsa + VMSA_SFMASK, 8);
	c->kernel_gs_base = le_get(vmsa + VMSA_KERNEL_GS_BASE, 8);
	c->sysenter_cs = le_get(vmsa + VMSA_SYSENTER_CS, 8);
	c->sysenter_esp = le_get(vmsa + VMSA_SYSENTER_ESP, 8);
	c->sysenter_eip = le_get(vmsa + VMSA_SYSENTER_EIP, 8);
	c->pat = le_get(vmsa + VMSA_G_PAT, 8);
}

void snp_vmsa_load(struct vcpu *v, const u8 vmsa[VMSA_SIZE])
{
	static const struct {
		u8 reg;
		u16 offset;
	} registers[] = {
		{ RAX, VMSA_RAX }, { RCX, VMSA_RCX }, { RDX, VMSA_RDX }, { RBX, VMSA_RBX },
		{ RSP, VMSA_RSP }, { RBP, VMSA_RBP }, { RSI, VMSA_RSI }, { RDI, VMSA_RDI },
	};

	load_segments(v->vmcb, vmsa);
	load_system(v->vmcb, vmsa);
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
		v->reg[registers[i].reg] = le_get(vmsa + registers[i].offset, 8);
	for (unsigned i = 0; i < 8; i++)
		v->reg[R8 + i] = le_get(vmsa + VMSA_R8 + 8 * i, 8);
}
