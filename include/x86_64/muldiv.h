/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef X86_MULDIV_H
#define X86_MULDIV_H

#include "types.h"

/* a * b / c without overflow of the product; all ones when the result does not fit. c is not 0. */
u64 muldiv64(u64 a, u64 b, u64 c);

#endif
