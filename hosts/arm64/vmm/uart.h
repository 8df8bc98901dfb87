/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's console: a transmitter only. Pure; bytes go to uart_out(). */
#ifndef UART_H
#define UART_H

#include "types.h"

#define UART_SIZE KIB(4)

enum uart_kind { UART_KIND_NONE, UART_KIND_PL011, UART_KIND_NS16550 };

struct uart {
	enum uart_kind kind;
	u64 bytes; /* written by the guest so far */
	u64 sum;   /* of their values */
	u32 reg[64];
};

void uart_init(struct uart *u, enum uart_kind kind);
/* One access; false: nothing there. A byte to send is left in *out, else *out is -1. */
bool uart_access(struct uart *u, u64 offset, unsigned size, bool write, u64 *value, int *out);

#endif
