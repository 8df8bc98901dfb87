/* SPDX-License-Identifier: BSD-2-Clause */
/* State of the machine's CPU that the VMCB does not carry: the guest's own while it runs there. */
#include "tdx.h"

#define CR4_OSXSAVE  BIT(18)
#define IA32_TSC_AUX 0xc0000103u

/* The caller has checked value: XSETBV itself would fault in the monitor. */
void hw_xsetbv(u64 value)
{
	u64 cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_OSXSAVE) : "memory");
	__asm__ volatile("xsetbv" : : "a"((u32)value), "d"((u32)(value >> 32)), "c"(0));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
}

void hw_tsc_aux_write(u32 value)
{
	__asm__ volatile("wrmsr" : : "c"(IA32_TSC_AUX), "a"(value), "d"(0));
}

u32 hw_tsc_aux_read(void)
{
	u32 low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(IA32_TSC_AUX));
	return low;
}
