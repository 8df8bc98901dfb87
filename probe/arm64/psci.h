/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI checks of realms and of pKVM guests: the conduit differs, most of the rules do not. */
#ifndef PROBE_PSCI_H
#define PROBE_PSCI_H

#include "../checks.h"
#include "abi/psci.h"
#include "smccc.h"

/* An affinity that no CPU here has: Aff0 bits 7:4 are always 0. */
#define NO_SUCH_CPU 0xf0ULL

/* By SMC in a realm, by HVC elsewhere. */
void psci_call_regs(struct smccc_regs *r);
u64 psci_call(u32 fid, u64 a1, u64 a2, u64 a3);
/* PSCI results are 32-bit signed numbers; the upper half of X0 is not promised for 32-bit calls. */
bool expect_answer(const char *asked, u64 got, s64 expected);
/* Of each function, what PSCI_FEATURES answers. */
bool expect_features(const char *asked, const u32 *fid, size_t n, s64 expected);
/* Calls of no effect: each must be unknown. */
bool expect_unknown(const char *asked, const u32 *fid, size_t n);

/* ---- psci_cpu.c: the last CPU goes away and comes back ---- */
#define PSCI_CONTEXT 0x436f6e7465787421ULL /* of the CPU_ON that fetches it */

/* True when the platform says that it is off; else skip or failure has been said. */
bool cpu_send_away(void);
/* The same, but nothing is judged. */
bool cpu_try_away(void);
/* Also after a failure: it is fetched back if that is still possible. */
bool cpu_bring_back(void);
/* on: CPU_ON of this CPU at cpu_cycle_entry with PSCI_CONTEXT; what it answers. */
bool cpu_bring_back_by(s64 (*on)(u64 hwid));

/* ---- cpu_cycle.S: a CPU leaves by CPU_OFF and comes back by CPU_ON at cpu_cycle_entry ---- */
struct cpu_record {
	u64 x0, current_el, daif, spsel, sctlr; /* at the first instruction */
	u64 started;                            /* how often the entry was reached */
};
extern struct cpu_record cpu_record;
/* Returns 0 after CPU_ON, else what CPU_OFF answered. hvc: the conduit, else SMC. */
u64 cpu_cycle(bool hvc);
extern char cpu_cycle_entry[];

#endif
