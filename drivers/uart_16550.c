/* SPDX-License-Identifier: BSD-2-Clause */
/* 16550 UART, by memory or by I/O ports. Line settings are the firmware's. */
#include "cvm.h"
#include "uart.h"

#define THR      0
#define LSR      5
#define LSR_THRE BIT(5)

bool ns16550_ready(u64 base, unsigned shift, bool port)
{
	u64 reg = base + ((u64)LSR << shift);
	u64 lsr = port ? cvm.ops->port_in((u16)reg, 1) : cvm.ops->mmio_read(reg, 1);

	return (lsr & LSR_THRE) != 0;
}

void ns16550_put(u64 base, unsigned shift, bool port, char c)
{
	u64 reg = base + ((u64)THR << shift);

	if (port)
		cvm.ops->port_out((u16)reg, 1, (u8)c);
	else
		cvm.ops->mmio_write(reg, 1, (u8)c);
}
