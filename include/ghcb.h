/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The raw calls of the SNP backend (ghcb/), also used by the probe's SNP checks, which need to pass
 * wrong arguments on purpose. Numbers: abi/ghcb.h, abi/snp.h. Nothing here judges an answer.
 */
#ifndef GHCB_H
#define GHCB_H

#include "abi/ghcb.h"
#include "abi/snp.h"
#include "status.h"
#include "types.h"

/* ---- instructions ---- */
struct rmp_result {
	u32 eax;
	bool cf; /* PVALIDATE: the Validated bit had that value already; meaningless unless eax 0 */
};

/* PVALIDATE: va as it is (mapped C=1 or not, aligned or not), ecx page size, edx operation.
 * Counted.
 */
struct rmp_result snp_pvalidate(u64 va, u32 ecx, u32 edx);
/* RMPADJUST: EAX. rdx: target VMPL, permissions, RMPADJUST_VMSA. */
u32 snp_rmpadjust(u64 va, u32 ecx, u64 rdx);
u64 snp_sev_status(void);

/* #VC taken on this CPU so far, handled or not, and the error code of the last one. A host can
 * raise vector 29, too, so these are for the probe to look at and decide nothing. */
struct snp_vc_seen {
	u64 count, code;
};
struct snp_vc_seen snp_vc_seen(void);

/* ---- MSR protocol ---- */
/* One exchange: request into the GHCB MSR, VMGEXIT, what the MSR holds then. Usable at any time on
 * any CPU; interrupts are masked meanwhile. The MSR is put back when another use is interrupted. A
 * page state change is counted. A termination request does not return. */
u64 ghcb_msr_exchange(u64 request);
NORETURN void ghcb_terminate(unsigned set, unsigned reason);

/* ---- events through the page ---- */
enum ghcb_field {
	GF_CPL,
	GF_XSS,
	GF_DR7,
	GF_RAX,
	GF_RCX,
	GF_RDX,
	GF_RBX,
	GF_EXITCODE,
	GF_INFO1,
	GF_INFO2,
	GF_SCRATCH,
	GF_XCR0,
	GF_COUNT
};
#define GF(field)  (1u << GF_##field)
#define GF_REQUEST (GF(EXITCODE) | GF(INFO1) | GF(INFO2)) /* needed by every event */

/*
 * One event. In: `set` says which values are written and marked valid in the page; a field marked
 * in `unmarked` as well is written but not marked. Out: `got` says which fields the host marked
 * valid, and value[] has those, all others unchanged; each is read from the page once.
 */
struct ghcb_call {
	u64 value[GF_COUNT];
	u32 set, unmarked, got;
	u16 version; /* 0: the negotiated one */
	u32 usage;
	/* The page's shared buffer: `in` bytes are copied to it before, `out` bytes from it after.
	 * buffer is private memory of GHCB_BUFFER_SIZE bytes, or NULL when both are 0. */
	u8 *buffer;
	size_t in, out;
};

/* The event on this CPU's page, with interrupts masked. ST_STATE: the CPU has none yet;
 * ST_TOO_DEEP: both the page and its backup copy are in use; ST_INVALID: buffer sizes. Counted by
 * exit code. */
enum status ghcb_call(struct ghcb_call *c);
/* Guest-physical address of this CPU's page (0: none), and of the shared buffer in it. */
u64 ghcb_gpa(void);
u64 ghcb_buffer_gpa(void);
/* What was negotiated at boot. */
extern u16 ghcb_version;
extern u64 ghcb_hv_features;

/* ---- guest-owned data copied at boot ---- */
struct cpuid_table;
struct snp_secrets;
const struct cpuid_table *snp_cpuid_table(void); /* ghcb/cpuid.h */
const struct snp_secrets *snp_secrets(void);     /* ghcb/secrets.h */

/*
 * One guest message from a request page the caller built (abi/snp.h), as it stands: what INFO2
 * said, and RBX of an extended request. request and response are shared pages; extended: certs != 0
 * is the data address, *pages its size in pages, out what the host asks for. For a checked exchange
 * use cvm.ops->evidence(). Counted.
 */
enum status snp_guest_request(u64 request, u64 response, u64 certs, u64 *pages, u64 *info2);

/* The counters behind "# counters:". */
struct snp_counters {
	u64 psc_exits, pvalidate, msr_psc, guest_requests;
};
struct snp_counters snp_counters(void);

#endif
