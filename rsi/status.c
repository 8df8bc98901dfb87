/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every status code of RSI (DEN0137), once: what it means and what the guest does about it. Above
 * the backend only enum status is seen.
 */
#include "abi/psci.h" /* SMCCC_NOT_SUPPORTED */
#include "internal.h"
#include "print.h"

static const struct rsi_status rsi_codes[] = {
	{ RSI_SUCCESS, ST_OK, RSI_GO_ON, "RSI_SUCCESS", "done" },
	{ RSI_ERROR_INPUT, ST_INVALID, RSI_FATAL, "RSI_ERROR_INPUT", "a parameter value is bad" },
	{ RSI_ERROR_STATE, ST_STATE, RSI_FATAL, "RSI_ERROR_STATE",
	  "wrong state of the realm, the REC or the object" },
	{ RSI_INCOMPLETE, ST_INCOMPLETE, RSI_RETRY, "RSI_INCOMPLETE", "not complete, call again" },
	{ RSI_ERROR_UNKNOWN, ST_UNKNOWN, RSI_RETRY, "RSI_ERROR_UNKNOWN",
	  "could not be completed; the operation may be started anew" },
	{ RSI_ERROR_DEVICE, ST_FAULT, RSI_FATAL, "RSI_ERROR_DEVICE", "device error (RSI 1.1)" },
	{ SMCCC_NOT_SUPPORTED, ST_UNSUPPORTED, RSI_FATAL, "NOT_SUPPORTED",
	  "no such function: no realm, or a call of another revision" },
};

static const struct rsi_status no_code = { 0, ST_PROTOCOL, RSI_FATAL, "unknown code",
					   "not a status of this interface" };

EARLY const struct rsi_status *rsi_status_of(u64 x0)
{
	for (size_t i = 0; i < ARRAY_SIZE(rsi_codes); i++)
		if (rsi_codes[i].code == (s64)x0)
			return &rsi_codes[i];
	return &no_code;
}

enum status rsi_failed(const char *call, u64 x0)
{
	const struct rsi_status *s = rsi_status_of(x0);

	print("# rsi: %s answers %s (%lld): %s\n", call, s->name, (long long)x0, s->meaning);
	return s->status;
}
