/* SPDX-License-Identifier: BSD-2-Clause */
/* Into the realm by REC_ENTER, and the exits only a realm has. */
#include "vmm/cca/cca.h"
#include "vmm/devices.h"

#define EC_DATA_ABORT 0x24u
#define ESR_EC(esr)   ((u32)FIELD(esr, 31, 26))

enum vm_entered vm_enter(struct vcpu *v)
{
	u64 rec = cca.rec[v->index];
	u64 status = rmi_call(RMI_REC_ENTER, rec, (u64)v->run, 0, 0, 0).x[0];

	if (status == RMI_SUCCESS) {
		devices_exposed((const u64 *)v->run->exit.gprs, ARRAY_SIZE(v->run->exit.gprs));
		return VM_EXITED;
	}
	if (status == RMI_ERROR_REC && v->maybe_off)
		return VM_OFF;
	if (RMI_CODE(status) == RMI_ERROR_REALM)
		return VM_ENDED;
	channel("last: rec=%u REC_ENTER status=0x%llx", v->index, (unsigned long long)status);
	vm_end("broken", "REC_ENTER failed");
}

static void unprotected_abort(struct vcpu *v, u64 ipa)
{
	u64 address = ipa & ~vm.alias;

	if (address >= vm.ram.base && address < range_end(vm.ram)) {
		if (stage2_map_shared(address) == ST_OK) {
			/* Once mapped it cannot fault again; the bound is for a host that errs. */
			vcpu_no_progress(v, ipa);
			return;
		}
		exit_sea(v);
		return;
	}
	v->stuck_count = 0;
	exit_mmio(v, address);
}

void vm_abort(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	u64 ipa = FIELD(e->hpfar, 43, 4) << 12;

	if (ESR_EC(e->esr) == EC_DATA_ABORT)
		ipa |= e->far & (PAGE_SIZE - 1);
	if (ipa & vm.alias) {
		if (ESR_EC(e->esr) == EC_DATA_ABORT)
			unprotected_abort(v, ipa);
		else
			vcpu_no_progress(v, ipa); /* the RMM answers such fetches itself */
		return;
	}
	/* A first fault on a page ends here with the page in place; a page that is DESTROYED, or a
	 * machine without memory, makes the same fault come again. */
	stage2_populate(ipa, true);
	vcpu_no_progress(v, align_down(ipa, PAGE_SIZE));
}

bool vm_exit(struct vcpu *v)
{
	switch (v->run->exit.exit_reason) {
	case RMI_EXIT_PSCI:
		exit_psci(v);
		return true;
	case RMI_EXIT_RIPAS_CHANGE:
		exit_ripas_change(v);
		return true;
	case RMI_EXIT_HOST_CALL:
		exit_host_call(v);
		return true;
	default:
		return false;
	}
}

bool vm_exit_sync(struct vcpu *v)
{
	(void)v;
	return false;
}

u64 vm_summary(void)
{
	struct rmm_counters model;

	rmm_get_counters(&model);
	print_counter("ripas_change_exits", cca.count.ripas_change_exits);
	print_counter("ipa_state_set", model.ipa_state_set);
	print_counter("ipa_state_get", model.ipa_state_get);
	print_counter("data_create_unknown", cca.count.data_create_unknown);
	print_counter("host_calls", cca.count.host_calls);
	print_counter("unprotected_maps", cca.count.unprotected_maps);
	print_counter("rsi_calls", model.rsi_calls);
	return model.violations;
}
