; SPDX-License-Identifier: BSD-2-Clause
;
; From QEMU's PVH start (32-bit, flat, no paging) and from SIPI (16-bit) into 64-bit C. Paging has five
; levels where the CPU can: TCG walks nested tables with as many levels as the host has, and bit 51 of a
; guest-physical address is seen by the fifth only. Without LA57 four levels carry us as far as the
; message that says so.

%define PAGE		4096
%define CR0_PE		(1 << 0)
%define CR0_MP		(1 << 1)
%define CR0_NE		(1 << 5)
%define CR0_WP		(1 << 16)
%define CR0_PG		(1 << 31)
%define CR4_PAE		(1 << 5)
%define CR4_OSFXSR	(1 << 9)
%define CR4_OSXMMEXCPT	(1 << 10)
%define CR4_LA57	(1 << 12)
%define MSR_EFER	0xc0000080
%define EFER_LME	(1 << 8)
%define EFER_NXE	(1 << 11)
%define EFER_SVME	(1 << 12)
%define MSR_FS_BASE	0xc0000100
%define PTE_TABLE	0x3		; present, writable
%define PTE_BLOCK	0x83		; and 2 MiB
%define PTE_UNCACHED	0x18		; PCD, PWT
%define CPUID_LA57	(1 << 16)	; leaf 7, ECX
%define CPUID_SVM	(1 << 2)	; leaf 8000_0001, ECX
%define SEL_CODE64	0x08
%define SEL_DATA	0x10
%define SEL_CODE32	0x18

%define STACK_BYTES	0x20000		; BearSSL's signatures need about 16 KiB
%define CPUS		8
%define PERCPU_STACK	8		; local.h

global	pvh_entry, core_pml5, core_pdpt, core_stacks
global	trampoline, trampoline_end, trampoline_percpu
extern	core_main, core_ap_main, percpu

section .text
bits 32
pvh_entry:
	cli
	cld
	mov	esp, core_stacks + STACK_BYTES
	; Identity map of the first 4 GiB in 2 MiB blocks; the upper half is devices. paging.c adds the rest.
	mov	eax, core_pd + PTE_TABLE
	mov	edi, core_pdpt
	mov	ecx, 4
.pdpt:	mov	[edi], eax
	add	eax, PAGE
	add	edi, 8
	loop	.pdpt
	mov	edi, core_pd
	xor	ecx, ecx
.pd:	mov	eax, ecx
	shl	eax, 21
	jns	.cached
	or	eax, PTE_UNCACHED
.cached:
	or	eax, PTE_BLOCK
	mov	[edi + ecx * 8], eax
	inc	ecx
	cmp	ecx, 4 * 512
	jb	.pd
	mov	dword [core_pml4], core_pdpt + PTE_TABLE
	mov	dword [core_pml5], core_pml4 + PTE_TABLE
	call	enable_long
	lgdt	[gdt.descriptor]
	jmp	SEL_CODE64:boot64

; Paging and long mode; leaves 32-bit compatibility mode.
enable_long:
	mov	esi, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT
	mov	edi, core_pml4
	mov	eax, 7
	xor	ecx, ecx
	cpuid
	test	ecx, CPUID_LA57
	jz	.four
	or	esi, CR4_LA57
	mov	edi, core_pml5
.four:	mov	cr4, esi
	mov	cr3, edi
	mov	eax, 0x80000001
	cpuid
	mov	edi, EFER_LME | EFER_NXE
	test	ecx, CPUID_SVM
	jz	.no_svm
	or	edi, EFER_SVME
.no_svm:
	mov	ecx, MSR_EFER
	rdmsr
	or	eax, edi
	wrmsr
	mov	eax, CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE
	mov	cr0, eax
	ret

bits 64
default rel
boot64:
	lea	rbx, [percpu]
	call	cpu_state
	call	core_main
	ud2

ap64:
	mov	ebx, [trampoline_percpu]
	mov	rsp, [rbx + PERCPU_STACK]
	call	cpu_state
	mov	rdi, rbx
	call	core_ap_main
	ud2

; rbx = struct percpu: data segments, FS base (canary at %fs:0x28), SSE.
cpu_state:
	mov	eax, SEL_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	xor	eax, eax
	mov	fs, eax
	mov	gs, eax
	mov	ecx, MSR_FS_BASE
	mov	rax, rbx
	mov	rdx, rbx
	shr	rdx, 32
	wrmsr
	fninit
	push	qword 0x1f80
	ldmxcsr	[rsp]
	add	rsp, 8
	ret

; Copied to TRAMPOLINE (local.h), position 0 of a segment. One AP at a time passes.
bits 16
trampoline:
	cli
	mov	ax, cs
	mov	ds, ax
	o32 lgdt [trampoline_gdt - trampoline]
	mov	eax, CR0_PE
	mov	cr0, eax
	jmp	dword SEL_CODE32:ap32
trampoline_gdt:
	dw	gdt.end - gdt - 1
	dd	gdt
trampoline_end:

bits 32
ap32:
	mov	eax, SEL_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	mov	esp, ap_stack.top
	call	enable_long
	jmp	SEL_CODE64:ap64

section .data
align 8
gdt:
	dq	0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
.end:
.descriptor:
	dw	.end - gdt - 1
	dq	gdt
align 4
trampoline_percpu:
	dd	0

section .bss align=4096
core_pml5:	resb PAGE
core_pml4:	resb PAGE
core_pdpt:	resb PAGE
core_pd:	resb 4 * PAGE
core_stacks:	resb CPUS * STACK_BYTES
ap_stack:	resb 64
.top:
