/* SPDX-License-Identifier: BSD-2-Clause */
/* Every arm64 loader leaves a devicetree, a memory map or ACPI tables. */
#include "discover.h"

enum status discover_bare(struct platform_info *p)
{
	return ST_UNSUPPORTED;
}

enum status discover_bare_memory(const struct handoff *h, struct memmap *m, u64 limit)
{
	return ST_UNSUPPORTED;
}
