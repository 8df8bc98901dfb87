/* SPDX-License-Identifier: BSD-2-Clause */
/* Device registers, each by one load or store of exactly its width. */
#include "local.h"

#define ACCESSORS(bits)                                                                            \
	u##bits mmio_read##bits(u64 pa)                                                            \
	{                                                                                          \
		u##bits v = *(volatile u##bits *)(uintptr_t)pa;                                    \
		__asm__ volatile("dmb osh" : : : "memory");                                        \
		return v;                                                                          \
	}                                                                                          \
	void mmio_write##bits(u64 pa, u##bits v)                                                   \
	{                                                                                          \
		__asm__ volatile("dmb osh" : : : "memory");                                        \
		*(volatile u##bits *)(uintptr_t)pa = v;                                            \
	}

ACCESSORS(8)
ACCESSORS(16)
ACCESSORS(32)
ACCESSORS(64)

u64 core_mmio_read(u64 pa, unsigned width)
{
	switch (width) {
	case 1:
		return mmio_read8(pa);
	case 2:
		return mmio_read16(pa);
	case 4:
		return mmio_read32(pa);
	default:
		return mmio_read64(pa);
	}
}

void core_mmio_write(u64 pa, unsigned width, u64 value)
{
	switch (width) {
	case 1:
		mmio_write8(pa, (u8)value);
		break;
	case 2:
		mmio_write16(pa, (u16)value);
		break;
	case 4:
		mmio_write32(pa, (u32)value);
		break;
	default:
		mmio_write64(pa, value);
	}
}
