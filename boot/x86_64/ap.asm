; SPDX-License-Identifier: BSD-2-Clause
;
; Other CPUs: from real mode in a page below 1 MiB (copied there by smp.c) to ap_main(). The page holds
; code and three constants, no secret and no stack.

%define CR0_PE		(1 << 0)
%define CR0_MP		(1 << 1)
%define CR0_EM		(1 << 2)
%define CR0_TS		(1 << 3)
%define CR0_NE		(1 << 5)
%define CR0_WP		(1 << 16)
%define CR0_PG		(1 << 31)
%define CR4_PAE		(1 << 5)
%define CR4_OSFXSR	(1 << 9)
%define CR4_OSXMMEXCPT	(1 << 10)
%define MSR_EFER	0xc0000080
%define EFER_LME	(1 << 8)
%define EFER_NXE	(1 << 11)
%define MSR_FS_BASE	0xc0000100
%define MAX_CPUS	16
; struct cpu, cpu.h
%define CPU_HWID	0x08
%define CPU_STACK	0x10
%define CPU_STATE	0x18
%define AP_ARMED	1
%define AP_TAKEN	2

extern	ap_main, cpu_data, cpu_data_stride, mmu_live_root
global	ap_trampoline, ap_trampoline_end, ap_root, ap_entry, ap_start, ap_start_long

section .rodata align=16
ap_trampoline:
bits 16
	cli
	cld
	xor	ebx, ebx
	mov	bx, cs
	mov	ds, bx
	shl	ebx, 4			; where this page is
	lea	eax, [ebx + gdt - ap_trampoline]
	mov	[gdt_pointer + 2 - ap_trampoline], eax
	lea	eax, [ebx + ap_protected - ap_trampoline]
	mov	[far32 - ap_trampoline], eax
	lea	eax, [ebx + ap_long - ap_trampoline]
	mov	[far64 - ap_trampoline], eax
	o32 lgdt [gdt_pointer - ap_trampoline]
	mov	eax, CR0_PE | CR0_NE	; caches on: INIT left CD and NW set
	mov	cr0, eax
	jmp	far dword [far32 - ap_trampoline]
bits 32
ap_protected:
	mov	eax, 0x10
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	mov	eax, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT
	mov	cr4, eax
	mov	eax, [ebx + ap_root - ap_trampoline]
	mov	cr3, eax
	mov	ecx, MSR_EFER
	rdmsr
	or	eax, EFER_LME | EFER_NXE
	wrmsr
	mov	eax, CR0_PG | CR0_NE | CR0_MP | CR0_PE
	mov	cr0, eax
	jmp	far dword [ebx + far64 - ap_trampoline]
bits 64
default rel
ap_long:
	jmp	[rbx + ap_entry - ap_trampoline]

align 8
gdt:		dq 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
gdt_pointer:	dw $ - gdt - 1
		dd 0
far32:		dd 0
		dw 0x18
far64:		dd 0
		dw 0x08
align 8
ap_root:	dd 0			; low copy of the early tables' root
		dd 0
ap_entry:	dq 0			; ap_start
ap_trampoline_end:

section .text
; In the image now, still without a stack. Who this CPU is, it finds by its APIC id; the entry is then
; claimed atomically, so that two CPUs the host gave one id never share a stack.
ap_start:
	mov	rax, [mmu_live_root]
	mov	cr3, rax
	mov	rax, cr0
	or	eax, CR0_WP
	mov	cr0, rax
	xor	eax, eax
	cpuid
	cmp	eax, 0xb
	jb	.xapic
	mov	eax, 0xb
	xor	ecx, ecx
	cpuid
	test	ebx, ebx
	jnz	.find
.xapic:	mov	eax, 1
	cpuid
	shr	ebx, 24
	mov	edx, ebx
.find:	lea	rdi, [cpu_data]
	mov	ebx, MAX_CPUS
	mov	r8, [cpu_data_stride]
.next:	cmp	[rdi + CPU_HWID], rdx	; edx: upper half is zero
	jne	.other
	mov	eax, AP_ARMED
	mov	ecx, AP_TAKEN
	lock cmpxchg [rdi + CPU_STATE], ecx
	je	.mine
.other:	add	rdi, r8
	dec	ebx
	jnz	.next
.stop:	cli
	hlt
	jmp	.stop
.mine:	jmp	ap_claimed

; With cpu_long_mode the backend starts a CPU here, in 64-bit mode on tables that map the image, with
; rdi = its struct cpu from private memory. No exception can be taken yet: EFER is written only if it
; must be (TDX starts with NXE set and traps the write), and waiting is no HLT.
ap_start_long:
	cld
	mov	eax, AP_ARMED
	mov	ecx, AP_TAKEN
	lock cmpxchg [rdi + CPU_STATE], ecx
	jne	.stop
	mov	ecx, MSR_EFER
	rdmsr
	test	eax, EFER_NXE
	jnz	.nxe
	or	eax, EFER_NXE
	wrmsr
.nxe:	mov	rax, [mmu_live_root]
	mov	cr3, rax
	mov	rax, cr0
	and	eax, ~(CR0_EM | CR0_TS)
	or	eax, CR0_WP | CR0_NE | CR0_MP
	mov	cr0, rax
	mov	rax, cr4
	or	eax, CR4_OSFXSR | CR4_OSXMMEXCPT
	mov	cr4, rax
	jmp	ap_claimed
.stop:	pause
	jmp	.stop

; rdi = struct cpu, claimed by this CPU alone
ap_claimed:
	mov	rsp, [rdi + CPU_STACK]
	mov	rax, rdi
	mov	rdx, rdi
	shr	rdx, 32
	mov	ecx, MSR_FS_BASE
	wrmsr
	fninit
	push	qword 0x1f80
	ldmxcsr	[rsp]
	add	rsp, 8
	call	ap_main			; rdi = struct cpu
	ud2
