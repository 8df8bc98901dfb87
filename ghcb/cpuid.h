/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID from the page the firmware filtered (56860 launch; pure). The host answers only what
 * changes from CPU to CPU.
 */
#ifndef GHCB_CPUID_H
#define GHCB_CPUID_H

#include "abi/snp.h"
#include "status.h"
#include "types.h"

struct cpuid_entry {
	u32 eax_in, ecx_in;
	u64 xcr0_in, xss_in;
	u32 out[4]; /* EAX, EBX, ECX, EDX */
};

struct cpuid_table {
	u32 count;
	struct cpuid_entry entry[SNP_CPUID_COUNT_MAX];
};

/* What the answer depends on besides the page. */
struct cpuid_env {
	u64 cr4, xcr0, xss;
	/* One register (0..3) of a leaf, from the host; checked by the callee for its protocol. */
	enum status (*host)(u32 leaf, unsigned reg, u32 *out);
};

/* Copies the page's table; ST_TOO_MANY: count above 64, ST_NOT_FOUND: no entry at all. Nothing else
 * of the page is believed. */
enum status cpuid_load(struct cpuid_table *t, const u8 page[4096]);
/* The row for a leaf, NULL when there is none. */
const struct cpuid_entry *cpuid_row(const struct cpuid_table *t, u32 leaf, u32 sub);
/* CPUID: zeros where the page has nothing. ST_PROTOCOL: the host's answer is none, or the page has
 * no size for a state component that is enabled; out is not to be used then. */
enum status cpuid_answer(const struct cpuid_table *t, const struct cpuid_env *env, u32 leaf,
			 u32 sub, u32 out[4]);

#endif
