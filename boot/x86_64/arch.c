/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch.h"

#include "x86_64/cpu.h"
#include "x86_64/devices.h"

#define RFLAGS_IF BIT(9)

const char arch_name[] = "x86_64";
const u32 arch_ret_insn = 0xccccccc3; /* RET, INT3, INT3, INT3 */

unsigned arch_cpu_index(void)
{
	u64 index;

	__asm__ volatile("movq %%fs:0, %0" : "=r"(index));
	return (unsigned)index;
}

u64 arch_cpu_hwid(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] >= 0xb) {
		cpuid(0xb, 0, r);
		if (r[1] != 0)
			return r[3];
	}
	cpuid(1, 0, r);
	return r[1] >> 24;
}

void arch_boot_ready(struct platform_info *p)
{
	cpu_data[0].hwid = arch_cpu_hwid();
	com1_find(p);
}

void arch_cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

void arch_wait_for_interrupt(void)
{
	bool enabled = arch_irq_save();

	/* STI holds interrupts off for one more instruction: none is lost before HLT. */
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
	arch_irq_restore(enabled);
}

void arch_barrier(void)
{
	__asm__ volatile("mfence" : : : "memory");
}

bool arch_irq_save(void)
{
	u64 flags;

	__asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
	return (flags & RFLAGS_IF) != 0;
}

void arch_irq_restore(bool enabled)
{
	if (enabled)
		__asm__ volatile("sti" : : : "memory");
	else
		__asm__ volatile("cli" : : : "memory");
}

void arch_halt(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt" : : : "memory");
}

/* Instruction caches are coherent; the fence orders the stores before the jump that follows. */
void arch_sync_code(u64 va, size_t size)
{
	arch_barrier();
}
