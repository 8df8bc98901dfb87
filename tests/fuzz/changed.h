/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sample in an allocation of exactly its size, with numbers changed where the input says: four
 * bytes of it each, place and width and value; or the rest of the input itself.
 */
#ifndef TESTS_FUZZ_CHANGED_H
#define TESTS_FUZZ_CHANGED_H

#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "little.h"

static inline u8 *changed(const u8 *sample, size_t *size)
{
	bool raw = byte() % 8 == 0;
	u8 *copy;

	if (raw)
		*size = input.left;
	else
		*size -= byte() % 32 == 1 ? any(2) % *size : 0; /* cut, now and then */
	copy = malloc(*size + 1);
	if (raw) {
		memcpy(copy, input.at, *size);
		return copy;
	}
	memcpy(copy, sample, *size);
	while (input.left > 0) {
		u64 at = any(2);
		unsigned bytes = 1u << byte() % 4;

		if (*size >= 8)
			put(copy + at % (*size - 7), any(bytes), bytes);
		else
			any(bytes);
	}
	return copy;
}

#endif
