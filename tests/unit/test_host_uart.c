/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/arm64/vmm/uart.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../hosts/arm64/vmm/uart.h"

static struct uart u;

static u64 rd(u64 off, unsigned size)
{
	u64 v = 0;
	int out;

	assert_true(uart_access(&u, off, size, false, &v, &out));
	assert_int_equal(out, -1);
	return v;
}

static int wr(u64 off, unsigned size, u64 v)
{
	int out;

	assert_true(uart_access(&u, off, size, true, &v, &out));
	return out;
}

static void test_pl011(void **state)
{
	(void)state;
	uart_init(&u, UART_KIND_PL011);
	assert_int_equal(rd(0x18, 4), 0x90);
	assert_int_equal(rd(0xfe0, 4), 0x11);
	assert_int_equal(rd(0xffc, 4), 0xb1);
	assert_int_equal(wr(0x30, 4, 0x301), -1);
	assert_int_equal(rd(0x30, 4), 0x301);
	assert_int_equal(wr(0, 4, 'a'), 'a');
	assert_int_equal(wr(0, 1, 0x1ff), 0xff);
	assert_int_equal(u.bytes, 2);
	assert_int_equal(u.sum, 'a' + 0xff);
}

static void test_ns16550(void **state)
{
	(void)state;
	uart_init(&u, UART_KIND_NS16550);
	assert_int_equal(rd(5, 1), 0x60);
	assert_int_equal(wr(0, 1, 'x'), 'x');
	assert_int_equal(wr(3, 1, 0x83), -1);
	assert_int_equal(wr(0, 1, 1), -1); /* divisor, not text */
	assert_int_equal(rd(0, 1), 1);
	assert_int_equal(wr(3, 1, 0x03), -1);
	assert_int_equal(rd(0, 1), 0);
	assert_int_equal(wr(7, 1, 0x5a), -1);
	assert_int_equal(rd(7, 1), 0x5a);
	assert_int_equal(u.bytes, 1);
}

/* Whatever the guest does, nothing outside the model is touched. */
static void test_sweep(void **state)
{
	(void)state;
	for (enum uart_kind k = UART_KIND_NONE; k <= UART_KIND_NS16550; k++) {
		uart_init(&u, k);
		for (u64 off = 0; off < 2 * UART_SIZE; off++) {
			for (unsigned size = 1; size <= 8; size *= 2) {
				u64 v = ~0ULL;
				int out;

				uart_access(&u, off, size, true, &v, &out);
				uart_access(&u, off, size, false, &v, &out);
			}
		}
	}
}

static void test_none(void **state)
{
	u64 v = 'a';
	int out;

	(void)state;
	uart_init(&u, UART_KIND_NONE);
	assert_false(uart_access(&u, 0, 4, true, &v, &out));
	assert_int_equal(u.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pl011),
		cmocka_unit_test(test_ns16550),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
