/* SPDX-License-Identifier: BSD-2-Clause */
/* Power State Coordination Interface, DEN0022, and the SMC Calling Convention, DEN0028. */
#ifndef ABI_PSCI_H
#define ABI_PSCI_H

#define SMCCC_VERSION       0x80000000u
#define SMCCC_ARCH_FEATURES 0x80000001u
#define SMCCC_NOT_SUPPORTED (-1LL)
#define SMCCC_VERSION_1_0   0x10000u
#define SMCCC_VERSION_1_1   0x10001u
#define SMCCC_VERSION_1_2   0x10002u
#define SMCCC_64            0x40000000u /* of a function: its arguments have 64 bits */

/* The range of PSCI, both widths, without SMCCC_64 */
#define PSCI_FIRST               0x84000000u
#define PSCI_LAST                0x8400001Fu

#define PSCI_VERSION             0x84000000u
#define PSCI_VERSION_1_0         0x10000u
#define PSCI_VERSION_1_1         0x10001u
#define PSCI_CPU_SUSPEND_32      0x84000001u
#define PSCI_CPU_SUSPEND_64      0xC4000001u
#define PSCI_CPU_OFF             0x84000002u
#define PSCI_CPU_ON_32           0x84000003u
#define PSCI_CPU_ON_64           0xC4000003u
#define PSCI_AFFINITY_INFO_32    0x84000004u
#define PSCI_AFFINITY_INFO_64    0xC4000004u
#define PSCI_MIGRATE_32          0x84000005u
#define PSCI_MIGRATE_INFO_TYPE   0x84000006u
#define PSCI_SYSTEM_OFF          0x84000008u
#define PSCI_SYSTEM_RESET        0x84000009u
#define PSCI_FEATURES            0x8400000Au
#define PSCI_SYSTEM_SUSPEND_64   0xC400000Eu
#define PSCI_SYSTEM_RESET2_32    0x84000012u
#define PSCI_SYSTEM_RESET2_64    0xC4000012u
#define PSCI_WARM_RESET          0u /* type of a SYSTEM_RESET2 */
#define PSCI_MIGRATE_NOT_NEEDED  2  /* of MIGRATE_INFO_TYPE: no trusted OS to migrate */

#define PSCI_SUCCESS             0
#define PSCI_NOT_SUPPORTED       (-1)
#define PSCI_INVALID_PARAMETERS  (-2)
#define PSCI_DENIED              (-3)
#define PSCI_ALREADY_ON          (-4)
#define PSCI_ON_PENDING          (-5)
#define PSCI_INTERNAL_FAILURE    (-6)
#define PSCI_NOT_PRESENT         (-7)
#define PSCI_DISABLED            (-8)
#define PSCI_INVALID_ADDRESS     (-9)

#define PSCI_AFFINITY_ON         0
#define PSCI_AFFINITY_OFF        1
#define PSCI_AFFINITY_ON_PENDING 2

#endif
