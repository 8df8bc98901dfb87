; SPDX-License-Identifier: BSD-2-Clause
;
; The last instructions: on the tables and segments that a kernel is entered with, and where other CPUs of a
; TD wait for it.

bits 64
default rel

%define MAILBOX_COMMAND	0		; ACPI 6.5, 5.2.12.19: u16, u32, u64
%define MAILBOX_APIC_ID	4
%define MAILBOX_VECTOR	8
%define COMMAND_NONE	0
%define COMMAND_WAKEUP	1

%define SEL_CODE	0x10		; as the boot protocol has them
%define SEL_DATA	0x18

global	linux_jump, linux_wait, linux_wrmsr

section .text

; void linux_jump(u64 entry, u64 params, u64 cr3). This code is at the same address in both tables.
linux_jump:
	cli
	cld
	mov	cr3, rdx
	lgdt	[gdt_pointer]
	push	qword SEL_CODE
	lea	rax, [.segments]
	push	rax
	o64 retf
.segments:
	mov	eax, SEL_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	xor	eax, eax
	mov	fs, eax
	mov	gs, eax
	lldt	ax
	xor	ebx, ebx
	xor	ecx, ecx
	xor	edx, edx
	xor	ebp, ebp
	xor	r8d, r8d
	xor	r9d, r9d
	xor	r10d, r10d
	xor	r11d, r11d
	jmp	rdi

; void linux_wait(u64 mailbox, u32 apic_id, u64 cr3): until the kernel names this CPU. No stack, no HLT (the
; host need not be asked), and the command is cleared before the jump, which tells the kernel it was seen.
linux_wait:
	cli
	cld
	mov	cr3, rdx
.wait:	pause
	cmp	word [rdi + MAILBOX_COMMAND], COMMAND_WAKEUP
	jne	.wait
	cmp	[rdi + MAILBOX_APIC_ID], esi
	jne	.wait
	mov	rax, [rdi + MAILBOX_VECTOR]
	mov	word [rdi + MAILBOX_COMMAND], COMMAND_NONE
	jmp	rax

; For try_insn(): one instruction and its return.
linux_wrmsr:
	wrmsr
	ret

section .data align=16
; Accessed bits are set: no CPU writes into it.
gdt:	dq	0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	dw	$ - gdt - 1
	dq	gdt
