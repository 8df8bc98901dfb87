/* SPDX-License-Identifier: BSD-2-Clause */
/* What the head of the report says of the platform. */
#include "cca.h"
#include "pkvm.h"
#include "print.h"

static const char *hash_name(u64 page)
{
	switch (*(volatile u8 *)(uintptr_t)(page + RSI_CONFIG_HASH_ALGO)) {
	case RSI_HASH_SHA256:
		return "sha-256";
	case RSI_HASH_SHA512:
		return "sha-512";
	case RSI_HASH_SHA384:
		return "sha-384";
	}
	return "unknown";
}

static void header_realm(void)
{
	static u8 config[PAGE_SIZE] ALIGNED(PAGE_SIZE);
	u64 page = (u64)(uintptr_t)config, lower = 0, higher = 0;

	(void)rsi_version(RSI_REVISION_1_0, &lower, &higher);
	config[RSI_CONFIG_HASH_ALGO] = 0xff;
	(void)rsi_realm_config(page);
	print("# realm: ipa_width %llu, hash %s, RSI %llu.%llu (highest %llu.%llu)\n",
	      (unsigned long long)rsi_ipa_width, hash_name(page),
	      (unsigned long long)FIELD(lower, 30, 16), (unsigned long long)FIELD(lower, 15, 0),
	      (unsigned long long)FIELD(higher, 30, 16), (unsigned long long)FIELD(higher, 15, 0));
}

static const char *guard_name(void)
{
	if (pkvm_info.enrolled)
		return "enrolled";
	return pkvm_has(PKVM_MMIO_GUARD) ? "offered" : "none";
}

static void header_pkvm(void)
{
	print("# pkvm: granule %llu, features 0x%llx, %s, guard %s\n",
	      (unsigned long long)pkvm_info.granule, (unsigned long long)pkvm_info.features,
	      pkvm_info.ranges ? "ranges" : "no ranges", guard_name());
}

void header_platform(void)
{
	if (cvm.ops->platform == CVM_CCA)
		header_realm();
	else if (cvm.ops->platform == CVM_PKVM)
		header_pkvm();
}
