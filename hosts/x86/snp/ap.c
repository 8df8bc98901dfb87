/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Life of application processors: the launch's VMSA started by the first SIPI, reset hold, AP
 * creation. Requests of other CPUs are left in snp_vcpu and carried out by the vCPU itself.
 */
#include "snp.h"

#include <string.h>

#define EFER_GUEST  0x5d01ULL /* SCE, LME, LMA, NXE, SVME, FFXSR */
#define EFER_SVME   BIT(12)
#define EFER_LME    BIT(8)
#define CR0_PE      BIT(0)
#define CR0_NW      BIT(29)
#define CR0_CD      BIT(30)
#define CR0_PG      BIT(31)
#define CR4_PAE     BIT(5)
#define SEGMENT_L   BIT(9)
#define SEGMENT_DB  BIT(10)
#define RFLAGS_IF   BIT(9)
#define HIGH        0xffffffff00000000ULL
#define SEGMENT_ATT 2 /* offset of the attributes */

static u64 field(const u8 *vmsa, unsigned offset)
{
	u64 value;

	memcpy(&value, vmsa + offset, sizeof(value));
	return value;
}

/* What VMRUN refuses (APM volume 2, 15.5 and 15.36): the vCPU then fails to enter. */
static bool vmsa_consistent(const u8 *p)
{
	u64 cr0 = field(p, VMSA_CR0), cr4 = field(p, VMSA_CR4), efer = field(p, VMSA_EFER);
	u16 cs;

	memcpy(&cs, p + VMSA_CS + SEGMENT_ATT, sizeof(cs));
	if (V((efer & EFER_SVME) == 0))
		return false;
	if (V((efer & ~EFER_GUEST) != 0))
		return false;
	if (V((cr0 & HIGH) != 0))
		return false;
	if (V((cr0 & CR0_NW) != 0 && (cr0 & CR0_CD) == 0))
		return false;
	if (V((cr0 & CR0_PG) != 0 && (cr0 & CR0_PE) == 0))
		return false;
	if (V((cr4 & ~SNP_CR4_GUEST) != 0))
		return false;
	if (V((field(p, VMSA_DR6) & HIGH) != 0))
		return false;
	if (V((field(p, VMSA_DR7) & HIGH) != 0))
		return false;
	if ((efer & EFER_LME) != 0 && (cr0 & CR0_PG) != 0) {
		if (V((cr4 & CR4_PAE) == 0))
			return false;
		if (V((cs & SEGMENT_L) != 0 && (cs & SEGMENT_DB) != 0))
			return false;
	}
	if (V(field(p, VMSA_SEV_FEATURES) != SNP_SEV_FEATURES))
		return false;
	if (V(p[VMSA_VMPL] != 0))
		return false;
	if (V(p[VMSA_CPL] > 3))
		return false;
	return true;
}

void snp_vmsa_leave(struct vcpu *v)
{
	struct snp_vcpu *hw = snp_hw(v);

	if (hw->vmsa_gpa != 0)
		rmp_set_in_use(hw->vmsa_gpa, false);
	hw->vmsa_gpa = 0;
	hw->has_vmsa = false;
}

bool snp_vmsa_enter(struct vcpu *v, u64 gpa)
{
	static u8 copy[PAGE_SIZE]; /* under the core's lock */
	const struct rmp_entry *e = rmp_get(gpa);
	struct snp_vcpu *hw = snp_hw(v);

	snp_vmsa_leave(v);
	if (V(e == NULL))
		return false;
	if (V(e->state != RMP_GV))
		return false;
	if (V(!e->vmsa))
		return false;
	if (V(e->immutable))
		return false;
	memcpy(copy, rmp_private(gpa), sizeof(copy));
	if (!vmsa_consistent(copy))
		return false;
	if (e->size_2m)
		rmp_psmash(gpa);
	rmp_set_in_use(gpa, true);
	hw->vmsa_gpa = gpa;
	hw->has_vmsa = true;
	memset(v->reg, 0, sizeof(v->reg));
	v->reinject = 0;
	vmcb_reset(v);
	snp_vmsa_load(v, copy);
	snp_choose_world(v);
	return true;
}

/* ---- the host's half ---- */

static void wake(struct vcpu *target)
{
	if (snp_hw(target)->waiting)
		vmm_unhalt(target);
	else
		core_kick(target);
}

static void on_init(struct vcpu *target)
{
	/* The boot CPU's registers are out of KVM's reach: nothing to reset. */
	if (target->index == 0)
		return;
	snp_hw(target)->init = true;
	snp_hw(target)->sipi = false;
	wake(target);
}

static void on_sipi(struct vcpu *target, u8 vector)
{
	(void)vector; /* the VMSA says where to start */
	if (target->index == 0)
		return;
	snp_hw(target)->sipi = true;
	wake(target);
}

void ap_init(void)
{
	vmm_on_init = on_init;
	vmm_on_sipi = on_sipi;
}

static void load(struct vcpu *v)
{
	struct snp_vcpu *hw = snp_hw(v);
	u64 gpa = hw->ap_vmsa_gpa;

	hw->ap_request = SNP_AP_NOTHING;
	if (!snp_vmsa_enter(v, gpa))
		core_verdict("stuck", "vCPU %u: VMRUN refuses the VMSA at 0x%llx", v->index,
			     (unsigned long long)gpa);
}

/* Carries out what was asked for. True when the vCPU's state was replaced. */
static bool process(struct vcpu *v)
{
	struct snp_vcpu *hw = snp_hw(v);
	bool replaced = false;

	if (hw->init) {
		hw->init = false;
		lapic_reset(v, 0);
		if (hw->ap_request == SNP_AP_CREATE_ON_INIT) {
			load(v);
			replaced = true;
		}
		if (hw->state != SNP_HOLD || replaced)
			hw->state = SNP_WAIT_SIPI;
	}
	if (hw->ap_request == SNP_AP_CREATE) {
		load(v);
		hw->state = SNP_RUNNING;
		hw->sipi = false;
		replaced = true;
	}
	if (hw->ap_request == SNP_AP_DESTROY) {
		hw->ap_request = SNP_AP_NOTHING;
		snp_vmsa_leave(v);
		hw->state = SNP_WAIT_SIPI;
		replaced = true;
	}
	if (hw->sipi && hw->has_vmsa && hw->state == SNP_WAIT_SIPI) {
		hw->sipi = false;
		hw->state = SNP_RUNNING;
	}
	return replaced;
}

static void park(struct vcpu *v)
{
	snp_hw(v)->waiting = true;
	vmm_park(v);
	snp_hw(v)->waiting = false;
}

void ap_poll(struct vcpu *v)
{
	process(v);
	while (snp_hw(v)->state != SNP_RUNNING) {
		park(v);
		process(v);
	}
}

void ap_wait_start(struct vcpu *v)
{
	ap_poll(v);
}

void ap_halt(struct vcpu *v)
{
	snp_hw(v)->waiting = true;
	vmm_halt(v, (v->vmcb->rflags & RFLAGS_IF) == 0);
	snp_hw(v)->waiting = false;
}

bool ap_hold(struct vcpu *v)
{
	struct snp_vcpu *hw = snp_hw(v);

	hw->state = SNP_HOLD;
	for (;;) {
		if (process(v)) {
			/* The exit of the old VMSA is never completed. */
			ap_poll(v);
			return false;
		}
		if (hw->sipi) {
			hw->sipi = false;
			hw->state = SNP_RUNNING;
			return true;
		}
		park(v);
	}
}

/* ---- the event ---- */

static bool creatable(const struct nae *n)
{
	if (V(nae_get(n, GHCB_RAX) != SNP_SEV_FEATURES) && !fault_on(FAULT_AP_FEATURES))
		return false;
	if (V(rmp_get(n->info2) == NULL))
		return false;
	if (V(!is_aligned(n->info2, PAGE_SIZE)))
		return false;
	/* Erratum 1467: such a VMSA may be taken for a 2 MiB one. */
	if (V(is_aligned(n->info2, BLOCK_SIZE)))
		return false;
	return true;
}

/* KVM's order of checks: APIC id, features, operation, address. */
void nae_ap_create(struct nae *n)
{
	u32 op = (u32)n->info1;
	struct vcpu *target = vmm_find((u32)(n->info1 >> GHCB_AP_APIC_ID_LO));
	struct snp_vcpu *hw;

	if (V(target == NULL)) {
		if (!fault_on(FAULT_AP_NOBODY))
			nae_malformed(n, GHCB_ERR_INPUT);
		return;
	}
	hw = snp_hw(target);
	switch (op) {
	case GHCB_AP_CREATE_ON_INIT:
	case GHCB_AP_CREATE_NOW:
		if (fault_on(FAULT_AP_MISALIGNED))
			n->info2 = align_down(n->info2, PAGE_SIZE);
		if (!creatable(n)) {
			nae_malformed(n, GHCB_ERR_INPUT);
			return;
		}
		hw->ap_vmsa_gpa = n->info2;
		hw->ap_request = op == GHCB_AP_CREATE_NOW ? SNP_AP_CREATE : SNP_AP_CREATE_ON_INIT;
		break;
	case GHCB_AP_DESTROY:
		hw->ap_request = SNP_AP_DESTROY;
		break;
	default:
		nae_malformed(n, GHCB_ERR_INPUT);
		return;
	}
	if (hw->ap_request != SNP_AP_CREATE_ON_INIT)
		wake(target);
}
