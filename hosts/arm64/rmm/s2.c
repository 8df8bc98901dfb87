/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-2 descriptors. HIPAS and RIPAS are kept in bits 58:55, which hardware leaves to software in
 * valid and invalid descriptors alike; so an assigned page keeps its address while it is EMPTY.
 */
#include "rmm/model.h"

#define S2_VALID    BIT(0)
#define S2_TABLE    BIT(1) /* level 0..2: table; level 3: page */
#define S2_MEMATTR  MASK(4, 2)
#define S2_AP       MASK(7, 6)
#define S2_SH_INNER (3ULL << 8)
#define S2_AF       BIT(10)
#define S2_XN       (2ULL << 53)
#define S2_ADDR     MASK(47, 12)
#define S2_ASSIGNED BIT(55)
#define S2_RIPAS_AT 56
#define S2_NS       BIT(58) /* host-owned leaf of the unprotected half */

/* With HCR_EL2.FWB: 6 forces Normal Write-Back, so that what the model writes into a buffer is seen
 * by a guest that still runs with its caches off. */
#define S2_WB      (6ULL << 2)

#define LEVEL_PAGE 3u

u64 s2_entry_size(unsigned level)
{
	return 1ULL << (12 + 9 * (LEVEL_PAGE - level));
}

u64 s2_table_pa(u64 entry)
{
	return entry & S2_ADDR;
}

bool s2_is_table(u64 entry, unsigned level)
{
	return level < LEVEL_PAGE && (entry & (S2_VALID | S2_TABLE)) == (S2_VALID | S2_TABLE);
}

bool s2_is_valid_leaf(u64 entry, unsigned level)
{
	return (entry & S2_VALID) != 0 && !s2_is_table(entry, level);
}

enum hipas s2_hipas(u64 entry, unsigned level)
{
	if (s2_is_table(entry, level))
		return HIPAS_TABLE;
	return (entry & (S2_ASSIGNED | S2_NS)) != 0 ? HIPAS_ASSIGNED : HIPAS_UNASSIGNED;
}

unsigned s2_ripas(u64 entry)
{
	return (unsigned)FIELD(entry, 57, 56);
}

u64 s2_output(u64 entry, unsigned level)
{
	return entry & S2_ADDR & ~(s2_entry_size(level) - 1);
}

u64 s2_make_table(u64 pa)
{
	return pa | S2_VALID | S2_TABLE;
}

u64 s2_make_unassigned(unsigned ripas)
{
	return (u64)ripas << S2_RIPAS_AT;
}

static u64 leaf_type(unsigned level)
{
	return S2_VALID | (level == LEVEL_PAGE ? S2_TABLE : 0);
}

/* Only RAM is reachable by the guest; EMPTY and DESTROYED must fault whatever is linked there. */
u64 s2_make_assigned(u64 pa, unsigned level, unsigned ripas)
{
	u64 entry = pa | S2_ASSIGNED | (u64)ripas << S2_RIPAS_AT;

	if (ripas == RIPAS_RAM)
		entry |= leaf_type(level) | S2_WB | S2_AP | S2_SH_INNER | S2_AF;
	return entry;
}

u64 s2_ns_desc_mask(unsigned level)
{
	return (S2_ADDR & ~(s2_entry_size(level) - 1)) | S2_MEMATTR | S2_AP;
}

/* The unprotected half is never executable (DEN0137): the host could change the code at any time.
 */
u64 s2_make_ns(u64 desc, unsigned level)
{
	return (desc & s2_ns_desc_mask(level)) | leaf_type(level) | S2_SH_INNER | S2_AF | S2_XN |
	       S2_NS;
}

u64 s2_ns_host_desc(u64 entry, unsigned level)
{
	return entry & s2_ns_desc_mask(level);
}

bool s2_is_live(u64 entry, unsigned level)
{
	return s2_hipas(entry, level) != HIPAS_UNASSIGNED;
}

u64 s2_child(u64 parent, unsigned level, unsigned i)
{
	u64 off = i * s2_entry_size(level + 1);

	if ((parent & S2_NS) != 0)
		return s2_make_ns(s2_ns_host_desc(parent, level) + off, level + 1);
	if (s2_hipas(parent, level) == HIPAS_ASSIGNED)
		return s2_make_assigned(s2_output(parent, level) + off, level + 1,
					s2_ripas(parent));
	return s2_make_unassigned(s2_ripas(parent));
}

u64 s2_parent(u64 child, unsigned level)
{
	if ((child & S2_NS) != 0)
		return s2_make_ns(s2_ns_host_desc(child, level + 1), level);
	return s2_make_assigned(s2_output(child, level + 1), level, s2_ripas(child));
}

/* Ends at to_level or at the first entry that is no table. The IPA is below the realm's size. */
void s2_walk(const struct realm *realm, u64 ipa, unsigned to_level, struct s2_walk *w)
{
	u64 pa = realm->rtt_base;
	u64 index = ipa / s2_entry_size(realm->start_level);

	w->level = realm->start_level;
	for (;;) {
		/* Root tables are concatenated, so the index may exceed one table. */
		w->table = (u64 *)pa_to_ptr(pa) + (index / S2_ENTRIES) * S2_ENTRIES;
		w->index = (unsigned)(index % S2_ENTRIES);
		w->entry = &w->table[w->index];
		if (w->level >= to_level || !s2_is_table(*w->entry, w->level))
			return;
		pa = s2_table_pa(*w->entry);
		w->level++;
		index = (ipa / s2_entry_size(w->level)) % S2_ENTRIES;
	}
}

u64 s2_next_live(const struct s2_walk *w, u64 ipa, bool from_next)
{
	u64 size = s2_entry_size(w->level);
	u64 top = align_down(ipa, size);
	unsigned i = w->index;

	if (from_next) {
		i++;
		top += size;
	}
	while (i < S2_ENTRIES && !s2_is_live(w->table[i], w->level)) {
		i++;
		top += size;
	}
	return top;
}
