/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sharing and taking back by granules, with and without the range form, against an EL2 that refuses
 * half way, says it did nothing, or more than it was asked.
 * sources: pkvm/memory.c pkvm/calls.c pkvm/status.c lib/range.c
 */
#include "fake_el2.h"

static struct range granules(u64 first, u64 count)
{
	return (struct range){ EL2_BASE + first * el2.granule, count * el2.granule };
}

/* Exactly these are shared. */
static void assert_shared(u64 first, u64 count)
{
	for (u64 i = 0; i < EL2_GRANULES; i++)
		assert_int_equal(el2.shared[i], i >= first && i < first + count);
}

static struct pkvm_counters counted;

static void start_counting(void)
{
	counted = pkvm_counters_get();
}

static void assert_counted(u64 shared, u64 unshared)
{
	struct pkvm_counters now = pkvm_counters_get();

	assert_int_equal(now.shared - counted.shared, shared);
	assert_int_equal(now.unshared - counted.unshared, unshared);
	assert_int_equal(now.guarded, counted.guarded);
}

static void page_by_page(void **state)
{
	static const u64 sizes[] = { KIB(4), KIB(16), KIB(64), MIB(2) };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct range unit = { EL2_BASE + MIB(2), MIB(2) };
		u64 count = MIB(2) / sizes[i];

		el2_setup(state);
		el2.granule = sizes[i];
		el2_detected();
		start_counting();
		assert_int_equal(pkvm_share(unit), ST_OK);
		assert_int_equal(el2.shares, count);
		assert_shared(count, count);
		assert_int_equal(pkvm_unshare(unit), ST_OK);
		assert_int_equal(el2.unshares, count);
		assert_shared(0, 0);
		assert_counted(count, count);
	}
}

static void by_ranges(void **state)
{
	static const u64 per_call[] = { 0, 1, 3, 511, 512, 513 };

	for (size_t i = 0; i < ARRAY_SIZE(per_call); i++) {
		u64 n = per_call[i] == 0 ? 512 : per_call[i];

		el2_setup(state);
		el2_android(PAGE_SIZE);
		el2_detected();
		start_counting();
		el2.per_call = per_call[i];
		assert_int_equal(pkvm_share(granules(7, 512)), ST_OK);
		assert_shared(7, 512);
		assert_int_equal(el2.shares, (512 + n - 1) / n);
		assert_int_equal(pkvm_unshare(granules(7, 512)), ST_OK);
		assert_shared(0, 0);
		assert_counted(512, 512);
	}
}

/* With the MMU off, too: one CPU, and no atomic instruction. */
static void counts_early(void **state)
{
	el2_detected();
	el2.mmu = false;
	start_counting();
	assert_int_equal(pkvm_share(granules(0, 2)), ST_OK);
	assert_counted(2, 0);
}

/* The rest of a granule would be shared as well, and the caller does not know it. */
static void parts_of_granules(void **state)
{
	el2.granule = KIB(16);
	el2_detected();
	assert_int_equal(pkvm_share((struct range){ EL2_BASE, KIB(4) }), ST_ALIGN);
	assert_int_equal(pkvm_share((struct range){ EL2_BASE + KIB(4), KIB(16) }), ST_ALIGN);
	assert_int_equal(pkvm_unshare((struct range){ EL2_BASE, KIB(20) }), ST_ALIGN);
	assert_int_equal(pkvm_share((struct range){ EL2_BASE, 0 }), ST_OVERFLOW);
	assert_int_equal(pkvm_share((struct range){ ~0ULL << 14, KIB(32) }), ST_OVERFLOW);
	assert_int_equal(pkvm_share((struct range){ BIT(40) - KIB(16), KIB(32) }), ST_OVERFLOW);
	assert_int_equal(pkvm_unshare((struct range){ BIT(40), KIB(16) }), ST_OVERFLOW);
	assert_int_equal(el2.calls, 0);
}

/* The first refusal is the last call; what was done before is counted. */
static void refused_half_way(void **state)
{
	for (unsigned ranges = 0; ranges < 2; ranges++) {
		el2_setup(state);
		if (ranges)
			el2_android(PAGE_SIZE);
		el2_detected();
		start_counting();
		el2.refuse_at = EL2_BASE + 5 * PAGE_SIZE;
		assert_int_equal(pkvm_share(granules(0, 8)), ST_INVALID);
		assert_shared(0, 5);
		assert_int_equal(el2.shares, ranges ? 2 : 6);
		assert_counted(5, 0);
		el2.refuse_at = EL2_BASE + 2 * PAGE_SIZE;
		assert_int_equal(pkvm_unshare(granules(0, 5)), ST_INVALID);
		assert_shared(2, 3);
		assert_counted(5, 2);
	}
}

static void twice(void **state)
{
	el2_detected();
	assert_int_equal(pkvm_share(granules(0, 1)), ST_OK);
	assert_int_equal(pkvm_share(granules(0, 1)), ST_INVALID);
	assert_int_equal(pkvm_unshare(granules(1, 1)), ST_INVALID);
}

static u64 forged_x0, forged_x1;

static bool forge(struct smccc_regs *r)
{
	*r = (struct smccc_regs){ .x = { forged_x0, forged_x1, ~0ULL, ~0ULL } };
	return true;
}

static enum status forged(u64 x0, u64 x1)
{
	el2.answer = forge;
	el2.calls = 0;
	forged_x0 = x0;
	forged_x1 = x1;
	return pkvm_share(granules(0, 4));
}

static void unknown_codes(void **state)
{
	static const u64 codes[] = { 1, (u64)-2, (u64)-4, 0xffffffff, 1ULL << 32, 1ULL << 63 };

	el2_android(PAGE_SIZE);
	el2_detected();
	start_counting();
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		assert_int_equal(forged(codes[i], 4), ST_PROTOCOL);
		assert_int_equal(el2.calls, 1);
	}
	assert_int_equal(forged((u64)-1, 4), ST_UNSUPPORTED);
	assert_int_equal(forged((u64)-3, 4), ST_INVALID);
	assert_counted(0, 0);
}

/* Counts that cannot be: going on anywhere else would leave pages out, or never end. */
static void done_out_of_range(void **state)
{
	static const u64 too_many[] = { 5, ~0ULL, 1ULL << 63, 1ULL << 52 };

	el2_android(PAGE_SIZE);
	el2_detected();
	for (size_t i = 0; i < ARRAY_SIZE(too_many); i++) {
		assert_int_equal(forged(0, too_many[i]), ST_PROTOCOL);
		assert_int_equal(el2.calls, 1);
	}
	assert_int_equal(forged(0, 0), ST_NO_PROGRESS);
	assert_int_equal(el2.calls, 1);
	/* One at a time is slow, and ends. */
	assert_int_equal(forged(0, 1), ST_OK);
	assert_int_equal(el2.calls, 4);
	/* Without the range form R1 means nothing. */
	pkvm_info.ranges = false;
	assert_int_equal(forged(0, 1ULL << 63), ST_OK);
	assert_int_equal(el2.calls, 4);
}

static void acceptance(void **state)
{
	struct accept_stats s = { 0 };

	el2_detected();
	assert_int_equal(pkvm_accept(granules(0, 8), &s), ST_OK);
	assert_int_equal(s.bytes, 8 * PAGE_SIZE);
	assert_int_equal(s.calls + s.exits, 0);
	assert_int_equal(pkvm_accept((struct range){ EL2_BASE + 1, PAGE_SIZE }, &s), ST_ALIGN);
	assert_int_equal(pkvm_accept((struct range){ BIT(40), PAGE_SIZE }, &s), ST_OVERFLOW);
	assert_int_equal(s.bytes, 8 * PAGE_SIZE);
	assert_int_equal(pkvm_is_private(granules(0, 1)), ST_OK);
	assert_int_equal(el2.calls, 0);
}

/* The calls of others count, too, in granules and as far as they were done. */
static void counts_all_calls(void **state)
{
	char line[128];

	el2_android(PAGE_SIZE);
	el2_detected();
	start_counting();
	el2.answer = forge;
	forged_x0 = 0;
	forged_x1 = 5;
	pkvm_call(PKVM_MEM_SHARE, EL2_BASE, 8, 0);
	pkvm_call(PKVM_MEM_SHARE, EL2_BASE, 2, 0); /* 5 of 2 cannot be */
	pkvm_call(PKVM_MEM_SHARE, EL2_BASE, 0, 0); /* the older form */
	assert_counted(5 + 2 + 1, 0);
	pkvm_call(PKVM_MMIO_GUARD, EL2_BASE, 0, 0);
	pkvm_call(PKVM_MMIO_RGUARD_MAP, EL2_BASE, 8, 0);
	pkvm_call(PKVM_MMIO_RGUARD_MAP, EL2_BASE, 2, 0);
	pkvm_call(PKVM_MEM_RELINQUISH, EL2_BASE, 0, 0);
	assert_int_equal(pkvm_counters_get().guarded - counted.guarded, 1 + 5 + 2);
	forged_x0 = (u64)-3;
	pkvm_call(PKVM_MMIO_GUARD, EL2_BASE, 0, 0);
	assert_int_equal(pkvm_counters_get().guarded - counted.guarded, 1 + 5 + 2);
	counted = pkvm_counters_get();
	pkvm_print_counters();
	snprintf(line, sizeof(line), "# counters: shares=%llu unshares=%llu guards=%llu\n",
		 (unsigned long long)counted.shared, (unsigned long long)counted.unshared,
		 (unsigned long long)counted.guarded);
	assert_string_equal(el2_printed, line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(page_by_page, el2_setup),
		cmocka_unit_test_setup(by_ranges, el2_setup),
		cmocka_unit_test_setup(counts_early, el2_setup),
		cmocka_unit_test_setup(parts_of_granules, el2_setup),
		cmocka_unit_test_setup(refused_half_way, el2_setup),
		cmocka_unit_test_setup(twice, el2_setup),
		cmocka_unit_test_setup(unknown_codes, el2_setup),
		cmocka_unit_test_setup(done_out_of_range, el2_setup),
		cmocka_unit_test_setup(acceptance, el2_setup),
		cmocka_unit_test_setup(counts_all_calls, el2_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
