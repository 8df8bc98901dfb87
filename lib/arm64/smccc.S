/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One SMC or HVC with x0..x17 in and out. x19 and up are the callee's to preserve (DEN0028); the
 * pointer to the registers is kept there.
 */
	.macro	smccc_call name, insn
	.section .text.\name, "ax", %progbits
	.global	\name
	.hidden	\name
	.type	\name, %function
\name:
	stp	x19, x30, [sp, #-16]!
	mov	x19, x0
	ldp	x2, x3, [x19, #16]
	ldp	x4, x5, [x19, #32]
	ldp	x6, x7, [x19, #48]
	ldp	x8, x9, [x19, #64]
	ldp	x10, x11, [x19, #80]
	ldp	x12, x13, [x19, #96]
	ldp	x14, x15, [x19, #112]
	ldp	x16, x17, [x19, #128]
	ldp	x0, x1, [x19]
	\insn	#0
	stp	x0, x1, [x19]
	stp	x2, x3, [x19, #16]
	stp	x4, x5, [x19, #32]
	stp	x6, x7, [x19, #48]
	stp	x8, x9, [x19, #64]
	stp	x10, x11, [x19, #80]
	stp	x12, x13, [x19, #96]
	stp	x14, x15, [x19, #112]
	stp	x16, x17, [x19, #128]
	ldp	x19, x30, [sp], #16
	ret
	.size	\name, . - \name
	.endm

	smccc_call smccc_smc, smc
	smccc_call smccc_hvc, hvc

	.section .note.GNU-stack, "", %progbits
