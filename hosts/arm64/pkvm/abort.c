/* SPDX-License-Identifier: BSD-2-Clause */
/* Stage-2 aborts: what an access does by the state of its page, and the host's reply to those it
 * sees. */
#include "pkvm/model.h"

/* Nothing but the address and whether it was a fetch. */
static enum next to_host(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
			 const struct core_exit_info *info, u64 ipa)
{
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = info->esr & ESR_ABORT_SHOWN;
	ex->hpfar = ipa >> 12 << 4;
	v->last.esr = info->esr;
	v->last.far = info->far;
	v->last.ipa = ipa;
	v->last.abort = true;
	return TO_HOST;
}

/* The syndrome, the offset in the page and the one register it stores or is going to load. */
static void show_access(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
			const struct core_exit_info *info)
{
	u64 esr = info->esr;

	ex->esr = esr & ESR_MMIO_SHOWN;
	ex->far = info->far & (PAGE_SIZE - 1);
	if ((esr & ISS_WNR) != 0)
		ex->gprs[0] = access_store_data(&v->cpu, esr);
	v->last.emulatable = true;
}

/* Memory the host is yet to donate, or a device: EL2 cannot tell, the guard can. */
static enum next abort_absent(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
			      const struct core_exit_info *info, u64 ipa)
{
	to_host(v, ex, info, ipa);
	if (ESR_EC(info->esr) != EC_DABT_LOW)
		return TO_HOST;
	if (V(!access_emulatable(&v->cpu, info->esr)))
		return TO_HOST;
	if (V(!guard_open(ipa)))
		return TO_HOST;
	show_access(v, ex, info);
	return TO_HOST;
}

/* Another CPU's exit may have brought the page meanwhile. */
static enum next abort_present(struct hyp_vcpu *v, const struct core_exit_info *info, u64 ipa,
			       struct page p)
{
	if (p.no_exec && ESR_EC(info->esr) == EC_IABT_LOW && (info->esr & ISS_S1PTW) == 0) {
		violation(v, VIOLATION_FETCH_SHARED, ipa);
		mem_allow_fetch(ipa);
	}
	return RESUME;
}

/* Only the fault lets an access end here without memory behind it. */
static enum next complete_access(struct hyp_vcpu *v, u64 esr)
{
	if ((esr & ISS_WNR) == 0 && (esr & ISS_ISV) != 0)
		access_finish_load(&v->cpu, esr, 0);
	v->cpu.el1.pc += 4;
	return RESUME;
}

/* The guest must never go on with other content than its own: the host gets no second chance. */
static enum next abort_reclaimed(struct hyp_vcpu *v, u64 esr)
{
	if (fault_on(FAULT_RECLAIMED_GOES_ON))
		return complete_access(v, esr);
	hyp_vm.faulted = true;
	return TO_HOST;
}

/* The host learns of an error of the machine, but of no address: HPFAR_EL2 has none then. What can
 * be restarted is simply run again; all else is lost to the guest. */
static enum next external_abort(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
				const struct core_exit_info *info)
{
	if (FIELD(info->esr, 12, 11) != SET_RESTARTABLE)
		inject_sea(&v->cpu, info->esr, info->far);
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = info->esr & ESR_ABORT_SHOWN;
	return TO_HOST;
}

enum next abort_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
		       const struct core_exit_info *info)
{
	u64 ipa = abort_ipa(info);
	struct page p;

	if (abort_is_external(info->esr))
		return external_abort(v, ex, info);
	if (V(!ipa_valid(ipa))) {
		inject_sea(&v->cpu, info->esr, info->far);
		return RESUME;
	}
	p = s2_get(ipa);
	switch (p.state) {
	case PAGE_OWNED:
	case PAGE_SHARED:
		return abort_present(v, info, ipa, p);
	case PAGE_RECLAIMED:
		return abort_reclaimed(v, info->esr);
	case PAGE_NONE:
	case PAGE_RELINQUISHED:
		break;
	}
	return abort_absent(v, ex, info, ipa);
}

/* A guest that has a guard opens a page before it touches a device there. */
static void judge_emulated(const struct hyp_vcpu *v)
{
	if (guard_offered() && !s2_get(v->last.ipa).guarded)
		violation(v, VIOLATION_UNGUARDED, v->last.ipa);
}

/* Where a guard keeps the page shut it was no device to the guest, but memory it was promised. */
static void judge_refused(const struct hyp_vcpu *v)
{
	if (ESR_EC(v->last.esr) == EC_DABT_LOW && guard_open(v->last.ipa) &&
	    !access_emulatable(&v->cpu, v->last.esr))
		violation(v, VIOLATION_MMIO, v->last.ipa);
}

void abort_reply(struct hyp_vcpu *v, u64 flags, u64 value)
{
	if ((flags & RMI_ENTER_INJECT_SEA) != 0) {
		judge_refused(v);
		inject_sea(&v->cpu, v->last.esr, v->last.far);
		return;
	}
	if ((flags & RMI_ENTER_EMUL_MMIO) == 0)
		return;
	judge_emulated(v);
	if ((v->last.esr & ISS_WNR) == 0) {
		access_finish_load(&v->cpu, v->last.esr, value);
		if (fault_on(FAULT_LOAD_SPOILS_REGISTER))
			v->cpu.el1.x[17] = value;
	}
	v->cpu.el1.pc += 4;
}
