/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI. On Android EL2 checks and answers, and the host schedules what it is told of. Upstream all
 * of it is the host's: which CPU runs, where it starts and whether the VM ends.
 */
#include "abi/psci.h"
#include "vmm/pkvm/pkvm.h"

#define FUNCTION(fid) ((fid) & ~SMCCC_64) /* by its 32-bit number */

static bool on[CORE_MAX_CPUS] = { true }; /* upstream; under vm.dev_lock */

static NORETURN void end(u32 fid)
{
	if (FUNCTION(fid) == PSCI_SYSTEM_OFF)
		vm_end("off", "PSCI SYSTEM_OFF");
	vm_end("reset", "PSCI SYSTEM_RESET");
}

static void left(struct vcpu *v)
{
	channel("cpu: %u off", v->index);
	v->maybe_off = true;
}

/* The last CPU is told to be on, and never gets time. */
static bool never_started(u64 index)
{
	return fault_on(FAULT_CPU_NEVER_STARTED) && index == config.cpus - 1;
}

void exit_psci(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	u32 fid = (u32)e->gprs[0];

	count(&vm.count.psci_exits);
	switch (FUNCTION(fid)) {
	case PSCI_CPU_ON_32:
		if (e->gprs[1] >= config.cpus)
			vm_end("broken", "CPU_ON for a CPU without vCPU");
		if (!never_started(e->gprs[1]))
			vm_start_cpu(&vm.cpu[e->gprs[1]]);
		break;
	case PSCI_CPU_OFF:
		left(v);
		break;
	case PSCI_CPU_SUSPEND_32:
		vcpu_suspend(v); /* standby: any interrupt ends it */
		break;
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_SYSTEM_RESET2_32:
		end(fid);
	default:
		vm_end("broken", "PSCI exit with an unknown function");
	}
}

/* ---- upstream ---- */

/* Where a CPU was told to start. */
static struct {
	u64 entry, context, entries;
	unsigned starts;
} started[CORE_MAX_CPUS];

bool host_cpu_is_off(unsigned index)
{
	bool off;

	core_lock(&vm.dev_lock);
	off = !on[index];
	core_unlock(&vm.dev_lock);
	return off;
}

#define ENTRIES_BEFORE_AGAIN 8u

void host_before_entry(const struct vcpu *v)
{
	u64 n = ++started[v->index].entries;

	if (fault_on(FAULT_LIE_ON_TWICE) && v->index != 0 && n == ENTRIES_BEFORE_AGAIN &&
	    pkvm_vcpu_reset(v->index, started[v->index].entry, started[v->index].context) == ST_OK)
		v->run->enter.flags = 0; /* what it waited for it no longer does */
}

/* The caller holds vm.dev_lock. true: the CPU is to run. */
static bool power_up(unsigned index, u64 entry, u64 context, s64 *answer)
{
	*answer = PSCI_ALREADY_ON;
	if (on[index])
		return false;
	*answer = PSCI_SUCCESS;
	if (fault_on(FAULT_HOST_START_LOST) || never_started(index))
		return false;
	if (fault_on(FAULT_LIE_ON_ELSEWHERE))
		entry += PAGE_SIZE;
	if (fault_on(FAULT_HOST_CONTEXT_LOST) && started[index].starts != 0)
		context = ~context;
	/* It may be on its way out yet: the guest can try again. */
	if (pkvm_vcpu_reset(index, entry, context) != ST_OK) {
		*answer = PSCI_INTERNAL_FAILURE;
		return false;
	}
	started[index].entry = entry;
	started[index].context = context;
	started[index].starts++;
	on[index] = true;
	return true;
}

static s64 cpu_on(struct vcpu *v, u64 mpidr, u64 entry, u64 context)
{
	s64 answer;
	bool runs;

	if (mpidr >= config.cpus)
		return fault_on(FAULT_HOST_MPIDR_UNCHECKED) ? PSCI_SUCCESS
							    : PSCI_INVALID_PARAMETERS;
	if (v->coop.psci_deny)
		return PSCI_DENIED;
	core_lock(&vm.dev_lock);
	runs = power_up((unsigned)mpidr, entry, context, &answer);
	core_unlock(&vm.dev_lock);
	if (runs)
		vm_start_cpu(&vm.cpu[mpidr]);
	if (answer == PSCI_ALREADY_ON &&
	    fault_on(mpidr == v->index ? FAULT_HOST_SELF_STARTED : FAULT_HOST_RUNNING_STARTED))
		return PSCI_SUCCESS;
	return answer;
}

/* ON if one of the CPUs that share the fields from that level up is. */
static s64 affinity_info(u64 mpidr, u64 level)
{
	static const u64 mask[] = { ~0ULL, ~0xffULL, ~0xffffULL, ~0xffffffffULL };
	s64 answer = PSCI_INVALID_PARAMETERS;

	if (level >= ARRAY_SIZE(mask))
		return fault_on(FAULT_HOST_LEVEL_UNCHECKED) ? PSCI_AFFINITY_ON : answer;
	for (unsigned i = 0; i < config.cpus; i++) {
		if (((i ^ mpidr) & mask[level]) != 0)
			continue;
		if (!host_cpu_is_off(i))
			return fault_on(FAULT_HOST_AFFINITY_WRONG) ? PSCI_AFFINITY_OFF
								   : PSCI_AFFINITY_ON;
		answer = fault_on(FAULT_HOST_OFF_IGNORED) ? PSCI_AFFINITY_ON : PSCI_AFFINITY_OFF;
	}
	return answer < 0 && fault_on(FAULT_HOST_AFFINITY_UNCHECKED) ? PSCI_AFFINITY_OFF : answer;
}

static s64 cpu_off(struct vcpu *v)
{
	core_lock(&vm.dev_lock);
	on[v->index] = false;
	core_unlock(&vm.dev_lock);
	left(v);
	return PSCI_SUCCESS; /* nobody reads it */
}

static s64 suspend(struct vcpu *v)
{
	vcpu_suspend(v);
	return fault_on(FAULT_HOST_SUSPEND_FAILS) ? PSCI_INTERNAL_FAILURE : PSCI_SUCCESS;
}

static s64 system_end(u32 fid)
{
	if (fault_on(FAULT_LIE_END_RETURNS))
		return PSCI_SUCCESS;
	if (fault_on(FUNCTION(fid) == PSCI_SYSTEM_OFF ? FAULT_HOST_OFF_REFUSED
						      : FAULT_HOST_RESET_REFUSED))
		return PSCI_INTERNAL_FAILURE;
	end(fid);
}

static s64 features(u32 fid)
{
	static const u32 list[] = {
		PSCI_VERSION,          PSCI_CPU_OFF,          PSCI_CPU_SUSPEND_32,
		PSCI_CPU_SUSPEND_64,   PSCI_CPU_ON_32,        PSCI_CPU_ON_64,
		PSCI_AFFINITY_INFO_32, PSCI_AFFINITY_INFO_64, PSCI_MIGRATE_INFO_TYPE,
		PSCI_SYSTEM_OFF,       PSCI_SYSTEM_RESET,     PSCI_SYSTEM_RESET2_32,
		PSCI_FEATURES,         PSCI_SYSTEM_RESET2_64, SMCCC_VERSION,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		if (list[i] == fid)
			return PSCI_SUCCESS;
	}
	return fault_on(FAULT_HOST_FEATURES_ALL) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

s64 host_psci(struct vcpu *v, u32 fid, const u64 *arg)
{
	count(&vm.count.psci_exits);
	if (fault_on(FAULT_LIE_PSCI_NONE))
		return PSCI_NOT_SUPPORTED;
	switch (fid) {
	case PSCI_VERSION:
		return fault_on(FAULT_HOST_PSCI_OLD) ? PSCI_VERSION_1_0 : PSCI_VERSION_1_1;
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		return cpu_on(v, arg[1], arg[2], arg[3]);
	case PSCI_CPU_OFF:
		return cpu_off(v);
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return suspend(v);
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return affinity_info(arg[1], arg[2]);
	case PSCI_MIGRATE_INFO_TYPE:
		return fault_on(FAULT_HOST_MIGRATE_TYPE) ? 0 : PSCI_MIGRATE_NOT_NEEDED;
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
		if ((u32)arg[1] != PSCI_WARM_RESET)
			return PSCI_INVALID_PARAMETERS;
		return system_end(fid);
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
		return system_end(fid);
	case PSCI_FEATURES:
		return features((u32)arg[1]);
	default:
		return fault_on(FAULT_HOST_PSCI_UNKNOWN) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
	}
}
