/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HYP_MEMINFO, MEM_SHARE, MEM_UNSHARE, MEM_RELINQUISH. With a range (Android) a call does as many
 * granules as it can, up to a bound, and says how many; the guest goes on from there.
 */
#include <string.h>

#include "pkvm/model.h"

#define BATCH       64u /* granules per call: the lock is held meanwhile */
#define SHORT_RANGE 8u  /* what the faults of ranges spoil: not the guest's pool */

struct span {
	u64 ipa, count;
	bool single;
};

static bool ranges_offered(void)
{
	return hyp_vm.profile == PKVM_ANDROID;
}

static enum next invalid(struct hyp_vcpu *v)
{
	call_return(v, PKVM_INVALID_PARAMETER, 0, 0, 0);
	return RESUME;
}

enum next call_meminfo(struct hyp_vcpu *v)
{
	const u64 *x = v->cpu.el1.x;
	static u64 asked;
	u64 granule = hyp_vm.granule;

	if (V((x[1] | x[2] | x[3]) != 0) && !fault_on(FAULT_MEMINFO_RESERVED))
		return invalid(v);
	if (fault_on(FAULT_MEMINFO_CHANGES) && asked++ != 0)
		granule *= 2;
	call_return(v, (s64)granule, ranges_offered() ? PKVM_MEMINFO_RANGES : 0, 0, 0);
	return RESUME;
}

/* R1 address, R2 number of granules, R3 reserved. */
static bool span_of(const struct hyp_vcpu *v, struct span *s, enum fault_id reserved,
		    enum fault_id unaligned)
{
	const u64 *x = v->cpu.el1.x;

	if (V(x[3] != 0) && !fault_on(reserved))
		return false;
	if (V(!ranges_offered() && x[2] != 0))
		return false;
	s->ipa = x[1];
	s->single = x[2] == 0;
	s->count = MIN(MAX(x[2], 1u), BATCH);
	if (V(!is_aligned(s->ipa, hyp_vm.granule))) {
		if (!fault_on(unaligned))
			return false;
		s->ipa = align_down(s->ipa, hyp_vm.granule);
	}
	return true;
}

/* R1 says how many; a host without ranges has nothing to say there. */
static enum next done(struct hyp_vcpu *v, u64 count)
{
	call_return(v, PKVM_SUCCESS, ranges_offered() ? count : 0, 0, 0);
	return RESUME;
}

static bool absent(const struct page *p)
{
	return (p->state == PAGE_NONE || p->state == PAGE_RELINQUISHED) && !p->guarded;
}

/* Content is kept, whatever it is: what the guest has not scrubbed the host now reads. */
static bool share_one(struct hyp_vcpu *v, u64 ipa, bool single)
{
	struct page p = s2_get(ipa);

	if (V(p.state != PAGE_OWNED))
		return p.state == PAGE_SHARED && fault_on(FAULT_SHARE_TWICE);
	violation_on_share(v, ipa, p);
	if (fault_on(FAULT_SHARE_CLEARS))
		memset(pa_to_ptr(p.pa), 0, hyp_vm.granule);
	if (fault_on(FAULT_SHARE_NOT_GRANTED) && single)
		return true;
	mem_share(ipa, p);
	return true;
}

/* The fault takes the next granule, too. */
static void share_neighbour(u64 ipa)
{
	if (fault_on(FAULT_SHARE_NEIGHBOUR) && ipa_valid(ipa) && s2_get(ipa).state == PAGE_OWNED)
		mem_share(ipa, s2_get(ipa));
}

enum next call_share(struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	struct span s;
	u64 n;

	if (!span_of(v, &s, FAULT_SHARE_RESERVED, FAULT_SHARE_UNALIGNED))
		return invalid(v);
	for (n = 0; n < s.count && ipa_valid(s.ipa + n * hyp_vm.granule); n++) {
		u64 ipa = s.ipa + n * hyp_vm.granule;
		struct page p = s2_get(ipa);

		/* Granules before it are done already: the guest comes back for this one. */
		if (absent(&p) && n == 0 && !fault_on(FAULT_SHARE_ABSENT))
			return call_replay(v, ex, ipa);
		if (fault_on(FAULT_SHARE_OVERSTATED) && !s.single && n > 0 &&
		    s.count <= SHORT_RANGE)
			continue;
		if (!share_one(v, ipa, s.single))
			break;
	}
	if (V(n == 0))
		return fault_on(FAULT_SHARE_BEYOND) && !ipa_valid(s.ipa) ? done(v, 1) : invalid(v);
	if (s.single)
		share_neighbour(s.ipa + hyp_vm.granule);
	return done(v, n);
}

static bool unshare_one(u64 ipa)
{
	struct page p = s2_get(ipa);

	if (V(p.state != PAGE_SHARED))
		return p.state == PAGE_OWNED && fault_on(FAULT_UNSHARE_UNSHARED);
	mem_unshare(ipa, p);
	if (fault_on(FAULT_UNSHARE_CLEARS))
		memset(pa_to_ptr(p.pa), 0, hyp_vm.granule);
	return true;
}

static void unshare_neighbour(u64 ipa)
{
	if (fault_on(FAULT_UNSHARE_NEIGHBOUR) && ipa_valid(ipa) && s2_get(ipa).state == PAGE_SHARED)
		mem_unshare(ipa, s2_get(ipa));
}

enum next call_unshare(struct hyp_vcpu *v)
{
	struct span s;
	u64 n;

	if (!span_of(v, &s, FAULT_UNSHARE_RESERVED, FAULT_UNSHARE_UNALIGNED))
		return invalid(v);
	for (n = 0; n < s.count && ipa_valid(s.ipa + n * hyp_vm.granule); n++) {
		if (fault_on(FAULT_UNSHARE_OVERSTATED) && !s.single && n > 0 &&
		    s.count <= SHORT_RANGE)
			continue;
		if (!unshare_one(s.ipa + n * hyp_vm.granule))
			break;
	}
	if (V(n == 0))
		return invalid(v);
	if (s.single)
		unshare_neighbour(s.ipa + hyp_vm.granule);
	return done(v, n);
}

/* Without a page there is nothing to give back: done as well. */
enum next call_relinquish(struct hyp_vcpu *v)
{
	const u64 *x = v->cpu.el1.x;
	u64 ipa = x[1];
	struct page p;

	if (V((x[2] | x[3]) != 0) && !fault_on(FAULT_RELINQUISH_RESERVED))
		return invalid(v);
	if (V(!is_aligned(ipa, hyp_vm.granule))) {
		if (!fault_on(FAULT_RELINQUISH_UNALIGNED))
			return invalid(v);
		ipa = align_down(ipa, hyp_vm.granule);
	}
	if (V(!ipa_valid(ipa)))
		return invalid(v);
	p = s2_get(ipa);
	if (V(p.state == PAGE_RECLAIMED))
		return invalid(v);
	if (V(p.guarded))
		return invalid(v);
	if (!absent(&p) && !fault_on(FAULT_RELINQUISH_IGNORED))
		mem_relinquish(ipa, p);
	return done(v, 0);
}
