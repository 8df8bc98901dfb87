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
