/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CBOR reader: examples of RFC 8949 appendix A and F, and input made to hurt.
 * sources: attest/cbor.c
 * libs: -I.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attest/cbor.h"

/* A copy on the heap of exactly that size, so that ASan sees one byte too far. */
static u8 *heap;

static struct cbor open_hex(const char *hex)
{
	size_t n = strlen(hex) / 2;

	free(heap);
	heap = malloc(n + (n == 0));
	for (size_t i = 0; i < n; i++) {
		char byte[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		heap[i] = (u8)strtoul(byte, NULL, 16);
	}
	return cbor_open((struct bytes){ heap, n });
}

static int teardown(void **state)
{
	free(heap);
	heap = NULL;
	return 0;
}

static void integers(void **state)
{
	static const struct {
		const char *hex;
		s64 value;
	} good[] = {
		{ "00", 0 },
		{ "17", 23 },
		{ "1818", 24 },
		{ "1903e8", 1000 },
		{ "1a000f4240", 1000000 },
		{ "1b000000e8d4a51000", 1000000000000 },
		{ "20", -1 },
		{ "3863", -100 },
		{ "3903e7", -1000 },
		{ "1b7fffffffffffffff", INT64_MAX },
		{ "3b7fffffffffffffff", INT64_MIN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct cbor c = open_hex(good[i].hex);
		s64 v;

		assert_int_equal(cbor_int(&c, &v), ST_OK);
		assert_true(v == good[i].value);
		assert_true(cbor_at_end(&c));
	}
}

static void wrong_integers(void **state)
{
	static const struct {
		const char *hex;
		enum status st;
	} bad[] = {
		{ "", ST_TRUNCATED },
		{ "18", ST_TRUNCATED },
		{ "1903", ST_TRUNCATED },
		{ "1b00000000000000", ST_TRUNCATED },
		{ "1c", ST_CORRUPT },
		{ "1e", ST_CORRUPT },
		{ "1f", ST_CORRUPT },
		{ "40", ST_CORRUPT },
		{ "f5", ST_CORRUPT },
		{ "1b8000000000000000", ST_RANGE },
		{ "3bffffffffffffffff", ST_RANGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct cbor c = open_hex(bad[i].hex);
		s64 v;

		assert_int_equal(cbor_int(&c, &v), bad[i].st);
	}
}

static void strings(void **state)
{
	struct cbor c = open_hex("4401020304626869");
	struct bytes b;

	assert_int_equal(cbor_bstr(&c, &b), ST_OK);
	assert_int_equal(b.size, 4);
	assert_memory_equal(b.data, "\1\2\3\4", 4);
	assert_int_equal(cbor_text(&c, &b), ST_OK);
	assert_memory_equal(b.data, "hi", 2);
	assert_true(cbor_at_end(&c));

	c = open_hex("4401020304");
	assert_int_equal(cbor_text(&c, &b), ST_CORRUPT);
	c = open_hex("44010203");
	assert_int_equal(cbor_bstr(&c, &b), ST_TRUNCATED);
	c = open_hex("5bffffffffffffffff00");
	assert_int_equal(cbor_bstr(&c, &b), ST_TRUNCATED);
	c = open_hex("5f4100ff"); /* indefinite */
	assert_int_equal(cbor_bstr(&c, &b), ST_CORRUPT);
}

static void containers(void **state)
{
	struct cbor c = open_hex("83010203");
	u64 n;

	assert_int_equal(cbor_array(&c, &n), ST_OK);
	assert_int_equal(n, 3);
	c = open_hex("9bffffffffffffffff00");
	assert_int_equal(cbor_array(&c, &n), ST_TRUNCATED);
	c = open_hex("bb800000000000000000");
	assert_int_equal(cbor_map(&c, &n), ST_TRUNCATED);
	c = open_hex("a201020304");
	assert_int_equal(cbor_map(&c, &n), ST_OK);
	assert_int_equal(n, 2);
	c = open_hex("9f01ff");
	assert_int_equal(cbor_array(&c, &n), ST_CORRUPT);
	c = open_hex("d9018f00");
	assert_int_equal(cbor_tag(&c, &n), ST_OK);
	assert_int_equal(n, 399);
}

static void skip_well_formed(void **state)
{
	static const char *const good[] = {
		"00",
		"1bffffffffffffffff",
		"3bffffffffffffffff",
		"f90000",
		"fb3ff199999999999a",
		"f4",
		"f7",
		"f8ff",
		"c074323031332d30332d32315432303a30343a30305a",
		"40",
		"60",
		"80",
		"8301820203820405",
		"98190102030405060708090a0b0c0d0e0f101112131415161718181819",
		"a0",
		"a201020304",
		"a26161016162820203",
		"5f42010243030405ff",
		"7f657374726561646d696e67ff",
		"9fff",
		"9f018202039f0405ffff",
		"bf61610161629f0203ffff",
		"83018202039f0405ff",
		"826161bf61626163ff",
		"d818456449455446",
		"5fff",
		"bfff",
		/* exactly as deep as allowed */
		"81818181818181818181818181818100",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct cbor c = open_hex(good[i]);
		size_t len = strlen(good[i]) / 2;

		assert_int_equal(cbor_skip(&c), ST_OK);
		assert_true(cbor_at_end(&c));
		/* every shorter input is refused */
		for (size_t n = 0; n < len; n++) {
			c = cbor_open((struct bytes){ heap, n });
			assert_int_equal(cbor_skip(&c), ST_TRUNCATED);
		}
	}
}

static void skip_malformed(void **state)
{
	static const struct {
		const char *hex;
		enum status st;
	} bad[] = {
		{ "ff", ST_CORRUPT },
		{ "81ff", ST_CORRUPT },
		{ "bf00ff", ST_CORRUPT },
		{ "1c", ST_CORRUPT },
		{ "5d", ST_CORRUPT },
		{ "fc", ST_CORRUPT },
		{ "1f", ST_CORRUPT },
		{ "3f", ST_CORRUPT },
		{ "df00ff", ST_CORRUPT },
		{ "5f00ff", ST_CORRUPT },
		{ "5f6100ff", ST_CORRUPT },
		{ "5f5f4100ffff", ST_CORRUPT },
		{ "7f4100ff", ST_CORRUPT },
		{ "f81f", ST_CORRUPT },
		{ "c0ff", ST_CORRUPT },
		{ "a1ff", ST_TRUNCATED },
		{ "9f", ST_TRUNCATED },
		{ "5f", ST_TRUNCATED },
		{ "9affffffff", ST_TRUNCATED },
		{ "818181818181818181818181818181818100", ST_TOO_DEEP },
		{ "9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f", ST_TOO_DEEP },
		{ "c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c600", ST_TOO_DEEP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct cbor c = open_hex(bad[i].hex);
		enum status st = cbor_skip(&c);

		if (st != bad[i].st)
			print_error("%s: %d\n", bad[i].hex, st);
		assert_int_equal(st, bad[i].st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(integers, teardown),
		cmocka_unit_test_teardown(wrong_integers, teardown),
		cmocka_unit_test_teardown(strings, teardown),
		cmocka_unit_test_teardown(containers, teardown),
		cmocka_unit_test_teardown(skip_well_formed, teardown),
		cmocka_unit_test_teardown(skip_malformed, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
