/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/print.c against the C library's own vsnprintf.
 * sources: lib/print.c
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "print.h"

static char written[4096];
static size_t written_size;
static unsigned writes;

void console_write(const char *s, size_t n)
{
	assert_true(written_size + n < sizeof(written));
	memcpy(written + written_size, s, n);
	written_size += n;
	written[written_size] = '\0';
	writes++;
}

static int reset_console(void **state)
{
	written_size = 0;
	writes = 0;
	written[0] = '\0';
	return 0;
}

/* Same text, same return value, for every size of buffer up to one too large. The buffers are from
 * malloc: ASan sees one byte too many. */
static void FORMAT_PRINTF(1, 2) same(const char *fmt, ...)
{
	char expected[512];
	va_list ap, copy;
	int wanted;

	va_start(ap, fmt);
	va_copy(copy, ap);
	wanted = vsnprintf(expected, sizeof(expected), fmt, copy);
	va_end(copy);
	assert_in_range(wanted, 0, sizeof(expected) - 1);
	for (size_t size = 0; size <= (size_t)wanted + 2; size++) {
		char *buf = malloc(size + 1);

		va_copy(copy, ap);
		assert_int_equal(vsnprint(size == 0 ? NULL : buf, size, fmt, copy), wanted);
		va_end(copy);
		if (size > 0) {
			assert_int_equal(strlen(buf), MIN((size_t)wanted, size - 1));
			assert_memory_equal(buf, expected, strlen(buf));
		}
		free(buf);
	}
	va_end(ap);
}

static void plain_and_percent(void **state)
{
	same("%s", "");
	same("no conversion");
	same("100%% of %c and %c", 'a', 'b');
	same("[%5c][%-5c]", 'x', 'y');
}

static void strings(void **state)
{
	same("[%s][%10s][%-10s][%2s]", "abc", "abc", "abc", "abc");
	same("[%.2s][%.0s][%.9s][%8.2s][%-8.2s]", "abc", "abc", "abc", "abc", "abc");
	same("[%.*s][%.*s]", 2, "abc", -1, "abc");
}

static void unterminated_string_with_precision(void **state)
{
	char *s = malloc(3);

	memcpy(s, "abc", 3);
	same("[%.3s]", s);
	free(s);
}

static void signed_numbers(void **state)
{
	same("%d %i %d %d", 0, 1, -1, INT_MIN);
	same("[%5d][%-5d][%05d][%05d][%-5d]", 42, 42, 42, -42, -42);
	same("%ld %ld %lld %jd %zd", LONG_MIN, LONG_MAX, LLONG_MIN, (intmax_t)-5, (ssize_t)-6);
	same("[%.4d][%8.4d][%.0d]", 7, -7, 0);
}

static void unsigned_numbers(void **state)
{
	same("%u %u %lu %llu %zu %ju", 0u, UINT_MAX, ULONG_MAX, ULLONG_MAX, (size_t)7,
	     (uintmax_t)8);
	same("%x %X %#x %#X %#x", 0xbeefu, 0xbeefu, 0xbeefu, 0xbeefu, 0u);
	same("[%8x][%-8x][%08x][%#10x][%#010x][%#-10x]", 0xabu, 0xabu, 0xabu, 0xabu, 0xabu, 0xabu);
	same("%lx %016lx %#lx", ULONG_MAX, 1ul, 0xfffful);
	same("%p", (void *)(uintptr_t)0x200000000);
}

/* The one place where the text differs from C's: there "%y" is undefined. */
static void unknown_conversions_stand(void **state)
{
	static const char *const cases[] = { "%y", "a%-08.3lyb", "%", "50%", "%l", "%5" };
	char buf[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *volatile fmt = cases[i];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
		assert_int_equal(snprint(buf, sizeof(buf), fmt), strlen(cases[i]));
#pragma GCC diagnostic pop
		assert_string_equal(buf, cases[i]);
	}
}

static void null_string(void **state)
{
	const char *volatile none = NULL;
	char buf[16];

	snprint(buf, sizeof(buf), "%s", none);
	assert_string_equal(buf, "(null)");
}

static void one_call_is_one_write(void **state)
{
	print("ok %d - %s\n", 3, "rsi.version");
	assert_string_equal(written, "ok 3 - rsi.version\n");
	assert_int_equal(writes, 1);
}

static void long_text_is_cut_and_still_ends_its_line(void **state)
{
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	print("%s\n", text);
	assert_int_equal(writes, 1);
	assert_int_equal(written_size, 1023);
	assert_string_equal(written + written_size - 5, "x...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_and_percent),
		cmocka_unit_test(strings),
		cmocka_unit_test(unterminated_string_with_precision),
		cmocka_unit_test(signed_numbers),
		cmocka_unit_test(unsigned_numbers),
		cmocka_unit_test(unknown_conversions_stand),
		cmocka_unit_test(null_string),
		cmocka_unit_test_setup(one_call_is_one_write, reset_console),
		cmocka_unit_test_setup(long_text_is_cut_and_still_ends_its_line, reset_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
