/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the SNP backend. */
#ifndef GHCB_INTERNAL_H
#define GHCB_INTERNAL_H

#include "abi/fd.h"
#include "cvm.h"
#include "ghcb.h"
#include "smp.h"

struct trap_frame;

/* ---- insn.c: the instructions, uncounted and unjudged; native tests have a host here ---- */
struct rmp_result insn_pvalidate(u64 va, u32 ecx, u32 edx);
u32 insn_rmpadjust(u64 va, u32 ecx, u64 rdx);
u64 insn_ghcb_msr(void);
void insn_set_ghcb_msr(u64 v);
void insn_vmgexit(void);
u64 insn_sev_status(void);
u64 insn_cr0(void);
u64 insn_cr3(void);
u64 insn_cr4(void);
u64 insn_xcr0(void); /* only with CR4.OSXSAVE */

/* ---- msr.c: the MSR protocol, answers judged ---- */
struct sev_info {
	u16 version_max, version_min;
	u8 cbit;
};
enum status msr_sev_info(struct sev_info *out);
enum status msr_hv_features(u64 *out);
enum status msr_register_gpa(u64 gpa);
enum status msr_page_state(u64 gpa, unsigned op);
/* One register (GHCB_CPUID_*) of one leaf; sub-leaf 0. */
enum status msr_cpuid(u32 leaf, unsigned reg, u32 *out);

/* ---- page.c: the page of each CPU ---- */
struct ghcb_cpu {
	u8 *page;                /* shared; NULL: none yet */
	u8 *backup, *nmi_backup; /* private */
	u64 nmi_msr;
	u32 uses;      /* of the page, one inside the other: at most 2 */
	u32 exchanges; /* of the MSR in flight, pages included */
	bool nmi_saved, nmi_owed;
	u64 dr7;
	struct snp_vc_seen vc;
};
extern struct ghcb_cpu ghcb_cpus[SMP_MAX_CPUS];

struct ghcb_cpu *ghcb_this_cpu(void);
/* An exception the host wants raised (INFO1 = 1), already judged: #GP or #UD. */
struct ghcb_exception {
	unsigned vector;
	u32 error;
};
/*
 * The event with its answer judged: INFO1 and INFO2 must be marked valid, so must every field in
 * `required`. ST_FAULT: the host raises *x (only where x is not NULL, else ST_PROTOCOL).
 * ST_INVALID: the host says it was malformed, which is not tried again. The rest: ghcb_call().
 */
enum status ghcb_event(struct ghcb_call *c, u64 code, u64 info1, u64 info2, u32 required,
		       struct ghcb_exception *x);
enum status ghcb_judge(const struct ghcb_call *c, u32 required, struct ghcb_exception *x);
/* After an NMI is handled: the host may send the next (0x80000003). Safe to interrupt by one. */
void ghcb_nmi_complete(void);

/* ---- nmi.c ---- */
void snp_nmi_done(void);
/* Where the stack of the next NMI starts; 0: none is left, or one came while they were masked.
 * [base, top) is the NMI stack, entry where the current one started, rsp what it interrupted, now
 * the current stack pointer. */
u64 nmi_next_stack(u64 base, u64 top, u64 entry, u64 rsp, u64 now);

/* ---- count.c ---- */
extern struct snp_counters ghcb_counters;
static inline void ghcb_count(u64 *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}
void snp_print_counters(void);

/* ---- vc.c ---- */
bool snp_vc(struct trap_frame *f);

/* ---- detect.c ---- */
enum status snp_detect(struct cvm *c, const struct handoff *h);
enum status snp_is_private(struct range r);
extern bool snp_evict_cache; /* after PVALIDATE (CVE-2025-38560) */
extern struct snp_secrets snp_own_secrets;

/* ---- accept.c ---- */
enum status snp_accept(struct range r, struct accept_stats *stats);
enum status snp_share(struct range r);
enum status snp_unshare(struct range r);

/* ---- io.c ---- */
u64 snp_mmio_read(u64 pa, unsigned width);
void snp_mmio_write(u64 pa, unsigned width, u64 value);
u32 snp_port_in(u16 port, unsigned width);
void snp_port_out(u16 port, unsigned width, u32 value);
void snp_port_in_string(u16 port, void *buf, size_t bytes);
u64 snp_msr_read(u32 msr);
void snp_msr_write(u32 msr, u64 value);

/* ---- evidence.c ---- */
#define SNP_CERT_PAGES 4u /* what Linux allows them, too */
enum status snp_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len);
enum status snp_measure_read(unsigned index, u8 *digest, size_t *len);
enum status snp_measure_extend(unsigned index, const u8 *digest, size_t len);

/* ---- cpu.c ---- */
/* Shared pages of the boot CPU that no launch list has: its GHCB, then request and response of
 * snp_measure_read(), which is handed no pages. */
#define SNP_BOOT_SHARED FD_GHCB
enum { BOOT_GHCB, BOOT_REQUEST, BOOT_RESPONSE, BOOT_SHARED_PAGES };
#define SNP_CPU_PRIVATE_PAGES 4u
enum status snp_cpu_prepare(unsigned index, void *shared, void *private_pages);
enum status snp_cpu_start(u64 hwid, u64 entry, u64 ctx);
enum status snp_cpu_init(unsigned index);
NORETURN void snp_cpu_off(void);
enum status snp_cpu_forget(unsigned index);
NORETURN void snp_shutdown(enum cvm_shutdown verdict);

#endif
