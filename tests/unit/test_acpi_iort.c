/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message controllers by ACPI: from root complexes to ITS groups, by tables honest and not.
 * sources: drivers/acpi_iort.c drivers/msi_routes.c lib/range.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/acpi_internal.h"

#define ITS     0u
#define ROOT    2u
#define SMMUV2  3u
#define SMMU    4u
#define MAPS    0x80u /* offset of a node's mappings */
#define ONE_MAP (MAPS + 20)

static u8 iort[KIB(64)];
static u32 end, nodes;
static struct acpi_msi msi;
static struct platform_info out;

static void put(u32 at, u64 v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		iort[at + i] = (u8)(v >> (8 * i));
}

static u32 add_node(u8 type, u32 length)
{
	u32 at = end;

	put(at, type, 1);
	put(at + 1, length, 2);
	put(at + 12, MAPS, 4);
	end += length;
	nodes++;
	return at;
}

static u32 add_group(unsigned n, ...)
{
	u32 at = add_node(ITS, 20 + 4 * n);
	va_list list;

	put(at + 16, n, 4);
	va_start(list, n);
	for (unsigned i = 0; i < n; i++)
		put(at + 20 + 4 * i, va_arg(list, u32), 4);
	va_end(list);
	return at;
}

static void add_map(u32 node, u64 first, u64 count, u64 output, u32 to, u32 flags)
{
	u32 n = iort[node + 8], at = node + MAPS + 20 * n;

	put(node + 8, n + 1, 4);
	put(at, first, 4);
	put(at + 4, count - 1, 4);
	put(at + 8, output, 4);
	put(at + 12, to, 4);
	put(at + 16, flags, 4);
}

static void add_its(u32 id, u64 base, enum status st)
{
	u8 e[20] = { 0xf, 20 };

	memcpy(e + 4, &id, 4);
	memcpy(e + 8, &base, 8);
	assert_int_equal(acpi_add_its(&msi, e), st);
}

static enum status add_v2m(u64 base, u32 flags, u16 spi_count, u16 spi_base)
{
	u8 e[24] = { 0xd, 24 };

	memcpy(e + 8, &base, 8);
	memcpy(e + 16, &flags, 4);
	memcpy(e + 20, &spi_count, 2);
	memcpy(e + 22, &spi_base, 2);
	return acpi_add_v2m(&msi, e);
}

static enum status read_bytes(u32 length)
{
	u8 *exact = malloc(length); /* a read past the end is seen */
	enum status st;

	memcpy(exact, iort, length);
	memset(&msi.routes, 0, sizeof(msi.routes));
	st = acpi_read_iort(&msi, exact, length);
	free(exact);
	return st;
}

static enum status run(void)
{
	enum status st;

	memcpy(iort, "IORT", 4);
	put(36, nodes, 4);
	put(40, 48, 4);
	st = read_bytes(end);
	memset(&out, 0, sizeof(out));
	return st == ST_OK ? acpi_take_msi(&msi, &out) : st;
}

static void expect_map(unsigned i, u32 first, u32 count, u32 device)
{
	assert_true(i < out.msi_map_count);
	assert_int_equal(out.msi_map[i].first, first);
	assert_int_equal(out.msi_map[i].count, count);
	assert_int_equal(out.msi_map[i].device_base, device);
}

static int empty(void **state)
{
	(void)state;
	memset(iort, 0, sizeof(iort));
	memset(&msi, 0, sizeof(msi));
	end = 48;
	nodes = 0;
	return 0;
}

/* One ITS of id 5, its group, and a root complex without mappings. */
static u32 group, root;

static int setup(void **state)
{
	empty(state);
	add_its(5, 0x8080000, ST_OK);
	group = add_group(1, 5u);
	root = add_node(ROOT, ONE_MAP + 100);
	return 0;
}

static void test_direct(void **state)
{
	/* As QEMU has it. */
	add_map(root, 0, 0x10000, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.base, 0x8080000);
	assert_int_equal(out.its.size, 0x20000);
	assert_int_equal(out.msi_map_count, 1);
	expect_map(0, 0, 0x10000, 0);
	/* Not identity, in two parts, and more than a requester can be. */
	setup(state);
	add_map(root, 0x100, 0x80, 0x20000, group, 0);
	add_map(root, 0x200, 0x100000, 0x30000, group, 0);
	add_map(root, 0x10000, 0x100, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.msi_map_count, 2);
	expect_map(0, 0x100, 0x80, 0x20000);
	expect_map(1, 0x200, 0xfe00, 0x30000);
	/* All there are. */
	setup(state);
	add_map(root, 0, BIT(32), 0, group, 0);
	assert_int_equal(run(), ST_OK);
	expect_map(0, 0, 0x10000, 0);
}

static void test_segments(void **state)
{
	u32 other;

	(void)state;
	put(root + 28, 1, 4);
	add_map(root, 0, 0x10000, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.base, 0x8080000); /* the only one, but nobody sends to it */
	assert_int_equal(out.msi_map_count, 0);
	other = add_node(ROOT, ONE_MAP);
	add_map(other, 0x800, 0x100, 0x100, group, 0);
	other = add_node(ROOT, ONE_MAP);
	add_map(other, 0x900, 0x100, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.msi_map_count, 2);
	expect_map(0, 0x800, 0x100, 0x100);
	expect_map(1, 0x900, 0x100, 0);
	/* Two root complexes that have the same function. */
	other = add_node(ROOT, ONE_MAP);
	add_map(other, 0x9ff, 1, 0, group, 0);
	assert_int_equal(run(), ST_OVERLAP);
}

static void test_smmu(void **state)
{
	static const u8 kinds[] = { SMMUV2, SMMU };

	for (unsigned k = 0; k < ARRAY_SIZE(kinds); k++) {
		u32 smmu;

		setup(state);
		smmu = add_node(kinds[k], ONE_MAP + 100);
		add_map(root, 0, 0x1000, 0x5000, smmu, 0);
		add_map(root, 0x1000, 0x1000, 0x100, group, 0);
		/* Parts of it, beginning before and ending behind it; one that it has not. */
		add_map(smmu, 0x4000, 0x1800, 0x40000, group, 0);
		add_map(smmu, 0x5900, 0x10000, 0x80000, group, 0);
		add_map(smmu, 0x3000, 0x1000, 0, group, 0);
		add_map(smmu, 0, 0x10000, 0, group, 1); /* its own messages */
		assert_int_equal(run(), ST_OK);
		assert_int_equal(out.msi_map_count, 3);
		expect_map(0, 0, 0x800, 0x41000);
		expect_map(1, 0x900, 0x700, 0x80000);
		expect_map(2, 0x1000, 0x1000, 0x100);
	}
}

/* Numbers of IDs that are one too many, as QEMU 7.2 writes them with an SMMU for bus 0. */
static void test_count(void **state)
{
	u32 smmu = add_node(SMMU, ONE_MAP);

	(void)state;
	add_map(root, 0, 0x101, 0, smmu, 0);
	add_map(root, 0x100, 0xff00, 0x100, group, 0);
	add_map(smmu, 0, 0x10000, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.msi_map_count, 2);
	expect_map(0, 0, 0x100, 0);
	expect_map(1, 0x100, 0xff00, 0x100);
	put(root + MAPS + 4, 0x101, 4); /* two too many is no such mistake */
	assert_int_equal(run(), ST_OVERLAP);
	put(root + MAPS + 4, 0x100, 4);
	put(root + MAPS + 20 + 16, 1, 4); /* the other takes no IDs: all of these are meant */
	assert_int_equal(run(), ST_OK);
	expect_map(0, 0, 0x101, 0);
	/* One ID, twice. */
	setup(state);
	add_map(root, 5, 1, 0, group, 0);
	add_map(root, 5, 1, 1, group, 0);
	assert_int_equal(run(), ST_OVERLAP);
}

static void test_smmu_bad(void **state)
{
	u32 smmu = add_node(SMMU, ONE_MAP + 20), second = add_node(SMMU, ONE_MAP);

	(void)state;
	add_map(root, 0, 0x10000, 0, smmu, 0);
	add_map(second, 0, 0x10000, 0, group, 0);
	add_map(smmu, 0, 0x10000, 0, second, 0); /* an SMMU behind another is none */
	assert_int_equal(run(), ST_TOO_DEEP);
	put(smmu + MAPS + 12, smmu, 4); /* itself */
	assert_int_equal(run(), ST_TOO_DEEP);
	put(smmu + MAPS + 12, root, 4); /* and round again */
	assert_int_equal(run(), ST_CORRUPT);
	put(smmu + MAPS + 12, group, 4);
	assert_int_equal(run(), ST_OK);
	add_map(smmu, 5, 5, 0x777, group, 0); /* two DeviceIDs for one function */
	assert_int_equal(run(), ST_OVERLAP);
}

static void test_single(void **state)
{
	(void)state;
	add_map(root, 0, 0x10000, 0x42, group, 1); /* all functions are one device */
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.base, 0x8080000);
	assert_int_equal(out.msi_map_count, 0);
}

static void test_groups(void **state)
{
	u32 far;

	empty(state);
	add_its(5, 0x8080000, ST_OK);
	add_its(0, 0x8180000, ST_OK);
	group = add_group(3, 9u, 0u, 5u); /* 9 is not in the MADT */
	far = add_group(1, 9u);
	root = add_node(ROOT, ONE_MAP + 100);
	add_map(root, 0, 8, 0, far, 0);
	add_map(root, 8, 8, 0x100, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.base, 0x8180000);
	assert_int_equal(out.msi_map_count, 1);
	expect_map(0, 8, 8, 0x100);
	/* Of two ITSs in use the first is driven. */
	far = add_group(1, 5u);
	add_map(root, 0x10, 8, 0, far, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.base, 0x8180000);
	assert_int_equal(out.msi_map_count, 1);
	/* None that the MADT has, and two to guess from. */
	put(root + 8, 1, 4);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.size, 0);
	put(group + 16, 0, 4); /* nobody in it */
	put(root + 8, 2, 4);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.its.size, 0);
}

static void test_numbers(void **state)
{
	static const struct {
		u64 first, count, output;
		enum status st;
	} cases[] = {
		{ 1, BIT(32), 0, ST_OVERFLOW },          { 0, BIT(32), 1, ST_OVERFLOW },
		{ 0xffffffff, 2, 0, ST_OVERFLOW },       { 0, 2, 0xffffffff, ST_OVERFLOW },
		{ 0xfffffff0, 0x10, 0, ST_OK },          { 0, 0x10, 0xfffffff0, ST_OK },
		{ 0, 0x10000, 0xffff0001, ST_OVERFLOW }, { 0x10000, 1, 0, ST_OK },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		add_map(root, cases[i].first, cases[i].count, cases[i].output, group, 0);
		assert_int_equal(run(), cases[i].st);
	}
	setup(state);
	for (unsigned i = 0; i < 4; i++)
		add_map(root, 8 * i, 8, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.msi_map_count, 4);
	add_map(root, 8 * 4, 8, 0, group, 0);
	assert_int_equal(run(), ST_TOO_MANY);
}

static void test_references(void **state)
{
	static const u32 wrong[] = { 0, 1, 47, 49, 0xffff, 0xfffffff0, 0xffffffff };

	add_map(root, 0, 0x10000, 0, group, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		put(root + MAPS + 12, wrong[i], 4);
		assert_int_equal(run(), ST_CORRUPT);
	}
	put(root + MAPS + 12, root, 4);
	assert_int_equal(run(), ST_CORRUPT); /* a root complex is no way to an ITS */
	setup(state);
	add_map(root, 0, 0x10000, 0, add_node(1, 16), 0); /* nor is a named component */
	assert_int_equal(run(), ST_CORRUPT);
	/* Bytes that look like a group, inside a node. */
	setup(state);
	put(root + 60, ITS, 1);
	put(root + 60 + 16, 1, 4);
	put(root + 60 + 20, 5, 4);
	add_map(root, 0, 0x10000, 0, root + 60, 0);
	assert_int_equal(run(), ST_CORRUPT);
}

static void test_node_bounds(void **state)
{
	add_map(root, 0, 0x10000, 0, group, 0);
	put(root + 1, 15, 2);
	assert_int_equal(run(), ST_CORRUPT);
	put(root + 1, 0, 2); /* would never move on */
	assert_int_equal(run(), ST_CORRUPT);
	put(root + 1, end - root + 1, 2);
	assert_int_equal(run(), ST_TRUNCATED);
	put(root + 1, 31, 2);
	assert_int_equal(run(), ST_TRUNCATED);
	put(root + 1, ONE_MAP - 1, 2);
	assert_int_equal(run(), ST_TRUNCATED);
	put(root + 1, ONE_MAP, 2);
	assert_int_equal(run(), ST_OK);
	put(root + 12, MAPS + 1, 4);
	assert_int_equal(run(), ST_TRUNCATED);
	put(root + 12, 0xffffffff, 4);
	assert_int_equal(run(), ST_TRUNCATED);
	put(root + 12, MAPS, 4);
	put(root + 8, 65, 4);
	assert_int_equal(run(), ST_TOO_MANY);
	put(root + 8, 0xffffffff, 4);
	assert_int_equal(run(), ST_TOO_MANY);
	setup(state);
	put(group + 16, 2, 4); /* more members than the node has room for */
	assert_int_equal(run(), ST_TRUNCATED);
	put(group + 16, 0xffffffff, 4);
	assert_int_equal(run(), ST_TRUNCATED);
	empty(state);
	add_node(ITS, 19);
	assert_int_equal(run(), ST_TRUNCATED);
}

static void test_table_bounds(void **state)
{
	add_map(root, 0, 0x10000, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	for (u32 length = 36; length < end; length++)
		assert_int_equal(read_bytes(length), ST_TRUNCATED);
	put(40, 47, 4); /* nodes inside the header */
	assert_int_equal(read_bytes(end), ST_CORRUPT);
	put(40, end, 4);
	assert_int_equal(read_bytes(end), ST_TRUNCATED);
	put(40, 0xffffffff, 4);
	assert_int_equal(read_bytes(end), ST_TRUNCATED);
	put(36, 0, 4);
	assert_int_equal(read_bytes(end), ST_OK); /* no nodes, wherever they are */
	put(36, 3, 4);
	put(40, 48, 4);
	assert_int_equal(read_bytes(end), ST_TRUNCATED);
	empty(state);
	while (nodes < 256)
		add_node(1, 16);
	assert_int_equal(run(), ST_OK);
	add_node(1, 16);
	assert_int_equal(run(), ST_TOO_MANY);
	nodes = ~0u;
	assert_int_equal(run(), ST_TOO_MANY);
}

static void test_madt(void **state)
{
	empty(state);
	add_its(1, 0x8080000, ST_OK);
	add_its(1, 0x8180000, ST_OVERLAP); /* one id for two */
	add_its(2, ~0ULL - 0x1ffff, ST_OVERFLOW);
	for (unsigned i = 2; i <= 16; i++)
		add_its(i, 0x8080000 + i * 0x100000, ST_OK);
	add_its(17, 0x10000000, ST_TOO_MANY);
}

static void test_v2m(void **state)
{
	empty(state);
	assert_int_equal(add_v2m(~0ULL - 0xfff, 0, 0, 0), ST_OVERFLOW);
	assert_int_equal(add_v2m(0x8020000, 1, 1, 31), ST_RANGE);
	assert_int_equal(add_v2m(0x8020000, 1, 0, 96), ST_RANGE);
	assert_int_equal(add_v2m(0x8020000, 1, 2, 1019), ST_RANGE);
	assert_int_equal(add_v2m(0x8020000, 1, 0xffff, 0xffff), ST_RANGE);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.v2m.size, 0);
	assert_int_equal(add_v2m(0x8020000, 1, 988, 32), ST_OK);
	assert_int_equal(add_v2m(0x8030000, 0, 5, 5), ST_OK); /* the first counts */
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.v2m.base, 0x8020000);
	assert_int_equal(out.v2m.size, 0x1000);
	assert_int_equal(out.v2m_base, 32);
	assert_int_equal(out.v2m_count, 988);
	/* The frame's own register tells. */
	empty(state);
	assert_int_equal(add_v2m(0x8020000, 0, 5, 5), ST_OK);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.v2m.base, 0x8020000);
	assert_int_equal(out.v2m_count, 0);
	/* Beside an ITS nobody sends to; and one that functions do. */
	setup(state);
	assert_int_equal(add_v2m(0x8020000, 0, 0, 0), ST_OK);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.v2m.size, 0x1000);
	assert_int_equal(out.its.size, 0);
	add_map(root, 0, 0x10000, 0, group, 0);
	assert_int_equal(run(), ST_OK);
	assert_int_equal(out.v2m.size, 0);
	assert_int_equal(out.its.size, 0x20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_direct, setup),
		cmocka_unit_test_setup(test_segments, setup),
		cmocka_unit_test_setup(test_smmu, setup),
		cmocka_unit_test_setup(test_count, setup),
		cmocka_unit_test_setup(test_smmu_bad, setup),
		cmocka_unit_test_setup(test_single, setup),
		cmocka_unit_test_setup(test_groups, setup),
		cmocka_unit_test_setup(test_numbers, setup),
		cmocka_unit_test_setup(test_references, setup),
		cmocka_unit_test_setup(test_node_bounds, setup),
		cmocka_unit_test_setup(test_table_bounds, setup),
		cmocka_unit_test(test_madt),
		cmocka_unit_test(test_v2m),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
