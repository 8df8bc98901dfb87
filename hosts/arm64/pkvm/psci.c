/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI 1.1 at EL2 (Android). Entry, context and power of every CPU are kept here; the host is told
 * only what it has to schedule, when EL2 has done its part.
 */
#include "abi/psci.h"
#include "pkvm/model.h"

#define AFFINITY_LEVELS 4u
#define AFFINITY_FIELDS 0xff00ffffffULL
#define SCTLR_EE        BIT(25)

static enum next done(struct hyp_vcpu *v, s64 x0)
{
	call_return(v, x0, 0, 0, 0);
	return RESUME;
}

/* What the guest finds in X0 when it runs again, and what the host sees. */
static enum next tell_host(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid, u64 target)
{
	call_return(v, PSCI_SUCCESS, 0, 0, 0);
	ex->exit_reason = RMI_EXIT_PSCI;
	ex->gprs[0] = fid;
	ex->gprs[1] = target;
	return TO_HOST;
}

static s64 cpu_on_check(const struct hyp_vcpu *v, u64 mpidr, struct hyp_vcpu **target)
{
	*target = vcpu_by_mpidr(mpidr);
	if (V(*target == NULL))
		return fault_on(FAULT_PSCI_MPIDR_UNCHECKED) ? PSCI_SUCCESS
							    : PSCI_INVALID_PARAMETERS;
	if (V((*target)->power == POWER_PENDING))
		return PSCI_ON_PENDING;
	if (V((*target)->power == POWER_ON))
		return fault_on(*target == v ? FAULT_PSCI_SELF_STARTED : FAULT_PSCI_RUNNING_STARTED)
			   ? PSCI_SUCCESS
			   : PSCI_ALREADY_ON;
	return PSCI_SUCCESS;
}

/* The CPU that starts has its caller's endianness, as PSCI says. */
static void start(const struct hyp_vcpu *v, struct hyp_vcpu *target, u64 entry, u64 context)
{
	u64 pstate = PSTATE_START;

	if (fault_on(FAULT_PSCI_START_UNMASKED))
		pstate &= ~PSTATE_F;
	if (fault_on(FAULT_PSCI_CONTEXT_LOST) && target->started_before)
		context = ~context;
	target->started_before = true;
	vcpu_begin(target, entry, context, pstate);
	target->cpu.el1.sctlr |= v->cpu.el1.sctlr & SCTLR_EE;
	target->power = POWER_PENDING;
}

static enum next cpu_on(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid, const u64 *x)
{
	struct hyp_vcpu *target;
	u64 mpidr = x[1], entry = x[2], context = x[3];
	s64 status = cpu_on_check(v, mpidr, &target);

	if (status != PSCI_SUCCESS)
		return done(v, status);
	if (target == NULL || target->power != POWER_OFF || fault_on(FAULT_PSCI_START_LOST))
		return done(v, PSCI_SUCCESS); /* faults only */
	start(v, target, entry, context);
	tell_host(v, ex, fid, mpidr);
	if (fault_on(FAULT_PSCI_ENTRY_SHOWN)) {
		ex->gprs[2] = entry;
		ex->gprs[3] = context;
	}
	return TO_HOST;
}

/* ON if one of the CPUs that share these affinity fields is, PENDING if one will be. */
static s64 affinity_of(u64 mpidr, u64 mask)
{
	s64 answer = PSCI_INVALID_PARAMETERS;

	for (unsigned i = 0; i < VM_MAX_CPUS; i++) {
		const struct hyp_vcpu *v = vcpu_by_mpidr(el2_mpidr(i));

		if (v == NULL || ((el2_mpidr(i) ^ mpidr) & mask) != 0)
			continue;
		if (v->power == POWER_ON || v->off_ignored)
			return PSCI_AFFINITY_ON;
		if (v->power == POWER_PENDING)
			answer = PSCI_AFFINITY_ON_PENDING;
		else if (answer != PSCI_AFFINITY_ON_PENDING)
			answer = PSCI_AFFINITY_OFF;
	}
	return answer;
}

static enum next affinity_info(struct hyp_vcpu *v, const u64 *x)
{
	s64 answer;

	if (V((x[1] & ~AFFINITY_FIELDS) != 0))
		return done(v, PSCI_INVALID_PARAMETERS);
	if (V(x[2] >= AFFINITY_LEVELS))
		return done(v, fault_on(FAULT_PSCI_LEVEL_UNCHECKED) ? PSCI_AFFINITY_ON
								    : PSCI_INVALID_PARAMETERS);
	/* Aff3 does not follow Aff2 in the register. */
	answer =
	    affinity_of(x[1], AFFINITY_FIELDS & (x[2] == 3 ? MASK(39, 32) : ~(BIT(8 * x[2]) - 1)));
	if (answer == PSCI_AFFINITY_ON && fault_on(FAULT_PSCI_AFFINITY_WRONG))
		answer = PSCI_AFFINITY_OFF;
	if (answer < 0 && fault_on(FAULT_PSCI_AFFINITY_UNCHECKED))
		answer = PSCI_AFFINITY_OFF;
	return done(v, answer);
}

static enum next cpu_off(struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	timers_stop();
	v->power = POWER_OFF;
	v->off_ignored = fault_on(FAULT_PSCI_OFF_IGNORED);
	return tell_host(v, ex, PSCI_CPU_OFF, 0);
}

static enum next cpu_suspend(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid)
{
	enum next next = tell_host(v, ex, fid, 0);

	if (fault_on(FAULT_PSCI_SUSPEND_FAILS))
		v->cpu.el1.x[0] = (u64)PSCI_INTERNAL_FAILURE;
	return next;
}

/* A reset is made by the host with a new VM; this one never runs again. */
static enum next system_end(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid)
{
	if (fault_on(fid == PSCI_SYSTEM_OFF ? FAULT_PSCI_SYSTEM_OFF_IGNORED
					    : FAULT_PSCI_SYSTEM_RESET_IGNORED))
		return done(v, PSCI_INTERNAL_FAILURE);
	hyp_vm.ended = true;
	return tell_host(v, ex, fid, 0);
}

static enum next system_reset2(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid, u32 type)
{
	if (V(type != PSCI_WARM_RESET))
		return done(v, PSCI_INVALID_PARAMETERS);
	return system_end(v, ex, fid);
}

static bool has_function(u32 fid)
{
	switch (fid) {
	case SMCCC_VERSION:
	case PSCI_VERSION:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
	case PSCI_FEATURES:
		return true;
	default:
		return false;
	}
}

static enum next features(struct hyp_vcpu *v, u32 fid)
{
	if (V(!has_function(fid)) && !fault_on(FAULT_PSCI_FEATURES_ALL))
		return done(v, PSCI_NOT_SUPPORTED);
	return done(v, PSCI_SUCCESS);
}

static enum next call(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid, const u64 *x)
{
	switch (fid) {
	case PSCI_VERSION:
		return done(v,
			    fault_on(FAULT_PSCI_VERSION_OLD) ? PSCI_VERSION_1_0 : PSCI_VERSION_1_1);
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return cpu_suspend(v, ex, fid);
	case PSCI_CPU_OFF:
		return cpu_off(v, ex);
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		return cpu_on(v, ex, fid, x);
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return affinity_info(v, x);
	case PSCI_MIGRATE_INFO_TYPE:
		return done(v, fault_on(FAULT_PSCI_MIGRATE_TYPE) ? 0 : PSCI_MIGRATE_NOT_NEEDED);
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
		return system_end(v, ex, fid);
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
		return system_reset2(v, ex, fid, (u32)x[1]);
	case PSCI_FEATURES:
		return features(v, (u32)x[1]);
	default:
		return done(v, fault_on(FAULT_PSCI_UNKNOWN_SUCCESS) ? PSCI_SUCCESS
								    : PSCI_NOT_SUPPORTED);
	}
}

enum next psci_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u32 fid)
{
	u64 x[4];

	call_arguments(&v->cpu, fid, x);
	counters.psci_calls++;
	return call(v, ex, fid, x);
}
