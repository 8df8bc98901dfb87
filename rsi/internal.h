/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the CCA backend. */
#ifndef RSI_INTERNAL_H
#define RSI_INTERNAL_H

#include "cvm.h"
#include "rsi.h"

/* Functions on the path of rsi_early_accept(): they run before .bss is memory and before anything
 * is relocated, so they may not look at the stack protector's guard. */
#define EARLY __attribute__((no_stack_protector))

/* ---- status.c: every code of RSI, once ---- */
enum rsi_action {
	RSI_GO_ON, /* the call did its work */
	RSI_RETRY, /* ask again, within a bound */
	RSI_FATAL, /* the caller gives up what it wanted */
};

struct rsi_status {
	s64 code;
	enum status status;
	enum rsi_action action;
	char name[24]; /* arrays, not pointers: readable before relocation */
	char meaning[64];
};

/* Never NULL: a code of no table gets an entry of its own (ST_PROTOCOL, fatal). */
const struct rsi_status *rsi_status_of(u64 x0);
/* Says on the console what was asked and what came back; returns the status. */
enum status rsi_failed(const char *call, u64 x0);

/* ---- ripas.c ---- */
#define RIPAS_STALLS_MAX       1000u  /* answers in a row without progress */
#define RIPAS_STALLS_TOTAL_MAX 65536u /* the same over one whole range */

/* [base, top) to RIPAS EMPTY or RAM; adds to *stats. */
enum status ripas_change(u64 base, u64 top, u64 ripas, u64 flags, struct accept_stats *stats);
/* State of the run that starts at base; both forms of RSI_IPA_STATE_GET. */
enum status ripas_get(u64 base, u64 top, u64 *run_top, u64 *ripas);
enum status cca_accept(struct range r, struct accept_stats *stats);
enum status cca_share(struct range r);
enum status cca_unshare(struct range r);
enum status cca_is_private(struct range r);
u64 cca_protected_top(void); /* first address that is not protected */

/* ---- calls.c ---- */
void cca_print_counters(void);

/* ---- detect.c ---- */
enum status rsi_negotiate(void);
enum status cca_detect(struct cvm *c, const struct handoff *h);
extern u8 rsi_hash_algo;

/* ---- evidence.c ---- */
#define TOKEN_IDLE_MAX 100000u /* INCOMPLETE without a byte, in one operation */
#define TOKEN_RESTARTS 3u      /* after RSI_ERROR_UNKNOWN */

enum status cca_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len);
enum status cca_measure_read(unsigned index, u8 *digest, size_t *len);
enum status cca_measure_extend(unsigned index, const u8 *digest, size_t len);

/* ---- psci.c ---- */
enum status cca_cpu_start(u64 hwid, u64 entry, u64 ctx);
NORETURN void cca_cpu_off(void);
NORETURN void cca_shutdown(enum cvm_shutdown verdict);

/* ---- cpu.c: the instructions ---- */
u64 cca_read_pfr0(void);  /* ID_AA64PFR0_EL1 */
u64 cca_read_mmfr0(void); /* ID_AA64MMFR0_EL1 */
u64 cca_mmio_read(u64 pa, unsigned width);
void cca_mmio_write(u64 pa, unsigned width, u64 value);

#endif
