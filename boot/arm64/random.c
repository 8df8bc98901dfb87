/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RNDR and RNDRRS (FEAT_RNG, DDI0487). In a realm the ID registers are the RMM's, not the host's;
 * in a plain VM everything is the host's.
 */
#include "arch.h"
#include "arm64/sysreg.h"

#define ISAR0_RNDR_SHIFT 60u

enum status arch_random(enum random_kind kind, u64 *value)
{
	u64 v, ok;

	if (read_sysreg(id_aa64isar0_el1) >> ISAR0_RNDR_SHIFT == 0)
		return ST_UNSUPPORTED;
	/* Z set: none within reasonable time, and the value is 0. */
	if (kind == RANDOM_SEED)
		__asm__ volatile("mrs %0, S3_3_C2_C4_1\n\tcset %1, ne"
				 : "=r"(v), "=r"(ok)
				 :
				 : "cc", "memory");
	else
		__asm__ volatile("mrs %0, S3_3_C2_C4_0\n\tcset %1, ne"
				 : "=r"(v), "=r"(ok)
				 :
				 : "cc", "memory");
	*value = v;
	return ok != 0 ? ST_OK : ST_INCOMPLETE;
}

const char *arch_random_name(enum random_kind kind)
{
	return kind == RANDOM_SEED ? "RNDRRS" : "RNDR";
}
