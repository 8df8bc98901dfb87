/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two aliases of a page. Conversions of a whole block and of single pages are different work
 * for a host, so both are asked for.
 */
#include "abi/coop.h"
#include "tdx_check.h"

static struct range whole(struct range block)
{
	return block;
}

/* Pages in the middle of the block. */
static struct range small(struct range block)
{
	return (struct range){ block.base + 17 * PAGE_SIZE, PATTERN_PAGES * PAGE_SIZE };
}

static struct range (*const parts[])(struct range block) = { whole, small };

/* A conversion that was done has memory behind it: every word can be loaded. */
static bool expect_gone(const char *asked, struct range r, u64 mark)
{
	for (u64 at = r.base; at < range_end(r); at += EVERY_WORD)
		if (!expect_ne(asked, load64(at), pattern_word(at, mark)))
			return false;
	return true;
}

static bool unmap(struct range block)
{
	return expect_eq("unmapping the test block", mmu_unmap(block), ST_OK);
}

static void no_leak(struct range block, struct range part)
{
	pattern_fill(part, PRIVATE_MARK, EVERY_WORD);
	if (expect_pattern("the private page", part, PRIVATE_MARK, EVERY_WORD) && unmap(block) &&
	    td_share(part) && td_map(block, MAP_SHARED))
		expect_gone("the shared alias of what was private", part, PRIVATE_MARK);
}

void tdx_shared_no_leak(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !check_failed(); i++) {
		struct range block;

		if (!block_get(&block))
			return;
		no_leak(block, parts[i](block));
		td_put(block);
	}
}

/* Without asking first, of one page: the host may convert it, answer for a device or refuse. */
void tdx_shared_unasked(void)
{
	struct range block;
	struct fault f;
	u64 value = 0;

	if (!block_get(&block))
		return;
	pattern_fill(small(block), PRIVATE_MARK, EVERY_WORD);
	if (td_map(block, MAP_SHARED)) {
		u64 at = small(block).base + 8;

		f = try_load(at, 8, &value);
		check_note("load through the shared alias: %s", fault_name(f.class));
		if (f.class == FAULT_NONE)
			expect_ne("a load through the shared alias", value, at ^ PRIVATE_MARK);
	}
	td_put(block);
}

static bool make_shared(struct range block, struct range part)
{
	return unmap(block) && td_share(part) && td_map(block, MAP_SHARED);
}

static void with_host(unsigned command, void (*exchange)(struct range part))
{
	if (!coop_needs(command))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !check_failed(); i++) {
		struct range block;

		if (!block_get(&block))
			return;
		if (make_shared(block, parts[i](block)))
			exchange(parts[i](block));
		td_put(block);
	}
}

void tdx_shared_to_host(void)
{
	with_host(COOP_READ_SHARED, exchange_to_host);
}

void tdx_shared_from_host(void)
{
	with_host(COOP_WRITE_SHARED, exchange_from_host);
}

static void back_to_private(struct range block, struct range part)
{
	pattern_fill(part, PRIVATE_MARK, EVERY_WORD);
	if (!make_shared(block, part))
		return;
	pattern_fill(part, SHARED_MARK, EVERY_WORD);
	if (!expect_pattern("the shared alias", part, SHARED_MARK, EVERY_WORD) || !unmap(block) ||
	    !td_unshare(part) || !td_map(block, MAP_PRIVATE))
		return;
	for (u64 at = part.base; at < range_end(part); at += 8)
		if (!expect_eq("a word of memory made private again", load64(at), 0))
			return;
	if (make_shared(block, part))
		words_clear(part);
}

void tdx_shared_back_to_private(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !check_failed(); i++) {
		struct range block;

		if (!block_get(&block))
			return;
		back_to_private(block, parts[i](block));
		td_put(block);
	}
}
