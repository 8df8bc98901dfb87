/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI 1.1 as a realm has it. */
#include "abi/psci.h"
#include "rmm/model.h"

static enum next done(struct rec *rec, s64 x0)
{
	call_return(rec, (u64)x0, 0, 0, 0);
	return RESUME;
}

/* The exit shows the function and, where the host must know it, the target; never entry or context.
 */
static enum next ask_host(struct rec *rec, struct rmi_rec_exit *ex, u32 fid, u64 mpidr)
{
	call_return(rec, PSCI_SUCCESS, 0, 0, 0);
	ex->exit_reason = RMI_EXIT_PSCI;
	ex->gprs[0] = fid;
	ex->gprs[1] = mpidr;
	return TO_HOST;
}

static enum next request(struct rec *rec, struct rmi_rec_exit *ex, u32 fid,
			 const struct rec *target, u64 mpidr)
{
	rec->pending = PENDING_PSCI;
	rec->psci.fid = fid;
	rec->psci.mpidr = mpidr;
	rec->psci.target = target->index;
	return ask_host(rec, ex, fid, mpidr);
}

static enum next cpu_on(struct rec *rec, struct rmi_rec_exit *ex, u32 fid, const u64 *x)
{
	const struct rec *target;

	if (V(!realm_protected(rec->realm, x[2])))
		return done(rec, fault_on(FAULT_PSCI_ENTRY_UNCHECKED) ? PSCI_SUCCESS
								      : PSCI_INVALID_ADDRESS);
	target = rec_by_mpidr(rec->realm, x[1]);
	if (V(target == NULL))
		return done(rec, fault_on(FAULT_PSCI_MPIDR_UNCHECKED) ? PSCI_SUCCESS
								      : PSCI_INVALID_PARAMETERS);
	if (V(target == rec))
		return done(rec,
			    fault_on(FAULT_PSCI_SELF_STARTED) ? PSCI_SUCCESS : PSCI_ALREADY_ON);
	rec->psci.entry = x[2];
	rec->psci.context = x[3];
	return request(rec, ex, fid, target, x[1]);
}

static enum next affinity_info(struct rec *rec, struct rmi_rec_exit *ex, u32 fid, const u64 *x)
{
	const struct rec *target;

	if (V(x[2] != 0) && !fault_on(FAULT_PSCI_LEVEL_UNCHECKED))
		return done(rec, PSCI_INVALID_PARAMETERS);
	target = rec_by_mpidr(rec->realm, x[1]);
	if (V(target == NULL))
		return done(rec, fault_on(FAULT_PSCI_AFFINITY_UNCHECKED) ? PSCI_AFFINITY_OFF
									 : PSCI_INVALID_PARAMETERS);
	if (V(target == rec))
		return done(rec, fault_on(FAULT_PSCI_AFFINITY_WRONG) ? PSCI_AFFINITY_OFF
								     : PSCI_AFFINITY_ON);
	return request(rec, ex, fid, target, x[1]);
}

static enum next cpu_off(struct rec *rec, struct rmi_rec_exit *ex)
{
	timers_stop();
	rec->runnable = false;
	rec->off_ignored = fault_on(FAULT_PSCI_OFF_IGNORED);
	return ask_host(rec, ex, PSCI_CPU_OFF, 0);
}

static enum next cpu_suspend(struct rec *rec, struct rmi_rec_exit *ex, u32 fid)
{
	enum next next = ask_host(rec, ex, fid, 0);

	if (fault_on(FAULT_PSCI_SUSPEND_FAILS))
		rec->cpu.el1.x[0] = (u64)PSCI_INTERNAL_FAILURE;
	return next;
}

/* Off and reset are one state: a realm never comes back (its measurement is that of a first boot).
 */
static enum next system_end(struct rec *rec, struct rmi_rec_exit *ex, u32 fid)
{
	if (fault_on(fid == PSCI_SYSTEM_OFF ? FAULT_PSCI_SYSTEM_OFF_IGNORED
					    : FAULT_PSCI_SYSTEM_RESET_IGNORED))
		return done(rec, PSCI_INTERNAL_FAILURE);
	rec->realm->state = REALM_SYSTEM_OFF;
	return ask_host(rec, ex, fid, 0);
}

static bool has_function(u32 fid)
{
	switch (fid) {
	case SMCCC_VERSION:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
		return true;
	default:
		return false;
	}
}

static enum next features(struct rec *rec, u32 fid)
{
	if (V(!has_function(fid)) && !fault_on(FAULT_PSCI_FEATURES_ALL))
		return done(rec, PSCI_NOT_SUPPORTED);
	return done(rec, PSCI_SUCCESS);
}

enum next psci_handle(struct rec *rec, struct rmi_rec_exit *ex, u32 fid)
{
	u64 x[4];

	call_arguments(&rec->cpu, fid, x);
	counters.psci_calls++;
	switch (fid) {
	case PSCI_VERSION:
		return done(rec,
			    fault_on(FAULT_PSCI_VERSION_OLD) ? PSCI_VERSION_1_0 : PSCI_VERSION_1_1);
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return cpu_suspend(rec, ex, fid);
	case PSCI_CPU_OFF:
		return cpu_off(rec, ex);
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		return cpu_on(rec, ex, fid, x);
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return affinity_info(rec, ex, fid, x);
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
		return system_end(rec, ex, fid);
	case PSCI_FEATURES:
		return features(rec, (u32)x[1]);
	default:
		return done(rec, fault_on(FAULT_PSCI_UNKNOWN_SUCCESS) ? PSCI_SUCCESS
								      : PSCI_NOT_SUPPORTED);
	}
}
