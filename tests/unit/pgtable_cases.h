/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases of mm/pgtable.c, run with the entry encoding of each architecture. */
#ifndef PGTABLE_CASES_H
#define PGTABLE_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mmu.h"

#define TABLES 64

struct cvm cvm;

static u8 *tables; /* TABLES pages */
static size_t tables_used, tables_max;
static size_t writes;

static u64 take_table(void *ctx)
{
	u8 *t;

	if (tables_used == tables_max)
		return 0;
	t = tables + tables_used++ * PAGE_SIZE;
	memset(t, 0, PAGE_SIZE);
	return (u64)(uintptr_t)t;
}

/* A live entry is never replaced by another: always through invalid. */
static void checked_write(u64 *slot, u64 pte)
{
	assert_true(!pte_valid(*slot) || !pte_valid(pte));
	writes++;
	*slot = pte;
}

static struct pgtable fresh_tables(void)
{
	struct pgtable pt = { .alloc = take_table, .write = checked_write };

	if (tables == NULL)
		tables = aligned_alloc(PAGE_SIZE, TABLES * PAGE_SIZE);
	tables_used = 0;
	tables_max = TABLES;
	writes = 0;
	pt.root = take_table(NULL);
	return pt;
}

static void assert_leaf(const struct pgtable *pt, u64 va, unsigned level, enum map_kind kind,
			u64 bits)
{
	u64 size = PAGE_SIZE << (9 * (3 - level));
	unsigned got = 9;
	u64 pte = 0;

	assert_int_equal(pgtable_walk(pt, va, &pte, &got), ST_OK);
	assert_int_equal(got, level);
	assert_true(pte_is_leaf(pte, level));
	assert_int_equal(pte, pte_leaf(va & ~(size - 1), level, kind, bits));
}

static void assert_hole(const struct pgtable *pt, u64 va)
{
	unsigned level;
	u64 pte;

	assert_int_equal(pgtable_walk(pt, va, &pte, &level), ST_NOT_FOUND);
}

static struct range span(u64 from, u64 to)
{
	return (struct range){ from, to - from };
}

static void test_sizes(void **state)
{
	struct pgtable pt = fresh_tables();
	u64 from = GIB(1) - MIB(2) - PAGE_SIZE, to = GIB(1) + MIB(4) + 3 * PAGE_SIZE;

	assert_int_equal(pgtable_map(&pt, span(from, to), MAP_RW, 0, 2), ST_OK);
	assert_leaf(&pt, from, 3, MAP_RW, 0);
	assert_leaf(&pt, GIB(1) - MIB(2), 2, MAP_RW, 0);
	assert_leaf(&pt, GIB(1) - 1, 2, MAP_RW, 0);
	assert_leaf(&pt, GIB(1), 2, MAP_RW, 0);
	assert_leaf(&pt, GIB(1) + MIB(4), 3, MAP_RW, 0);
	assert_leaf(&pt, to - 1, 3, MAP_RW, 0);
	assert_hole(&pt, from - 1);
	assert_hole(&pt, to);
	assert_hole(&pt, BIT(47));
	assert_hole(&pt, ~0ull);
}

static void test_largest(void **state)
{
	struct pgtable pt = fresh_tables();

	assert_int_equal(pgtable_map(&pt, span(GIB(2), GIB(4)), MAP_RO, 0, 1), ST_OK);
	assert_leaf(&pt, GIB(3), 1, MAP_RO, 0);
	assert_int_equal(pgtable_map(&pt, span(GIB(5), GIB(5) + MIB(2)), MAP_CODE, 0, 3), ST_OK);
	assert_leaf(&pt, GIB(5) + MIB(1), 3, MAP_CODE, 0);
	assert_int_equal(pgtable_map(&pt, span(GIB(6), GIB(7)), MAP_RW, 0, 0), ST_INVALID);
	assert_int_equal(pgtable_map(&pt, span(GIB(6), GIB(7)), MAP_RW, 0, 4), ST_INVALID);
}

static void test_state_bits(void **state)
{
	struct pgtable pt = fresh_tables();
	unsigned level;
	u64 pte;

	assert_int_equal(pgtable_map(&pt, span(GIB(1), GIB(1) + MIB(2)), MAP_RW, BIT(40), 2),
			 ST_OK);
	assert_leaf(&pt, GIB(1), 2, MAP_RW, BIT(40));
	assert_int_equal(pgtable_walk(&pt, GIB(1), &pte, &level), ST_OK);
	assert_int_equal(pte_addr(pte), GIB(1) | BIT(40));
}

static void test_no_replace(void **state)
{
	struct pgtable pt = fresh_tables();
	size_t before;

	assert_int_equal(pgtable_map(&pt, span(MIB(8), MIB(10)), MAP_RW, 0, 2), ST_OK);
	before = writes;
	assert_int_equal(pgtable_map(&pt, span(MIB(8), MIB(10)), MAP_RW, 0, 2), ST_STATE);
	assert_int_equal(pgtable_map(&pt, span(MIB(9), MIB(9) + PAGE_SIZE), MAP_RW, 0, 2),
			 ST_STATE);
	assert_int_equal(pgtable_map(&pt, span(MIB(4), MIB(32)), MAP_RW, 0, 2), ST_STATE);
	assert_int_equal(pgtable_map(&pt, span(0, GIB(4)), MAP_RW, 0, 1), ST_STATE);
	assert_int_equal(writes, before); /* refused as a whole */
	assert_hole(&pt, MIB(4));
}

static void test_unmap(void **state)
{
	struct pgtable pt = fresh_tables();

	assert_int_equal(pgtable_map(&pt, span(MIB(8), MIB(16)), MAP_RW, 0, 2), ST_OK);
	assert_int_equal(pgtable_unmap(&pt, span(MIB(10), MIB(12))), ST_OK);
	assert_hole(&pt, MIB(10));
	assert_leaf(&pt, MIB(8), 2, MAP_RW, 0);
	assert_leaf(&pt, MIB(12), 2, MAP_RW, 0);
	assert_int_equal(pgtable_unmap(&pt, span(MIB(12), MIB(13))), ST_STATE);
	assert_int_equal(pgtable_unmap(&pt, span(MIB(13), MIB(16))), ST_STATE);
	assert_leaf(&pt, MIB(14), 2, MAP_RW, 0); /* refused as a whole */
	assert_int_equal(pgtable_unmap(&pt, span(0, GIB(512))), ST_OK);
	assert_hole(&pt, MIB(8));
	assert_hole(&pt, MIB(14));
	/* where a table is left over, smaller leaves do */
	assert_int_equal(pgtable_map(&pt, span(0, GIB(1)), MAP_RW, 0, 1), ST_OK);
	assert_leaf(&pt, GIB(1) - 1, 2, MAP_RW, 0);
}

static void test_flip(void **state)
{
	struct pgtable pt = fresh_tables();
	struct range r = span(MIB(10), MIB(12));
	size_t used;

	assert_int_equal(pgtable_map(&pt, span(MIB(8), MIB(16)), MAP_RW, 0, 2), ST_OK);
	used = tables_used;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(pgtable_unmap(&pt, r), ST_OK);
		assert_int_equal(pgtable_map(&pt, r, MAP_RW, i % 2 ? 0 : BIT(40), 2), ST_OK);
	}
	assert_int_equal(tables_used, used); /* flips cost no tables */
	assert_leaf(&pt, MIB(10), 2, MAP_RW, 0);
}

static void test_arguments(void **state)
{
	struct pgtable pt = fresh_tables();

	assert_int_equal(pgtable_map(&pt, (struct range){ 1, PAGE_SIZE }, MAP_RW, 0, 2), ST_ALIGN);
	assert_int_equal(pgtable_map(&pt, (struct range){ 0, 0 }, MAP_RW, 0, 2), ST_OVERFLOW);
	assert_int_equal(
	    pgtable_map(&pt, span(BIT(47) - PAGE_SIZE, BIT(47) + PAGE_SIZE), MAP_RW, 0, 2),
	    ST_OVERFLOW);
	assert_int_equal(pgtable_unmap(&pt, (struct range){ 0, 5 }), ST_ALIGN);
	assert_int_equal(pgtable_unmap(&pt, (struct range){ ~0xfffull, 0x2000 }), ST_OVERFLOW);
	assert_int_equal(writes, 0);
}

static void test_exhausted(void **state)
{
	struct pgtable pt = fresh_tables();

	tables_max = 2;
	assert_int_equal(pgtable_map(&pt, span(MIB(8), MIB(10)), MAP_RW, 0, 2), ST_NO_MEMORY);
	tables_max = 3;
	assert_int_equal(pgtable_map(&pt, span(MIB(8), MIB(10)), MAP_RW, 0, 2), ST_OK);
	free(tables);
	tables = NULL;
}

static int run_pgtable_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),      cmocka_unit_test(test_largest),
		cmocka_unit_test(test_state_bits), cmocka_unit_test(test_no_replace),
		cmocka_unit_test(test_unmap),      cmocka_unit_test(test_flip),
		cmocka_unit_test(test_arguments),  cmocka_unit_test(test_exhausted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
