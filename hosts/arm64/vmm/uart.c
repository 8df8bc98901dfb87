/* SPDX-License-Identifier: BSD-2-Clause */
#include "uart.h"

/* PL011, offsets in bytes */
#define PL011_DR      0x000
#define PL011_FR      0x018
#define PL011_FR_IDLE 0x90u /* transmitter empty, receiver empty */
#define PL011_RIS     0x03c
#define PL011_ID      0xfe0

/* 16550, one byte apart */
#define NS_THR   0
#define NS_IER   1
#define NS_IIR   2
#define NS_LCR   3
#define NS_LSR   5
#define NS_MSR   6
#define LCR_DLAB 0x80u

void uart_init(struct uart *u, enum uart_kind kind)
{
	*u = (struct uart){ .kind = kind };
}

static int transmit(struct uart *u, u8 byte)
{
	u->bytes++;
	u->sum += byte;
	return byte;
}

static u32 pl011_id(u64 offset)
{
	static const u8 id[8] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	return id[(offset - PL011_ID) / 4];
}

/* The line settings are stored and read back; nothing depends on them. */
static bool pl011(struct uart *u, u64 offset, bool write, u64 *value, int *out)
{
	bool stored = offset >= 0x020 && offset < PL011_RIS;

	if (offset & 3)
		return false;
	if (write) {
		if (offset == PL011_DR)
			*out = transmit(u, (u8)*value);
		else if (stored)
			u->reg[offset / 4] = (u32)*value & 0xffff;
		return true;
	}
	*value = 0;
	if (offset == PL011_FR)
		*value = PL011_FR_IDLE;
	else if (stored)
		*value = u->reg[offset / 4];
	else if (offset >= PL011_ID)
		*value = pl011_id(offset);
	return true;
}

static bool ns16550(struct uart *u, u64 offset, bool write, u64 *value, int *out)
{
	bool latch = u->reg[NS_LCR] & LCR_DLAB;

	if (offset > 7)
		return false;
	if (write) {
		if (offset == NS_THR && !latch)
			*out = transmit(u, (u8)*value);
		else if (latch && offset <= NS_IER)
			u->reg[8 + offset] = (u8)*value; /* divisor */
		else if (offset != NS_IIR && offset != NS_LSR && offset != NS_MSR)
			u->reg[offset] = (u8)*value;
		return true;
	}
	switch (offset) {
	case NS_THR:
	case NS_IER:
		*value = latch ? u->reg[8 + offset] : offset == NS_IER ? u->reg[NS_IER] : 0;
		break;
	case NS_IIR:
		*value = 0x01; /* nothing pending */
		break;
	case NS_LSR:
		*value = 0x60; /* transmitter empty */
		break;
	case NS_MSR:
		*value = 0xb0; /* carrier, data set ready, clear to send */
		break;
	default:
		*value = u->reg[offset];
	}
	return true;
}

bool uart_access(struct uart *u, u64 offset, unsigned size, bool write, u64 *value, int *out)
{
	*out = -1;
	if (offset >= UART_SIZE || size > 4)
		return false;
	switch (u->kind) {
	case UART_KIND_PL011:
		return pl011(u, offset, write, value, out);
	case UART_KIND_NS16550:
		return ns16550(u, offset, write, value, out);
	default:
		return false;
	}
}
