/* SPDX-License-Identifier: BSD-2-Clause */
/* Into the protected VM, and the exits only one of those has. */
#include "abi/coop.h"
#include "vmm/pkvm/pkvm.h"

#define EC_HVC        0x16u
#define EC_DATA_ABORT 0x24u
#define ESR_EC(esr)   ((u32)FIELD(esr, 31, 26))
#define ESR_ISV       BIT(24)
#define ESR_WNR       BIT(6)

enum vm_entered vm_enter(struct vcpu *v)
{
	enum pkvm_run how;

	if (config.profile == PROFILE_UPSTREAM) {
		if (host_cpu_is_off(v->index))
			return VM_OFF;
		host_before_entry(v);
	}
	how = pkvm_vcpu_run(v->index, v->run);
	switch (how) {
	case PKVM_RAN:
		registers_seen(v);
		return VM_EXITED;
	case PKVM_OFF:
		if (v->maybe_off)
			return VM_OFF;
		break;
	case PKVM_ENDED:
		return VM_ENDED;
	case PKVM_FAULT:
		vm_end("stuck", "the guest touched memory that was taken from it");
	case PKVM_REFUSED:
		break;
	}
	channel("last: vcpu=%u run=%u", v->index, (unsigned)how);
	vm_end("broken", "the vCPU cannot run");
}

void vm_abort(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	u64 ipa = FIELD(e->hpfar, 43, 4) << 12;
	bool data = ESR_EC(e->esr) == EC_DATA_ABORT;

	if (memory_has(ipa)) {
		(void)memory_give(ipa, true);
		/* What is there now cannot fault again; the bound is for a host that errs. */
		vcpu_no_progress(v, ipa);
	} else if (data && (e->esr & (ESR_ISV | ESR_WNR)) == ESR_WNR) {
		/* Only what EL2 makes of a SHARE that found no page looks like this. */
		vm_end("stuck", "the guest shares memory that it has not got");
	} else if (data) {
		v->stuck_count = 0;
		exit_mmio(v, ipa | (e->far & (PAGE_SIZE - 1)));
	} else {
		v->stuck_count = 0;
		exit_sea(v);
	}
}

bool vm_exit(struct vcpu *v)
{
	if (v->run->exit.exit_reason != RMI_EXIT_PSCI)
		return false;
	exit_psci(v);
	return true;
}

bool vm_exit_sync(struct vcpu *v)
{
	if (ESR_EC(v->run->exit.esr) != EC_HVC || config.profile != PROFILE_UPSTREAM)
		return false;
	v->stuck_count = 0;
	exit_call(v);
	return true;
}

/* ---- control channel ---- */

u64 vm_coop_commands(void)
{
	/* Android's EL2 has said SUCCESS before the host is told. */
	return (config.profile == PROFILE_UPSTREAM ? BIT(COOP_PSCI_DENY) : 0) | BIT(COOP_DESTROY) |
	       BIT(COOP_COUNTERS) | BIT(COOP_HOST_CAN_READ) | BIT(COOP_REGISTERS_SEEN) |
	       BIT(COOP_SHARE_CONTENT);
}

u64 vm_coop(struct vcpu *v, const u64 *in, u64 *out)
{
	struct pkvm_counters model;

	switch (in[0]) {
	case COOP_DESTROY:
		return coop_page_in_ram(in[1]) && memory_reclaim(in[1]) == ST_OK ? COOP_OK
										 : COOP_BAD;
	case COOP_COUNTERS:
		pkvm_get_counters(&model);
		out[1] = model.replays;
		out[2] = vm.count.exits;
		return COOP_OK;
	case COOP_HOST_CAN_READ:
		if (!memory_has(in[1]))
			return COOP_BAD;
		out[1] = pkvm_host_access(in[1]) != NULL;
		return COOP_OK;
	case COOP_PSCI_DENY:
		v->coop.psci_deny = in[1] != 0;
		return COOP_OK;
	case COOP_REGISTERS_SEEN:
		return registers_ask(v, in, out);
	default:
		pkvm_allow_content(in[1] != 0);
		return COOP_OK;
	}
}

u64 vm_summary(void)
{
	struct pkvm_counters model;

	pkvm_get_counters(&model);
	print_counter("hyp_calls", model.calls);
	print_counter("shares", model.shares);
	print_counter("unshares", model.unshares);
	print_counter("guards", model.guards);
	print_counter("share_replays", model.replays);
	print_counter("donated", pkvm_host.count.donated);
	print_counter("registers_exposed", pkvm_host.count.registers_exposed);
	return model.violations;
}
