/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protected KVM on arm64: hypercalls of a protected guest (HVC #0, SMCCC DEN0028, owner 6: vendor
 * specific hypervisor) and what pvmfw finds at its entry. Sources: Linux include/linux/arm-smccc.h,
 * Documentation/virt/kvm/arm/hypercalls.rst; Android pvmfw README, vmbase. One source: RGUARD_*.
 */
#ifndef ABI_PKVM_H
#define ABI_PKVM_H

/* ---- discovery ---- */
#define PKVM_VENDOR_UID 0x8600ff01u
/* R0..R3 of the UID of KVM, protected or not: UUID 28b46fb6-2ec5-11e9-a9ca-4b564d003a74 */
#define PKVM_UID_0 0xb66fb428u
#define PKVM_UID_1 0xe911c52eu
#define PKVM_UID_2 0x564bcaa9u
#define PKVM_UID_3 0x743a004du

/* ---- functions: number n is bit n of FEATURES ---- */
#define PKVM_FEATURES          0x86000000u
#define PKVM_HYP_MEMINFO       0xc6000002u
#define PKVM_MEM_SHARE         0xc6000003u
#define PKVM_MEM_UNSHARE       0xc6000004u
#define PKVM_MMIO_GUARD_INFO   0xc6000005u /* Android */
#define PKVM_MMIO_GUARD_ENROLL 0xc6000006u /* Android */
#define PKVM_MMIO_GUARD        0xc6000007u /* Android: MMIO_GUARD_MAP, the same number */
#define PKVM_MMIO_GUARD_UNMAP  0xc6000008u /* Android */
#define PKVM_MEM_RELINQUISH    0xc6000009u /* Android */
#define PKVM_MMIO_RGUARD_MAP   0xc600000au /* Android, newer */
#define PKVM_MMIO_RGUARD_UNMAP 0xc600000bu /* Android, newer */

#define PKVM_BIT(fid)          BIT((fid)&0x7f)
/* Without all of these it is a plain KVM. */
#define PKVM_REQUIRED                                                                              \
	(PKVM_BIT(PKVM_HYP_MEMINFO) | PKVM_BIT(PKVM_MEM_SHARE) | PKVM_BIT(PKVM_MEM_UNSHARE))
/* What an upstream 7.2 host says: bits 0, 2, 3, 4. */
#define PKVM_FEATURES_UPSTREAM 0x1du

/* HYP_MEMINFO: R0 = granule in bytes; R1, Android's newer ones: */
#define PKVM_MEMINFO_RANGES    BIT(0) /* SHARE and UNSHARE take R2 = number of granules */

#define PKVM_SUCCESS           0
#define PKVM_NOT_SUPPORTED     (-1)
#define PKVM_INVALID_PARAMETER (-3)

/* ---- TRNG (DEN0098 1.0) ---- */
#define TRNG_VERSION            0x84000050u
#define TRNG_FEATURES           0x84000051u
#define TRNG_UUID               0x84000052u
#define TRNG_RND_32             0x84000053u
#define TRNG_RND_64             0xc4000053u /* R1 = bits, 1..192; R1..R3 = entropy, R3 lowest */
#define TRNG_BITS_MAX           192u
#define TRNG_SUCCESS            0
#define TRNG_NOT_SUPPORTED      (-1)
#define TRNG_INVALID_PARAMETERS (-2)
#define TRNG_NO_ENTROPY         (-3)
#define TRNG_VERSION_1_0        0x10000u

/* ---- pvmfw (Android): where it runs, and what follows the binary ---- */
#define PVMFW_BASE         0x7fc00000u
#define PVMFW_SIZE         0x200000u /* binary and configuration data */
#define PVMFW_SCRATCH      0x7fe00000u
#define PVMFW_SCRATCH_SIZE 0x200000u
#define PVMFW_FDT          0x80000000u /* FDT_MAX bytes; guest RAM starts there, too */
#define PVMFW_FDT_MAX      0x200000u
/* Configuration data at the next 4 KiB boundary behind the binary; little endian. */
#define PVMFW_CONFIG_MAGIC     0x666d7670u /* "pvmf" */
#define PVMFW_CONFIG_MAJOR     1u
#define PVMFW_CONFIG_HEADER    16u /* u32 magic, u16 minor, u16 major, u32 total, u32 flags */
#define PVMFW_CONFIG_ENTRY     8u  /* u32 offset from the header's start, u32 size (0: absent) */
#define PVMFW_CONFIG_ALIGN     8u
#define PVMFW_ENTRY_DICE       0u /* DICE chain handover: mandatory */
#define PVMFW_ENTRY_DEBUG      1u /* debug policy overlay */
#define PVMFW_ENTRY_ASSIGNMENT 2u /* device assignment overlay (1.1) */
#define PVMFW_ENTRY_REFERENCE  3u /* VM reference devicetree (1.2) */
#define PVMFW_ENTRIES          4u

#endif
