/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks.h"

#define BLOCKS 2

static u64 pattern_of(u64 address)
{
	/* Differs in every page and every word; not what fresh memory tends to hold. */
	return address * 0x9e3779b97f4a7c15ULL ^ 0x506f737465726e21ULL;
}

static void fill(struct range r)
{
	for (u64 at = r.base; at < range_end(r); at += sizeof(u64))
		*(volatile u64 *)(uintptr_t)at = pattern_of(at);
}

static bool holds(struct range r)
{
	for (u64 at = r.base; at < range_end(r); at += sizeof(u64)) {
		u64 got = *(volatile u64 *)(uintptr_t)at;

		if (got != pattern_of(at)) {
			check_note("at address 0x%llx", (unsigned long long)at);
			return expect_eq("load of a word written before", got, pattern_of(at));
		}
	}
	return true;
}

/* All words are written before the first is read: two addresses of one page show. */
void gen_memory_pattern(void)
{
	struct range r[BLOCKS];
	size_t n = 0;

	while (n < BLOCKS && block_get(&r[n]))
		n++;
	if (n == BLOCKS) {
		for (size_t i = 0; i < BLOCKS; i++)
			fill(r[i]);
		for (size_t i = 0; i < BLOCKS; i++)
			if (!holds(r[i]))
				break;
	}
	while (n > 0)
		block_put(r[--n]);
}
