/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TDX module and the hardware below it, as one TD meets them (TDX module ABI, document 348551,
 * module 1.5.01). Trusted half of the host: what is decided here no VMM can change. The VMM's half
 * is behind host.h; it changes a TD only by the operations named after SEAMCALLs below.
 */
#ifndef TDX_H
#define TDX_H

#include <bearssl.h>

#include "abi/tdx.h"
#include "common/mutant.h"
#include "core/core.h"
#include "core/vmcb.h"
#include "le.h"

/* A completion status: code in bits 63:32, details in 31:0. */
#define STATUS(code, details) ((u64)(code) << 32 | (u32)(details))
#define OPERAND_INVALID(id)   STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_##id)

/* ---- the TD (TDCS) and its vCPUs (TDVPS) ---- */
struct tdcs {
	u64 attributes, xfam, config_flags, td_ctls, notify_enables;
	unsigned gpaw, num_vcpus;
	bool finalized;
	br_sha384_context mrtd_stream;
	u8 mrtd[TDX_DIGEST_SIZE], rtmr[TDX_RTMR_COUNT][TDX_DIGEST_SIZE];
	u8 mrconfigid[TDX_DIGEST_SIZE], mrowner[TDX_DIGEST_SIZE], mrownerconfig[TDX_DIGEST_SIZE];
};
extern struct tdcs tdcs;

struct ve_info {
	bool valid;
	u32 reason, length, information;
	u64 qualification, gla, gpa;
};

struct tdvps {
	u64 entry; /* what the VMM gave TDH.VP.INIT: RCX and R8 at the start */
	struct ve_info ve;
	bool cpuid_ve[2]; /* at CPL 0, above */
	bool iret_seen;   /* the handler of an NMI stands at its IRET, at: */
	u64 iret_rip, iret_rsp;
	u64 spec_ctrl, ds_area, uarch_misc, debugctl;
};

static inline struct tdvps *tdvps(struct vcpu *v)
{
	return v->hw;
}

static inline u64 shared_bit(void)
{
	return BIT(tdcs.gpaw - 1);
}

/* TDH.MNG.INIT, TDH.VP.INIT, TDH.MR.FINALIZE; the first returns OPERAND_INVALID codes. */
u64 td_init(u64 attributes, u64 xfam, u64 config_flags);
void td_vp_init(struct vcpu *v, u64 entry);
u64 td_mr_finalize(void);
/* What the CPU and the model allow in XCR0. */
u64 td_xfam(void);
/* Stops the TD for good: prints why as the verdict. */
NORETURN void td_stop(struct vcpu *v, const char *why, u64 gpa);

/* ---- secure EPT (sept.c) ---- */
enum sept_state {
	SEPT_FREE = 0,
	SEPT_BLOCKED = 1,
	SEPT_PENDING = 2,
	SEPT_PENDING_BLOCKED = 3,
	SEPT_MAPPED = 4,
	SEPT_NL_MAPPED = 132, /* level 1 only: 512 entries of level 0 below */
};

/* Where a walk for gpa ended: a leaf, or a FREE entry. */
struct sept_walk {
	unsigned level; /* TDX_LEVEL_4K or TDX_LEVEL_2M */
	enum sept_state state;
};

void sept_init(void);
/* False: no memory of this TD can be at gpa (no alias bit). */
bool sept_walk(u64 gpa, struct sept_walk *w);

/* SEAMCALLs; each returns a completion status. gpa: no alias bit. */
u64 sept_add(u64 gpa);                      /* TDH.MEM.SEPT.ADD, a table for 2 MiB */
u64 sept_table_remove(u64 gpa);             /* TDH.MEM.SEPT.REMOVE, all entries FREE */
u64 sept_page_add(u64 gpa, const u8 *page); /* TDH.MEM.PAGE.ADD, 4096 bytes copied */
u64 sept_aug(u64 gpa, unsigned level);      /* TDH.MEM.PAGE.AUG */
u64 sept_block(u64 gpa, unsigned level);    /* TDH.MEM.RANGE.BLOCK */
u64 sept_unblock(u64 gpa, unsigned level);  /* TDH.MEM.RANGE.UNBLOCK */
void sept_track(struct vcpu *v);            /* TDH.MEM.TRACK and the kick that follows */
u64 sept_remove(u64 gpa, unsigned level);   /* TDH.MEM.PAGE.REMOVE */
u64 sept_demote(u64 gpa);                   /* TDH.MEM.PAGE.DEMOTE */
u64 measure_extend(u64 gpa);                /* TDH.MR.EXTEND, one 256-byte chunk */

/* The guest's half: TDG.MEM.PAGE.ACCEPT of a leaf that was found PENDING. */
void sept_accept(u64 gpa, unsigned level);

void measure_page_add(u64 gpa);

/* ---- shared EPT: entries are the VMM's word, obeyed by hardware ---- */
void shared_map(u64 gpa, u64 size, bool executable);
void shared_unmap(struct vcpu *v, u64 gpa, u64 size);

/* ---- exits ---- */
extern struct npt *td_npt;
void td_exit(struct vcpu *v, u64 code, u64 info1, u64 info2);
/* Before an entry: the NMI whose IRET exited is over, once; NMIs are blocked until then. */
bool td_nmi_over(struct vcpu *v);
void td_npf(struct vcpu *v, u64 info1, u64 gpa);
bool td_reachable(u64 gpa, bool private); /* model.reachable */
/* Kernel pointer to a TDCALL operand that lies in one page; NULL: a #VE was injected or the VMM was
 * asked, the TDCALL is not complete and RIP must stay. */
u8 *td_operand(struct vcpu *v, u64 gpa);
/* A private address that nothing is mapped at, or not yet accepted: #VE, VMM, or the end. */
void td_private_fault(struct vcpu *v, u64 gpa, u64 qualification, bool tdcall);

/* #VE, or #DF when the area is taken. Fault semantics: RIP stays. */
void ve_inject(struct vcpu *v, const struct ve_info *info);
/* #VE for an instruction of `length` bytes. */
void ve_instruction(struct vcpu *v, u32 reason, u64 qualification, unsigned length);
void inject_gp(struct vcpu *v);
void inject_ud(struct vcpu *v);

void td_cpuid(struct vcpu *v, unsigned length);
void td_msr(struct vcpu *v, bool write, unsigned length);
void td_cr_write(struct vcpu *v, unsigned cr);
void td_cr8_write(struct vcpu *v);
#define EXIT_CR8_WRITE 0x18u
void td_xsetbv(struct vcpu *v, unsigned length);
void td_tdcall(struct vcpu *v);
u32 td_cpuid_signature(void);   /* CPUID.1.EAX */
#define TD_CRYSTAL_HZ 25000000u /* CPUID.15H.ECX */
/* CPUID of this TD, all leaves the module emulates; false: the leaf is the VMM's (#VE). */
bool td_cpuid_leaf(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4]);

/* ---- TDCALL leaves that fill a file ---- */
enum leaf_result {
	LEAF_DONE,    /* RAX holds the status */
	LEAF_RESTART, /* not complete: the instruction is executed again, or an event is pending */
};
enum leaf_result tdg_page_accept(struct vcpu *v);
enum leaf_result tdg_vm_rd(struct vcpu *v, unsigned version);
enum leaf_result tdg_vm_wr(struct vcpu *v);
enum leaf_result tdg_mr_report(struct vcpu *v);
enum leaf_result tdg_rtmr_extend(struct vcpu *v);
void report_create(const u8 reportdata[TDREPORT_REPORTDATA_SIZE], u8 out[TDREPORT_SIZE]);
/* What only this platform can check: the MAC. */
bool report_check(const u8 report[TDREPORT_SIZE]);

/* ---- instructions (insn.c) ---- */
struct insn {
	u8 b[15];
	unsigned n;      /* bytes fetched */
	unsigned opcode; /* offset of the first opcode byte, behind all prefixes */
	u8 rex, segment; /* segment: the override prefix, 0 none */
	bool opsize, addrsize;
};
void insn_fetch(struct vcpu *v, struct insn *i);
bool insn_64bit(const struct vcpu *v);
/* The linear address of the access that faulted at gpa (alias bit as used), 0: not found out. */
u64 insn_gla(struct vcpu *v, u64 gpa, bool fetch);

/* ---- what C cannot say (hw.c) ---- */
void hw_xsetbv(u64 value);
void hw_tsc_aux_write(u32 value);
u32 hw_tsc_aux_read(void);

#endif
