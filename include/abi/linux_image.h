/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel images as files: offsets and values of the x86 setup header (Documentation/arch/x86/
 * boot.rst), of the arm64 Image header (Documentation/arch/arm64/booting.rst), and of PE files as
 * far as unified kernel images need them (Microsoft PE format; UAPI.5). Little-endian throughout.
 */
#ifndef ABI_LINUX_IMAGE_H
#define ABI_LINUX_IMAGE_H

/* ---- bzImage: offsets from the start of the file ---- */
#define BZ_SETUP_SECTS         0x1f1 /* u8, sectors behind the first; 0 means 4 */
#define BZ_SYSSIZE             0x1f4 /* u32, protected part in units of 16 bytes */
#define BZ_BOOT_FLAG           0x1fe /* u16 */
#define BZ_JUMP_LENGTH         0x201 /* u8, from BZ_HEADER to the header's end */
#define BZ_HEADER              0x202 /* u32 */
#define BZ_VERSION             0x206 /* u16 */
#define BZ_LOADFLAGS           0x211 /* u8 */
#define BZ_KERNEL_ALIGNMENT    0x230 /* u32 */
#define BZ_RELOCATABLE         0x234 /* u8 */
#define BZ_XLOADFLAGS          0x236 /* u16 */
#define BZ_CMDLINE_SIZE        0x238 /* u32, without NUL */
#define BZ_PAYLOAD_OFFSET      0x248 /* u32, from the protected part's start */
#define BZ_PAYLOAD_LENGTH      0x24c /* u32 */
#define BZ_PREF_ADDRESS        0x258 /* u64 */
#define BZ_INIT_SIZE           0x260 /* u32 */
#define BZ_HEADER_MIN          0x264 /* where init_size ends: protocol 2.10 and later */
#define BZ_HEADER_MAX          0x290 /* boot_params has something else from there on */

#define BZ_SECTOR              512
#define BZ_SETUP_SECTS_DEFAULT 4
#define BZ_PARAGRAPH           16
#define BZ_BOOT_FLAG_VALUE     0xaa55
#define BZ_HEADER_VALUE        0x53726448 /* "HdrS" */
#define BZ_VERSION_64          0x20c      /* the first with xloadflags */
#define BZ_LOADED_HIGH         0x01       /* loadflags */
#define BZ_XLF_KERNEL_64       0x01       /* xloadflags: has an entry for 64-bit mode */
#define BZ_XLF_ABOVE_4G        0x02       /* kernel, initrd, boot_params may be anywhere */
#define BZ_ENTRY_64            0x200      /* from the protected part's start */

/* ---- arm64 Image: offsets from the start of the file ---- */
#define IMAGE_TEXT_OFFSET 0x08 /* u64 */
#define IMAGE_SIZE        0x10 /* u64 */
#define IMAGE_FLAGS       0x18 /* u64 */
#define IMAGE_MAGIC       0x38 /* u32 */
#define IMAGE_HEADER_SIZE 0x40
#define IMAGE_MAGIC_VALUE 0x644d5241 /* "ARM\x64" */
#define IMAGE_FLAG_BE     0x01

/* ---- PE ---- */
#define PE_DOS_MAGIC  0x5a4d /* "MZ", u16 at 0 */
#define PE_DOS_HEADER 0x3c   /* u32: where the PE header is */
#define PE_DOS_SIZE   0x40
#define PE_SIGNATURE  0x00004550 /* "PE\0\0" */
/* from the PE header */
#define PE_MACHINE       4  /* u16 */
#define PE_SECTIONS      6  /* u16 */
#define PE_OPTIONAL_SIZE 20 /* u16 */
#define PE_OPTIONAL      24
#define PE_OPTIONAL_PLUS 0x20b /* PE32+, u16 at PE_OPTIONAL */
#define PE_SECTIONS_MAX  96    /* "the Windows loader limits the number of sections to 96" */
/* a section's header */
#define PE_SECTION_NAME     8  /* bytes at 0, zero padded */
#define PE_SECTION_VSIZE    8  /* u32 */
#define PE_SECTION_RAW_SIZE 16 /* u32 */
#define PE_SECTION_RAW      20 /* u32, from the start of the file */
#define PE_SECTION_SIZE     40

#endif
