/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu_cycle(): the calling CPU leaves by PSCI CPU_OFF as if for good, and when somebody starts it
 * again at cpu_cycle_entry, the state it finds is recorded and the call returns. What the CPU was
 * lies in memory of one place, not behind X0: X0 is under test. One CPU at a time.
 *
 * RMMs keep protected memory coherent with the MMU off (stage 2 forces write-back); KVM does not,
 * so what the entry reads before the MMU is on is cleaned, and it writes nothing until then.
 */

#define PSCI_CPU_OFF 0x84000002

	.text
	.global	cpu_cycle
	.hidden	cpu_cycle
	.type	cpu_cycle, %function
cpu_cycle:
	mov	x12, x0
	adrp	x9, saved
	add	x9, x9, :lo12:saved
	stp	x19, x20, [x9, #0]
	stp	x21, x22, [x9, #16]
	stp	x23, x24, [x9, #32]
	stp	x25, x26, [x9, #48]
	stp	x27, x28, [x9, #64]
	stp	x29, x30, [x9, #80]
	mov	x10, sp
	mrs	x11, tpidr_el1
	stp	x10, x11, [x9, #96]
	mrs	x10, vbar_el1
	mrs	x11, cpacr_el1
	stp	x10, x11, [x9, #112]
	mrs	x10, daif
	mrs	x11, cntkctl_el1
	stp	x10, x11, [x9, #128]
	msr	daifset, #0xf
	dc	civac, x9
	add	x10, x9, #64
	dc	civac, x10
	add	x10, x9, #128
	dc	civac, x10
	dsb	sy
	mov	w0, #(PSCI_CPU_OFF & 0xffff)
	movk	w0, #(PSCI_CPU_OFF >> 16), lsl #16
	cbz	x12, 1f
	hvc	#0
	b	2f
1:	smc	#0
2:
	/* Still here: the call was refused. */
	adrp	x9, saved
	add	x9, x9, :lo12:saved
	ldr	x10, [x9, #128]
	msr	daif, x10
	ret
	.size	cpu_cycle, . - cpu_cycle

	.global	cpu_cycle_entry
	.hidden	cpu_cycle_entry
	.type	cpu_cycle_entry, %function
cpu_cycle_entry:
	mov	x19, x0
	mrs	x20, CurrentEL
	mrs	x21, daif
	mrs	x22, spsel
	mrs	x23, sctlr_el1
	msr	daifset, #0xf
	msr	spsel, #1
	adrp	x9, saved
	add	x9, x9, :lo12:saved
	/* Vectors first, so that a fault from here on is reported. */
	ldp	x14, x15, [x9, #112]
	msr	vbar_el1, x14
	msr	cpacr_el1, x15
	ldp	x14, x15, [x9, #96]
	msr	tpidr_el1, x15
	isb
	bl	mmu_enable_live		/* no stack, x9..x13 only */
	adrp	x9, cpu_record
	add	x9, x9, :lo12:cpu_record
	stp	x19, x20, [x9, #0]
	stp	x21, x22, [x9, #16]
	str	x23, [x9, #32]
	adrp	x9, saved
	add	x9, x9, :lo12:saved
	ldp	x19, x20, [x9, #0]
	ldp	x21, x22, [x9, #16]
	ldp	x23, x24, [x9, #32]
	ldp	x25, x26, [x9, #48]
	ldp	x27, x28, [x9, #64]
	ldp	x29, x30, [x9, #80]
	ldr	x10, [x9, #96]
	mov	sp, x10
	ldp	x10, x11, [x9, #128]
	msr	cntkctl_el1, x11
	msr	daif, x10
	adrp	x9, cpu_record
	add	x9, x9, :lo12:cpu_record
	ldr	x10, [x9, #40]
	add	x10, x10, #1
	str	x10, [x9, #40]
	dsb	sy
	mov	x0, #0
	ret
	.size	cpu_cycle_entry, . - cpu_cycle_entry

	.bss
	.balign	64
saved:
	.zero	144
	.balign	64
	.global	cpu_record
	.hidden	cpu_record
cpu_record:
	.zero	48

	.section .note.GNU-stack, "", %progbits
