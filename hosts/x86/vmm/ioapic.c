/* SPDX-License-Identifier: BSD-2-Clause */
/* The IOAPIC of the guest's machine: 24 pins (Intel 82093AA, with the EOI register of later ones).
 */
#include "vmm/pci.h"

#define PINS          24u
#define VERSION       (0x20u | (PINS - 1) << 16)

#define RTE_REMOTE    BIT(14)
#define RTE_LEVEL     BIT(15)
#define RTE_MASKED    BIT(16)
#define RTE_LOGICAL   BIT(11)
#define RTE_READ_ONLY (BIT(12) | RTE_REMOTE)
#define RTE_WRITABLE  (MASK(63, 56) | MASK(16, 0))

static struct {
	u8 select, id;
	u64 rte[PINS];
	bool line[PINS];
} io;

void ioapic_reset(void)
{
	io.select = io.id = 0;
	for (unsigned i = 0; i < PINS; i++) {
		io.rte[i] = RTE_MASKED;
		io.line[i] = false;
	}
}

static void deliver(unsigned pin)
{
	u64 e = io.rte[pin];
	unsigned mode = FIELD(e, 10, 8);
	bool level = (e & RTE_LEVEL) != 0, taken = false;

	for (unsigned i = 0; i < config.cpus; i++) {
		if (!lapic_matches(&vcpus[i], (u32)(e >> 56), (e & RTE_LOGICAL) != 0, false))
			continue;
		if (mode == DELIVER_NMI)
			lapic_nmi(NULL, &vcpus[i]);
		else if (mode <= DELIVER_LOWEST)
			taken |= lapic_accept(NULL, &vcpus[i], (u32)e & 0xff, level);
		if (mode == DELIVER_LOWEST)
			break;
	}
	if (level && taken)
		io.rte[pin] |= RTE_REMOTE;
}

/* A level that is still there when nothing stands in its way any more. */
static void look_again(unsigned pin)
{
	u64 e = io.rte[pin];

	if (io.line[pin] && (e & RTE_LEVEL) != 0 && (e & (RTE_MASKED | RTE_REMOTE)) == 0)
		deliver(pin);
}

void ioapic_line(unsigned pin, bool level)
{
	bool rises;

	if (pin >= PINS)
		return;
	rises = level && !io.line[pin];
	io.line[pin] = level;
	if ((io.rte[pin] & RTE_LEVEL) != 0)
		look_again(pin);
	else if (rises && (io.rte[pin] & RTE_MASKED) == 0)
		deliver(pin);
}

/* The guest has served a level: whether it is still there is for the machine to say, and for the
 * modelled device. */
static void settle(unsigned pin)
{
	io.line[pin] = vio_wire(pin);
	look_again(pin);
	forward_open(pin);
}

void ioapic_eoi(unsigned vector)
{
	for (unsigned i = 0; i < PINS; i++) {
		if ((io.rte[i] & RTE_REMOTE) == 0 || (io.rte[i] & 0xff) != vector)
			continue;
		io.rte[i] &= ~RTE_REMOTE;
		settle(i);
	}
}

static u32 window_read(void)
{
	unsigned pin = (io.select - 0x10u) / 2;

	switch (io.select) {
	case 0:
	case 2:
		return (u32)io.id << 24;
	case 1:
		return VERSION;
	default:
		if (io.select < 0x10 || pin >= PINS)
			return 0;
		return (u32)(io.select & 1 ? io.rte[pin] >> 32 : io.rte[pin]);
	}
}

static void window_write(u32 value)
{
	unsigned pin = (io.select - 0x10u) / 2;
	u64 old, e;

	if (io.select == 0)
		io.id = value >> 24 & 0xf;
	if (io.select < 0x10 || pin >= PINS)
		return;
	old = io.rte[pin];
	e = io.select & 1 ? (old & MASK(31, 0)) | (u64)value << 32 : (old & MASK(63, 32)) | value;
	e = (e & RTE_WRITABLE & ~RTE_READ_ONLY) | (old & RTE_READ_ONLY);
	if ((e & RTE_LEVEL) == 0)
		e &= ~RTE_REMOTE;
	io.rte[pin] = e;
	if ((e & RTE_MASKED) != 0)
		return;
	look_again(pin);
	if ((io.rte[pin] & RTE_REMOTE) == 0 && (old & RTE_MASKED) != 0)
		forward_open(pin);
}

u64 ioapic_read(u64 offset, unsigned width)
{
	if (width != 4)
		return nothing(width);
	switch (offset) {
	case 0x00:
		return io.select;
	case 0x10:
		return window_read();
	default:
		return 0;
	}
}

void ioapic_write(u64 offset, unsigned width, u64 value)
{
	if (offset == 0x00)
		io.select = (u8)value;
	else if (width != 4)
		return;
	else if (offset == 0x10)
		window_write((u32)value);
	else if (offset == 0x40)
		ioapic_eoi((u32)value & 0xff);
}
