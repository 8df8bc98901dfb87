/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own word: COM2, which no guest reaches. The guest has COM1, so nothing that decides a
 * verdict goes there.
 */
#include "local.h"
#include "print.h"

#define COM2          0x2f8u
#define UART_DATA     0
#define UART_IER      1
#define UART_FCR      2
#define UART_LCR      3
#define UART_MCR      4
#define UART_LSR      5
#define LCR_8N1       0x03
#define LCR_DLAB      0x80
#define FCR_ON        0x07
#define MCR_DTR_RTS   0x03
#define LSR_THR_EMPTY 0x20
#define READY_RETRIES 1000000u

#define PM1_CONTROL   0x604u  /* ICH9, where SeaBIOS puts its PM block */
#define PM1_SOFT_OFF  0x2000u /* SLP_EN, SLP_TYP 0 */

#define LINE_BYTES    1400 /* config.append is the longest thing printed */

static struct core_lock lock;
static u32 ended;

void channel_init(void)
{
	outb(COM2 + UART_IER, 0);
	outb(COM2 + UART_LCR, LCR_DLAB);
	outb(COM2 + UART_DATA, 1);
	outb(COM2 + UART_IER, 0);
	outb(COM2 + UART_LCR, LCR_8N1);
	outb(COM2 + UART_FCR, FCR_ON);
	outb(COM2 + UART_MCR, MCR_DTR_RTS);
}

static void channel_putc(char c)
{
	for (unsigned i = 0; i < READY_RETRIES && (inb(COM2 + UART_LSR) & LSR_THR_EMPTY) == 0; i++)
		relax();
	outb(COM2 + UART_DATA, (u8)c);
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
	lock_take(&lock);
	channel_puts(line);
	channel_putc('\n');
	lock_release(&lock);
}

void channel_hex(const char *word, const u8 *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	lock_take(&lock);
	channel_puts(word);
	channel_puts(": ");
	for (size_t i = 0; i < n; i++) {
		channel_putc(digits[data[i] >> 4]);
		channel_putc(digits[data[i] & 0xf]);
	}
	channel_putc('\n');
	lock_release(&lock);
}

static NORETURN void power_off(void)
{
	for (;;) {
		outw(PM1_CONTROL, PM1_SOFT_OFF);
		relax();
	}
}

/* The channel's lock is never given back: nothing is printed behind the verdict. */
static NORETURN void last_word(const char *word, const char *detail)
{
	channel_puts("verdict: ");
	channel_puts(word);
	channel_putc(' ');
	channel_puts(detail);
	channel_putc('\n');
	power_off();
}

/* Several CPUs may reach an end at once: one verdict is given, the others wait for the power to go.
 */
static void end_once(void)
{
	if (__atomic_exchange_n(&ended, 1, __ATOMIC_ACQ_REL) == 0)
		return;
	for (;;)
		relax();
}

void core_verdict(const char *word, const char *fmt, ...)
{
	char detail[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprint(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	end_once();
	if (model.summary != NULL)
		model.summary();
	counters_print();
	lock_take(&lock);
	last_word(word, detail);
}

/* The CPU that panics may hold the lock itself, so it waits for a while only; then the words come
 * in the middle of somebody's line, but they come. */
static bool take_lock_for_panic(void)
{
	for (unsigned i = 0; i < READY_RETRIES; i++) {
		if (lock_try(&lock))
			return true;
		relax();
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
	lock_take(&lock);
	for (size_t i = 0; i < n; i++)
		channel_putc(s[i]);
	lock_release(&lock);
}
