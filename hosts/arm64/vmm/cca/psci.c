/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI requests the RMM passes on: it has checked them, the host says whether and when. */
#include "abi/psci.h"
#include "vmm/cca/cca.h"

static struct vcpu *target_of(u64 mpidr)
{
	return mpidr < config.cpus ? &vm.cpu[mpidr] : NULL;
}

static void cpu_on(struct vcpu *v, u64 mpidr)
{
	struct vcpu *t = target_of(mpidr);
	u64 answer = (u64)(v->coop.psci_deny ? PSCI_DENIED : PSCI_SUCCESS);

	if (!t)
		vm_end("broken", "CPU_ON for a CPU without REC");
	/* DENIED for a CPU that is on is refused with ERROR_INPUT, and the realm told by the RMM.
	 */
	if (rmi_call(RMI_PSCI_COMPLETE, cca.rec[v->index], cca.rec[t->index], answer, 0, 0).x[0] ==
		RMI_SUCCESS &&
	    !v->coop.psci_deny &&
	    !(fault_on(FAULT_CPU_NEVER_STARTED) && t->index == config.cpus - 1))
		vm_start_cpu(t);
}

static void affinity_info(struct vcpu *v, u64 mpidr)
{
	struct vcpu *t = target_of(mpidr);

	if (!t)
		vm_end("broken", "AFFINITY_INFO for a CPU without REC");
	rmi_call(RMI_PSCI_COMPLETE, cca.rec[v->index], cca.rec[t->index], PSCI_SUCCESS, 0, 0);
}

void exit_psci(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;

	count(&vm.count.psci_exits);
	switch (e->gprs[0]) {
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		cpu_on(v, e->gprs[1]);
		break;
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		affinity_info(v, e->gprs[1]);
		break;
	case PSCI_CPU_OFF:
		channel("cpu: %u off", v->index);
		v->maybe_off = true;
		break;
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		vcpu_suspend(v); /* standby: any interrupt ends it */
		break;
	case PSCI_SYSTEM_OFF:
		vm_end("off", "PSCI SYSTEM_OFF");
	case PSCI_SYSTEM_RESET:
		vm_end("reset", "PSCI SYSTEM_RESET");
	default:
		vm_end("broken", "PSCI exit with an unknown function");
	}
}
