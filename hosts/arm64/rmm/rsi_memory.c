/* SPDX-License-Identifier: BSD-2-Clause */
/* RSI_IPA_STATE_SET and RSI_IPA_STATE_GET. */
#include "rmm/model.h"

static enum next error_input(struct rec *rec)
{
	call_return(rec, RSI_ERROR_INPUT, 0, 0, 0);
	return RESUME;
}

/* A fault accepts what must be refused: the call then does nothing and says so. */
static enum next refuse(struct rec *rec, enum fault_id accepted)
{
	if (!fault_on(accepted))
		return error_input(rec);
	call_return(rec, RSI_SUCCESS, rec->cpu.el1.x[1], RSI_RESPONSE_ACCEPT, 0);
	return RESUME;
}

enum next rsi_ipa_state_set(struct rec *rec, struct rmi_rec_exit *ex)
{
	u64 base = rec->cpu.el1.x[1], top = rec->cpu.el1.x[2], value = rec->cpu.el1.x[3];
	u64 half = realm_ipa_size(rec->realm) / 2;

	counters.ipa_state_set++;
	if (V(!is_aligned(base, PAGE_SIZE))) {
		if (!fault_on(FAULT_RIPAS_SET_BASE_UNCHECKED))
			return error_input(rec);
		base = align_down(base, PAGE_SIZE);
	}
	if (V(!is_aligned(top, PAGE_SIZE))) {
		if (!fault_on(FAULT_RIPAS_SET_TOP_UNCHECKED))
			return error_input(rec);
		top = align_up(top, PAGE_SIZE);
	}
	if (V(top <= base))
		return refuse(rec, FAULT_RIPAS_SET_ORDER_UNCHECKED);
	if (V(top > half))
		return refuse(rec, FAULT_RIPAS_SET_LIMIT_UNCHECKED);
	if (V(value > RIPAS_RAM))
		return refuse(rec, FAULT_RIPAS_SET_VALUE_UNCHECKED);

	if (value == RIPAS_RAM)
		violation_on_private(rec, base, top);
	rec->ripas.base = base;
	rec->ripas.top = top;
	rec->ripas.addr = base;
	rec->ripas.value = (unsigned)value;
	rec->ripas.flags = rec->cpu.el1.x[4];
	rec->pending = PENDING_RIPAS;
	ex->exit_reason = RMI_EXIT_RIPAS_CHANGE;
	ex->ripas_base = base;
	ex->ripas_top = top;
	ex->ripas_value = (u8)value;
	return TO_HOST;
}

/* Faults act on ranges of checks, up to 64 KiB, not on what the guest itself stands on. */
bool small_change(const struct rec *rec)
{
	return rec->ripas.top - rec->ripas.base <= 16 * PAGE_SIZE;
}

static u64 reported_base(struct rec *rec)
{
	u64 addr = rec->ripas.addr, top = rec->ripas.top;
	/* A host that goes page by page leaves nothing to overstate. */
	bool cut = addr != top && addr - rec->ripas.base > PAGE_SIZE && small_change(rec);

	if (fault_on(FAULT_RIPAS_PROGRESS_OVERSTATED) && cut)
		return top;
	if (fault_on(FAULT_RIPAS_PROGRESS_BEYOND) && cut)
		return top + PAGE_SIZE;
	if (fault_on(FAULT_RIPAS_PROGRESS_SHARED) && rec->index != 0)
		return rec->realm->boot_ripas_reach;
	return addr;
}

/* Only a change to RAM can be refused, and only the part that has not happened. */
static u64 response(const struct rec *rec, bool reject)
{
	bool partial = rec->ripas.addr != rec->ripas.top;

	if (fault_on(FAULT_RIPAS_EMPTY_REJECTED) && rec->ripas.value == RIPAS_EMPTY &&
	    small_change(rec))
		return RSI_RESPONSE_REJECT;
	if (!reject || !partial || rec->ripas.value != RIPAS_RAM)
		return RSI_RESPONSE_ACCEPT;
	return fault_on(FAULT_RIPAS_REJECT_HIDDEN) ? RSI_RESPONSE_ACCEPT : RSI_RESPONSE_REJECT;
}

void rsi_ipa_state_set_complete(struct rec *rec, bool reject)
{
	rec->pending = PENDING_NONE;
	call_return(rec, RSI_SUCCESS, reported_base(rec), response(rec, reject), 0);
	if (rec->index == 0)
		rec->realm->boot_ripas_reach = rec->ripas.addr;
	/* A later SET_RIPAS of the host must find nothing to change. */
	rec->ripas.addr = 0;
	rec->ripas.top = 0;
}

/* End of the run of equal RIPAS, within one table so that the call stays bounded. */
static u64 run_end(const struct realm *realm, u64 base, u64 top, unsigned *ripas)
{
	struct s2_walk w;
	u64 size, end;

	s2_walk(realm, base, 3, &w);
	*ripas = s2_ripas(*w.entry);
	size = s2_entry_size(w.level);
	end = align_down(base, size) + size;
	while (end < top && ++w.index < S2_ENTRIES) {
		w.entry++;
		if (s2_is_table(*w.entry, w.level))
			break;
		if (s2_ripas(*w.entry) != *ripas && !fault_on(FAULT_RIPAS_GET_RUN_LONG))
			break;
		end += size;
	}
	return MIN(end, top);
}

enum next rsi_ipa_state_get(struct rec *rec)
{
	u64 base = rec->cpu.el1.x[1], top = rec->cpu.el1.x[2], end;
	unsigned ripas = RIPAS_EMPTY;

	counters.ipa_state_get++;
	if (V(!is_aligned(base, PAGE_SIZE))) {
		if (!fault_on(FAULT_RIPAS_GET_ALIGN_UNCHECKED))
			return error_input(rec);
		base = align_down(base, PAGE_SIZE);
	}
	if (V(!is_aligned(top, PAGE_SIZE))) {
		if (!fault_on(FAULT_RIPAS_GET_ALIGN_UNCHECKED))
			return error_input(rec);
		top = align_up(top, PAGE_SIZE);
	}
	if (V(top <= base))
		return refuse(rec, FAULT_RIPAS_GET_RANGE_UNCHECKED);
	if (V(top > realm_ipa_size(rec->realm) / 2))
		return refuse(rec, FAULT_RIPAS_GET_RANGE_UNCHECKED);

	end = run_end(rec->realm, base, top, &ripas);
	if (fault_on(FAULT_RIPAS_GET_TOP_BEYOND) && ripas == RIPAS_RAM && end == top &&
	    top - base == 8 * PAGE_SIZE)
		end = top + PAGE_SIZE;
	if (fault_on(FAULT_RIPAS_GET_DESTROYED_HIDDEN) && ripas == RIPAS_DESTROYED)
		ripas = RIPAS_EMPTY;
	call_return(rec, RSI_SUCCESS, end, ripas, 0);
	return RESUME;
}
