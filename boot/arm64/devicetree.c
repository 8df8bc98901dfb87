/* SPDX-License-Identifier: BSD-2-Clause */
/* The devicetree the loader left: copied once, checked whole, and only the copy is read. */
#include <string.h>

#include "devicetree.h"
#include "discover.h"
#include "fatal.h"
#include "mmu.h"

/* The one copy that is believed; the original stays in memory a host may have a hand in. */
static u8 fdt_copy[FDT_MAX_SIZE] ALIGNED(8);

static void copy_devicetree(u64 dtb)
{
	struct range all = { dtb, FDT_HEADER_SIZE };
	enum status st = range_check(all, 8, discover_limit());
	size_t total = 0;

	if (st != ST_OK || discover_overlaps_image(all))
		fatal(st == ST_OK ? ST_OVERLAP : st, "devicetree at 0x%llx",
		      (unsigned long long)dtb);
	st = discover_open(discover_pages(dtb, FDT_HEADER_SIZE));
	if (st != ST_OK)
		fatal(st, "devicetree header at 0x%llx", (unsigned long long)dtb);
	memcpy(fdt_copy, (const void *)(uintptr_t)dtb, FDT_HEADER_SIZE);
	mmu_unmap(discover_pages(dtb, FDT_HEADER_SIZE));
	st = fdt_blob_size(fdt_copy, &total, FDT_MAX_SIZE);
	if (st != ST_OK)
		fatal(st, "devicetree header");

	all.size = total;
	st = range_check(all, 1, discover_limit());
	if (st == ST_OK && discover_overlaps_image(all))
		st = ST_OVERLAP;
	if (st == ST_OK)
		st = discover_open(discover_pages(dtb, total));
	if (st != ST_OK)
		fatal(st, "devicetree of %llu bytes at 0x%llx", (unsigned long long)total,
		      (unsigned long long)dtb);
	/* The header was copied and judged already and is not read again. */
	memcpy(fdt_copy + FDT_HEADER_SIZE, (const void *)(uintptr_t)(dtb + FDT_HEADER_SIZE),
	       total - FDT_HEADER_SIZE);
	mmu_unmap(discover_pages(dtb, total));
	st = fdt_validate(fdt_copy, total);
	if (st != ST_OK)
		fatal(st, "devicetree");
}

enum status discover_devicetree(u64 dtb, struct fdt_info *info)
{
	copy_devicetree(dtb);
	return fdt_read_info(fdt_copy, info);
}

enum status discover_devicetree_memory(struct memmap *m)
{
	return fdt_read_memory(fdt_copy, m, discover_limit());
}

const void *discover_devicetree_blob(void)
{
	return fdt_copy;
}

size_t discover_devicetree_size(void)
{
	size_t total;

	return fdt_blob_size(fdt_copy, &total, FDT_MAX_SIZE) == ST_OK ? total : 0;
}
