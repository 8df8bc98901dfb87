/* SPDX-License-Identifier: BSD-2-Clause */
/* RMI_RTT_*: the host builds and reads the stage-2 tables of a realm. */
#include "rmm/model.h"

/* ipa is inside the realm and a multiple of what one entry of this level maps. */
static bool ipa_valid(const struct realm *r, u64 ipa, u64 level)
{
	if (V(ipa >= realm_ipa_size(r)))
		return false;
	if (V(!is_aligned(ipa, s2_entry_size((unsigned)level))))
		return false;
	return true;
}

/* A table at this level can be made or taken away: not the root, not above it. */
static bool table_level_valid(const struct realm *r, u64 level)
{
	if (V(level <= r->start_level))
		return false;
	if (V(level > 3))
		return false;
	return true;
}

/* Break before make: two CPUs must never hold translations of different sizes for one address. An
 * access in between faults and finds the new entry once it gets the lock. */
static void replace(const struct realm *r, struct s2_walk *w, u64 entry)
{
	*w->entry = 0;
	realm_flush(r);
	*w->entry = entry;
}

u64 rmi_rtt_create(const u64 *a)
{
	struct realm *r = realm_of(a[0]);
	u64 level = a[3];
	struct s2_walk w;
	u64 *table;
	unsigned i;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(!granule_is(a[1], GRANULE_DELEGATED)))
		return RMI_ERROR_INPUT;
	if (V(!table_level_valid(r, level)))
		return RMI_ERROR_INPUT;
	if (V(!ipa_valid(r, a[2], level - 1)))
		return RMI_ERROR_INPUT;
	s2_walk(r, a[2], (unsigned)level - 1, &w);
	if (V(w.level != level - 1))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	if (V(s2_is_table(*w.entry, w.level)))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);

	table = pa_to_ptr(a[1]);
	for (i = 0; i < S2_ENTRIES; i++)
		table[i] = s2_child(*w.entry, w.level, i);
	granule_set(a[1], GRANULE_RTT);
	replace(r, &w, s2_make_table(a[1]));
	r->objects++;
	return RMI_SUCCESS;
}

static bool table_live(const u64 *table, unsigned level)
{
	unsigned i;

	for (i = 0; i < S2_ENTRIES; i++)
		if (s2_is_live(table[i], level))
			return true;
	return false;
}

static void table_remove(struct realm *r, struct s2_walk *w, u64 replacement, u64 *out)
{
	u64 pa = s2_table_pa(*w->entry);

	replace(r, w, replacement);
	granule_scrub(pa, GRANULE_DELEGATED);
	r->objects--;
	out[1] = pa;
}

/* Finds the table that an IPA and level name; RMI_SUCCESS or the status. */
static u64 table_find(const struct realm *r, const u64 *a, struct s2_walk *w, u64 *out)
{
	u64 level = a[2];

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(!table_level_valid(r, level)))
		return RMI_ERROR_INPUT;
	if (V(!ipa_valid(r, a[1], level - 1)))
		return RMI_ERROR_INPUT;
	s2_walk(r, a[1], (unsigned)level - 1, w);
	if (V(w->level != level - 1)) {
		out[2] = s2_next_live(w, a[1], false);
		return RMI_STATUS(RMI_ERROR_RTT, w->level);
	}
	if (V(!s2_is_table(*w->entry, w->level))) {
		out[2] = s2_next_live(w, a[1], false);
		return RMI_STATUS(RMI_ERROR_RTT, w->level);
	}
	return RMI_SUCCESS;
}

/* What a table held is gone with it: the guest sees that as DESTROYED. */
u64 rmi_rtt_destroy(const u64 *a, u64 *out)
{
	struct realm *r = realm_of(a[0]);
	struct s2_walk w;
	u64 status = table_find(r, a, &w, out);

	if (status != RMI_SUCCESS)
		return status;
	if (V(table_live(pa_to_ptr(s2_table_pa(*w.entry)), w.level + 1))) {
		out[2] = a[1];
		return RMI_STATUS(RMI_ERROR_RTT, w.level + 1);
	}
	table_remove(r, &w,
		     s2_make_unassigned(realm_protected(r, a[1]) ? RIPAS_DESTROYED : RIPAS_EMPTY),
		     out);
	out[2] = s2_next_live(&w, a[1], true);
	return RMI_SUCCESS;
}

/* The entry that, split, would give this table again; false when there is none. */
static bool fold_entry(const u64 *table, unsigned level, u64 *folded)
{
	unsigned i, ripas = s2_ripas(table[0]);

	switch (s2_hipas(table[0], level + 1)) {
	case HIPAS_TABLE:
		return false;
	case HIPAS_UNASSIGNED:
		*folded = s2_make_unassigned(ripas);
		break;
	case HIPAS_ASSIGNED:
		if (level < 2 || !is_aligned(s2_output(table[0], level + 1), s2_entry_size(level)))
			return false;
		*folded = s2_parent(table[0], level);
		break;
	}
	for (i = 0; i < S2_ENTRIES; i++)
		if (s2_child(*folded, level, i) != table[i])
			return false;
	return true;
}

u64 rmi_rtt_fold(const u64 *a, u64 *out)
{
	struct realm *r = realm_of(a[0]);
	struct s2_walk w;
	u64 folded = 0;
	u64 status = table_find(r, a, &w, out);
	u64 *table;

	if (status != RMI_SUCCESS)
		return status;
	table = pa_to_ptr(s2_table_pa(*w.entry));
	if (V(!fold_entry(table, w.level, &folded)))
		return RMI_STATUS(RMI_ERROR_RTT, w.level + 1);
	table_remove(r, &w, folded, out);
	return RMI_SUCCESS;
}

static u64 shown_desc(const struct realm *r, u64 ipa, const struct s2_walk *w)
{
	switch (s2_hipas(*w->entry, w->level)) {
	case HIPAS_TABLE:
		return s2_table_pa(*w->entry);
	case HIPAS_ASSIGNED:
		return realm_protected(r, ipa) ? s2_output(*w->entry, w->level)
					       : s2_ns_host_desc(*w->entry, w->level);
	case HIPAS_UNASSIGNED:
		break;
	}
	return 0;
}

u64 rmi_rtt_read_entry(const u64 *a, u64 *out)
{
	static const u8 state[] = { [HIPAS_UNASSIGNED] = RMI_UNASSIGNED,
				    [HIPAS_ASSIGNED] = RMI_ASSIGNED,
				    [HIPAS_TABLE] = RMI_TABLE };
	struct realm *r = realm_of(a[0]);
	struct s2_walk w;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(a[2] < r->start_level))
		return RMI_ERROR_INPUT;
	if (V(a[2] > 3))
		return RMI_ERROR_INPUT;
	if (V(!ipa_valid(r, a[1], a[2])))
		return RMI_ERROR_INPUT;
	s2_walk(r, a[1], (unsigned)a[2], &w);
	out[1] = w.level;
	out[2] = state[s2_hipas(*w.entry, w.level)];
	out[3] = shown_desc(r, a[1], &w);
	if (out[2] != RMI_TABLE && realm_protected(r, a[1]))
		out[4] = s2_ripas(*w.entry);
	return RMI_SUCCESS;
}
