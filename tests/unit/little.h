/* SPDX-License-Identifier: BSD-2-Clause */
/* Little-endian numbers of 1 to 8 bytes, for samples made in memory. */
#ifndef TESTS_LITTLE_H
#define TESTS_LITTLE_H

#include "types.h"

static inline void put(u8 *p, u64 v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (u8)(v >> (8 * i));
}

static inline u64 got(const u8 *p, unsigned bytes)
{
	u64 v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

#endif
