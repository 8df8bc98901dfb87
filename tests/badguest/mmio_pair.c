/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: mmio-not-emulatable
 * kind-pkvm: mmio-not-emulatable
 * LDP gives the host no syndrome to emulate the access with. */
#include "bad.h"

void misbehave(void)
{
	u64 a, b;

	__asm__ volatile("ldp %0, %1, [%2]"
			 : "=r"(a), "=r"(b)
			 : "r"(platform.uart_base)
			 : "memory");
}
