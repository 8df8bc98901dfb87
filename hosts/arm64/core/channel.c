/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device below the host's own word (common/channel.h): a 16550 on the PCI bus, behind an I/O
 * BAR that stage 2 never maps. The guest may own the PL011.
 */
#include "abi/psci.h"
#include "local.h"
#include "smccc.h"

#define ECAM          0x4010000000ULL /* QEMU virt with highmem */
#define PIO_WINDOW    0x3eff0000ULL
#define PORT          0x1000u /* ours to choose: nobody else decodes I/O on this bus */
#define SERIAL_ID     0x00021b36u
#define BRIDGE_ID     0x00081b36u
#define SLOTS         32
#define PCI_COMMAND   0x04
#define PCI_BAR0      0x10
#define PCI_IO        0x1

#define UART_THR      0
#define UART_LSR      5
#define LSR_THR_EMPTY 0x20

#define PL011_DR      0x09000000ULL
#define PL011_FR      0x09000018ULL
#define FR_FULL       0x20
#define READY_RETRIES 1000000u

static bool found;

static bool find_serial(u64 *function)
{
	if (mmio_read32(ECAM) != BRIDGE_ID)
		return false;
	for (unsigned slot = 1; slot < SLOTS; slot++) {
		*function = ECAM + ((u64)slot << 15);
		if (mmio_read32(*function) == SERIAL_ID)
			return true;
	}
	return false;
}

void channel_init(void)
{
	u64 function;

	if (!find_serial(&function))
		core_panic("no output channel: QEMU needs -device pci-serial,chardev=...");
	mmio_write32(function + PCI_BAR0, PORT);
	mmio_write16(function + PCI_COMMAND, PCI_IO);
	found = true;
}

void core_console_putc(char c)
{
	for (unsigned i = 0; i < READY_RETRIES && (mmio_read32(PL011_FR) & FR_FULL) != 0; i++)
		core_relax();
	mmio_write32(PL011_DR, (u8)c);
}

void core_channel_putc(char c)
{
	u64 uart = PIO_WINDOW + PORT;

	if (!found) {
		core_console_putc(c);
		return;
	}
	for (unsigned i = 0;
	     i < READY_RETRIES && (mmio_read8(uart + UART_LSR) & LSR_THR_EMPTY) == 0; i++)
		core_relax();
	mmio_write8(uart + UART_THR, (u8)c);
}

void core_power_off(void)
{
	struct smccc_regs r = { { PSCI_SYSTEM_OFF } };

	smccc_smc(&r);
	for (;;)
		core_wfi();
}
