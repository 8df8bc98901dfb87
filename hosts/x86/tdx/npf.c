/* SPDX-License-Identifier: BSD-2-Clause */
/* What an access to guest-physical memory does when no nested mapping is there for it. */
#include "host.h"
#include "tdx.h"

#define VECTOR_PF      14
#define PF_PRESENT     BIT(0)
#define PF_WRITE       BIT(1)
#define PF_USER        BIT(2)
#define PF_RESERVED    BIT(3)
#define PF_FETCH       BIT(4)
#define QUAL_GLA_VALID BIT(7)
#define QUAL_NOT_WALK  BIT(8)
#define PLAIN_ACCESS   (-1)

void td_stop(struct vcpu *v, const char *why, u64 gpa)
{
	violation("td-stopped", "vcpu=%u %s gpa=0x%llx rip=0x%llx", v->index, why,
		  (unsigned long long)gpa, (unsigned long long)v->vmcb->rip);
	core_verdict("stuck", "vcpu %u: %s at gpa 0x%llx", v->index, why, (unsigned long long)gpa);
}

static u64 qualification(u64 info1)
{
	u64 q = QUAL_GLA_VALID | (info1 & NPF_WALK ? 0 : QUAL_NOT_WALK);

	if (info1 & NPF_FETCH)
		return q | TDX_EPT_FETCH;
	return q | (info1 & NPF_WRITE ? TDX_EPT_WRITE : TDX_EPT_READ);
}

static void ept_ve(struct vcpu *v, u64 gpa, u64 qual)
{
	struct ve_info info = {
		.reason = TDX_VE_EPT_VIOLATION,
		.qualification = qual,
		.gpa = gpa,
	};

	/* For a TDCALL operand there is no linear address. */
	if (qual & QUAL_GLA_VALID)
		info.gla = insn_gla(v, gpa, (qual & TDX_EPT_FETCH) != 0);
	ve_inject(v, &info);
}

/* The CPU has more address bits than this TD's GPAW: for the guest those are reserved bits. */
static void reserved_bits(struct vcpu *v, u64 info1, u64 gpa)
{
	u32 error = PF_PRESENT | PF_RESERVED;

	if (info1 & NPF_WRITE)
		error |= PF_WRITE;
	if (info1 & NPF_FETCH)
		error |= PF_FETCH;
	if (v->vmcb->cpl == 3)
		error |= PF_USER;
	v->vmcb->cr2 = insn_gla(v, gpa, (info1 & NPF_FETCH) != 0);
	event_inject(v, EVENT_EXCEPTION, VECTOR_PF, true, error);
}

void td_private_fault(struct vcpu *v, u64 gpa, u64 qual, bool tdcall)
{
	struct sept_walk w;

	if (V(!sept_walk(gpa, &w)))
		td_stop(v, "private access where no memory is", gpa);
	if (w.state == SEPT_MAPPED)
		return; /* another vCPU accepted it meanwhile */
	if (w.state != SEPT_PENDING) {
		host_private_fault(v, align_down(gpa, PAGE_SIZE), PLAIN_ACCESS);
		return;
	}
	if (fault_on(FAULT_SEPT_PENDING)) {
		sept_accept(align_down(gpa, w.level == TDX_LEVEL_2M ? BLOCK_SIZE : PAGE_SIZE),
			    w.level);
		return;
	}
	/* A guest with #VE for pending pages can be made to accept a page twice by its host. */
	if (V((tdcs.td_ctls & TDX_TD_CTLS_PENDING_VE_DISABLE) != 0))
		td_stop(v, "access to a page that is not accepted", gpa);
	ept_ve(v, gpa, tdcall ? qual & ~QUAL_GLA_VALID : qual);
}

static void shared_fault(struct vcpu *v, u64 info1, u64 gpa)
{
	u64 plain = gpa & ~shared_bit();
	bool fetch = (info1 & NPF_FETCH) != 0;

	if (fetch)
		violation("fetch-shared", "vcpu=%u gpa=0x%llx rip=0x%llx", v->index,
			  (unsigned long long)gpa, (unsigned long long)v->vmcb->rip);
	if (info1 & NPF_WALK)
		violation("walk-shared", "vcpu=%u gpa=0x%llx cr3=0x%llx", v->index,
			  (unsigned long long)gpa, (unsigned long long)v->vmcb->cr3);
	if (host_shared_kind(plain) == SHARED_MMIO)
		ept_ve(v, fault_on(FAULT_VE_MMIO) ? plain : gpa, qualification(info1));
	else
		host_shared_fault(v, align_down(plain, PAGE_SIZE), fetch);
}

void td_npf(struct vcpu *v, u64 info1, u64 gpa)
{
	if ((gpa >> tdcs.gpaw) != 0 && fault_on(FAULT_SEPT_BEYOND))
		ept_ve(v, gpa, qualification(info1));
	else if (V((gpa >> tdcs.gpaw) != 0))
		reserved_bits(v, info1, gpa);
	else if ((gpa & shared_bit()) != 0)
		shared_fault(v, info1, gpa);
	else
		td_private_fault(v, gpa, qualification(info1), false);
}

/* What the CPU reads and writes by itself goes through the secure or the shared EPT, too. */
bool td_reachable(u64 gpa, bool private)
{
	struct sept_walk w;
	unsigned perms;
	u64 mpa, size;

	if (!private)
		return npt_lookup(td_npt, gpa | shared_bit(), &mpa, &size, &perms);
	return sept_walk(gpa, &w) && w.state == SEPT_MAPPED;
}

u8 *td_operand(struct vcpu *v, u64 gpa)
{
	u64 plain = gpa & ~shared_bit();
	struct sept_walk w;
	u8 *p;

	if (plain == gpa) {
		if (sept_walk(gpa, &w) && w.state == SEPT_MAPPED)
			return (u8 *)(uintptr_t)backing_private(gpa);
		td_private_fault(v, gpa, TDX_EPT_WRITE | QUAL_NOT_WALK, true);
		return NULL;
	}
	if (host_shared_kind(plain) == SHARED_MMIO) {
		ept_ve(v, gpa, TDX_EPT_WRITE | QUAL_NOT_WALK);
		return NULL;
	}
	p = host_shared_pointer(plain, 1);
	if (p == NULL)
		host_shared_fault(v, align_down(plain, PAGE_SIZE), false);
	return p;
}
