/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: fetch-shared
 * kind-snp: fetch-shared
 * kind-tdx: fetch-shared
 * kind-pkvm: fetch-shared
 * Code in shared memory is the host's code. */
#include "bad.h"

void misbehave(void)
{
	struct range r = bad_block();
	struct fault f;

	if (convert_to_shared(r) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: conversion");
	*(volatile u32 *)r.base = arch_ret_insn;
	arch_sync_code(r.base, sizeof(u32));
	if (mmu_unmap(r) != ST_OK || mmu_map(r, MAP_RWX, MAP_SHARED) != ST_OK)
		fatal(ST_PROTOCOL, "bad guest: remapping");
	f = try_exec(r.base);
	print("# fetch: %s\n", fault_name(f.class));
}
