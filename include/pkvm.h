/* SPDX-License-Identifier: BSD-2-Clause */
/* The pKVM backend's calls, also for the probe. Facts: abi/pkvm.h. */
#ifndef PKVM_H
#define PKVM_H

#include "abi/pkvm.h"
#include "range.h"
#include "status.h"
#include "types.h"

/* What detection found; constant afterwards. */
struct pkvm_info {
	u64 features;  /* FEATURES, R1:R0 */
	u64 granule;   /* bytes: 4 KiB, 16 KiB, 64 KiB; a power of two of 4 KiB to 2 MiB */
	bool ranges;   /* SHARE and UNSHARE take a number of granules */
	bool enrolled; /* Android: MMIO that is not guarded aborts */
};
extern struct pkvm_info pkvm_info;

/* Does FEATURES have this function? Numbers mean different things on different hosts: never call
 * one that it has not. */
bool pkvm_has(u32 fid);

/* One hypercall, raw: x0..x3 in and out. */
struct pkvm_result {
	s64 x0;
	u64 x1, x2, x3;
};
struct pkvm_result pkvm_call(u32 fid, u64 x1, u64 x2, u64 x3);

/* Device pages the guest has opened (MMIO_GUARD); nothing where the host has no guard. Idempotent,
 * safe on several CPUs, rounds out to whole granules. */
enum status pkvm_guard(struct range r);
/* Without lock or count, for checks: is the page of this address open? */
bool pkvm_is_guarded(u64 pa);

/* Entropy by TRNG: the host's or the firmware's below it, hence an extra only. ST_UNSUPPORTED: the
 * host has none. ST_INCOMPLETE: none now. */
enum status pkvm_trng(u64 out[3]);

/* Requests so far, as the host counts them: shared, unshared granules and guarded ones. */
struct pkvm_counters {
	u64 shared, unshared, guarded;
};
struct pkvm_counters pkvm_counters_get(void);

#endif
