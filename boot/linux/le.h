/* SPDX-License-Identifier: BSD-2-Clause */
/* Little-endian numbers at any address: fields of files, file systems and tables are not aligned.
 */
#ifndef LINUX_LE_H
#define LINUX_LE_H

#include "types.h"

static inline u16 le16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static inline u32 le32(const u8 *p)
{
	return le16(p) | (u32)le16(p + 2) << 16;
}

static inline u64 le64(const u8 *p)
{
	return le32(p) | (u64)le32(p + 4) << 32;
}

static inline void put_le(u8 *at, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (u8)(value >> (8 * i));
}

#endif
