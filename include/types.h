/* SPDX-License-Identifier: BSD-2-Clause */
/* Short names and the few helpers every freestanding file needs. */
#ifndef TYPES_H
#define TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define KIB(n)           ((u64)(n) << 10)
#define MIB(n)           ((u64)(n) << 20)
#define GIB(n)           ((u64)(n) << 30)

#define PAGE_SIZE        KIB(4) /* granule of every platform interface we speak */
#define BLOCK_SIZE       MIB(2) /* second-level leaf on both architectures */

#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))
#define BIT(n)           (1ULL << (n))
#define MASK(hi, lo)     ((~0ULL >> (63 - (hi))) & (~0ULL << (lo)))
#define FIELD(v, hi, lo) (((u64)(v)&MASK(hi, lo)) >> (lo))
#define MIN(a, b)        ((a) < (b) ? (a) : (b))
#define MAX(a, b)        ((a) > (b) ? (a) : (b))

/* Rounding of a value to a power of two; align_up wraps to 0 on overflow, callers check. */
static inline u64 align_down(u64 v, u64 a)
{
	return v & ~(a - 1);
}

static inline u64 align_up(u64 v, u64 a)
{
	return (v + a - 1) & ~(a - 1);
}

static inline bool is_aligned(u64 v, u64 a)
{
	return (v & (a - 1)) == 0;
}

#define FORMAT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NORETURN            __attribute__((noreturn))
#define USED                __attribute__((used))
#define ALIGNED(n)          __attribute__((aligned(n)))
#define SECTION(s)          __attribute__((section(s)))

#endif
