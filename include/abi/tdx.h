/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel TDX as a guest meets it: TDCALL leaves and status codes of the TDX module (ABI reference,
 * document 348551), TDVMCALL sub-functions (GHCI, 348552), the TDVF metadata and the TD HOB, report
 * and quote. Little-endian throughout; offsets and sizes in bytes.
 */
#ifndef ABI_TDX_H
#define ABI_TDX_H

/* ---- detection: CPUID leaf 0x21, subleaf 0; twelve bytes in the order EBX, EDX, ECX ---- */
#define TDX_CPUID_LEAF 0x21u
#define TDX_CPUID_EBX  0x65746E49u /* "Inte" */
#define TDX_CPUID_EDX  0x5844546Cu /* "lTDX" */
#define TDX_CPUID_ECX  0x20202020u /* "    " */

/* ---- ATTRIBUTES ---- */
#define TDX_ATTR_DEBUG           0x0000000000000001ULL
#define TDX_ATTR_TUD             0x00000000000000FFULL /* any of these: not to be trusted */
#define TDX_ATTR_SEPT_VE_DISABLE 0x0000000010000000ULL
#define TDX_ATTR_MIGRATABLE      0x0000000020000000ULL
#define TDX_ATTR_PKS             0x0000000040000000ULL
#define TDX_ATTR_KL              0x0000000080000000ULL
#define TDX_ATTR_PERFMON         0x8000000000000000ULL

#define TDX_XFAM_FIXED1          0x3ULL
#define TDX_XFAM_FIXED0          0x0006DBE7ULL

/* CONFIG_FLAGS */
#define TDX_CONFIG_GPAW_52             0x1ULL
#define TDX_CONFIG_FLEXIBLE_PENDING_VE 0x2ULL
#define TDX_CONFIG_NO_RBP_MOD          0x4ULL

/* TDG.VP.INFO R10 */
#define TDX_VP_INFO_SYS_RD 0x1ULL

/* ---- TDCALL: RAX[15:0] leaf, RAX[23:16] version ---- */
#define TDG_VP_VMCALL        0u
#define TDG_VP_INFO          1u
#define TDG_MR_RTMR_EXTEND   2u
#define TDG_VP_VEINFO_GET    3u
#define TDG_MR_REPORT        4u
#define TDG_VP_CPUIDVE_SET   5u
#define TDG_MEM_PAGE_ACCEPT  6u
#define TDG_VM_RD            7u
#define TDG_VM_WR            8u
#define TDG_VP_RD            9u
#define TDG_VP_WR            10u
#define TDG_SYS_RD           11u
#define TDG_SYS_RDALL        12u
#define TDG_SERVTD_RD        18u
#define TDG_SERVTD_WR        20u
#define TDG_MR_VERIFYREPORT  22u
#define TDG_MEM_PAGE_ATTR_RD 23u
#define TDG_MEM_PAGE_ATTR_WR 24u
#define TDG_VP_ENTER         25u
#define TDG_VP_INVEPT        26u
#define TDG_VP_INVGLA        27u
#define TDG_MR_KEY_GET       29u
#define TDG_MEM_PAGE_RELEASE 30u
#define TDG_VERSION_SHIFT    16
#define TDG_RAX_RESERVED     0xFFFFFFFFFF000000ULL

/* MEM.PAGE.ACCEPT, ATTR.RD and ATTR.WR: RCX = GPA | level */
#define TDX_LEVEL_4K        0u
#define TDX_LEVEL_2M        1u
#define TDX_LEVEL_MASK      0x7ULL
#define TDX_PAGE_GPA_MASK   0x000FFFFFFFFFF000ULL
#define TDX_ATTR_RD_PENDING 0x4000000000000000ULL /* bit 62 of ATTR.RD's RCX */

/* ---- status: compare bits 63:32; bits 31:0 are details ---- */
#define TDX_CODE(rax)                       ((unsigned)((rax) >> 32))
#define TDX_DETAILS(rax)                    ((unsigned)((rax)&0xFFFFFFFFu))

#define TDX_STATUS_ERROR                    0x80000000u
#define TDX_STATUS_NON_RECOVERABLE          0x40000000u
#define TDX_STATUS_FATAL                    0x20000000u

#define TDX_SUCCESS                         0x00000000u
#define TDX_NON_RECOVERABLE_VCPU            0x40000001u
#define TDX_NON_RECOVERABLE_TD              0x60000002u
#define TDX_INTERRUPTED_RESUMABLE           0x80000003u
#define TDX_INTERRUPTED_RESTARTABLE         0x80000004u
#define TDX_NON_RECOVERABLE_NON_ACCESSIBLE  0x60000005u
#define TDX_INVALID_RESUMPTION              0xC0000006u
#define TDX_NON_RECOVERABLE_WRONG_APIC_MODE 0xE0000007u
#define TDX_CROSS_TD_FAULT                  0x80000008u
#define TDX_CROSS_TD_TRAP                   0x90000009u
#define TDX_NON_RECOVERABLE_CORRUPTED_MD    0x6000000Au
#define TDX_OPERAND_INVALID                 0xC0000100u
#define TDX_OPERAND_ADDR_RANGE_ERROR        0xC0000101u
#define TDX_OPERAND_BUSY                    0x80000200u
#define TDX_PREVIOUS_TLB_EPOCH_BUSY         0x80000201u
#define TDX_SYS_BUSY                        0x80000202u
#define TDX_RND_NO_ENTROPY                  0x80000203u
#define TDX_OPERAND_BUSY_HOST_PRIORITY      0x80000204u
#define TDX_HOST_PRIORITY_BUSY_TIMEOUT      0x90000205u
#define TDX_PAGE_METADATA_INCORRECT         0xC0000300u
#define TDX_PAGE_NOT_OWNED_BY_TD            0xC0000302u
#define TDX_TD_FATAL                        0xE0000604u
#define TDX_VCPU_STATE_INCORRECT            0xC0000700u
#define TDX_NO_VALID_VE_INFO                0xC0000704u
#define TDX_MAX_VCPUS_EXCEEDED              0xC0000705u
#define TDX_EPT_WALK_FAILED                 0xC0000B00u
#define TDX_EPT_ENTRY_FREE                  0xC0000B01u
#define TDX_EPT_ENTRY_NOT_PRESENT           0xC0000B03u
#define TDX_PAGE_ALREADY_ACCEPTED           0x00000B0Au /* no ERROR bit */
#define TDX_PAGE_SIZE_MISMATCH              0xC0000B0Bu
#define TDX_GPA_RANGE_BLOCKED               0xC0000B0Cu
#define TDX_EPT_ENTRY_STATE_INCORRECT       0xC0000B0Du
#define TDX_L2_SEPT_WALK_FAILED             0xC0000B0Fu
#define TDX_PAGE_ATTR_INVALID               0xC0000B11u
#define TDX_METADATA_FIELD_ID_INCORRECT     0xC0000C00u
#define TDX_METADATA_FIELD_NOT_WRITABLE     0xC0000C01u
#define TDX_METADATA_FIELD_NOT_READABLE     0xC0000C02u
#define TDX_METADATA_FIELD_VALUE_NOT_VALID  0xC0000C03u
#define TDX_METADATA_LIST_OVERFLOW          0xC0000C04u
#define TDX_METADATA_CURRENTLY_NOT_WRITABLE 0xC0000C09u
#define TDX_METADATA_WR_MASK_NOT_VALID      0xC0000C0Au
#define TDX_METADATA_FIRST_FIELD_ID         0x00000C0Bu
#define TDX_METADATA_FIELD_SKIP             0x00000C0Cu
#define TDX_SERVTD_INFO_HASH_MISMATCH       0xC0000D03u
#define TDX_SERVTD_UUID_MISMATCH            0xC0000D04u
#define TDX_SERVTD_NOT_BOUND                0xC0000D05u
#define TDX_TARGET_UUID_MISMATCH            0xC0000D07u
#define TDX_TARGET_UUID_UPDATED             0xC0000D08u
#define TDX_INVALID_CPUSVN                  0xC0001000u
#define TDX_INVALID_REPORTMACSTRUCT         0xC0001001u
#define TDX_GLA_NOT_CANONICAL               0xC0001160u

/* Operand ids in bits 31:0 of the codes that name an operand */
#define TDX_OPERAND_RAX            0u
#define TDX_OPERAND_RCX            1u
#define TDX_OPERAND_RDX            2u
#define TDX_OPERAND_RBX            3u
#define TDX_OPERAND_R8             8u
#define TDX_OPERAND_R9             9u
#define TDX_OPERAND_R10            10u
#define TDX_OPERAND_SEPT_TREE      146u
#define TDX_OPERAND_SEPT_ENTRY     147u
#define TDX_OPERAND_RTMR           168u
#define TDX_OPERAND_METADATA_FIELD 176u

/* ---- metadata fields ---- */
#define TDX_FIELD_TD_UUID                  0x8010000300000020ULL /* 4 elements */
#define TDX_FIELD_NUM_VCPUS                0x9010000200000001ULL
#define TDX_FIELD_NUM_L2_VMS               0x9010000100000005ULL
#define TDX_FIELD_ATTRIBUTES               0x1110000300000000ULL
#define TDX_FIELD_XFAM                     0x1110000300000001ULL
#define TDX_FIELD_MAX_VCPUS                0x1110000200000002ULL
#define TDX_FIELD_GPAW                     0x1110000000000003ULL
#define TDX_FIELD_TSC_FREQUENCY            0x111000010000000CULL
#define TDX_FIELD_NOTIFY_ENABLES           0x9110000300000010ULL
#define TDX_FIELD_CONFIG_FLAGS             0x1110000300000016ULL
#define TDX_FIELD_TD_CTLS                  0x1110000300000017ULL
#define TDX_FIELD_TOPOLOGY_ENUM_CONFIGURED 0x9100000000000019ULL
#define TDX_FIELD_MRTD                     0x1310000300000000ULL /* 6 elements */
#define TDX_FIELD_MRCONFIGID               0x1310000300000010ULL /* 6 */
#define TDX_FIELD_MROWNER                  0x1310000300000018ULL /* 6 */
#define TDX_FIELD_MROWNERCONFIG            0x1310000300000020ULL /* 6 */
#define TDX_FIELD_RTMR                     0x1310000300000040ULL /* 24: RTMR0..3, 6 each */
#define TDX_FIELD_SERVTD_HASH              0x9910000300000000ULL /* 6 */
#define TDX_FIELD_VCPU_INDEX               0xA020000200000002ULL
#define TDX_FIELD_CPUID_SUPERVISOR_VE      0xA020000000000007ULL
#define TDX_FIELD_CPUID_USER_VE            0xA020000000000008ULL
#define TDX_FIELD_CPUID_CONTROL            0xA120000000000000ULL /* 128 elements of 8 bits */
#define TDX_FIELD_SYS_VENDOR_ID            0x0800000200000000ULL
#define TDX_FIELD_SYS_MINOR_VERSION        0x0800000100000003ULL
#define TDX_FIELD_SYS_MAJOR_VERSION        0x0800000100000004ULL
#define TDX_FIELD_SYS_FEATURES0            0x0A00000300000008ULL
/* Bits of an id that count on look-up of one element; the others must be 0 or do not matter. */
#define TDX_FIELD_CODE_MASK            0x0000000000FFFFFFULL
#define TDX_FIELD_CLASS_MASK           0x3F00000000000000ULL
#define TDX_FIELD_LIST_BITS            0x00007FFC00000000ULL /* last element, last field */

#define TDX_NOTIFY_ZERO_STEP           0x1ULL
#define TDX_TD_CTLS_PENDING_VE_DISABLE 0x1ULL
#define TDX_TD_CTLS_ENUM_TOPOLOGY      0x2ULL
#define TDX_TD_CTLS_VIRT_CPUID2        0x4ULL
#define TDX_TD_CTLS_REDUCE_VE          0x8ULL
#define TDX_TD_CTLS_LOCK               0x8000000000000000ULL

/* ---- TDG.VP.VMCALL (GHCI): RCX = mask of registers passed, R10 = 0, R11 = sub-function ---- */
#define TDVMCALL_RDX                0x0004u
#define TDVMCALL_RBX                0x0008u
#define TDVMCALL_RBP                0x0020u
#define TDVMCALL_RSI                0x0040u
#define TDVMCALL_RDI                0x0080u
#define TDVMCALL_R8                 0x0100u
#define TDVMCALL_R9                 0x0200u
#define TDVMCALL_R10                0x0400u
#define TDVMCALL_R11                0x0800u
#define TDVMCALL_R12                0x1000u
#define TDVMCALL_R13                0x2000u
#define TDVMCALL_R14                0x4000u
#define TDVMCALL_R15                0x8000u
#define TDVMCALL_MASK_ALL           0xFFCCu /* all of them but RBP */
#define TDVMCALL_MASK_RESERVED      0xFFFFFFFF00000013ULL

#define TDVMCALL_CPUID              10u
#define TDVMCALL_HLT                12u
#define TDVMCALL_IO                 30u
#define TDVMCALL_RDMSR              31u
#define TDVMCALL_WRMSR              32u
#define TDVMCALL_MMIO               48u
#define TDVMCALL_WBINVD             54u
#define TDVMCALL_PCONFIG            65u
#define TDVMCALL_GET_TD_VMCALL_INFO 0x10000u
#define TDVMCALL_MAP_GPA            0x10001u
#define TDVMCALL_GET_QUOTE          0x10002u
#define TDVMCALL_REPORT_FATAL_ERROR 0x10003u
#define TDVMCALL_SETUP_EVENT_NOTIFY 0x10004u
#define TDVMCALL_SERVICE            0x10005u
#define TDVMCALL_MIGTD              0x10006u

#define TDVMCALL_IO_IN              0u
#define TDVMCALL_IO_OUT             1u
#define TDVMCALL_MMIO_READ          0u
#define TDVMCALL_MMIO_WRITE         1u

/* R10 out */
#define TDVMCALL_SUCCESS             0ULL
#define TDVMCALL_RETRY               1ULL
#define TDVMCALL_INVALID_OPERAND     0x8000000000000000ULL
#define TDVMCALL_GPA_INUSE           0x8000000000000001ULL
#define TDVMCALL_ALIGN_ERROR         0x8000000000000002ULL
#define TDVMCALL_SUBFUNC_UNSUPPORTED 0x8000000000000003ULL

/* ReportFatalError: R12[31:0] code, R12[63] R13 is valid; 64 bytes of text in R14, R15, RBX, RDI,
 * RSI, R8, R9, RDX. Codes with bits in 15:0 are refused by some VMMs. */
#define TDX_FATAL_GPA_VALID    0x8000000000000000ULL
#define TDX_FATAL_PANIC        0x00000000u
#define TDX_FATAL_PASS         0x00010000u /* ours: the verdict is "pass" */
#define TDX_FATAL_FAIL         0x00020000u /* ours: it is "fail" */
#define TDX_FATAL_MESSAGE_SIZE 64

/* GetQuote buffer, in shared memory */
#define TDX_QUOTE_VERSION            0  /* u64, 1 */
#define TDX_QUOTE_STATUS             8  /* u64, written by the VMM */
#define TDX_QUOTE_IN_LEN             16 /* u32 */
#define TDX_QUOTE_OUT_LEN            20 /* u32 */
#define TDX_QUOTE_DATA               24
#define TDX_QUOTE_VERSION_1          1ULL
#define TDX_QUOTE_STATUS_SUCCESS     0ULL
#define TDX_QUOTE_STATUS_IN_FLIGHT   0xFFFFFFFFFFFFFFFFULL
#define TDX_QUOTE_STATUS_ERROR       0x8000000000000000ULL
#define TDX_QUOTE_STATUS_UNAVAILABLE 0x8000000000000001ULL

/* ---- #VE: vector, exit reasons ---- */
#define TDX_VE_VECTOR        20u
#define TDX_VE_CPUID         10u
#define TDX_VE_HLT           12u
#define TDX_VE_INVD          13u
#define TDX_VE_VMCALL        18u
#define TDX_VE_CR_ACCESS     28u
#define TDX_VE_IO            30u
#define TDX_VE_RDMSR         31u
#define TDX_VE_WRMSR         32u
#define TDX_VE_MWAIT         36u
#define TDX_VE_MONITOR       39u
#define TDX_VE_EPT_VIOLATION 48u
#define TDX_VE_WBINVD        54u
#define TDX_VE_APIC_WRITE    56u
#define TDX_VE_PCONFIG       65u
#define TDX_VE_TDCALL        77u /* what the VMM sees of TDG.VP.VMCALL */

/* IO exit qualification */
#define TDX_IO_SIZE_MASK  0x7u /* size - 1 */
#define TDX_IO_IN         0x8u
#define TDX_IO_STRING     0x10u
#define TDX_IO_REP        0x20u
#define TDX_IO_IMMEDIATE  0x40u
#define TDX_IO_PORT_SHIFT 16
/* EPT violation exit qualification */
#define TDX_EPT_READ  0x1u
#define TDX_EPT_WRITE 0x2u
#define TDX_EPT_FETCH 0x4u

/* ---- TDREPORT ---- */
#define TDREPORT_SIZE            1024
#define TDREPORT_ALIGN           1024
#define TDREPORT_DATA_ALIGN      64
#define TDREPORT_TYPE            0x000 /* type, subtype, version, 0 */
#define TDREPORT_CPUSVN          0x010
#define TDREPORT_TCB_INFO_HASH   0x020 /* SHA-384 of 239 bytes at TCB_INFO */
#define TDREPORT_INFO_HASH       0x050 /* SHA-384 of 512 bytes at TDINFO */
#define TDREPORT_REPORTDATA      0x080
#define TDREPORT_MAC             0x0E0
#define TDREPORT_TCB_INFO        0x100
#define TDREPORT_TCB_VALID       0x100
#define TDREPORT_TCB_SVN         0x108
#define TDREPORT_MRSEAM          0x118
#define TDREPORT_MRSIGNERSEAM    0x148
#define TDREPORT_SEAM_ATTRIBUTES 0x178
#define TDREPORT_TCB_SVN2        0x180
#define TDREPORT_TDINFO          0x200
#define TDREPORT_ATTRIBUTES      0x200
#define TDREPORT_XFAM            0x208
#define TDREPORT_MRTD            0x210
#define TDREPORT_MRCONFIGID      0x240
#define TDREPORT_MROWNER         0x270
#define TDREPORT_MROWNERCONFIG   0x2A0
#define TDREPORT_RTMR0           0x2D0 /* RTMR1..3 follow */
#define TDREPORT_SERVTD_HASH     0x390
#define TDREPORT_TYPE_TDX        0x81
#define TDREPORT_TCB_INFO_SIZE   239
#define TDREPORT_TDINFO_SIZE     512
#define TDREPORT_REPORTDATA_SIZE 64
#define TDREPORT_MAC_SIZE        32
#define TDX_DIGEST_SIZE          48
#define TDX_RTMR_COUNT           4
#define TDX_RTMR_DATA_ALIGN      64

/* ---- quote ---- */
#define QUOTE_HEADER_SIZE    48
#define QUOTE_VERSION        0 /* u16 */
#define QUOTE_KEY_TYPE       2 /* u16 */
#define QUOTE_TEE_TYPE       4 /* u32 */
#define QUOTE_VENDOR         12
#define QUOTE_VENDOR_SIZE    16
#define QUOTE_USER_DATA      28
#define QUOTE_KEY_ECDSA_P256 2
#define QUOTE_TEE_TDX        0x81
#define QUOTE_V5_BODY_TYPE   48 /* u16 */
#define QUOTE_V5_BODY_SIZE   50 /* u32 */
#define QUOTE_V5_BODY        54
#define QUOTE_BODY_TD10      2
#define QUOTE_BODY_TD15      3
#define QUOTE_TD10_SIZE      584
#define QUOTE_TD15_SIZE      648
/* in the body */
#define QUOTE_TD_TCB_SVN         0
#define QUOTE_TD_MRSEAM          16
#define QUOTE_TD_MRSIGNERSEAM    64
#define QUOTE_TD_SEAM_ATTRIBUTES 112
#define QUOTE_TD_ATTRIBUTES      120
#define QUOTE_TD_XFAM            128
#define QUOTE_TD_MRTD            136
#define QUOTE_TD_MRCONFIGID      184
#define QUOTE_TD_MROWNER         232
#define QUOTE_TD_MROWNERCONFIG   280
#define QUOTE_TD_RTMR0           328 /* RTMR1..3 follow */
#define QUOTE_TD_REPORTDATA      520
#define QUOTE_TD_TCB_SVN2        584
#define QUOTE_TD_MRSERVICETD     600
/* signature data, after the body: u32 length, then */
#define QUOTE_SIG_SIZE       64
#define QUOTE_ATT_KEY_SIZE   64
#define QUOTE_CERT_QE_REPORT 6
#define QUOTE_CERT_PCK_CHAIN 5
#define QUOTE_QE_REPORT_SIZE 384
#define QUOTE_QE_MRSIGNER    128
#define QUOTE_QE_ISVPRODID   256
#define QUOTE_QE_ISVSVN      258
#define QUOTE_QE_REPORT_DATA 320

/* ---- TDVF metadata: descriptor and sections ---- */
#define TDVF_SIGNATURE             0x46564454u /* "TDVF" */
#define TDVF_VERSION               1u
#define TDVF_DESCRIPTOR_SIZE       16
#define TDVF_SECTION_SIZE          32
#define TDVF_POINTER_FROM_END      0x20 /* u32: offset of the descriptor in the image */
#define TDVF_TABLE_FOOTER_FROM_END 0x30 /* GUID; u16 length of the table before it */
#define TDVF_DATA_OFFSET           0    /* u32 */
#define TDVF_RAW_SIZE              4    /* u32 */
#define TDVF_MEMORY_ADDRESS        8    /* u64 */
#define TDVF_MEMORY_SIZE           16   /* u64 */
#define TDVF_TYPE                  24   /* u32 */
#define TDVF_ATTRIBUTES            28   /* u32 */
#define TDVF_BFV                   0u
#define TDVF_CFV                   1u
#define TDVF_TD_HOB                2u
#define TDVF_TEMP_MEM              3u
#define TDVF_PERM_MEM              4u
#define TDVF_PAYLOAD               5u
#define TDVF_PAYLOAD_PARAM         6u
#define TDVF_TD_INFO               7u
#define TDVF_TD_PARAMS             8u
#define TDVF_MR_EXTEND             0x1u
#define TDVF_PAGE_AUG              0x2u

/* ---- TD HOB list ---- */
#define HOB_HEADER_SIZE         8 /* u16 type, u16 length (multiple of 8), u32 0 */
#define HOB_PHIT                1u
#define HOB_RESOURCE            3u
#define HOB_GUID                4u
#define HOB_END                 0xFFFFu
#define HOB_PHIT_SIZE           56
#define HOB_PHIT_VERSION        9u
#define HOB_PHIT_END_OF_LIST    48 /* u64: just past the end HOB */
#define HOB_RESOURCE_SIZE       48
#define HOB_RESOURCE_TYPE       24 /* u32 */
#define HOB_RESOURCE_ATTRIBUTES 28 /* u32 */
#define HOB_RESOURCE_START      32 /* u64 */
#define HOB_RESOURCE_LENGTH     40 /* u64 */
#define HOB_SYSTEM_MEMORY       0u
#define HOB_MMIO                1u
#define HOB_IO                  2u
#define HOB_RESERVED            5u
#define HOB_UNACCEPTED          7u
#define HOB_ATTRIBUTES_RAM      0x7u

/* ---- vCPU at the reset vector: RBX[5:0] = GPAW, RCX = R8 = the VMM's word (TD HOB), RSI = index
 * ---- */
#define TDX_GPAW_48     48u
#define TDX_GPAW_52     52u
#define TDX_RESET_CR0   0x21ULL
#define TDX_RESET_CR4   0x2040ULL
#define TDX_RESET_EFER  0x901ULL
#define TDX_RESET_PAT   0x0007040600070406ULL
#define TDX_RESET_FMASK 0x20200ULL

/* MRTD records: 128 bytes, the operation's name at 0, the GPA at 16 */
#define TDX_MRTD_RECORD_SIZE 128
#define TDX_MRTD_GPA         16
#define TDX_MRTD_PAGE_ADD    "MEM.PAGE.ADD"
#define TDX_MRTD_EXTEND      "MR.EXTEND"
#define TDX_MRTD_CHUNK       256

#endif
