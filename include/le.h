/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Little-endian numbers at any address: fields of files, tables and messages are not aligned. For
 * memory of our own alone: what another may change meanwhile is copied first (shared.h).
 */
#ifndef LE_H
#define LE_H

#include "types.h"

/* bytes: 1 to 8. */
static inline u64 le_get(const u8 *p, size_t bytes)
{
	u64 v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

static inline void le_put(u8 *p, u64 value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (u8)(value >> (8 * i));
}

static inline u16 le16(const u8 *p)
{
	return (u16)le_get(p, 2);
}

static inline u32 le32(const u8 *p)
{
	return (u32)le_get(p, 4);
}

static inline u64 le64(const u8 *p)
{
	return le_get(p, 8);
}

#endif
