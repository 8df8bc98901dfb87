/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into EL1 and back, and the EL2 vectors. One table serves both: entries "from a lower EL" return
 * to the caller of core_switch(), entries "from the current EL" are faults of the monitor itself.
 */
#include "local.h"

/*
 * u64 core_switch(struct el1_state *g): loads x0..x30, pc, pstate; erets; stores all of it at the
 * next exception from EL1 or EL0 and returns the vector's kind (enum core_exit).
 * SP_EL2 is the same at the exit as at the eret; g waits on top of the stack.
 */
	.section .text.core_switch, "ax", %progbits
	.global	core_switch
	.type	core_switch, %function
core_switch:
	stp	x29, x30, [sp, #-112]!
	stp	x19, x20, [sp, #32]
	stp	x21, x22, [sp, #48]
	stp	x23, x24, [sp, #64]
	stp	x25, x26, [sp, #80]
	stp	x27, x28, [sp, #96]
	str	x0, [sp, #16]
	ldr	x1, [x0, #G_PC]
	ldr	x2, [x0, #G_PSTATE]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret

/* x0 = kind; the guest's x0 and x1 lie below the frame of core_switch. */
guest_exit:
	str	x0, [sp, #40]		/* kind, in the frame's free slot: 16 + 24 */
	ldr	x0, [sp, #32]		/* g: 16 + 16 */
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	str	x1, [x0, #G_PC]
	str	x2, [x0, #G_PSTATE]
	ldp	x1, x2, [sp], #16
	stp	x1, x2, [x0]
	ldr	x0, [sp, #24]
	ldp	x19, x20, [sp, #32]
	ldp	x21, x22, [sp, #48]
	ldp	x23, x24, [sp, #64]
	ldp	x25, x26, [sp, #80]
	ldp	x27, x28, [sp, #96]
	ldp	x29, x30, [sp], #112
	ret
	.size	core_switch, . - core_switch

	.macro	from_guest kind
	.balign	128
	stp	x0, x1, [sp, #-16]!
	mov	x0, #\kind
	b	guest_exit
	.endm

	.macro	from_self vector
	.balign	128
	sub	sp, sp, #256
	stp	x0, x1, [sp]
	mov	x1, #\vector
	b	own_exception
	.endm

	.section .text.core_vectors, "ax", %progbits
	.balign	2048
	.global	core_vectors
core_vectors:
	.irp	v, 0, 1, 2, 3, 4, 5, 6, 7
	from_self \v
	.endr
	/* AArch64, then AArch32 (EL0 of a guest may run it): order sync, irq, fiq, serror */
	.irp	kind, 0, 1, 2, 3, 0, 1, 2, 3
	from_guest \kind
	.endr
	.balign	128

/* x1 = vector number; 256 bytes of struct own_frame on the stack. */
own_exception:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	add	x2, sp, #256
	stp	x30, x2, [sp, #240]
	mov	x0, sp
	bl	own_fault
	b	.

/* void core_fp_load(const u8 *fp), core_fp_save(u8 *fp): v0..v31, then FPSR, FPCR. */
	.arch_extension fp
	.arch_extension simd
	.macro	fp_all insn
	\insn	q0, q1, [x0]
	\insn	q2, q3, [x0, #32]
	\insn	q4, q5, [x0, #64]
	\insn	q6, q7, [x0, #96]
	\insn	q8, q9, [x0, #128]
	\insn	q10, q11, [x0, #160]
	\insn	q12, q13, [x0, #192]
	\insn	q14, q15, [x0, #224]
	\insn	q16, q17, [x0, #256]
	\insn	q18, q19, [x0, #288]
	\insn	q20, q21, [x0, #320]
	\insn	q22, q23, [x0, #352]
	\insn	q24, q25, [x0, #384]
	\insn	q26, q27, [x0, #416]
	\insn	q28, q29, [x0, #448]
	\insn	q30, q31, [x0, #480]
	.endm

	.section .text.core_fp, "ax", %progbits
	.global	core_fp_load
	.type	core_fp_load, %function
core_fp_load:
	fp_all	ldp
	add	x0, x0, #G_FPSR
	ldp	x1, x2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
	.size	core_fp_load, . - core_fp_load

/* Leaves FPCR 0: the libraries must not round by the guest's mode. */
	.global	core_fp_save
	.type	core_fp_save, %function
core_fp_save:
	fp_all	stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #G_FPSR
	stp	x1, x2, [x0]
	msr	fpcr, xzr
	ret
	.size	core_fp_save, . - core_fp_save

	.section .note.GNU-stack, "", %progbits
