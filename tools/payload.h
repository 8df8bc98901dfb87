/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What firmware boots, on its way from the user's files into a guest.
 *
 *   payload.c          the files; flash files with their hashes
 *   uki_make.c         a unified kernel image
 *   boot_disk.c        a disk with one file where firmware looks for it
 *   cmd_image.c        `postern uki`, `postern firmware`
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "measure_launch.h"
#include "postern.h"

#define KERNEL_FILE_MAX  (256ULL << 20) /* what the firmware takes (boot/linux/linux.h) */
#define INITRD_FILE_MAX  (1ULL << 30)
#define CMDLINE_TEXT_MAX 2047u
#define FLASH_FILE_MAX   (16u << 20)

/* The files named; NULL: none. False: prints which cannot be read. Free with payload_free(). */
bool payload_read(const char *kernel, const char *initrd, const char *cmdline,
		  struct linux_payload *out);
void payload_free(struct linux_payload *p);
bool file_write(const char *path, const void *data, size_t size); /* prints why not */

/* NULL, or what no firmware would boot as it was given: too long, a line break, and on a disk
 * white space at the end, which readers of a unified kernel image cut. */
const char *cmdline_misfit(const char *cmdline, bool disk);

/* A copy of the flash file with its table of hashes filled. Prints what is wrong. */
bool flash_write(const char *image, const struct linux_payload *p, const char *out);

/* ---- uki_make.c ---- */
#define UKI_X86_64 0x8664
#define UKI_ARM64  0xaa64
/*
 * A PE32+ file with the sections .linux, .initrd and .cmdline (those that are empty left out), the
 * same bytes for the same input. There is no stub in it: firmware that wants to run it, rather than
 * take it apart, cannot. Data to be freed; NULL: no memory, or more than a PE file can have.
 */
struct bytes uki_make(const struct linux_payload *p, uint16_t machine);

/* ---- boot_disk.c ---- */
/* A new disk image, FAT32 without a partition table, with the file \EFI\BOOT\NAME; name: 8.3, upper
 * case. Prints why not. */
bool boot_disk_make(const char *path, const char *name, struct bytes file);

#endif
