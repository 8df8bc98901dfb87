/* SPDX-License-Identifier: BSD-2-Clause */
/* The two UARTs the console knows. Transmit only, polled, one register access each. */
#ifndef UART_H
#define UART_H

#include "types.h"

bool pl011_ready(u64 base);
void pl011_put(u64 base, char c);

/* Registers lie `1 << shift` bytes apart; `port` chooses I/O ports. */
bool ns16550_ready(u64 base, unsigned shift, bool port);
void ns16550_put(u64 base, unsigned shift, bool port, char c);

#endif
