/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Port I/O: an allow-list. What is not named reads all ones and swallows writes: the monitor's own
 * channel (COM2), the machine's power management, resets, SMI command port and A20 gate, fw_cfg and
 * isa-debug-exit. Ports of PCI devices lie above 0x1000 (pci.c sees to that).
 */
#include "common/secret.h"
#include "vmm/local.h"

#define DEBUGCON      0x402
#define DEBUGCON_IS   0xe9 /* what QEMU's reads */
#define RESET_CONTROL 0xcf9
#define SYSTEM_A      0x92
#define SYSTEM_A_A20  0x02
#define VMPORT        0x5658
#define PCI_PORTS     0x1000

static u8 elcr[2];

/* Ports handled a byte at a time. */
static u8 byte_in(u16 port)
{
	switch (port) {
	case 0x20:
	case 0x21:
	case 0xa0:
	case 0xa1:
		return pic_in(port);
	case 0x4d0:
	case 0x4d1:
		return elcr[port & 1];
	case 0x40 ... 0x43:
	case 0x61:
		return (u8)machine_in(port, 1);
	case 0x60:
	case 0x64:
		return i8042_in(port);
	case 0x70:
	case 0x71:
		return cmos_in(port);
	case SYSTEM_A:
		return SYSTEM_A_A20;
	case 0x3f8 ... 0x3ff:
		return uart_in(port);
	case DEBUGCON:
		return DEBUGCON_IS;
	case RESET_CONTROL:
		return 0;
	default:
		return 0xff;
	}
}

static void byte_out(u16 port, u8 value)
{
	switch (port) {
	case 0x20:
	case 0x21:
	case 0xa0:
	case 0xa1:
		pic_out(port, value);
		break;
	case 0x4d0:
	case 0x4d1:
		elcr[port & 1] = value;
		break;
	case 0x40 ... 0x43:
	case 0x61:
		machine_out(port, 1, value);
		break;
	case 0x60:
	case 0x64:
		i8042_out(port, value);
		break;
	case 0x70:
	case 0x71:
		cmos_out(port, value);
		break;
	case SYSTEM_A:
		if (value & 1)
			core_verdict("reset", "port 0x92");
		break;
	case 0x3f8 ... 0x3ff:
		uart_out(port, value);
		break;
	case DEBUGCON:
		debugcon_out(value);
		break;
	case RESET_CONTROL:
		if (value & 4)
			core_verdict("reset", "port 0xcf9");
		break;
	default:
		break;
	}
}

/* Ports whose accesses have a width. */
static enum kind { BYTES, PCI, FWCFG, COOP, PM, MACHINE } find(u16 port, unsigned width)
{
	unsigned last = port + width - 1;

	if (port >= 0xcf8 && last <= 0xcff && port != RESET_CONTROL && port / 4 == last / 4)
		return PCI;
	if (port >= 0x510 && last <= 0x511 + 3)
		return FWCFG;
	if (config.coop && (port == COOP_PORT_COMMAND || port == COOP_PORT_DATA))
		return COOP;
	if (port >= 0x600 && last < 0x680)
		return PM;
	if (port >= PCI_PORTS && last <= 0xffff && (last < VMPORT || port > VMPORT + 3))
		return MACHINE;
	return BYTES;
}

u32 vmm_port_in(struct vcpu *v, u16 port, unsigned width)
{
	u32 value = 0;

	if (width != 1 && width != 2 && width != 4)
		return ~0u;
	switch (find(port, width)) {
	case PCI:
		return pci_port_in(port, width);
	case FWCFG:
		return fwcfg_in(port, width);
	case COOP:
		return coop_in(v, port, width);
	case PM:
		return pm_in(port, width);
	case MACHINE:
		return machine_in(port, width);
	default:
		for (unsigned i = 0; i < width; i++)
			value |= (u32)(port + i > 0xffff ? 0xff : byte_in((u16)(port + i)))
				 << (8 * i);
		return value;
	}
}

void vmm_port_out(struct vcpu *v, u16 port, unsigned width, u32 value)
{
	if (width != 1 && width != 2 && width != 4)
		return;
	secret_seen(value & nothing(width), width);
	switch (find(port, width)) {
	case PCI:
		pci_port_out(port, width, value);
		break;
	case FWCFG:
		fwcfg_out(port, width, value);
		break;
	case COOP:
		coop_out(v, port, width, value);
		break;
	case PM:
		pm_out(port, width, value);
		break;
	case MACHINE:
		machine_out(port, width, value);
		break;
	default:
		for (unsigned i = 0; i < width && port + i <= 0xffff; i++)
			byte_out((u16)(port + i), (u8)(value >> (8 * i)));
	}
}
