/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which instructions raise #VC. The handler of the guest counts; interrupts are masked, so that
 * what it counted was the instruction.
 */
#include "../checks.h"
#include "ghcb.h"
#include "x86_64/cpu.h"

#define PORT_PCI_ADDRESS   0xcf8 /* PCI's CONFIG_ADDRESS: reads back */
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_FS_BASE        0xc0000100u
#define EFER_LMA           BIT(10)

static u64 leaf[4];
static u64 msr_value;
static u32 port_value;

static void do_cpuid(void)
{
	u32 out[4];

	cpuid(0, 0, out);
	for (unsigned i = 0; i < 4; i++)
		leaf[i] = out[i];
}

static void do_rdmsr(void)
{
	msr_value = rdmsr(MSR_APIC_BASE);
}

static void do_wrmsr(void)
{
	wrmsr(MSR_APIC_BASE, msr_value);
}

static void do_in(void)
{
	__asm__ volatile("inl %w1, %0" : "=a"(port_value) : "Nd"((u16)PORT_PCI_ADDRESS));
}

static void do_out(void)
{
	__asm__ volatile("outl %0, %w1" : : "a"(port_value), "Nd"((u16)PORT_PCI_ADDRESS));
}

static void do_wbinvd(void)
{
	__asm__ volatile("wbinvd" : : : "memory");
}

static struct snp_vc_seen run_masked(void (*insn)(void))
{
	bool irqs = arch_irq_save();
	struct snp_vc_seen before = snp_vc_seen(), after;

	insn();
	after = snp_vc_seen();
	arch_irq_restore(irqs);
	after.count -= before.count;
	return after;
}

void snp_vc_intercepted(void)
{
	static const struct {
		const char *count, *code;
		void (*insn)(void);
		u64 expected;
	} all[] = {
		{ "#VC raised by CPUID", "its error code", do_cpuid, GHCB_EXIT_CPUID },
		{ "#VC raised by RDMSR", "its error code", do_rdmsr, GHCB_EXIT_MSR },
		{ "#VC raised by WRMSR", "its error code", do_wrmsr, GHCB_EXIT_MSR },
		{ "#VC raised by IN", "its error code", do_in, GHCB_EXIT_IOIO },
		{ "#VC raised by OUT", "its error code", do_out, GHCB_EXIT_IOIO },
		{ "#VC raised by WBINVD", "its error code", do_wbinvd, GHCB_EXIT_WBINVD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct snp_vc_seen seen = run_masked(all[i].insn);

		if (!expect_eq(all[i].count, seen.count, 1) ||
		    !expect_eq(all[i].code, seen.code, all[i].expected))
			return;
	}
	expect_true("leaf 0 by CPUID", leaf[0] != 0 && leaf[1] != 0, "a CPU's");
}

static struct fault hypercall;

static void do_vmmcall(void)
{
	hypercall = try_hypercall();
}

void snp_vc_vmmcall(void)
{
	struct snp_vc_seen seen = run_masked(do_vmmcall);

	check_note("VMMCALL: %s", fault_name(hypercall.class));
	if (expect_eq("#VC raised by VMMCALL", seen.count, 1))
		expect_eq("its error code", seen.code, GHCB_EXIT_VMMCALL);
}

/* ---- what hardware keeps ---- */

#define PATTERN 0x00005a5a12345678ULL /* canonical */

static struct {
	u64 fs_base, efer, pat, gs_base;
} kept;

static void access_kept(void)
{
	u64 old = rdmsr(MSR_KERNEL_GS_BASE);

	kept.fs_base = rdmsr(MSR_FS_BASE);
	wrmsr(MSR_FS_BASE, kept.fs_base);
	kept.efer = rdmsr(MSR_EFER);
	wrmsr(MSR_EFER, kept.efer);
	kept.pat = rdmsr(MSR_PAT);
	wrmsr(MSR_PAT, kept.pat);
	wrmsr(MSR_KERNEL_GS_BASE, PATTERN);
	kept.gs_base = rdmsr(MSR_KERNEL_GS_BASE);
	wrmsr(MSR_KERNEL_GS_BASE, old);
}

void snp_vc_kept(void)
{
	struct snp_vc_seen seen = run_masked(access_kept);

	check_note("EFER 0x%llx, PAT 0x%llx", (unsigned long long)kept.efer,
		   (unsigned long long)kept.pat);
	if (expect_eq("#VC raised by FS base, EFER, PAT and KERNEL_GS_BASE", seen.count, 0) &&
	    expect_eq("FS base", kept.fs_base, (u64)(uintptr_t)cpu_self()) &&
	    expect_eq("LMA in EFER", kept.efer & EFER_LMA, EFER_LMA))
		expect_eq("KERNEL_GS_BASE, read back", kept.gs_base, PATTERN);
}
