; SPDX-License-Identifier: BSD-2-Clause
;
; Exception and interrupt entry: one 16-byte stub per vector, then a common frame (struct trap_frame,
; cpu.h). Nothing here or in the handlers touches FP or SIMD registers, so none are saved.

bits 64
default rel
extern	trap_dispatch
global	trap_entry_0

%macro stub 1
	align	16
%if %1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17 || %1 == 21 || %1 == 29 || %1 == 30
%else
	push	0			; where others have an error code
%endif
	push	%1
	jmp	near trap_common
%endmacro

section .text align=16
trap_entry_0:
%assign v 0
%rep 256
	stub	v
%assign v v + 1
%endrep

trap_common:
	cld
	push	rax
	push	rbx
	push	rcx
	push	rdx
	push	rsi
	push	rdi
	push	rbp
	push	r8
	push	r9
	push	r10
	push	r11
	push	r12
	push	r13
	push	r14
	push	r15
	mov	rdi, rsp
	call	trap_dispatch
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	r11
	pop	r10
	pop	r9
	pop	r8
	pop	rbp
	pop	rdi
	pop	rsi
	pop	rdx
	pop	rcx
	pop	rbx
	pop	rax
	add	rsp, 16			; vector, error code
	iretq
