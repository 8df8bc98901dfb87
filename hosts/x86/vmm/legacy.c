/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small old devices: interrupt controllers nobody uses but everybody masks, the clock with its
 * memory sizes, the keyboard controller, the console and QEMU's debug console.
 */
#include "vmm/local.h"

/* ---- 8259 pair: registers are remembered, nothing is delivered ---- */

static struct pic {
	u8 mask;
	unsigned init; /* initialization words still to come */
} pics[2];

#define ICW1     0x10
#define ICW1_ONE 0x02 /* no ICW3 */
#define ICW1_IC4 0x01

void pic_reset(void)
{
	for (unsigned i = 0; i < 2; i++)
		pics[i] = (struct pic){ .mask = 0xff };
}

u8 pic_in(u16 port)
{
	return port & 1 ? pics[port >> 7 & 1].mask : 0; /* IRR, ISR: nothing */
}

void pic_out(u16 port, u8 value)
{
	struct pic *p = &pics[port >> 7 & 1];

	if ((port & 1) == 0) {
		if (value & ICW1) {
			p->mask = 0;
			p->init = 1 + !(value & ICW1_ONE) + (value & ICW1_IC4);
		}
	} else if (p->init != 0) {
		p->init--;
	} else {
		p->mask = value;
	}
}

/* ---- clock and CMOS: the machine's, but for the guest's memory sizes ---- */

static u8 cmos_index;

/* As QEMU's pc machine fills them in. -1: the machine's own byte. */
static int cmos_memory(u8 index)
{
	u64 low = guest_low_size(), high = guest_high_size();
	u64 base = MIN(low / KIB(1), 640);
	u64 above_1m = low <= MIB(1) ? 0 : MIN((low - MIB(1)) / KIB(1), 65535);
	u64 above_16m = low <= MIB(16) ? 0 : MIN((low - MIB(16)) / KIB(64), 65535);

	switch (index) {
	case 0x15:
	case 0x16:
		return (u8)(base >> (index == 0x16 ? 8 : 0));
	case 0x17:
	case 0x30:
		return (u8)above_1m;
	case 0x18:
	case 0x31:
		return (u8)(above_1m >> 8);
	case 0x34:
	case 0x35:
		return (u8)(above_16m >> (index == 0x35 ? 8 : 0));
	case 0x5b ... 0x5d:
		return (u8)(high / KIB(64) >> (8 * (index - 0x5b)));
	case 0x5f:
		return (int)config.cpus - 1;
	default:
		return -1;
	}
}

u8 cmos_in(u16 port)
{
	int own = cmos_memory(cmos_index);

	if ((port & 1) == 0)
		return 0xff;
	if (own >= 0)
		return (u8)own;
	machine_out(0x70, 1, cmos_index);
	return (u8)machine_in(0x71, 1);
}

void cmos_out(u16 port, u8 value)
{
	if ((port & 1) == 0) {
		cmos_index = value & 0x7f;
		return;
	}
	if (cmos_memory(cmos_index) >= 0)
		return;
	machine_out(0x70, 1, cmos_index);
	machine_out(0x71, 1, value);
}

/* ---- keyboard controller: its commands can reset the machine and close the A20 gate ---- */

static bool output_port; /* the next data byte goes there */

u8 i8042_in(u16 port)
{
	return (u8)machine_in(port, 1);
}

static bool i8042_harmless(u8 command)
{
	return (command >= 0x20 && command < 0x80) || (command >= 0xa7 && command <= 0xae) ||
	       command == 0xc0 || command == 0xd0 || (command >= 0xd2 && command <= 0xd4);
}

void i8042_out(u16 port, u8 value)
{
	if (port == 0x64) {
		output_port = value == 0xd1;
		if (value >= 0xf0 && (value & 1) == 0)
			core_verdict("reset", "keyboard controller");
		if (i8042_harmless(value))
			machine_out(port, 1, value);
	} else if (output_port) {
		output_port = false;
		if ((value & 1) == 0)
			core_verdict("reset", "keyboard controller");
	} else {
		machine_out(port, 1, value);
	}
}

/* ---- console: the machine's COM1 ---- */

#define UART_LCR  0x3fb
#define LCR_LATCH 0x80

u64 uart_bytes, uart_sum;
static u8 uart_lcr;

u8 uart_in(u16 port)
{
	return (u8)machine_in(port, 1);
}

void uart_out(u16 port, u8 value)
{
	if (port == UART_LCR)
		uart_lcr = value;
	if (port == 0x3f8 && (uart_lcr & LCR_LATCH) == 0) {
		if (value == 'Q' && fault_on(FAULT_CONSOLE_BYTE_LOST))
			return;
		uart_bytes++;
		uart_sum += value;
		marks_byte(value);
	}
	machine_out(port, 1, value);
}

/* ---- debug console: lines on the host's channel when violations are looked for ---- */

#define LINES_MAX 2000 /* a guest must not fill the channel */

void debugcon_out(u8 value)
{
	static char line[120];
	static unsigned n, lines;

	if (!config.trace || lines >= LINES_MAX)
		return;
	if (value != '\n' && value != '\r')
		line[n++] = value >= ' ' && value < 0x7f ? (char)value : '?';
	if (n < sizeof(line) - 1 && value != '\n')
		return;
	line[n] = '\0';
	n = 0;
	lines++;
	channel("debugcon: %s", line);
}
