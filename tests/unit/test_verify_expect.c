/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of expectations: each name with a form of its own, and whatever is not understood is an
 * error of the file, with its line. An expectation that is silently dropped would be one met.
 * sources: tools/verify_expect.c tools/verify_rows.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "verify_row.h"

/* Only for assert_reason(), which is not used here. */
void verify_print(FILE *f, const struct verify_result *r)
{
	fail_msg("printed");
}

static struct expect e;

static bool parse(const char *text)
{
	return expect_parse(&e, text, strlen(text));
}

static void lines(void **state)
{
	assert_true(parse("# predicted\n"
			  "platform: snp\r\n"
			  "\n"
			  "  measurement :  00ff # of the image\n"
			  "\tdebug: no\n"
			  "vmpl: 0"));
	assert_int_equal(e.n, 4);
	assert_string_equal(expect_value(&e, "platform"), "snp");
	assert_string_equal(expect_value(&e, "measurement"), "00ff");
	assert_string_equal(expect_value(&e, "debug"), "no");
	assert_string_equal(expect_value(&e, "vmpl"), "0");
	assert_null(expect_value(&e, "host-data"));
	assert_null(expect_value(NULL, "vmpl"));
	assert_true(parse(""));
	assert_int_equal(e.n, 0);
}

static void errors_have_lines(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "platform: cca\nmeasurment: 00\n",
		  "line 2: no expectation has this name: measurment" },
		{ "measurement: 0\n", "line 1: not a value it can have: measurement" },
		{ "\n\nmeasurement: 0g\n", "line 3: not a value" },
		{ "measurement:\n", "line 1: not a value" },
		{ "measurement 00\n", "line 1: neither" },
		{ "vmpl: 1\nvmpl: 1\n", "line 2: given twice: vmpl" },
		{ ": 00\n", "line 1: no expectation has this name" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_false(parse(cases[i].text));
		if (strncmp(e.error, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", e.error, cases[i].error);
	}
	assert_false(expect_parse(&e, "vmpl: 1\0", 8));
}

static void long_lines(void **state)
{
	char line[600];

	memset(line, '#', sizeof(line));
	line[510] = '\n';
	assert_true(expect_parse(&e, line, 511));
	line[510] = '#';
	line[512] = '\n';
	assert_false(expect_parse(&e, line, 513));
	memset(line, 'a', 500);
	line[500] = '\n';
	assert_false(expect_parse(&e, line, 501));
	assert_true(strlen(e.error) < sizeof(e.error));
}

static void values(void **state)
{
	static const struct {
		const char *name, *value;
		bool good;
	} cases[] = {
		{ "platform", "cca", true },
		{ "platform", "tdx", true },
		{ "platform", "cca,snp", false },
		{ "platform", "cc", false },
		{ "platform", "", false },
		{ "debug", "allowed", true },
		{ "debug", "yes", false },
		{ "rtmr3", "aAfF", true },
		{ "rem0", "aaf", false },
		{ "rem0", " aa", false },
		{ "vmpl", "3", true },
		{ "vmpl", "0x3", true },
		{ "vmpl", "0x", false },
		{ "vmpl", "-1", false },
		{ "vmpl", "3 ", false },
		{ "guest-svn", "4294967295", false },
		{ "guest-svn", "0xffffffff", true },
		{ "guest-svn", "0x1ffffffff", false },
		{ "min-tcb", "d315000000000004", true },
		{ "min-tcb", "0x4", true },
		{ "min-tcb", "0x10000000000000000", false },
		{ "min-tcb", "zz", false },
		{ "min-svn", "0b01", true },
		{ "lifecycle", "secured", true },
		{ "lifecycle", "0x3003", true },
		{ "lifecycle", "12288", true },
		{ "lifecycle", "secure", false },
		{ "lifecycle", "secured,unknown", false },
		{ "no-such-name", "00", false },
	};
	char hex[260];

	memset(&e, 0, sizeof(e));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (expect_set(&e, cases[i].name, cases[i].value) != cases[i].good)
			fail_msg("%s: \"%s\"", cases[i].name, cases[i].value);
	memset(hex, '0', sizeof(hex));
	hex[128] = '\0';
	assert_true(expect_set(&e, "host-data", hex));
	hex[128] = '0';
	hex[130] = '\0';
	assert_false(expect_set(&e, "host-data", hex));
	hex[130] = '0';
	hex[259] = '\0';
	assert_false(expect_set(&e, "host-data", hex));
	/* set again: replaced */
	assert_true(expect_set(&e, "vmpl", "1"));
	assert_string_equal(expect_value(&e, "vmpl"), "1");
}

static void names_and_platforms(void **state)
{
	assert_true(expect_applies("measurement", "cca"));
	assert_true(expect_applies("rem0", "cca"));
	assert_false(expect_applies("rem0", "tdx"));
	assert_false(expect_applies("rtmr0", "cca"));
	assert_true(expect_applies("min-tcb", "snp"));
	assert_false(expect_applies("min-tcb", "tdx"));
	assert_false(expect_applies("nothing", "tdx"));
	assert_false(expect_applies("measurement", ""));
}

static void hexadecimal(void **state)
{
	u8 out[3] = { 1, 2, 3 };
	char hex[5];

	assert_true(hex_parse("00aAf", out, 0) == false);
	assert_true(hex_parse("", out, 0));
	assert_true(hex_parse("00aAfF", out, 3));
	assert_memory_equal(out, "\x00\xaa\xff", 3);
	assert_false(hex_parse("00aAf", out, 3));
	assert_false(hex_parse("00aAfF0", out, 3));
	assert_false(hex_parse("00aAfg", out, 3));
	assert_false(hex_parse("00aA g", out, 3));
	assert_false(hex_parse("0", out, 1));
	verify_hex(hex, sizeof(hex), (struct bytes){ (const u8 *)"\x01\x23\x45", 3 });
	assert_string_equal(hex, "0123"); /* what fits */
	verify_hex(hex, sizeof(hex), (struct bytes){ NULL, 0 });
	assert_string_equal(hex, "");
}

/* ---- files ---- */
static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void files(void **state)
{
	char path[] = "/tmp/test_verify_expect.XXXXXX";
	struct bytes b;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	write_file(path, "platform: tdx\n");
	assert_true(expect_load(&e, path));
	assert_string_equal(expect_value(&e, "platform"), "tdx");
	b = file_read(path, 14);
	assert_int_equal(b.size, 14);
	free((void *)b.data);
	b = file_read(path, 13);
	assert_null(b.data);
	assert_int_equal(errno, EFBIG);
	write_file(path, "");
	b = file_read(path, 13);
	assert_non_null(b.data); /* an empty file is a file */
	assert_int_equal(b.size, 0);
	free((void *)b.data);
	write_file(path, "platform: mars\n");
	assert_false(expect_load(&e, path));
	assert_non_null(strstr(e.error, "line 1"));
	unlink(path);
	assert_false(expect_load(&e, path));
	assert_non_null(strstr(e.error, path));
	assert_null(file_read("/tmp", 100).data); /* a directory */
}

/* ---- against claims ---- */
static void claims(void **state)
{
	static const u8 claim[] = { 0xab, 0xcd };
	struct verify_input in = { .expect = &e };
	struct verify_result r = { 0 };

	memset(&e, 0, sizeof(e));
	verify_expect_bytes(&in, &r, VERIFY_POLICY, "host-data", (struct bytes){ claim, 2 });
	verify_expect_number(&in, &r, VERIFY_POLICY, "vmpl", 17);
	assert_row(&r, "host-data", ROW_INFO, "abcd");
	assert_row(&r, "vmpl", ROW_INFO, "17");
	memset(&r, 0, sizeof(r));
	assert_true(parse("host-data: ABcd\nvmpl: 0x11\nguest-svn: 010"));
	verify_expect_bytes(&in, &r, VERIFY_POLICY, "host-data", (struct bytes){ claim, 2 });
	verify_expect_number(&in, &r, VERIFY_POLICY, "vmpl", 17);
	verify_expect_number(&in, &r, VERIFY_POLICY, "guest-svn", 10); /* no octal here */
	assert_row(&r, "host-data", ROW_OK, "abcd");
	assert_row(&r, "vmpl", ROW_OK, "17");
	assert_row(&r, "guest-svn", ROW_OK, "10");
	assert_int_equal(r.reason, VERIFY_HELD);
	verify_expect_number(&in, &r, VERIFY_POLICY, "vmpl", 16);
	assert_int_equal(r.reason, VERIFY_POLICY);
	verify_expect_bytes(&in, &r, VERIFY_MEASUREMENT, "host-data", (struct bytes){ claim, 1 });
	assert_int_equal(r.reason, VERIFY_MEASUREMENT);
	memset(&r, 0, sizeof(r));
	verify_expect_bytes(&in, &r, VERIFY_POLICY, "host-data", (struct bytes){ NULL, 0 });
	assert_int_equal(r.reason, VERIFY_POLICY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(errors_have_lines),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(values),
		cmocka_unit_test(names_and_platforms),
		cmocka_unit_test(hexadecimal),
		cmocka_unit_test(files),
		cmocka_unit_test(claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
