/* SPDX-License-Identifier: BSD-2-Clause */
/* The two aliases of a page. */
#include "abi/coop.h"
#include "cca.h"

/* While the page is shared, its private alias must not lead to the same bytes. It may lead nowhere:
 * the page is EMPTY then. */
static void distinct_while_shared(struct range r)
{
	struct fault f;
	u64 value = 0;

	if (!flip_to(r, MAP_SHARED) || !flip_map(r, MAP_RW, MAP_SHARED))
		return;
	pattern_fill(pattern_part(r), SHARED_MARK, EVERY_WORD);
	if (flip_map(r, MAP_RW, MAP_PRIVATE)) {
		f = try_load(r.base, 8, &value);
		check_note("load of the private alias: %s", fault_name(f.class));
		if (f.class == FAULT_NONE)
			expect_ne("load of the private alias", value, r.base ^ SHARED_MARK);
		(void)try_store(r.base, 8, PRIVATE_MARK);
	}
	if (flip_map(r, MAP_RW, MAP_SHARED)) {
		expect_pattern("the shared alias afterwards", pattern_part(r), SHARED_MARK,
			       EVERY_WORD);
		words_clear(pattern_part(r));
	}
}

/* While the page is private, the host may have memory of its own at the shared alias. The first
 * page is taken out there, so that a host which used a block must map the others one by one. */
static void distinct_while_private(struct range r)
{
	u64 at = r.base + PAGE_SIZE, value = 0;
	struct fault f;

	if (!flip_map(r, MAP_RW, MAP_PRIVATE))
		return;
	pattern_fill(pattern_part(r), PRIVATE_MARK, EVERY_WORD);
	if (coop_has(COOP_UNMAP_SHARED))
		(void)coop_do(COOP_UNMAP_SHARED, r.base, 0);
	if (flip_map(r, MAP_RW, MAP_SHARED)) {
		f = try_load(at, 8, &value);
		check_note("load of the shared alias: %s", fault_name(f.class));
		if (f.class == FAULT_NONE)
			expect_ne("load of the shared alias", value, at ^ PRIVATE_MARK);
		f = try_store(at, 8, SHARED_MARK);
		if (f.class == FAULT_NONE)
			(void)try_store(at, 8, 0);
	}
	if (flip_map(r, MAP_RW, MAP_PRIVATE))
		expect_pattern("the private page afterwards", pattern_part(r), PRIVATE_MARK,
			       EVERY_WORD);
}

void cca_shared_distinct(void)
{
	struct range r;

	if (!flip_get(&r))
		return;
	distinct_while_private(r);
	distinct_while_shared(r);
	flip_put(r);
}

static bool shared_block(struct range *r)
{
	if (!flip_get(r))
		return false;
	if (flip_to(*r, MAP_SHARED) && flip_map(*r, MAP_RW, MAP_SHARED))
		return true;
	flip_put(*r);
	return false;
}

static void with_host(unsigned command, void (*exchange)(struct range r))
{
	struct range r;

	if (!coop_needs(command) || !shared_block(&r))
		return;
	exchange(pattern_part(r));
	flip_put(r);
}

void cca_shared_to_host(void)
{
	with_host(COOP_READ_SHARED, exchange_to_host);
}

void cca_shared_from_host(void)
{
	with_host(COOP_WRITE_SHARED, exchange_from_host);
}

void cca_shared_back_to_private(void)
{
	struct range r;

	if (!shared_block(&r))
		return;
	/* Not scrubbed on purpose; a host that looks for what guests do wrong will say so. */
	pattern_fill(pattern_part(r), SHARED_MARK, EVERY_WORD);
	/* The host may give the private page early; content could only come over to a page. */
	for (u64 at = r.base; at < range_end(pattern_part(r)); at += PAGE_SIZE)
		if (coop_has(COOP_POPULATE))
			(void)coop_do(COOP_POPULATE, at, 0);
	if (expect_pattern("the shared alias", pattern_part(r), SHARED_MARK, EVERY_WORD) &&
	    flip_to(r, MAP_PRIVATE) && flip_map(r, MAP_RW, MAP_PRIVATE))
		expect_no_pattern("memory made private again", pattern_part(r), SHARED_MARK);
	/* Scrubbed now, so that this block is as good as any other. */
	if (flip_to(r, MAP_SHARED) && flip_map(r, MAP_RW, MAP_SHARED))
		words_clear(pattern_part(r));
	flip_put(r);
}

void cca_shared_no_leak(void)
{
	struct range r;

	if (!flip_get(&r))
		return;
	if (flip_map(r, MAP_RW, MAP_PRIVATE)) {
		pattern_fill(pattern_part(r), PRIVATE_MARK, EVERY_WORD);
		if (expect_pattern("the private page", pattern_part(r), PRIVATE_MARK, EVERY_WORD) &&
		    flip_to(r, MAP_SHARED) && flip_map(r, MAP_RW, MAP_SHARED))
			expect_no_pattern("the shared alias of what was private", pattern_part(r),
					  PRIVATE_MARK);
	}
	flip_put(r);
}
