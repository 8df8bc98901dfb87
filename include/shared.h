/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to memory that a device may write at any time: each call is exactly one load or store of
 * natural size, so that what was checked is what is used. A compiler may split, merge or repeat a
 * plain access, and then a device that changes the value in between passes a check with one and is
 * used with another. All pointers are naturally aligned (arm64 is built with -mstrict-align).
 *
 * Tests put functions with the same names in place of these (the guard is theirs then), to let a
 * device act between any two accesses.
 */
#ifndef SHARED_H
#define SHARED_H

#include "types.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rings of VERSION_1 are little-endian");

static inline u16 shared_load16(const void *p)
{
	return __atomic_load_n((const u16 *)p, __ATOMIC_RELAXED);
}

/* Nothing behind it is read before it: for the index that says that entries are there. */
static inline u16 shared_acquire16(const void *p)
{
	return __atomic_load_n((const u16 *)p, __ATOMIC_ACQUIRE);
}

static inline u32 shared_load32(const void *p)
{
	return __atomic_load_n((const u32 *)p, __ATOMIC_RELAXED);
}

static inline void shared_store16(void *p, u16 v)
{
	__atomic_store_n((u16 *)p, v, __ATOMIC_RELAXED);
}

/* Everything written before it is seen before it: for the index that publishes entries. */
static inline void shared_release16(void *p, u16 v)
{
	__atomic_store_n((u16 *)p, v, __ATOMIC_RELEASE);
}

static inline void shared_store32(void *p, u32 v)
{
	__atomic_store_n((u32 *)p, v, __ATOMIC_RELAXED);
}

static inline void shared_store64(void *p, u64 v)
{
	__atomic_store_n((u64 *)p, v, __ATOMIC_RELAXED);
}

/* Between a store of ours and a load of what the device stores (2.7.13.4.1, 2.7.10). */
static inline void shared_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
