/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CBOR reader over any bytes: ends, stays inside, and a skip never goes backwards.
 * seeds: cca/[a-z]*[a-z]/[a-z]*.cbor
 * sources: attest/cbor.c
 * libs: -I.
 */
#include "attest/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cbor c = cbor_open((struct bytes){ data, size });
	enum cbor_major major;

	while (cbor_peek(&c, &major)) {
		const u8 *before = c.at;
		struct cbor probe = c;
		struct bytes b = { NULL, 0 };
		s64 n;
		u64 v;

		(void)cbor_int(&probe, &n);
		probe = c;
		if (cbor_array(&probe, &v) == ST_OK && v > size)
			__builtin_trap();
		probe = c;
		if (cbor_map(&probe, &v) == ST_OK && v > size)
			__builtin_trap();
		probe = c;
		if (cbor_bstr(&probe, &b) == ST_OK || cbor_text(&probe, &b) == ST_OK)
			if (b.data < data || b.size > (size_t)(data + size - b.data))
				__builtin_trap();
		if (cbor_skip(&c) != ST_OK)
			break;
		if (c.at <= before || c.at > c.end)
			__builtin_trap();
	}
	return 0;
}
