/* SPDX-License-Identifier: BSD-2-Clause */
/* RMI_REC_ENTER: the host's replies are checked and applied, then the guest runs until the host is
 * needed. */
#include <string.h>

#include "rmm/model.h"

struct core_lock model_lock;
struct rmm_counters counters;

static bool replies_valid(const struct rec *rec, const struct rmi_rec_enter *enter)
{
	if (V(rec->pending == PENDING_PSCI)) /* only RMI_PSCI_COMPLETE ends it */
		return false;
	return gic_enter_valid(enter) && abort_reply_valid(rec, enter->flags);
}

/* Answers what the guest waits for. False when the host is needed again before it can run. */
static bool replies_apply(struct rec *rec, const struct rmi_rec_enter *enter,
			  struct rmi_rec_exit *ex)
{
	unsigned rt = ISS_REG_RT(rec->last.esr);
	bool ok = true;

	switch (rec->pending) {
	case PENDING_RIPAS:
		rsi_ipa_state_set_complete(rec, (enter->flags & RMI_ENTER_RIPAS_REJECT) != 0);
		break;
	case PENDING_HOST_CALL:
		ok = rsi_host_call_complete(rec, enter, ex);
		break;
	case PENDING_PSCI:
	case PENDING_NONE:
		break;
	}
	if (rec->last.sysreg_read)
		guest_set_reg(&rec->cpu, rt, enter->gprs[0]);
	abort_reply(rec, enter->flags, enter->gprs[0]);
	if (ok)
		memset(&rec->last, 0, sizeof(rec->last));
	return ok;
}

/* The boot CPU measures its patience with the others by the counter: spared if possible. */
static bool counter_spared(const struct rec *rec)
{
	return rec->index == 0 && rec->realm->nr_recs > 1;
}

static void run(struct rec *rec, struct rmi_rec_exit *ex)
{
	struct core_exit_info info;

	do {
		if (timers_update(&rec->cpu)) {
			ex->exit_reason = RMI_EXIT_IRQ;
			return;
		}
		if (!counter_spared(rec))
			counter_fault(&rec->cpu);
		core_unlock(&model_lock);
		info = core_enter(&rec->cpu.el1, &rec->cpu.el2);
		core_lock(&model_lock);
	} while (exit_handle(rec, ex, &info) == RESUME);
	timers_update(&rec->cpu);
}

static u64 enter_check(struct rec *rec, u64 run_pa, struct rmi_rec_enter *enter)
{
	if (V(rec == NULL))
		return RMI_ERROR_INPUT;
	if (V(!granule_ns_range(run_pa, PAGE_SIZE)))
		return RMI_ERROR_INPUT;
	if (V(rec->realm->state == REALM_NEW))
		return RMI_STATUS(RMI_ERROR_REALM, 0);
	if (V(rec->realm->state == REALM_SYSTEM_OFF))
		return RMI_STATUS(RMI_ERROR_REALM, 1);
	if (V(rec->running))
		return RMI_ERROR_REC;
	if (V(!rec->runnable))
		return RMI_ERROR_REC;
	/* Copied once; everything after this looks at the copy. */
	memcpy(enter, pa_to_ptr(run_pa), sizeof(*enter));
	return replies_valid(rec, enter) ? RMI_SUCCESS : RMI_ERROR_REC;
}

u64 rmi_rec_enter(const u64 *a)
{
	struct rec *rec = rec_of(a[0]);
	struct rmi_rec_enter enter;
	struct rmi_rec_exit ex;
	u64 status = enter_check(rec, a[1], &enter);

	if (status != RMI_SUCCESS)
		return status;
	memset(&ex, 0, sizeof(ex));
	rec->running = true;
	granule_ns_map(a[1], PAGE_SIZE, true); /* the run page must stay NS meanwhile */
	timers_load(&rec->cpu);
	gic_enter(&rec->cpu, &enter);
	el2_cpu_traps(&rec->cpu, enter.flags);
	if (replies_apply(rec, &enter, &ex))
		run(rec, &ex);
	gic_exit(&rec->cpu, &ex);
	timers_save(&rec->cpu, &ex);
	rec->running = false;
	counters.rec_exits++;
	granule_ns_map(a[1], PAGE_SIZE, false);
	memcpy((u8 *)pa_to_ptr(a[1]) + sizeof(enter), &ex, sizeof(ex));
	return RMI_SUCCESS;
}
