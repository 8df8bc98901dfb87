/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-1 entries of arm64 against the field positions of the Arm ARM (D8.3), written out here once
 * more by hand: what may execute, what may be written, and that the alias bit is address.
 * sources: mm/arm64/pte.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmu.h"

#define VALID      0x1ULL
#define TYPE       0x2ULL
#define READ_ONLY  0x80ULL
#define EL0        0x40ULL
#define ACCESSED   0x400ULL
#define SHARE_MASK 0x300ULL
#define PXN        0x20000000000000ULL
#define UXN        0x40000000000000ULL
#define ALIAS      0x100000000ULL

static const enum map_kind kinds[] = { MAP_RW, MAP_RO, MAP_CODE, MAP_DEVICE, MAP_RWX };

static void test_every_leaf(void **state)
{
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (unsigned level = 1; level <= 3; level++) {
			u64 pte = pte_leaf(0x40000000, level, kinds[k], ALIAS);

			assert_true(pte_valid(pte));
			assert_true(pte_is_leaf(pte, level));
			assert_int_equal(pte_addr(pte), 0x40000000 | ALIAS);
			assert_int_equal(pte_is_device(pte), kinds[k] == MAP_DEVICE);
			assert_int_equal(pte & (VALID | ACCESSED | UXN), VALID | ACCESSED | UXN);
			assert_int_equal(pte & EL0, 0);
			assert_int_equal((pte & TYPE) != 0, level == 3);
			assert_int_equal(pte & SHARE_MASK, 0x300); /* inner shareable */
		}
	}
}

static void test_rights(void **state)
{
	assert_int_equal(pte_leaf(0, 3, MAP_RW, 0) & (READ_ONLY | PXN), PXN);
	assert_int_equal(pte_leaf(0, 3, MAP_RO, 0) & (READ_ONLY | PXN), READ_ONLY | PXN);
	assert_int_equal(pte_leaf(0, 3, MAP_CODE, 0) & (READ_ONLY | PXN), READ_ONLY);
	assert_int_equal(pte_leaf(0, 3, MAP_DEVICE, 0) & (READ_ONLY | PXN), PXN);
	assert_int_equal(pte_leaf(0, 3, MAP_RWX, 0) & (READ_ONLY | PXN), 0);
}

static void test_memory_type(void **state)
{
	u64 index = 0x1c; /* AttrIndx, bits 4:2 */

	assert_int_equal(pte_leaf(0, 2, MAP_RW, 0) & index, 0);
	assert_int_equal(pte_leaf(0, 2, MAP_CODE, 0) & index, 0);
	assert_int_equal(pte_leaf(0, 2, MAP_DEVICE, 0) & index, 1 << 2);
}

static void test_tables(void **state)
{
	u64 t = pte_table(0x123456789000);

	assert_int_equal(t, 0x123456789003);
	assert_int_equal(pte_addr(t), 0x123456789000);
	for (unsigned level = 0; level < 3; level++)
		assert_false(pte_is_leaf(t, level));
	assert_false(pte_valid(0));
	assert_false(pte_is_leaf(0, 2));
	assert_false(pte_is_leaf(TYPE, 3));
}

/* The highest alias bit a 48-bit IPA has. */
static void test_wide_alias(void **state)
{
	u64 top = 1ULL << 47;

	assert_int_equal(pte_addr(pte_leaf(0x200000, 2, MAP_RW, top)), 0x200000 | top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_leaf),  cmocka_unit_test(test_rights),
		cmocka_unit_test(test_memory_type), cmocka_unit_test(test_tables),
		cmocka_unit_test(test_wide_alias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
