/* SPDX-License-Identifier: BSD-2-Clause */
/* The instructions that reach the machine's devices: one access each, of exactly that width. */
#include "vmm/local.h"

u32 machine_in(u16 port, unsigned width)
{
	u8 b;
	u16 w;
	u32 d;

	switch (width) {
	case 1:
		__asm__ volatile("inb %1, %0" : "=a"(b) : "Nd"(port));
		return b;
	case 2:
		__asm__ volatile("inw %1, %0" : "=a"(w) : "Nd"(port));
		return w;
	default:
		__asm__ volatile("inl %1, %0" : "=a"(d) : "Nd"(port));
		return d;
	}
}

void machine_out(u16 port, unsigned width, u32 value)
{
	switch (width) {
	case 1:
		__asm__ volatile("outb %0, %1" : : "a"((u8)value), "Nd"(port));
		break;
	case 2:
		__asm__ volatile("outw %0, %1" : : "a"((u16)value), "Nd"(port));
		break;
	default:
		__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
	}
}

u64 machine_read(u64 address, unsigned width)
{
	switch (width) {
	case 1:
		return *(volatile u8 *)address;
	case 2:
		return *(volatile u16 *)address;
	case 4:
		return *(volatile u32 *)address;
	default:
		return *(volatile u64 *)address;
	}
}

void machine_write(u64 address, unsigned width, u64 value)
{
	switch (width) {
	case 1:
		*(volatile u8 *)address = (u8)value;
		break;
	case 2:
		*(volatile u16 *)address = (u16)value;
		break;
	case 4:
		*(volatile u32 *)address = (u32)value;
		break;
	default:
		*(volatile u64 *)address = value;
	}
}

void machine_cpuid(u32 leaf, u32 subleaf, u32 out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(subleaf));
}
