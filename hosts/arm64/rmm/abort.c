/* SPDX-License-Identifier: BSD-2-Clause */
/* Stage-2 aborts: what an access does by IPA and RIPAS, and the host's reply to those it sees. */
#include <string.h>

#include "rmm/model.h"

/* Synchronous external abort: the ISS of the stage-2 abort, FSC 0x10, EA, no FnV, no S1PTW. */
void sea_inject(struct rec *rec, u64 esr, u64 far)
{
	inject_sea(&rec->cpu, esr, fault_on(FAULT_SEA_FAR_WRONG) ? far ^ 8 : far);
	if (fault_on(FAULT_SEA_EA_CLEAR))
		rec->cpu.el1.esr &= ~ISS_EA;
	if (fault_on(FAULT_SEA_UNMASKED))
		rec->cpu.el1.pstate &= ~PSTATE_F;
}

/* Only faults of the model let an access end here without memory behind it. */
static enum next complete_access(struct rec *rec, u64 esr, u64 value)
{
	if (ESR_EC(esr) == EC_IABT_LOW) {
		rec->cpu.el1.pc = rec->cpu.el1.x[30];
		return RESUME;
	}
	if ((esr & ISS_WNR) == 0 && (esr & ISS_ISV) != 0)
		access_finish_load(&rec->cpu, esr, value);
	rec->cpu.el1.pc += 4;
	return RESUME;
}

static enum next sea(struct rec *rec, const struct core_exit_info *info)
{
	sea_inject(rec, info->esr, info->far);
	return RESUME;
}

static enum next to_host(struct rec *rec, struct rmi_rec_exit *ex, u64 esr, u64 ipa)
{
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = esr & ESR_ABORT_SHOWN;
	ex->hpfar = ipa >> 12 << 4;
	memset(&rec->last, 0, sizeof(rec->last));
	return TO_HOST;
}

enum next abort_emulate(struct rec *rec, struct rmi_rec_exit *ex, u64 ipa, unsigned level)
{
	return to_host(rec, ex, (u64)EC_DABT_LOW << 26 | FSC_TRANSLATION | level, ipa);
}

/* Unaligned accesses do not occur where these faults are looked for. */
static u64 word_at(const u8 *p)
{
	u64 v;

	memcpy(&v, (const u8 *)align_down((u64)(uintptr_t)p, 8), sizeof(v));
	return v >> 8 * ((uintptr_t)p & 7);
}

static enum next abort_empty(struct rec *rec, const struct core_exit_info *info)
{
	u64 ipa = abort_ipa(info);
	enum fault_id f = FAULT_EMPTY_LOAD;
	const u8 *shared;

	shared = fault_on(FAULT_ALIAS_SAME_PAGE)
		     ? shared_page(rec->realm, align_down(ipa, PAGE_SIZE))
		     : NULL;
	if (shared != NULL && ESR_EC(info->esr) == EC_DABT_LOW)
		return complete_access(rec, info->esr, word_at(shared + (ipa & (PAGE_SIZE - 1))));
	if (ESR_EC(info->esr) == EC_IABT_LOW)
		f = FAULT_EMPTY_FETCH;
	else if ((info->esr & ISS_WNR) != 0)
		f = FAULT_EMPTY_STORE;
	return fault_on(f) ? complete_access(rec, info->esr, 0) : sea(rec, info);
}

static enum next abort_protected(struct rec *rec, struct rmi_rec_exit *ex,
				 const struct core_exit_info *info, u64 ipa)
{
	struct s2_walk w;

	s2_walk(rec->realm, ipa, 3, &w);
	switch (s2_ripas(*w.entry)) {
	case RIPAS_EMPTY:
		return abort_empty(rec, info);
	case RIPAS_DESTROYED:
		if (fault_on(FAULT_DESTROYED_READABLE))
			return complete_access(rec, info->esr, 0);
		break;
	default:
		/* Another CPU's host exit may have mapped it meanwhile. */
		if (s2_is_valid_leaf(*w.entry, w.level))
			return RESUME;
		if (fault_on(FAULT_ABSENT_SEA) &&
		    align_down(ipa, PAGE_SIZE) == rec->realm->restored)
			return sea(rec, info);
		break;
	}
	return to_host(rec, ex, info->esr, ipa);
}

/* The fault shows private memory where there should be none: at an alias without a page. */
static bool private_content(const struct rec *rec, u64 ipa, u64 *value)
{
	struct s2_walk w;

	s2_walk(rec->realm, ipa - realm_ipa_size(rec->realm) / 2, 3, &w);
	if (w.level != 3 || s2_hipas(*w.entry, 3) != HIPAS_ASSIGNED)
		return false;
	*value = word_at((const u8 *)pa_to_ptr(s2_output(*w.entry, 3)) + (ipa & (PAGE_SIZE - 1)));
	return true;
}

static enum next abort_unprotected(struct rec *rec, struct rmi_rec_exit *ex,
				   const struct core_exit_info *info, u64 ipa)
{
	u64 esr = info->esr, value;
	bool emulatable = access_emulatable(&rec->cpu, esr);

	if (ESR_EC(esr) == EC_IABT_LOW) {
		violation(rec,
			  (esr & ISS_S1PTW) != 0 ? VIOLATION_WALK_SHARED : VIOLATION_FETCH_SHARED,
			  ipa);
		return fault_on(FAULT_SHARED_FETCH) ? complete_access(rec, esr, 0) : sea(rec, info);
	}
	if ((esr & ISS_S1PTW) != 0)
		violation(rec, VIOLATION_WALK_SHARED, ipa);
	if (fault_on(FAULT_ABSENT_SHARED_PRIVATE) && emulatable &&
	    private_content(rec, ipa, &value))
		return complete_access(rec, esr, value);
	to_host(rec, ex, esr, ipa);
	if (emulatable) {
		ex->esr = esr & ESR_MMIO_SHOWN;
		ex->far = info->far & (PAGE_SIZE - 1);
		if ((esr & ISS_WNR) != 0)
			ex->gprs[0] = access_store_data(&rec->cpu, esr);
	}
	rec->last.esr = esr;
	rec->last.far = info->far;
	rec->last.ipa = ipa;
	rec->last.emulatable = emulatable;
	rec->last.unprotected_abort = true;
	return TO_HOST;
}

/* An error of the machine, not of stage 2. The host learns of it, but of no address: HPFAR_EL2 has
 * none then. What can be restarted is simply run again; all else is lost to the realm. */
static enum next external_abort(struct rec *rec, struct rmi_rec_exit *ex,
				const struct core_exit_info *info)
{
	if (FIELD(info->esr, 12, 11) != SET_RESTARTABLE)
		sea_inject(rec, info->esr, info->far);
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = info->esr & ESR_ABORT_SHOWN;
	return TO_HOST;
}

enum next abort_handle(struct rec *rec, struct rmi_rec_exit *ex, const struct core_exit_info *info)
{
	u64 ipa = abort_ipa(info);

	if (abort_is_external(info->esr))
		return external_abort(rec, ex, info);
	if (ipa >= realm_ipa_size(rec->realm))
		return fault_on(FAULT_BEYOND_WIDTH) ? complete_access(rec, info->esr, 0)
						    : sea(rec, info);
	violation_on_touch(rec, info->far, ipa);
	if (realm_protected(rec->realm, ipa))
		return abort_protected(rec, ex, info, ipa);
	return abort_unprotected(rec, ex, info, ipa);
}

bool abort_reply_valid(const struct rec *rec, u64 flags)
{
	bool mmio = (flags & RMI_ENTER_EMUL_MMIO) != 0;
	bool inject = (flags & RMI_ENTER_INJECT_SEA) != 0;

	if (V(inject && !rec->last.unprotected_abort))
		return false;
	if (V(mmio && !rec->last.emulatable))
		return false;
	return true;
}

void abort_reply(struct rec *rec, u64 flags, u64 value)
{
	if ((flags & RMI_ENTER_INJECT_SEA) != 0) {
		if (!rec->last.emulatable)
			violation(rec, VIOLATION_MMIO, rec->last.ipa);
		sea_inject(rec, rec->last.esr, rec->last.far);
		return;
	}
	if ((flags & RMI_ENTER_EMUL_MMIO) == 0)
		return;
	if ((rec->last.esr & ISS_WNR) == 0)
		access_finish_load(&rec->cpu, rec->last.esr, value);
	rec->cpu.el1.pc += 4;
}
