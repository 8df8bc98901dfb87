/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile TD HOB lists. The first byte chooses: raw bytes, or blocks built from the input whose
 * headers are right but for a length now and then, so that the fuzzer gets to what they say.
 * sources: drivers/x86_64/td_hob.c mm/memmap.c lib/range.c
 */
#include <stdlib.h>
#include <string.h>

#include "x86_64/devices.h"

#define LIMIT BIT(47)

static u8 list[8192];

static size_t block(size_t at, u16 type, u16 length)
{
	memset(list + at, 0, length);
	memcpy(list + at, &type, 2);
	memcpy(list + at + 2, &length, 2);
	return at + length;
}

static size_t build(const u8 *data, size_t size)
{
	size_t at = block(0, 1, 56);

	/* 4 bytes each: type, odd shift, pages from and to */
	for (; size >= 4 && at + 56 <= sizeof(list); data += 4, size -= 4) {
		u64 shift = 12 + data[1] % 40, base = (u64)data[2] << shift;
		u64 length = (u64)data[3] << shift;
		size_t from = at;

		if (data[0] >= 0xf0) {
			at = block(at, 4, 24);
			if (data[1] % 2 != 0) /* its length may be anything */
				memcpy(list + from + 2, data + 2, 2);
			continue;
		}
		at = block(at, 3, 48);
		list[from + 24] = data[0] % 8;
		memcpy(list + from + 32, &base, 8);
		memcpy(list + from + 40, &length, 8);
	}
	return block(at, 0xffff, 8);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct memmap m;
	u64 end = 0;
	u8 *copy;

	if (size < 1)
		return 0;
	if (data[0] % 2 == 0) {
		size = build(data + 1, size - 1);
		data = list;
	} else {
		data++;
		size--;
	}
	copy = malloc(size != 0 ? size : 1);
	memcpy(copy, data, size);
	if (td_hob_memory(&m, copy, size, LIMIT) == ST_OK) {
		if (m.count == 0 || m.count > MEMMAP_MAX)
			abort();
		for (size_t i = 0; i < m.count; i++) {
			struct range r = m.region[i].range;

			if (m.region[i].type != MEM_RAM || r.base < end ||
			    range_check(r, PAGE_SIZE, LIMIT) != ST_OK)
				abort();
			end = range_end(r);
		}
	}
	free(copy);
	return 0;
}
