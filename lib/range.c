/* SPDX-License-Identifier: BSD-2-Clause */
#include "range.h"

enum status range_check(struct range r, u64 align, u64 limit)
{
	if (r.size == 0 || r.base + r.size <= r.base)
		return ST_OVERFLOW;
	if (limit != 0 && (r.base >= limit || r.size > limit - r.base))
		return ST_OVERFLOW;
	if (!is_aligned(r.base, align) || !is_aligned(r.size, align))
		return ST_ALIGN;
	return ST_OK;
}
