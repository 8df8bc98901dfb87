/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Life of application processors: the launch's VMSA started by the first SIPI, reset hold, AP
 * creation. Requests of other CPUs are left in snp_vcpu and carried out by the vCPU itself.
 */
#include "snp.h"

#define RFLAGS_IF BIT(9)

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
