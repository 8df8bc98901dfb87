/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two aliases of a page. In shared memory only patterns of no worth are left here, and they are
 * gone before the block becomes private memory of somebody else.
 */
#include "abi/coop.h"
#include "cca.h"

#define PRIVATE_MARK 0x5072697661746521ULL
#define SHARED_MARK  0x5368617265642121ULL
#define TEST_PAGES   4

static void fill(struct range r, u64 mark)
{
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8)
		store64(at, at ^ mark);
}

static void clear(struct range r)
{
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8)
		store64(at, 0);
}

/* None of the words that fill() wrote may be there. A page that cannot be loaded from holds none.
 */
static bool expect_gone(const char *asked, struct range r, u64 mark)
{
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8) {
		u64 value = 0;
		struct fault f = try_load(at, 8, &value);

		if (f.class == FAULT_NONE && !expect_ne(asked, value, at ^ mark))
			return false;
	}
	return true;
}

static bool expect_there(const char *asked, struct range r, u64 mark)
{
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += 8)
		if (!expect_eq(asked, load64(at), at ^ mark))
			return false;
	return true;
}

/* While the page is shared, its private alias must not lead to the same bytes. It may lead nowhere:
 * the page is EMPTY then. */
static void distinct_while_shared(struct range r)
{
	struct fault f;
	u64 value = 0;

	if (!flip_to(r, MAP_SHARED) || !flip_map(r, MAP_RW, MAP_SHARED))
		return;
	fill(r, SHARED_MARK);
	if (flip_map(r, MAP_RW, MAP_PRIVATE)) {
		f = try_load(r.base, 8, &value);
		check_note("load of the private alias: %s", fault_name(f.class));
		if (f.class == FAULT_NONE)
			expect_ne("load of the private alias", value, r.base ^ SHARED_MARK);
		(void)try_store(r.base, 8, PRIVATE_MARK);
	}
	if (flip_map(r, MAP_RW, MAP_SHARED)) {
		expect_there("the shared alias afterwards", r, SHARED_MARK);
		clear(r);
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
	fill(r, PRIVATE_MARK);
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
		expect_there("the private page afterwards", r, PRIVATE_MARK);
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

void cca_shared_to_host(void)
{
	struct range r;

	if (!coop_needs(COOP_READ_SHARED) || !shared_block(&r))
		return;
	fill(r, SHARED_MARK);
	arch_barrier();
	for (unsigned page = 0; page < TEST_PAGES; page++) {
		u64 at = r.base + page * PAGE_SIZE + 8 * page;
		struct coop c = { .arg = { at } };

		if (!expect_true("the host to read the page", coop_call(COOP_READ_SHARED, &c),
				 "done") ||
		    !expect_eq("what the host reads", c.arg[0], at ^ SHARED_MARK))
			break;
	}
	clear(r);
	flip_put(r);
}

void cca_shared_from_host(void)
{
	struct range r;

	if (!coop_needs(COOP_WRITE_SHARED) || !shared_block(&r))
		return;
	clear(r);
	arch_barrier();
	for (unsigned page = 0; page < TEST_PAGES; page++) {
		u64 at = r.base + page * PAGE_SIZE + 8 * page;

		if (!expect_true("the host to write the page",
				 coop_do(COOP_WRITE_SHARED, at, at ^ SHARED_MARK), "done") ||
		    !expect_eq("what the guest reads", load64(at), at ^ SHARED_MARK))
			break;
	}
	clear(r);
	flip_put(r);
}

void cca_shared_back_to_private(void)
{
	struct range r;

	if (!shared_block(&r))
		return;
	/* Not scrubbed on purpose; a host that looks for what guests do wrong will say so. */
	fill(r, SHARED_MARK);
	/* The host may give the private page early; content could only come over to a page. */
	for (u64 at = r.base; at < r.base + TEST_PAGES * PAGE_SIZE; at += PAGE_SIZE)
		if (coop_has(COOP_POPULATE))
			(void)coop_do(COOP_POPULATE, at, 0);
	if (expect_there("the shared alias", r, SHARED_MARK) && flip_to(r, MAP_PRIVATE) &&
	    flip_map(r, MAP_RW, MAP_PRIVATE))
		expect_gone("memory made private again", r, SHARED_MARK);
	/* Scrubbed now, so that this block is as good as any other. */
	if (flip_to(r, MAP_SHARED) && flip_map(r, MAP_RW, MAP_SHARED))
		clear(r);
	flip_put(r);
}

void cca_shared_no_leak(void)
{
	struct range r;

	if (!flip_get(&r))
		return;
	if (flip_map(r, MAP_RW, MAP_PRIVATE)) {
		fill(r, PRIVATE_MARK);
		if (expect_there("the private page", r, PRIVATE_MARK) && flip_to(r, MAP_SHARED) &&
		    flip_map(r, MAP_RW, MAP_SHARED))
			expect_gone("the shared alias of what was private", r, PRIVATE_MARK);
	}
	flip_put(r);
}
