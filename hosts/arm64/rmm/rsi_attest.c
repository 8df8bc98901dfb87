/* SPDX-License-Identifier: BSD-2-Clause */
/* Measurements and tokens as a realm asks for them. */
#include <string.h>

#include "abi/psci.h"
#include "rmm/model.h"

static enum next error(struct rec *rec, u64 code)
{
	call_return(rec, code, 0, 0, 0);
	return RESUME;
}

enum next rsi_measurement_read(struct rec *rec)
{
	u64 index = rec->cpu.el1.x[1];
	const struct measurement_ctx *m = &rec->realm->meas;

	if (V(index > RSI_MEASUREMENT_INDEX_MAX))
		return error(rec, fault_on(FAULT_MEASUREMENT_READ_UNCHECKED) ? RSI_SUCCESS
									     : RSI_ERROR_INPUT);
	rec->cpu.el1.x[0] = RSI_SUCCESS;
	memcpy(&rec->cpu.el1.x[1], index == 0 ? m->rim : m->rem[(index - 1) % REM_COUNT],
	       RSI_MEASUREMENT_SIZE);
	return RESUME;
}

enum next rsi_measurement_extend(struct rec *rec)
{
	u64 index = rec->cpu.el1.x[1], size = rec->cpu.el1.x[2];

	if (V(index == 0))
		return error(rec, fault_on(FAULT_MEASUREMENT_INDEX_UNCHECKED) ? RSI_SUCCESS
									      : RSI_ERROR_INPUT);
	if (V(index > RSI_MEASUREMENT_INDEX_MAX))
		return error(rec, fault_on(FAULT_MEASUREMENT_INDEX_UNCHECKED) ? RSI_SUCCESS
									      : RSI_ERROR_INPUT);
	if (V(size > RSI_MEASUREMENT_SIZE))
		return error(rec, fault_on(FAULT_MEASUREMENT_SIZE_UNCHECKED) ? RSI_SUCCESS
									     : RSI_ERROR_INPUT);
	measure_extend(&rec->realm->meas, (unsigned)(index - 1) % REM_COUNT,
		       (const u8 *)&rec->cpu.el1.x[3], MIN(size, RSI_MEASUREMENT_SIZE));
	return error(rec, RSI_SUCCESS);
}

enum next rsi_token_init(struct rec *rec)
{
	bool running = rec->token.state != TOKEN_NONE;

	if (fault_on(FAULT_TOKEN_INIT_REFUSED))
		return error(rec, RSI_ERROR_STATE);
	if (fault_on(FAULT_TOKEN_UNSUPPORTED))
		return error(rec, (u64)SMCCC_NOT_SUPPORTED);
	if (!running || !fault_on(FAULT_TOKEN_NOT_RESTARTED)) {
		memcpy(rec->token.challenge, &rec->cpu.el1.x[1], RSI_CHALLENGE_SIZE);
		rec->token.state = TOKEN_STARTED;
		rec->token.yields = 0;
		rec->token.len = 0;
		rec->token.sent = 0;
	}
	call_return(rec, RSI_SUCCESS, fault_on(FAULT_TOKEN_BOUND_LOW) ? 64 : RSI_TOKEN_MAX, 0, 0);
	return RESUME;
}

/* Signing takes long; other CPUs go on meanwhile. The REC is running, so nobody else touches it. */
static enum status token_sign(struct rec *rec)
{
	struct measurement_ctx m = rec->realm->meas;
	u8 rpv[RSI_CONFIG_RPV_SIZE];
	u8 *token = pa_to_ptr(rec->aux[0]);
	enum status st;

	m.debug = config.debug;
	memcpy(rpv, rec->realm->rpv, sizeof(rpv));
	core_unlock(&model_lock);
	st = token_create(&m, rec->token.challenge, rpv, token, RSI_TOKEN_MAX, &rec->token.len);
	core_lock(&model_lock);
	return st;
}

static void token_copy(struct rec *rec, u8 *page, u64 offset, size_t n)
{
	memcpy(page + offset, (u8 *)pa_to_ptr(rec->aux[0]) + rec->token.sent, n);
	if (fault_on(FAULT_TOKEN_WRITES_BEYOND) && offset + n + 8 <= PAGE_SIZE)
		memset(page + offset + n, 0xee, 8);
	rec->token.sent += n;
}

static enum next token_make(struct rec *rec)
{
	if (++rec->token.yields < TOKEN_YIELDS || fault_on(FAULT_TOKEN_NEVER_READY))
		return error(rec, RSI_INCOMPLETE);
	if (token_sign(rec) != ST_OK || fault_on(FAULT_TOKEN_GENERATOR)) {
		rec->token.state = TOKEN_NONE;
		return error(rec, RSI_ERROR_UNKNOWN);
	}
	/* The lock was free meanwhile: another CPU's host may have taken the page away and put it
	 * to other use, so nothing is written before it has been looked up anew. */
	rec->token.state = fault_on(FAULT_TOKEN_STATE_LOST) ? TOKEN_NONE : TOKEN_READY;
	return error(rec, RSI_INCOMPLETE);
}

static enum next token_chunk(struct rec *rec, u8 *page, u64 offset, u64 size)
{
	size_t n;

	if (size == 0)
		return error(rec, fault_on(FAULT_TOKEN_SIZE_ZERO) ? RSI_SUCCESS : RSI_INCOMPLETE);
	if (rec->token.state == TOKEN_STARTED)
		return token_make(rec);
	n = MIN((size_t)size, rec->token.len - rec->token.sent);
	if (fault_on(FAULT_TOKEN_EMPTY)) {
		rec->token.state = TOKEN_NONE;
		return error(rec, RSI_SUCCESS);
	}
	token_copy(rec, page, offset, n);
	if (fault_on(FAULT_TOKEN_OVERSTATED)) {
		call_return(rec, RSI_INCOMPLETE, n + PAGE_SIZE, 0, 0);
		return RESUME;
	}
	if (rec->token.sent < rec->token.len) {
		call_return(rec, RSI_INCOMPLETE, n, 0, 0);
		return RESUME;
	}
	token_announce(pa_to_ptr(rec->aux[0]), rec->token.len);
	rec->token.state = TOKEN_NONE;
	call_return(rec, RSI_SUCCESS, n, 0, 0);
	return RESUME;
}

static enum next refuse(struct rec *rec, enum fault_id accepted)
{
	return error(rec, fault_on(accepted) ? RSI_INCOMPLETE : RSI_ERROR_INPUT);
}

enum next rsi_token_continue(struct rec *rec, struct rmi_rec_exit *ex)
{
	u64 ipa = rec->cpu.el1.x[1], offset = rec->cpu.el1.x[2], size = rec->cpu.el1.x[3];
	unsigned level = 3;
	u8 *page = NULL;

	if (V(!is_aligned(ipa, PAGE_SIZE)))
		return refuse(rec, FAULT_TOKEN_BUFFER_UNCHECKED);
	if (V(!realm_protected_range(rec->realm, ipa, PAGE_SIZE)))
		return refuse(rec, FAULT_TOKEN_BUFFER_UNCHECKED);
	if (V(offset >= PAGE_SIZE))
		return refuse(rec, FAULT_TOKEN_OFFSET_UNCHECKED);
	if (V(size > PAGE_SIZE - offset))
		return refuse(rec, FAULT_TOKEN_OFFSET_UNCHECKED);
	if (V(rec->token.state == TOKEN_NONE))
		return error(rec,
			     fault_on(FAULT_TOKEN_WITHOUT_INIT) ? RSI_SUCCESS : RSI_ERROR_STATE);
	if (fault_on(FAULT_TOKEN_BUFFER_REFUSED))
		return error(rec, RSI_ERROR_INPUT);
	switch (guest_page(rec->realm, ipa, &page, &level)) {
	case GUEST_PAGE_EMPTY:
		return refuse(rec, FAULT_BUFFER_EMPTY);
	case GUEST_PAGE_ABSENT:
		return fault_on(FAULT_BUFFER_ABSENT) ? error(rec, RSI_ERROR_INPUT)
						     : abort_emulate(rec, ex, ipa, level);
	case GUEST_PAGE_OK:
		break;
	}
	return token_chunk(rec, page, offset, size);
}
