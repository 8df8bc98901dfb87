/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Half-open address ranges. Every range that came from a host passes
 * range_check() before anything else looks at it (threat model: wrap-around
 * of base + size is the oldest way into a guest).
 */
#ifndef RANGE_H
#define RANGE_H

#include "status.h"
#include "types.h"

struct range {
	u64 base; /* bytes */
	u64 size; /* bytes */
};

/* ST_OVERFLOW when size is 0 or base + size wraps or exceeds limit (exclusive, 0 = none);
 * ST_ALIGN when either end is not a multiple of align (power of two). */
enum status range_check(struct range r, u64 align, u64 limit);

/* Only for ranges that passed range_check(). */
static inline u64 range_end(struct range r)
{
	return r.base + r.size;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.base < range_end(b) && b.base < range_end(a);
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return inner.base >= outer.base && range_end(inner) <= range_end(outer);
}

#endif
