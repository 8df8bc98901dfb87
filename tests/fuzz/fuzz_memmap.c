/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a firmware map, and any sequence of operations on the result.
 * sources: mm/memmap.c mm/memmap_read.c lib/range.c
 */
#include <stdlib.h>
#include <string.h>

#include "memmap.h"

#define LIMIT BIT(40)

static void check(const struct memmap *m)
{
	if (m->count > MEMMAP_MAX)
		abort();
	for (size_t i = 0; i < m->count; i++) {
		if (range_check(m->region[i].range, PAGE_SIZE, LIMIT) != ST_OK)
			abort();
		if (i > 0 && range_end(m->region[i - 1].range) > m->region[i].range.base)
			abort();
	}
}

/* First byte: which reader. Second: entry size. Third: how many operations stand at the end. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct memmap m;
	size_t ops, entry;
	enum status st;

	if (size < 3)
		return 0;
	entry = data[1];
	ops = data[2];
	if (ops * 17 > size - 3)
		ops = (size - 3) / 17;
	size -= 3 + ops * 17;
	data += 3;
	st = data[-3] % 2 ? memmap_from_efi(&m, data, size, entry, LIMIT)
			  : memmap_from_e820(&m, data, size, entry, LIMIT);
	if (st != ST_OK)
		return 0;
	check(&m);
	for (data += size; ops > 0; ops--, data += 17) {
		struct range r;

		memcpy(&r.base, data, 8);
		memcpy(&r.size, data + 8, 8);
		if (data[16] % 5 == 4)
			(void)memmap_add_ram(&m, r, LIMIT);
		else
			(void)memmap_set(&m, r, (enum mem_type)(data[16] % 5));
		check(&m);
	}
	return 0;
}
