; SPDX-License-Identifier: BSD-2-Clause
;
; void tdcall_insn(struct tdcall_regs *r): the instruction, with every register but RSP from and to
; *r. The host can change any register a mask exposed to it, RBP included, so all of them are taken
; from our stack again and the scratch ones are cleared: nothing of the host's is left behind.

bits 64
default rel

%define R_RAX	0x00
%define R_RCX	0x08
%define R_RDX	0x10
%define R_RBX	0x18
%define R_RBP	0x20
%define R_RSI	0x28
%define R_RDI	0x30
%define R_R8	0x38
%define R_R9	0x40
%define R_R10	0x48
%define R_R11	0x50
%define R_R12	0x58
%define R_R13	0x60
%define R_R14	0x68
%define R_R15	0x70

global	tdcall_insn

section .text

tdcall_insn:
	push	rbx
	push	rbp
	push	r12
	push	r13
	push	r14
	push	r15
	push	rdi			; becomes RDI's answer below
	mov	rax, [rdi + R_RAX]
	mov	rcx, [rdi + R_RCX]
	mov	rdx, [rdi + R_RDX]
	mov	rbx, [rdi + R_RBX]
	mov	rbp, [rdi + R_RBP]
	mov	rsi, [rdi + R_RSI]
	mov	r8, [rdi + R_R8]
	mov	r9, [rdi + R_R9]
	mov	r10, [rdi + R_R10]
	mov	r11, [rdi + R_R11]
	mov	r12, [rdi + R_R12]
	mov	r13, [rdi + R_R13]
	mov	r14, [rdi + R_R14]
	mov	r15, [rdi + R_R15]
	mov	rdi, [rdi + R_RDI]
	db	0x66, 0x0f, 0x01, 0xcc	; TDCALL, unknown to older assemblers
	xchg	rdi, [rsp]
	mov	[rdi + R_RAX], rax
	mov	[rdi + R_RCX], rcx
	mov	[rdi + R_RDX], rdx
	mov	[rdi + R_RBX], rbx
	mov	[rdi + R_RBP], rbp
	mov	[rdi + R_RSI], rsi
	mov	[rdi + R_R8], r8
	mov	[rdi + R_R9], r9
	mov	[rdi + R_R10], r10
	mov	[rdi + R_R11], r11
	mov	[rdi + R_R12], r12
	mov	[rdi + R_R13], r13
	mov	[rdi + R_R14], r14
	mov	[rdi + R_R15], r15
	pop	rax
	mov	[rdi + R_RDI], rax
	xor	eax, eax
	xor	ecx, ecx
	xor	edx, edx
	xor	esi, esi
	xor	edi, edi
	xor	r8d, r8d
	xor	r9d, r9d
	xor	r10d, r10d
	xor	r11d, r11d
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbp
	pop	rbx
	ret
