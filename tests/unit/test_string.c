/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/string.c and lib/chk.c, renamed, against the C library.
 * sources:
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define memcpy           own_memcpy
#define memmove          own_memmove
#define memset           own_memset
#define memcmp           own_memcmp
#define memchr           own_memchr
#define strlen           own_strlen
#define strnlen          own_strnlen
#define strcmp           own_strcmp
#define strncmp          own_strncmp
#define strchr           own_strchr
#define strrchr          own_strrchr
#define strtoul          own_strtoul
#define __memcpy_chk     own_memcpy_chk
#define __memmove_chk    own_memmove_chk
#define __memset_chk     own_memset_chk
#define __stack_chk_fail own_stack_chk_fail
#include "lib/string.c"

#include "lib/chk.c" /* calls the renamed ones */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strtoul

#define SPAN 64

static jmp_buf smashed;

void stack_smashed(void)
{
	longjmp(smashed, 1);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void fill(u8 *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (u8)(i * 7 + 1);
}

/* Every alignment of both ends and every length over a few words. */
static void copy_and_set(void **state)
{
	u8 src[SPAN], got[SPAN], expected[SPAN];

	fill(src, SPAN);
	for (size_t to = 0; to < 10; to++) {
		for (size_t from = 0; from < 10; from++) {
			for (size_t n = 0; n < 40; n++) {
				memset(got, 0xee, SPAN);
				memset(expected, 0xee, SPAN);
				assert_ptr_equal(own_memcpy(got + to, src + from, n), got + to);
				memcpy(expected + to, src + from, n);
				assert_memory_equal(got, expected, SPAN);
				assert_ptr_equal(own_memset(got + to, 0x1a5, n), got + to);
				memset(expected + to, 0x1a5, n);
				assert_memory_equal(got, expected, SPAN);
			}
		}
	}
}

static void move_overlapping(void **state)
{
	u8 got[SPAN], expected[SPAN];

	for (size_t to = 0; to < 20; to++) {
		for (size_t from = 0; from < 20; from++) {
			for (size_t n = 0; n < 40; n++) {
				fill(got, SPAN);
				fill(expected, SPAN);
				assert_ptr_equal(own_memmove(got + to, got + from, n), got + to);
				memmove(expected + to, expected + from, n);
				assert_memory_equal(got, expected, SPAN);
			}
		}
	}
}

static void compare(void **state)
{
	static const char *const words[] = { "", "a", "ab", "abc", "abd", "b", "\xff", "a\x80" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(words); j++) {
			const char *a = words[i], *b = words[j];
			size_t both = MIN(strlen(a), strlen(b));

			assert_int_equal(sign(own_strcmp(a, b)), sign(strcmp(a, b)));
			assert_int_equal(sign(own_memcmp(a, b, both)), sign(memcmp(a, b, both)));
			for (size_t n = 0; n < 5; n++)
				assert_int_equal(sign(own_strncmp(a, b, n)),
						 sign(strncmp(a, b, n)));
		}
	}
}

static void search(void **state)
{
	static const char text[] = "postern/opt/postern";

	for (int c = 0; c < 128; c++) {
		assert_ptr_equal(own_strchr(text, c), strchr(text, c));
		assert_ptr_equal(own_strrchr(text, c), strrchr(text, c));
		assert_ptr_equal(own_memchr(text, c, 8), memchr(text, c, 8));
	}
	assert_int_equal(own_strlen(text), sizeof(text) - 1);
	assert_int_equal(own_strlen(""), 0);
	assert_int_equal(own_strnlen(text, 4), 4);
	assert_int_equal(own_strnlen(text, 100), sizeof(text) - 1);
}

static void numbers(void **state)
{
	static const char *const cases[] = {
		"0",
		"42",
		" \t7x",
		"+5",
		"-3",
		"0x1F",
		"0xg",
		"0777",
		"08",
		"",
		"  ",
		"-",
		"zz",
		"ffFF",
		"x1",
		"0x",
		"18446744073709551615",
		"18446744073709551616",
		"99999999999999999999999",
		"0xffffffffffffffff0",
	};
	static const int bases[] = { 0, 8, 10, 16, 36 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(bases); j++) {
			char *end, *expected_end;
			unsigned long got = own_strtoul(cases[i], &end, bases[j]);

			assert_true(got == strtoul(cases[i], &expected_end, bases[j]));
			assert_ptr_equal(end, expected_end);
			assert_true(own_strtoul(cases[i], NULL, bases[j]) == got);
		}
	}
}

static void checked_copies_pass_when_they_fit(void **state)
{
	u8 a[4] = { 1, 2, 3, 4 }, b[4] = { 0 };

	own_memcpy_chk(b, a, 4, 4);
	assert_memory_equal(a, b, 4);
	own_memset_chk(b, 9, 2, 4);
	own_memmove_chk(b + 1, b, 3, 3);
	assert_memory_equal(b, "\x09\x09\x09\x03", 4);
}

static void checked_copies_stop_when_they_do_not(void **state)
{
	volatile int stops = 0;
	u8 a[8] = { 0 }, b[4] = { 0 };

	if (setjmp(smashed) == 0)
		own_memcpy_chk(b, a, 5, 4);
	else
		stops++;
	if (setjmp(smashed) == 0)
		own_memmove_chk(b, a, 5, 4);
	else
		stops++;
	if (setjmp(smashed) == 0)
		own_memset_chk(b, 1, 5, 4);
	else
		stops++;
	if (setjmp(smashed) == 0)
		own_stack_chk_fail();
	else
		stops++;
	assert_int_equal(stops, 4);
	assert_memory_equal(b, "\0\0\0\0", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_and_set),
		cmocka_unit_test(move_overlapping),
		cmocka_unit_test(compare),
		cmocka_unit_test(search),
		cmocka_unit_test(numbers),
		cmocka_unit_test(checked_copies_pass_when_they_fit),
		cmocka_unit_test(checked_copies_stop_when_they_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
