; SPDX-License-Identifier: BSD-2-Clause
;
; postern.fd: one flash file for SNP, TDX and a plain VM.
;
;   FLASH                       zeros, so that the size is a multiple of 64 KiB
;   FLASH_IMAGE                 the flat image (build/x86_64/postern-*.efi), page-aligned
;   4 GiB - TAIL                mailbox page of other CPUs (TDX)
;   4 GiB - TAIL + 4 KiB        this code, SEV and TDVF metadata, GUIDed table, reset vector
;
; FIRMWARE: with a place for the hashes of kernel, initrd and command line, before the GUIDed table, and a
; page for those of the host (SNP).
;
; All of it is measured. It copies the image to FD_IMAGE, clears the rest of it, builds the early
; tables (identity, 4 GiB in 2 MiB blocks) and enters fd_entry in 64-bit mode with rax = FD_PLAIN, FD_SNP
; or FD_TDX; struct fd_info (include/handoff.h) is then at FD_INFO. FD_* come from include/abi/fd.h, ELF_*
; from the image's symbols (mk/guest.mk). IMAGE names the flat image.
;
; Rules: AMD facts by the names of APM volume 2 and the GHCB specification, TDX facts by those of the TDX
; module specification and the TDX virtual firmware design guide.

%define PAGE		0x1000
%define TAIL		(2 * PAGE)
%define TOP		0x100000000
%assign SIZE		(ELF_image_file_end + TAIL + 0xffff) & ~0xffff
%assign FLASH		TOP - SIZE
%define LAST_64K	0xffff0000
%define LOW16(label)	((label) - $$ + FLASH - LAST_64K)	; of an address there

%define TABLES		(FD_IMAGE + ELF_early_tables)

%define CR0_PE		(1 << 0)
%define CR0_NE		(1 << 5)
%define CR0_NW		(1 << 29)
%define CR0_CD		(1 << 30)
%define CR0_PG		(1 << 31)
%define CR4_PAE		(1 << 5)
%define MSR_EFER	0xc0000080
%define EFER_LME	(1 << 8)
%define PTE_P_RW	0x3
%define PTE_BLOCK	0x83		; present, writable, 2 MiB

%define MSR_SEV_STATUS	0xc0010131
%define SEV_STATUS_ALL	0x7		; SEV, SEV-ES, SEV-SNP
%define MSR_GHCB	0xc0010130
%define GHCB_TERMINATE	(0x100 | 2 << 12 | 1 << 16)	; set 2 (ours), reason 1
%define CPUID_COUNT_MAX	64
%define CPUID_ENTRIES	0x10
%define CPUID_ENTRY	48
%define CPUID_EAX	24		; in an entry
%define CPUID_EBX	28
%define LEAF_EXTENDED	0x80000000
%define LEAF_SEV	0x8000001f
%define SEV_EAX_SNP	(1 << 4)
%define CBIT_MIN	32		; in the upper half of an entry
%define CBIT_MAX	51
%define RDRAND_TRIES	10

%define SEL_CODE64	0x08
%define SEL_DATA	0x10
%define SEL_CODE32	0x18
%define STACK		(FD_INFO + PAGE)
%define MARK		(FD_INFO + 0x800)	; of the C-bit test

	org	FLASH

; ---- the image ----
flash:
	times	(SIZE - TAIL - ELF_image_file_end) db 0
flat:	incbin	IMAGE
	times	ELF_image_file_end - ($ - flat) db 0	; negative, so an error, if sizes disagree

; ---- mailbox: FD_MAILBOX_SLOTS of { u64 entry, u64 ctx }, then the word that releases the others ----
	times	(SIZE - TAIL) - ($ - $$) db 0
mailbox:
	times	FD_MAILBOX_SLOTS dq 0, 0
released:
	dd	0
	times	(SIZE - PAGE) - ($ - $$) db 0

; ---- 16-bit start: the power-on state, with the last 64 KiB of the flash behind CS ----
bits 16
start16:
	cli
	cld
	o32 lgdt [cs:LOW16(gdt_pointer)]
	mov	eax, cr0
	and	eax, ~(CR0_CD | CR0_NW)
	or	eax, CR0_PE | CR0_NE
	mov	cr0, eax
	jmp	dword SEL_CODE32:start_amd

; Where the SEV-ES reset block sends another CPU. Ours are started by AP creation and never come here.
ap16:	cli
.spin:	pause
	jmp	.spin

bits 32
; ---- SNP or a plain VM. Unpaged memory is private in SNP whatever the host does ----
start_amd:
	mov	eax, SEL_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	mov	esp, STACK
	lidt	[idt_pointer]
	call	clear_info
	; SEV_STATUS is never intercepted in a guest that has it: the one answer no host gives. CPUID would
	; trap, without anybody to answer yet. A CPU without the register raises #GP: read as 0.
	mov	ecx, MSR_SEV_STATUS
read_status:
	rdmsr
	and	eax, SEV_STATUS_ALL
	jz	start_plain
	cmp	eax, SEV_STATUS_ALL
	jne	terminate32		; SEV without SNP: nothing here would be safe
	call	find_sev_leaf
	jc	terminate32
	test	eax, SEV_EAX_SNP
	jz	terminate32
	and	ebx, 0x3f		; position of the C-bit
	cmp	ebx, CBIT_MIN
	jb	terminate32
	cmp	ebx, CBIT_MAX
	ja	terminate32
	mov	dword [FD_INFO + FD_INFO_PLATFORM], FD_SNP
	mov	[FD_INFO + FD_INFO_ALIAS_BIT], ebx
	; A value the host cannot know, written before paging; read again through a mapping with C-bit.
	mov	ecx, RDRAND_TRIES
.random:
	rdrand	eax
	jc	.mark
	loop	.random
	jmp	terminate32
.mark:	mov	[MARK], eax
	mov	ebp, eax
	lea	ecx, [ebx - 32]
	mov	edx, 1
	shl	edx, cl
	jmp	load_image

; A host can inject #GP at that RDMSR, and an SNP guest that took itself for a plain VM would keep its
; stack where the host can write. So the CPU is asked once more: CPUID that is not intercepted is the
; CPU's own answer, and CPUID that is intercepted raises #VC, which ends here.
start_plain:
	mov	eax, LEAF_EXTENDED
	cpuid
	cmp	eax, LEAF_SEV
	jb	.page
	mov	eax, LEAF_SEV
	cpuid
	test	eax, SEV_EAX_SNP
	jnz	terminate32
.page:	call	find_sev_leaf
	jc	.none
	test	eax, SEV_EAX_SNP
	jnz	terminate32		; the page says SNP, the CPU does not
.none:	xor	edx, edx		; FD_PLAIN is 0

; ---- edx = upper half of what every early entry carries beside its address ----
load_image:
	mov	dword [FD_INFO + FD_INFO_FLASH], FLASH
	mov	dword [FD_INFO + FD_INFO_FLASH_SIZE], SIZE
	mov	esi, flat
	mov	edi, FD_IMAGE
	mov	ecx, ELF_image_file_end / 4
	rep	movsd
	; .bss: the host's choice on TDX (TempMem), and on a plain VM after a warm reset.
	xor	eax, eax
	mov	ecx, (ELF_image_end - ELF_image_file_end) / 4
	rep	stosd

	; Page 0 PML4, 1 PDPT, 2..5 PDs: as early.c has them.
	mov	dword [TABLES], TABLES + PAGE + PTE_P_RW
	mov	[TABLES + 4], edx
	mov	eax, TABLES + 2 * PAGE + PTE_P_RW
	xor	ecx, ecx
.pdpt:	mov	[TABLES + PAGE + ecx * 8], eax
	mov	[TABLES + PAGE + ecx * 8 + 4], edx
	add	eax, PAGE
	inc	ecx
	cmp	ecx, 4
	jb	.pdpt
	mov	eax, PTE_BLOCK
	xor	ecx, ecx
.pd:	mov	[TABLES + 2 * PAGE + ecx * 8], eax
	mov	[TABLES + 2 * PAGE + ecx * 8 + 4], edx
	add	eax, 1 << 21
	inc	ecx
	cmp	ecx, 4 * 512
	jb	.pd

	; CR4.MCE, which TDX fixes, and all else stays as it was. CR3 may lack the C-bit: walks are private
	; in SNP. PAE before LME, as the manuals have it.
	mov	eax, TABLES
	mov	cr3, eax
	mov	eax, cr4
	or	eax, CR4_PAE
	mov	cr4, eax
	cmp	dword [FD_INFO + FD_INFO_PLATFORM], FD_TDX
	je	.paging			; EFER has LME, and any write of it traps
	mov	ecx, MSR_EFER
	rdmsr
	or	eax, EFER_LME
	wrmsr
.paging:
	mov	eax, cr0
	or	eax, CR0_PG
	mov	cr0, eax
	jmp	SEL_CODE64:start64

clear_info:
	mov	edi, FD_INFO
	xor	eax, eax
	mov	ecx, (PAGE - 16) / 4	; not the return address at its end
	rep	stosd
	ret

; The SEV leaf of the page at FD_CPUID: CF clear, eax and ebx as in it; or CF set. On a plain VM the page
; is ordinary memory.
find_sev_leaf:
	mov	ecx, [FD_CPUID]
	lea	eax, [ecx - 1]
	cmp	eax, CPUID_COUNT_MAX
	jae	.no
	mov	esi, FD_CPUID + CPUID_ENTRIES
.next:	cmp	dword [esi], LEAF_SEV
	je	.found
	add	esi, CPUID_ENTRY
	loop	.next
.no:	stc
	ret
.found:	mov	eax, [esi + CPUID_EAX]
	mov	ebx, [esi + CPUID_EBX]
	clc
	ret

; #GP: RDMSR of a register this CPU does not have, and nothing else: the host may raise vectors, too.
; Those without a gate come here as well.
no_msr:	cmp	dword [esp + 4], read_status
	jne	stop
	add	esp, 4			; error code
	add	dword [esp], 2		; RDMSR is two bytes
	xor	eax, eax
	xor	edx, edx
	iretd

; ---- TDX: flat 32-bit mode, all CPUs at once. ebx = GPAW, esi = index of the CPU, r8 = TD HOB ----
start_tdx:
	cli
	cld
	lgdt	[gdt_pointer]
	mov	eax, SEL_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	jmp	SEL_CODE32:.flat
.flat:	test	esi, esi
	jnz	other_tdx
	; The VMM chose what is in these pages: nothing is read before it was written.
	mov	esp, STACK
	call	clear_info
	and	ebx, 0x3f
	mov	dword [FD_INFO + FD_INFO_PLATFORM], FD_TDX
	mov	[FD_INFO + FD_INFO_GPAW], ebx
	dec	ebx
	mov	[FD_INFO + FD_INFO_ALIAS_BIT], ebx
	mov	dword [FD_INFO + FD_INFO_MAILBOX], mailbox
	xor	edx, edx
	jmp	load_image

; Other CPUs wait in pages that are in the measurement, without a stack: first for the tables, then for
; a place to go.
other_tdx:
	cmp	esi, FD_MAILBOX_SLOTS
	jae	.spin
.wait:	pause
	cmp	dword [released], 0
	je	.wait
	mov	eax, TABLES
	mov	cr3, eax
	mov	eax, cr4
	or	eax, CR4_PAE
	mov	cr4, eax
	mov	eax, cr0
	or	eax, CR0_PG
	mov	cr0, eax
	jmp	SEL_CODE64:other64
.spin:	pause
	jmp	.spin

terminate32:
	mov	ecx, MSR_GHCB
	mov	eax, GHCB_TERMINATE
	xor	edx, edx
	wrmsr
	db	0xf3, 0x0f, 0x01, 0xd9	; VMGEXIT
stop:	pause
	jmp	stop

bits 64
default rel
start64:
	mov	ebx, FD_INFO
	mov	eax, [rbx + FD_INFO_PLATFORM]
	cmp	eax, FD_SNP
	je	.snp
	cmp	eax, FD_TDX
	jne	.enter
	mov	[rbx + FD_INFO_HOB], r8
	mov	dword [released], 1
	jmp	.enter
	; A host that lied about the C-bit has us read what it cannot decrypt.
.snp:	cmp	ebp, [rbx + (MARK - FD_INFO)]
	jne	terminate64
	mov	dword [rbx + (MARK - FD_INFO)], 0
.enter:	mov	ecx, FD_IMAGE + ELF_fd_entry
	jmp	rcx

terminate64:
	mov	ecx, MSR_GHCB
	mov	eax, GHCB_TERMINATE
	xor	edx, edx
	wrmsr
	db	0xf3, 0x0f, 0x01, 0xd9
.stop:	pause
	jmp	.stop

other64:
	mov	esi, esi
	shl	esi, 4
	lea	rbx, [mailbox]
	add	rbx, rsi
.wait:	pause
	mov	rax, [rbx]
	test	rax, rax
	jz	.wait
	mov	rdi, [rbx + 8]
	jmp	rax

; Accessed bits are set: a CPU that had to set one would write into flash.
align 8
gdt:	dq	0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
gdt_pointer:
	dw	$ - gdt - 1
	dd	gdt

align 8
idt:	times	13 dq 0
	dw	LOW16(no_msr), SEL_CODE32, 0x8e00, LAST_64K >> 16
idt_pointer:
	dw	$ - idt - 1
	dd	idt

; ---- SEV metadata: { gpa, length, type }. FD_GHCB is in none: it becomes the first shared page ----
%define SEV_MEMORY	1
%define SEV_SECRETS	2
%define SEV_CPUID	3
%define SEV_HASHES	0x10
align 16
sev_metadata:
	db	"ASEV"
	dd	.end - sev_metadata
	dd	1			; version
	dd	(.end - .sections) / 12
.sections:
	dd	FD_SECRETS, PAGE, SEV_SECRETS
	dd	FD_CPUID, PAGE, SEV_CPUID
%ifdef FIRMWARE
	dd	FD_HASHES, PAGE, SEV_HASHES
%endif
	dd	FD_INFO, PAGE, SEV_MEMORY
	dd	FD_IMAGE, ELF_image_end, SEV_MEMORY
.end:

; ---- TDVF metadata: { data offset, data size, gpa, size, type, attributes } ----
%define TDVF_BFV	0
%define TDVF_TD_HOB	2
%define TDVF_TEMP_MEM	3
%define TDVF_MR_EXTEND	1
%macro tdvf_section 6
	dd	%1, %2
	dq	%3, %4
	dd	%5, %6
%endmacro
%macro guid 5			; mixed-endian, the last group as text has it
	dd	%1
	dw	%2, %3
	db	(%4) >> 8, (%4) & 0xff
	db	(%5) >> 40 & 0xff, (%5) >> 32 & 0xff, (%5) >> 24 & 0xff
	db	(%5) >> 16 & 0xff, (%5) >> 8 & 0xff, (%5) & 0xff
%endmacro
align 16
	guid	0xe9eaf9f3, 0x168e, 0x44d5, 0xa8eb, 0x7f4d8738f6ae
tdvf_metadata:
	db	"TDVF"
	dd	.end - tdvf_metadata
	dd	1			; version
	dd	(.end - .sections) / 32
.sections:
	tdvf_section 0, SIZE, FLASH, SIZE, TDVF_BFV, TDVF_MR_EXTEND
	tdvf_section 0, 0, FD_HOB, FD_HOB_SIZE, TDVF_TD_HOB, 0
	tdvf_section 0, 0, FD_INFO, PAGE, TDVF_TEMP_MEM, 0
	tdvf_section 0, 0, FD_IMAGE, ELF_image_end, TDVF_TEMP_MEM, 0
.end:

; ---- Hashes of what the firmware boots, zeros until `postern firmware` fills them ----
%ifdef FIRMWARE
	times	(SIZE - FD_TABLE_END - FD_TABLE_SIZE) - ($ - $$) db 0
hashes:
	times	FD_TABLE_SIZE db 0
%endif

; ---- GUIDed table, read backwards from 32 bytes before the end ----
%define TABLE_END	(SIZE - 0x20)
%macro entry_end 6			; start of its data, then the GUID
	dw	$ + 18 - %1
	guid	%2, %3, %4, %5, %6
%endmacro
	times	TABLE_END - (table_end - table) - ($ - $$) db 0
table:
.es_reset:
	dd	ap16
	entry_end .es_reset, 0x00f771de, 0x1a7e, 0x4fcb, 0x890e, 0x68c77e2fb44e
.sev:	dd	TOP - sev_metadata
	entry_end .sev, 0xdc886566, 0x984a, 0x4798, 0xa75e, 0x5585a7bf67cc
.tdx:	dd	TOP - tdvf_metadata
	entry_end .tdx, 0xe47a6535, 0x984a, 0x4798, 0x865e, 0x4685a7bf8ec2
%ifdef FIRMWARE
.hashes_page:
	dd	FD_HASHES, PAGE
	entry_end .hashes_page, 0x7255371f, 0x3a3b, 0x4b04, 0x927b, 0x1da6efa8d454
.hashes:
	dd	TOP - hashes, FD_TABLE_SIZE
	entry_end .hashes, 0x07468a33, 0xb94e, 0x4582, 0xa857, 0xf4ccddf71b8a
%endif
	dw	table_end - table
	guid	0x96b582de, 0x1fb2, 0x45f7, 0xbaea, 0xa366c55a082d
table_end:
	dd	tdvf_metadata - flash	; where td-shim's loaders look
bits 16
to16:	jmp	near start16
	times	(SIZE - 16) - ($ - $$) db 0x90

; ---- reset vector, the same bytes in 16-bit (PE clear) and 32-bit mode (PE set) ----
bits 32
	mov	eax, cr0
	test	al, CR0_PE
	jz	short to16
	jmp	near start_tdx
	times	SIZE - ($ - $$) db 0x90
