/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turning the MMU on. Without a stack: another CPU comes here before its memory writes and its
 * caches agree.
 */
#include "live.h"

	.text
	.global	mmu_enable_live
	.hidden	mmu_enable_live
	.type	mmu_enable_live, %function
mmu_enable_live:
	adrp	x9, mmu_live
	add	x9, x9, :lo12:mmu_live
	ldp	x10, x11, [x9, #MMU_LIVE_MAIR]
	ldp	x12, x13, [x9, #MMU_LIVE_TTBR0]
	tlbi	vmalle1
	dsb	nsh
	msr	mair_el1, x10
	msr	tcr_el1, x11
	msr	ttbr0_el1, x12
	isb
	msr	sctlr_el1, x13
	isb
	ic	iallu
	dsb	nsh
	isb
	ret
	.size	mmu_enable_live, . - mmu_enable_live

	.global	mmu_invalidate
	.hidden	mmu_invalidate
	.type	mmu_invalidate, %function
mmu_invalidate:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2
	dsb	sy
1:	cmp	x0, x1
	b.hs	2f
	dc	ivac, x0
	add	x0, x0, x2
	b	1b
2:	dsb	sy
	ret
	.size	mmu_invalidate, . - mmu_invalidate

	.section .note.GNU-stack, "", %progbits
