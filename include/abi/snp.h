/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMD SEV-SNP: CPUID and MSRs (APM 24593), RMP instructions, launch pages, VMSA, guest messages and
 * the attestation report (SNP firmware ABI 56860), certificate table (56421).
 */
#ifndef ABI_SNP_H
#define ABI_SNP_H

/* CPUID 8000_001F */
#define SNP_CPUID_LEAF                 0x8000001f
#define SNP_CPUID_EAX_SME              0x00000001
#define SNP_CPUID_EAX_SEV              0x00000002
#define SNP_CPUID_EAX_PAGE_FLUSH       0x00000004
#define SNP_CPUID_EAX_ES               0x00000008
#define SNP_CPUID_EAX_SNP              0x00000010
#define SNP_CPUID_EAX_VMPL             0x00000020
#define SNP_CPUID_EAX_RMPQUERY         0x00000040
#define SNP_CPUID_EAX_SECURE_TSC       0x00000100
#define SNP_CPUID_EAX_COHERENT         0x00000400
#define SNP_CPUID_EAX_DEBUG_SWAP       0x00004000
#define SNP_CPUID_EAX_SVSM             0x10000000
#define SNP_CPUID_EBX_CBIT_MASK        0x3f
#define SNP_CPUID_EBX_REDUCE_LO        6          /* [11:6] */
#define SNP_CPUID_EBX_VMPLS_LO         12         /* [15:12] */
#define SNP_CPUID_EBX_COHERENCY_SFW_NO 0x80000000 /* no cache eviction after validation */

/* MSRs */
#define MSR_AMD_GHCB           0xc0010130
#define MSR_AMD_SEV_STATUS     0xc0010131
#define MSR_AMD_GUEST_TSC_FREQ 0xc0010134
#define MSR_AMD_SVSM_CAA       0xc001f000

/* SEV_STATUS; SEV_FEATURES = SEV_STATUS >> 2 */
#define SEV_STATUS_SEV            0x00000001
#define SEV_STATUS_ES             0x00000002
#define SEV_STATUS_SNP            0x00000004
#define SEV_STATUS_VTOM           0x00000008
#define SEV_STATUS_REFLECT_VC     0x00000010
#define SEV_STATUS_RESTRICTED_INJ 0x00000020
#define SEV_STATUS_ALT_INJ        0x00000040
#define SEV_STATUS_DEBUG_SWAP     0x00000080
#define SEV_STATUS_PREVENT_IBS    0x00000100
#define SEV_STATUS_BTB_ISOLATION  0x00000200
#define SEV_STATUS_VMPL_SSS       0x00000400
#define SEV_STATUS_SECURE_TSC     0x00000800
#define SEV_STATUS_VMGEXIT_PARAM  0x00001000
#define SEV_STATUS_PMC_VIRT       0x00002000
#define SEV_STATUS_IBS_VIRT       0x00004000
#define SEV_STATUS_INTERCEPT_CTL  0x00008000
#define SEV_STATUS_VMSA_REG_PROT  0x00010000
#define SEV_STATUS_SMT_PROT       0x00020000
#define SEV_STATUS_SECURE_AVIC    0x00040000
#define SEV_STATUS_IBPB_ENTRY     0x00800000
#define SEV_FEATURES_SHIFT        2
#define SEV_FEATURE_SNP           0x1

/* PVALIDATE (F2 0F 01 FF) and RMPADJUST (F3 0F 01 FE): EAX; ECX = page size; CF = unchanged */
#define RMP_OK                0
#define RMP_FAIL_INPUT        1
#define RMP_FAIL_PERMISSION   2
#define RMP_FAIL_INUSE        3
#define RMP_FAIL_OVERLAP      4
#define RMP_FAIL_SIZEMISMATCH 6
#define RMP_4K                0
#define RMP_2M                1
#define PVALIDATE_RESCIND     0
#define PVALIDATE_VALIDATE    1
/* RMPADJUST RDX */
#define RMPADJUST_VMPL_MASK  0xff
#define RMPADJUST_READ       0x00100
#define RMPADJUST_WRITE      0x00200
#define RMPADJUST_EXEC_USER  0x00400
#define RMPADJUST_EXEC_SUPER 0x00800
#define RMPADJUST_SSS        0x01000
#define RMPADJUST_VMSA       0x10000

/* #NPF EXITINFO1 */
#define NPF_INFO_RMP   0x080000000ULL
#define NPF_INFO_FINAL 0x100000000ULL
#define NPF_INFO_WALK  0x200000000ULL
#define NPF_INFO_ENC   0x400000000ULL
#define NPF_INFO_SIZEM 0x800000000ULL
#define NPF_INFO_VMPL  0x1000000000ULL
#define NPF_INFO_SSS   0x2000000000ULL

#define VECTOR_HV      28u
#define VECTOR_VC      29u

/* Firmware metadata sections (56860 launch; QEMU) */
#define SNP_META_SEC_MEM       1
#define SNP_META_SECRETS       2
#define SNP_META_CPUID         3
#define SNP_META_SVSM_CAA      4
#define SNP_META_KERNEL_HASHES 0x10
#define SNP_META_SIGNATURE     0x56455341 /* "ASEV" */
#define SNP_META_VERSION       1

/* Launch page types and PAGE_INFO */
#define SNP_PAGE_NORMAL        1
#define SNP_PAGE_VMSA          2
#define SNP_PAGE_ZERO          3
#define SNP_PAGE_UNMEASURED    4
#define SNP_PAGE_SECRETS       5
#define SNP_PAGE_CPUID         6
#define SNP_PAGE_INFO_DIGEST   0x00
#define SNP_PAGE_INFO_CONTENTS 0x30
#define SNP_PAGE_INFO_LENGTH   0x60 /* u16 = SNP_PAGE_INFO_SIZE */
#define SNP_PAGE_INFO_TYPE     0x62
#define SNP_PAGE_INFO_IMI      0x63
#define SNP_PAGE_INFO_PERMS    0x64
#define SNP_PAGE_INFO_GPA      0x68
#define SNP_PAGE_INFO_SIZE     0x70
#define SNP_DIGEST_SIZE        48
#define SNP_VMSA_GPA           0xfffffffff000ULL

/* Secrets page */
#define SNP_SECRETS_VERSION      0x000
#define SNP_SECRETS_IMI          0x004
#define SNP_SECRETS_FMS          0x008
#define SNP_SECRETS_GOSVW        0x010
#define SNP_SECRETS_VMPCK        0x020 /* 4 keys */
#define SNP_VMPCK_SIZE           32
#define SNP_VMPCK_COUNT          4
#define SNP_SECRETS_GUEST_OS     0x0a0
#define SNP_SECRETS_SEQ_LO       0x0a0 /* u32 per key */
#define SNP_SECRETS_AP_TABLE     0x0b0
#define SNP_SECRETS_SEQ_HI       0x0b8 /* u32 per key */
#define SNP_SECRETS_GUEST_USE    0x0e0
#define SNP_SECRETS_TWEAK        0x100
#define SNP_SECRETS_SVSM_BASE    0x140
#define SNP_SECRETS_SVSM_SIZE    0x148
#define SNP_SECRETS_SVSM_CAA     0x150
#define SNP_SECRETS_SVSM_VERSION 0x158
#define SNP_SECRETS_VMPL         0x15c /* u8 */
#define SNP_SECRETS_TSC_FACTOR   0x160
#define SNP_SECRETS_LAUNCH_MIT   0x168

/* CPUID page */
#define SNP_CPUID_COUNT      0 /* u32 */
#define SNP_CPUID_COUNT_MAX  64
#define SNP_CPUID_ENTRIES    0x10
#define SNP_CPUID_ENTRY_SIZE 48
#define SNP_CPUID_EAX_IN     0
#define SNP_CPUID_ECX_IN     4
#define SNP_CPUID_XCR0_IN    8
#define SNP_CPUID_XSS_IN     16
#define SNP_CPUID_EAX        24
#define SNP_CPUID_EBX        28
#define SNP_CPUID_ECX        32
#define SNP_CPUID_EDX        36

/* VMSA: a segment is u16 selector, u16 attributes, u32 limit, u64 base */
#define VMSA_SIZE            4096
#define VMSA_USED            0x670
#define VMSA_ES              0x000
#define VMSA_CS              0x010
#define VMSA_SS              0x020
#define VMSA_DS              0x030
#define VMSA_FS              0x040
#define VMSA_GS              0x050
#define VMSA_GDTR            0x060
#define VMSA_LDTR            0x070
#define VMSA_IDTR            0x080
#define VMSA_TR              0x090
#define VMSA_PL0_SSP         0x0a0
#define VMSA_U_CET           0x0c0
#define VMSA_VMPL            0x0ca /* u8 */
#define VMSA_CPL             0x0cb /* u8 */
#define VMSA_EFER            0x0d0
#define VMSA_XSS             0x140
#define VMSA_CR4             0x148
#define VMSA_CR3             0x150
#define VMSA_CR0             0x158
#define VMSA_DR7             0x160
#define VMSA_DR6             0x168
#define VMSA_RFLAGS          0x170
#define VMSA_RIP             0x178
#define VMSA_DR0             0x180
#define VMSA_DR0_MASK        0x1a0
#define VMSA_RSP             0x1d8
#define VMSA_S_CET           0x1e0
#define VMSA_SSP             0x1e8
#define VMSA_ISST            0x1f0
#define VMSA_RAX             0x1f8
#define VMSA_STAR            0x200
#define VMSA_LSTAR           0x208
#define VMSA_CSTAR           0x210
#define VMSA_SFMASK          0x218
#define VMSA_KERNEL_GS_BASE  0x220
#define VMSA_SYSENTER_CS     0x228
#define VMSA_SYSENTER_ESP    0x230
#define VMSA_SYSENTER_EIP    0x238
#define VMSA_CR2             0x240
#define VMSA_G_PAT           0x268
#define VMSA_DBGCTL          0x270
#define VMSA_BR_FROM         0x278
#define VMSA_BR_TO           0x280
#define VMSA_LAST_EXCP_FROM  0x288
#define VMSA_LAST_EXCP_TO    0x290
#define VMSA_SPEC_CTRL       0x2e0
#define VMSA_PKRU            0x2e8
#define VMSA_TSC_AUX         0x2ec
#define VMSA_TSC_SCALE       0x2f0
#define VMSA_TSC_OFFSET      0x2f8
#define VMSA_REG_PROT_NONCE  0x300
#define VMSA_RCX             0x308
#define VMSA_RDX             0x310
#define VMSA_RBX             0x318
#define VMSA_SECURE_AVIC_CTL 0x320
#define VMSA_RBP             0x328
#define VMSA_RSI             0x330
#define VMSA_RDI             0x338
#define VMSA_R8              0x340
#define VMSA_R15             0x378
#define VMSA_EXITINFO1       0x390
#define VMSA_EXITINFO2       0x398
#define VMSA_EXITINTINFO     0x3a0
#define VMSA_NEXT_RIP        0x3a8
#define VMSA_SEV_FEATURES    0x3b0
#define VMSA_VINTR_CTRL      0x3b8
#define VMSA_EXIT_CODE       0x3c0
#define VMSA_VTOM            0x3c8
#define VMSA_TLB_ID          0x3d0
#define VMSA_PCPU_ID         0x3d8
#define VMSA_EVENTINJ        0x3e0
#define VMSA_XCR0            0x3e8
#define VMSA_X87_DP          0x400
#define VMSA_MXCSR           0x408
#define VMSA_FTW             0x40c
#define VMSA_FSW             0x40e
#define VMSA_FCW             0x410
#define VMSA_FOP             0x412
#define VMSA_X87_DS          0x414
#define VMSA_X87_CS          0x416
#define VMSA_X87_RIP         0x418
#define VMSA_X87             0x420 /* 80 bytes */
#define VMSA_XMM             0x470 /* 256 bytes */
#define VMSA_YMM             0x570 /* 256 bytes */

/* Guest message page */
#define SNP_MSG_AUTHTAG            0x00
#define SNP_MSG_AUTHTAG_SIZE       32 /* 16 used */
#define SNP_MSG_SEQNO              0x20
#define SNP_MSG_ALGO               0x30 /* first byte of the AAD */
#define SNP_MSG_HDR_VERSION        0x31
#define SNP_MSG_HDR_SIZE           0x32 /* u16 */
#define SNP_MSG_TYPE               0x34
#define SNP_MSG_VERSION            0x35
#define SNP_MSG_SIZE               0x36 /* u16 */
#define SNP_MSG_VMPCK              0x3c
#define SNP_MSG_PAYLOAD            0x60
#define SNP_MSG_PAYLOAD_MAX        4000
#define SNP_MSG_AAD                0x30
#define SNP_MSG_AAD_SIZE           0x30
#define SNP_MSG_ALGO_AES_256_GCM   1
#define SNP_MSG_HDR_VERSION_1      1
#define SNP_MSG_HDR_SIZE_1         0x60
#define SNP_MSG_VERSION_1          1

#define SNP_MSG_CPUID_REQ          1
#define SNP_MSG_CPUID_RSP          2
#define SNP_MSG_KEY_REQ            3
#define SNP_MSG_KEY_RSP            4
#define SNP_MSG_REPORT_REQ         5
#define SNP_MSG_REPORT_RSP         6
#define SNP_MSG_EXPORT_REQ         7
#define SNP_MSG_IMPORT_REQ         9
#define SNP_MSG_ABSORB_REQ         11
#define SNP_MSG_VMRK_REQ           13
#define SNP_MSG_ABSORB_NOMA_REQ    15
#define SNP_MSG_TSC_INFO_REQ       17
#define SNP_MSG_TSC_INFO_RSP       18

#define SNP_STATUS_OK              0
#define SNP_STATUS_INVALID_PARAM   0x16
#define SNP_STATUS_INVALID_KEY     0x27

#define SNP_KEY_REQ_SELECT         0
#define SNP_KEY_REQ_FIELDS         8
#define SNP_KEY_REQ_VMPL           16
#define SNP_KEY_REQ_SVN            20
#define SNP_KEY_REQ_TCB            24
#define SNP_KEY_REQ_SIZE           32
#define SNP_KEY_RSP_STATUS         0
#define SNP_KEY_RSP_KEY            32
#define SNP_KEY_RSP_SIZE           64

#define SNP_REPORT_REQ_DATA        0 /* 64 bytes */
#define SNP_REPORT_REQ_VMPL        64
#define SNP_REPORT_REQ_KEY         68
#define SNP_REPORT_REQ_SIZE        96
#define SNP_REPORT_RSP_STATUS      0
#define SNP_REPORT_RSP_REPORT_SIZE 4
#define SNP_REPORT_RSP_REPORT      32
#define SNP_REPORT_RSP_SIZE        1216

#define SNP_TSC_INFO_REQ_SIZE      128
#define SNP_TSC_INFO_RSP_SIZE      128
#define SNP_TSC_INFO_STATUS        0
#define SNP_TSC_INFO_SCALE         8
#define SNP_TSC_INFO_OFFSET        16
#define SNP_TSC_INFO_FACTOR        24

/* Attestation report */
#define SNP_REPORT_SIZE            0x4a0
#define SNP_REPORT_VERSION         0x000
#define SNP_REPORT_GUEST_SVN       0x004
#define SNP_REPORT_POLICY          0x008
#define SNP_REPORT_FAMILY_ID       0x010
#define SNP_REPORT_IMAGE_ID        0x020
#define SNP_REPORT_VMPL            0x030
#define SNP_REPORT_SIG_ALGO        0x034
#define SNP_REPORT_CURRENT_TCB     0x038
#define SNP_REPORT_PLATFORM_INFO   0x040
#define SNP_REPORT_KEY_INFO        0x048
#define SNP_REPORT_DATA            0x050
#define SNP_REPORT_DATA_SIZE       64
#define SNP_REPORT_MEASUREMENT     0x090
#define SNP_REPORT_HOST_DATA       0x0c0
#define SNP_REPORT_ID_KEY          0x0e0
#define SNP_REPORT_AUTHOR_KEY      0x110
#define SNP_REPORT_ID              0x140
#define SNP_REPORT_ID_MA           0x160
#define SNP_REPORT_REPORTED_TCB    0x180
#define SNP_REPORT_FAMILY          0x188
#define SNP_REPORT_MODEL           0x189
#define SNP_REPORT_STEPPING        0x18a
#define SNP_REPORT_CHIP_ID         0x1a0
#define SNP_REPORT_COMMITTED_TCB   0x1e0
#define SNP_REPORT_CURRENT_BUILD   0x1e8
#define SNP_REPORT_CURRENT_MINOR   0x1e9
#define SNP_REPORT_CURRENT_MAJOR   0x1ea
#define SNP_REPORT_COMMITTED_BUILD 0x1ec
#define SNP_REPORT_COMMITTED_MINOR 0x1ed
#define SNP_REPORT_COMMITTED_MAJOR 0x1ee
#define SNP_REPORT_LAUNCH_TCB      0x1f0
#define SNP_REPORT_LAUNCH_MIT      0x1f8
#define SNP_REPORT_CURRENT_MIT     0x200
#define SNP_REPORT_SIGNATURE       0x2a0 /* over everything before it */
#define SNP_REPORT_SIG_COMPONENT   72    /* r then s, little-endian, 48 bytes significant */
#define SNP_SIG_ECDSA_P384_SHA384  1
#define SNP_POLICY_SMT             0x10000
#define SNP_POLICY_RSVD1           0x20000 /* must be set */
#define SNP_POLICY_MIGRATE_MA      0x40000
#define SNP_POLICY_DEBUG           0x80000
#define SNP_POLICY_SINGLE_SOCKET   0x100000

/* Certificate table of the extended guest request */
#define SNP_CERT_GUID       0  /* 16 bytes in text order */
#define SNP_CERT_OFFSET     16 /* u32 from the start of the table */
#define SNP_CERT_LENGTH     20 /* u32 */
#define SNP_CERT_ENTRY_SIZE 24
#define SNP_CERT_GUID_ARK   "c0b406a4-a803-4952-9743-3fb6014cd0ae"
#define SNP_CERT_GUID_ASK   "4ab7b379-bbac-4fe4-a02f-05aef327c782"
#define SNP_CERT_GUID_VCEK  "63da758d-e664-4564-adc5-f4b93be8accd"
#define SNP_CERT_GUID_VLEK  "a8074bc2-a25a-483e-aae6-39c045a0b8a1"
#define SNP_CERT_GUID_CRL   "92f81bc3-5811-4d3d-97ff-d19f88dc67ea"

#endif
