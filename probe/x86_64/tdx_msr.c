/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRs: the CPU's own, the host's, and those nobody gets. */
#include "tdx.h"

#define MSR_X2APIC_TPR       0x808u
#define MSR_X2APIC_LVT_ERROR 0x837u /* written back as it was: no interrupt hangs on it */
#define MSR_LENGTH           2
#define EFER_LME             BIT(8)
#define EFER_LMA             BIT(10)
#define TPR_HIGH             0x20u /* blocks no vector that is in use */

static struct watched read_msr(u32 msr)
{
	struct watched w = { .regs = { .rcx = msr } };

	watch(insn_rdmsr, &w);
	return w;
}

static struct watched write_msr(u32 msr, u64 value)
{
	struct watched w = { .regs = { .rcx = msr, .rax = (u32)value, .rdx = value >> 32 } };

	watch(insn_wrmsr, &w);
	return w;
}

static u64 value_of(const struct watched *w)
{
	return (u32)w->regs.rax | w->regs.rdx << 32;
}

void tdx_ve_msr(void)
{
	struct watched r = read_msr(MSR_X2APIC_LVT_ERROR), w;

	if (!expect_ve("RDMSR of a register the host has", &r, TDX_VE_RDMSR, MSR_LENGTH))
		return;
	w = write_msr(MSR_X2APIC_LVT_ERROR, value_of(&r));
	expect_ve("WRMSR of it", &w, TDX_VE_WRMSR, MSR_LENGTH);
}

void tdx_msr_efer(void)
{
	const u64 fixed = EFER_LME | EFER_LMA | EFER_NXE;
	struct watched r = read_msr(MSR_EFER), w, again;
	u64 efer = value_of(&r);

	if (!expect_direct("reading EFER", &r) ||
	    !expect_eq("LME, LMA and NXE in EFER", efer & fixed, fixed))
		return;
	w = write_msr(MSR_EFER, efer & ~EFER_LME);
	again = read_msr(MSR_EFER);
	/* What comes of the #VE is between our handler and the host. */
	if (expect_eq("#VE of clearing EFER.LME", w.count, 1) &&
	    expect_direct("reading EFER again", &again))
		expect_eq("EFER afterwards", value_of(&again), efer);
}

void tdx_msr_tpr(void)
{
	bool enabled = arch_irq_save();
	struct watched old = read_msr(MSR_X2APIC_TPR), w, r, back;

	w = write_msr(MSR_X2APIC_TPR, TPR_HIGH);
	r = read_msr(MSR_X2APIC_TPR);
	back = write_msr(MSR_X2APIC_TPR, value_of(&old));
	arch_irq_restore(enabled);
	(void)(expect_direct("reading TPR", &old) && expect_direct("writing TPR", &w) &&
	       expect_direct("reading it again", &r) &&
	       expect_eq("the value written", value_of(&r), TPR_HIGH) &&
	       expect_direct("writing TPR back", &back));
}

/* SGX, memory protection and debug registers, and what x2APIC space has no register for. */
void tdx_msr_refused(void)
{
	static const u32 msrs[] = { 0x8c,  0x8f,  0x98,  0x195, 0x276, 0x500, 0x800,
				    0x804, 0x829, 0x831, 0x840, 0x8ff, 0xd90 };

	for (size_t i = 0; i < ARRAY_SIZE(msrs); i++) {
		struct watched r = read_msr(msrs[i]);

		check_note("MSR 0x%x", msrs[i]);
		if (!expect_vector("RDMSR", &r, VECTOR_GP))
			return;
		r = write_msr(msrs[i], 0);
		if (!expect_vector("WRMSR", &r, VECTOR_GP))
			return;
	}
}
