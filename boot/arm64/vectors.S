/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors. Every exception moves to the CPU's trap stack at once, so a broken stack
 * pointer cannot fault again and again; one exception inside a handler still gets a stack to say so,
 * the next one halts the CPU.
 */
#include "asm.h"
#include "percpu.h"

.macro vector kind
	.balign	128
	msr	tpidr_el0, x0
	mrs	x0, tpidr_el1
	stp	x1, x2, [x0, #CPU_SCRATCH]
	mov	x1, #\kind
	b	trap_entry
.endm

	.section .text.vectors, "ax"
	.balign	2048
func vectors
	/* EL1 on SP_EL0: never used by us */
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	/* EL1h */
	vector	TRAP_SYNC
	vector	TRAP_IRQ
	vector	TRAP_FIQ
	vector	TRAP_SERROR
	/* Lower level, AArch64. At EL1 there is none. The table also stands in VBAR_EL2 of a machine
	 * that gave us EL2: an HVC that HCR_EL2.HCD did not stop gets SMCCC's "not supported". */
	.balign	128
	mrs	x0, CurrentEL
	cmp	x0, #(2 << 2)
	b.ne	halt
	mov	x0, #-1
	eret
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	/* Lower level, AArch32 */
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	vector	TRAP_WRONG_VECTOR
	.balign	128
endfunc vectors

func trap_entry
	ldr	w2, [x0, #CPU_DEPTH]
	cmp	w2, #CPU_DEPTH_OFF
	b.hs	halt
	add	w2, w2, #1
	str	w2, [x0, #CPU_DEPTH]
	cmp	w2, #1
	mov	x2, sp
	str	x2, [x0, #CPU_OLD_SP]
	ldr	x2, [x0, #CPU_TRAP_TOP]
	b.eq	1f
	sub	x2, x2, #(TRAP_STACK_SIZE / 2)
1:	sub	x2, x2, #FRAME_SIZE
	mov	sp, x2
	stp	x3, x4, [sp, #24]
	stp	x5, x6, [sp, #40]
	stp	x7, x8, [sp, #56]
	stp	x9, x10, [sp, #72]
	stp	x11, x12, [sp, #88]
	stp	x13, x14, [sp, #104]
	stp	x15, x16, [sp, #120]
	stp	x17, x18, [sp, #136]
	stp	x19, x20, [sp, #152]
	stp	x21, x22, [sp, #168]
	stp	x23, x24, [sp, #184]
	stp	x25, x26, [sp, #200]
	stp	x27, x28, [sp, #216]
	stp	x29, x30, [sp, #232]
	mrs	x3, tpidr_el0
	ldp	x4, x5, [x0, #CPU_SCRATCH]
	str	x3, [sp]
	stp	x4, x5, [sp, #8]
	ldr	x3, [x0, #CPU_OLD_SP]
	mrs	x4, elr_el1
	mrs	x5, spsr_el1
	mrs	x6, esr_el1
	mrs	x7, far_el1
	stp	x3, x4, [sp, #FRAME_SP]
	stp	x5, x6, [sp, #(FRAME_SP + 16)]
	str	x7, [sp, #(FRAME_SP + 32)]
	mrs	x3, daif
	mrs	x4, CurrentEL
	mrs	x5, spsel
	orr	x3, x3, x4
	orr	x3, x3, x5
	str	x3, [sp, #FRAME_PSTATE]
	mov	x29, xzr
	mov	x0, sp
	bl	trap_handle

	mrs	x0, tpidr_el1
	ldr	w1, [x0, #CPU_DEPTH]
	sub	w1, w1, #1
	str	w1, [x0, #CPU_DEPTH]
	ldp	x1, x2, [sp, #(FRAME_SP + 8)]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x3, x4, [sp, #24]
	ldp	x5, x6, [sp, #40]
	ldp	x7, x8, [sp, #56]
	ldp	x9, x10, [sp, #72]
	ldp	x11, x12, [sp, #88]
	ldp	x13, x14, [sp, #104]
	ldp	x15, x16, [sp, #120]
	ldp	x17, x18, [sp, #136]
	ldp	x19, x20, [sp, #152]
	ldp	x21, x22, [sp, #168]
	ldp	x23, x24, [sp, #184]
	ldp	x25, x26, [sp, #200]
	ldp	x27, x28, [sp, #216]
	ldp	x29, x30, [sp, #232]
	mov	x0, sp
	ldr	x1, [x0, #FRAME_SP]
	mov	sp, x1
	ldp	x1, x2, [x0, #8]
	ldr	x0, [x0]
	eret
endfunc trap_entry

func halt
	msr	daifset, #0xf
1:	wfi
	b	1b
endfunc halt

/* ---- the single accesses of try_*: the first instruction may fault, the second returns ---- */
	.text
.macro single name, insn:vararg
func \name
	\insn
	ret
endfunc \name
.endm

single try_insn_load1, ldrb w0, [x0]
single try_insn_load2, ldrh w0, [x0]
single try_insn_load4, ldr w0, [x0]
single try_insn_load8, ldr x0, [x0]
single try_insn_store1, strb w1, [x0]
single try_insn_store2, strh w1, [x0]
single try_insn_store4, str w1, [x0]
single try_insn_store8, str x1, [x0]
single try_insn_brk, brk #0
single try_insn_udf, udf #0

/* HVC with x0 = the function and nothing of ours in the other arguments. */
func try_insn_hvc
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	.global	try_insn_hvc_at
	.hidden	try_insn_hvc_at
try_insn_hvc_at:
	hvc	#0
	ret
endfunc try_insn_hvc

/* Calls x0. A fault of the fetch is taken at x0 itself and goes on at try_insn_exec_back. */
func try_insn_exec
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	blr	x0
	.global	try_insn_exec_back
	.hidden	try_insn_exec_back
try_insn_exec_back:
	ldp	x29, x30, [sp], #16
	ret
endfunc try_insn_exec

	.section .note.GNU-stack, "", %progbits
