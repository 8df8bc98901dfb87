/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Break, convert, make. The old mapping is gone on every CPU before the platform changes the
 * state, and the new one appears only after it has: no access can reach the range in between. A
 * platform that converts through a private mapping (converts_mapped in cvm.h) gets that one, and
 * nobody else uses it. Where the content stays (in_place) it is zeroed before. After a failure the
 * range stays unmapped, in no known state; the caller leaks it.
 */
#include <string.h>

#include "mm.h"
#include "mmu.h"

static enum status finish(struct range r, enum status st)
{
	/* Content is unspecified by rule; in shared memory it may also be what the host left. */
	if (st == ST_OK)
		memset((void *)(uintptr_t)r.base, 0, r.size);
	return st;
}

enum status convert_to_shared(struct range r)
{
	enum status st = range_check(r, BLOCK_SIZE, 0), broken;

	if (st != ST_OK)
		return st;
	/* While nobody else can read it: the host will find there whatever stands there. */
	if (cvm.ops->in_place)
		memset((void *)(uintptr_t)r.base, 0, r.size);
	if (cvm.ops->converts_mapped)
		st = cvm.ops->share(r);
	broken = mmu_unmap(r); /* also when the platform failed */
	if (st == ST_OK)
		st = broken;
	if (st == ST_OK && !cvm.ops->converts_mapped)
		st = cvm.ops->share(r);
	if (st == ST_OK)
		st = mmu_map(r, MAP_RW, MAP_SHARED);
	return finish(r, st);
}

enum status convert_to_private(struct range r)
{
	enum status st = range_check(r, BLOCK_SIZE, 0);
	bool mapped = cvm.ops->converts_mapped;

	if (st != ST_OK)
		return st;
	st = mmu_unmap(r);
	if (st == ST_OK && mapped)
		st = mmu_map(r, MAP_RW, MAP_PRIVATE);
	if (st != ST_OK)
		return st;
	st = cvm.ops->unshare(r);
	if (st == ST_OK && !mapped)
		st = mmu_map(r, MAP_RW, MAP_PRIVATE);
	else if (st != ST_OK && mapped)
		(void)mmu_unmap(r);
	return finish(r, st);
}
