/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The raw calls of the TDX backend (tdcall/), also used by the probe's TDX checks, which need to
 * pass wrong arguments on purpose. Numbers: abi/tdx.h.
 *
 * RAX after a TDCALL is the TDX module's word and can be trusted; compare TDX_CODE(rax), never the
 * whole. R10 and whatever else comes back from TDG.VP.VMCALL is the host's.
 */
#ifndef TDCALL_H
#define TDCALL_H

#include "abi/tdx.h"
#include "status.h"
#include "types.h"

/* All general registers but RSP, in and out. The order is known to call.asm. */
struct tdcall_regs {
	u64 rax, rcx, rdx, rbx, rbp, rsi, rdi;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
};

/*
 * One TDCALL with exactly these registers: RAX = leaf | version << 16. Nothing is retried. The
 * caller zeroes what it does not use; on return no register holds anything of the host's.
 * Every TDCALL of this backend goes through here, where requests the host counts are counted.
 */
void tdcall(struct tdcall_regs *r);

/* The same, repeated while the module says busy or interrupted, each time with the registers as
 * they were. Returns RAX of the last one; adds the repetitions to *retries unless that is NULL. */
u64 tdcall_retry(struct tdcall_regs *r, u64 *retries);

/*
 * TDG.VP.VMCALL: R11 = sub-function and further inputs as the GHCI says; mask: the other registers
 * (TDVMCALL_R12...) the host may see and change. RAX, RCX, R10 and the mask bits of R10 and R11
 * are filled in here. Returns R10, or TDVMCALL_NOT_REACHED when RAX tells that the host never saw
 * the call.
 */
u64 tdvmcall(struct tdcall_regs *r, u64 mask);
#define TDVMCALL_NOT_REACHED 0xFFFFFFFFFFFFFFFFULL

/* RAX of one leaf each; outputs through pointers, 0 after a failure. */
struct tdx_vp_info {
	u64 gpaw, attributes;
	u32 num_vcpus, max_vcpus;
	u64 vcpu_index;
	bool sys_rd; /* TDG.SYS.RD exists: module 1.5 or newer */
};
u64 tdg_vp_info(struct tdx_vp_info *out);
u64 tdg_mem_page_accept(u64 gpa, unsigned level);
/* rcx: GPA | level and TDX_ATTR_RD_PENDING as the module answers; attributes: four 16-bit words. */
u64 tdg_mem_page_attr_rd(u64 gpa, u64 *rcx, u64 *attributes);
u64 tdg_vm_rd(u64 field, u64 *value);
u64 tdg_vm_wr(u64 field, u64 value, u64 mask, u64 *old);
u64 tdg_mr_rtmr_extend(u64 gpa, u64 index);
u64 tdg_mr_report(u64 report_gpa, u64 data_gpa, u64 subtype);

/* One MapGPA request, R10 as tdvmcall(): gpa carries the shared bit as wanted; *failed = R11. */
u64 tdvmcall_map_gpa(u64 gpa, u64 size, u64 *failed);

/* How many #VE the calling CPU has taken, and what TDG.VP.VEINFO.GET said of the last one. */
struct tdx_ve {
	u32 reason, length;
	u64 qualification, gla, gpa;
};
u64 tdx_ve_seen(struct tdx_ve *last);

u64 tdx_shared_bit(void); /* BIT(GPAW - 1), known once the platform is detected */
extern struct tdx_vp_info tdx_info;

#endif
