/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In place of include/shared.h (`flags: -include`): every access of the driver to memory that the
 * device may write is shown to the test, which may let the device act before a load and after a
 * store. So a value that is read twice can differ, always and not only with luck.
 */
#ifndef SHARED_H
#define SHARED_H

#include "types.h"

void hook_load(const void *p, unsigned width);  /* before it */
void hook_store(const void *p, unsigned width); /* after it */
void hook_fence(void);

static inline u16 shared_load16(const void *p)
{
	hook_load(p, 2);
	return *(const u16 *)p;
}

static inline u16 shared_acquire16(const void *p)
{
	hook_load(p, 2);
	return *(const u16 *)p;
}

static inline u32 shared_load32(const void *p)
{
	hook_load(p, 4);
	return *(const u32 *)p;
}

static inline void shared_store16(void *p, u16 v)
{
	*(u16 *)p = v;
	hook_store(p, 2);
}

static inline void shared_release16(void *p, u16 v)
{
	shared_store16(p, v);
}

static inline void shared_store32(void *p, u32 v)
{
	*(u32 *)p = v;
	hook_store(p, 4);
}

static inline void shared_store64(void *p, u64 v)
{
	*(u64 *)p = v;
	hook_store(p, 8);
}

static inline void shared_fence(void)
{
	hook_fence();
}

#endif
