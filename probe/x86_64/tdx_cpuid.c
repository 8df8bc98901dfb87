/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUID: what the module answers, and what it leaves to the host. */
#include "tdx.h"

#include "smp.h"

#define CPUID_LENGTH     2
#define LEAF1_HYPERVISOR BIT(31)

struct answer {
	struct watched w;
	u64 index; /* TDG.VP.INFO's, on the same CPU */
};

static struct watched ask(u32 leaf, u32 subleaf)
{
	struct watched w = { .regs = { .rax = leaf, .rcx = subleaf } };

	watch(insn_cpuid, &w);
	return w;
}

static void identity_here(void *arg)
{
	*(struct watched *)arg = ask(TDX_CPUID_LEAF, 0);
}

void tdx_cpuid_identity(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct watched w = { .count = 0 };

		if (smp_start_status(cpu) != ST_OK)
			continue;
		if (!on_cpu(cpu, identity_here, &w) || !expect_direct("#VE of CPUID 0x21", &w) ||
		    !expect_eq("EAX", w.regs.rax, 0) ||
		    !expect_eq("EBX", w.regs.rbx, TDX_CPUID_EBX) ||
		    !expect_eq("ECX", w.regs.rcx, TDX_CPUID_ECX) ||
		    !expect_eq("EDX", w.regs.rdx, TDX_CPUID_EDX))
			return;
	}
}

static void leaf1_here(void *arg)
{
	struct tdcall_regs r = { .rax = TDG_VP_INFO };
	struct answer *a = arg;

	a->w = ask(1, 0);
	tdcall(&r);
	a->index = r.r9;
}

void tdx_cpuid_leaf1(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct answer a = { .index = 0 };

		if (smp_start_status(cpu) != ST_OK)
			continue;
		if (!on_cpu(cpu, leaf1_here, &a) || !expect_direct("#VE of CPUID 1", &a.w) ||
		    !expect_eq("the hypervisor bit", a.w.regs.rcx & LEAF1_HYPERVISOR,
			       LEAF1_HYPERVISOR) ||
		    !expect_eq("the initial APIC id", FIELD(a.w.regs.rbx, 31, 24), a.index))
			return;
	}
}

void tdx_cpuid_address_bits(void)
{
	struct watched w = ask(0x80000008, 0);

	check_note("%llu bits", (unsigned long long)FIELD(w.regs.rax, 7, 0));
	if (expect_direct("#VE of CPUID 0x80000008", &w))
		expect_true("bits of an address", BIT(FIELD(w.regs.rax, 7, 0)) > cvm.pte_shared,
			    "enough for the shared bit");
}

void tdx_cpuid_hypervisor(void)
{
	static const u32 leaves[] = { 0x40000000, 0x40000001, 0x400000ff };

	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct watched w = ask(leaves[i], 0);

		check_note("leaf 0x%x", leaves[i]);
		if (!expect_ve("CPUID of the hypervisor's range", &w, TDX_VE_CPUID, CPUID_LENGTH))
			return;
	}
}

static bool ask_for_ve(u64 when)
{
	struct tdcall_regs r = { .rax = TDG_VP_CPUIDVE_SET, .rcx = when };

	tdcall(&r);
	return expect_eq("RAX of TDG.VP.CPUIDVE.SET", r.rax, TDX_SUCCESS);
}

/* While it lasts every CPUID of this CPU is answered by our handler, with zeros. */
void tdx_ve_cpuid(void)
{
	struct watched before = ask(0, 0), during, after;
	bool enabled = arch_irq_save();

	if (ask_for_ve(BIT(0))) {
		during = ask(0, 0);
		if (ask_for_ve(0)) {
			after = ask(0, 0);
			(void)(expect_direct("#VE of CPUID 0 before", &before) &&
			       expect_ve("CPUID 0 when asked for", &during, TDX_VE_CPUID,
					 CPUID_LENGTH) &&
			       expect_direct("#VE of CPUID 0 afterwards", &after) &&
			       expect_eq("EAX afterwards", after.regs.rax, before.regs.rax) &&
			       expect_eq("EBX afterwards", after.regs.rbx, before.regs.rbx));
		}
	}
	arch_irq_restore(enabled);
}
