/* SPDX-License-Identifier: BSD-2-Clause */
/* RMI_DATA_* and the mapping of host memory: pages come and go. */
#include <string.h>

#include "rmm/model.h"

/* ipa is a page of the protected half. */
static bool data_ipa_valid(const struct realm *r, u64 ipa)
{
	if (V(!is_aligned(ipa, PAGE_SIZE)))
		return false;
	if (V(!realm_protected(r, ipa)))
		return false;
	return true;
}

static void data_map(u64 pa, struct s2_walk *w, unsigned ripas)
{
	granule_set(pa, GRANULE_DATA);
	*w->entry = s2_make_assigned(pa, 3, ripas);
}

u64 rmi_data_create(const u64 *a)
{
	struct realm *r = realm_of(a[0]);
	u64 data = a[1], ipa = a[2], src = a[3], flags = a[4];
	struct s2_walk w;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(!granule_is(data, GRANULE_DELEGATED)))
		return RMI_ERROR_INPUT;
	if (V(!granule_is(src, GRANULE_NS)))
		return RMI_ERROR_INPUT;
	if (V(flags > RMI_DATA_MEASURE))
		return RMI_ERROR_INPUT;
	if (V(!data_ipa_valid(r, ipa)))
		return RMI_ERROR_INPUT;
	if (V(r->state != REALM_NEW))
		return RMI_STATUS(RMI_ERROR_REALM, 0);
	s2_walk(r, ipa, 3, &w);
	if (V(w.level != 3))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	if (V(s2_hipas(*w.entry, 3) != HIPAS_UNASSIGNED))
		return RMI_STATUS(RMI_ERROR_RTT, 3);

	/* Measure the copy: the host can still write to its own page. */
	memcpy(pa_to_ptr(data), pa_to_ptr(src), PAGE_SIZE);
	measure_data(&r->meas, ipa, flags, pa_to_ptr(data));
	data_map(data, &w, RIPAS_RAM);
	hw_sync_code((u64)(uintptr_t)pa_to_ptr(data), PAGE_SIZE);
	return RMI_SUCCESS;
}

void *shared_page(const struct realm *r, u64 ipa)
{
	struct s2_walk w;

	s2_walk(r, ipa | realm_ipa_size(r) / 2, 3, &w);
	if (!s2_is_valid_leaf(*w.entry, w.level))
		return NULL;
	return pa_to_ptr(s2_output(*w.entry, w.level) + (ipa & (s2_entry_size(w.level) - 1)));
}

/* The fault memory.changes: once a block is populated to its end, a page in its middle differs. */
static void memory_fault(const struct s2_walk *w)
{
	u64 victim = w->table[S2_ENTRIES / 2];

	if (fault_on(FAULT_MEMORY_CHANGES) && w->index == S2_ENTRIES - 1 &&
	    s2_is_valid_leaf(victim, 3))
		*(u64 *)pa_to_ptr(s2_output(victim, 3)) ^= 1;
}

u64 rmi_data_create_unknown(const u64 *a)
{
	struct realm *r = realm_of(a[0]);
	u64 data = a[1], ipa = a[2];
	struct s2_walk w;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(!granule_is(data, GRANULE_DELEGATED)))
		return RMI_ERROR_INPUT;
	if (V(!data_ipa_valid(r, ipa)))
		return RMI_ERROR_INPUT;
	s2_walk(r, ipa, 3, &w);
	if (V(w.level != 3))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	if (V(s2_hipas(*w.entry, 3) != HIPAS_UNASSIGNED))
		return RMI_STATUS(RMI_ERROR_RTT, 3);

	memset(pa_to_ptr(data), UNKNOWN_CONTENT, PAGE_SIZE);
	if (fault_on(FAULT_SHARED_CONTENT_KEPT) && shared_page(r, ipa) != NULL)
		memcpy(pa_to_ptr(data), shared_page(r, ipa), PAGE_SIZE);
	data_map(data, &w, s2_ripas(*w.entry));
	memory_fault(&w);
	return RMI_SUCCESS;
}

u64 rmi_data_destroy(const u64 *a, u64 *out)
{
	struct realm *r = realm_of(a[0]);
	u64 ipa = a[1], pa;
	struct s2_walk w;
	unsigned ripas;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(!data_ipa_valid(r, ipa)))
		return RMI_ERROR_INPUT;
	s2_walk(r, ipa, 3, &w);
	if (V(w.level != 3)) {
		out[2] = s2_next_live(&w, ipa, false);
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	}
	if (V(s2_hipas(*w.entry, 3) != HIPAS_ASSIGNED)) {
		out[2] = s2_next_live(&w, ipa, false);
		return RMI_STATUS(RMI_ERROR_RTT, 3);
	}

	pa = s2_output(*w.entry, 3);
	ripas = s2_ripas(*w.entry);
	*w.entry = s2_make_unassigned(ripas == RIPAS_EMPTY ? RIPAS_EMPTY : RIPAS_DESTROYED);
	realm_flush(r);
	granule_scrub(pa, GRANULE_DELEGATED);
	out[1] = pa;
	out[2] = s2_next_live(&w, ipa, true);
	return RMI_SUCCESS;
}

/* The fault shared.private-leaked: the first page of the last range made EMPTY, kept until the host
 * maps its alias. */
static struct {
	u64 ipa;
	bool kept;
	u8 content[PAGE_SIZE];
} leak;

void leak_keep(u64 ipa, const void *page)
{
	if (!fault_on(FAULT_PRIVATE_CONTENT_LEAKED))
		return;
	leak.ipa = ipa;
	leak.kept = true;
	memcpy(leak.content, page, PAGE_SIZE);
}

static void leak_on_map(u64 ipa, u64 size, u64 pa)
{
	if (!leak.kept || leak.ipa < ipa || leak.ipa - ipa >= size)
		return;
	memcpy(pa_to_ptr(pa + (leak.ipa - ipa)), leak.content, PAGE_SIZE);
	leak.kept = false;
}

static bool ns_ipa_valid(const struct realm *r, u64 ipa, u64 level)
{
	if (V(ipa >= realm_ipa_size(r)))
		return false;
	if (V(realm_protected(r, ipa)))
		return false;
	if (V(!is_aligned(ipa, s2_entry_size((unsigned)level))))
		return false;
	return true;
}

u64 rmi_rtt_map_unprotected(const u64 *a)
{
	struct realm *r = realm_of(a[0]);
	u64 ipa = a[1], level = a[2], desc = a[3], pa;
	struct s2_walk w;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(level < 2))
		return RMI_ERROR_INPUT;
	if (V(level > 3))
		return RMI_ERROR_INPUT;
	if (V(!ns_ipa_valid(r, ipa, level)))
		return RMI_ERROR_INPUT;
	if (V((desc & ~s2_ns_desc_mask((unsigned)level)) != 0))
		return RMI_ERROR_INPUT;
	if (V(FIELD(desc, 4, 2) == 4)) /* reserved with FWB */
		return RMI_ERROR_INPUT;
	pa = s2_output(desc, (unsigned)level);
	if (V(!granule_ns_range(pa, s2_entry_size((unsigned)level))))
		return RMI_ERROR_INPUT;
	s2_walk(r, ipa, (unsigned)level, &w);
	if (V(w.level != level))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	if (V(s2_hipas(*w.entry, w.level) != HIPAS_UNASSIGNED))
		return RMI_STATUS(RMI_ERROR_RTT, w.level);

	granule_ns_map(pa, s2_entry_size(w.level), true);
	*w.entry = s2_make_ns(desc, w.level);
	leak_on_map(ipa - realm_ipa_size(r) / 2, s2_entry_size(w.level), pa);
	return RMI_SUCCESS;
}

u64 rmi_rtt_unmap_unprotected(const u64 *a, u64 *out)
{
	struct realm *r = realm_of(a[0]);
	u64 ipa = a[1], level = a[2], pa;
	struct s2_walk w;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(level < 2))
		return RMI_ERROR_INPUT;
	if (V(level > 3))
		return RMI_ERROR_INPUT;
	if (V(!ns_ipa_valid(r, ipa, level)))
		return RMI_ERROR_INPUT;
	s2_walk(r, ipa, (unsigned)level, &w);
	if (V(w.level != level)) {
		out[1] = s2_next_live(&w, ipa, false);
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	}
	if (V(s2_hipas(*w.entry, w.level) != HIPAS_ASSIGNED)) {
		out[1] = s2_next_live(&w, ipa, false);
		return RMI_STATUS(RMI_ERROR_RTT, w.level);
	}

	pa = s2_output(*w.entry, w.level);
	*w.entry = s2_make_unassigned(RIPAS_EMPTY);
	realm_flush(r);
	if (granule_is(pa, GRANULE_NS))
		granule_ns_map(pa, s2_entry_size(w.level), false);
	out[1] = s2_next_live(&w, ipa, true);
	return RMI_SUCCESS;
}
