/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a launch of postern.fd has its measured table of hashes. */
#include <string.h>

#include "../linux.h"
#include "abi/fd.h"
#include "mmu.h"
#include "platform.h"

/* A page of the launch, which is private and has its content from the first instruction. */
static enum status read_page(u64 page, u8 copy[PAGE_SIZE])
{
	struct range r = { page, PAGE_SIZE };
	enum status st = mmu_map(r, MAP_RO, MAP_PRIVATE);

	if (st != ST_OK)
		return st;
	memcpy(copy, (const void *)(uintptr_t)page, PAGE_SIZE);
	return mmu_unmap(r);
}

enum status hashes_measured(struct payload_hashes *out, const char **where)
{
	static u8 copy[PAGE_SIZE] ALIGNED(16);
	size_t at = PAGE_SIZE - FD_TABLE_END - FD_TABLE_SIZE;
	enum status st;

	_Static_assert(FD_TABLE_END + FD_TABLE_SIZE <= PAGE_SIZE, "in the last page of the flash");
	/* Loaded by somebody else there is no flash of ours, and nobody has measured anything. */
	if (platform.flash.size == 0)
		return ST_UNSUPPORTED;
	*where = "flash's table";
	st = read_page(range_end(platform.flash) - PAGE_SIZE, copy);
	if (st == ST_OK)
		st = hashes_parse((struct bytes){ copy + at, FD_TABLE_SIZE }, out);
	if (st != ST_NOT_FOUND || cvm.ops->platform == CVM_TDX)
		return st;
	if (cvm.ops->platform != CVM_SNP)
		return ST_UNSUPPORTED;
	*where = "launch page's table";
	st = read_page(FD_HASHES, copy);
	return st == ST_OK ? hashes_parse((struct bytes){ copy, PAGE_SIZE }, out) : st;
}
