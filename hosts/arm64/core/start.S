/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where machine CPUs arrive at EL2, MMU off: CPU 0 from QEMU's ELF loader, the others from PSCI
 * with x0 = their struct percpu. .bss is zero: fresh RAM, and nothing ran before.
 */
#include "local.h"

	.section .text.start, "ax", %progbits
	.global	_start
_start:
	msr	daifset, #0xf
	mrs	x1, CurrentEL
	cmp	x1, #(2 << 2)
	b.ne	wrong_el
	adrp	x0, percpu
	add	x0, x0, :lo12:percpu
	adrp	x1, core_stacks
	add	x1, x1, :lo12:core_stacks
	mov	x2, #STACK_SIZE
	add	x1, x1, x2
	str	x1, [x0, #PERCPU_STACK_TOP]
	bl	cpu_setup
	bl	mmu_build
	bl	mmu_enable
	bl	core_main
	b	.

	.global	core_secondary_start
core_secondary_start:
	msr	daifset, #0xf
	bl	cpu_setup
	bl	mmu_enable
	mrs	x0, tpidr_el2
	bl	core_secondary_main
	b	.

/*
 * x0 = struct percpu. HCR_EL2 comes first: E2H decides what the other registers mean, and physical
 * interrupts must be EL2's or WFI at EL2 would not see them. The libraries may use FP and SIMD, so
 * CPTR_EL2 must not trap EL2 itself.
 */
cpu_setup:
	mov	x1, #0x38		/* AMO, IMO, FMO */
	movk	x1, #0x8000, lsl #16	/* RW */
	msr	hcr_el2, x1
	isb
	msr	tpidr_el2, x0
	ldr	x1, [x0, #PERCPU_STACK_TOP]
	msr	spsel, #1
	mov	sp, x1
	mov	x1, #0x33ff
	msr	cptr_el2, x1
	adrp	x1, core_vectors
	add	x1, x1, :lo12:core_vectors
	msr	vbar_el2, x1
	isb
	ret

/* Started without virtualization=on: say so where a person looks, then switch the machine off. */
wrong_el:
	adr	x1, wrong_el_text
	mov	x2, #0x09000000
1:	ldrb	w3, [x1], #1
	cbz	w3, 2f
	strb	w3, [x2]
	b	1b
2:	mov	w0, #8			/* PSCI_SYSTEM_OFF */
	movk	w0, #0x8400, lsl #16
	hvc	#0
	b	.

wrong_el_text:
	.asciz	"postern-host: not started at EL2 (QEMU: -M virt,virtualization=on)\n"
	.balign	4

	.section .bss.stacks, "aw", %nobits
	.balign	16
	.global	core_stacks
core_stacks:
	.skip	STACK_SIZE * STACKS

	.section .note.GNU-stack, "", %progbits
