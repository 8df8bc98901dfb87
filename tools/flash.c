/* SPDX-License-Identifier: BSD-2-Clause */
/* The GUIDed table at the end of a flash image, with the text form of GUIDs. */
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "measure_launch.h"

#define FOOTER_GUID "96b582de-1fb2-45f7-baea-a366c55a082d"
#define FOOTER_END  32 /* bytes behind the footer */
#define GUID_BYTES  16
#define HEAD_BYTES  18 /* u16 length of the whole entry, GUID */

/* Mixed-endian: the first three groups are little-endian numbers, the rest stands as written. */
void flash_guid(const char *text, uint8_t out[16])
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

bool flash_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

bool flash_has_table(struct bytes image)
{
	uint8_t footer[GUID_BYTES];

	flash_guid(FOOTER_GUID, footer);
	return image.size >= FOOTER_END + HEAD_BYTES &&
	       memcmp(image.data + image.size - FOOTER_END - GUID_BYTES, footer, GUID_BYTES) == 0;
}

/* The table is walked from its footer down; each entry is data, length, GUID. */
const char *flash_entry(struct bytes image, const char *guid, size_t want, const uint8_t **data)
{
	uint8_t wanted[GUID_BYTES];
	const uint8_t *p;
	size_t left;

	*data = NULL;
	if (!flash_has_table(image))
		return "no GUIDed table at the end of the image";
	p = image.data + image.size - FOOTER_END - HEAD_BYTES;
	left = le_get(p, 2);
	if (left < HEAD_BYTES)
		return "the GUIDed table is shorter than its footer";
	left -= HEAD_BYTES;
	if (left > (size_t)(p - image.data))
		return "the GUIDed table is longer than the image";
	flash_guid(guid, wanted);
	while (left >= HEAD_BYTES) {
		size_t length = le_get(p - HEAD_BYTES, 2);

		if (length < HEAD_BYTES || length > left)
			return "an entry of the GUIDed table has a wrong length";
		if (memcmp(p - GUID_BYTES, wanted, GUID_BYTES) == 0) {
			*data = p - length;
			return length - HEAD_BYTES >= want
				   ? NULL
				   : "an entry of the GUIDed table is too short";
		}
		p -= length;
		left -= length;
	}
	return left == 0 ? NULL : "the GUIDed table does not end with an entry";
}
