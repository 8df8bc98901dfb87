/* SPDX-License-Identifier: BSD-2-Clause */
#include "snp_mem.h"

#include <string.h>

/* Answers in a row: each one does an entry or is one of these. */
#define PSC_TURNS 4096

_Static_assert(sizeof(struct psc_buffer) == GHCB_BUFFER_SIZE, "the whole shared buffer");

struct psc_buffer *psc_new(void)
{
	static struct psc_buffer buffer;

	buffer = (struct psc_buffer){ 0 };
	return &buffer;
}

u64 psc_entry(u64 gpa, u64 size, unsigned op)
{
	return gpa | (u64)op << PSC_OP_LO | (size == BLOCK_SIZE ? BIT(PSC_2M_LO) : 0);
}

static bool ask(struct psc_buffer *b, u64 *info2)
{
	struct ghcb_call c = { .set = GF_REQUEST | GF(SCRATCH), .buffer = (u8 *)b };

	c.in = c.out = sizeof(*b);
	c.value[GF_EXITCODE] = GHCB_EXIT_PSC;
	c.value[GF_SCRATCH] = ghcb_buffer_gpa();
	if (ghcb_call(&c) != ST_OK || (c.got & (GF(INFO1) | GF(INFO2))) != (GF(INFO1) | GF(INFO2)))
		return false;
	*info2 = c.value[GF_INFO2];
	return (u32)c.value[GF_INFO1] == GHCB_RESULT_OK;
}

bool psc_exit(struct psc_buffer *b, u64 *info2)
{
	return expect_true("a page state change", ask(b, info2), "INFO1 0 and INFO2, both marked");
}

bool psc_list(struct psc_buffer *b, u64 *info2)
{
	for (unsigned i = 0; i < PSC_TURNS; i++) {
		if (!psc_exit(b, info2))
			return false;
		if (*info2 != 0 || b->cur > b->end)
			return true;
	}
	return expect_true("a page state change", false, "it comes to an end");
}

bool psc_do(u64 gpa, u64 size, unsigned op)
{
	struct psc_buffer *b = psc_new();
	u64 info2 = 0;

	b->entry[0] = psc_entry(gpa, size, op);
	for (unsigned i = 0; i < PSC_TURNS; i++) {
		if (!ask(b, &info2) || info2 != 0)
			return false;
		if (b->cur > b->end)
			return true;
	}
	return false;
}

bool snp_block_map(struct range r, enum map_state state)
{
	(void)mmu_unmap(r);
	return expect_eq("mapping the test block", mmu_map(r, MAP_RW, state), ST_OK);
}

/* CF is not looked at: it is the business of the checks that are about it. */
static bool pvalidate_small(struct range r, u32 operation)
{
	for (u64 page = r.base; page < range_end(r); page += PAGE_SIZE)
		if (snp_pvalidate(page, RMP_4K, operation).eax != RMP_OK)
			return false;
	return true;
}

bool snp_block_pvalidate(struct range r, u32 operation)
{
	return snp_pvalidate(r.base, RMP_2M, operation).eax == RMP_OK ||
	       pvalidate_small(r, operation);
}

/* The RMP's size is chosen when the host assigns the page, so it gets all of it back first. */
static bool renew(struct range r, bool *large)
{
	if (!snp_block_pvalidate(r, PVALIDATE_RESCIND) || !psc_do(r.base, r.size, PSC_OP_SHARED) ||
	    !psc_do(r.base, r.size, PSC_OP_PRIVATE))
		return false;
	*large = snp_pvalidate(r.base, RMP_2M, PVALIDATE_VALIDATE).eax == RMP_OK;
	return *large || pvalidate_small(r, PVALIDATE_VALIDATE);
}

bool snp_block_get(struct range *r, bool *large)
{
	if (!block_get(r))
		return false;
	if (renew(*r, large))
		return true;
	expect_true("a block given back and taken again", false, "it is validated memory");
	snp_block_put(*r);
	return false;
}

bool snp_page_get(struct test_page *t, u64 offset)
{
	if (!snp_block_get(&t->block, &t->large))
		return false;
	t->page = t->block.base + offset;
	return true;
}

bool snp_block_get_shared(struct range *r)
{
	bool large;

	if (!snp_block_get(r, &large))
		return false;
	if (expect_true("sharing a block of 2 MiB",
			snp_block_pvalidate(*r, PVALIDATE_RESCIND) &&
			    psc_do(r->base, r->size, PSC_OP_SHARED),
			"done") &&
	    snp_block_map(*r, MAP_SHARED))
		return true;
	snp_block_put(*r);
	return false;
}

/* Page by page, because each may be in another state. A block that is not memory again is lost
 * rather than reused: on a host that breaks a rule, the next owner would be the one to trip. */
void snp_block_put(struct range r)
{
	(void)mmu_unmap(r);
	if (mmu_map(r, MAP_RW, MAP_PRIVATE) != ST_OK || !psc_do(r.base, r.size, PSC_OP_PRIVATE) ||
	    !pvalidate_small(r, PVALIDATE_VALIDATE))
		return;
	for (u64 page = r.base; page < range_end(r); page += PAGE_SIZE) {
		struct fault f = try_store(page, 8, page);

		if (f.class != FAULT_NONE)
			return;
		memset((void *)(uintptr_t)page, 0, PAGE_SIZE);
	}
	block_put(r);
}

bool expect_not_validated(const char *asked, const struct fault *f)
{
	return expect_fault(asked, f, FAULT_DATA_EXTERNAL) &&
	       expect_eq("its vector and error code", f->syndrome, SYNDROME_NOT_VALIDATED);
}

bool expect_usable(const char *asked, u64 page)
{
	u64 value = 0;
	struct fault f = try_store(page + 8, 8, ~page);

	if (!expect_fault(asked, &f, FAULT_NONE))
		return false;
	f = try_load(page + 8, 8, &value);
	return expect_fault(asked, &f, FAULT_NONE) && expect_eq(asked, value, ~page);
}
