/* SPDX-License-Identifier: BSD-2-Clause */
#include "cvm.h"
#include "x86_64/devices.h"

#define COM1         0x3f8u
#define UART_SCRATCH 7u

/* An absent port reads all ones; the scratch register of a real one keeps what is written. */
void com1_find(struct platform_info *p)
{
	for (unsigned i = 0; i < 2; i++) {
		u32 pattern = i == 0 ? 0x5a : 0xa5;

		cvm.ops->port_out(COM1 + UART_SCRATCH, 1, pattern);
		if (cvm.ops->port_in(COM1 + UART_SCRATCH, 1) != pattern)
			return;
	}
	p->uart = UART_NS16550_PORT;
	p->uart_base = COM1;
}
