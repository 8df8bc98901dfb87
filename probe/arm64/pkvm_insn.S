/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction that leaves for EL2, with x0..x30 loaded from a struct fill before and stored
 * there after it: what a host is shown, and what it changes, is looked for in all of them. Memory
 * holds their complements, so that what is looked for is in no register at any other time.
 */
	.macro	invert_all
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	mvn	x\n, x\n
	.endr
	.endm

	.macro fill name, insn:vararg
	.section .text.\name, "ax", %progbits
	.global	\name
	.hidden	\name
	.type	\name, %function
\name:
	stp	x19, x20, [sp, #-112]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	str	x0, [sp, #96]
	mov	x30, x0
	ldp	x0, x1, [x30]
	ldp	x2, x3, [x30, #16]
	ldp	x4, x5, [x30, #32]
	ldp	x6, x7, [x30, #48]
	ldp	x8, x9, [x30, #64]
	ldp	x10, x11, [x30, #80]
	ldp	x12, x13, [x30, #96]
	ldp	x14, x15, [x30, #112]
	ldp	x16, x17, [x30, #128]
	ldp	x18, x19, [x30, #144]
	ldp	x20, x21, [x30, #160]
	ldp	x22, x23, [x30, #176]
	ldp	x24, x25, [x30, #192]
	ldp	x26, x27, [x30, #208]
	ldp	x28, x29, [x30, #224]
	ldr	x30, [x30, #240]
	invert_all
	\insn
	invert_all
	str	x30, [sp, #104]
	ldr	x30, [sp, #96]
	stp	x0, x1, [x30]
	stp	x2, x3, [x30, #16]
	stp	x4, x5, [x30, #32]
	stp	x6, x7, [x30, #48]
	stp	x8, x9, [x30, #64]
	stp	x10, x11, [x30, #80]
	stp	x12, x13, [x30, #96]
	stp	x14, x15, [x30, #112]
	stp	x16, x17, [x30, #128]
	stp	x18, x19, [x30, #144]
	stp	x20, x21, [x30, #160]
	stp	x22, x23, [x30, #176]
	stp	x24, x25, [x30, #192]
	stp	x26, x27, [x30, #208]
	stp	x28, x29, [x30, #224]
	ldr	x0, [sp, #104]
	str	x0, [x30, #240]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	x19, x20, [sp], #112
	ret
	.size	\name, . - \name
	.endm

	.macro spin
1:	mrs	x0, cntvct_el0
	cmp	x0, x1
	b.lo	1b
	.endm

	fill fill_load, ldr x5, [x6]
	fill fill_store, str x5, [x6]
	fill fill_hvc, hvc #0
	fill fill_wfi, wfi
	fill fill_sgi, msr S3_0_C12_C11_5, x5
	fill fill_spin, spin

/* Single instructions for try_insn(): system registers by name. */
	.macro one name, insn:vararg
	.section .text.\name, "ax", %progbits
	.global	\name
	.hidden	\name
	.type	\name, %function
\name:
	\insn
	ret
	.size	\name, . - \name
	.endm

	one read_dbgbvr0, mrs x0, dbgbvr0_el1
	one read_dbgbcr0, mrs x0, dbgbcr0_el1
	one read_dbgwvr0, mrs x0, dbgwvr0_el1
	one read_dbgwcr0, mrs x0, dbgwcr0_el1
	one read_mdscr, mrs x0, mdscr_el1
	one read_oslsr, mrs x0, oslsr_el1
	one read_osdlr, mrs x0, osdlr_el1
	one write_dbgbvr0, msr dbgbvr0_el1, x0
	one write_dbgbcr0, msr dbgbcr0_el1, x0
	one write_dbgwvr0, msr dbgwvr0_el1, x0
	one write_dbgwcr0, msr dbgwcr0_el1, x0
	one write_mdscr, msr mdscr_el1, x0
	one write_oslar, msr oslar_el1, x0
	one write_osdlr, msr osdlr_el1, x0
	one read_icc_sre, mrs x0, S3_0_C12_C12_5
	one read_pmcr, mrs x0, pmcr_el0
	one read_pmccntr, mrs x0, pmccntr_el0
	one read_pmcntenset, mrs x0, pmcntenset_el0
	one read_pmceid0, mrs x0, pmceid0_el0
	one read_pmuserenr, mrs x0, pmuserenr_el0
	one write_pmcr, msr pmcr_el0, x0
	one clean_set_way, dc csw, x0
	one clean_invalidate_set_way, dc cisw, x0
	one read_lorsa, mrs x0, S3_0_C10_C4_0
	one read_lorc, mrs x0, S3_0_C10_C4_3
	one read_lorid, mrs x0, S3_0_C10_C4_7
	one write_lorsa, msr S3_0_C10_C4_0, x0

	.section .note.GNU-stack, "", %progbits
