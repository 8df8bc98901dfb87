/* SPDX-License-Identifier: BSD-2-Clause */
/* RSI_HOST_CALL: 31 registers to the host and back, through a structure in private memory. */
#include <string.h>

#include "rmm/model.h"

/* HOST_CALL is the one call that leaves X1..X3 as they were. */
static enum next answer(struct rec *rec, u64 x0)
{
	rec->cpu.el1.x[0] = x0;
	return RESUME;
}

enum next rsi_host_call(struct rec *rec, struct rmi_rec_exit *ex)
{
	u64 ipa = rec->cpu.el1.x[1];
	unsigned level = 3;
	u8 *s = NULL;

	counters.host_calls++;
	if (V(!is_aligned(ipa, RSI_HOST_CALL_SIZE))) {
		if (!fault_on(FAULT_HOST_CALL_UNALIGNED))
			return answer(rec, RSI_ERROR_INPUT);
		ipa = align_down(ipa, RSI_HOST_CALL_SIZE);
	}
	if (V(!realm_protected_range(rec->realm, ipa, RSI_HOST_CALL_SIZE)))
		return answer(rec, fault_on(FAULT_HOST_CALL_UNPROTECTED) ? RSI_SUCCESS
									 : RSI_ERROR_INPUT);
	switch (guest_page(rec->realm, ipa, &s, &level)) {
	case GUEST_PAGE_EMPTY:
		return answer(rec, fault_on(FAULT_HOST_CALL_EMPTY) ? RSI_SUCCESS : RSI_ERROR_INPUT);
	case GUEST_PAGE_ABSENT:
		return abort_emulate(rec, ex, ipa, level);
	case GUEST_PAGE_OK:
		break;
	}
	rec->pending = PENDING_HOST_CALL;
	rec->host_call = ipa;
	ex->exit_reason = RMI_EXIT_HOST_CALL;
	ex->imm = s[RSI_HOST_CALL_IMM] | (unsigned)s[RSI_HOST_CALL_IMM + 1] << 8;
	memcpy(ex->gprs, s + RSI_HOST_CALL_GPRS, sizeof(ex->gprs));
	return TO_HOST;
}

bool rsi_host_call_complete(struct rec *rec, const struct rmi_rec_enter *enter,
			    struct rmi_rec_exit *ex)
{
	unsigned level = 3;
	u8 *s = NULL;

	switch (guest_page(rec->realm, rec->host_call, &s, &level)) {
	case GUEST_PAGE_ABSENT: /* the host took the page meanwhile: it must give one back first */
		abort_emulate(rec, ex, rec->host_call, level);
		return false;
	case GUEST_PAGE_EMPTY: /* another CPU gave the memory up: nowhere to put the results */
		break;
	case GUEST_PAGE_OK:
		memcpy(s + RSI_HOST_CALL_GPRS, enter->gprs, sizeof(enter->gprs));
		break;
	}
	rec->pending = PENDING_NONE;
	rec->cpu.el1.x[0] = RSI_SUCCESS;
	if (fault_on(FAULT_HOST_CALL_CLOBBERS))
		rec->cpu.el1.x[1] = ~rec->cpu.el1.x[1];
	return true;
}
