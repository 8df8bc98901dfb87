/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of the PC that are found without tables, all through cvm.ops: the host answers as it
 * likes.
 */
#ifndef X86_DEVICES_H
#define X86_DEVICES_H

#include "memmap.h"
#include "platform.h"

/* drivers/x86_64/com1.c: the PC's first serial port becomes the console if it answers. */
void com1_find(struct platform_info *p);

/*
 * drivers/x86_64/fw_cfg.c: QEMU's configuration device by its two ports (docs/specs/fw_cfg). Every
 * byte is one access; every size is the host's word and bounded here.
 */
#define FW_CFG_NB_CPUS      0x05u /* u16 */
#define FW_CFG_CMDLINE_SIZE 0x14u /* u32, NUL included */
#define FW_CFG_CMDLINE      0x15u
#define FW_CFG_FILES_MAX    256u

/* ST_NOT_FOUND: no such device. */
enum status fw_cfg_find(void);
/* The first `len` bytes of an item; beyond its end the device gives zeros. */
void fw_cfg_read(u16 key, void *buf, size_t len);
/* A whole file by name into buf; *len: capacity, then size. ST_NOT_FOUND, ST_TOO_MANY (more files
 * than FW_CFG_FILES_MAX, or larger than buf), ST_CORRUPT (directory). */
enum status fw_cfg_file(const char *name, void *buf, size_t *len);
/* Command line and CPUs (APIC ids 0..n-1) of the machine into *p. */
void fw_cfg_machine(struct platform_info *p);

/*
 * drivers/x86_64/td_hob.c: RAM of a TD from the hand-off blocks its VMM wrote (pure). `hob` is a
 * private copy of the whole TD_HOB section. ST_CORRUPT (header, order, length), ST_TRUNCATED (no
 * end), ST_OVERLAP, ST_OVERFLOW (wraps, or at or above `limit`), ST_NOT_FOUND (no RAM).
 */
enum status td_hob_memory(struct memmap *m, const void *hob, size_t bytes, u64 limit);

#endif
