/* SPDX-License-Identifier: BSD-2-Clause */
/* Machine CPUs: start, waiting, the counter and the budget timer. */
#include "abi/psci.h"
#include "common/fwcfg.h"
#include "local.h"
#include "smccc.h"

#define CNTHP_ENABLE 1u
#define NS_PER_S     1000000000ULL

struct percpu percpu[CORE_MAX_CPUS];

extern char core_stacks[];

struct percpu *this_cpu(void)
{
	return (struct percpu *)(uintptr_t)READ_SYSREG(tpidr_el2);
}

unsigned core_cpu(void)
{
	return this_cpu()->index;
}

/* YIELD lets QEMU's single-threaded modes (-icount) run the CPU we wait for. */
void core_relax(void)
{
	__asm__ volatile("yield" : : : "memory");
}

void core_wfi(void)
{
	__asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

void core_start_cpu(unsigned n, void (*fn)(unsigned cpu))
{
	struct smccc_regs r = { { PSCI_CPU_ON_64 } };
	struct percpu *p;

	if (n == 0 || n >= CORE_MAX_CPUS || n >= core_fwcfg_cpus())
		core_panic("machine CPU %u does not exist", n);
	p = &percpu[n];
	p->index = n;
	p->fn = fn;
	p->stack_top = (uintptr_t)core_stacks + (u64)STACK_SIZE * (n + 1);
	dsb();
	r.x[1] = n; /* QEMU virt: affinity 0 counts the first 16 CPUs */
	r.x[2] = (uintptr_t)core_secondary_start;
	r.x[3] = (uintptr_t)p;
	smccc_smc(&r);
	if ((s64)r.x[0] != PSCI_SUCCESS)
		core_panic("machine CPU %u does not start: PSCI %lld", n, (long long)r.x[0]);
}

u64 core_register(enum core_register r, u64 select)
{
	switch (r) {
	case CORE_CTR:
		return READ_SYSREG(ctr_el0);
	case CORE_CLIDR:
		return READ_SYSREG(clidr_el1);
	case CORE_CCSIDR:
		WRITE_SYSREG(csselr_el1, select);
		isb();
		return READ_SYSREG(ccsidr_el1);
	case CORE_REVIDR:
		return READ_SYSREG(revidr_el1);
	case CORE_AIDR:
		return READ_SYSREG(aidr_el1);
	}
	return 0;
}

u64 core_counter(void)
{
	isb();
	return READ_SYSREG(cntpct_el0);
}

u64 core_counter_hz(void)
{
	return READ_SYSREG(cntfrq_el0);
}

void core_arm_budget(u64 ns)
{
	u64 hz = core_counter_hz();
	u64 ticks = ns / NS_PER_S * hz + ns % NS_PER_S * hz / NS_PER_S;

	WRITE_SYSREG(cnthp_cval_el2, core_counter() + ticks);
	WRITE_SYSREG(cnthp_ctl_el2, CNTHP_ENABLE);
	isb();
}
