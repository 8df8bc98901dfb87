/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The probe's answer to challenge= on its command line: 64 bytes or a reason, and nothing unasked.
 * sources: probe/challenge.c probe/cmdline.c lib/print.c
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../probe/challenge.h"
#include "evidence.h"
#include "print.h"

#define DIGITS (2 * REPORT_DATA_SIZE)

static char console[1024], line[1024];
static u8 asked[REPORT_DATA_SIZE];
static unsigned gets, prints;
static enum status answer;

void console_write(const char *s, size_t n)
{
	strncat(console, s, n);
}

enum status evidence_get(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
			 struct evidence *out)
{
	assert_null(key.data);
	assert_int_equal(key.size, 0);
	memcpy(asked, challenge, sizeof(asked));
	gets++;
	return answer;
}

void evidence_print(const struct evidence *e, enum status st)
{
	assert_int_equal(st, answer);
	prints++;
}

static int setup(void **state)
{
	console[0] = '\0';
	memset(asked, 0, sizeof(asked));
	gets = prints = 0;
	answer = ST_OK;
	return 0;
}

/* "<before>challenge=" and n digits made of that pair. */
static const char *challenge(const char *before, const char *pair, size_t n)
{
	size_t at = (size_t)sprintf(line, "%schallenge=", before);

	for (size_t i = 0; i < n; i++)
		line[at + i] = pair[i % 2];
	line[at + n] = '\0';
	return line;
}

static void nobody_asks(void **state)
{
	challenge_answer("");
	challenge_answer("probe=memory.* challenge accept=lazy mychallenge=00");
	assert_int_equal(gets + prints, 0);
	assert_string_equal(console, "");
}

static void asks(void **state)
{
	static const struct {
		const char *pair;
		u8 value;
	} cases[] = { { "09", 0x09 }, { "af", 0xaf }, { "AF", 0xaf }, { "7e", 0x7e } };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		answer = i == 0 ? ST_OK : ST_DENIED;
		challenge_answer(challenge("probe=x ", cases[i].pair, DIGITS));
		assert_int_equal(gets, 1);
		assert_int_equal(prints, 1);
		for (unsigned b = 0; b < sizeof(asked); b++)
			assert_int_equal(asked[b], cases[i].value);
	}
	strcat(line, " accept=lazy");
	line[sizeof("probe=x challenge=") - 1] = '1'; /* the first digit is the high one */
	challenge_answer(line);
	assert_int_equal(asked[0], 0x1e);
	assert_int_equal(asked[1], 0x7e);
}

static void malformed(void **state)
{
	static const char *const pairs[] = { "0g", "g0", "0/", ":0", "0@", "G0", "0`", "-1", "0x" };

	for (unsigned i = 0; i < ARRAY_SIZE(pairs); i++) {
		setup(state);
		challenge_answer(challenge("", pairs[i], DIGITS));
		assert_int_equal(gets, 0);
		assert_string_equal(
		    console, "# evidence: failed: challenge= is not 128 hexadecimal digits\n");
	}
	for (size_t n = 0; n < 2 * DIGITS; n += n < DIGITS - 2 ? DIGITS - 2 : 1) {
		setup(state);
		challenge_answer(challenge("", "00", n));
		assert_int_equal(gets, n == DIGITS);
		assert_int_equal(strlen(console) != 0, n != DIGITS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_asks, setup),
		cmocka_unit_test_setup(asks, setup),
		cmocka_unit_test_setup(malformed, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
