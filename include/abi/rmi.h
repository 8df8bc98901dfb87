/* SPDX-License-Identifier: BSD-2-Clause */
/* Realm Management Interface 1.0, RMM specification DEN0137 (final, "rel0"). Host side only. */
#ifndef ABI_RMI_H
#define ABI_RMI_H

#define RMI_VERSION               0xC4000150u
#define RMI_GRANULE_DELEGATE      0xC4000151u
#define RMI_GRANULE_UNDELEGATE    0xC4000152u
#define RMI_DATA_CREATE           0xC4000153u
#define RMI_DATA_CREATE_UNKNOWN   0xC4000154u
#define RMI_DATA_DESTROY          0xC4000155u
#define RMI_REALM_ACTIVATE        0xC4000157u
#define RMI_REALM_CREATE          0xC4000158u
#define RMI_REALM_DESTROY         0xC4000159u
#define RMI_REC_CREATE            0xC400015Au
#define RMI_REC_DESTROY           0xC400015Bu
#define RMI_REC_ENTER             0xC400015Cu
#define RMI_RTT_CREATE            0xC400015Du
#define RMI_RTT_DESTROY           0xC400015Eu
#define RMI_RTT_MAP_UNPROTECTED   0xC400015Fu
#define RMI_RTT_READ_ENTRY        0xC4000161u
#define RMI_RTT_UNMAP_UNPROTECTED 0xC4000162u
#define RMI_PSCI_COMPLETE         0xC4000164u
#define RMI_FEATURES              0xC4000165u
#define RMI_RTT_FOLD              0xC4000166u
#define RMI_REC_AUX_COUNT         0xC4000167u
#define RMI_RTT_INIT_RIPAS        0xC4000168u
#define RMI_RTT_SET_RIPAS         0xC4000169u

#define RMI_FID_FIRST             0xC4000150u
#define RMI_FID_LAST              0xC400018Fu

/* Status: bits 7:0 code, 15:8 index */
#define RMI_SUCCESS             0u
#define RMI_ERROR_INPUT         1u
#define RMI_ERROR_REALM         2u
#define RMI_ERROR_REC           3u
#define RMI_ERROR_RTT           4u
#define RMI_STATUS(code, index) ((u64)(code) | (u64)(index) << 8)
#define RMI_CODE(status)        ((status)&0xff)
#define RMI_INDEX(status)       (((status) >> 8) & 0xff)

#define RMI_DATA_MEASURE        1u /* DATA_CREATE flags bit 0 */

/* RTT_READ_ENTRY X2 */
#define RMI_UNASSIGNED 0u
#define RMI_ASSIGNED   1u
#define RMI_TABLE      2u

/* RmiRealmParams, 4 KiB */
#define RMI_REALM_FLAGS     0x000
#define RMI_REALM_S2SZ      0x008
#define RMI_REALM_SVE_VL    0x010
#define RMI_REALM_NUM_BPS   0x018
#define RMI_REALM_NUM_WPS   0x020
#define RMI_REALM_PMU_CTRS  0x028
#define RMI_REALM_HASH_ALGO 0x030
#define RMI_REALM_RPV       0x400
#define RMI_REALM_VMID      0x800
#define RMI_REALM_RTT_BASE  0x808
#define RMI_REALM_RTT_LEVEL 0x810
#define RMI_REALM_RTT_NUM   0x818

/* RmiRecParams, 4 KiB */
#define RMI_REC_FLAGS    0x000
#define RMI_REC_RUNNABLE 1u
#define RMI_REC_MPIDR    0x100
#define RMI_REC_PC       0x200
#define RMI_REC_GPRS     0x300
#define RMI_REC_NUM_AUX  0x800
#define RMI_REC_AUX      0x808 /* 16 machine addresses */
#define RMI_REC_AUX      0x808 /* u64 each */

/* RecRun, 4 KiB: enter at 0, exit at 0x800 */
struct rmi_rec_enter {
	unsigned long long flags;
	unsigned char pad0[0x200 - 0x8];
	unsigned long long gprs[31];
	unsigned char pad1[0x300 - 0x2f8];
	unsigned long long gicv3_hcr;
	unsigned long long gicv3_lrs[16];
	unsigned char pad2[0x800 - 0x388];
};

struct rmi_rec_exit {
	unsigned long long exit_reason;
	unsigned char pad0[0x100 - 0x8];
	unsigned long long esr, far, hpfar;
	unsigned char pad1[0x200 - 0x118];
	unsigned long long gprs[31];
	unsigned char pad2[0x300 - 0x2f8];
	unsigned long long gicv3_hcr;
	unsigned long long gicv3_lrs[16];
	unsigned long long gicv3_misr;
	unsigned long long gicv3_vmcr;
	unsigned char pad3[0x400 - 0x398];
	unsigned long long cntp_ctl, cntp_cval, cntv_ctl, cntv_cval;
	unsigned char pad4[0x500 - 0x420];
	unsigned long long ripas_base, ripas_top;
	unsigned char ripas_value;
	unsigned char pad5[0x600 - 0x511];
	unsigned int imm;
	unsigned char pad6[0x700 - 0x604];
	unsigned long long pmu_ovf_status;
	unsigned char pad7[0x800 - 0x708];
};

struct rmi_rec_run {
	struct rmi_rec_enter enter;
	struct rmi_rec_exit exit;
};

#define RMI_ENTER_EMUL_MMIO    (1u << 0)
#define RMI_ENTER_INJECT_SEA   (1u << 1)
#define RMI_ENTER_TRAP_WFI     (1u << 2)
#define RMI_ENTER_TRAP_WFE     (1u << 3)
#define RMI_ENTER_RIPAS_REJECT (1u << 4)

#define RMI_EXIT_SYNC          0u
#define RMI_EXIT_IRQ           1u
#define RMI_EXIT_FIQ           2u
#define RMI_EXIT_PSCI          3u
#define RMI_EXIT_RIPAS_CHANGE  4u
#define RMI_EXIT_HOST_CALL     5u
#define RMI_EXIT_SERROR        6u

#define RMI_GICV3_HCR_ALLOWED  0x40FEu

#endif
