/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own word: a 16550 on the PCI bus, behind an I/O BAR that stage 2 never maps. The guest
 * may own the PL011, so nothing that decides a verdict goes there.
 */
#include <string.h>

#include "abi/psci.h"
#include "local.h"
#include "print.h"
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

#define LINE_BYTES    1400 /* config.append is the longest thing printed */

static bool found;
static struct core_lock lock;

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

static void channel_putc(char c)
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

static void channel_puts(const char *s)
{
	while (*s != '\0')
		channel_putc(*s++);
}

void channel(const char *fmt, ...)
{
	char line[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprint(line, sizeof(line), fmt, ap);
	va_end(ap);
	core_lock(&lock);
	channel_puts(line);
	channel_putc('\n');
	core_unlock(&lock);
}

void channel_hex(const char *word, const u8 *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	core_lock(&lock);
	channel_puts(word);
	channel_puts(": ");
	for (size_t i = 0; i < n; i++) {
		channel_putc(digits[data[i] >> 4]);
		channel_putc(digits[data[i] & 0xf]);
	}
	channel_putc('\n');
	core_unlock(&lock);
}

static NORETURN void power_off(void)
{
	struct smccc_regs r = { { PSCI_SYSTEM_OFF } };

	smccc_smc(&r);
	for (;;)
		core_wfi();
}

/* Several CPUs may reach an end at once: the lock is never given back, so that one verdict is
 * printed and nothing after it. */
static NORETURN void last_word(const char *word, const char *detail)
{
	channel_puts("verdict: ");
	channel_puts(word);
	channel_putc(' ');
	channel_puts(detail);
	channel_putc('\n');
	power_off();
}

void core_verdict(const char *word, const char *fmt, ...)
{
	char detail[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprint(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	core_lock(&lock);
	last_word(word, detail);
}

/* The CPU that panics may hold the lock itself, so it waits for a while only; then the words come
 * in the middle of somebody's line, but they come. */
static bool take_lock_for_panic(void)
{
	for (unsigned i = 0; i < READY_RETRIES; i++) {
		if (core_trylock(&lock))
			return true;
		core_relax();
	}
	return false;
}

void core_panic(const char *fmt, ...)
{
	char detail[LINE_BYTES];
	va_list ap;

	/* A panic within a panic: the first one has been printed as far as it goes. */
	if (this_cpu()->panicking++ != 0)
		power_off();
	va_start(ap, fmt);
	vsnprint(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (!take_lock_for_panic())
		channel_putc('\n');
	last_word("broken", detail);
}

void stack_smashed(void)
{
	core_panic("stack overflow in the monitor");
}

/* lib/print.c: print() of common code linked into the host. */
void console_write(const char *s, size_t n)
{
	core_lock(&lock);
	for (size_t i = 0; i < n; i++)
		channel_putc(s[i]);
	core_unlock(&lock);
}
