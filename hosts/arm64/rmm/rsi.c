/* SPDX-License-Identifier: BSD-2-Clause */
/* SMC from a realm: which service, VERSION, FEATURES and CONFIG. */
#include <string.h>

#include "abi/psci.h"
#include "rmm/model.h"

#define SMCCC_SVE_HINT BIT(16)

/* X1..X3 are always overwritten, so that nothing of the model's or another realm's is left in them.
 */
void call_return(struct rec *rec, u64 x0, u64 x1, u64 x2, u64 x3)
{
	rec->cpu.el1.x[0] = x0;
	rec->cpu.el1.x[1] = x1;
	rec->cpu.el1.x[2] = x2;
	rec->cpu.el1.x[3] = x3;
}

static enum next version(struct rec *rec)
{
	u64 asked = rec->cpu.el1.x[1], status = RSI_ERROR_INPUT, higher = RSI_REVISION_1_0;
	u64 lower = RSI_REVISION_1_0;

	if (asked == RSI_REVISION_1_0) {
		status = RSI_SUCCESS;
		if (fault_on(FAULT_VERSION_HIGHER_LOW) && rec->realm->config_reads != 0)
			higher = 0;
	} else if (asked > RSI_REVISION_1_0 && fault_on(FAULT_VERSION_NEW_ACCEPTED)) {
		status = RSI_SUCCESS;
		lower = asked;
	} else if (asked < RSI_REVISION_1_0 && fault_on(FAULT_VERSION_OLD_ACCEPTED)) {
		status = RSI_SUCCESS;
		lower = asked;
	}
	call_return(rec, status, lower, higher, 0);
	return RESUME;
}

static enum next features(struct rec *rec)
{
	call_return(rec, RSI_SUCCESS, fault_on(FAULT_FEATURES_NOT_ZERO) ? 1 : 0, 0, 0);
	return RESUME;
}

enum guest_page guest_page(const struct realm *realm, u64 ipa, u8 **ptr, unsigned *level)
{
	struct s2_walk w;

	s2_walk(realm, ipa, 3, &w);
	*level = w.level;
	if (s2_ripas(*w.entry) == RIPAS_EMPTY)
		return GUEST_PAGE_EMPTY;
	if (!s2_is_valid_leaf(*w.entry, w.level))
		return GUEST_PAGE_ABSENT;
	*ptr = (u8 *)pa_to_ptr(s2_output(*w.entry, w.level)) + (ipa & (s2_entry_size(w.level) - 1));
	return GUEST_PAGE_OK;
}

static void config_write(struct realm *realm, u8 *page)
{
	u64 width = realm->ipa_bits;

	if (fault_on(FAULT_CONFIG_CHANGES) && realm->config_reads != 0)
		width ^= 1;
	if (fault_on(FAULT_CONFIG_CLEARS))
		memset(page, 0, PAGE_SIZE);
	memcpy(page + RSI_CONFIG_IPA_WIDTH, &width, sizeof(width));
	page[RSI_CONFIG_HASH_ALGO] = realm->meas.sha512 ? RSI_HASH_SHA512 : RSI_HASH_SHA256;
	memcpy(page + RSI_CONFIG_RPV, realm->rpv, sizeof(realm->rpv));
	realm->config_reads++;
}

static enum next error_input(struct rec *rec)
{
	call_return(rec, RSI_ERROR_INPUT, 0, 0, 0);
	return RESUME;
}

static enum next success(struct rec *rec)
{
	call_return(rec, RSI_SUCCESS, 0, 0, 0);
	return RESUME;
}

enum next rsi_realm_config(struct rec *rec, struct rmi_rec_exit *ex)
{
	u64 ipa = rec->cpu.el1.x[1];
	unsigned level = 3;
	u8 *page = NULL;

	if (V(!is_aligned(ipa, PAGE_SIZE))) {
		if (!fault_on(FAULT_CONFIG_UNALIGNED))
			return error_input(rec);
		ipa = align_down(ipa, PAGE_SIZE);
	}
	if (V(!realm_protected_range(rec->realm, ipa, PAGE_SIZE)))
		return fault_on(FAULT_CONFIG_UNPROTECTED) ? success(rec) : error_input(rec);
	switch (guest_page(rec->realm, ipa, &page, &level)) {
	case GUEST_PAGE_EMPTY:
		return fault_on(FAULT_BUFFER_EMPTY) ? success(rec) : error_input(rec);
	case GUEST_PAGE_ABSENT:
		if (fault_on(FAULT_BUFFER_ABSENT))
			return error_input(rec);
		return abort_emulate(rec, ex, ipa, level);
	case GUEST_PAGE_OK:
		break;
	}
	config_write(rec->realm, page);
	return success(rec);
}

static enum next rsi_call(struct rec *rec, struct rmi_rec_exit *ex, u32 fid)
{
	switch (fid) {
	case RSI_VERSION:
		return version(rec);
	case RSI_FEATURES:
		return features(rec);
	case RSI_MEASUREMENT_READ:
		return rsi_measurement_read(rec);
	case RSI_MEASUREMENT_EXTEND:
		return rsi_measurement_extend(rec);
	case RSI_ATTESTATION_TOKEN_INIT:
		return rsi_token_init(rec);
	case RSI_ATTESTATION_TOKEN_CONTINUE:
		return rsi_token_continue(rec, ex);
	case RSI_REALM_CONFIG:
		return rsi_realm_config(rec, ex);
	case RSI_IPA_STATE_SET:
		return rsi_ipa_state_set(rec, ex);
	case RSI_IPA_STATE_GET:
		return rsi_ipa_state_get(rec);
	case RSI_HOST_CALL:
		return rsi_host_call(rec, ex);
	default:
		call_return(rec, fault_on(FAULT_UNKNOWN_SUCCESS) ? 0 : (u64)SMCCC_NOT_SUPPORTED, 0,
			    0, 0);
		return RESUME;
	}
}

/* Registers a call must leave alone, or must clear, spoilt by the faults. */
static void register_faults(struct rec *rec, u32 fid)
{
	if (fid == RSI_HOST_CALL || fid == RSI_MEASUREMENT_READ)
		return;
	if (fault_on(FAULT_REGISTERS_CLOBBERED))
		rec->cpu.el1.x[17] ^= ~0ULL;
	if (fault_on(FAULT_OUTPUTS_STALE))
		rec->cpu.el1.x[3] = 0x5a5a5a5a;
}

static enum next other_call(struct rec *rec, u32 fid)
{
	u64 x0 = (u64)SMCCC_NOT_SUPPORTED;

	if (fid == SMCCC_VERSION)
		x0 = fault_on(FAULT_SMCCC_OLD) ? SMCCC_VERSION_1_0 : SMCCC_VERSION_1_2;
	else if (fid >= RMI_FID_FIRST && fid <= RMI_FID_LAST && fault_on(FAULT_RMI_ANSWERED))
		x0 = 0;
	else if (fid != SMCCC_ARCH_FEATURES && (fid < RMI_FID_FIRST || fid > RMI_FID_LAST) &&
		 fault_on(FAULT_UNKNOWN_SUCCESS))
		x0 = 0;
	call_return(rec, x0, 0, 0, 0);
	return RESUME;
}

enum next call_handle(struct rec *rec, struct rmi_rec_exit *ex)
{
	u32 fid = (u32)(rec->cpu.el1.x[0] & ~SMCCC_SVE_HINT);
	u64 pc = rec->cpu.el1.pc;
	enum next next;

	rec->cpu.el1.pc += 4;
	if (psci_is_call(fid))
		return psci_handle(rec, ex, fid);
	if (fid < RSI_FID_FIRST || fid > RSI_FID_LAST)
		return other_call(rec, fid);
	counters.rsi_calls++;
	next = rsi_call(rec, ex, fid);
	if (next == TO_HOST && ex->exit_reason == RMI_EXIT_SYNC)
		rec->cpu.el1.pc = pc; /* a buffer is absent: the call runs again once it is there */
	else if (next == RESUME)
		register_faults(rec, fid);
	return next;
}
