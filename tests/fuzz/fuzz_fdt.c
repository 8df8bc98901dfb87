/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a devicetree: no read outside, no hang, and what passes keeps its promises.
 * sources: drivers/fdt.c drivers/fdt_info.c mm/memmap.c lib/range.c
 * libs: -lfdt
 */
#include <stdlib.h>
#include <string.h>

#include "devicetree.h"

#define LIMIT BIT(40)

static void check_info(const struct fdt_info *info)
{
	if (info->cpu_count > FDT_MAX_CPUS ||
	    memchr(info->bootargs, '\0', sizeof(info->bootargs)) == NULL)
		abort();
	if (info->uart != FDT_UART_NONE && range_check(info->uart_reg, 1, 0) != ST_OK)
		abort();
	if (info->timer_virt_intid < 16 || info->timer_virt_intid > 31)
		abort();
}

static void check_map(const struct memmap *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (range_check(m->region[i].range, PAGE_SIZE, LIMIT) != ST_OK)
			abort();
		if (i > 0 && range_end(m->region[i - 1].range) > m->region[i].range.base)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct fdt_info info;
	static struct memmap m;
	size_t total;
	u8 *blob;

	if (size < FDT_HEADER_SIZE)
		return 0;
	blob = malloc(size); /* exact: a read past the end is seen */
	if (blob == NULL)
		return 0;
	memcpy(blob, data, size);
	if (fdt_blob_size(blob, &total, size) == ST_OK && fdt_validate(blob, size) == ST_OK) {
		if (fdt_read_info(blob, &info) == ST_OK)
			check_info(&info);
		if (fdt_read_memory(blob, &m, LIMIT) == ST_OK)
			check_map(&m);
	}
	free(blob);
	return 0;
}
