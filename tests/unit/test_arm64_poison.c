/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Poison of the arm64 host: where it lies, when it goes, and that no change of it goes unseen.
 *
 * sources: hosts/arm64/vmm/cca/poison.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/cca/cca.h"
#include "vmm/cca/poison.h"
#include "vmm/pci.h"

#define RAM   0x40000000ULL
#define PAGES 1024u
#define PAGE(n)                                                                                    \
	(struct range)                                                                             \
	{                                                                                          \
		RAM + (n)*PAGE_SIZE, PAGE_SIZE                                                     \
	}

struct vm vm;
static u64 ns[PAGES][512] ALIGNED(PAGE_SIZE);
static u64 block[512][512] ALIGNED(PAGE_SIZE);
static unsigned violations;
static char last[160];

u64 stage2_backing(u64 ipa)
{
	assert_in_range(ipa, RAM, RAM + PAGES * PAGE_SIZE - 1);
	return (uintptr_t)ns[(ipa - RAM) / PAGE_SIZE];
}

void device_violation(const char *kind, const char *fmt, ...)
{
	va_list ap;

	assert_string_equal(kind, "dma-poison");
	violations++;
	va_start(ap, fmt);
	vsnprintf(last, sizeof(last), fmt, ap);
	va_end(ap);
}

void core_lock(struct core_lock *l)
{
	(void)l;
}

void core_unlock(struct core_lock *l)
{
	(void)l;
}

static int setup(void **state)
{
	(void)state;
	memset(ns, 0, sizeof(ns));
	memset(block, 0, sizeof(block));
	violations = 0;
	poison_init((struct range){ RAM, PAGES * PAGE_SIZE }, (uintptr_t)block);
	poison_private((struct range){ RAM, PAGES * PAGE_SIZE });
	return 0;
}

static bool zero(const u64 *page)
{
	for (unsigned i = 0; i < 512; i++) {
		if (page[i] != 0)
			return false;
	}
	return true;
}

static void test_nothing_before_dma(void **state)
{
	(void)state;
	ns[3][7] = 0x1234;
	assert_int_equal(poison_check(), 0);
	poison_shared(PAGE(3));
	poison_private(PAGE(3));
	assert_int_equal(ns[3][7], 0x1234);
	assert_int_equal(violations, 0);
	assert_false(poison_within((struct range){ RAM, PAGES * PAGE_SIZE }));
}

static void test_lies_behind_private_pages_only(void **state)
{
	(void)state;
	poison_shared((struct range){ RAM + 8 * PAGE_SIZE, 2 * PAGE_SIZE });
	poison_hand_out(PAGE(20));
	poison_lay();
	for (unsigned i = 0; i < PAGES; i++) {
		bool open = i == 8 || i == 9 || i == 20;

		assert_int_equal(zero(ns[i]), open);
		assert_int_equal(poison_within(PAGE(i)), !open);
		assert_int_equal(poison_is_visible(RAM + i * PAGE_SIZE), open);
		assert_int_equal(poison_is_shared(RAM + i * PAGE_SIZE), i == 8 || i == 9);
	}
	assert_int_equal(poison_check(), PAGES - 3 + 512);
	assert_int_equal(violations, 0);
	poison_lay(); /* once is enough */
	assert_int_equal(poison_check(), PAGES - 3 + 512);
}

/* Read as a ring it is empty, and a device that marks it busy and idle again leaves it alone. */
static void test_empty_ring(void **state)
{
	u16 half[4];

	(void)state;
	poison_lay();
	memcpy(half, ns[0], sizeof(half));
	assert_int_equal(half[0] & 1, 0);
	assert_int_equal(half[1], 0);
	assert_int_equal(half[2], 0); /* avail_event of a queue without requests */
	assert_int_not_equal(ns[0][0], 0);
}

static void test_every_word_counts(void **state)
{
	(void)state;
	poison_lay();
	for (unsigned i = 0; i < 512; i++) {
		u64 was = ns[5][i];

		ns[5][i] = i % 2 ? 0 : was ^ BIT(i % 64);
		violations = 0;
		poison_check();
		assert_int_equal(violations, 1);
		ns[5][i] = was;
	}
	block[511][511]++;
	violations = 0;
	poison_check();
	assert_int_equal(violations, 1);
	assert_non_null(strstr(last, "canonical"));
}

static void test_conversion(void **state)
{
	(void)state;
	poison_lay();
	poison_shared(PAGE(1));
	assert_int_equal(violations, 0);
	assert_true(zero(ns[1]));
	ns[1][0] = 1; /* the guest's now */
	poison_check();
	assert_int_equal(violations, 0);
	poison_private(PAGE(1));
	assert_false(zero(ns[1]));
	assert_true(poison_within(PAGE(1)));
	ns[1][9] = 2;
	poison_shared(PAGE(1));
	assert_int_equal(violations, 1);
	assert_non_null(strstr(last, "0x40001048"));
	assert_true(zero(ns[1]));
}

/* The guest may use the alias of a page whatever its RIPAS: what it can reach is not looked at. */
static void test_handed_out(void **state)
{
	(void)state;
	poison_lay();
	ns[2][0] ^= 1;
	poison_hand_out(PAGE(2));
	assert_int_equal(violations, 1);
	ns[2][0] = 77;
	poison_shared(PAGE(2));
	poison_private(PAGE(2));
	assert_int_equal(ns[2][0], 77);
	assert_false(poison_is_shared(RAM + 2 * PAGE_SIZE));
	assert_true(poison_is_visible(RAM + 2 * PAGE_SIZE));
	assert_int_equal(poison_check(), PAGES - 1 + 512);
	assert_int_equal(violations, 1);
}

/* Ranges of a guest reach beyond RAM on both sides. */
static void test_clipped(void **state)
{
	const struct range below = { RAM - 4 * PAGE_SIZE, 4 * PAGE_SIZE };
	const struct range over = { RAM - PAGE_SIZE, (PAGES + 2) * PAGE_SIZE };
	const struct range beyond = { RAM + PAGES * PAGE_SIZE, PAGE_SIZE };

	(void)state;
	poison_lay();
	poison_shared(below);
	poison_shared(beyond);
	assert_false(poison_is_shared(RAM - PAGE_SIZE));
	assert_false(poison_is_shared(RAM + PAGES * PAGE_SIZE));
	assert_int_equal(poison_check(), PAGES + 512);
	poison_shared(over);
	assert_int_equal(poison_check(), 512);
	poison_private(over);
	assert_int_equal(poison_check(), PAGES + 512);
	assert_int_equal(violations, 0);
}

static void test_starts_shared(void **state)
{
	(void)state;
	poison_init((struct range){ RAM, PAGES * PAGE_SIZE }, (uintptr_t)block);
	assert_true(poison_is_shared(RAM));
	assert_true(poison_is_visible(RAM));
	poison_lay();
	assert_int_equal(poison_check(), 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_before_dma, setup),
		cmocka_unit_test_setup(test_lies_behind_private_pages_only, setup),
		cmocka_unit_test_setup(test_empty_ring, setup),
		cmocka_unit_test_setup(test_every_word_counts, setup),
		cmocka_unit_test_setup(test_conversion, setup),
		cmocka_unit_test_setup(test_handed_out, setup),
		cmocka_unit_test_setup(test_clipped, setup),
		cmocka_unit_test_setup(test_starts_shared, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
