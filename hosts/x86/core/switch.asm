; SPDX-License-Identifier: BSD-2-Clause
;
; Into the guest and back, and what interrupts the monitor itself.

global	core_switch, trap_stubs
extern	trap_exception, trap_interrupt

%define TRAP_STUB_BYTES	16		; local.h
%define CR0_MONITOR	0x80010023	; as start.asm sets it: PG, WP, NE, MP, PE

section .text
bits 64
default rel

; void core_switch(u64 vmcb, u64 reg[16], u64 host_area, struct sse *sse)
;
; reg[] in the order of the instruction encoding; RAX and RSP travel in the VMCB. FS, GS, TR, LDTR and the
; syscall MSRs are exchanged by VMLOAD and VMSAVE. With GIF clear and IF set, a machine interrupt becomes
; an exit (V_INTR_MASKING) and never a surprise in between.
;
; SSE state goes register by register; x87 state stays in the CPU, because nothing here is built with x87.
; Not by FXRSTOR: QEMU carries it out with a change of CPU 0's flags (IGNNE) from whichever CPU this is, not
; atomic, and CPU 0 may lose what it changes at that moment. It was seen to lose "nested paging is off" in the
; middle of #VMEXIT: then the monitor's first fetch is a nested page fault.
%macro sse 1				; 0: save, 1: load; rcx: struct sse
%assign n 0
%rep 16
%if %1
	movaps	xmm %+ n, [rcx + n * 16]
%else
	movaps	[rcx + n * 16], xmm %+ n
%endif
%assign n n + 1
%endrep
%if %1
	ldmxcsr	[rcx + 16 * 16]
%else
	stmxcsr	[rcx + 16 * 16]
%endif
%endmacro
core_switch:
	push	rbx
	push	rbp
	push	r12
	push	r13
	push	r14
	push	r15
	push	rdx
	push	rcx
	push	rsi
	mov	rax, rdi
	sse	1
	mov	rcx, [rsi + 1 * 8]
	mov	rdx, [rsi + 2 * 8]
	mov	rbx, [rsi + 3 * 8]
	mov	rbp, [rsi + 5 * 8]
	mov	rdi, [rsi + 7 * 8]
	mov	r8, [rsi + 8 * 8]
	mov	r9, [rsi + 9 * 8]
	mov	r10, [rsi + 10 * 8]
	mov	r11, [rsi + 11 * 8]
	mov	r12, [rsi + 12 * 8]
	mov	r13, [rsi + 13 * 8]
	mov	r14, [rsi + 14 * 8]
	mov	r15, [rsi + 15 * 8]
	mov	rsi, [rsi + 6 * 8]
	clgi
	vmload
	sti
	vmrun
	cli
	vmsave
	xchg	rsi, [rsp]		; the guest's RSI takes the place of reg
	mov	[rsi + 1 * 8], rcx
	mov	[rsi + 2 * 8], rdx
	mov	[rsi + 3 * 8], rbx
	mov	[rsi + 5 * 8], rbp
	mov	[rsi + 7 * 8], rdi
	mov	[rsi + 8 * 8], r8
	mov	[rsi + 9 * 8], r9
	mov	[rsi + 10 * 8], r10
	mov	[rsi + 11 * 8], r11
	mov	[rsi + 12 * 8], r12
	mov	[rsi + 13 * 8], r13
	mov	[rsi + 14 * 8], r14
	mov	[rsi + 15 * 8], r15
	pop	qword [rsi + 6 * 8]
	; QEMU forgets to restore CR0 when the guest had LME without PAE and paging: the next nested walk
	; would take the monitor for unpaged, and every guest address for a machine address.
	mov	rax, cr0
	test	eax, eax		; PG
	js	.paged
	mov	eax, CR0_MONITOR
	mov	cr0, rax
.paged:	pop	rcx
	sse	0
	pop	rax
	vmload				; the monitor's own FS base comes back
	stgi
	cld
	push	qword 0x1f80
	ldmxcsr	[rsp]
	add	rsp, 8
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbp
	pop	rbx
	ret

; One stub per vector, TRAP_STUB_BYTES each: error code (0 where the CPU pushes none), vector.
align TRAP_STUB_BYTES
trap_stubs:
%assign vector 0
%rep 256
	align	TRAP_STUB_BYTES
%if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21 && vector != 29 && vector != 30
	push	0
%endif
	push	strict dword vector
%if vector < 32
	jmp	strict near exception
%else
	jmp	strict near interrupt
%endif
%assign vector vector + 1
%endrep

exception:
	cld
	mov	rdi, rsp
	call	trap_exception
	ud2

; Taken in core_idle() and interrupt_window() only. Handlers are built without SSE.
interrupt:
	push	rax
	push	rcx
	push	rdx
	push	rsi
	push	rdi
	push	r8
	push	r9
	push	r10
	push	r11
	cld
	mov	rdi, [rsp + 9 * 8]
	call	trap_interrupt
	pop	r11
	pop	r10
	pop	r9
	pop	r8
	pop	rdi
	pop	rsi
	pop	rdx
	pop	rcx
	pop	rax
	add	rsp, 16
	iretq
