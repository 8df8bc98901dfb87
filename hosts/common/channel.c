/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines and verdict of the host (channel.h); the serial port below is each core's. */
#include "common/channel.h"

#include <stdarg.h>

#include "common/lock.h"
#include "core/core.h"
#include "print.h"

#define LINE_BYTES   1400 /* config.append is the longest thing printed */
#define LOCK_RETRIES 1000000u

static struct core_lock lock;
static u32 ended;   /* a CPU gives its summary and its verdict */
static u32 speaker; /* 1 + the CPU that has the last word, 0: none */
static u32 panicking[CORE_MAX_CPUS];

static NORETURN void wait_for_power_off(void)
{
	for (;;)
		core_relax();
}

/* A CPU that panics may speak without the lock. Every byte is judged, so that who has the lock then
 * neither breaks the verdict's line nor adds to it. */
static void put(char c)
{
	u32 by = __atomic_load_n(&speaker, __ATOMIC_ACQUIRE);

	if (by != 0 && by != core_cpu() + 1)
		wait_for_power_off();
	core_channel_putc(c);
}

static void put_string(const char *s)
{
	while (*s != '\0')
		put(*s++);
}

void channel(const char *fmt, ...)
{
	char line[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprint(line, sizeof(line), fmt, ap);
	va_end(ap);
	core_lock(&lock);
	put_string(line);
	put('\n');
	core_unlock(&lock);
}

void channel_hex(const char *word, const u8 *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	core_lock(&lock);
	put_string(word);
	put_string(": ");
	for (size_t i = 0; i < n; i++) {
		put(digits[data[i] >> 4]);
		put(digits[data[i] & 0xf]);
	}
	put('\n');
	core_unlock(&lock);
}

static bool has_last_word(void)
{
	return __atomic_load_n(&speaker, __ATOMIC_ACQUIRE) == core_cpu() + 1;
}

/* The first CPU gets it; the others wait for the power to go. */
static void take_last_word(void)
{
	u32 nobody = 0;

	if (!__atomic_compare_exchange_n(&speaker, &nobody, core_cpu() + 1, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE) &&
	    !has_last_word())
		wait_for_power_off();
}

/* The channel's lock is never given back. */
static NORETURN void last_word(const char *word, const char *detail)
{
	put_string("verdict: ");
	put_string(word);
	put(' ');
	put_string(detail);
	put('\n');
	core_power_off();
}

void core_verdict(const char *word, const char *fmt, ...)
{
	char detail[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprint(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (__atomic_exchange_n(&ended, 1, __ATOMIC_ACQ_REL) != 0)
		wait_for_power_off();
	core_summary();
	core_lock(&lock);
	take_last_word();
	last_word(word, detail);
}

/* The CPU that panics may hold the lock itself, so it waits for a while only; then the words come
 * behind a part of somebody's line, but they come. */
static bool take_lock_for_panic(void)
{
	for (unsigned i = 0; i < LOCK_RETRIES; i++) {
		if (core_trylock(&lock))
			return true;
		core_relax();
	}
	return false;
}

/* Does not look at `ended`: who gives the summary may be the CPU that panics, or wait for it. */
void core_panic(const char *fmt, ...)
{
	char detail[LINE_BYTES];
	bool locked;
	va_list ap;

	/* Once more on this CPU, or behind its verdict: that has been printed as far as it goes. */
	if (panicking[core_cpu()]++ != 0 || has_last_word()) {
		take_last_word();
		core_power_off();
	}
	va_start(ap, fmt);
	vsnprint(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	locked = take_lock_for_panic();
	take_last_word();
	if (!locked)
		put('\n');
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
		put(s[i]);
	core_unlock(&lock);
}
