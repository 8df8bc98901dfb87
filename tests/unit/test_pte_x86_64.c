/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-table entries of x86-64 against the bit positions of the Intel SDM (volume 3, 4.5), written
 * out once more by hand.
 * sources: mm/x86_64/pte.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmu.h"

struct cvm cvm;

#define PRESENT    0x1ULL
#define WRITABLE   0x2ULL
#define USER       0x4ULL
#define UNCACHED   0x18ULL
#define DIRTY_USED 0x60ULL
#define BLOCK      0x80ULL
#define GLOBAL     0x100ULL
#define NO_EXECUTE 0x8000000000000000ULL
#define SHARED     0x8000000000000ULL

static const struct {
	enum map_kind kind;
	u64 bits;
} expected[] = {
	{ MAP_RW, WRITABLE | NO_EXECUTE },
	{ MAP_RO, NO_EXECUTE },
	{ MAP_CODE, 0 },
	{ MAP_DEVICE, WRITABLE | NO_EXECUTE | UNCACHED },
	{ MAP_RWX, WRITABLE },
};

static void test_every_leaf(void **state)
{
	for (size_t k = 0; k < ARRAY_SIZE(expected); k++) {
		for (unsigned level = 1; level <= 3; level++) {
			u64 pte = pte_leaf(0x140000000, level, expected[k].kind, SHARED);
			u64 attributes = level < 3 ? BLOCK : 0;

			attributes |= PRESENT | DIRTY_USED | expected[k].bits;
			assert_true(pte == (0x140000000 | SHARED | attributes));
			assert_true(pte_valid(pte));
			assert_true(pte_is_leaf(pte, level));
			assert_true(pte_addr(pte) == (0x140000000 | SHARED));
			assert_int_equal(pte_is_device(pte), expected[k].kind == MAP_DEVICE);
			assert_int_equal(pte & (USER | GLOBAL), 0);
		}
	}
}

static void test_table(void **state)
{
	u64 pte;

	cvm.pte_private = 0;
	pte = pte_table(0x7000);
	assert_true(pte_valid(pte));
	assert_int_equal(pte & ~(u64)0xfff, 0x7000);
	assert_int_equal(pte & (WRITABLE | USER | BLOCK), WRITABLE);
	for (unsigned level = 0; level < 3; level++)
		assert_false(pte_is_leaf(pte, level));
	/* An encrypted guest's tables are encrypted. */
	cvm.pte_private = SHARED;
	assert_true((pte_table(0x7000) & SHARED) != 0);
	assert_false(pte_valid(0));
	assert_false(pte_valid(~PRESENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_leaf),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("pte_x86_64", tests, NULL, NULL);
}
