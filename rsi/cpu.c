/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ID registers and device access. An emulated access must be one load or store of one W or X
 * register without writeback: anything else carries no syndrome (ISV = 0), the host cannot emulate
 * it and the guest would hang. So it is assembly, not a volatile pointer the compiler may improve.
 */
#include "internal.h"
#include "mmu.h"

EARLY u64 cca_read_pfr0(void)
{
	u64 v;

	__asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(v));
	return v;
}

u64 cca_read_mmfr0(void)
{
	u64 v;

	__asm__ volatile("mrs %0, id_aa64mmfr0_el1" : "=r"(v));
	return v;
}

/* Devices are the host's and lie in the unprotected half, though devicetree and ACPI name them
 * without the alias bit. With the MMU on, the device mapping carries the bit. */
static u64 device_address(u64 pa)
{
	return mmu_is_on() ? pa : pa | cca_protected_top();
}

u64 cca_mmio_read(u64 pa, unsigned width)
{
	u64 va = device_address(pa), v = ~0ULL;

	switch (width) {
	case 1:
		__asm__ volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(va) : "memory");
		break;
	case 2:
		__asm__ volatile("ldrh %w0, [%1]" : "=r"(v) : "r"(va) : "memory");
		break;
	case 4:
		__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(va) : "memory");
		break;
	case 8:
		__asm__ volatile("ldr %x0, [%1]" : "=r"(v) : "r"(va) : "memory");
		break;
	}
	return v;
}

void cca_mmio_write(u64 pa, unsigned width, u64 value)
{
	u64 va = device_address(pa);

	switch (width) {
	case 1:
		__asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(va) : "memory");
		break;
	case 2:
		__asm__ volatile("strh %w0, [%1]" : : "r"(value), "r"(va) : "memory");
		break;
	case 4:
		__asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(va) : "memory");
		break;
	case 8:
		__asm__ volatile("str %x0, [%1]" : : "r"(value), "r"(va) : "memory");
		break;
	}
}
