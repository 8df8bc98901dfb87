/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a guest stopped, who answers, EL2 or the host, and what the host sees of it. */
#include <string.h>

#include "pkvm/model.h"

/* Two registers that hardly anybody uses: what an exit shows of them by fault was put there for it.
 */
static void show_some(const struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	memcpy(&ex->gprs[27], &v->cpu.el1.x[27], 2 * sizeof(ex->gprs[0]));
}

static enum next wfx(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u64 esr)
{
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = wfx_skip(&v->cpu, esr);
	return TO_HOST;
}

static enum next hvc(struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	enum next next = call_handle(v, ex);

	if (next == RESUME && fault_on(FAULT_CALL_REGISTERS_SHOWN))
		show_some(v, ex); /* with the next exit */
	return next;
}

/* ELR of an HVC is the instruction after it, of a trapped SMC the instruction itself. */
static void smc(struct hyp_vcpu *v)
{
	violation(v, VIOLATION_SMC, v->cpu.el1.pc);
	v->cpu.el1.pc += 4;
	call_return(v, PKVM_NOT_SUPPORTED, 0, 0, 0);
}

static enum next sync(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
		      const struct core_exit_info *info)
{
	switch (ESR_EC(info->esr)) {
	case EC_WFX:
		return wfx(v, ex, info->esr);
	case EC_HVC:
		return hvc(v, ex);
	case EC_SMC:
		smc(v);
		return RESUME;
	case EC_SYSREG:
		return sysreg_handle(v, ex, info->esr);
	case EC_IABT_LOW:
	case EC_DABT_LOW:
		return abort_handle(v, ex, info);
	case EC_BRK: /* arrives only with the fault that sets MDCR_EL2.TDE */
		v->cpu.el1.pc += 4;
		return RESUME;
	default: /* SVE, SME, pointer authentication and whatever else this VM does not have */
		inject_undef(&v->cpu, v->cpu.el1.pc);
		return RESUME;
	}
}

enum next exit_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex,
		      const struct core_exit_info *info)
{
	switch (info->kind) {
	case CORE_EXIT_SYNC:
		return sync(v, ex, info);
	case CORE_EXIT_IRQ:
		v->cpu.irq_exit = true;
		ex->exit_reason = RMI_EXIT_IRQ;
		if (fault_on(FAULT_IRQ_REGISTERS_SHOWN))
			show_some(v, ex);
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

/* The kind of exit the host is told of, for the faults that show it more. */
static enum fault_id exposure(const struct rmi_rec_exit *ex)
{
	if (ex->exit_reason != RMI_EXIT_SYNC)
		return FAULT_NONE_;
	switch (ESR_EC(ex->esr)) {
	case EC_WFX:
		return FAULT_WFI_REGISTERS_SHOWN;
	case EC_SYSREG:
		return FAULT_SYSREG_REGISTERS_SHOWN;
	default:
		return (ex->esr & ISS_ISV) != 0 ? FAULT_MMIO_REGISTERS_SHOWN
						: FAULT_ABORT_REGISTERS_SHOWN;
	}
}

/* gprs[0] of a device access or a trapped register is the one value that belongs to it. */
static bool has_data(const struct rmi_rec_exit *ex)
{
	if (ex->exit_reason != RMI_EXIT_SYNC)
		return false;
	return ESR_EC(ex->esr) == EC_SYSREG ||
	       (ESR_EC(ex->esr) == EC_DABT_LOW && (ex->esr & ISS_ISV) != 0);
}

void exit_expose(const struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	unsigned i;

	if (fault_on(exposure(ex)))
		show_some(v, ex);
	/* Upstream the state of a vCPU is not isolated: pkvm.rst, "vCPU register state". */
	if (hyp_vm.profile != PKVM_UPSTREAM)
		return;
	for (i = has_data(ex) ? 1 : 0; i < 31; i++)
		ex->gprs[i] = v->cpu.el1.x[i];
}
