/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first page of the image: Linux arm64 Image header, PE/COFF header, and the entry with the
 * MMU off. Nothing here may touch memory outside the file before start_early() has asked the
 * platform for .bss: a host is free to leave everything but the loaded file without content.
 */
#include "asm.h"
#include "percpu.h"
#include "place.h"

	.section .head.text, "ax"
	.global	image_start

/* ---- Linux Image header; its first instruction reads "MZ" and only sets flags ---- */
	ccmp	x18, #0, #0xd, pl
	b	primary_entry
	.quad	0			/* text_offset */
	.long	pe_image_size, 0	/* image_size, .bss included */
	.quad	0xa			/* little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	pe_header - .head.text

/* ---- PE32+ header ---- */
	.balign	8
pe_header:
	.ascii	"PE\0\0"
	.short	0xaa64			/* machine: arm64 */
	.short	2			/* sections */
	.long	0, 0, 0			/* no time stamp (reproducible), no symbols */
	.short	pe_sections - pe_optional
	.short	0x206			/* executable, no line numbers, no debug information */
pe_optional:
	.short	0x20b
	.byte	2, 0x14			/* linker version */
	.long	pe_text_size
	.long	pe_data_file_size
	.long	0
	.long	pe_entry_rva
	.long	pe_headers_size		/* base of code */
	.quad	0			/* image base: any */
	.long	0x1000			/* section alignment */
	.long	0x200			/* file alignment */
	.short	0, 0, 0, 0, 0, 0	/* versions */
	.long	0
	.long	pe_image_size
	.long	pe_headers_size
	.long	0			/* checksum */
	.short	10			/* EFI application */
	.short	0x100			/* NX compatible */
	.quad	0, 0, 0, 0		/* stack and heap: the firmware's */
	.long	0
	.long	6			/* directories, all empty: it relocates itself */
	.quad	0, 0, 0, 0, 0, 0
pe_sections:
	.ascii	".text\0\0\0"
	.long	pe_text_size, pe_headers_size, pe_text_size, pe_headers_size
	.long	0, 0, 0
	.long	0x60000020		/* code, read, execute */
	.ascii	".data\0\0\0"
	.long	pe_data_size, pe_data_rva, pe_data_file_size, pe_data_rva
	.long	0, 0, 0
	.long	0xc0000040		/* data, read, write; relocation writes all of it */

	.balign	8
func primary_entry
	mrs	x20, CurrentEL
	cmp	x20, #(2 << 2)
	b.eq	1f
	mrs	x23, sctlr_el1
	b	2f
1:	mrs	x23, sctlr_el2
2:	mrs	x21, daif
	mrs	x22, spsel
	/* Vectors before the first access to memory: an abort before that would be lost. */
	adr_l	x4, cpus
	msr	tpidr_el1, x4
	adr_l	x4, vectors
	msr	vbar_el1, x4
	isb
	adr_l	x5, image_start
	mov	x6, #PLACE_ENTRY
	cmp	x5, x6
	b.eq	leave_place
	adr_l	x4, arm64_entry_state
	stp	x0, x1, [x4]
	stp	x2, x3, [x4, #16]
	stp	x20, x21, [x4, #32]
	stp	x22, x23, [x4, #48]
	mov	x19, x0
	bl	drop_to_el1
	adr_l	x4, early_stack_top
	mov	sp, x4
	bl	relocate
	bl	start_early

	/* .bss is memory now. Lines a loader left in the cache would shadow what is written with
	 * the MMU off. */
	adr_l	x0, image_start
	adr_l	x1, image_end
	bl	dcache_clean_invalidate
	adr_l	x0, image_file_end
	adr_l	x1, image_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	adr_l	x4, cpus
	ldr	x4, [x4, #CPU_STACK]
	mov	sp, x4
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x19
	b	start_image
endfunc primary_entry

/*
 * In pvmfw's place .bss would lie over the bootloader's configuration. The file is copied to where
 * RAM is by pvmfw's memory layout and starts again there; this place is left as it was. Pairs,
 * because a host that gave no memory there and would emulate each access cannot emulate those.
 * x0..x3, the entry state, are kept; x5 = image_start. No stack.
 */
func leave_place
	mov	x24, x0
	mov	x25, x1
	mov	x26, x2
	mov	x27, x3
	mov	x28, #PLACE_RUN
	adr_l	x9, image_file_end
	sub	x10, x9, x5			/* whole pages */
	mov	x0, x28				/* lines of a loader's would shadow the copy */
	add	x1, x28, x10
	bl	dcache_clean_invalidate
	mov	x8, x5
	mov	x11, x28
1:	ldp	x12, x13, [x8], #16
	stp	x12, x13, [x11], #16
	cmp	x8, x9
	b.lo	1b
	adr_l	x4, arm64_entry_state
	sub	x4, x4, x5
	add	x4, x4, x28
	stp	xzr, x9, [x4, #64]		/* the configuration is behind the file, here */
	mov	x0, x28
	add	x1, x28, x10
	bl	dcache_clean_invalidate
	ic	iallu
	dsb	sy
	isb
	adr_l	x4, primary_entry
	sub	x4, x4, x5
	add	x4, x4, x28
	mov	x0, x24
	mov	x1, x25
	mov	x2, x26
	mov	x3, x27
	br	x4
endfunc leave_place

/* PSCI CPU_ON and the like come here, MMU off, x0 = the CPU's struct cpu. */
func secondary_entry
	mov	x19, x0
	msr	tpidr_el1, x19
	adr_l	x4, vectors
	msr	vbar_el1, x4
	isb
	bl	drop_to_el1
	/* Turns the MMU on without using the stack: what is written before would be stale after. */
	bl	mmu_enable_live
	ldr	x4, [x19, #CPU_STACK]
	mov	sp, x4
	mov	x29, xzr
	mov	x30, xzr
	str	wzr, [x19, #CPU_DEPTH]
	ldr	w0, [x19, #CPU_INDEX]
	b	smp_secondary_main
endfunc secondary_entry

/*
 * At EL2 (never in a realm): gives EL1 the machine and leaves by ERET to the caller's x30 with the
 * EL1 MMU off. At EL1: only SCTLR_EL1 and CPACR_EL1. Clobbers x4, x5. No stack.
 */
func drop_to_el1
	mrs	x4, CurrentEL
	cmp	x4, #(2 << 2)
	b.eq	1f
	mov	x4, #(3 << 20)			/* FP for the libraries; own code has none */
	msr	cpacr_el1, x4
	isb
	ret
1:	mov	x4, #(1 << 31)			/* RW: EL1 is AArch64; E2H and TGE off */
	orr	x4, x4, #(1 << 29)		/* HCD: HVC is undefined, nobody serves it */
	msr	hcr_el2, x4
	isb
	adr_l	x4, vectors			/* again: with E2H on, the name meant VBAR_EL2 */
	msr	vbar_el1, x4
	mov	x4, #0x33ff
	msr	cptr_el2, x4
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mov	x4, #3				/* physical counter and timer for EL1 */
	msr	cnthctl_el2, x4
	msr	cntvoff_el2, xzr
	mrs	x4, mpidr_el1
	msr	vmpidr_el2, x4
	mrs	x4, midr_el1
	msr	vpidr_el2, x4
	mrs	x4, mdcr_el2
	and	x4, x4, #0x1f			/* HPMN stays, no traps */
	msr	mdcr_el2, x4
	mrs	x4, id_aa64pfr0_el1
	ubfx	x4, x4, #24, #4
	cbz	x4, 2f
	mrs	x4, S3_4_C12_C9_5		/* ICC_SRE_EL2 */
	mov	x5, #9				/* Enable, SRE */
	orr	x4, x4, x5
	msr	S3_4_C12_C9_5, x4
	isb
	msr	S3_4_C12_C11_0, xzr		/* ICH_HCR_EL2 */
2:	mov	x4, #0x0800
	movk	x4, #0x30d0, lsl #16		/* RES1, MMU and caches off */
	msr	sctlr_el1, x4
	mov	x4, #(3 << 20)
	msr	cpacr_el1, x4
	adr_l	x4, vectors			/* entry 0x400 answers a stray HVC */
	msr	vbar_el2, x4
	mov	x4, #0x3c5			/* EL1h, DAIF */
	msr	spsr_el2, x4
	msr	elr_el2, x30
	eret
endfunc drop_to_el1

/* ---- UEFI: this part runs under the firmware's MMU, so it is in .text ---- */
	.text
/* EFI_STATUS efi_entry(EFI_HANDLE, EFI_SYSTEM_TABLE *) */
func efi_entry
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	adr_l	x4, arm64_entry_state
	stp	x0, x1, [x4]
	stp	x2, x3, [x4, #16]
	mrs	x5, CurrentEL
	mrs	x6, daif
	stp	x5, x6, [x4, #32]
	mrs	x6, spsel
	cmp	x5, #(2 << 2)
	b.eq	1f
	mrs	x5, sctlr_el1
	b	2f
1:	mrs	x5, sctlr_el2
2:	stp	x6, x5, [x4, #48]
	mov	x5, #1
	str	x5, [x4, #64]
	bl	relocate
	ldp	x0, x1, [sp, #16]
	bl	efi_start
	ldp	x29, x30, [sp], #32
	ret
endfunc efi_entry

/* After ExitBootServices: from the firmware's tables to MMU off, then the common path. */
func efi_leave
	msr	daifset, #0xf
	adr_l	x0, image_start
	adr_l	x1, image_end
	bl	dcache_clean_invalidate
	mov	x5, #0x1005			/* M, C, I */
	mrs	x4, CurrentEL
	cmp	x4, #(2 << 2)
	b.eq	1f
	mrs	x4, sctlr_el1
	bic	x4, x4, x5
	msr	sctlr_el1, x4
	b	2f
1:	mrs	x4, sctlr_el2
	bic	x4, x4, x5
	msr	sctlr_el2, x4
2:	isb
	ic	iallu
	dsb	sy
	isb
	adr_l	x4, cpus
	msr	tpidr_el1, x4
	adr_l	x4, vectors
	msr	vbar_el1, x4
	msr	spsel, #1
	isb
	bl	drop_to_el1
	mov	x4, #0x0800
	movk	x4, #0x30d0, lsl #16
	msr	sctlr_el1, x4			/* none of the firmware's choices stays */
	isb
	adr_l	x4, cpus
	ldr	x4, [x4, #CPU_STACK]
	mov	sp, x4
	mov	x29, xzr
	mov	x30, xzr
	b	start_common
endfunc efi_leave

/* The image is linked at 0: adds the load address to every pointer in it. Words are aligned, no
 * stack. A relocation of another kind cannot come from our link; it means a damaged image. */
func relocate
	adr_l	x0, image_start
	adr_l	x1, rela_start
	adr_l	x2, rela_end
1:	cmp	x1, x2
	b.hs	3f
	ldp	x3, x4, [x1], #16		/* offset, info */
	ldr	x5, [x1], #8			/* addend */
	cmp	x4, #1027			/* R_AARCH64_RELATIVE */
	b.ne	2f
	add	x5, x5, x0
	str	x5, [x0, x3]
	b	1b
2:	wfi
	b	2b
3:	ret
endfunc relocate

/* dcache_clean_invalidate(start, end). Clobbers x2, x3. No stack. */
func dcache_clean_invalidate
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2			/* smallest data line in bytes */
	sub	x3, x2, #1
	bic	x0, x0, x3
1:	cmp	x0, x1
	b.hs	2f
	dc	civac, x0
	add	x0, x0, x2
	b	1b
2:	dsb	sy
	ret
endfunc dcache_clean_invalidate

	.data
	.balign	64
	.global	arm64_entry_state
	.hidden	arm64_entry_state
arm64_entry_state:
	.fill	10, 8, 0
	.balign	16
	.fill	4096, 1, 0
early_stack_top:

	.section .note.GNU-stack, "", %progbits
