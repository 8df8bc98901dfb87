/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI as realms have it: answers. CPUs that leave and come back: cca_psci_cpu.c. */
#include "cca.h"
#include "irq.h"
#include "smp.h"

#define ANSWER(x) ((u64)(s64)(x))

/* An affinity no RMM gives a REC: Aff0 bits 7:4 are always 0. */
#define NO_SUCH_CPU 0xf0ULL

static u64 psci(u32 fid, u64 a1, u64 a2, u64 a3)
{
	return rsi_call_raw(fid, a1, a2, a3);
}

/* PSCI results are 32-bit signed numbers; the upper half of X0 is not promised for 32-bit calls. */
static bool expect_answer(const char *asked, u64 got, s64 expected)
{
	return expect_eq(asked, ANSWER((int32_t)got), ANSWER(expected));
}

static u64 good_entry(void)
{
	return (u64)(uintptr_t)cpu_cycle_entry;
}

void cca_psci_version(void)
{
	expect_eq("PSCI_VERSION", psci(PSCI_VERSION, 0, 0, 0), 0x10001);
}

void cca_psci_features(void)
{
	static const u32 have[] = { PSCI_CPU_SUSPEND_64,   PSCI_CPU_OFF,    PSCI_CPU_ON_64,
				    PSCI_AFFINITY_INFO_64, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET,
				    PSCI_FEATURES,         SMCCC_VERSION };
	static const u32 lack[] = { PSCI_MIGRATE_32,
				    PSCI_MIGRATE_INFO_TYPE,
				    PSCI_SYSTEM_SUSPEND_64,
				    PSCI_SYSTEM_RESET2_64,
				    0x84000013,
				    0xC400ABCD };

	for (size_t i = 0; i < ARRAY_SIZE(have); i++) {
		check_note("function id 0x%x", have[i]);
		if (!expect_answer("PSCI_FEATURES of a call realms have",
				   psci(PSCI_FEATURES, have[i], 0, 0), PSCI_SUCCESS))
			return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lack); i++) {
		check_note("function id 0x%x", lack[i]);
		if (!expect_answer("PSCI_FEATURES of a call realms do not have",
				   psci(PSCI_FEATURES, lack[i], 0, 0), PSCI_NOT_SUPPORTED))
			return;
	}
}

/* The target is the caller, so that a monitor which lets the entry pass starts nothing. */
void cca_psci_on_entry(void)
{
	u64 self = smp_hwid(0);

	if (expect_answer("CPU_ON with the shared alias as entry",
			  psci(PSCI_CPU_ON_64, self, good_entry() | alias_bit(), 0),
			  PSCI_INVALID_ADDRESS))
		expect_answer("CPU_ON with an entry beyond 64 KiB below the end of 64 bits",
			      psci(PSCI_CPU_ON_64, self, ~0xffffULL, 0), PSCI_INVALID_ADDRESS);
}

void cca_psci_on_nobody(void)
{
	if (expect_answer("CPU_ON of Aff0 0xf0", psci(PSCI_CPU_ON_64, NO_SUCH_CPU, good_entry(), 0),
			  PSCI_INVALID_PARAMETERS))
		expect_answer("CPU_ON of Aff1 255", psci(PSCI_CPU_ON_64, 0xff00, good_entry(), 0),
			      PSCI_INVALID_PARAMETERS);
}

void cca_psci_on_self(void)
{
	expect_answer("CPU_ON of the caller", psci(PSCI_CPU_ON_64, smp_hwid(0), good_entry(), 0),
		      PSCI_ALREADY_ON);
}

void cca_psci_on_running(void)
{
	if (smp_start_status(1) != ST_OK) {
		check_skip("no other CPU");
		return;
	}
	expect_answer("CPU_ON of a running CPU", psci(PSCI_CPU_ON_64, smp_hwid(1), good_entry(), 0),
		      PSCI_ALREADY_ON);
}

void cca_psci_affinity_level(void)
{
	if (expect_answer("AFFINITY_INFO at level 1",
			  psci(PSCI_AFFINITY_INFO_64, smp_hwid(0), 1, 0), PSCI_INVALID_PARAMETERS))
		expect_answer("AFFINITY_INFO at level 3",
			      psci(PSCI_AFFINITY_INFO_64, smp_hwid(0), 3, 0),
			      PSCI_INVALID_PARAMETERS);
}

void cca_psci_affinity_nobody(void)
{
	expect_answer("AFFINITY_INFO of Aff0 0xf0", psci(PSCI_AFFINITY_INFO_64, NO_SUCH_CPU, 0, 0),
		      PSCI_INVALID_PARAMETERS);
}

void cca_psci_affinity_on(void)
{
	if (!expect_answer("AFFINITY_INFO of the caller",
			   psci(PSCI_AFFINITY_INFO_64, smp_hwid(0), 0, 0), PSCI_AFFINITY_ON))
		return;
	for (unsigned cpu = 1; cpu < smp_cpu_count(); cpu++) {
		if (smp_start_status(cpu) != ST_OK)
			continue;
		check_note("cpu %u", cpu);
		if (!expect_answer("AFFINITY_INFO of a running CPU",
				   psci(PSCI_AFFINITY_INFO_64, smp_hwid(cpu), 0, 0),
				   PSCI_AFFINITY_ON))
			return;
	}
}

/* An interrupt is due soon, for hosts that let the CPU wait until there is one. */
void cca_psci_suspend(void)
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
	smccc_smc(&r);
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

void cca_psci_unknown(void)
{
	/* Calls of PSCI that would do no harm if they existed, and a number that is none. */
	static const u32 lack[] = {
		PSCI_MIGRATE_INFO_TYPE, 0x8400000F, 0xC400000D, 0xC4000010, 0x84000013, 0x8400001F
	};

	for (size_t i = 0; i < ARRAY_SIZE(lack); i++) {
		check_note("function id 0x%x", lack[i]);
		if (!expect_answer("a PSCI call realms do not have", psci(lack[i], 0, 0, 0),
				   PSCI_NOT_SUPPORTED))
			return;
	}
}

static void read_mpidr(void *arg)
{
	__asm__ volatile("mrs %0, mpidr_el1" : "=r"(*(u64 *)arg));
}

void cca_psci_mpidr(void)
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

void cca_psci_system_off(void)
{
	check_note("answered 0x%llx", (unsigned long long)psci(PSCI_SYSTEM_OFF, 0, 0, 0));
}

void cca_psci_system_reset(void)
{
	check_note("answered 0x%llx", (unsigned long long)psci(PSCI_SYSTEM_RESET, 0, 0, 0));
}
