; SPDX-License-Identifier: BSD-2-Clause
;
; First instructions on x86-64: PVH (32-bit, no paging), UEFI and postern.fd (64-bit). Also the PE header, at the
; image's first byte. Nothing here knows where the image was loaded.

%define PAGE		4096
%define CR0_PE		(1 << 0)
%define CR0_MP		(1 << 1)
%define CR0_EM		(1 << 2)
%define CR0_TS		(1 << 3)
%define CR0_NE		(1 << 5)
%define CR0_PG		(1 << 31)
%define CR4_PAE		(1 << 5)
%define CR4_PGE		(1 << 7)
%define CR4_OSFXSR	(1 << 9)
%define CR4_OSXMMEXCPT	(1 << 10)
%define MSR_EFER	0xc0000080
%define EFER_LME	(1 << 8)
%define MSR_FS_BASE	0xc0000100
%define PTE_P_RW	0x3
%define PTE_BLOCK	0x83		; present, writable, 2 MiB
%define R_X86_64_RELATIVE 8
%define RDRAND_TRIES	10
%define CPU_CANARY	0x28		; struct cpu, cpu.h; the place is fixed by the compiler's ABI

extern	image_start, rela_start, rela_end, relr_start, relr_end
extern	pe_size_of_image, pe_text_size, pe_data_rva, pe_data_size, pe_data_file
extern	cpu_data, pvh_start, efi_start, fd_start
global	pvh_entry, efi_entry, fd_entry, enter_on_boot_stack, early_tables, boot_stack

section .head progbits alloc exec nowrite align=4096
; ---- PE32+ header (PE format specification). RVA == file offset. ----
head:
	db	"MZ"
	times	0x3c - ($ - head) db 0
	dd	pe - head
pe:	db	"PE", 0, 0
	dw	0x8664			; Machine
	dw	2			; NumberOfSections
	dd	0, 0, 0			; TimeDateStamp (reproducible), symbol table
	dw	sections - optional	; SizeOfOptionalHeader
	; EXECUTABLE_IMAGE | LINE_NUMS_STRIPPED | LOCAL_SYMS_STRIPPED | DEBUG_STRIPPED. RELOCS_STRIPPED stays
	; clear: it would pin the image to ImageBase, but it relocates itself.
	dw	0x020e
optional:
	dw	0x020b			; PE32+
	db	0, 0			; linker version
	dd	pe_text_size - $$		; SizeOfCode
	dd	pe_data_file - $$		; SizeOfInitializedData
	dd	0			; SizeOfUninitializedData
	dd	efi_entry - $$	; AddressOfEntryPoint
	dd	PAGE			; BaseOfCode
	dq	0			; ImageBase
	dd	PAGE, PAGE		; SectionAlignment, FileAlignment
	dw	0, 0, 0, 0, 0, 0	; OS, image and subsystem version
	dd	0
	dd	pe_size_of_image - $$	; SizeOfImage
	dd	PAGE			; SizeOfHeaders
	dd	0			; CheckSum
	dw	10			; Subsystem: EFI application
	dw	0			; DllCharacteristics
	dq	0, 0, 0, 0		; stack and heap sizes: the firmware's business
	dd	0
	dd	6			; NumberOfRvaAndSizes: up to the (empty) base relocations
	dq	0, 0, 0, 0, 0, 0
sections:
	db	".text", 0, 0, 0
	dd	pe_text_size - $$, PAGE, pe_text_size - $$, PAGE
	dd	0, 0, 0
	dd	0x60000020		; code, execute, read
	db	".data", 0, 0, 0
	dd	pe_data_size - $$, pe_data_rva - $$, pe_data_file - $$, pe_data_rva - $$
	dd	0, 0, 0
	dd	0xc0000040		; initialised data, read, write
	; QEMU reads bytes 0x1f1 and 0x202 as fields of a Linux header: they must be 0.
	times	0x400 - ($ - head) db 0

; ---- PVH: ebx = hvm_start_info, flat 32-bit segments, no paging, no stack ----
bits 32
pvh_entry:
	cli
	cld
	; The only memory known to be writable is the start info: its first word serves as a stack for
	; one call that tells where we are.
	mov	eax, [ebx]
	lea	esp, [ebx + 4]
	call	.here
.here:	pop	ebp
	sub	ebp, .here - head	; ebp = image_start
	mov	[ebx], eax
	mov	esp, [ebp + off_stack - head]
	add	esp, ebp

	; Early tables: identity map of the first 4 GiB in 2 MiB blocks. Page 0 PML4, 1 PDPT, 2..5 PDs.
	mov	edi, [ebp + off_tables - head]
	add	edi, ebp
	mov	edx, edi
	lea	eax, [edx + PAGE + PTE_P_RW]
	mov	[edx], eax
	xor	ecx, ecx
.pdpt:	mov	eax, ecx
	shl	eax, 12
	lea	eax, [edx + eax + 2 * PAGE + PTE_P_RW]
	mov	[edx + PAGE + ecx * 8], eax
	inc	ecx
	cmp	ecx, 4
	jb	.pdpt
	xor	ecx, ecx
.pd:	mov	eax, ecx
	shl	eax, 21
	or	eax, PTE_BLOCK
	mov	[edx + 2 * PAGE + ecx * 8], eax
	inc	ecx
	cmp	ecx, 4 * 512
	jb	.pd

	mov	cr3, edx
	mov	eax, CR4_PAE
	mov	cr4, eax
	mov	ecx, MSR_EFER
	rdmsr
	or	eax, EFER_LME
	wrmsr
	mov	eax, CR0_PG | CR0_NE | CR0_PE
	mov	cr0, eax

	lea	eax, [ebp + early_gdt - head]
	push	eax
	push	word early_gdt.end - early_gdt - 1
	lgdt	[esp]
	add	esp, 6
	push	dword 0x08
	lea	eax, [ebp + pvh_long - head]
	push	eax
	retf

bits 64
default rel
pvh_long:
	mov	eax, 0x10
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	mov	ebx, ebx
	lea	rsp, [boot_stack.top]
	call	init_cpu0
	call	relocate
	mov	rdi, rbx
	call	pvh_start
	ud2

align 8
early_gdt:
	dq	0, 0x00af9b000000ffff, 0x00cf93000000ffff
.end:
off_stack:	dd boot_stack.top - $$
off_tables:	dd early_tables - $$

section .text
; ---- UEFI: rcx = image handle, rdx = system table; firmware's stack, paging and long mode on ----
efi_entry:
	push	rbx
	push	rbp
	push	rsi
	push	rdi
	push	r12
	push	r13
	push	r14
	push	r15
	sub	rsp, 8			; 16-byte aligned for the call
	cld
	mov	r12, rcx
	mov	r13, rdx
	mov	ecx, MSR_FS_BASE	; given back when boot fails and we return
	rdmsr
	mov	r14d, eax
	mov	r15d, edx
	call	init_fs
	call	relocate
	mov	rdi, r12
	mov	rsi, r13
	call	efi_start
	mov	r12, rax
	mov	ecx, MSR_FS_BASE
	mov	eax, r14d
	mov	edx, r15d
	wrmsr
	mov	rax, r12
	add	rsp, 8
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rdi
	pop	rsi
	pop	rbp
	pop	rbx
	ret

; ---- postern.fd (images/fd.asm): long mode on early_tables, flat segments, interrupts off, rax != 0
; where a host must not know the canary. No exception can be taken yet, so no instruction here traps.
fd_entry:
	lea	rsp, [boot_stack.top]
	test	rax, rax
	jz	.plain
	mov	ecx, RDRAND_TRIES
.random:
	rdrand	rax
	jc	.canary
	loop	.random
.stop:	pause				; no canary, no guest
	jmp	.stop
.canary:
	shl	rax, 8
	mov	[cpu_data + CPU_CANARY], rax
.plain:	call	init_cpu0
	call	relocate
	call	fd_start
	ud2

; void enter_on_boot_stack(void (*fn)(void)): leaves the firmware's stack and tables for good.
enter_on_boot_stack:
	cli
	lea	rax, [early_tables]
	mov	cr3, rax
	lea	rsp, [boot_stack.top]
	mov	rbx, rdi
	call	init_cpu0
	call	rbx
	ud2

; Own FS base and SSE state: the libraries use both, and the compiler's stack canary lies at %fs:0x28.
init_cpu0:
	mov	rax, cr0
	and	eax, ~(CR0_EM | CR0_TS)
	or	eax, CR0_MP | CR0_NE
	mov	cr0, rax
	mov	rax, cr4
	and	eax, ~CR4_PGE
	or	eax, CR4_OSFXSR | CR4_OSXMMEXCPT
	mov	cr4, rax
	fninit
	push	qword 0x1f80
	ldmxcsr	[rsp]
	add	rsp, 8
init_fs:
	lea	rax, [cpu_data]
	mov	rdx, rax
	shr	rdx, 32
	mov	ecx, MSR_FS_BASE
	wrmsr
	; Set once: the UEFI path comes here twice, with frames on the stack that hold the canary.
	cmp	qword [fs:abs CPU_CANARY], 0
	jne	.done
	rdtsc
	shl	rdx, 32
	or	rax, rdx
	mov	rdx, 0x9e3779b97f4a7c15
	mul	rdx
	xor	rax, rdx
	shl	rax, 8			; low byte 0: a string overrun cannot write it
	mov	[fs:abs CPU_CANARY], rax
.done:	ret

; Every word in .relr.dyn (ELF gABI: packed relative relocations) and .rela.dyn is an address inside the
; image. Once: a packed one adds to what stands there.
relocate:
	lea	rdx, [image_start]
	cmp	byte [relocated], 0
	jne	.done
	mov	byte [relocated], 1
	lea	rsi, [relr_start]
	lea	rdi, [relr_end]
.entry:	cmp	rsi, rdi
	jae	.full
	mov	rax, [rsi]
	add	rsi, 8
	test	al, 1
	jnz	.bitmap
	lea	rcx, [rdx + rax]	; an address: this word, and the bitmaps go on behind it
	add	[rcx], rdx
	add	rcx, 8
	jmp	.entry
.bitmap:
	mov	r8, rcx			; bits 1..63: the next 63 words
.bit:	shr	rax, 1
	jz	.last
	test	al, 1
	jz	.skip
	add	[r8], rdx
.skip:	add	r8, 8
	jmp	.bit
.last:	add	rcx, 63 * 8
	jmp	.entry
.full:	lea	rsi, [rela_start]
	lea	rdi, [rela_end]
.next:	cmp	rsi, rdi
	jae	.done
	cmp	dword [rsi + 8], R_X86_64_RELATIVE
	jne	.stop
	mov	rax, [rsi]
	mov	rcx, [rsi + 16]
	add	rcx, rdx
	mov	[rdx + rax], rcx
	add	rsi, 24
	jmp	.next
.done:	ret
.stop:	cli				; a build error, before any output exists
	hlt
	jmp	.stop

section .data
relocated:	db 0

section .bss align=4096
early_tables:	resb 9 * PAGE		; early.c
boot_stack:	resb 8 * PAGE
.top:
