/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a guest stopped, and who answers: the model or the host. */
#include "rmm/model.h"

static enum next wfx(struct rec *rec, struct rmi_rec_exit *ex, u64 esr)
{
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = wfx_skip(&rec->cpu, esr);
	return TO_HOST;
}

/* ELR of an HVC is the instruction after it, of an undefined one the instruction itself. */
static void hvc(struct rec *rec)
{
	violation(rec, VIOLATION_HVC, rec->cpu.el1.pc - 4);
	if (fault_on(FAULT_HVC_ANSWERED))
		rec->cpu.el1.x[0] = ~0ULL;
	else
		inject_undef(&rec->cpu, rec->cpu.el1.pc - 4);
}

static enum next sync(struct rec *rec, struct rmi_rec_exit *ex, const struct core_exit_info *info)
{
	switch (ESR_EC(info->esr)) {
	case EC_WFX:
		return wfx(rec, ex, info->esr);
	case EC_HVC:
		hvc(rec);
		return RESUME;
	case EC_SMC:
		return call_handle(rec, ex);
	case EC_SYSREG:
		return sysreg_handle(rec, ex, info->esr);
	case EC_IABT_LOW:
	case EC_DABT_LOW:
		return abort_handle(rec, ex, info);
	case EC_BRK: /* arrives only with the fault that sets MDCR_EL2.TDE */
		rec->cpu.el1.pc += 4;
		return RESUME;
	default: /* SVE, SME and whatever else a realm does not have */
		inject_undef(&rec->cpu, rec->cpu.el1.pc);
		return RESUME;
	}
}

enum next exit_handle(struct rec *rec, struct rmi_rec_exit *ex, const struct core_exit_info *info)
{
	switch (info->kind) {
	case CORE_EXIT_SYNC:
		return sync(rec, ex, info);
	case CORE_EXIT_IRQ:
		rec->cpu.irq_exit = true;
		ex->exit_reason = RMI_EXIT_IRQ;
		break;
	case CORE_EXIT_FIQ:
		ex->exit_reason = RMI_EXIT_FIQ;
		break;
	case CORE_EXIT_SERROR:
		ex->exit_reason = RMI_EXIT_SERROR;
		break;
	}
	return TO_HOST;
}
