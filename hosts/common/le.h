/* SPDX-License-Identifier: BSD-2-Clause */
/* Little-endian numbers of up to 8 bytes in pages and registers; no address need be aligned. */
#ifndef COMMON_LE_H
#define COMMON_LE_H

#include "types.h"

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

#endif
