/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of open device pages: each granule is asked for once, neighbours are one entry, the
 * table ends, and what EL2 refused is not open.
 * sources: pkvm/calls.c pkvm/status.c lib/range.c
 */
#include "fake_el2.h"

#include "pkvm/guard.c"

static int setup(void **state)
{
	el2_setup(state);
	el2_android(PAGE_SIZE);
	el2_detected();
	open_count = 0;
	memset(open, 0, sizeof(open));
	return 0;
}

static enum status guard(u64 page, u64 bytes)
{
	return pkvm_guard((struct range){ EL2_BASE + page * el2.granule, bytes });
}

/* The table says what EL2 knows, sorted, and nothing touches. */
static void assert_table(void)
{
	for (u64 i = 0; i < EL2_GRANULES; i++)
		assert_int_equal(pkvm_is_guarded(EL2_BASE + i * el2.granule), el2.guarded[i]);
	for (unsigned i = 0; i < open_count; i++) {
		assert_true(open[i].size != 0 && is_aligned(open[i].base, el2.granule) &&
			    is_aligned(open[i].size, el2.granule));
		if (i != 0)
			assert_true(range_end(open[i - 1]) < open[i].base);
	}
	assert_int_equal(lock.owner, 0);
}

static void once(void **state)
{
	struct pkvm_counters before = pkvm_counters_get();

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(guard(3, 4), ST_OK);
	assert_int_equal(el2.guards, 1);
	assert_int_equal(pkvm_counters_get().guarded - before.guarded, 1);
	assert_true(pkvm_is_guarded(EL2_BASE + 3 * PAGE_SIZE + 4095));
	assert_false(pkvm_is_guarded(EL2_BASE + 4 * PAGE_SIZE));
	assert_false(pkvm_is_guarded(EL2_BASE + 3 * PAGE_SIZE - 1));
	assert_table();
}

static void rounds_out(void **state)
{
	assert_int_equal(pkvm_guard((struct range){ EL2_BASE + 4095, 2 }), ST_OK);
	assert_int_equal(el2.guards, 2);
	assert_true(el2.guarded[0] && el2.guarded[1]);
	assert_int_equal(open_count, 1);
	assert_table();
	el2.granule = pkvm_info.granule = KIB(64);
	open_count = 0;
	memset(el2.guarded, 0, sizeof(el2.guarded));
	assert_int_equal(pkvm_guard((struct range){ EL2_BASE + KIB(64) + 8, 4 }), ST_OK);
	assert_true(el2.guarded[1]);
	assert_int_equal(el2.guards, 3);
	assert_table();
}

/* From below, from above, between two, over several at once. */
static void merges(void **state)
{
	static const struct {
		u64 page, pages;
		unsigned entries;
	} steps[] = { { 10, 1, 1 }, { 12, 1, 2 }, { 11, 1, 1 }, { 9, 1, 1 }, { 13, 1, 1 },
		      { 20, 4, 2 }, { 0, 1, 3 },  { 8, 20, 2 }, { 1, 7, 1 }, { 0, 40, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		assert_int_equal(guard(steps[i].page, steps[i].pages * PAGE_SIZE), ST_OK);
		assert_int_equal(open_count, steps[i].entries);
		assert_table();
	}
	assert_int_equal(el2.guards, 40);
}

static void any_order(void **state)
{
	u64 seed = 1;

	for (unsigned n = 0; n < 2000; n++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		assert_int_equal(guard(seed >> 33 & 127, 1 + (seed >> 40 & 0x3fff)), ST_OK);
		assert_table();
	}
	assert_int_equal(open_count, 1);
}

/* Nothing is asked for that could not be noted; what is there can still grow. */
static void bounded(void **state)
{
	for (unsigned i = 0; i < PKVM_GUARD_MAX; i++)
		assert_int_equal(guard(2 * i + 1, 1), ST_OK);
	assert_int_equal(open_count, PKVM_GUARD_MAX);
	assert_int_equal(guard(2 * PKVM_GUARD_MAX + 1, 1), ST_TOO_MANY);
	assert_int_equal(el2.guards, PKVM_GUARD_MAX);
	assert_table();
	assert_int_equal(guard(0, 1), ST_OK);                  /* below the first */
	assert_int_equal(guard(2 * PKVM_GUARD_MAX, 1), ST_OK); /* above the last */
	assert_int_equal(open_count, PKVM_GUARD_MAX);
	assert_int_equal(guard(2, 1), ST_OK); /* between: one entry less */
	assert_int_equal(open_count, PKVM_GUARD_MAX - 1);
	assert_int_equal(guard(2 * PKVM_GUARD_MAX + 2, 1), ST_OK);
	assert_int_equal(open_count, PKVM_GUARD_MAX);
	assert_table();
}

static void refused(void **state)
{
	el2.refuse_at = EL2_BASE + 2 * PAGE_SIZE;
	assert_int_equal(guard(0, 4 * PAGE_SIZE), ST_INVALID);
	assert_int_equal(el2.guards, 3);
	assert_table();
	assert_false(pkvm_is_guarded(el2.refuse_at));
	el2.refuse_at = 0;
	assert_int_equal(guard(0, 4 * PAGE_SIZE), ST_OK); /* asked again, and only for these */
	assert_int_equal(el2.guards, 5);
	assert_table();
}

static u64 forged_x0;

static bool forge(struct smccc_regs *r)
{
	*r = (struct smccc_regs){ .x = { forged_x0 } };
	return true;
}

static void wrong_codes(void **state)
{
	static const u64 codes[] = { 1, 0xffffffff, (u64)-2, 1ULL << 63 };

	el2.answer = forge;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		forged_x0 = codes[i];
		assert_int_equal(guard(0, 1), ST_PROTOCOL);
	}
	forged_x0 = (u64)-1;
	assert_int_equal(guard(0, 1), ST_UNSUPPORTED);
	assert_int_equal(open_count, 0);
	assert_int_equal(lock.owner, 0);
}

static void bad_ranges(void **state)
{
	assert_int_equal(pkvm_guard((struct range){ EL2_BASE, 0 }), ST_OVERFLOW);
	assert_int_equal(pkvm_guard((struct range){ ~0ULL, 8 }), ST_OVERFLOW);
	assert_int_equal(pkvm_guard((struct range){ BIT(40), 8 }), ST_OVERFLOW);
	assert_int_equal(el2.calls, 0);
	assert_int_equal(pkvm_guard((struct range){ BIT(40) - 8, 8 }), ST_OK);
	assert_int_equal(el2.calls, 1);
}

/* No guard, or no granule to guard by: nobody is asked, and the loop does not stand still. */
static void nothing_to_guard(void **state)
{
	pkvm_info.features = el2.features = PKVM_FEATURES_UPSTREAM;
	assert_int_equal(guard(0, MIB(1)), ST_OK);
	assert_false(pkvm_is_guarded(EL2_BASE));
	pkvm_info.features = el2.features = EL2_ANDROID;
	pkvm_info.granule = 0;
	assert_int_equal(guard(0, MIB(1)), ST_OK);
	assert_int_equal(el2.calls, 0);
}

/* ENROLL was offered and refused: on the way to a stop the console works without a guard. Upstream
 * offers none, and a guard alone is used. */
static void not_enrolled(void **state)
{
	pkvm_info.enrolled = false;
	assert_int_equal(guard(1, 4), ST_OK);
	assert_int_equal(el2.calls, 0);
	pkvm_info.features &= ~PKVM_BIT(PKVM_MMIO_GUARD_ENROLL);
	assert_int_equal(guard(1, 4), ST_OK);
	assert_int_equal(el2.guards, 1);
}

/* Before the tables are live: one CPU, plain counting. */
static void mmu_off(void **state)
{
	struct pkvm_counters before = pkvm_counters_get();

	el2.mmu = false;
	assert_int_equal(guard(0, 1), ST_OK);
	assert_int_equal(pkvm_counters_get().guarded - before.guarded, 1);
	assert_table();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(once, setup),
		cmocka_unit_test_setup(rounds_out, setup),
		cmocka_unit_test_setup(merges, setup),
		cmocka_unit_test_setup(any_order, setup),
		cmocka_unit_test_setup(bounded, setup),
		cmocka_unit_test_setup(refused, setup),
		cmocka_unit_test_setup(wrong_codes, setup),
		cmocka_unit_test_setup(bad_ranges, setup),
		cmocka_unit_test_setup(nothing_to_guard, setup),
		cmocka_unit_test_setup(not_enrolled, setup),
		cmocka_unit_test_setup(mmu_off, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
