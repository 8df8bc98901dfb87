/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GUIDed table at the end of a flash image, for the measurement code of the tests. Written
 * from the sheets, with the text form of GUIDs; nothing is shared with the hosts or the guest.
 */
#ifndef FLASH_TABLE_H
#define FLASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct flash {
	const uint8_t *p;
	size_t n;
};

static inline uint64_t flash_number(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v * 256 + p[bytes];
	return v;
}

/* Mixed-endian: the first three groups are little-endian numbers, the rest stands as written. */
static inline void flash_guid(const char *text, uint8_t out[16])
{
	static const uint8_t place[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (unsigned i = 0; i < 16; i++) {
		char digits[3];

		if (*text == '-')
			text++;
		digits[0] = *text++;
		digits[1] = *text++;
		digits[2] = '\0';
		out[place[i]] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

/* Data of an entry; NULL when there is no table, no such entry, or less than `want` bytes in it. */
static inline const uint8_t *flash_entry(struct flash f, const char *text, size_t want)
{
	uint8_t footer[16], wanted[16];
	size_t left;
	const uint8_t *p;

	flash_guid("96b582de-1fb2-45f7-baea-a366c55a082d", footer);
	flash_guid(text, wanted);
	if (f.n < 50 || memcmp(f.p + f.n - 48, footer, 16) != 0)
		return NULL;
	left = flash_number(f.p + f.n - 50, 2);
	if (left < 18 || left > f.n - 32)
		return NULL;
	left -= 18;
	for (p = f.p + f.n - 50; left >= 18;) {
		size_t length = flash_number(p - 18, 2);

		if (length < 18 || length > left)
			return NULL;
		if (memcmp(p - 16, wanted, 16) == 0)
			return length - 18 >= want ? p - length : NULL;
		p -= length;
		left -= length;
	}
	return NULL;
}

#endif
