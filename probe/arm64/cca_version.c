/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca.h"

#define TOO_NEW 0x7fffffff /* 32767.65535 */
#define TOO_OLD 0x00000001 /* 0.1 */

void cca_version_supported(void)
{
	u64 lower = 0, higher = 0;

	if (!expect_eq("RSI_VERSION(1.0)", rsi_version(RSI_REVISION_1_0, &lower, &higher),
		       RSI_SUCCESS) ||
	    !expect_eq("the lower revision", lower, RSI_REVISION_1_0))
		return;
	if (higher < lower || higher > TOO_NEW)
		check_fail("the higher revision", "a revision not below the lower", "0x%llx",
			   (unsigned long long)higher);
}

void cca_version_too_new(void)
{
	u64 lower = 0, higher = 0;

	if (expect_eq("RSI_VERSION(32767.65535)", rsi_version(TOO_NEW, &lower, &higher),
		      RSI_ERROR_INPUT) &&
	    expect_eq("the lower revision, the highest one supported", lower, higher) &&
	    (lower < RSI_REVISION_1_0 || lower >= TOO_NEW))
		check_fail("the lower revision", "1.0 or higher, below the request", "0x%llx",
			   (unsigned long long)lower);
	/* The realm goes on with the revision the backend negotiated. */
	(void)rsi_version(RSI_REVISION_1_0, &lower, &higher);
}

/* There is no revision before 1.0 and every monitor of today has it: it is the lowest supported. */
void cca_version_too_old(void)
{
	u64 lower = 0, higher = 0;

	if (expect_eq("RSI_VERSION(0.1)", rsi_version(TOO_OLD, &lower, &higher), RSI_ERROR_INPUT))
		expect_eq("the lower revision", lower, RSI_REVISION_1_0);
	(void)rsi_version(RSI_REVISION_1_0, &lower, &higher);
}

void cca_features_zero(void)
{
	static const u64 indexes[] = { 0, 1, 2, 64, 0xffffffff, ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		u64 value = ~0ULL;

		check_note("index 0x%llx", (unsigned long long)indexes[i]);
		if (!expect_eq("RSI_FEATURES", rsi_features(indexes[i], &value), RSI_SUCCESS) ||
		    !expect_eq("the value of RSI_FEATURES", value, 0))
			return;
	}
}
