/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TD HOB list as its VMM may have written it: only RAM that is certainly meant so comes out.
 * sources: drivers/x86_64/td_hob.c mm/memmap.c lib/range.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "x86_64/devices.h"

#define LIMIT BIT(47)

static u8 list[8192];
static size_t used;
static struct memmap map;

static void put(size_t at, u64 v, unsigned bytes)
{
	memcpy(list + at, &v, bytes);
}

static size_t add(u16 type, u16 length)
{
	size_t at = used;

	memset(list + at, 0, length);
	put(at, type, 2);
	put(at + 2, length, 2);
	used += length;
	return at;
}

static size_t add_resource(u32 type, u64 base, u64 size)
{
	size_t at = add(3, 48);

	put(at + 24, type, 4);
	put(at + 28, 7, 4);
	put(at + 32, base, 8);
	put(at + 40, size, 8);
	return at;
}

static void begin(void)
{
	/* What is behind the list is anything. */
	memset(list, 0xa5, sizeof(list));
	used = 0;
	put(add(1, 56) + 8, 9, 4);
}

/* Read from memory of exactly that size, so that a read beyond it is seen. */
static enum status read_bytes(size_t bytes)
{
	u8 *copy = malloc(bytes != 0 ? bytes : 1);
	enum status st;

	memcpy(copy, list, bytes);
	st = td_hob_memory(&map, copy, bytes, LIMIT);
	free(copy);
	return st;
}

static enum status end(void)
{
	add(0xffff, 8);
	return read_bytes(sizeof(list));
}

/* As QEMU has it: pieces that are in the launch, unaccepted ones between, memory above 4 GiB. */
static void test_qemu(void **state)
{
	begin();
	add_resource(7, 0, 0x802000);
	add_resource(0, 0x802000, 0x2000);
	add_resource(7, 0x804000, 0x80000000 - 0x804000);
	add_resource(7, GIB(4), GIB(2));
	assert_int_equal(end(), ST_OK);
	assert_int_equal(map.count, 2);
	assert_int_equal(map.region[0].range.base, 0);
	assert_int_equal(map.region[0].range.size, GIB(2));
	assert_int_equal(map.region[0].type, MEM_RAM); /* all of it still to be accepted */
	assert_int_equal(map.region[1].range.base, GIB(4));
	assert_int_equal(map.region[1].range.size, GIB(2));
}

static void test_other_blocks(void **state)
{
	begin();
	add(4, 40); /* GUID extension */
	add_resource(1, 0xc0000000, MIB(256));
	add_resource(7, 0, GIB(1));
	add(0x1234, 16);
	add_resource(5, 0xfed00000, PAGE_SIZE);
	assert_int_equal(end(), ST_OK);
	assert_int_equal(memmap_total(&map, MEM_RAM), GIB(1));
}

static void test_no_ram(void **state)
{
	begin();
	assert_int_equal(end(), ST_NOT_FOUND);
	begin();
	add_resource(1, 0xc0000000, MIB(256));
	add_resource(5, 0, GIB(1)); /* some VMMs mean RAM; the guest does not guess */
	assert_int_equal(end(), ST_NOT_FOUND);
}

static void test_order(void **state)
{
	used = 0;
	memset(list, 0, sizeof(list));
	add_resource(7, 0, GIB(1));
	assert_int_equal(end(), ST_CORRUPT);
	used = 0;
	add(0xffff, 8);
	assert_int_equal(read_bytes(sizeof(list)), ST_CORRUPT);
	begin();
	add_resource(7, 0, GIB(1));
	add(1, 56);
	assert_int_equal(end(), ST_CORRUPT);
	/* Nothing behind the end block counts. */
	begin();
	add_resource(7, 0, GIB(1));
	add(0xffff, 8);
	add_resource(7, 0, GIB(1));
	assert_int_equal(read_bytes(sizeof(list)), ST_OK);
}

static void test_lengths(void **state)
{
	static const u16 bad[] = { 0, 1, 7, 9, 47, 49, 50 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		begin();
		put(add_resource(7, 0, GIB(1)) + 2, bad[i], 2);
		assert_int_equal(end(), ST_CORRUPT);
	}
	for (u16 length = 8; length < 80; length += 8) {
		begin();
		put(add_resource(7, 0, GIB(1)) + 2, length, 2);
		if (length != 48)
			assert_int_not_equal(end(), ST_OK);
	}
	begin();
	put(2, 48, 2);
	assert_int_equal(end(), ST_CORRUPT);
	begin();
	put(2, 64, 2);
	assert_int_equal(end(), ST_CORRUPT);
}

static void test_truncated(void **state)
{
	size_t whole;

	begin();
	add_resource(7, 0, GIB(1));
	add(0xffff, 8);
	whole = used;
	for (size_t n = 0; n < whole; n++)
		assert_int_equal(read_bytes(n), ST_TRUNCATED);
	assert_int_equal(read_bytes(whole), ST_OK);
	/* No end at all. */
	memset(list, 0, sizeof(list));
	begin();
	while (used + 48 <= sizeof(list))
		add(4, 48);
	assert_int_equal(read_bytes(used), ST_TRUNCATED);
	put(used - 48 + 2, 0xfff8, 2);
	assert_int_equal(read_bytes(used), ST_TRUNCATED);
}

static void test_ranges(void **state)
{
	static const struct range bad[] = {
		{ 0, 0 },
		{ GIB(1), ~0ULL },
		{ ~0ULL - 10, 11 },
		{ ~0ULL, 1 },
		{ LIMIT - PAGE_SIZE, 2 * PAGE_SIZE },
		{ LIMIT, PAGE_SIZE }, /* the shared bit */
		{ LIMIT | GIB(1), PAGE_SIZE },
		{ BIT(51), PAGE_SIZE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (u32 type = 0; type < 8; type += 7) {
			begin();
			add_resource(type, bad[i].base, bad[i].size);
			assert_int_equal(end(), ST_OVERFLOW);
		}
	begin();
	add_resource(7, LIMIT - PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(end(), ST_OK);
}

static void test_overlap(void **state)
{
	static const u32 types[] = { 0, 1, 5, 7 };

	for (size_t a = 0; a < ARRAY_SIZE(types); a++)
		for (size_t b = 0; b < ARRAY_SIZE(types); b++) {
			begin();
			add_resource(types[a], MIB(16), MIB(16));
			add_resource(7, GIB(1), MIB(1));
			add_resource(types[b], MIB(32) - 1, MIB(16));
			assert_int_equal(end(), ST_OVERLAP);
			begin();
			add_resource(types[a], MIB(16), MIB(16));
			add_resource(7, GIB(1), MIB(1));
			add_resource(types[b], MIB(32), MIB(16));
			assert_int_equal(end(), ST_OK);
		}
}

static void test_many(void **state)
{
	begin();
	for (u64 i = 0; used + 56 <= sizeof(list); i++)
		add_resource(7, i * 2 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(end(), ST_TOO_MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu),    cmocka_unit_test(test_other_blocks),
		cmocka_unit_test(test_no_ram),  cmocka_unit_test(test_order),
		cmocka_unit_test(test_lengths), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_ranges),  cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
