/* SPDX-License-Identifier: BSD-2-Clause */
/* Calling convention and discovery. */
#include "pkvm_check.h"

#include "abi/psci.h"
#include "smccc.h"

#define LOW(x) ((x)&0xffffffffULL)

/* Numbers nobody has defined, and what the pKVM block has room for and FEATURES has not. The others
 * mean different things on different hosts, and are not called. */
void pkvm_call_unknown(void)
{
	static const u32 undefined[] = { 0xc6001234, 0x8600ff7f, 0x86002000 };

	for (size_t i = 0; i < ARRAY_SIZE(undefined); i++) {
		check_note("function id 0x%x", undefined[i]);
		if (!expect_eq("a function nobody has defined",
			       (u64)(s64)(int32_t)pkvm_x0(undefined[i], 0, 0, 0), UNKNOWN))
			return;
	}
	for (unsigned n = 48; n < 64; n++) {
		check_note("function %u", n);
		if (!(pkvm_info.features & BIT(n)) &&
		    !expect_eq("a function that FEATURES has not",
			       pkvm_x0(0xc6000000u + n, 0, 0, 0), UNKNOWN))
			return;
	}
}

void pkvm_call_preserved(void)
{
	static const u32 calls[] = { PKVM_FEATURES, PKVM_HYP_MEMINFO, PKVM_VENDOR_UID,
				     SMCCC_VERSION, PSCI_VERSION,     0xc6001234 };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct smccc_regs r = { .x = { calls[i] } };

		for (unsigned n = 4; n < ARRAY_SIZE(r.x); n++)
			r.x[n] = 0x4b65707400000000ULL + n;
		smccc_hvc(&r);
		check_note("function id 0x%x", calls[i]);
		for (unsigned n = 4; n < ARRAY_SIZE(r.x); n++)
			if (!expect_eq("x4..x17 over a call", r.x[n], 0x4b65707400000000ULL + n))
				return;
	}
}

void pkvm_call_smccc_version(void)
{
	u64 version = LOW(pkvm_x0(SMCCC_VERSION, 0, 0, 0));

	check_note("answered 0x%llx", (unsigned long long)version);
	expect_true("SMCCC_VERSION", version >= 0x10001 && version < BIT(31), "1.1 or later");
}

void pkvm_uid(void)
{
	static const u32 uid[] = { PKVM_UID_0, PKVM_UID_1, PKVM_UID_2, PKVM_UID_3 };

	for (unsigned turn = 0; turn < 2 && !check_failed(); turn++) {
		struct pkvm_result r = pkvm_call(PKVM_VENDOR_UID, 0, 0, 0);
		u64 got[] = { (u64)r.x0, r.x1, r.x2, r.x3 };

		for (size_t i = 0; i < ARRAY_SIZE(uid); i++)
			expect_eq("a word of the vendor's UID", LOW(got[i]), uid[i]);
	}
}

void pkvm_features(void)
{
	u64 needed = BIT(0) | PKVM_REQUIRED;

	expect_eq("the bits that protection takes, of FEATURES", pkvm_info.features & needed,
		  needed);
	for (unsigned turn = 0; turn < 3 && !check_failed(); turn++) {
		struct pkvm_result r = pkvm_call(PKVM_FEATURES, 0, 0, 0);

		expect_eq("FEATURES once more", LOW((u64)r.x0) | LOW(r.x1) << 32,
			  pkvm_info.features);
	}
}

void pkvm_meminfo_granule(void)
{
	for (unsigned turn = 0; turn < 3 && !check_failed(); turn++) {
		u64 granule = pkvm_x0(PKVM_HYP_MEMINFO, 0, 0, 0);

		check_note("answered 0x%llx", (unsigned long long)granule);
		expect_true("the granule",
			    granule >= PAGE_SIZE && granule <= BLOCK_SIZE &&
				(granule & (granule - 1)) == 0,
			    "a power of two of 4 KiB to 2 MiB");
		expect_eq("the granule once more", granule, pkvm_info.granule);
	}
}

void pkvm_meminfo_reserved(void)
{
	expect_eq("HYP_MEMINFO with X1 = 1", pkvm_x0(PKVM_HYP_MEMINFO, 1, 0, 0), INVALID);
	expect_eq("HYP_MEMINFO with X2 = 1", pkvm_x0(PKVM_HYP_MEMINFO, 0, 1, 0), INVALID);
	expect_eq("HYP_MEMINFO with X3 = 1", pkvm_x0(PKVM_HYP_MEMINFO, 0, 0, 1), INVALID);
	expect_eq("HYP_MEMINFO with X3 beyond 32 bits", pkvm_x0(PKVM_HYP_MEMINFO, 0, 0, BIT(40)),
		  INVALID);
}
