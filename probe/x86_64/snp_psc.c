/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page state changes: what they do, and what the host says of requests that are none. Entries that
 * must not be carried out name private pages and ask for private, so that a host which carries them
 * out does no harm.
 */
#include "mm.h"
#include "snp_mem.h"

#define TEST_PAGE (5 * PAGE_SIZE)

void snp_psc_to_shared(void)
{
	struct test_page t;

	if (!snp_page_get(&t, TEST_PAGE))
		return;
	(void)snp_pvalidate(t.page, RMP_4K, PVALIDATE_RESCIND);
	if (expect_true("sharing one page", psc_do(t.page, PAGE_SIZE, PSC_OP_SHARED), "done") &&
	    snp_block_map(t.block, MAP_SHARED) && expect_usable("the page with C=0", t.page))
		store64(t.page + 8, 0);
	snp_block_put(t.block);
}

void snp_psc_to_private(void)
{
	struct range r;
	struct fault f;
	u64 page, value = 0;

	if (!snp_block_get_shared(&r))
		return;
	page = r.base + TEST_PAGE;
	if (snp_block_map(r, MAP_PRIVATE) &&
	    expect_true("making one page private", psc_do(page, PAGE_SIZE, PSC_OP_PRIVATE),
			"done")) {
		f = try_load(page, 8, &value);
		expect_not_validated("load from a page just made private", &f);
	}
	snp_block_put(r);
}

/* Every entry the buffer has room for: the block's pages, to be made private, which does no harm
 * where they are. */
static struct psc_buffer *full_list(struct range r)
{
	struct psc_buffer *b = psc_new();

	for (unsigned i = 0; i < PSC_ENTRIES_MAX; i++)
		b->entry[i] = psc_entry(r.base + i * PAGE_SIZE, PAGE_SIZE, PSC_OP_PRIVATE);
	return b;
}

void snp_psc_many(void)
{
	static const u16 looked_at[] = { 0, 101, PSC_ENTRIES_MAX - 1 };
	struct psc_buffer *b;
	struct range r;
	u64 info2 = 0;

	if (!snp_block_get_shared(&r))
		return;
	b = full_list(r);
	b->end = PSC_ENTRIES_MAX - 1;
	if (snp_block_map(r, MAP_PRIVATE) && psc_list(b, &info2) &&
	    expect_eq("INFO2 of a list of 253 entries", info2, 0) &&
	    expect_eq("its cur_entry", b->cur, PSC_ENTRIES_MAX) &&
	    expect_eq("its end_entry", b->end, PSC_ENTRIES_MAX - 1) &&
	    expect_eq("its reserved bits", b->reserved, 0)) {
		for (size_t i = 0; i < ARRAY_SIZE(looked_at); i++) {
			u64 page = r.base + looked_at[i] * PAGE_SIZE;

			if (!expect_eq("validating a page of the list",
				       snp_pvalidate(page, RMP_4K, PVALIDATE_VALIDATE).eax,
				       RMP_OK) ||
			    !expect_usable("the page", page))
				break;
		}
	}
	snp_block_put(r);
}

void snp_psc_beyond(void)
{
	static const u16 ends[] = { PSC_ENTRIES_MAX, PSC_ENTRIES_MAX + 1, 0xffff };
	struct range r;

	if (!block_get(&r))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct psc_buffer *b = full_list(r);
		u64 info2 = 0;

		b->end = ends[i];
		if (!psc_exit(b, &info2) ||
		    !expect_eq("INFO2 for an end_entry beyond the buffer", info2, PSC_ERR_HEADER))
			break;
	}
	block_put(r);
}

void snp_psc_operation(void)
{
	static const u8 operations[] = { 0, 5, 15 };
	struct range r;

	if (!block_get(&r))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		struct psc_buffer *b = full_list(r);
		u64 info2 = 0;

		b->end = 2;
		b->entry[1] = psc_entry(r.base + PAGE_SIZE, PAGE_SIZE, operations[i]);
		if (!psc_list(b, &info2) ||
		    !expect_eq("INFO2 for an operation that does not exist", info2,
			       PSC_ERR_ENTRY) ||
		    !expect_eq("its cur_entry", b->cur, 1))
			break;
	}
	block_put(r);
}

/* The entry reaches into two blocks, so both are ours: a host that carries it out finds them
 * private already. */
void snp_psc_misaligned(void)
{
	u64 base = pages_alloc(2 * PSC_PAGES_2M, BLOCK_SIZE), info2 = 0;
	struct psc_buffer *b = psc_new();

	if (base == 0) {
		check_skip("no free 4 MiB");
		return;
	}
	b->entry[0] = psc_entry(base + PAGE_SIZE, BLOCK_SIZE, PSC_OP_PRIVATE);
	if (psc_exit(b, &info2))
		expect_eq("INFO2 for 2 MiB at an address inside a block", info2, PSC_ERR_ENTRY);
	pages_free(base, 2 * PSC_PAGES_2M);
}

void snp_psc_nothing(void)
{
	struct range r;
	struct psc_buffer *b;
	u64 info2 = 0;

	if (!block_get(&r))
		return;
	/* No entry may be looked at: each is one that is refused. */
	b = psc_new();
	b->cur = 3;
	b->end = 1;
	for (unsigned i = 0; i < 8; i++)
		b->entry[i] = psc_entry(r.base + i * PAGE_SIZE, PAGE_SIZE, 15);
	if (psc_exit(b, &info2) && expect_eq("INFO2 for a cur_entry beyond end_entry", info2, 0) &&
	    expect_eq("its cur_entry", b->cur, 3))
		expect_eq("its end_entry", b->end, 1);
	block_put(r);
}

static u64 by_msr(u64 page, unsigned op)
{
	return ghcb_msr_exchange(page | (u64)op << GHCB_MSR_PSC_OP_LO | GHCB_MSR_PSC_REQ);
}

void snp_psc_msr(void)
{
	struct test_page t;

	if (!snp_page_get(&t, TEST_PAGE))
		return;
	(void)snp_pvalidate(t.page, RMP_4K, PVALIDATE_RESCIND);
	if (expect_eq("sharing a page by the MSR protocol", by_msr(t.page, PSC_OP_SHARED),
		      GHCB_MSR_PSC_RESP) &&
	    snp_block_map(t.block, MAP_SHARED) && expect_usable("the page with C=0", t.page)) {
		store64(t.page + 8, 0);
		if (snp_block_map(t.block, MAP_PRIVATE) &&
		    expect_eq("making it private by the MSR protocol",
			      by_msr(t.page, PSC_OP_PRIVATE), GHCB_MSR_PSC_RESP) &&
		    expect_eq("validating it",
			      snp_pvalidate(t.page, RMP_4K, PVALIDATE_VALIDATE).eax, RMP_OK))
			expect_usable("the page with C=1", t.page);
	}
	snp_block_put(t.block);
}
