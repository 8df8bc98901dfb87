/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where postern.fd lives in guest memory. Read by C and, through sed (mk/guest.mk), by nasm: one
 * "#define NAME number" per line.
 *
 * The flash file ends at 4 GiB. Its reset code copies the image to FD_IMAGE and enters it there.
 * The pages below come with the launch (SEV and TDVF metadata), so they are private and valid from
 * the first instruction; FD_GHCB alone is in neither list: on SNP it becomes the first shared page.
 */
#ifndef ABI_FD_H
#define ABI_FD_H

#define FD_RAM             0x800000
#define FD_SECRETS         0x800000
#define FD_CPUID           0x801000
#define FD_HOB             0x802000
#define FD_HOB_SIZE        0x2000
#define FD_INFO            0x804000
#define FD_GHCB            0x805000
#define FD_IMAGE           0x810000

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
