/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The byte string of one run, taken from the front as a target needs it. Used up, it goes on with
 * zeros: a target that must end then looks at input.left.
 */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include "types.h"

static struct {
	const u8 *at;
	size_t left;
} input;

static inline void input_start(const u8 *data, size_t size)
{
	input.at = data;
	input.left = size;
}

static inline u8 byte(void)
{
	if (input.left == 0)
		return 0;
	input.left--;
	return *input.at++;
}

/* A number of up to 8 bytes, its first byte the most significant. */
static inline u64 any(unsigned bytes)
{
	u64 v = 0;

	while (bytes-- > 0)
		v = v << 8 | byte();
	return v;
}

#endif
