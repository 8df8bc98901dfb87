/* SPDX-License-Identifier: BSD-2-Clause */
/* pkvm_vcpu_run(): the host's replies are checked and applied, then the guest runs until the host
 * is needed. */
#include <string.h>

#include "pkvm/model.h"

static bool replies_valid(const struct hyp_vcpu *v, const struct rmi_rec_enter *enter)
{
	bool mmio = (enter->flags & RMI_ENTER_EMUL_MMIO) != 0;
	bool inject = (enter->flags & RMI_ENTER_INJECT_SEA) != 0;

	if (V(inject && !v->last.abort))
		return false;
	/* Where the guest has opened no page for devices the host answers no access. */
	if (V(mmio && !v->last.emulatable))
		return false;
	if (V(mmio && inject))
		return false;
	return gic_enter_valid(enter);
}

static void replies_apply(struct hyp_vcpu *v, const struct rmi_rec_enter *enter)
{
	if (v->host_call)
		call_answer(v, enter);
	v->host_call = false;
	if (v->last.sysreg_read)
		guest_set_reg(&v->cpu, ISS_REG_RT(v->last.esr), enter->gprs[0]);
	abort_reply(v, enter->flags, enter->gprs[0]);
	memset(&v->last, 0, sizeof(v->last));
}

/* The boot CPU measures its patience with the others by the counter: spared if possible. */
static bool counter_spared(const struct hyp_vcpu *v)
{
	return v->index == 0 && hyp_vm.cpus > 1;
}

static void run(struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	struct core_exit_info info;

	do {
		if (timers_update(&v->cpu)) {
			ex->exit_reason = RMI_EXIT_IRQ;
			return;
		}
		if (!counter_spared(v))
			counter_fault(&v->cpu);
		core_unlock(&model_lock);
		info = core_enter(&v->cpu.el1, &v->cpu.el2);
		core_lock(&model_lock);
	} while (exit_handle(v, ex, &info) == RESUME);
	timers_update(&v->cpu);
}

static enum pkvm_run enter_check(const struct hyp_vcpu *v, const struct rmi_rec_enter *enter)
{
	if (V(v == NULL))
		return PKVM_REFUSED;
	if (V(hyp_vm.faulted))
		return PKVM_FAULT;
	if (V(hyp_vm.ended))
		return PKVM_ENDED;
	if (V(v->running))
		return PKVM_REFUSED;
	if (V(v->power == POWER_OFF))
		return PKVM_OFF;
	return replies_valid(v, enter) ? PKVM_RAN : PKVM_REFUSED;
}

static void enter_and_run(struct hyp_vcpu *v, const struct rmi_rec_enter *enter,
			  struct rmi_rec_exit *ex)
{
	v->running = true;
	v->power = POWER_ON;
	timers_load(&v->cpu);
	gic_enter(&v->cpu, enter);
	el2_cpu_traps(&v->cpu, enter->flags);
	replies_apply(v, enter);
	run(v, ex);
	exit_expose(v, ex);
	gic_exit(&v->cpu, ex);
	timers_save(&v->cpu, ex);
	v->running = false;
}

enum pkvm_run pkvm_vcpu_run(unsigned index, struct rmi_rec_run *run_page)
{
	struct rmi_rec_enter enter;
	struct rmi_rec_exit ex;
	struct hyp_vcpu *v;
	enum pkvm_run result;

	/* Copied once; everything after this looks at the copy. */
	memcpy(&enter, &run_page->enter, sizeof(enter));
	memset(&ex, 0, sizeof(ex));
	core_lock(&model_lock);
	v = vcpu_at(index);
	result = enter_check(v, &enter);
	if (result == PKVM_RAN) {
		enter_and_run(v, &enter, &ex);
		memcpy(&run_page->exit, &ex, sizeof(ex));
		if (hyp_vm.faulted)
			result = PKVM_FAULT;
	}
	core_unlock(&model_lock);
	return result;
}
