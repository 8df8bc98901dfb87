/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console. Text written before it is found, or without any, stays in a ring in private memory:
 * the guest must not behave differently on a host that gives it no UART.
 */
#include "console.h"

#include "arch.h"
#include "cvm.h"
#include "mmu.h"
#include "print.h"
#include "smp.h"
#include "uart.h"

#define RING_SIZE KIB(16)
/* Polls of "ready" per byte. A host may never say ready: after the first byte given up, later ones
 * get a single poll each, so that the whole report is bounded, not only a byte of it. */
#define POLL_MAX 100000

static char ring[RING_SIZE];
static u64 ring_written;

static struct {
	enum uart_type type;
	u64 base;
	unsigned shift;
	bool stuck;
} uart;

static u64 bytes_sent, timeouts;
static struct spinlock lock;
static bool given_up;

static bool uart_ready(void)
{
	if (uart.type == UART_PL011)
		return pl011_ready(uart.base);
	return ns16550_ready(uart.base, uart.shift, uart.type == UART_NS16550_PORT);
}

static void uart_put(char c)
{
	unsigned polls = uart.stuck ? 1 : POLL_MAX;

	while (!uart_ready()) {
		if (--polls == 0) {
			uart.stuck = true;
			timeouts++;
			return;
		}
	}
	uart.stuck = false;
	if (uart.type == UART_PL011)
		pl011_put(uart.base, c);
	else
		ns16550_put(uart.base, uart.shift, uart.type == UART_NS16550_PORT, c);
}

static void put(char c)
{
	bytes_sent++;
	if (uart.type == UART_NONE)
		ring[ring_written++ % RING_SIZE] = c;
	else
		uart_put(c);
}

static bool is_mine(void)
{
	return __atomic_load_n(&lock.owner, __ATOMIC_RELAXED) == arch_cpu_index() + 1;
}

/*
 * Writing while this CPU is already writing means that the UART itself raised an exception, which
 * a host can do at every access. Its report would fault again, so the UART is given up: what is
 * left to say goes to the ring, and the stop still ends with its verdict.
 */
static bool take_lock(void)
{
	if (!mmu_is_on())
		return false;
	if (is_mine()) {
		uart.type = UART_NONE;
		given_up = true;
		return false;
	}
	spin_lock(&lock);
	return true;
}

void console_write(const char *s, size_t n)
{
	bool irqs = arch_irq_save();
	bool locked = take_lock();

	for (size_t i = 0; i < n; i++)
		put(s[i]);
	if (locked)
		spin_unlock(&lock);
	arch_irq_restore(irqs);
}

static enum status check_uart(const struct platform_info *p)
{
	struct range window = { p->uart_base, UART_WINDOW };

	switch (p->uart) {
	case UART_PL011:
	case UART_NS16550_MMIO:
		if (p->uart_shift > 4)
			return ST_INVALID;
		return mmu_map_device(window);
	case UART_NS16550_PORT:
		if (cvm.ops->port_in == NULL || cvm.ops->port_out == NULL)
			return ST_UNSUPPORTED;
		return p->uart_base > 0xfff8 ? ST_RANGE : ST_OK;
	case UART_NONE:
		return ST_OK;
	}
	return ST_INVALID;
}

static void flush_ring(void)
{
	u64 from = ring_written > RING_SIZE ? ring_written - RING_SIZE : 0;

	for (; from < ring_written; from++)
		uart_put(ring[from % RING_SIZE]);
}

enum status console_init(const struct platform_info *p)
{
	enum status st = given_up ? ST_FAULT : check_uart(p);
	bool irqs, locked;

	if (st != ST_OK || p->uart == UART_NONE)
		return st;
	irqs = arch_irq_save();
	locked = take_lock();
	uart.base = p->uart_base;
	uart.shift = p->uart == UART_NS16550_PORT ? 0 : p->uart_shift;
	uart.type = p->uart;
	flush_ring();
	if (locked)
		spin_unlock(&lock);
	arch_irq_restore(irqs);
	return ST_OK;
}

bool console_present(void)
{
	return uart.type != UART_NONE;
}

u64 console_bytes(void)
{
	return bytes_sent;
}

u64 console_timeouts(void)
{
	return timeouts;
}
