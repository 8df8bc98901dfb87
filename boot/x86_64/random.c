/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RDSEED and RDRAND. CPUID may be the host's word, and a host that hides them would have us take
 * its own bytes instead: so the instruction is executed, and #UD is the answer. No host can make it
 * give other bytes; one that injects an exception there denies them, and is told so.
 */
#include "arch.h"
#include "x86_64/cpu.h"

enum status arch_random(enum random_kind kind, u64 *value)
{
	bool valid;

	if (try_random(kind, value, &valid).class != FAULT_NONE)
		return ST_UNSUPPORTED;
	return valid ? ST_OK : ST_INCOMPLETE;
}

const char *arch_random_name(enum random_kind kind)
{
	return kind == RANDOM_SEED ? "RDSEED" : "RDRAND";
}
