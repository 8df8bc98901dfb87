/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: walk-shared
 * A page table in shared memory lets the host choose every translation. */
#include "bad.h"

void misbehave(void)
{
	struct range r = bad_block();
	u64 ttbr, *root = (u64 *)r.base;

	if (convert_to_shared(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
	__asm__ volatile("mrs %0, ttbr0_el1" : "=r"(ttbr));
	for (size_t i = 0; i < 512; i++)
		root[i] = ((u64 *)(ttbr & MASK(47, 12)))[i];
	__asm__ volatile("dsb ish\n msr ttbr0_el1, %0\n isb\n tlbi vmalle1is\n dsb ish\n isb" ::"r"(
			     r.base | cvm.pte_shared)
			 : "memory");
	*(volatile u64 *)(r.base + 8);
	__asm__ volatile("msr ttbr0_el1, %0\n isb\n tlbi vmalle1is\n dsb ish\n isb" ::"r"(ttbr)
			 : "memory");
}
