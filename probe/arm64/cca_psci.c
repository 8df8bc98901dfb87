/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI as realms have it, where it is not everybody's. */
#include "psci.h"

#include "cca.h"
#include "smp.h"

void cca_psci_version(void)
{
	expect_eq("PSCI_VERSION", psci_call(PSCI_VERSION, 0, 0, 0), 0x10001);
}

void cca_psci_features(void)
{
	static const u32 have[] = { PSCI_CPU_SUSPEND_64,   PSCI_CPU_OFF,    PSCI_CPU_ON_64,
				    PSCI_AFFINITY_INFO_64, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET,
				    PSCI_FEATURES,         SMCCC_VERSION };
	static const u32 lack[] = { PSCI_MIGRATE_32,
				    PSCI_MIGRATE_INFO_TYPE,
				    PSCI_SYSTEM_SUSPEND_64,
				    PSCI_SYSTEM_RESET2_64,
				    0x84000013,
				    0xC400ABCD };

	if (expect_features("PSCI_FEATURES of a call realms have", have, ARRAY_SIZE(have),
			    PSCI_SUCCESS))
		(void)expect_features("PSCI_FEATURES of a call realms do not have", lack,
				      ARRAY_SIZE(lack), PSCI_NOT_SUPPORTED);
}

/* The target is the caller, so that a monitor which lets the entry pass starts nothing. */
void cca_psci_on_entry(void)
{
	u64 self = smp_hwid(0);

	if (expect_answer(
		"CPU_ON with the shared alias as entry",
		psci_call(PSCI_CPU_ON_64, self, (u64)(uintptr_t)cpu_cycle_entry | alias_bit(), 0),
		PSCI_INVALID_ADDRESS))
		expect_answer("CPU_ON with an entry beyond 64 KiB below the end of 64 bits",
			      psci_call(PSCI_CPU_ON_64, self, ~0xffffULL, 0), PSCI_INVALID_ADDRESS);
}

void cca_psci_affinity_level(void)
{
	if (expect_answer("AFFINITY_INFO at level 1",
			  psci_call(PSCI_AFFINITY_INFO_64, smp_hwid(0), 1, 0),
			  PSCI_INVALID_PARAMETERS))
		expect_answer("AFFINITY_INFO at level 3",
			      psci_call(PSCI_AFFINITY_INFO_64, smp_hwid(0), 3, 0),
			      PSCI_INVALID_PARAMETERS);
}

void cca_psci_unknown(void)
{
	/* Calls of PSCI that would do no harm if they existed, and a number that is none. */
	static const u32 lack[] = {
		PSCI_MIGRATE_INFO_TYPE, 0x8400000F, 0xC400000D, 0xC4000010, 0x84000013, 0x8400001F
	};

	(void)expect_unknown("a PSCI call realms do not have", lack, ARRAY_SIZE(lack));
}
