/* SPDX-License-Identifier: BSD-2-Clause */
/* Little-endian numbers into tables whose fields lie at any address. */
#ifndef LINUX_BYTES_H
#define LINUX_BYTES_H

#include "types.h"

static inline void put_le(u8 *at, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (u8)(value >> (8 * i));
}

#endif
