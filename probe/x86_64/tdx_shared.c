/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two aliases of a page. Conversions of a whole block and of single pages are different work
 * for a host, so both are asked for. In shared memory only patterns of no worth are left here.
 */
#include "abi/coop.h"
#include "tdx_check.h"

#define PRIVATE_MARK 0x5072697661746521ULL
#define SHARED_MARK  0x5368617265642121ULL
#define SMALL_PAGES  4

static struct range whole(struct range block)
{
	return block;
}

/* Pages in the middle of the block. */
static struct range small(struct range block)
{
	return (struct range){ block.base + 17 * PAGE_SIZE, SMALL_PAGES * PAGE_SIZE };
}

static struct range (*const parts[])(struct range block) = { whole, small };

static void fill(struct range r, u64 mark)
{
	for (u64 at = r.base; at < range_end(r); at += 8)
		td_store64(at, at ^ mark);
}

static void clear(struct range r)
{
	for (u64 at = r.base; at < range_end(r); at += 8)
		td_store64(at, 0);
}

static bool expect_gone(const char *asked, struct range r, u64 mark)
{
	for (u64 at = r.base; at < range_end(r); at += 8)
		if (!expect_ne(asked, td_load64(at), at ^ mark))
			return false;
	return true;
}

static bool expect_there(const char *asked, struct range r, u64 mark)
{
	for (u64 at = r.base; at < range_end(r); at += 8)
		if (!expect_eq(asked, td_load64(at), at ^ mark))
			return false;
	return true;
}

static bool unmap(struct range block)
{
	return expect_eq("unmapping the test block", mmu_unmap(block), ST_OK);
}

static void no_leak(struct range block, struct range part)
{
	fill(part, PRIVATE_MARK);
	if (expect_there("the private page", part, PRIVATE_MARK) && unmap(block) &&
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
	fill(small(block), PRIVATE_MARK);
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

static void host_reads(struct range part)
{
	fill(part, SHARED_MARK);
	arch_barrier();
	for (unsigned page = 0; page < SMALL_PAGES; page++) {
		u64 at = part.base + page * PAGE_SIZE + 8 * page;
		struct coop c = { .arg = { at } };

		if (!expect_true("the host to read the page", coop_call(COOP_READ_SHARED, &c),
				 "done") ||
		    !expect_eq("what the host reads", c.arg[0], at ^ SHARED_MARK))
			break;
	}
	clear(part);
}

static void host_writes(struct range part)
{
	clear(part);
	arch_barrier();
	for (unsigned page = 0; page < SMALL_PAGES; page++) {
		u64 at = part.base + page * PAGE_SIZE + 8 * page;

		if (!expect_true("the host to write the page",
				 coop_do(COOP_WRITE_SHARED, at, at ^ SHARED_MARK), "done") ||
		    !expect_eq("what the guest reads", td_load64(at), at ^ SHARED_MARK))
			break;
	}
	clear(part);
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
	with_host(COOP_READ_SHARED, host_reads);
}

void tdx_shared_from_host(void)
{
	with_host(COOP_WRITE_SHARED, host_writes);
}

static void back_to_private(struct range block, struct range part)
{
	fill(part, PRIVATE_MARK);
	if (!make_shared(block, part))
		return;
	fill(part, SHARED_MARK);
	if (!expect_there("the shared alias", part, SHARED_MARK) || !unmap(block) ||
	    !td_unshare(part) || !td_map(block, MAP_PRIVATE))
		return;
	for (u64 at = part.base; at < range_end(part); at += 8)
		if (!expect_eq("a word of memory made private again", td_load64(at), 0))
			return;
	if (make_shared(block, part))
		clear(part);
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
