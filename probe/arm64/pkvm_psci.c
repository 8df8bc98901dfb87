/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI as KVM has it, where it is not everybody's. */
#include "psci.h"

#include "smp.h"

static const u32 have[] = { PSCI_VERSION,          PSCI_CPU_SUSPEND_64, PSCI_CPU_OFF,
			    PSCI_CPU_ON_64,        PSCI_CPU_ON_32,      PSCI_AFFINITY_INFO_64,
			    PSCI_AFFINITY_INFO_32, PSCI_SYSTEM_OFF,     PSCI_SYSTEM_RESET,
			    PSCI_FEATURES,         SMCCC_VERSION };
/* Numbers that PSCI has not given to anything. */
static const u32 lack[] = { 0x8400001f, 0x8400001e, 0xc400001f };

void pkvm_psci_version(void)
{
	u64 version = psci_call(PSCI_VERSION, 0, 0, 0) & 0xffffffff;

	check_note("answered 0x%llx", (unsigned long long)version);
	expect_true("PSCI_VERSION", version >= 0x10001 && version < 0x20000, "1.1 or a later 1.x");
}

void pkvm_psci_features(void)
{
	if (expect_features("PSCI_FEATURES of a call that each PSCI 1.x has", have,
			    ARRAY_SIZE(have), PSCI_SUCCESS))
		(void)expect_features("PSCI_FEATURES of a number that is no call", lack,
				      ARRAY_SIZE(lack), PSCI_NOT_SUPPORTED);
}

void pkvm_psci_affinity(void)
{
	psci_affinity_nobody();
	expect_answer("AFFINITY_INFO at level 4",
		      psci_call(PSCI_AFFINITY_INFO_64, smp_hwid(0), 4, 0), PSCI_INVALID_PARAMETERS);
	expect_answer("AFFINITY_INFO at level 2^32 - 1",
		      psci_call(PSCI_AFFINITY_INFO_64, smp_hwid(0), 0xffffffff, 0),
		      PSCI_INVALID_PARAMETERS);
}

void pkvm_psci_unknown(void)
{
	(void)expect_unknown("a number that is no call of PSCI", lack, ARRAY_SIZE(lack));
}

void pkvm_psci_migrate(void)
{
	s64 type = (int32_t)psci_call(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0);

	check_note("answered %lld", (long long)type);
	expect_true("MIGRATE_INFO_TYPE", type == 2 || type == PSCI_NOT_SUPPORTED,
		    "2: nothing to migrate, or -1");
}
