/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GHCB protocol, version 2 (AMD 56421): the words in MSR C001_0130, the shared page and the events
 * asked for through it.
 */
#ifndef ABI_GHCB_H
#define ABI_GHCB_H

#define GHCB_SIZE        4096
#define GHCB_VERSION_MIN 1
#define GHCB_VERSION_SNP 2 /* page state change, registration, guest requests */
#define GHCB_VERSION_MAX 2

/* MSR protocol: info in [11:0], data in [63:12]. Low 12 bits zero: the address of a page. */
#define GHCB_MSR_INFO_MASK       0xfff
#define GHCB_MSR_SEV_INFO        0x001 /* response */
#define GHCB_MSR_SEV_INFO_REQ    0x002
#define GHCB_MSR_CPUID_REQ       0x004
#define GHCB_MSR_CPUID_RESP      0x005
#define GHCB_MSR_AP_HOLD_REQ     0x006
#define GHCB_MSR_AP_HOLD_RESP    0x007
#define GHCB_MSR_PREF_GPA_REQ    0x010
#define GHCB_MSR_PREF_GPA_RESP   0x011
#define GHCB_MSR_REG_GPA_REQ     0x012
#define GHCB_MSR_REG_GPA_RESP    0x013
#define GHCB_MSR_PSC_REQ         0x014
#define GHCB_MSR_PSC_RESP        0x015
#define GHCB_MSR_VMPL_REQ        0x016
#define GHCB_MSR_VMPL_RESP       0x017
#define GHCB_MSR_HV_FT_REQ       0x080
#define GHCB_MSR_HV_FT_RESP      0x081
#define GHCB_MSR_TERM_REQ        0x100

#define GHCB_SEV_INFO_VER_MAX_LO 48 /* [63:48] */
#define GHCB_SEV_INFO_VER_MIN_LO 32 /* [47:32] */
#define GHCB_SEV_INFO_CBIT_LO    24 /* [31:24] */
#define GHCB_MSR_CPUID_FN_LO     32 /* [63:32]; in the response the value */
#define GHCB_MSR_CPUID_REG_LO    30 /* [31:30] */
#define GHCB_CPUID_EAX           0
#define GHCB_CPUID_EBX           1
#define GHCB_CPUID_ECX           2
#define GHCB_CPUID_EDX           3
#define GHCB_MSR_GFN_LO          12                 /* registration, preferred, PSC */
#define GHCB_MSR_GFN_NONE        0xfffffffffffffULL /* refused, no preference */
#define GHCB_MSR_PSC_GFN_HI      51
#define GHCB_MSR_PSC_OP_LO       52 /* [55:52] */
#define GHCB_MSR_PSC_ERROR_LO    32 /* [63:32] of the response, 0 = done */
#define GHCB_MSR_VMPL_LO         32 /* [39:32]; in the response an error */
#define GHCB_MSR_HV_FT_LO        12
#define GHCB_MSR_TERM_SET_LO     12 /* [15:12] */
#define GHCB_MSR_TERM_REASON_LO  16 /* [23:16] */

/* Hypervisor features (MSR form without bits above 51; whole in INFO2 of GHCB_EXIT_HV_FEATURES) */
#define GHCB_HV_FT_SNP            0x01
#define GHCB_HV_FT_AP_CREATE      0x02
#define GHCB_HV_FT_RESTRICTED_INJ 0x04
#define GHCB_HV_FT_TIMER          0x08
#define GHCB_HV_FT_APIC_ID_LIST   0x10
#define GHCB_HV_FT_MULTI_VMPL     0x20

/* Termination: set 0 is the specification's, 1 Linux and OVMF, 2 ours */
#define SNP_TERM_SET_GHCB        0
#define SNP_TERM_GENERAL         0
#define SNP_TERM_VERSION         1
#define SNP_TERM_UNSUPPORTED     2
#define SNP_TERM_SET_LINUX       1
#define SNP_TERM_LINUX_REGISTER  0
#define SNP_TERM_LINUX_PSC       1
#define SNP_TERM_LINUX_PVALIDATE 2
#define SNP_TERM_LINUX_NOT_VMPL0 3
#define SNP_TERM_LINUX_CPUID     4
#define SNP_TERM_LINUX_CPUID_HV  5
#define SNP_TERM_LINUX_SECRETS   6
#define SNP_TERM_SET_POSTERN     2
#define SNP_TERM_PASS            0 /* the verdict */
#define SNP_TERM_FAIL            1

/* The page */
#define GHCB_CPL            0x0cb /* u8 */
#define GHCB_XSS            0x140
#define GHCB_DR7            0x160
#define GHCB_RIP            0x178
#define GHCB_RSP            0x1d8
#define GHCB_RAX            0x1f8
#define GHCB_RCX            0x308
#define GHCB_RDX            0x310
#define GHCB_RBX            0x318
#define GHCB_RBP            0x328
#define GHCB_RSI            0x330
#define GHCB_RDI            0x338
#define GHCB_R8             0x340
#define GHCB_R9             0x348
#define GHCB_R10            0x350
#define GHCB_R11            0x358
#define GHCB_R12            0x360
#define GHCB_R13            0x368
#define GHCB_R14            0x370
#define GHCB_R15            0x378
#define GHCB_EXITCODE       0x390
#define GHCB_INFO1          0x398
#define GHCB_INFO2          0x3a0
#define GHCB_SCRATCH        0x3a8 /* guest-physical address */
#define GHCB_XCR0           0x3e8
#define GHCB_BITMAP         0x3f0 /* bit = offset / 8, for offsets below 0x3f0 */
#define GHCB_BITMAP_SIZE    16
#define GHCB_X87_STATE_GPA  0x400
#define GHCB_SAVE_END       0x408
#define GHCB_BUFFER         0x800
#define GHCB_BUFFER_SIZE    2032
#define GHCB_VERSION        0xffa /* u16 */
#define GHCB_USAGE          0xffc /* u32 */
#define GHCB_USAGE_STANDARD 0

/* Events: mirrors of intercepts, also the error code of #VC */
#define GHCB_EXIT_DR7_READ      0x27
#define GHCB_EXIT_DR7_WRITE     0x37
#define GHCB_EXIT_EXCEPTION     0x40 /* + vector */
#define GHCB_EXIT_RDTSC         0x6e
#define GHCB_EXIT_RDPMC         0x6f
#define GHCB_EXIT_CPUID         0x72
#define GHCB_EXIT_INVD          0x76
#define GHCB_EXIT_IOIO          0x7b
#define GHCB_EXIT_MSR           0x7c
#define GHCB_EXIT_VMMCALL       0x81
#define GHCB_EXIT_RDTSCP        0x87
#define GHCB_EXIT_WBINVD        0x89
#define GHCB_EXIT_MONITOR       0x8a
#define GHCB_EXIT_MWAIT         0x8b
#define GHCB_EXIT_XSETBV        0x8d
#define GHCB_EXIT_NPF           0x400 /* #VC only: MMIO */
#define GHCB_EXIT_NOT_VALIDATED 0x404 /* #VC only */
/* Events: software defined */
#define GHCB_EXIT_MMIO_READ     0x80000001
#define GHCB_EXIT_MMIO_WRITE    0x80000002
#define GHCB_EXIT_NMI_COMPLETE  0x80000003
#define GHCB_EXIT_AP_HOLD       0x80000004
#define GHCB_EXIT_AP_TABLE      0x80000005
#define GHCB_EXIT_PSC           0x80000010
#define GHCB_EXIT_GUEST_REQUEST 0x80000011
#define GHCB_EXIT_EXT_REQUEST   0x80000012
#define GHCB_EXIT_AP_CREATE     0x80000013
#define GHCB_EXIT_HV_DOORBELL   0x80000014
#define GHCB_EXIT_HV_IPI        0x80000015
#define GHCB_EXIT_APIC_ID_LIST  0x80000017
#define GHCB_EXIT_RUN_VMPL      0x80000018
#define GHCB_EXIT_HV_FEATURES   0x8000fffd
#define GHCB_EXIT_TERMINATE     0x8000fffe /* INFO1 [3:0] set, [11:4] reason */
#define GHCB_EXIT_UNSUPPORTED   0x8000ffff /* INFO1 = error code of the #VC */

/* INFO1[31:0] of an answer */
#define GHCB_RESULT_OK          0
#define GHCB_RESULT_EXCEPTION   1 /* INFO2 in the format of EVENTINJ */
#define GHCB_RESULT_MALFORMED   2 /* INFO2: */
#define GHCB_ERR_NOT_REGISTERED 1
#define GHCB_ERR_USAGE          2
#define GHCB_ERR_SCRATCH        3
#define GHCB_ERR_MISSING        4
#define GHCB_ERR_INPUT          5
#define GHCB_ERR_EVENT          6

#define GHCB_INJ_VECTOR_MASK    0xff
#define GHCB_INJ_TYPE_LO        8 /* [10:8] */
#define GHCB_INJ_TYPE_EXCEPTION 3
#define GHCB_INJ_HAS_ERROR      0x800
#define GHCB_INJ_VALID          0x80000000
#define GHCB_INJ_ERROR_LO       32

/* IOIO INFO1 */
#define GHCB_IOIO_IN           0x001
#define GHCB_IOIO_STRING       0x004
#define GHCB_IOIO_REP          0x008
#define GHCB_IOIO_SIZE8        0x010
#define GHCB_IOIO_SIZE16       0x020
#define GHCB_IOIO_SIZE32       0x040
#define GHCB_IOIO_ADDR16       0x080
#define GHCB_IOIO_ADDR32       0x100
#define GHCB_IOIO_ADDR64       0x200
#define GHCB_IOIO_SEG_LO       10 /* [12:10] */
#define GHCB_IOIO_SEG_ES       0
#define GHCB_IOIO_SEG_DS       3
#define GHCB_IOIO_PORT_LO      16

#define GHCB_MSR_EVENT_READ    0 /* INFO1 of GHCB_EXIT_MSR */
#define GHCB_MSR_EVENT_WRITE   1

#define GHCB_AP_CREATE_ON_INIT 0 /* INFO1 [15:0] */
#define GHCB_AP_CREATE_NOW     1
#define GHCB_AP_DESTROY        2
#define GHCB_AP_VMPL_LO        16 /* [19:16] */
#define GHCB_AP_APIC_ID_LO     32 /* [63:32] */

/* Page state change structure: header of 8 bytes, then entries of 8 */
#define PSC_CUR_ENTRY         0 /* u16: next to process */
#define PSC_END_ENTRY         2 /* u16: last index, inclusive */
#define PSC_RESERVED          4 /* u32 */
#define PSC_HEADER_SIZE       8
#define PSC_ENTRIES_MAX       253   /* end_entry <= 252 */
#define PSC_CUR_PAGE_MASK     0xfff /* entry [11:0] */
#define PSC_GFN_LO            12    /* [51:12] */
#define PSC_GFN_HI            51
#define PSC_OP_LO             52 /* [55:52] */
#define PSC_OP_PRIVATE        1
#define PSC_OP_SHARED         2
#define PSC_OP_PSMASH         3
#define PSC_OP_UNSMASH        4
#define PSC_2M_LO             56 /* 0 4K, 1 2M */
#define PSC_ENTRY_RESERVED_LO 57 /* [63:57] */
#define PSC_PAGES_2M          512
#define PSC_ERR_HEADER        0x100000001ULL /* INFO2 */
#define PSC_ERR_ENTRY         0x100000002ULL
#define PSC_ERR_GENERIC       0x10000000000ULL

/* INFO2 of guest requests: [31:0] firmware error, [63:32] VMM error */
#define GHCB_REQ_VMM_ERROR_LO 32
#define GHCB_REQ_INVALID_LEN  1
#define GHCB_REQ_BUSY         2
#define GHCB_REQ_GENERIC      0xffffffff

#endif
