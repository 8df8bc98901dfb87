/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-2 tables. What is known of a granule stands in its entries: bits 58:55, which hardware
 * leaves to software in valid and invalid descriptors alike, and the address also where the guest
 * has no access. Tables come from a pool as large as the VM's memory can need, and a bounded rest
 * for guarded addresses: no guest takes more.
 */
#include "pkvm/model.h"

#define S2_VALID      BIT(0)
#define S2_TABLE      BIT(1)      /* levels 1, 2: table; level 3: page */
#define S2_WB         (6ULL << 2) /* with FWB: Normal Write-Back whatever the guest says */
#define S2_RW         (3ULL << 6)
#define S2_SH_INNER   (3ULL << 8)
#define S2_AF         BIT(10)
#define S2_ADDR       MASK(47, 12)
#define S2_XN         (2ULL << 53)
#define S2_STATE_AT   55
#define S2_HOST       BIT(58)
#define S2_GUARDED    BIT(2) /* of an invalid descriptor, where all bits are software's */
#define S2_SOFTWARE   MASK(58, 55)

#define S2_ENTRIES    512u
#define S2_ROOT_SHIFT 30 /* level 1, concatenated up to 2 tables */
#define S2_ROOT_MAX   2u
#define S2_VMID       1ULL
#define MORE_TABLES   256u /* beyond what memory needs: for guarded addresses */

static struct {
	u64 next;
	size_t left;
} pool;

/* T0SZ, start at level 1, write-back inner-shareable walks, 4 KiB granule, 48-bit output. */
static u64 make_vtcr(unsigned ipa_bits)
{
	return BIT(31) | 5ULL << 16 | 3ULL << 12 | 1ULL << 10 | 1ULL << 8 | 1ULL << 6 |
	       (64 - ipa_bits);
}

static u64 table_new(void)
{
	u64 pa = pool.next;

	if (pool.left == 0)
		return 0;
	pool.left--;
	pool.next += PAGE_SIZE;
	return pa;
}

/* A table of level 3 covers 2 MiB; memory may begin and end within one, and lie in several places
 * (firmware, devicetree), hence some more. */
enum status s2_create(void)
{
	size_t count = config.mem / BLOCK_SIZE + MORE_TABLES;
	u64 base = core_alloc_pages(count + 2 * S2_ROOT_MAX);

	if (base == 0)
		return ST_NO_MEMORY;
	hyp_vm.root = align_up(base, S2_ROOT_MAX * PAGE_SIZE);
	pool.next = hyp_vm.root + S2_ROOT_MAX * PAGE_SIZE;
	pool.left = count;
	hyp_vm.vtcr = make_vtcr(hyp_vm.ipa_bits);
	hyp_vm.vttbr = hyp_vm.root | S2_VMID << 48;
	return ST_OK;
}

bool ipa_valid(u64 ipa)
{
	return ipa < BIT(hyp_vm.ipa_bits);
}

/* The level 3 entry of an address below the IPA size; NULL: no table, and none was made. */
static u64 *entry_of(u64 ipa, bool make)
{
	u64 *e = (u64 *)pa_to_ptr(hyp_vm.root) + (ipa >> S2_ROOT_SHIFT);
	unsigned shift;

	for (shift = S2_ROOT_SHIFT - 9; shift >= 12; shift -= 9) {
		if ((*e & S2_VALID) == 0) {
			u64 table = make ? table_new() : 0;

			if (table == 0)
				return NULL;
			*e = table | S2_VALID | S2_TABLE;
		}
		e = (u64 *)pa_to_ptr(*e & S2_ADDR) + ((ipa >> shift) & (S2_ENTRIES - 1));
	}
	return e;
}

struct page s2_get(u64 ipa)
{
	const u64 *e = entry_of(align_down(ipa, hyp_vm.granule), false);
	struct page p = { 0 };

	if (e == NULL)
		return p;
	p.state = (enum page_state)FIELD(*e, 57, 55);
	p.pa = *e & S2_ADDR;
	p.host = (*e & S2_HOST) != 0;
	if ((*e & S2_VALID) != 0)
		p.no_exec = (*e & S2_XN) != 0;
	else
		p.guarded = (*e & S2_GUARDED) != 0;
	return p;
}

static u64 make_entry(const struct page *p, u64 pa)
{
	u64 e = (u64)p->state << S2_STATE_AT | pa | (p->host ? S2_HOST : 0);

	if (p->state != PAGE_OWNED && p->state != PAGE_SHARED)
		return e | (p->guarded ? S2_GUARDED : 0);
	return e | S2_VALID | S2_TABLE | S2_WB | S2_RW | S2_SH_INNER | S2_AF |
	       (p->no_exec ? S2_XN : 0);
}

static void flush(void)
{
	hw_set_vttbr(hyp_vm.vttbr);
	core_tlb_flush_vm();
}

/* Break before make, for all entries of the granule at once. */
bool s2_set(u64 ipa, struct page p)
{
	u64 base = align_down(ipa, hyp_vm.granule), off;
	bool stale = false;

	for (off = 0; off < hyp_vm.granule; off += PAGE_SIZE) {
		u64 *e = entry_of(base + off, true);

		if (e == NULL)
			return false; /* of the first one: a granule never crosses a table */
		if ((*e & S2_VALID) != 0 &&
		    ((*e ^ make_entry(&p, p.pa + off)) & ~S2_SOFTWARE) != 0) {
			*e = 0;
			stale = true;
		}
	}
	if (stale)
		flush();
	for (off = 0; off < hyp_vm.granule; off += PAGE_SIZE)
		*entry_of(base + off, true) = make_entry(&p, p.pa == 0 ? 0 : p.pa + off);
	return true;
}
