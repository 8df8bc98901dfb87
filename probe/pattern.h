/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns in test memory, private or shared, and what the host sees and writes of them
 * (pattern.c). A pattern is one word at every `step` bytes, each of a value of its own. In shared
 * memory only patterns of no worth are left, and they are gone before the block becomes private
 * memory of somebody else.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include "checks.h"

#define PRIVATE_MARK 0x5072697661746521ULL
#define SHARED_MARK  0x5368617265642121ULL
#define EVERY_WORD   sizeof(u64)

static inline u64 load64(u64 address)
{
	return *(volatile u64 *)(uintptr_t)address;
}

static inline void store64(u64 address, u64 value)
{
	*(volatile u64 *)(uintptr_t)address = value;
}

/* The word of the pattern `mark` at this address. */
static inline u64 pattern_word(u64 at, u64 mark)
{
	return at ^ mark;
}

/* Where checks that own a whole block leave one. */
#define PATTERN_PAGES 4
static inline struct range pattern_part(struct range block)
{
	return (struct range){ block.base, PATTERN_PAGES * PAGE_SIZE };
}

void pattern_fill(struct range r, u64 mark, u64 step);
/* All of the pattern is there. */
bool expect_pattern(const char *asked, struct range r, u64 mark, u64 step);
/* None of the words of a pattern of EVERY_WORD is there. What cannot be loaded shows none. */
bool expect_no_pattern(const char *asked, struct range r, u64 mark);
void words_clear(struct range r);

/* Several private blocks at once keep what was written to them. */
void check_private_kept(u64 mark);

/* ---- with the host (coop) ---- */
/* r: shared and mapped so, PATTERN_PAGES or more, of which the first are looked at. Left as zeros.
 */
void exchange_to_host(struct range r);
void exchange_from_host(struct range r);

#endif
