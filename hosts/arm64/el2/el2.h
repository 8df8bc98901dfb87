/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's CPU under EL2, whatever protects its memory: what every model needs of the architecture
 * and nothing of realms or of protected VMs. A model embeds struct el2_cpu in its vCPU and calls
 * these functions under its own lock.
 */
#ifndef EL2_EL2_H
#define EL2_EL2_H

#include "abi/rmi.h" /* struct rmi_rec_run: the record of entries and exits */
#include "common/mutant.h"
#include "core/core.h"
#include "el2/hw.h"
#include "types.h"

struct el2_cpu {
	struct el1_state el1;
	struct el2_controls el2;
	struct hw_timers timers;
	unsigned timer_cpu;   /* machine CPU whose timers hold this vCPU's values, ~0 = none */
	bool timer_masked[2]; /* virtual, physical */
	u16 eoi_watched;      /* list registers whose EOI the model asked for itself */
	bool irq_exit, counter_back; /* fault timer.counter-steps-back */
};

/* ---- syndromes (ESR_EL2) ---- */
#define ESR_EC(esr) FIELD(esr, 31, 26)
#define EC_UNKNOWN  0x00u
#define EC_WFX      0x01u
#define EC_FP       0x07u
#define EC_HVC      0x16u
#define EC_SMC      0x17u
#define EC_SYSREG   0x18u
#define EC_SVE      0x19u
#define EC_SME      0x1du
#define EC_IABT_LOW 0x20u
#define EC_IABT_CUR 0x21u
#define EC_DABT_LOW 0x24u
#define EC_DABT_CUR 0x25u
#define EC_BRK      0x3cu
#define ESR_IL      BIT(25)
/* Aborts */
#define ISS_ISV         BIT(24) /* SAS, SSE, SRT and SF describe the access */
#define ISS_SAS_AT      22
#define ISS_SSE         BIT(21)
#define ISS_SF          BIT(15)
#define ISS_SET         MASK(12, 11)
#define ISS_FNV         BIT(10)
#define ISS_EA          BIT(9)
#define ISS_S1PTW       BIT(7)
#define ISS_WNR         BIT(6)
#define ISS_FSC         MASK(5, 0)
#define SET_RESTARTABLE 3u
#define FSC_TRANSLATION 0x04u /* and the level */
#define FSC_PERMISSION  0x0cu /* and the level */
/* Trapped system registers: op0, op1, CRn, CRm, op2 as they stand in the ISS */
#define ISS_REG(op0, op1, crn, crm, op2)                                                           \
	((u64)(op0) << 20 | (u64)(op2) << 17 | (u64)(op1) << 14 | (u64)(crn) << 10 |               \
	 (u64)(crm) << 1)
#define ISS_REG_MASK     (MASK(21, 10) | MASK(4, 1))
#define ISS_READ         BIT(0)
#define ISS_RT           MASK(9, 5)
#define ISS_REG_OP0(esr) ((unsigned)FIELD(esr, 21, 20))
#define ISS_REG_OP1(esr) ((unsigned)FIELD(esr, 16, 14))
#define ISS_REG_CRN(esr) ((unsigned)FIELD(esr, 13, 10))
#define ISS_REG_CRM(esr) ((unsigned)FIELD(esr, 4, 1))
#define ISS_REG_OP2(esr) ((unsigned)FIELD(esr, 19, 17))
#define ISS_REG_RT(esr)  ((unsigned)FIELD(esr, 9, 5))
#define ICC_DIR          ISS_REG(3, 0, 12, 11, 1)
#define ICC_SGI1R        ISS_REG(3, 0, 12, 11, 5)
#define ICC_ASGI1R       ISS_REG(3, 0, 12, 11, 6)
#define ICC_SGI0R        ISS_REG(3, 0, 12, 11, 7)

/* What a host that schedules, populates memory or emulates a device has to know, and no more. */
#define ESR_WFX_SHOWN   (MASK(31, 25) | MASK(1, 0))
#define ESR_ABORT_SHOWN (MASK(31, 26) | ISS_SET | ISS_FNV | ISS_EA | ISS_FSC)
#define ESR_MMIO_SHOWN  (ESR_ABORT_SHOWN | ISS_ISV | MASK(23, ISS_SAS_AT) | ISS_SF | ISS_WNR)

/* ---- PSTATE, SCTLR_EL1 ---- */
#define PSTATE_F     BIT(6)
#define PSTATE_A32   BIT(4)
#define PSTATE_START 0x3c5u /* EL1h, DAIF set */

/* ---- controls (vcpu.c) ---- */
#define HCR_VM     BIT(0)
#define HCR_SWIO   BIT(1)
#define HCR_PTW    BIT(2)
#define HCR_FMO    BIT(3)
#define HCR_IMO    BIT(4)
#define HCR_AMO    BIT(5)
#define HCR_FB     BIT(9)
#define HCR_BSU_IS BIT(10)
#define HCR_TWI    BIT(13)
#define HCR_TWE    BIT(14)
#define HCR_TID1   BIT(16)
#define HCR_TID2   BIT(17)
#define HCR_TID3   BIT(18)
#define HCR_TSC    BIT(19)
#define HCR_TIDCP  BIT(20)
#define HCR_TACR   BIT(21)
#define HCR_TSW    BIT(22)
#define HCR_TTLB   BIT(25)
#define HCR_RW     BIT(31)
#define HCR_TLOR   BIT(35)
#define HCR_TERR   BIT(36)
#define HCR_TEA    BIT(37)
#define HCR_APK    BIT(40)
#define HCR_API    BIT(41)
#define HCR_FWB    BIT(46)

#define MDCR_TPMCR BIT(5)
#define MDCR_TPM   BIT(6)
#define MDCR_TDE   BIT(8)
#define MDCR_TDA   BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TDRA  BIT(11)

/* A vCPU that never ran: these HCR_EL2, VTCR_EL2, VTTBR_EL2; FP and Advanced SIMD, timers and
 * counters are the guest's, SVE, SME, trace and AMU registers and the PMU trap. */
void el2_cpu_init(struct el2_cpu *cpu, u64 hcr, u64 vtcr, u64 vttbr);
/* The EL1 state a CPU starts in: MMU and caches off; index as MPIDR_EL1 names it. */
void el2_cpu_reset(struct el2_cpu *cpu, u64 mpidr, u64 pc, u64 pstate);
/* WFI and WFE trap as RMI_ENTER_TRAP_* of the entry asks. */
void el2_cpu_traps(struct el2_cpu *cpu, u64 enter_flags);
/* Affinity of CPU number `index`: 16 to an Aff0. */
u64 el2_mpidr(u64 index);

/* ---- instructions of the guest (access.c) ---- */
u64 guest_reg(const struct el2_cpu *cpu, unsigned rt); /* 31 = XZR */
void guest_set_reg(struct el2_cpu *cpu, unsigned rt, u64 value);
/* Is this function PSCI's, in either width? */
bool psci_is_call(u32 fid);
/* x1..x3 as the function's width has them; x[0] is 0. */
void call_arguments(const struct el2_cpu *cpu, u32 fid, u64 x[4]);
/* WFI or WFE is over; what of its syndrome a host is shown. */
u64 wfx_skip(struct el2_cpu *cpu, u64 esr);
/* IPA of a stage-2 abort, with the offset into the page. */
u64 abort_ipa(const struct core_exit_info *info);
/* An error of the machine, not of stage 2: there is no address then. */
bool abort_is_external(u64 esr);
/* One general register, no writeback, of A64 code, and not a table walk. */
bool access_emulatable(const struct el2_cpu *cpu, u64 esr);
/* What a store stores, cut to its size. */
u64 access_store_data(const struct el2_cpu *cpu, u64 esr);
/* The load's register, as the instruction would have left it; bits beyond its size are cut off. */
void access_finish_load(struct el2_cpu *cpu, u64 esr, u64 value);
/* A write to ICC_SGI0R, ICC_SGI1R or ICC_ASGI1R is lost (faults). */
bool sgi_dropped(const struct el2_cpu *cpu, u64 value);

/* ---- exceptions taken to EL1 (inject.c) ---- */
/* esr, far: of the stage-2 abort. */
void inject_sea(struct el2_cpu *cpu, u64 esr, u64 far);
void inject_undef(struct el2_cpu *cpu, u64 pc);

/* ---- virtual CPU interface and timers (gic.c) ---- */
bool gic_enter_valid(const struct rmi_rec_enter *enter);
void gic_enter(struct el2_cpu *cpu, const struct rmi_rec_enter *enter);
void gic_exit(struct el2_cpu *cpu, struct rmi_rec_exit *ex);
void timers_load(struct el2_cpu *cpu);
void timers_save(struct el2_cpu *cpu, struct rmi_rec_exit *ex);
/* Masks or unmasks the lines; true when one became asserted that the host has not seen. */
bool timers_update(struct el2_cpu *cpu);
/* Power goes with the CPU: a timer left running would raise its line for nobody, for ever. */
void timers_stop(void);
/* Called before each entry, irq_exit said by whoever handles exits: the counter steps back where
 * only a broken model can make it. */
void counter_fault(struct el2_cpu *cpu);

#endif
