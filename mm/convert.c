/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Break, convert, make. The old mapping is gone on every CPU before the platform changes the
 * state, and the new one appears only after it has: no access can reach the range in between. After
 * a failure the range stays unmapped, in no known state; the caller leaks it.
 */
#include <string.h>

#include "mm.h"
#include "mmu.h"

static enum status convert(struct range r, enum status (*change)(struct range), enum map_state to)
{
	enum status st = range_check(r, BLOCK_SIZE, 0);

	if (st != ST_OK)
		return st;
	st = mmu_unmap(r);
	if (st == ST_OK)
		st = change(r);
	if (st == ST_OK)
		st = mmu_map(r, MAP_RW, to);
	if (st != ST_OK)
		return st;
	/* Content is unspecified by rule; in shared memory it may also be what the host left. */
	memset((void *)(uintptr_t)r.base, 0, r.size);
	return ST_OK;
}

enum status convert_to_shared(struct range r)
{
	return convert(r, cvm.ops->share, MAP_SHARED);
}

enum status convert_to_private(struct range r)
{
	return convert(r, cvm.ops->unshare, MAP_PRIVATE);
}
