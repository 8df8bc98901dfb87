/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of the ITS, byte by byte as IHI 0069, 5.3 has them; fields are cut to their size.
 * sources: drivers/arm64/its_command.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/arm64/its.h"

/* Low byte first, eight words of 32 bits. */
static void is(struct its_command c, u32 a, u32 b, u32 d, u32 e, u32 f, u32 g, u32 h, u32 i)
{
	const u32 want[] = { a, b, d, e, f, g, h, i };

	assert_int_equal(sizeof(c), ITS_COMMAND_BYTES);
	for (unsigned n = 0; n < 8; n++) {
		const u8 *p = (const u8 *)&c + 4 * (size_t)n;

		assert_int_equal(p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24, want[n]);
	}
}

static void test_mapd(void **state)
{
	is(its_mapd(0x12345678, 5, 0x5a9876543200, true), 0x08, 0x12345678, 4, 0, 0x76543200,
	   0x80005a98, 0, 0);
	is(its_mapd(1, 1, 0, false), 0x08, 1, 0, 0, 0, 0, 0, 0);
	is(its_mapd(0, 32, ~0ULL, true), 0x08, 0, 31, 0, 0xffffff00, 0x800fffff, 0, 0);
}

static void test_mapc(void **state)
{
	is(its_mapc(0xabcd, 0x80a0000, true), 0x09, 0, 0, 0, 0x080aabcd, 0x80000000, 0, 0);
	is(its_mapc(3, 3ULL << 16, false), 0x09, 0, 0, 0, 0x00030003, 0, 0, 0);
	is(its_mapc(0, ~0ULL, false), 0x09, 0, 0, 0, 0xffff0000, 0x000fffff, 0, 0);
}

static void test_map_event(void **state)
{
	is(its_mapti(0x10, 0x20, 0x2001, 7), 0x0a, 0x10, 0x20, 0x2001, 7, 0, 0, 0);
	is(its_mapti(~0u, ~0u, ~0u, 0xffff), 0x0a, ~0u, ~0u, ~0u, 0xffff, 0, 0, 0);
	is(its_mapi(0x10, 0x2002, 7), 0x0b, 0x10, 0x2002, 0, 7, 0, 0, 0);
	is(its_movi(0x11, 0x21, 0x8001), 0x01, 0x11, 0x21, 0, 0x8001, 0, 0, 0);
}

static void test_event(void **state)
{
	is(its_discard(0x80000001, 0x80000002), 0x0f, 0x80000001, 0x80000002, 0, 0, 0, 0, 0);
	is(its_int(2, 3), 0x03, 2, 3, 0, 0, 0, 0, 0);
	is(its_clear(4, 5), 0x04, 4, 5, 0, 0, 0, 0, 0);
	is(its_inv(6, 7), 0x0c, 6, 7, 0, 0, 0, 0, 0);
}

static void test_others(void **state)
{
	is(its_invall(0xfffe), 0x0d, 0, 0, 0, 0xfffe, 0, 0, 0);
	is(its_sync(0x80c0000), 0x05, 0, 0, 0, 0x080c0000, 0, 0, 0);
	is(its_sync(~0ULL), 0x05, 0, 0, 0, 0xffff0000, 0x000fffff, 0, 0);
	is(its_movall(1ULL << 16, 2ULL << 16), 0x0e, 0, 0, 0, 0x10000, 0, 0x20000, 0);
	is(its_movall(~0ULL, ~0ULL), 0x0e, 0, 0, 0, 0xffff0000, 0x000fffff, 0xffff0000, 0x000fffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapd),      cmocka_unit_test(test_mapc),
		cmocka_unit_test(test_map_event), cmocka_unit_test(test_event),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
