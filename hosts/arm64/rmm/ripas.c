/* SPDX-License-Identifier: BSD-2-Clause */
/* RMI_RTT_INIT_RIPAS and RMI_RTT_SET_RIPAS: the only two writers of RIPAS besides destruction. */
#include <string.h>

#include "rmm/model.h"

/* One entry becomes RAM before activation; false ends the walk. */
static bool init_entry(struct s2_walk *w)
{
	if (V(s2_hipas(*w->entry, w->level) != HIPAS_UNASSIGNED))
		return false;
	if (V(s2_ripas(*w->entry) == RIPAS_DESTROYED))
		return false;
	*w->entry = s2_make_unassigned(RIPAS_RAM);
	return true;
}

static void walk_next(struct s2_walk *w)
{
	w->entry++;
	w->index++;
}

u64 rmi_rtt_init_ripas(const u64 *a, u64 *out)
{
	struct realm *r = realm_of(a[0]);
	u64 base = a[1], top = a[2], cur = base, size;
	struct s2_walk w;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(top <= base))
		return RMI_ERROR_INPUT;
	if (V(!is_aligned(base, PAGE_SIZE)))
		return RMI_ERROR_INPUT;
	if (V(!is_aligned(top, PAGE_SIZE)))
		return RMI_ERROR_INPUT;
	if (V(!realm_protected_range(r, base, top - base)))
		return RMI_ERROR_INPUT;
	if (V(r->state != REALM_NEW))
		return RMI_STATUS(RMI_ERROR_REALM, 0);
	s2_walk(r, base, 3, &w);
	size = s2_entry_size(w.level);
	if (V(!is_aligned(base, size)))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	while (w.index < S2_ENTRIES && cur + size <= top && init_entry(&w)) {
		measure_ripas(&r->meas, cur, cur + size);
		cur += size;
		walk_next(&w);
	}
	if (V(cur == base))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	out[1] = cur;
	return RMI_SUCCESS;
}

/* Content changes only by the faults; a conformant model never touches it here. */
static void content_faults(const struct rec *rec, u64 entry, unsigned level, u64 ipa)
{
	unsigned from = s2_ripas(entry), to = rec->ripas.value;
	void *page, *alias = shared_page(rec->realm, ipa);

	if (level != 3 || s2_hipas(entry, 3) != HIPAS_ASSIGNED)
		return;
	page = pa_to_ptr(s2_output(entry, 3));
	if (fault_on(FAULT_RIPAS_RAM_LOSES_CONTENT) && small_change(rec) && from == RIPAS_RAM &&
	    to == RIPAS_RAM)
		memset(page, UNKNOWN_CONTENT, PAGE_SIZE);
	if (fault_on(FAULT_SHARED_CONTENT_KEPT) && from == RIPAS_EMPTY && to == RIPAS_RAM &&
	    alias != NULL)
		memcpy(page, alias, PAGE_SIZE);
	if (from == RIPAS_RAM && to == RIPAS_EMPTY && ipa == rec->ripas.base)
		leak_keep(ipa, page);
	if (fault_on(FAULT_PRIVATE_CONTENT_LEAKED) && from == RIPAS_RAM && to == RIPAS_EMPTY &&
	    alias != NULL)
		memcpy(alias, page, PAGE_SIZE);
}

/* The value an entry gets, after the faults that replace this one decision. */
static unsigned ripas_target(const struct rec *rec, unsigned from)
{
	unsigned to = rec->ripas.value;

	if (!small_change(rec))
		return to;
	if (fault_on(FAULT_RIPAS_TO_EMPTY_IGNORED) && to == RIPAS_EMPTY && from == RIPAS_RAM)
		return from;
	if (fault_on(FAULT_RIPAS_TO_RAM_IGNORED) && to == RIPAS_RAM && from == RIPAS_EMPTY)
		return from;
	if (fault_on(FAULT_RIPAS_EMPTY_BECOMES_RAM) && to == RIPAS_EMPTY && from == RIPAS_EMPTY)
		return RIPAS_RAM;
	return to;
}

static bool destroyed_may_change(const struct rec *rec)
{
	bool flag = rec->ripas.flags == RSI_CHANGE_DESTROYED;

	if (fault_on(FAULT_RIPAS_DESTROYED_CHANGES))
		return true;
	if (fault_on(FAULT_RIPAS_DESTROYED_STUCK))
		return false;
	return flag;
}

/* One entry changes as the guest asked; false ends the walk. */
static bool set_entry(const struct rec *rec, struct s2_walk *w, u64 ipa)
{
	unsigned from = s2_ripas(*w->entry), to;

	if (V(s2_is_table(*w->entry, w->level)))
		return false;
	if (V(from == RIPAS_DESTROYED && !destroyed_may_change(rec)))
		return false;
	to = ripas_target(rec, from);
	content_faults(rec, *w->entry, w->level, ipa);
	if (from == RIPAS_DESTROYED && to == RIPAS_RAM)
		rec->realm->restored = ipa;
	if (from != to)
		violation_on_convert(rec, ipa, s2_entry_size(w->level));
	if (s2_hipas(*w->entry, w->level) == HIPAS_ASSIGNED)
		*w->entry = s2_make_assigned(s2_output(*w->entry, w->level), w->level, to);
	else
		*w->entry = s2_make_unassigned(to);
	return true;
}

u64 rmi_rtt_set_ripas(const u64 *a, u64 *out)
{
	struct realm *r = realm_of(a[0]);
	struct rec *rec = rec_of(a[1]);
	u64 base = a[2], top = a[3], cur = base, size;
	struct s2_walk w;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(rec == NULL))
		return RMI_ERROR_INPUT;
	if (V(rec->running))
		return RMI_ERROR_REC;
	if (V(rec->realm != r))
		return RMI_ERROR_REC;
	if (V(base != rec->ripas.addr))
		return RMI_ERROR_INPUT;
	if (V(top > rec->ripas.top))
		return RMI_ERROR_INPUT;
	if (V(top <= base))
		return RMI_ERROR_INPUT;
	if (V(!is_aligned(top, PAGE_SIZE)))
		return RMI_ERROR_INPUT;
	s2_walk(r, base, 3, &w);
	size = s2_entry_size(w.level);
	if (V(!is_aligned(base, size)))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	while (w.index < S2_ENTRIES && cur + size <= top && set_entry(rec, &w, cur)) {
		cur += size;
		walk_next(&w);
	}
	/* No CPU may still reach what is EMPTY now; maintenance the guest did before may be lost.
	 */
	if (rec->ripas.value == RIPAS_EMPTY || fault_on(FAULT_TLBI_DROPPED))
		realm_flush(r);
	if (V(cur == base))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	rec->ripas.addr = cur;
	out[1] = cur;
	return RMI_SUCCESS;
}
