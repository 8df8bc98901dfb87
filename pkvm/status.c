/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every status code of pKVM's calls and of TRNG (DEN0098), once. Above the backend only enum status
 * is seen.
 */
#include "abi/psci.h" /* SMCCC_NOT_SUPPORTED */
#include "internal.h"
#include "print.h"

static const struct pkvm_status pkvm_codes[] = {
	{ PKVM_SUCCESS, ST_OK, "SUCCESS", "done" },
	{ PKVM_NOT_SUPPORTED, ST_UNSUPPORTED, "NOT_SUPPORTED", "no such function" },
	{ PKVM_INVALID_PARAMETER, ST_INVALID, "INVALID_PARAMETER",
	  "a bad argument, or a page in another state" },
};

static const struct pkvm_status trng_codes[] = {
	{ TRNG_SUCCESS, ST_OK, "SUCCESS", "done" },
	{ TRNG_NOT_SUPPORTED, ST_UNSUPPORTED, "NOT_SUPPORTED", "no such function" },
	{ TRNG_INVALID_PARAMETERS, ST_INVALID, "INVALID_PARAMETERS", "a bad argument" },
	{ TRNG_NO_ENTROPY, ST_INCOMPLETE, "NO_ENTROPY", "none now" },
};

static const struct pkvm_status no_code = { 0, ST_PROTOCOL, "unknown code",
					    "not a status of this interface" };

static const struct pkvm_status *find(const struct pkvm_status *table, size_t n, s64 code)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].code == code)
			return &table[i];
	return &no_code;
}

const struct pkvm_status *pkvm_status_of(s64 x0)
{
	return find(pkvm_codes, ARRAY_SIZE(pkvm_codes), x0);
}

const struct pkvm_status *trng_status_of(s64 x0)
{
	return find(trng_codes, ARRAY_SIZE(trng_codes), x0);
}

enum status pkvm_failed(const char *call, u64 address, s64 x0)
{
	const struct pkvm_status *s = pkvm_status_of(x0);

	print("# pkvm: %s 0x%llx answers %s (%lld): %s\n", call, (unsigned long long)address,
	      s->name, (long long)x0, s->meaning);
	return s->status == ST_OK ? ST_PROTOCOL : s->status;
}
