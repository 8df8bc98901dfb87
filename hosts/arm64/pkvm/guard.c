/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MMIO guard (Android). Once a guest enrols, only accesses to pages that it named are shown to
 * the host: otherwise a host that takes a page away would be told what the guest keeps there.
 */
#include "pkvm/model.h"

#define BATCH       64u /* granules per call */
#define SHORT_RANGE 8u  /* what the faults of ranges spoil: not whole devices */

static u64 last_closed = ~0ULL; /* fault guard.not-reopened */

bool guard_offered(void)
{
	return hyp_vm.profile == PKVM_ANDROID;
}

bool guard_open(u64 ipa)
{
	if (!guard_offered() || !hyp_vm.enrolled)
		return true;
	return s2_get(ipa).guarded || fault_on(FAULT_GUARD_FORWARDED);
}

static enum next finish(struct hyp_vcpu *v, s64 x0, u64 x1)
{
	call_return(v, x0, x1, 0, 0);
	return RESUME;
}

static enum next invalid(struct hyp_vcpu *v)
{
	return finish(v, PKVM_INVALID_PARAMETER, 0);
}

static enum next info(struct hyp_vcpu *v)
{
	const u64 *x = v->cpu.el1.x;

	if (V((x[1] | x[2] | x[3]) != 0))
		return invalid(v);
	return finish(v, (s64)(fault_on(FAULT_GUARD_INFO) ? 2 * hyp_vm.granule : hyp_vm.granule),
		      0);
}

/* For good; a guest that asks again has what it wants. */
static enum next enroll(struct hyp_vcpu *v)
{
	bool refused = hyp_vm.enrolled && fault_on(FAULT_GUARD_ENROLL);

	hyp_vm.enrolled = true;
	return finish(v, refused ? PKVM_NOT_SUPPORTED : PKVM_SUCCESS, 0);
}

/* Only where no page is: neither would the guest's memory become the host's to emulate, nor a
 * reclaimed page forget that it was one. */
static bool open_one(u64 ipa)
{
	struct page p = s2_get(ipa);

	if (V(p.state != PAGE_NONE && p.state != PAGE_RELINQUISHED))
		return false;
	if (fault_on(FAULT_GUARD_NOT_REOPENED) && ipa == last_closed)
		return true;
	p.guarded = true;
	return s2_set(ipa, p);
}

static bool close_one(u64 ipa)
{
	struct page p = s2_get(ipa);

	if (V(!p.guarded))
		return false;
	p.guarded = fault_on(FAULT_GUARD_STAYS_OPEN);
	last_closed = ipa;
	return s2_set(ipa, p);
}

static u64 span(u64 ipa, u64 count, bool (*one)(u64 ipa), bool overstate)
{
	u64 n;

	for (n = 0; n < MIN(count, BATCH) && ipa_valid(ipa + n * hyp_vm.granule); n++) {
		if (overstate && n > 0 && count <= SHORT_RANGE)
			continue;
		if (!one(ipa + n * hyp_vm.granule))
			break;
	}
	return n;
}

/* R1 address; of the older generation R2 and R3 reserved, of the range calls R2 the number. */
static enum next map(struct hyp_vcpu *v, bool range, bool open)
{
	const u64 *x = v->cpu.el1.x;
	u64 ipa = x[1], n;

	if (V(!hyp_vm.enrolled)) /* there is nothing to guard yet: one source, nvhe/mem_protect.c */
		return invalid(v);
	if (V(!range && x[2] != 0) && !fault_on(FAULT_GUARD_RESERVED))
		return invalid(v);
	if (V(x[3] != 0) && !fault_on(FAULT_GUARD_RESERVED))
		return invalid(v);
	if (V(!is_aligned(ipa, hyp_vm.granule))) {
		if (!fault_on(FAULT_GUARD_UNALIGNED))
			return invalid(v);
		ipa = align_down(ipa, hyp_vm.granule);
	}
	n = span(ipa, range ? x[2] : 1, open ? open_one : close_one,
		 fault_on(open ? FAULT_GUARD_OVERSTATED : FAULT_GUARD_UNMAP_OVERSTATED));
	if (V(n == 0))
		return invalid(v);
	counters.guards += open ? n : 0;
	if (fault_on(FAULT_GUARD_NEIGHBOUR) && !range && open && ipa_valid(ipa + hyp_vm.granule))
		open_one(ipa + hyp_vm.granule);
	return finish(v, PKVM_SUCCESS, range ? n : 0);
}

enum next guard_call(struct hyp_vcpu *v, u32 fid)
{
	switch (fid) {
	case PKVM_MMIO_GUARD_INFO:
		return info(v);
	case PKVM_MMIO_GUARD_ENROLL:
		return enroll(v);
	case PKVM_MMIO_GUARD:
		return map(v, false, true);
	case PKVM_MMIO_GUARD_UNMAP:
		return map(v, false, false);
	case PKVM_MMIO_RGUARD_MAP:
		return map(v, true, true);
	default: /* PKVM_MMIO_RGUARD_UNMAP */
		return map(v, true, false);
	}
}
