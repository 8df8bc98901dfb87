/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for the CCA checks: where states may be changed, and how they are put back. */
#include "cca.h"
#include "mm.h"

/* Any answer makes progress or counts here; a host that cuts to single pages needs 512. */
#define SET_TURNS 1024

static struct range raw;
static bool raw_is_mapped;

u64 alias_bit(void)
{
	return BIT(rsi_ipa_width - 1);
}

u64 protected_top(void)
{
	return alias_bit();
}

u64 raw_page(enum raw_slot slot)
{
	if (raw.size == 0) {
		if (!block_get(&raw)) {
			raw.size = 0;
			return 0;
		}
		raw_is_mapped = true;
	}
	raw_unmap();
	return raw.base + slot * PAGE_SIZE;
}

bool raw_map(void)
{
	if (!raw_is_mapped)
		raw_is_mapped = mmu_map(raw, MAP_RW, MAP_PRIVATE) == ST_OK;
	if (!raw_is_mapped)
		check_fail("mapping the test block", "done", "refused by the guest's own tables");
	return raw_is_mapped;
}

void raw_unmap(void)
{
	if (raw_is_mapped)
		(void)mmu_unmap(raw);
	raw_is_mapped = false;
}

u64 ripas_of(u64 page)
{
	u64 top = 0, ripas = ~0ULL;
	u64 x0 = rsi_ipa_state_get(page, page + PAGE_SIZE, &top, &ripas);

	return x0 == RSI_SUCCESS && top == page + PAGE_SIZE ? ripas : ~0ULL;
}

bool expect_ripas(const char *when, u64 page, u64 ripas)
{
	return expect_eq(when, ripas_of(page), ripas);
}

bool set_ripas(u64 base, u64 top, u64 ripas)
{
	for (unsigned i = 0; i < SET_TURNS && base < top; i++) {
		u64 next = base, response = 0;

		if (rsi_ipa_state_set(base, top, ripas, RSI_CHANGE_DESTROYED, &next, &response) !=
			RSI_SUCCESS ||
		    next < base || next > top)
			return false;
		base = next;
	}
	return base == top;
}

void restore_ram(u64 base, u64 top)
{
	(void)set_ripas(base, top, RIPAS_RAM);
}

bool expect_refused(const char *asked, u64 base, u64 top, u64 ripas)
{
	u64 next = 0, response = 0;

	return expect_eq(asked, rsi_ipa_state_set(base, top, ripas, 0, &next, &response),
			 RSI_ERROR_INPUT);
}

/* The last block of the protected half, else the first: RAM of both at once means no hole. Only the
 * word "RAM" counts against a candidate, so that checks which need a hole do not depend on the rest
 * of what IPA_STATE_GET promises. */
struct range hole(void)
{
	static struct range found;
	u64 candidates[] = { protected_top() - BLOCK_SIZE, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(candidates) && found.size == 0; i++) {
		struct range r = { candidates[i], BLOCK_SIZE };
		u64 top, ripas = ~0ULL, pte;
		unsigned level;

		if (memmap_find(&memory_map, r.base) != NULL ||
		    mmu_walk(r.base, &pte, &level) == ST_OK)
			continue;
		(void)rsi_ipa_state_get(r.base, range_end(r), &top, &ripas);
		if (ripas != RIPAS_RAM)
			found = r;
	}
	if (found.size == 0)
		check_skip("no part of the protected half is without memory");
	return found;
}

bool hole_map(enum map_kind kind)
{
	struct range r = hole();

	if (r.size == 0)
		return false;
	return expect_eq("mapping a block that is no memory", mmu_map(r, kind, MAP_PRIVATE), ST_OK);
}

void hole_unmap(void)
{
	(void)mmu_unmap(hole());
}

bool flip_get(struct range *r)
{
	if (!block_get(r))
		return false;
	return expect_eq("unmapping the test block", mmu_unmap(*r), ST_OK);
}

bool flip_to(struct range r, enum map_state state)
{
	(void)mmu_unmap(r);
	return expect_true(
	    "changing the state of the test block",
	    set_ripas(r.base, range_end(r), state == MAP_SHARED ? RIPAS_EMPTY : RIPAS_RAM),
	    "the change reaches the end of the range");
}

bool flip_map(struct range r, enum map_kind kind, enum map_state state)
{
	(void)mmu_unmap(r);
	return expect_eq("mapping the test block", mmu_map(r, kind, state), ST_OK);
}

static bool is_memory(u64 page)
{
	struct fault f = try_store(page, 8, ~page);
	u64 value = 0;

	if (f.class == FAULT_NONE)
		f = try_load(page, 8, &value);
	return f.class == FAULT_NONE && value == ~page;
}

/* A block that does not become private memory again is lost for good rather than reused: on a host
 * that breaks a rule, the next owner would be the one to trip over it. */
void flip_put(struct range r)
{
	(void)mmu_unmap(r);
	if (!set_ripas(r.base, range_end(r), RIPAS_RAM) || mmu_map(r, MAP_RW, MAP_PRIVATE) != ST_OK)
		return;
	for (u64 page = r.base; page < range_end(r); page += PAGE_SIZE)
		if (!is_memory(page))
			return;
	block_put(r);
}

void fill_page(u64 page, u8 value)
{
	for (size_t i = 0; i < PAGE_SIZE; i++)
		((volatile u8 *)(uintptr_t)page)[i] = value;
}

bool page_is(u64 page, size_t from, size_t to, u8 value)
{
	const volatile u8 *p = (const volatile u8 *)(uintptr_t)page;

	for (size_t i = from; i < to; i++) {
		if (p[i] != value) {
			check_note("byte 0x%zx is 0x%x, was 0x%x", i, p[i], value);
			return false;
		}
	}
	return true;
}
