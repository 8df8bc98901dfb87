/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU as the common code sees it (include/arch.h), and each CPU's own memory. */
#include "arch.h"
#include "arm64/sysreg.h"
#include "percpu.h"

#define DAIF_I BIT(7)

const char arch_name[] = "arm64";

static u8 stacks[SMP_MAX_CPUS][STACK_SIZE] ALIGNED(16);
static u8 trap_stacks[SMP_MAX_CPUS][TRAP_STACK_SIZE] ALIGNED(16);

/* In .data: the first one is in use before .bss is memory. An exception that early halts. */
struct cpu cpus[SMP_MAX_CPUS] = {
	[0] = {
		.depth = CPU_DEPTH_OFF,
		.stack = (u64)stacks[0] + STACK_SIZE,
		.trap_top = (u64)trap_stacks[0] + TRAP_STACK_SIZE,
	},
};

u64 smp_arch_entry(void)
{
	return (u64)secondary_entry;
}

u64 smp_arch_context(unsigned index, u64 hwid)
{
	struct cpu *c = &cpus[index];

	c->index = index;
	c->depth = CPU_DEPTH_OFF; /* until it has its MMU */
	c->stack = (u64)stacks[index] + STACK_SIZE;
	c->trap_top = (u64)trap_stacks[index] + TRAP_STACK_SIZE;
	dcache_clean_invalidate((u64)c, (u64)(c + 1)); /* it reads this with its caches off */
	return (u64)c;
}

unsigned arch_cpu_index(void)
{
	return this_cpu()->index;
}

u64 arch_cpu_hwid(void)
{
	return mpidr_affinity(read_sysreg(mpidr_el1));
}

void arch_boot_ready(struct platform_info *p)
{
}

void arch_cpu_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

void arch_wait_for_interrupt(void)
{
	u64 daif = read_sysreg(daif);

	/* Masked while waiting, so that an interrupt between the caller's look and the WFI still
	 * wakes it; then taken. */
	__asm__ volatile("msr daifset, #2; dsb sy; wfi; msr daifclr, #2; isb" ::: "memory");
	write_sysreg(daif, daif);
}

void arch_barrier(void)
{
	__asm__ volatile("dsb sy; isb" ::: "memory");
}

bool arch_irq_save(void)
{
	bool enabled = (read_sysreg(daif) & DAIF_I) == 0;

	__asm__ volatile("msr daifset, #2" ::: "memory");
	return enabled;
}

void arch_irq_restore(bool enabled)
{
	if (enabled)
		__asm__ volatile("msr daifclr, #2" ::: "memory");
}

NORETURN void arch_halt(void)
{
	__asm__ volatile("msr daifset, #0xf" ::: "memory");
	for (;;)
		__asm__ volatile("wfi" ::: "memory");
}

void arch_sync_code(u64 va, size_t size)
{
	u64 ctr = read_sysreg(ctr_el0);
	u64 dline = 4ULL << FIELD(ctr, 19, 16), iline = 4ULL << FIELD(ctr, 3, 0);

	for (u64 p = align_down(va, dline); p < va + size; p += dline)
		__asm__ volatile("dc cvau, %0" ::"r"(p) : "memory");
	__asm__ volatile("dsb ish" ::: "memory");
	for (u64 p = align_down(va, iline); p < va + size; p += iline)
		__asm__ volatile("ic ivau, %0" ::"r"(p) : "memory");
	__asm__ volatile("dsb ish; isb" ::: "memory");
}
