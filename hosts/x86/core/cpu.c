/* SPDX-License-Identifier: BSD-2-Clause */
/* Machine CPUs: what they must be able to do, start. */
#include <string.h>

#include "local.h"

#define START_RETRIES 200000000u
#define CPU_OPTION    "QEMU needs -cpu max,phys-bits=52"
#define PHYS_BITS     52u

struct percpu percpu[CORE_MAX_CPUS];

struct percpu *this_cpu(void)
{
	struct percpu *p;

	__asm__ volatile("movq %%fs:0, %0" : "=r"(p));
	return p;
}

unsigned core_cpu(void)
{
	return this_cpu()->index;
}

void core_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

u64 core_now(void)
{
	u32 lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

void cpu_check(void)
{
	u32 r[4];

	cpuid(0x80000001, 0, r);
	if ((r[2] & CPUID_SVM) == 0)
		core_panic("the CPU has no SVM: " CPU_OPTION);
	if ((r[3] & CPUID_1GB) == 0)
		core_panic("the CPU has no 1 GiB pages: " CPU_OPTION);
	cpuid(0x8000000a, 0, r);
	if ((r[3] & CPUID_NPT) == 0)
		core_panic("the CPU has no nested paging: " CPU_OPTION);
	cpuid(7, 0, r);
	if ((r[2] & CPUID_LA57) == 0)
		core_panic("the CPU has no five-level paging (LA57): " CPU_OPTION);
	cpuid(0x80000008, 0, r);
	if ((r[0] & 0xff) != PHYS_BITS)
		core_panic("the CPU has %u physical address bits, not %u: " CPU_OPTION, r[0] & 0xff,
			   PHYS_BITS);
}

void cpu_init(void)
{
	struct percpu *p = this_cpu();

	trap_load();
	apic_init_cpu();
	wrmsr(MSR_VM_HSAVE, (uintptr_t)core_pages(1));
	p->host_area = core_pages(1);
	/* VMLOAD brings this back after each exit: FS base, syscall MSRs, LDTR, TR. */
	__asm__ volatile("vmsave" : : "a"(p->host_area) : "memory");
}

void cpu_start_all(void)
{
	memcpy((void *)(uintptr_t)TRAMPOLINE, trampoline,
	       (uintptr_t)trampoline_end - (uintptr_t)trampoline);
	for (unsigned n = 1; n < config.cpus; n++) {
		trampoline_percpu = (u32)(uintptr_t)&percpu[n];
		apic_start(n);
		for (unsigned i = 0; __atomic_load_n(&percpu[n].online, __ATOMIC_ACQUIRE) == 0;
		     i++) {
			if (i == START_RETRIES)
				core_panic("machine CPU %u does not start", n);
			core_relax();
		}
	}
	memset((void *)(uintptr_t)TRAMPOLINE, 0, PAGE_SIZE);
}
