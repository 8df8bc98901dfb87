/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the pKVM backend. */
#ifndef PKVM_INTERNAL_H
#define PKVM_INTERNAL_H

#include "cvm.h"
#include "pkvm.h"

/* ---- status.c: every code of these calls, once ---- */
struct pkvm_status {
	s64 code;
	enum status status;
	const char *name, *meaning;
};

/* Never NULL: a code of no table gets an entry of its own (ST_PROTOCOL). */
const struct pkvm_status *pkvm_status_of(s64 x0);
const struct pkvm_status *trng_status_of(s64 x0);
/* For a call that did not succeed: says on the console what was asked and what came back. Never
 * ST_OK, so that nobody goes on with what was not done. */
enum status pkvm_failed(const char *call, u64 address, s64 x0);

/* ---- detect.c ---- */
#define PKVM_GRANULE_MAX BLOCK_SIZE /* the pool's unit must be made of whole granules */

enum status pkvm_detect(struct cvm *c, const struct handoff *h);

/* ---- memory.c ---- */
enum status pkvm_is_private(struct range r);
enum status pkvm_accept(struct range r, struct accept_stats *stats);
enum status pkvm_share(struct range r);
enum status pkvm_unshare(struct range r);

/* ---- calls.c ---- */
void pkvm_print_counters(void);

/* ---- guard.c ---- */
#define PKVM_GUARD_MAX 256u /* ranges apart from each other */

/* ---- psci.c ---- */
enum status pkvm_cpu_start(u64 hwid, u64 entry, u64 ctx);
NORETURN void pkvm_cpu_off(void);
NORETURN void pkvm_shutdown(enum cvm_shutdown verdict);

/* ---- trng.c ---- */
enum status pkvm_entropy(u8 bytes[CVM_ENTROPY_BYTES]);

/* ---- mmio.c: the instructions ---- */
u64 pkvm_read_mmfr0(void); /* ID_AA64MMFR0_EL1 */
u64 pkvm_mmio_read(u64 pa, unsigned width);
void pkvm_mmio_write(u64 pa, unsigned width, u64 value);

#endif
