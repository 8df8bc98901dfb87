/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RIPAS changes (DEN0137 RSI_IPA_STATE_SET). The call is not atomic: the untrusted host decides how
 * far each one gets. It may starve us, which must end in a named stop, and it must not be able to
 * make us believe that a page changed which did not.
 */
#include "internal.h"

static EARLY enum status check_answer(u64 base, u64 top, u64 ripas, u64 new_base, u64 response)
{
	/* The monitor promises base <= new base <= top; going on anywhere else would skip memory
	 * or walk for ever. */
	if (new_base < base || new_base > top || !is_aligned(new_base, PAGE_SIZE))
		return ST_PROTOCOL;
	if (response == RSI_RESPONSE_ACCEPT)
		return ST_OK;
	/* REJECT exists for a change to RAM that was not finished, nothing else. */
	if (response != RSI_RESPONSE_REJECT || ripas != RIPAS_RAM || new_base == top)
		return ST_PROTOCOL;
	return ST_DENIED;
}

/* For a call that did not succeed: never ST_OK, so that no caller goes on with outputs unset. */
static EARLY enum status failure(u64 x0)
{
	enum status st = rsi_status_of(x0)->status;

	return st == ST_OK ? ST_PROTOCOL : st;
}

EARLY enum status ripas_get(u64 base, u64 top, u64 *run_top, u64 *ripas)
{
	u64 x1, x2;
	u64 x0 = rsi_ipa_state_get(base, top, &x1, &x2);

	if (x0 != RSI_SUCCESS)
		return failure(x0);
	if (x1 > base && x1 <= top && is_aligned(x1, PAGE_SIZE) && x2 <= RIPAS_DEV) {
		*run_top = x1;
		*ripas = x2;
		return ST_OK;
	}
	/* The last pre-release (EAC5) says the same revision but answers for one page, with the
	 * state in X1; no address of a run's end can be mistaken for that. */
	if (x1 <= RIPAS_DEV && x2 == 0) {
		*run_top = base + PAGE_SIZE;
		*ripas = x1;
		return ST_OK;
	}
	return ST_PROTOCOL;
}

/* No progress is legal now and then; for good it is starvation, or a page the host took away. That
 * one must not be made RAM again: its content was ours and is gone. */
static EARLY enum status check_stall(u64 base, u64 top, u64 flags, unsigned in_row, unsigned total)
{
	u64 run_top, ripas;

	if (!(flags & RSI_CHANGE_DESTROYED) && ripas_get(base, top, &run_top, &ripas) == ST_OK &&
	    ripas == RIPAS_DESTROYED)
		return ST_DESTROYED;
	if (in_row >= RIPAS_STALLS_MAX || total >= RIPAS_STALLS_TOTAL_MAX)
		return ST_NO_PROGRESS;
	return ST_OK;
}

EARLY enum status ripas_change(u64 base, u64 top, u64 ripas, u64 flags, struct accept_stats *stats)
{
	unsigned in_row = 0, total = 0;
	bool moved = false;

	while (base < top) {
		u64 new_base, response;
		u64 x0 = rsi_ipa_state_set(base, top, ripas, flags, &new_base, &response);
		enum status st;

		stats->calls++;
		if (x0 != RSI_SUCCESS)
			return failure(x0);
		stats->exits++; /* only a call with bad arguments stays in the monitor */
		stats->continuations += moved;
		st = check_answer(base, top, ripas, new_base, response);
		if (st == ST_PROTOCOL)
			return st;
		stats->bytes += new_base - base;
		if (st != ST_OK)
			return st;
		moved = new_base != base;
		if (moved) {
			in_row = 0;
		} else {
			stats->retries++;
			in_row++;
			total++;
			st = check_stall(base, top, flags, in_row, total);
			if (st != ST_OK)
				return st;
		}
		base = new_base;
	}
	return ST_OK;
}

u64 cca_protected_top(void)
{
	return BIT(rsi_ipa_width - 1);
}

enum status cca_accept(struct range r, struct accept_stats *stats)
{
	enum status st = range_check(r, PAGE_SIZE, cca_protected_top());

	if (st != ST_OK)
		return st;
	return ripas_change(r.base, range_end(r), RIPAS_RAM, 0, stats);
}

/* Both conversions give the content up by rule, so a DESTROYED page may take part. */
static enum status convert(struct range r, u64 ripas)
{
	struct accept_stats unused = { 0 };
	enum status st = range_check(r, PAGE_SIZE, cca_protected_top());

	if (st != ST_OK)
		return st;
	return ripas_change(r.base, range_end(r), ripas, RSI_CHANGE_DESTROYED, &unused);
}

enum status cca_share(struct range r)
{
	return convert(r, RIPAS_EMPTY);
}

enum status cca_unshare(struct range r)
{
	return convert(r, RIPAS_RAM);
}

enum status cca_is_private(struct range r)
{
	enum status st;
	u64 at, top;

	if (r.size == 0 || r.base + r.size < r.base)
		return ST_OVERFLOW;
	at = align_down(r.base, PAGE_SIZE);
	top = align_up(r.base + r.size, PAGE_SIZE);
	if (top <= at || top > cca_protected_top())
		return ST_RANGE;
	while (at < top) { /* every answer covers at least one page */
		u64 run_top, ripas;

		st = ripas_get(at, top, &run_top, &ripas);
		if (st != ST_OK)
			return st;
		if (ripas == RIPAS_DESTROYED)
			return ST_DESTROYED;
		if (ripas != RIPAS_RAM)
			return ST_STATE;
		at = run_top;
	}
	return ST_OK;
}
