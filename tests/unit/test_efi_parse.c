/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What UEFI firmware hands over, honest and not.
 * sources: boot/efi_parse.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/efi_parse.h"

static struct handoff h;

/* The bytes lie in an allocation of exactly that size: a read beyond them is caught. */
static void options(const void *bytes, size_t size)
{
	u8 *exact = malloc(size != 0 ? size : 1);

	memcpy(exact, bytes, size);
	memset(&h, 0xee, sizeof(h));
	efi_options_read(&h, exact, size);
	free(exact);
	assert_int_equal(strlen(h.cmdline), h.cmdline_len);
}

static void test_options(void **state)
{
	static const u8 odd[] = { 'a', 0, 'b', 0, 'c' };

	options(u"probe=rsi.*", sizeof(u"probe=rsi.*"));
	assert_string_equal(h.cmdline, "probe=rsi.*");
	assert_false(h.cmdline_truncated);
	options(u"unterminated", sizeof(u"unterminated") - 2);
	assert_string_equal(h.cmdline, "unterminated");
	options(odd, sizeof(odd));
	assert_string_equal(h.cmdline, "ab");
	options(u"x\u00e9\u4e2d\x7f\x1b y\tz\n", sizeof(u"x\u00e9\u4e2d\x7f\x1b y\tz\n"));
	assert_string_equal(h.cmdline, "x???? y z ");
	options(u"one\0two", sizeof(u"one\0two"));
	assert_string_equal(h.cmdline, "one");
	options("", 0);
	assert_string_equal(h.cmdline, "");
	options("a", 1);
	assert_string_equal(h.cmdline, "");
	efi_options_read(&h, NULL, 4096);
	assert_string_equal(h.cmdline, "");
	assert_false(h.cmdline_truncated);
}

static void test_options_long(void **state)
{
	static u8 text[4 * HANDOFF_CMDLINE_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'k' : 0;
	options(text, sizeof(text));
	assert_int_equal(h.cmdline_len, HANDOFF_CMDLINE_MAX - 1);
	assert_true(h.cmdline_truncated);
	/* Exactly what fits, with and without its NUL. */
	options(text, 2 * (HANDOFF_CMDLINE_MAX - 1));
	assert_int_equal(h.cmdline_len, HANDOFF_CMDLINE_MAX - 1);
	assert_false(h.cmdline_truncated);
	options(text, 2 * HANDOFF_CMDLINE_MAX);
	assert_true(h.cmdline_truncated);
	text[2 * HANDOFF_CMDLINE_MAX - 2] = 0;
	options(text, sizeof(text));
	assert_false(h.cmdline_truncated);
	/* A length that is a lie: only the bound is read. */
	memset(&h, 0, sizeof(h));
	efi_options_read(&h, text, ~0ULL);
	assert_int_equal(h.cmdline_len, HANDOFF_CMDLINE_MAX - 1);
}

static const char acpi20[] = "\x71\xe8\x68\x88\xf1\xe4\xd3\x11\xbc\x22\x00\x80\xc7\x3c\x88\x81";
static const char acpi10[] = "\x30\x2d\x9d\xeb\x88\x2d\xd3\x11\x9a\x16\x00\x90\x27\x3f\xc1\x4d";
static const char dtb[] = "\xd5\x21\xb6\xb1\x9c\xf1\xa5\x41\x83\x0b\xd9\x15\x2c\x69\xaa\xe0";

static void entry(u8 *at, const char *guid, u64 address)
{
	memcpy(at, guid, 16);
	memcpy(at + 16, &address, 8);
}

static void test_tables(void **state)
{
	u8 t[4 * EFI_TABLE_ENTRY_BYTES] = { 0 };

	entry(t + 24, acpi10, 0x1000);
	assert_int_equal(efi_tables_read(&h, t, 4), ST_OK);
	assert_int_equal(h.rsdp, 0x1000);
	assert_int_equal(h.dtb, 0);
	entry(t + 48, acpi20, 0x8877665544332211);
	entry(t + 72, dtb, 0x4000);
	assert_int_equal(efi_tables_read(&h, t, 4), ST_OK);
	assert_int_equal(h.rsdp, 0x8877665544332211);
	assert_int_equal(h.dtb, 0x4000);
	/* The first of a kind counts. */
	entry(t, acpi20, 0x2000);
	assert_int_equal(efi_tables_read(&h, t, 4), ST_OK);
	assert_int_equal(h.rsdp, 0x2000);
	assert_int_equal(efi_tables_read(&h, t, 0), ST_OK);
	assert_int_equal(h.rsdp, 0);
	assert_int_equal(efi_tables_read(&h, NULL, 7), ST_OK);
	assert_int_equal(efi_tables_read(&h, t, EFI_TABLES_MAX + 1), ST_TOO_MANY);
	assert_int_equal(efi_tables_read(&h, t, ~0ULL), ST_TOO_MANY);
}

static void test_map(void **state)
{
	assert_int_equal(efi_map_check(&h, 480, 48), ST_OK);
	assert_int_equal(h.map_bytes, 480);
	assert_int_equal(h.map_entry_size, 48);
	assert_int_equal(efi_map_check(&h, 400, 40), ST_OK);
	assert_int_equal(efi_map_check(&h, 0, 48), ST_TRUNCATED);
	assert_int_equal(efi_map_check(&h, 481, 48), ST_TRUNCATED);
	assert_int_equal(efi_map_check(&h, 320, 32), ST_CORRUPT);
	assert_int_equal(efi_map_check(&h, 0, 0), ST_CORRUPT);
	assert_int_equal(efi_map_check(&h, 440, 44), ST_CORRUPT);
	assert_int_equal(efi_map_check(&h, 16384, 8192), ST_CORRUPT);
	assert_int_equal(efi_map_check(&h, HANDOFF_MAP_BYTES + 48, 48), ST_TOO_MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_options_long),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_map),
	};

	return cmocka_run_group_tests_name("efi_parse", tests, NULL, NULL);
}
