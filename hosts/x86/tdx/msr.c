/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRs by the module's table (msr_config_lookup): who answers, or which exception. */
#include "tdx.h"
#include "vmm/vmm.h"

enum msr_class {
	VE,          /* the VMM's, by hypercall */
	DIRECT,      /* read and write */
	READ_DIRECT, /* write: #VE */
	GP,
	FIXED_ZERO, /* reads 0, write #GP */
	ARCH_CAPABILITIES,
	VMX, /* capability: read by index, write #GP */
	EFER,
	XSS,
	LEGACY_XAPIC, /* XAPIC_DISABLE_STATUS */
	MISC_ENABLE,
	DEBUGCTL,
};

#define EFER_SCE  BIT(0)
#define EFER_LME  BIT(8)
#define EFER_LMA  BIT(10)
#define EFER_SVME BIT(12) /* the monitor's */

/* What the CPU td_cpuid_signature() names says of itself, and what is true of the machine's:
 * RDCL_NO, SKIP_L1DFL_VMENTRY, MDS_NO, PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO. */
#define ARCH_CAPS       0xe169u
#define MSR_SPEC_CTRL   0x48u
#define MSR_MISC_ENABLE 0x1a0u
#define MSR_TPR         0x808u
#define MSR_EFER        0xc0000080u

/* Ascending; the features behind the #GP ranges are not offered to this TD (CPUID, XFAM). */
static const struct {
	u32 first, last;
	enum msr_class class;
} table[] = {
	{ 0x10, 0x10, READ_DIRECT },
	{ 0x48, 0x49, DIRECT },
	{ 0x87, 0x87, GP },
	{ 0x8c, 0x8f, GP },
	{ 0x98, 0x9b, GP },
	{ 0x9e, 0x9e, GP },
	{ 0xbc, 0xbc, READ_DIRECT },
	{ 0xbd, 0xbd, LEGACY_XAPIC },
	{ 0xc1, 0xc8, GP },
	{ 0xe1, 0xe1, GP },
	{ 0x10a, 0x10a, ARCH_CAPABILITIES },
	{ 0x10b, 0x10b, DIRECT },
	{ 0x122, 0x122, GP },
	{ 0x174, 0x176, DIRECT },
	{ 0x186, 0x18d, GP },
	{ 0x195, 0x195, GP },
	{ 0x1a0, 0x1a0, MISC_ENABLE },
	{ 0x1a6, 0x1a7, GP },
	{ 0x1c4, 0x1c5, GP },
	{ 0x1d9, 0x1d9, DEBUGCTL },
	{ 0x1f8, 0x1fa, GP },
	{ 0x276, 0x276, GP },
	{ 0x277, 0x277, DIRECT },
	{ 0x309, 0x310, GP },
	{ 0x329, 0x329, GP },
	{ 0x345, 0x345, FIXED_ZERO },
	{ 0x38d, 0x392, GP },
	{ 0x3f1, 0x3f2, GP },
	{ 0x3f6, 0x3f7, GP },
	{ 0x480, 0x492, VMX },
	{ 0x4c1, 0x4c8, GP },
	{ 0x500, 0x500, GP },
	{ 0x560, 0x561, GP },
	{ 0x570, 0x572, GP },
	{ 0x580, 0x587, GP },
	{ 0x600, 0x600, DIRECT },
	{ 0x6a0, 0x6a0, GP },
	{ 0x6a2, 0x6a2, GP },
	{ 0x6a4, 0x6a8, GP },
	{ 0x6e0, 0x6e1, GP },
	{ 0x800, 0x801, GP },
	{ 0x804, 0x807, GP },
	{ 0x808, 0x80c, DIRECT },
	{ 0x80e, 0x80e, DIRECT },
	{ 0x810, 0x827, DIRECT },
	{ 0x829, 0x82e, GP },
	{ 0x831, 0x831, GP },
	{ 0x83f, 0x83f, DIRECT },
	{ 0x840, 0x8ff, GP },
	{ 0x981, 0x984, GP },
	{ 0x985, 0x98a, GP },
	{ 0xc80, 0xc80, READ_DIRECT },
	{ 0xd90, 0xd90, GP },
	{ 0xd93, 0xd93, GP },
	{ 0xda0, 0xda0, XSS },
	{ 0x1200, 0x12ff, GP },
	{ 0x14ce, 0x14cf, GP },
	{ 0x1500, 0x15ff, GP },
	{ 0x1600, 0x16ff, GP },
	{ 0x1b01, 0x1b01, DIRECT },
	{ MSR_EFER, MSR_EFER, EFER },
	{ 0xc0000081, 0xc0000082, DIRECT },
	{ 0xc0000084, 0xc0000084, DIRECT },
	{ 0xc0000100, 0xc0000103, DIRECT },
};

static enum msr_class classify(u32 msr)
{
	if (fault_on(FAULT_MSR_REFUSED) && msr >= 0x8c && msr <= 0x8f)
		return VE;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (msr >= table[i].first && msr <= table[i].last)
			return table[i].class;
	return VE;
}

/* Registers the VMCB or the model holds; NULL: none. */
static u64 *stored(struct vcpu *v, u32 msr)
{
	switch (msr) {
	case MSR_SPEC_CTRL:
		return &tdvps(v)->spec_ctrl;
	case 0x600:
		return &tdvps(v)->ds_area;
	case 0x1b01:
		return &tdvps(v)->uarch_misc;
	default:
		return NULL;
	}
}

static u64 vmcb_read(struct vcpu *v, u32 msr)
{
	switch (msr) {
	case 0x174:
		return v->vmcb->sysenter_cs;
	case 0x175:
		return v->vmcb->sysenter_esp;
	case 0x176:
		return v->vmcb->sysenter_eip;
	case 0x277:
		return v->vmcb->pat;
	case 0xc0000081:
		return v->vmcb->star;
	case 0xc0000082:
		return v->vmcb->lstar;
	case 0xc0000084:
		return v->vmcb->sfmask;
	case 0xc0000100:
		return v->vmcb->fs.base;
	case 0xc0000101:
		return v->vmcb->gs.base;
	case 0xc0000102:
		return v->vmcb->kernel_gs_base;
	default:
		return hw_tsc_aux_read();
	}
}

static void vmcb_write(struct vcpu *v, u32 msr, u64 value)
{
	switch (msr) {
	case 0x174:
		v->vmcb->sysenter_cs = value;
		break;
	case 0x175:
		v->vmcb->sysenter_esp = value;
		break;
	case 0x176:
		v->vmcb->sysenter_eip = value;
		break;
	case 0x277:
		v->vmcb->pat = value;
		break;
	case 0xc0000081:
		v->vmcb->star = value;
		break;
	case 0xc0000082:
		v->vmcb->lstar = value;
		break;
	case 0xc0000084:
		v->vmcb->sfmask = value;
		break;
	case 0xc0000100:
		v->vmcb->fs.base = value;
		break;
	case 0xc0000101:
		v->vmcb->gs.base = value;
		break;
	case 0xc0000102:
		v->vmcb->kernel_gs_base = value;
		break;
	default:
		hw_tsc_aux_write((u32)value);
	}
}

static bool is_address(u32 msr)
{
	return msr == 0x175 || msr == 0x176 || msr == 0x600 || msr == 0xc0000082 ||
	       (msr >= 0xc0000100 && msr <= 0xc0000102);
}

static bool canonical(const struct vcpu *v, u64 va)
{
	unsigned unused = v->vmcb->cr4 & BIT(12) ? 64 - 57 : 64 - 48;

	return (u64)((s64)(va << unused) >> unused) == va;
}

/* Every byte of the PAT a memory type. */
static bool pat_valid(u64 pat)
{
	for (unsigned i = 0; i < 64; i += 8) {
		u64 type = (pat >> i) & 0xff;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

/* Native access: false where the CPU itself raises #GP. */
static bool native_read(struct vcpu *v, u32 msr, u64 *value)
{
	u64 *p = stored(v, msr);

	if (msr >= 0x800 && msr <= 0x8ff)
		return vmm_msr_read(v, msr, value);
	if (V(msr == 0x49 || msr == 0x10b)) /* commands: write only */
		return false;
	if (msr == 0x10)
		*value = core_now();
	else if (msr == 0xbc || msr == 0xc80)
		*value = 0;
	else
		*value = p != NULL ? *p : vmcb_read(v, msr);
	return true;
}

static bool native_write(struct vcpu *v, u32 msr, u64 value)
{
	u64 *p = stored(v, msr);

	if (msr == MSR_TPR && fault_on(FAULT_MSR_TPR))
		return true;
	if (msr >= 0x800 && msr <= 0x8ff)
		return vmm_msr_write(v, msr, value);
	if (V(is_address(msr) && !canonical(v, value)))
		return false;
	if (V(msr == 0x277 && !pat_valid(value)))
		return false;
	if (V((msr == 0x49 || msr == 0x10b) && (value & ~1ULL) != 0))
		return false;
	if (V((msr == 0xc0000103 || msr == 0xc0000084) && (value >> 32) != 0))
		return false;
	if (p != NULL)
		*p = value;
	else if (msr != 0x49 && msr != 0x10b)
		vmcb_write(v, msr, value);
	return true;
}

enum outcome { OK, RAISE_VE, RAISE_GP };

static enum outcome from(bool ok)
{
	return ok ? OK : RAISE_GP;
}

/* As the guest sees it: LME always set (cr.c says why the VMCB may differ). */
static u64 efer(const struct vcpu *v)
{
	return (v->vmcb->efer & ~EFER_SVME) | EFER_LME;
}

static enum outcome read(struct vcpu *v, u32 msr, u64 *value)
{
	*value = 0;
	switch (classify(msr)) {
	case DIRECT:
	case READ_DIRECT:
		return from(native_read(v, msr, value));
	case GP:
		return RAISE_GP;
	case VMX:
		return (msr >= 0x481 && msr <= 0x484) || msr == 0x48a ? RAISE_VE : OK;
	case EFER:
		*value = efer(v);
		return OK;
	case LEGACY_XAPIC:
		*value = 1;
		return OK;
	case MISC_ENABLE:
		*value = BIT(0) | BIT(11) | BIT(12); /* fast strings; no BTS, no PEBS */
		return OK;
	case DEBUGCTL:
		*value = tdvps(v)->debugctl;
		return OK;
	case ARCH_CAPABILITIES:
		*value = ARCH_CAPS;
		return OK;
	case FIXED_ZERO:
	case XSS:
		return OK;
	default:
		return fault_on(FAULT_VE_RDMSR) ? OK : RAISE_VE;
	}
}

/* Only SCE may change; LME and NXE are fixed, LMA follows CR0.PG and is ignored as on any CPU. */
static enum outcome efer_write(struct vcpu *v, u64 value)
{
	u64 changed = (value ^ efer(v)) & ~EFER_LMA;

	if (fault_on(FAULT_MSR_EFER))
		changed &= ~EFER_LME;
	if (V((changed & ~EFER_SCE) != 0))
		return RAISE_VE;
	v->vmcb->efer ^= changed;
	return OK;
}

static enum outcome write(struct vcpu *v, u32 msr, u64 value)
{
	switch (classify(msr)) {
	case DIRECT:
		return from(native_write(v, msr, value));
	case EFER:
		return efer_write(v, value);
	case XSS: /* no supervisor state in XFAM */
		return from(!V(value != 0));
	case DEBUGCTL:
		if (V((value & ~(u64)0xdfc3) != 0))
			return RAISE_GP;
		tdvps(v)->debugctl = value;
		return OK;
	case GP:
	case VMX:
	case FIXED_ZERO:
	case ARCH_CAPABILITIES:
	case LEGACY_XAPIC:
		return RAISE_GP;
	default:
		return RAISE_VE;
	}
}

void td_msr(struct vcpu *v, bool is_write, unsigned length)
{
	u64 value = (u32)v->reg[RAX] | v->reg[RDX] << 32;
	u32 msr = (u32)v->reg[RCX];
	enum outcome o = is_write ? write(v, msr, value) : read(v, msr, &value);

	if (o == RAISE_GP) {
		inject_gp(v);
	} else if (o == RAISE_VE) {
		bool told_write = is_write && !fault_on(FAULT_VE_WRMSR);

		ve_instruction(v, told_write ? TDX_VE_WRMSR : TDX_VE_RDMSR, 0, length);
	} else {
		if (!is_write) {
			v->reg[RAX] = (u32)value;
			v->reg[RDX] = value >> 32;
		}
		skip_instruction(v, length);
	}
}
