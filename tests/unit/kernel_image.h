/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernels and unified images that are right in form, made in memory. */
#ifndef TESTS_KERNEL_IMAGE_H
#define TESTS_KERNEL_IMAGE_H

#include <string.h>

#include "boot/linux/linux.h"
#include "little.h"

/* ---- bzImage: five sectors of setup, BODY bytes, a signature behind them ---- */

#define BZ_SETUP (5u * 512)
#define BZ_BODY  2048u
#define BZ_TAIL  24u
#define BZ_SIZE  (BZ_SETUP + BZ_BODY + BZ_TAIL)

static inline void bz_make(u8 *f)
{
	memset(f, 0, BZ_SIZE);
	f[0x1f1] = 4;
	put(f + 0x1f4, BZ_BODY / 16, 4);
	put(f + 0x1fe, 0xaa55, 2);
	memcpy(f + 0x200, "\xeb\x6aHdrS", 6);
	put(f + 0x206, 0x20f, 2);
	f[0x211] = 1;
	put(f + 0x230, 0x200000, 4);
	f[0x234] = 1;
	put(f + 0x236, 0x7f, 2);
	put(f + 0x238, 2047, 4);
	put(f + 0x248, 0x2cc, 4);
	put(f + 0x24c, BZ_BODY - 0x2cc, 4);
	put(f + 0x258, 0x1000000, 8);
	put(f + 0x260, 0x4000, 4);
}

/* ---- arm64 Image ---- */

#define ARM_SIZE 4096u

static inline void arm_make(u8 *f)
{
	memset(f, 0, ARM_SIZE);
	memcpy(f, "MZ", 2);
	put(f + 0x10, 0x10000, 8);
	put(f + 0x18, 0xa, 8);
	memcpy(f + 0x38, "ARM\x64", 4);
	put(f + 0x3c, 0x40, 4);
}

/* ---- unified image: PE header at 0x80, six sections of 512 bytes in the file ---- */

#define UKI_PE       0x80u
#define UKI_OPTIONAL 240u
#define UKI_TABLE    (UKI_PE + 24 + UKI_OPTIONAL)
#define UKI_SECTIONS 6u
#define UKI_RAW      0x400u
#define UKI_RAW_SIZE 0x200u
#define UKI_SIZE     (UKI_RAW + UKI_SECTIONS * UKI_RAW_SIZE)

static inline u8 *uki_section(u8 *f, unsigned i)
{
	return f + UKI_TABLE + (size_t)i * 40;
}

static inline u8 *uki_content(u8 *f, unsigned i)
{
	return f + UKI_RAW + (size_t)i * UKI_RAW_SIZE;
}

static inline void uki_make(u8 *f, u16 machine)
{
	static const struct {
		char name[9];
		u32 size;
	} sections[UKI_SECTIONS] = { { ".text", 0x1f0 },      { ".osrel", 11 },
				     { ".cmdline", 16 },      { ".ucode", 100 },
				     { ".linux\0\0", 0x1ff }, { ".initrd\0", 0x200 } };

	memset(f, 0, UKI_SIZE);
	memcpy(f, "MZ", 2);
	put(f + 0x3c, UKI_PE, 4);
	memcpy(f + UKI_PE, "PE\0\0", 4);
	put(f + UKI_PE + 4, machine, 2);
	put(f + UKI_PE + 6, UKI_SECTIONS, 2);
	put(f + UKI_PE + 20, UKI_OPTIONAL, 2);
	put(f + UKI_PE + 24, 0x20b, 2);
	for (unsigned i = 0; i < UKI_SECTIONS; i++) {
		u8 *s = uki_section(f, i);

		memcpy(s, sections[i].name, 8);
		put(s + 8, sections[i].size, 4);
		put(s + 12, 0x1000ull * (i + 1), 4);
		put(s + 16, UKI_RAW_SIZE, 4);
		put(s + 20, UKI_RAW + i * UKI_RAW_SIZE, 4);
		memset(uki_content(f, i), 'a' + (int)i, sections[i].size);
	}
	memcpy(uki_content(f, 2), "console=ttyS0 \n", 16);
}

#endif
