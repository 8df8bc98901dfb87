/* SPDX-License-Identifier: BSD-2-Clause */
/* What the generic checks need of this architecture. */
#include "../checks.h"

/* Vectors of no driver. */
const u32 unasked_ids[UNASKED_IDS] = { 48, 77, 200 };

void header_platform(void)
{
}

/* Unlike CPUID, which a confidential guest may answer itself: the POST diagnostic port, which every
 * host has or ignores. */
#define PORT_POST 0x80u

void visit_host(void)
{
	u32 a = 0, b, c = 0, d;

	if (cvm.ops->platform != CVM_PLAIN) {
		(void)cvm.ops->port_in(PORT_POST, 1);
		return;
	}
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
}

u64 timer_now(bool physical)
{
	(void)physical;
	return arch_counter();
}
