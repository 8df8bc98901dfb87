/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where postern.fd lives in guest memory. Read by C and, through sed (mk/guest.mk), by nasm: one
 * "#define NAME number" per line.
 *
 * The flash file ends at 4 GiB. Its reset code copies the image to FD_IMAGE and enters it there.
 * The pages below come with the launch (SEV and TDVF metadata), so they are private and valid from
 * the first instruction; FD_GHCB alone, with the two pages behind it, is in neither list: on SNP
 * they become the first shared pages.
 * FD_HASHES is in the firmware's SEV list alone (kernel hashes, which the host fills and measures).
 */
#ifndef ABI_FD_H
#define ABI_FD_H

#define FD_RAM      0x800000
#define FD_SECRETS  0x800000
#define FD_CPUID    0x801000
#define FD_HOB      0x802000
#define FD_HOB_SIZE 0x2000
#define FD_INFO     0x804000
#define FD_GHCB     0x805000
#define FD_HASHES   0x808000
#define FD_IMAGE    0x810000

/*
 * The firmware's own table of kernel hashes, in the flash file and so in every launch measurement:
 * FD_TABLE_SIZE bytes that end FD_TABLE_END before 4 GiB, zero until `postern firmware` fills them.
 * A tool finds them by the entry 07468a33-b94e-4582-a857-f4ccddf71b8a of the flash file's table of
 * GUIDs: u32 bytes from the table's start to 4 GiB, u32 size.
 */
#define FD_TABLE_END       0x800
#define FD_TABLE_SIZE      0x100

#define FD_PLAIN           0
#define FD_SNP             1
#define FD_TDX             2

#define FD_INFO_PLATFORM   0
#define FD_INFO_ALIAS_BIT  4
#define FD_INFO_HOB        8
#define FD_INFO_MAILBOX    16
#define FD_INFO_FLASH      24
#define FD_INFO_FLASH_SIZE 32
#define FD_INFO_GPAW       40

#define FD_MAILBOX_SLOTS   16

#endif
