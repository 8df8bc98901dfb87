/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device access: exactly one load or store of one W or X register without writeback. Anything else
 * carries no syndrome (ISV = 0), the host cannot emulate it and the guest would hang. So it is
 * assembly, not a volatile pointer the compiler may improve.
 */
#ifndef ARM64_MMIO_H
#define ARM64_MMIO_H

#include "types.h"

/* All ones for a width that is none. */
static inline u64 mmio_load(u64 va, unsigned width)
{
	u64 v = ~0ULL;

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

static inline void mmio_store(u64 va, unsigned width, u64 value)
{
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

#endif
