/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last instructions of the firmware (Documentation/arch/arm64/booting.rst): MMU and caches off,
 * X0 the devicetree, X1 to X3 zero, everything masked. The code runs where its address says, so
 * that the MMU may go off under it; from there on it touches no memory.
 */
#include "../../arm64/asm.h"

	.text
/* linux_jump(devicetree, entry); the caller has cleaned both to the point of coherency. */
func linux_jump
	msr	daifset, #0xf
	mov	x4, x1
	mov	x5, #0x0800
	movk	x5, #0x30d0, lsl #16		/* RES1 alone */
	dsb	sy
	msr	sctlr_el1, x5
	isb
	tlbi	vmalle1
	ic	ialluis
	dsb	sy
	isb
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x4
endfunc linux_jump

	.section .note.GNU-stack, "", %progbits
