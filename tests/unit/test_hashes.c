/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The measured table of hashes: as QEMU writes it, in any order, and with each of its bytes wrong; the
 * hashes of a payload by another library; what differs is named.
 * sources: boot/linux/hashes.c lib/status.c
 * libs: -lbearssl -lcrypto
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "abi/fd.h"
#include "boot/linux/linux.h"

#define TABLE 168

static u8 table[4096];

/* As a GUID is stored: its first three numbers little-endian. */
static void guid(u8 *at, const char *text)
{
	unsigned d1, d2, d3, d[8];

	assert_int_equal(sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &d1, &d2, &d3, d,
				d + 1, d + 2, d + 3, d + 4, d + 5, d + 6, d + 7),
			 11);
	for (unsigned i = 0; i < 4; i++)
		at[i] = (u8)(d1 >> (8 * i));
	for (unsigned i = 0; i < 2; i++) {
		at[4 + i] = (u8)(d2 >> (8 * i));
		at[6 + i] = (u8)(d3 >> (8 * i));
	}
	for (unsigned i = 0; i < 8; i++)
		at[8 + i] = (u8)d[i];
}

/* Its hash is 32 times `fill`. */
static void entry(unsigned i, const char *kind, u8 fill)
{
	u8 *at = table + 18 + i * 50;

	guid(at, kind);
	at[16] = 50;
	at[17] = 0;
	memset(at + 18, fill, 32);
}

#define CMDLINE "97d02dd8-bd20-4c94-aa78-e7714d36ab2a"
#define INITRD  "44baf731-3a2f-4bd7-9af1-41e29169781d"
#define KERNEL  "4de79437-abd2-427f-b835-d5b172d2045b"

static void make(void)
{
	memset(table, 0, sizeof(table));
	guid(table, "9438d606-4f22-4cc9-b479-a793d411fd21");
	table[16] = TABLE;
	entry(0, CMDLINE, 0xc0);
	entry(1, INITRD, 0x1d);
	entry(2, KERNEL, 0x4e);
}

static enum status parse(size_t size, struct payload_hashes *out)
{
	u8 *copy = malloc(size != 0 ? size : 1);
	enum status st;

	memcpy(copy, table, size);
	st = hashes_parse((struct bytes){ copy, size }, out);
	free(copy);
	return st;
}

static void filled(const u8 *hash, u8 fill)
{
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(hash[i], fill);
}

static void is_right(size_t size)
{
	struct payload_hashes h;

	assert_int_equal(parse(size, &h), ST_OK);
	filled(h.kernel, 0x4e);
	filled(h.initrd, 0x1d);
	filled(h.cmdline, 0xc0);
}

static void right(void **state)
{
	static const u8 orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	(void)state;
	make();
	is_right(TABLE);
	is_right(TABLE + 8); /* as QEMU pads it */
	is_right(FD_TABLE_SIZE);
	is_right(sizeof(table));
	for (unsigned i = 0; i < 6; i++) {
		entry(orders[i][0], CMDLINE, 0xc0);
		entry(orders[i][1], INITRD, 0x1d);
		entry(orders[i][2], KERNEL, 0x4e);
		is_right(FD_TABLE_SIZE);
	}
}

static void empty(void **state)
{
	struct payload_hashes h;

	(void)state;
	memset(table, 0, sizeof(table));
	assert_int_equal(parse(0, &h), ST_NOT_FOUND);
	assert_int_equal(parse(TABLE, &h), ST_NOT_FOUND);
	assert_int_equal(parse(sizeof(table), &h), ST_NOT_FOUND);
	table[sizeof(table) - 1] = 1;
	assert_int_equal(parse(sizeof(table), &h), ST_CORRUPT);
}

/* Any bit of what is not a hash, and any byte behind the end. */
static void bits(void **state)
{
	struct payload_hashes h;

	(void)state;
	make();
	for (unsigned at = 0; at < sizeof(table); at++) {
		bool hash = at >= 18 && at < TABLE && (at - 18) % 50 >= 18;

		for (unsigned b = 0; b < 8; b++) {
			table[at] ^= (u8)(1u << b);
			if (parse(sizeof(table), &h) != (hash ? ST_OK : ST_CORRUPT))
				fail_msg("byte %u, bit %u", at, b);
			table[at] ^= (u8)(1u << b);
		}
	}
}

static void forms(void **state)
{
	struct payload_hashes h;

	(void)state;
	make();
	for (size_t n = 1; n < TABLE; n++)
		assert_int_equal(parse(n, &h), ST_CORRUPT);
	for (unsigned i = 0; i < 3; i++) {
		make();
		entry(i, i == 0 ? KERNEL : CMDLINE, 0x4e); /* one twice, one missing */
		assert_int_equal(parse(FD_TABLE_SIZE, &h), ST_CORRUPT);
		make();
		memset(table + 18 + i * 50, 0, 50);
		assert_int_equal(parse(FD_TABLE_SIZE, &h), ST_CORRUPT);
		make();
		entry(i, "00000000-0000-0000-0000-000000000001", 0x4e);
		assert_int_equal(parse(FD_TABLE_SIZE, &h), ST_CORRUPT);
	}
	/* Two entries and a length that says so; four. */
	make();
	table[16] = TABLE - 50;
	memset(table + TABLE - 50, 0, 50);
	assert_int_equal(parse(FD_TABLE_SIZE, &h), ST_CORRUPT);
	make();
	table[16] = TABLE + 50;
	entry(3, "00000000-0000-0000-0000-000000000001", 1);
	assert_int_equal(parse(FD_TABLE_SIZE, &h), ST_CORRUPT);
	make();
	entry(3, "00000000-0000-0000-0000-000000000001", 1);
	assert_int_equal(parse(FD_TABLE_SIZE, &h), ST_CORRUPT);
}

static void hashes(void **state)
{
	static const u8 nothing[] = "e3b0c44298fc1c149afbf4c8996fb924"
				    "27ae41e4649b934ca495991b7852b855";
	struct payload p = { .kernel = { (const u8 *)"kernel", 6 },
			     .initrd = { (const u8 *)"initrd!", 7 },
			     .cmdline = { (const u8 *)"console=ttyS0", 13 } };
	struct payload_hashes h;
	u8 want[32];

	(void)state;
	hashes_of(&p, &h);
	assert_memory_equal(h.kernel, SHA256((const u8 *)"kernel", 6, want), 32);
	assert_memory_equal(h.initrd, SHA256((const u8 *)"initrd!", 7, want), 32);
	assert_memory_equal(h.cmdline, SHA256((const u8 *)"console=ttyS0", 14, want), 32);
	/* None: of an initrd nothing is hashed, of a command line its NUL. */
	p.initrd = p.cmdline = (struct bytes){ NULL, 0 };
	hashes_of(&p, &h);
	for (unsigned i = 0; i < 32; i++) {
		unsigned v;

		assert_int_equal(sscanf((const char *)nothing + 2 * i, "%2x", &v), 1);
		assert_int_equal(h.initrd[i], v);
	}
	assert_memory_equal(h.cmdline, SHA256((const u8 *)"", 1, want), 32);
}

static void compare(void **state)
{
	struct payload_hashes a, b;
	const char *which = "nothing";

	(void)state;
	make();
	assert_int_equal(parse(TABLE, &a), ST_OK);
	b = a;
	assert_int_equal(hashes_compare(&a, &b, &which), ST_OK);
	assert_string_equal(which, "nothing");
	for (unsigned i = 0; i < 32; i++) {
		b.cmdline[i] ^= 1;
		assert_int_equal(hashes_compare(&a, &b, &which), ST_CORRUPT);
		assert_string_equal(which, "command line");
		b.initrd[i] ^= 0x80;
		assert_int_equal(hashes_compare(&a, &b, &which), ST_CORRUPT);
		assert_string_equal(which, "initrd");
		b.kernel[i] ^= 0x10;
		assert_int_equal(hashes_compare(&a, &b, &which), ST_CORRUPT);
		assert_string_equal(which, "kernel");
		b = a;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right), cmocka_unit_test(empty),  cmocka_unit_test(bits),
		cmocka_unit_test(forms), cmocka_unit_test(hashes), cmocka_unit_test(compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
