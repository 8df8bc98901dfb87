/* SPDX-License-Identifier: BSD-2-Clause */
/* Arm PrimeCell PL011 (DDI 0183); 32-bit accesses, as SBSA UARTs demand. */
#include "cvm.h"
#include "uart.h"

#define UARTDR      0x00
#define UARTFR      0x18
#define UARTFR_TXFF BIT(5)

bool pl011_ready(u64 base)
{
	return (cvm.ops->mmio_read(base + UARTFR, 4) & UARTFR_TXFF) == 0;
}

void pl011_put(u64 base, char c)
{
	cvm.ops->mmio_write(base + UARTDR, 4, (u8)c);
}
