/* SPDX-License-Identifier: BSD-2-Clause */
/* RSI_IPA_STATE_SET: what a change does, and how far one call gets. */
#include "abi/coop.h"
#include "cca.h"
#include "smp.h"

#define MARK 0x5269706173214d61ULL

struct step {
	u64 x0, next, response;
};

static struct step set(u64 base, u64 top, u64 ripas, u64 flags)
{
	struct step s = { 0, ~0ULL, ~0ULL };

	s.x0 = rsi_ipa_state_set(base, top, ripas, flags, &s.next, &s.response);
	return s;
}

static bool all_are(const char *what, u64 from, u64 to, u64 ripas)
{
	for (; from < to; from += PAGE_SIZE) {
		if (!expect_ripas(what, from, ripas)) {
			check_note("page 0x%llx", (unsigned long long)from);
			return false;
		}
	}
	return true;
}

/* One answer: within the range, and true for what it says is done. */
static bool step_holds(u64 base, u64 top, u64 ripas, const struct step *s)
{
	if (!expect_eq("RSI_IPA_STATE_SET", s->x0, RSI_SUCCESS))
		return false;
	if (s->next < base || s->next > top || !is_aligned(s->next, PAGE_SIZE)) {
		check_fail("the new base", "a page boundary in [base, top]",
			   "0x%llx for [0x%llx, 0x%llx]", (unsigned long long)s->next,
			   (unsigned long long)base, (unsigned long long)top);
		return false;
	}
	return all_are("a page below the new base", base, s->next, ripas);
}

static bool walk(u64 base, u64 top, u64 ripas)
{
	for (unsigned turn = 0; base < top; turn++) {
		struct step s = set(base, top, ripas, 0);

		if (!step_holds(base, top, ripas, &s))
			return false;
		if (turn == 1000) {
			check_fail("a change of 16 pages", "progress", "none in 1000 calls");
			return false;
		}
		base = s.next;
	}
	return true;
}

void cca_ripas_progress(void)
{
	u64 base = raw_page(RAW_PROGRESS), top = base + 16 * PAGE_SIZE;
	bool cut = false;

	if (base == 0)
		return;
	/* A reference host can be asked to stop early, as any host may. */
	if (coop_has(COOP_RIPAS_LIMIT))
		cut = coop_do(COOP_RIPAS_LIMIT, 3, 0);
	if (all_are("a page before", base, top, RIPAS_RAM) && walk(base, top, RIPAS_EMPTY))
		walk(base, top, RIPAS_RAM);
	if (cut)
		(void)coop_do(COOP_RIPAS_LIMIT, 0, 0);
	restore_ram(base, top);
}

void cca_ripas_to_empty(void)
{
	u64 page = raw_page(RAW_TO_EMPTY);

	if (page == 0)
		return;
	if (expect_ripas("the page before", page, RIPAS_RAM) &&
	    expect_true("RAM to EMPTY", set_ripas(page, page + PAGE_SIZE, RIPAS_EMPTY), "done"))
		expect_ripas("the page after RAM to EMPTY", page, RIPAS_EMPTY);
	restore_ram(page, page + PAGE_SIZE);
}

void cca_ripas_to_ram(void)
{
	u64 page = raw_page(RAW_TO_RAM), value = 0;
	struct fault f;

	if (page == 0)
		return;
	if (expect_true("RAM to EMPTY", set_ripas(page, page + PAGE_SIZE, RIPAS_EMPTY), "done") &&
	    expect_ripas("the page in between", page, RIPAS_EMPTY) &&
	    expect_true("EMPTY to RAM", set_ripas(page, page + PAGE_SIZE, RIPAS_RAM), "done") &&
	    expect_ripas("the page after EMPTY to RAM", page, RIPAS_RAM) && raw_map()) {
		f = try_store(page, 8, MARK);
		if (expect_fault("store to the page", &f, FAULT_NONE)) {
			f = try_load(page, 8, &value);
			if (expect_fault("load from the page", &f, FAULT_NONE))
				expect_eq("the value loaded", value, MARK);
		}
	}
	raw_unmap();
	restore_ram(page, page + PAGE_SIZE);
}

void cca_ripas_keep(void)
{
	u64 page = raw_page(RAW_KEEP);
	struct range r = { page, PAGE_SIZE };

	if (page == 0 || !raw_map())
		return;
	pattern_fill(r, MARK, EVERY_WORD);
	raw_unmap();
	if (!expect_true("RAM to RAM", set_ripas(page, page + PAGE_SIZE, RIPAS_RAM), "done") ||
	    !raw_map())
		return;
	expect_pattern("the content after RAM to RAM", r, MARK, EVERY_WORD);
	raw_unmap();
}

void cca_ripas_empty_twice(void)
{
	u64 page = raw_page(RAW_EMPTY_TWICE), top = page + PAGE_SIZE;

	if (page == 0)
		return;
	if (expect_ripas("the page before", page, RIPAS_RAM) &&
	    expect_true("RAM to EMPTY", set_ripas(page, top, RIPAS_EMPTY), "done") &&
	    expect_ripas("the page in between", page, RIPAS_EMPTY) &&
	    expect_true("EMPTY to EMPTY", set_ripas(page, top, RIPAS_EMPTY), "accepted"))
		expect_ripas("the page after EMPTY to EMPTY", page, RIPAS_EMPTY);
	restore_ram(page, top);
}

/* ---- with a page the host took away ---- */

static bool destroy(u64 page)
{
	return expect_true("the host to take a page away", coop_do(COOP_DESTROY, page, 0), "done");
}

/* Goes on until the call stops; ~0 after an error. */
static u64 reach(u64 base, u64 top, u64 ripas, u64 flags)
{
	for (unsigned idle = 0; base < top && idle < 8;) {
		struct step s = set(base, top, ripas, flags);

		if (s.x0 != RSI_SUCCESS || s.next < base || s.next > top)
			return ~0ULL;
		idle = s.next == base ? idle + 1 : 0;
		base = s.next;
	}
	return base;
}

/* The state itself is not asked for: that a second attempt stops at the same page says it. */
void cca_ripas_stop(void)
{
	u64 base = raw_page(RAW_STOP), lost = base + 2 * PAGE_SIZE, top = base + 4 * PAGE_SIZE;

	if (base == 0 || !coop_needs(COOP_DESTROY))
		return;
	if (destroy(lost) &&
	    expect_eq("how far a change to RAM gets", reach(base, top, RIPAS_RAM, 0), lost) &&
	    expect_eq("how far it gets from the page itself", reach(lost, top, RIPAS_RAM, 0), lost))
		expect_eq("how far a change to EMPTY gets", reach(base, top, RIPAS_EMPTY, 0), lost);
	restore_ram(base, top);
}

void cca_ripas_reclaim(void)
{
	u64 base = raw_page(RAW_RECLAIM), lost = base + 2 * PAGE_SIZE, top = base + 4 * PAGE_SIZE;

	if (base == 0 || !coop_needs(COOP_DESTROY))
		return;
	if (destroy(lost) && expect_eq("how far CHANGE_DESTROYED to RAM gets",
				       reach(base, top, RIPAS_RAM, RSI_CHANGE_DESTROYED), top))
		expect_eq("how far a change without the flag gets then",
			  reach(base, top, RIPAS_RAM, 0), top);
	restore_ram(base, top);
}

/* ---- a host that refuses ---- */

void cca_ripas_reject(void)
{
	u64 base = raw_page(RAW_REJECT), top = base + 4 * PAGE_SIZE;
	struct step s;

	if (base == 0 || !coop_needs(COOP_RIPAS_REJECT))
		return;
	if (all_are("a page before", base, top, RIPAS_RAM) &&
	    expect_true("RAM to EMPTY", set_ripas(base, top, RIPAS_EMPTY), "done") &&
	    all_are("a page in between", base, top, RIPAS_EMPTY) &&
	    expect_true("the host to refuse the next change", coop_do(COOP_RIPAS_REJECT, 2, 0),
			"done")) {
		s = set(base, top, RIPAS_RAM, 0);
		if (expect_eq("RSI_IPA_STATE_SET", s.x0, RSI_SUCCESS) &&
		    expect_eq("the response", s.response, RSI_RESPONSE_REJECT) &&
		    expect_true("the new base of a refused change", s.next >= base && s.next < top,
				"below top"))
			all_are("a page from the new base on", s.next, top, RIPAS_EMPTY);
	}
	(void)coop_do(COOP_RIPAS_REJECT, ~0ULL, 0);
	restore_ram(base, top);
}

/* Right after a refusal, so that a monitor which remembers it would repeat it. */
void cca_ripas_never_rejected(void)
{
	u64 base = raw_page(RAW_NEVER), at = base, top = base + 4 * PAGE_SIZE;

	if (base == 0 || !coop_needs(COOP_RIPAS_REJECT))
		return;
	if (expect_true("the host to refuse the next change", coop_do(COOP_RIPAS_REJECT, 2, 0),
			"done")) {
		(void)set(base, top, RIPAS_RAM, 0);
		for (unsigned i = 0; i < 8 && at < top && !check_failed(); i++) {
			struct step s = set(at, top, RIPAS_EMPTY, 0);

			if (!expect_eq("RSI_IPA_STATE_SET", s.x0, RSI_SUCCESS) ||
			    !expect_eq("the response to a change to EMPTY", s.response,
				       RSI_RESPONSE_ACCEPT))
				break;
			at = s.next >= at && s.next <= top ? s.next : at;
		}
	}
	(void)coop_do(COOP_RIPAS_REJECT, ~0ULL, 0);
	restore_ram(base, top);
}

/* ---- two CPUs at once ---- */

#define RACE_PAGES  32
#define RACE_ROUNDS 8

struct racer {
	u64 base, top;
	u64 wrong_at, wrong_next; /* first answer outside the CPU's own range */
	bool ok;
};

static bool race_once(struct racer *r, u64 ripas)
{
	u64 at = r->base;

	for (unsigned turn = 0; at < r->top && turn < 4 * RACE_PAGES; turn++) {
		struct step s = set(at, r->top, ripas, 0);

		if (s.x0 != RSI_SUCCESS || s.next < at || s.next > r->top) {
			r->wrong_at = at;
			r->wrong_next = s.next;
			return false;
		}
		at = s.next;
	}
	r->wrong_at = at;
	r->wrong_next = at;
	return at == r->top;
}

static void race(void *arg)
{
	struct racer *r = arg;

	r->ok = true;
	for (unsigned i = 0; i < RACE_ROUNDS && r->ok; i++)
		r->ok = race_once(r, i & 1 ? RIPAS_RAM : RIPAS_EMPTY);
}

static void judge_racer(unsigned cpu, const struct racer *r)
{
	if (!r->ok)
		check_fail("changes of disjoint ranges by two CPUs",
			   "each CPU's own range, to its end",
			   "cpu %u in [0x%llx, 0x%llx): from 0x%llx to 0x%llx", cpu,
			   (unsigned long long)r->base, (unsigned long long)r->top,
			   (unsigned long long)r->wrong_at, (unsigned long long)r->wrong_next);
}

void cca_ripas_two_cpus(void)
{
	static struct racer r[2];
	u64 base = raw_page(RAW_RACE);

	if (base == 0)
		return;
	if (smp_start_status(1) != ST_OK) {
		check_skip("no other CPU");
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		r[i] = (struct racer){ .base = base + i * RACE_PAGES * PAGE_SIZE,
				       .top = base + (i + 1) * RACE_PAGES * PAGE_SIZE };
	if (expect_eq("giving work to CPU 1", smp_run(1, race, &r[1]), ST_OK)) {
		race(&r[0]);
		if (expect_eq("CPU 1 finishing", smp_wait(1), ST_OK)) {
			judge_racer(0, &r[0]);
			judge_racer(1, &r[1]);
		}
	}
	restore_ram(base, base + 2 * RACE_PAGES * PAGE_SIZE);
}
