/* SPDX-License-Identifier: BSD-2-Clause */
/* What PSCI answers. CPUs that leave and come back: psci_cpu.c. */
#include "psci.h"

#include "cca.h"
#include "irq.h"
#include "smp.h"

#define ANSWER(x) ((u64)(s64)(x))

void psci_call_regs(struct smccc_regs *r)
{
	if (cvm.ops->platform == CVM_CCA)
		rsi_call_regs(r);
	else
		smccc_hvc(r);
}

u64 psci_call(u32 fid, u64 a1, u64 a2, u64 a3)
{
	struct smccc_regs r = { .x = { fid, a1, a2, a3 } };

	psci_call_regs(&r);
	return r.x[0];
}

bool expect_answer(const char *asked, u64 got, s64 expected)
{
	return expect_eq(asked, ANSWER((int32_t)got), ANSWER(expected));
}

bool expect_features(const char *asked, const u32 *fid, size_t n, s64 expected)
{
	for (size_t i = 0; i < n; i++) {
		check_note("function id 0x%x", fid[i]);
		if (!expect_answer(asked, psci_call(PSCI_FEATURES, fid[i], 0, 0), expected))
			return false;
	}
	return true;
}

bool expect_unknown(const char *asked, const u32 *fid, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_note("function id 0x%x", fid[i]);
		if (!expect_answer(asked, psci_call(fid[i], 0, 0, 0), PSCI_NOT_SUPPORTED))
			return false;
	}
	return true;
}

static u64 good_entry(void)
{
	return (u64)(uintptr_t)cpu_cycle_entry;
}

void psci_on_nobody(void)
{
	if (expect_answer("CPU_ON of Aff0 0xf0",
			  psci_call(PSCI_CPU_ON_64, NO_SUCH_CPU, good_entry(), 0),
			  PSCI_INVALID_PARAMETERS))
		expect_answer("CPU_ON of Aff1 255",
			      psci_call(PSCI_CPU_ON_64, 0xff00, good_entry(), 0),
			      PSCI_INVALID_PARAMETERS);
}

void psci_on_self(void)
{
	expect_answer("CPU_ON of the caller",
		      psci_call(PSCI_CPU_ON_64, smp_hwid(0), good_entry(), 0), PSCI_ALREADY_ON);
}

void psci_on_running(void)
{
	if (smp_start_status(1) != ST_OK) {
		check_skip("no other CPU");
		return;
	}
	expect_answer("CPU_ON of a running CPU",
		      psci_call(PSCI_CPU_ON_64, smp_hwid(1), good_entry(), 0), PSCI_ALREADY_ON);
}

void psci_affinity_nobody(void)
{
	expect_answer("AFFINITY_INFO of Aff0 0xf0",
		      psci_call(PSCI_AFFINITY_INFO_64, NO_SUCH_CPU, 0, 0), PSCI_INVALID_PARAMETERS);
}

void psci_affinity_on(void)
{
	if (!expect_answer("AFFINITY_INFO of the caller",
			   psci_call(PSCI_AFFINITY_INFO_64, smp_hwid(0), 0, 0), PSCI_AFFINITY_ON))
		return;
	for (unsigned cpu = 1; cpu < smp_cpu_count(); cpu++) {
		if (smp_start_status(cpu) != ST_OK)
			continue;
		check_note("cpu %u", cpu);
		if (!expect_answer("AFFINITY_INFO of a running CPU",
				   psci_call(PSCI_AFFINITY_INFO_64, smp_hwid(cpu), 0, 0),
				   PSCI_AFFINITY_ON))
			return;
	}
}

/* An interrupt is due soon, for hosts that let the CPU wait until there is one. */
void psci_suspend(void)
{
	struct smccc_regs r = { { 0 } };
	u64 vbar = 0, vbar_after = 0;

	if (!irq_available()) {
		check_skip("no interrupt controller to wake the CPU");
		return;
	}
	for (unsigned i = 4; i < ARRAY_SIZE(r.x); i++)
		r.x[i] = 0x5375737000000000ULL + i;
	r.x[0] = PSCI_CPU_SUSPEND_64;
	r.x[2] = 0xdead0000; /* entry and context of a power-down, which this is not */
	r.x[3] = 0xbeef;
	__asm__ volatile("mrs %0, vbar_el1" : "=r"(vbar));
	(void)timer_arm(IRQ_TIMER_VIRT, 2000000);
	(void)timer_arm(IRQ_TIMER_PHYS, 2000000); /* one may be broken, and is judged elsewhere */
	psci_call_regs(&r);
	timer_cancel(IRQ_TIMER_VIRT);
	timer_cancel(IRQ_TIMER_PHYS);
	__asm__ volatile("mrs %0, vbar_el1" : "=r"(vbar_after));
	if (!expect_answer("CPU_SUSPEND", r.x[0], PSCI_SUCCESS) ||
	    !expect_eq("VBAR_EL1 over CPU_SUSPEND", vbar_after, vbar))
		return;
	for (unsigned i = 4; i < ARRAY_SIZE(r.x); i++)
		if (!expect_eq("x4..x17 over CPU_SUSPEND", r.x[i], 0x5375737000000000ULL + i))
			return;
}

static void read_mpidr(void *arg)
{
	__asm__ volatile("mrs %0, mpidr_el1" : "=r"(*(u64 *)arg));
}

void psci_mpidr(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		u64 mpidr = 0;

		if (smp_start_status(cpu) != ST_OK)
			continue;
		check_note("cpu %u", cpu);
		if (!expect_eq("giving work to the CPU", smp_run(cpu, read_mpidr, &mpidr), ST_OK) ||
		    !expect_eq("the CPU finishing", smp_wait(cpu), ST_OK) ||
		    !expect_eq("MPIDR_EL1: bit 31, U, MT, affinity",
			       mpidr & (BIT(31) | BIT(30) | BIT(24) | MASK(39, 32) | MASK(23, 0)),
			       BIT(31) | smp_hwid(cpu)))
			return;
	}
}

void psci_system_off(void)
{
	check_note("answered 0x%llx", (unsigned long long)psci_call(PSCI_SYSTEM_OFF, 0, 0, 0));
}

void psci_system_reset(void)
{
	check_note("answered 0x%llx", (unsigned long long)psci_call(PSCI_SYSTEM_RESET, 0, 0, 0));
}
