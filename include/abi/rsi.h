/* SPDX-License-Identifier: BSD-2-Clause */
/* Realm Services Interface 1.0, RMM specification DEN0137 (final, "rel0"). */
#ifndef ABI_RSI_H
#define ABI_RSI_H

#define RSI_VERSION                    0xC4000190u
#define RSI_FEATURES                   0xC4000191u
#define RSI_MEASUREMENT_READ           0xC4000192u
#define RSI_MEASUREMENT_EXTEND         0xC4000193u
#define RSI_ATTESTATION_TOKEN_INIT     0xC4000194u
#define RSI_ATTESTATION_TOKEN_CONTINUE 0xC4000195u
#define RSI_REALM_CONFIG               0xC4000196u
#define RSI_IPA_STATE_SET              0xC4000197u
#define RSI_IPA_STATE_GET              0xC4000198u
#define RSI_HOST_CALL                  0xC4000199u

#define RSI_FID_FIRST                  0xC4000190u
#define RSI_FID_LAST                   0xC40001AFu

#define RSI_REVISION_1_0               0x00010000u
#define RSI_REVISION_1_1               0x00010001u

#define RSI_SUCCESS                    0u
#define RSI_ERROR_INPUT                1u
#define RSI_ERROR_STATE                2u
#define RSI_INCOMPLETE                 3u
#define RSI_ERROR_UNKNOWN              4u
#define RSI_ERROR_DEVICE               5u

/* RIPAS values */
#define RIPAS_EMPTY     0u
#define RIPAS_RAM       1u
#define RIPAS_DESTROYED 2u
#define RIPAS_DEV       3u

/* IPA_STATE_SET X4 flags and X2 response */
#define RSI_CHANGE_DESTROYED 1u
#define RSI_RESPONSE_ACCEPT  0u
#define RSI_RESPONSE_REJECT  1u

/* hash_algo */
#define RSI_HASH_SHA256 0u
#define RSI_HASH_SHA512 1u
#define RSI_HASH_SHA384 2u

/* RsiRealmConfig: one granule; only these fields are written by a 1.0 RMM */
#define RSI_CONFIG_IPA_WIDTH 0x000 /* u64 */
#define RSI_CONFIG_HASH_ALGO 0x008 /* u8 */
#define RSI_CONFIG_RPV       0x200 /* 64 bytes */
#define RSI_CONFIG_RPV_SIZE  64

/* RsiHostCall: 0x100 bytes, 0x100 aligned */
#define RSI_HOST_CALL_SIZE        0x100
#define RSI_HOST_CALL_IMM         0x00 /* u32, low 16 bits used */
#define RSI_HOST_CALL_GPRS        0x08 /* 31 x u64 */
#define RSI_HOST_CALL_NR          31

#define RSI_MEASUREMENT_INDEX_MAX 4 /* 0 = RIM, 1..4 = REM0..3 */
#define RSI_MEASUREMENT_SIZE      64
#define RSI_CHALLENGE_SIZE        64
#define RSI_TOKEN_MAX             4096

#endif
