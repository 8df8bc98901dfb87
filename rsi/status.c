/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every status code of RSI (DEN0137) and PSCI (DEN0022), once: what it means and what the guest
 * does about it. Above the backend only enum status is seen.
 */
#include "abi/psci.h"
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

static const struct rsi_status psci_codes[] = {
	{ PSCI_SUCCESS, ST_OK, RSI_GO_ON, "SUCCESS", "done" },
	{ PSCI_NOT_SUPPORTED, ST_UNSUPPORTED, RSI_FATAL, "NOT_SUPPORTED", "no such function" },
	{ PSCI_INVALID_PARAMETERS, ST_INVALID, RSI_FATAL, "INVALID_PARAMETERS",
	  "the MPIDR belongs to no REC, or an argument is bad" },
	{ PSCI_DENIED, ST_DENIED, RSI_FATAL, "DENIED", "the host refuses" },
	{ PSCI_ALREADY_ON, ST_STATE, RSI_FATAL, "ALREADY_ON", "the CPU runs already" },
	{ PSCI_ON_PENDING, ST_STATE, RSI_FATAL, "ON_PENDING", "the CPU is being started already" },
	{ PSCI_INTERNAL_FAILURE, ST_UNKNOWN, RSI_FATAL, "INTERNAL_FAILURE",
	  "the CPU cannot be started" },
	{ PSCI_NOT_PRESENT, ST_NOT_FOUND, RSI_FATAL, "NOT_PRESENT", "no such CPU" },
	{ PSCI_DISABLED, ST_DENIED, RSI_FATAL, "DISABLED", "the CPU is disabled" },
	{ PSCI_INVALID_ADDRESS, ST_RANGE, RSI_FATAL, "INVALID_ADDRESS",
	  "the entry point is not protected memory" },
};

static const struct rsi_status no_code = { 0, ST_PROTOCOL, RSI_FATAL, "unknown code",
					   "not a status of this interface" };

static EARLY const struct rsi_status *find(const struct rsi_status *table, size_t n, s64 code)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].code == code)
			return &table[i];
	return &no_code;
}

EARLY const struct rsi_status *rsi_status_of(u64 x0)
{
	return find(rsi_codes, ARRAY_SIZE(rsi_codes), (s64)x0);
}

/* PSCI answers are 32-bit in the SMC32 calls, and some monitors leave the upper half of X0 zero in
 * the SMC64 ones, too: only W0 counts. */
const struct rsi_status *psci_status_of(u64 x0)
{
	return find(psci_codes, ARRAY_SIZE(psci_codes), (int32_t)(u32)x0);
}

enum status rsi_failed(const char *call, u64 x0)
{
	const struct rsi_status *s = rsi_status_of(x0);

	print("# rsi: %s answers %s (%lld): %s\n", call, s->name, (long long)x0, s->meaning);
	return s->status;
}
