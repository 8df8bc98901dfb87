/* SPDX-License-Identifier: BSD-2-Clause */
/* #VE and what the module says of each; the exceptions it raises instead. */
#include "tdx.h"

#include "irq.h"
#include "mmu.h"

#define HLT_LENGTH  1
#define CR0_NE      BIT(5)
#define CR4_MCE     BIT(6)
#define IOAPIC      0xfec00000ULL /* its first register selects another, and can be read */
#define WAKE_NS     2000000ULL
#define PATIENCE_NS (100 * WAKE_NS) /* each turn of the wait is an exit */

void tdx_ve_none(void)
{
	struct tdcall_regs r = { .rax = TDG_VP_VEINFO_GET };

	tdcall(&r);
	if (expect_eq("the code of TDG.VP.VEINFO.GET", TDX_CODE(r.rax), TDX_NO_VALID_VE_INFO))
		expect_eq("what it tells of no #VE", r.rcx | r.rdx | r.r8 | r.r9 | r.r10, 0);
}

/* ---- ports ---- */
static const struct port_case {
	const char *asked;
	void (*insn)(void);
	u32 qualification, length;
} port_cases[] = {
	{ "IN AL, DX", insn_in8, TDX_IO_IN | 0, 1 },
	{ "IN AX, DX", insn_in16, TDX_IO_IN | 1, 2 },
	{ "IN EAX, DX", insn_in32, TDX_IO_IN | 3, 1 },
	{ "IN AL, imm8", insn_in8_imm, TDX_IO_IN | TDX_IO_IMMEDIATE | 0, 2 },
	{ "OUT DX, AL", insn_out8, 0, 1 },
	{ "OUT DX, AX", insn_out16, 1, 2 },
	{ "OUT DX, EAX", insn_out32, 3, 1 },
	{ "OUT imm8, AL", insn_out8_imm, TDX_IO_IMMEDIATE | 0, 2 },
};

void tdx_ve_port(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(port_cases); i++) {
		const struct port_case *c = &port_cases[i];
		struct watched w = { .regs = { .rdx = WATCHED_PORT } };

		watch(c->insn, &w);
		if (!expect_ve(c->asked, &w, TDX_VE_IO, c->length) ||
		    !expect_eq("the exit qualification", w.ve.qualification,
			       (u64)WATCHED_PORT << TDX_IO_PORT_SHIFT | c->qualification))
			return;
	}
}

/* ---- waiting ---- */
/* Without it HLT would never end. */
static bool timer_works(void)
{
	struct deadline d = deadline_in(PATIENCE_NS);
	u64 before = timer_fired(IRQ_TIMER_VIRT, 0);
	bool enabled, fired;

	if (!irq_available() || arch_counter_hz() == 0)
		return false;
	enabled = arch_irq_save();
	irq_enable_cpu();
	if (timer_arm(IRQ_TIMER_VIRT, WAKE_NS) == ST_OK)
		while (timer_fired(IRQ_TIMER_VIRT, 0) == before && !deadline_passed(&d))
			visit_host();
	fired = timer_fired(IRQ_TIMER_VIRT, 0) != before;
	timer_cancel(IRQ_TIMER_VIRT);
	irq_disable_cpu();
	arch_irq_restore(enabled);
	return fired;
}

/* The host lets it wait for an interrupt, so one is on its way. */
void tdx_ve_hlt(void)
{
	struct tdx_ve ve;
	u64 before, count;
	bool enabled;

	if (!timer_works()) {
		check_skip("no timer to wake up by");
		return;
	}
	enabled = arch_irq_save();
	before = tdx_ve_seen(&ve);
	if (expect_eq("arming the timer", timer_arm(IRQ_TIMER_VIRT, WAKE_NS), ST_OK)) {
		arch_wait_for_interrupt();
		count = tdx_ve_seen(&ve) - before;
		if (expect_eq("#VE of HLT", count, 1) &&
		    expect_eq("the exit reason", ve.reason, TDX_VE_HLT))
			expect_eq("the length of the instruction", ve.length, HLT_LENGTH);
	}
	timer_cancel(IRQ_TIMER_VIRT);
	arch_irq_restore(enabled);
}

/* ---- devices ---- */
void tdx_ve_mmio(void)
{
	struct range r = { IOAPIC, PAGE_SIZE };
	struct tdx_ve ve;
	struct fault f;
	u64 before, count, value;
	bool enabled;

	if (!expect_eq("mapping a device", mmu_map_device(r), ST_OK))
		return;
	enabled = arch_irq_save();
	before = tdx_ve_seen(&ve);
	f = try_load(IOAPIC, 4, &value);
	count = tdx_ve_seen(&ve) - before;
	arch_irq_restore(enabled);
	check_note("load: %s, #VE reason %u gpa 0x%llx gla 0x%llx", fault_name(f.class), ve.reason,
		   (unsigned long long)ve.gpa, (unsigned long long)ve.gla);
	if (expect_eq("#VE of a load from a device", count, 1) &&
	    expect_eq("the exit reason", ve.reason, TDX_VE_EPT_VIOLATION) &&
	    expect_eq("the guest-physical address", ve.gpa, IOAPIC | cvm.pte_shared) &&
	    expect_eq("the linear address", ve.gla, IOAPIC))
		expect_eq("kind of access in the qualification",
			  ve.qualification & (TDX_EPT_READ | TDX_EPT_WRITE | TDX_EPT_FETCH),
			  TDX_EPT_READ);
}

/* ---- control registers ---- */
void tdx_ve_control(void)
{
	u64 cr0 = read_cr0(), cr4 = read_cr4(), cr4_after, cr0_after;
	struct watched ne = { .regs = { .rax = cr0 & ~CR0_NE } };
	struct watched mce = { .regs = { .rax = cr4 & ~CR4_MCE } };
	bool enabled = arch_irq_save();

	watch(insn_write_cr0, &ne);
	cr0_after = read_cr0();
	if (cr0_after != cr0)
		write_cr0(cr0);
	watch(insn_write_cr4, &mce);
	cr4_after = read_cr4();
	if (cr4_after != cr4) {
		struct watched back = { .regs = { .rax = cr4 } };

		watch(insn_write_cr4, &back);
	}
	arch_irq_restore(enabled);
	(void)(expect_eq("CR4.MCE as it was", cr4 & CR4_MCE, CR4_MCE) &&
	       expect_vector("clearing CR0.NE", &ne, VECTOR_GP) &&
	       expect_eq("CR0 after that", cr0_after, cr0) &&
	       expect_ve("clearing CR4.MCE", &mce, TDX_VE_CR_ACCESS, CR_WRITE_LENGTH) &&
	       expect_eq("the register in the qualification", mce.ve.qualification & 0xf, 4) &&
	       expect_eq("CR4 after that", cr4_after, cr4));
}

/* ---- instructions that do not exist in a TD ---- */
static const struct {
	const char *asked;
	void (*insn)(void);
} undefined[] = {
	{ "VMXON", insn_vmxon },       { "VMXOFF", insn_vmxoff },   { "VMLAUNCH", insn_vmlaunch },
	{ "VMRESUME", insn_vmresume }, { "VMPTRLD", insn_vmptrld }, { "VMCLEAR", insn_vmclear },
	{ "VMREAD", insn_vmread },     { "VMWRITE", insn_vmwrite }, { "INVEPT", insn_invept },
	{ "INVVPID", insn_invvpid },   { "VMFUNC", insn_vmfunc },   { "SEAMCALL", insn_seamcall },
	{ "SEAMRET", insn_seamret },   { "SEAMOPS", insn_seamops }, { "GETSEC", insn_getsec },
};

void tdx_insn_vmx(void)
{
	static ALIGNED(16) u64 operand[2];

	for (size_t i = 0; i < ARRAY_SIZE(undefined); i++) {
		struct watched w = { .regs = { .rdx = (u64)(uintptr_t)operand } };

		watch(undefined[i].insn, &w);
		if (!expect_vector(undefined[i].asked, &w, VECTOR_UD))
			return;
	}
}
