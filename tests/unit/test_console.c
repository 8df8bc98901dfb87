/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console on a host whose UART is never ready, or raises an exception at every access: what is
 * said ends all the same, and is kept.
 * sources: drivers/uart_pl011.c drivers/uart_16550.c lib/range.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "print.h"

#include "drivers/console.c"

#define UART_BASE 0x9000000

static unsigned reads, faults, locked;
static bool ready = true, faulty;
static char sent[64];
static size_t sent_count;
static enum status map_result = ST_OK;

unsigned arch_cpu_index(void)
{
	return 0;
}

bool arch_irq_save(void)
{
	return false;
}

void arch_irq_restore(bool enabled)
{
}

bool mmu_is_on(void)
{
	return true;
}

enum status mmu_map_device(struct range r)
{
	assert_int_equal(r.base, UART_BASE);
	return map_result;
}

void spin_lock(struct spinlock *l)
{
	assert_int_equal(l->owner, 0); /* else it would wait for itself */
	l->owner = 1;
	locked++;
}

void spin_unlock(struct spinlock *l)
{
	assert_int_equal(l->owner, 1);
	l->owner = 0;
}

/* As the exception handler does: it reports by the console it interrupted, then ends the guest. */
static jmp_buf stop;

static void fault(void)
{
	if (++faults > 1)
		fail_msg("the report of a fault faults again");
	console_write("fault", 5);
	longjmp(stop, 1);
}

static u64 mmio_read(u64 pa, unsigned width)
{
	assert_int_equal(pa, UART_BASE + 0x18);
	reads++;
	if (faulty)
		fault();
	return ready ? 0 : 0x20;
}

static void mmio_write(u64 pa, unsigned width, u64 value)
{
	assert_int_equal(pa, UART_BASE);
	assert_true(sent_count < sizeof(sent));
	sent[sent_count++] = (char)value;
}

static const struct cvm_ops fake_ops = { .mmio_read = mmio_read, .mmio_write = mmio_write };
struct cvm cvm = { .ops = &fake_ops };

static const struct platform_info pl011 = { .uart = UART_PL011, .uart_base = UART_BASE };

static int reset(void **state)
{
	memset(&uart, 0, sizeof(uart));
	memset(&lock, 0, sizeof(lock));
	ring_written = bytes_sent = timeouts = 0;
	given_up = faulty = false;
	ready = true;
	reads = faults = locked = 0;
	sent_count = 0;
	map_result = ST_OK;
	return 0;
}

/* Text from before the console is found comes first. */
static void test_kept(void **state)
{
	console_write("early ", 6);
	assert_false(console_present());
	assert_int_equal(console_init(&pl011), ST_OK);
	assert_true(console_present());
	console_write("late", 4);
	assert_int_equal(sent_count, 10);
	assert_memory_equal(sent, "early late", 10);
	assert_int_equal(console_bytes(), 10);
	assert_int_equal(console_timeouts(), 0);
	assert_int_equal(lock.owner, 0);
}

static void test_never_ready(void **state)
{
	assert_int_equal(console_init(&pl011), ST_OK);
	ready = false;
	console_write("0123456789", 10);
	assert_int_equal(console_timeouts(), 10);
	assert_int_equal(sent_count, 0);
	assert_true(reads < 100100); /* patience once, not per byte */
	ready = true;
	console_write("x", 1);
	assert_int_equal(sent_count, 1);
}

static void test_refused(void **state)
{
	struct platform_info p = pl011;

	map_result = ST_STATE;
	assert_int_equal(console_init(&p), ST_STATE);
	assert_false(console_present());
	p.uart_shift = 5;
	assert_int_equal(console_init(&p), ST_INVALID);
	p.uart = UART_NS16550_PORT; /* no ports on this machine */
	assert_int_equal(console_init(&p), ST_UNSUPPORTED);
	p.uart = UART_NONE;
	assert_int_equal(console_init(&p), ST_OK);
	assert_false(console_present());
}

/* A host may answer any access to the UART with an abort. The report of it must not be written to
 * that UART, nor may the last words bring it back. */
static void test_fault(void **state)
{
	assert_int_equal(console_init(&pl011), ST_OK);
	faulty = true;
	if (setjmp(stop) == 0)
		console_write("text", 4);
	assert_int_equal(faults, 1);
	console_write("Bail out!", 9);
	assert_false(console_present());
	assert_int_equal(console_init(&pl011), ST_FAULT);
	assert_int_equal(reads, 1);
	assert_memory_equal(ring, "faultBail out!", 14);
}

static void test_fault_in_init(void **state)
{
	console_write("early", 5);
	faulty = true;
	if (setjmp(stop) == 0)
		(void)console_init(&pl011);
	assert_int_equal(faults, 1);
	assert_int_equal(console_init(&pl011), ST_FAULT);
	assert_memory_equal(ring, "earlyfault", 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kept, reset),
		cmocka_unit_test_setup(test_never_ready, reset),
		cmocka_unit_test_setup(test_refused, reset),
		cmocka_unit_test_setup(test_fault, reset),
		cmocka_unit_test_setup(test_fault_in_init, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
