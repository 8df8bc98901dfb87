/* SPDX-License-Identifier: BSD-2-Clause */
/* What the generic checks need of this architecture. */
#include "../checks.h"

/* Vectors of no driver. */
const u32 unasked_ids[UNASKED_IDS] = { 48, 77, 200 };

void header_platform(void)
{
}

void visit_host(void)
{
	u32 a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
}

u64 timer_now(bool physical)
{
	(void)physical;
	return arch_counter();
}
