/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C functions that libfdt, BearSSL and the compilers expect. Plain loops: no SIMD (handlers do
 * not save it) and no unaligned access (faults while the arm64 MMU is off).
 */
#define _POSIX_C_SOURCE 200809L /* strnlen */
#include <stdlib.h>
#include <string.h>

#include "types.h"

/* Words seen through any type: the buffers are the callers'. */
typedef u64 __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)

/* Compilers turn such loops into calls of memcpy and memset, that is of themselves: recursion
 * without end. An empty asm in the loop keeps it a loop under gcc and clang. */
#define KEEP_LOOP() __asm__ volatile("" ::: "memory")

static bool word_aligned(const void *p)
{
	return is_aligned((uintptr_t)p, WORD);
}

static bool same_alignment(const void *a, const void *b)
{
	return is_aligned((uintptr_t)a ^ (uintptr_t)b, WORD);
}

static void copy_up(u8 *d, const u8 *s, size_t n)
{
	if (same_alignment(d, s)) {
		for (; n > 0 && !word_aligned(d); n--) {
			*d++ = *s++;
			KEEP_LOOP();
		}
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD) {
			*(word_t *)d = *(const word_t *)s;
			KEEP_LOOP();
		}
	}
	for (; n > 0; n--) {
		*d++ = *s++;
		KEEP_LOOP();
	}
}

static void copy_down(u8 *d, const u8 *s, size_t n)
{
	d += n;
	s += n;
	if (same_alignment(d, s)) {
		for (; n > 0 && !word_aligned(d); n--) {
			*--d = *--s;
			KEEP_LOOP();
		}
		for (; n >= WORD; n -= WORD) {
			d -= WORD;
			s -= WORD;
			*(word_t *)d = *(const word_t *)s;
			KEEP_LOOP();
		}
	}
	for (; n > 0; n--) {
		*--d = *--s;
		KEEP_LOOP();
	}
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	copy_up(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		copy_up(dst, src, n);
	else
		copy_down(dst, src, n);
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	u64 word = (u8)c * 0x0101010101010101ULL;

	for (; n > 0 && !word_aligned(d); n--) {
		*d++ = (u8)c;
		KEEP_LOOP();
	}
	for (; n >= WORD; n -= WORD, d += WORD) {
		*(word_t *)d = word;
		KEEP_LOOP();
	}
	for (; n > 0; n--) {
		*d++ = (u8)c;
		KEEP_LOOP();
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n > 0; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n > 0; n--, p++) {
		if (*p == (u8)c)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p != '\0') {
		p++;
		KEEP_LOOP();
	}
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] != '\0')
		i++;
	return i;
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b || *a == '\0')
			return (u8)*a - (u8)*b;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (*s == '\0')
			return (char *)(uintptr_t)last;
	}
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 10;
	return 255;
}

/* As C's strtoul without errno: too large a number gives ULONG_MAX. */
unsigned long strtoul(const char *restrict s, char **restrict end, int base)
{
	const char *p = s, *digits;
	bool negative = false, overflow = false;
	unsigned long v = 0;

	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	if (*p == '+' || *p == '-')
		negative = *p++ == '-';
	if ((base == 0 || base == 16) && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') &&
	    digit_value(p[2]) < 16) {
		p += 2;
		base = 16;
	}
	if (base == 0)
		base = *p == '0' ? 8 : 10;
	for (digits = p; digit_value(*p) < (unsigned)base; p++) {
		overflow |= __builtin_mul_overflow(v, (unsigned long)base, &v);
		overflow |= __builtin_add_overflow(v, (unsigned long)digit_value(*p), &v);
	}
	if (end != NULL)
		*end = (char *)(uintptr_t)(p == digits ? s : p);
	if (overflow)
		return ~0UL;
	return negative ? -v : v;
}
