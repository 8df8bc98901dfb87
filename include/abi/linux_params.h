/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an x86 kernel is handed: offsets and values of boot_params and of setup_data (linux-boot
 * sheet sections 1.1, 1.2, 2.1; Documentation/arch/x86/boot.rst, zero-page.rst).
 */
#ifndef ABI_LINUX_PARAMS_H
#define ABI_LINUX_PARAMS_H

/* ---- boot_params, beside the header ---- */
#define BP_BYTES             4096
#define BP_ACPI_RSDP_ADDR    0x070 /* u64 */
#define BP_EXT_RAMDISK_IMAGE 0x0c0 /* u32, as the next two: high halves */
#define BP_EXT_RAMDISK_SIZE  0x0c4
#define BP_EXT_CMD_LINE_PTR  0x0c8
#define BP_E820_ENTRIES      0x1e8 /* u8 */
#define BP_SENTINEL          0x1ef /* u8: not 0 has Linux erase the fields above */
#define BP_E820_TABLE        0x2d0
#define BP_E820_TABLE_MAX    128

/* ---- the header, at the same offset in the file and in boot_params ---- */
#define BP_HDR                  0x1f1
#define BP_HDR_LIMIT            0x290 /* what follows is not header, however long it says it is */
#define BP_HDR_TYPE_OF_LOADER   0x210 /* u8 */
#define BP_HDR_LOADFLAGS        0x211 /* u8 */
#define BP_HDR_RAMDISK_IMAGE    0x218 /* u32 */
#define BP_HDR_RAMDISK_SIZE     0x21c /* u32 */
#define BP_HDR_HEAP_END_PTR     0x224 /* u16 */
#define BP_HDR_EXT_LOADER_VER   0x226 /* u8 */
#define BP_HDR_EXT_LOADER_TYPE  0x227 /* u8 */
#define BP_HDR_CMD_LINE_PTR     0x228 /* u32 */
#define BP_HDR_SETUP_DATA       0x250 /* u64 */
#define BP_HDR_SETUP_DATA_END   0x258

#define LOADER_UNREGISTERED     0xff /* 0: Linux ignores the initrd */
#define LOADFLAGS_LOADED_HIGH   0x01
#define LOADFLAGS_KASLR         0x02 /* the decompressor's word to the kernel */
#define LOADFLAGS_KEEP_SEGMENTS 0x40
#define LOADFLAGS_CAN_USE_HEAP  0x80

/* ---- struct boot_e820_entry, packed ---- */
#define BP_E820_ADDR  0  /* u64 */
#define BP_E820_SIZE  8  /* u64 */
#define BP_E820_TYPE  16 /* u32 */
#define BP_E820_BYTES 20

/* ---- struct setup_data ---- */
#define SETUP_DATA_NEXT    0  /* u64, 0: the last */
#define SETUP_DATA_TYPE    8  /* u32 */
#define SETUP_DATA_LEN     12 /* u32: bytes behind this header */
#define SETUP_DATA_HEADER  16

#define SETUP_DATA_CC_BLOB 7

/* ---- struct cc_blob_sev_info ---- */
#define CC_BLOB_MAGIC         0  /* u32 */
#define CC_BLOB_VERSION       4  /* u16 */
#define CC_BLOB_SECRETS       8  /* u64 */
#define CC_BLOB_SECRETS_LEN   16 /* u32 */
#define CC_BLOB_CPUID         24 /* u64 */
#define CC_BLOB_CPUID_LEN     32 /* u32 */
#define CC_BLOB_SIZE          40

#define CC_BLOB_MAGIC_VALUE   0x45444d41 /* "AMDE" */
#define CC_BLOB_VERSION_VALUE 1
#define CC_BLOB_PAGE_LEN      4096

/* ---- MADT: multiprocessor wakeup (ACPI 6.5 section 5.2.12.19; sheet section 3.3) ---- */
#define MADT_WAKEUP            0x10
#define MADT_WAKEUP_LEN        16 /* version 0 */

#define MAILBOX_BYTES          4096
#define MAILBOX_COMMAND        0 /* u16 */
#define MAILBOX_APIC_ID        4 /* u32 */
#define MAILBOX_VECTOR         8 /* u64 */
#define MAILBOX_COMMAND_NONE   0
#define MAILBOX_COMMAND_WAKEUP 1
#define MAILBOX_OS_END         2048 /* from here on the firmware's own */

/* ---- CCEL (sheet section 3.4; UEFI "Confidential Computing" chapter) ---- */
#define CCEL_TYPE_TDX 2

#endif
