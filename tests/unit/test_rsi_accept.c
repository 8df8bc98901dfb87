/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RIPAS changes and detection against hosts that are slow, hostile or wrong.
 * sources: rsi/ripas.c rsi/calls.c rsi/status.c rsi/detect.c lib/range.c
 * libs: -I.
 */
#include "fake_rmm.h"

static const struct range all = { FAKE_BASE, FAKE_PAGES *PAGE_SIZE };

static int setup(void **state)
{
	rmm_reset();
	return 0;
}

static void assert_all(u8 ripas)
{
	for (unsigned i = 0; i < FAKE_PAGES; i++)
		assert_int_equal(rmm.ripas[i], ripas);
}

static void one_call(void **state)
{
	struct accept_stats s = { 0 };

	assert_int_equal(cca_accept(all, &s), ST_OK);
	assert_all(RIPAS_RAM);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.exits, 1);
	assert_int_equal(s.continuations, 0);
	assert_int_equal(s.retries, 0);
	assert_int_equal(s.bytes, all.size);
	assert_int_equal(rmm.last_flags, 0);
}

static void continuations(void **state)
{
	struct accept_stats s = { 0 };

	rmm.chunk = 3;
	assert_int_equal(cca_accept(all, &s), ST_OK);
	assert_all(RIPAS_RAM);
	assert_int_equal(s.calls, 22);
	assert_int_equal(s.continuations, 21);
	assert_int_equal(s.bytes, all.size);
}

static void stalls_that_end(void **state)
{
	struct accept_stats s = { 0 };

	rmm.stalls = RIPAS_STALLS_MAX - 1;
	assert_int_equal(cca_accept(all, &s), ST_OK);
	assert_int_equal(s.retries, RIPAS_STALLS_MAX - 1);
	assert_int_equal(s.calls, RIPAS_STALLS_MAX);
	assert_int_equal(s.continuations, 0);
}

static void starvation(void **state)
{
	struct accept_stats s = { 0 };

	rmm.stalls = ~0u;
	assert_int_equal(cca_accept(all, &s), ST_NO_PROGRESS);
	assert_int_equal(s.calls, RIPAS_STALLS_MAX);
	assert_int_equal(s.bytes, 0);
}

/* One page, then 999 stalls, and so on: each row is just short enough. */
static bool drip(struct smccc_regs *r)
{
	static unsigned n;

	if (r->x[0] == RSI_IPA_STATE_GET) {
		*r = (struct smccc_regs){ .x = { RSI_SUCCESS, r->x[2], RIPAS_EMPTY } };
		return true;
	}
	r->x[0] = RSI_SUCCESS;
	r->x[1] += n++ % 999 == 0 ? PAGE_SIZE : 0;
	r->x[2] = 0;
	return true;
}

static void slow_starvation(void **state)
{
	struct range r = { 0, MIB(512) };
	struct accept_stats s = { 0 };

	rmm.answer = drip;
	assert_int_equal(cca_accept(r, &s), ST_NO_PROGRESS);
	assert_int_equal(s.retries, RIPAS_STALLS_TOTAL_MAX);
}

static u64 forged_base, forged_response, forged_status;

static bool forge(struct smccc_regs *r)
{
	if (r->x[0] != RSI_IPA_STATE_SET)
		return false;
	r->x[0] = forged_status;
	r->x[1] = forged_base;
	r->x[2] = forged_response;
	return true;
}

static enum status forged(u64 status, u64 base, u64 response, u64 ripas)
{
	struct accept_stats s = { 0 };
	enum status st;

	rmm.calls = 0;
	rmm.answer = forge;
	forged_status = status;
	forged_base = base;
	forged_response = response;
	st = ripas_change(FAKE_BASE, FAKE_TOP, ripas, 0, &s);
	assert_int_equal(rmm.calls, 1);
	assert_true(s.bytes <= all.size);
	return st;
}

static void answers_out_of_range(void **state)
{
	static const u64 bases[] = { FAKE_BASE - PAGE_SIZE, 0,
				     FAKE_TOP + PAGE_SIZE,  ~0ULL,
				     ~0ULL << 12,           FAKE_BASE + 1,
				     FAKE_TOP - 1,          1ULL << 63 };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++)
		assert_int_equal(forged(RSI_SUCCESS, bases[i], 0, RIPAS_RAM), ST_PROTOCOL);
}

static void rejections(void **state)
{
	u64 mid = FAKE_BASE + PAGE_SIZE;

	assert_int_equal(forged(RSI_SUCCESS, mid, 1, RIPAS_RAM), ST_DENIED);
	assert_int_equal(forged(RSI_SUCCESS, FAKE_BASE, 1, RIPAS_RAM), ST_DENIED);
	assert_int_equal(forged(RSI_SUCCESS, FAKE_TOP, 1, RIPAS_RAM), ST_PROTOCOL);
	assert_int_equal(forged(RSI_SUCCESS, mid, 1, RIPAS_EMPTY), ST_PROTOCOL);
	assert_int_equal(forged(RSI_SUCCESS, mid, 2, RIPAS_RAM), ST_PROTOCOL);
}

static void reject_after_some_pages(void **state)
{
	struct accept_stats s = { 0 };

	rmm.reject_at = FAKE_BASE + 5 * PAGE_SIZE;
	assert_int_equal(cca_accept(all, &s), ST_DENIED);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.bytes, 5 * PAGE_SIZE);
}

static void status_codes(void **state)
{
	static const struct {
		u64 x0;
		enum status st;
	} codes[] = {
		{ RSI_ERROR_INPUT, ST_INVALID },   { RSI_ERROR_STATE, ST_STATE },
		{ RSI_INCOMPLETE, ST_INCOMPLETE }, { RSI_ERROR_UNKNOWN, ST_UNKNOWN },
		{ ~0ULL, ST_UNSUPPORTED },         { 77, ST_PROTOCOL },
		{ 1ULL << 32, ST_PROTOCOL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		assert_int_equal(forged(codes[i].x0, FAKE_TOP, 0, RIPAS_RAM), codes[i].st);
}

static void destroyed_stays_destroyed(void **state)
{
	for (int eac5 = 0; eac5 < 2; eac5++) {
		struct accept_stats s = { 0 };

		rmm_reset();
		rmm.eac5 = eac5;
		*page(FAKE_BASE + 7 * PAGE_SIZE) = RIPAS_DESTROYED;
		assert_int_equal(cca_accept(all, &s), ST_DESTROYED);
		assert_int_equal(rmm.ripas[7], RIPAS_DESTROYED);
		assert_int_equal(s.calls, 2);
		assert_int_equal(s.bytes, 7 * PAGE_SIZE);
	}
}

static void conversions_take_destroyed(void **state)
{
	*page(FAKE_BASE) = RIPAS_DESTROYED;
	assert_int_equal(cca_share(all), ST_OK);
	assert_int_equal(rmm.last_flags, RSI_CHANGE_DESTROYED);
	assert_all(RIPAS_EMPTY);
	*page(FAKE_BASE) = RIPAS_DESTROYED;
	assert_int_equal(cca_unshare(all), ST_OK);
	assert_int_equal(rmm.last_flags, RSI_CHANGE_DESTROYED);
	assert_all(RIPAS_RAM);
}

static void bad_ranges_make_no_call(void **state)
{
	static const struct range bad[] = {
		{ FAKE_BASE, 0 },
		{ FAKE_BASE + 1, PAGE_SIZE },
		{ FAKE_BASE, PAGE_SIZE - 1 },
		{ ~0ULL << 12, 2 * PAGE_SIZE },
		{ 1ULL << 32, PAGE_SIZE },
		{ (1ULL << 32) - PAGE_SIZE, 2 * PAGE_SIZE },
	};
	struct accept_stats s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_not_equal(cca_accept(bad[i], &s), ST_OK);
		assert_int_not_equal(cca_share(bad[i]), ST_OK);
		assert_int_not_equal(cca_unshare(bad[i]), ST_OK);
	}
	assert_int_equal(rmm.calls, 0);
}

static void is_private(void **state)
{
	for (int eac5 = 0; eac5 < 2; eac5++) {
		rmm_reset();
		rmm.eac5 = eac5;
		memset(rmm.ripas, RIPAS_RAM, sizeof(rmm.ripas));
		assert_int_equal(cca_is_private(all), ST_OK);
		assert_int_equal(rmm.calls, eac5 ? FAKE_PAGES : 1);
		/* a header of a few bytes: its whole page counts */
		assert_int_equal(cca_is_private((struct range){ FAKE_BASE + 8, 40 }), ST_OK);
		rmm.ripas[FAKE_PAGES - 1] = RIPAS_DESTROYED;
		assert_int_equal(cca_is_private(all), ST_DESTROYED);
		rmm.ripas[FAKE_PAGES - 1] = RIPAS_EMPTY;
		assert_int_equal(cca_is_private(all), ST_STATE);
		assert_int_equal(cca_is_private((struct range){ FAKE_BASE, PAGE_SIZE }), ST_OK);
	}
	assert_int_equal(cca_is_private((struct range){ 1ULL << 32, 8 }), ST_RANGE);
	assert_int_equal(cca_is_private((struct range){ ~0ULL, 8 }), ST_OVERFLOW);
	assert_int_equal(cca_is_private((struct range){ FAKE_BASE, 0 }), ST_OVERFLOW);
}

static bool forge_get(struct smccc_regs *r)
{
	r->x[0] = RSI_SUCCESS;
	r->x[1] = forged_base;
	r->x[2] = forged_response;
	return true;
}

static void get_out_of_range(void **state)
{
	static const u64 tops[][2] = {
		{ FAKE_BASE, RIPAS_RAM },
		{ FAKE_BASE - PAGE_SIZE, RIPAS_RAM },
		{ FAKE_TOP + PAGE_SIZE, RIPAS_RAM },
		{ FAKE_BASE + 8, RIPAS_RAM },
		{ FAKE_TOP, 4 },
		{ 1, 1 },
	};

	rmm.answer = forge_get;
	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		forged_base = tops[i][0];
		forged_response = tops[i][1];
		rmm.calls = 0;
		assert_int_equal(cca_is_private(all), ST_PROTOCOL);
		assert_int_equal(rmm.calls, 1);
	}
}

/* ---- detection ---- */
static void no_rme_no_call(void **state)
{
	struct cvm c = { 0 };

	rmm.pfr0 = ~(0xfULL << 52);
	assert_int_equal(cca_detect(&c, NULL), ST_UNSUPPORTED);
	assert_int_equal(rsi_early_accept(FAKE_BASE, FAKE_TOP), ST_UNSUPPORTED);
	assert_int_equal(rmm.calls, 0);
}

static u64 version_x[3];

static bool forge_version(struct smccc_regs *r)
{
	if (r->x[0] != RSI_VERSION)
		return false;
	memcpy(r->x, version_x, sizeof(version_x));
	return true;
}

static void versions(void **state)
{
	static const struct {
		u64 x[3];
		enum status st;
	} cases[] = {
		{ { ~0ULL, 0, 0 }, ST_UNSUPPORTED },
		{ { RSI_SUCCESS, RSI_REVISION_1_0, RSI_REVISION_1_1 }, ST_OK },
		{ { RSI_SUCCESS, RSI_REVISION_1_1, RSI_REVISION_1_1 }, ST_PROTOCOL },
		{ { RSI_SUCCESS, RSI_REVISION_1_0, 0 }, ST_PROTOCOL },
		{ { RSI_ERROR_INPUT, RSI_REVISION_1_1, RSI_REVISION_1_1 }, ST_NOT_FOUND },
		{ { RSI_ERROR_INPUT, RSI_REVISION_1_0, RSI_REVISION_1_0 }, ST_NOT_FOUND },
		{ { RSI_ERROR_STATE, 0, 0 }, ST_PROTOCOL },
	};

	rmm.answer = forge_version;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(version_x, cases[i].x, sizeof(version_x));
		rmm.calls = 0;
		assert_int_equal(rsi_negotiate(), cases[i].st);
		assert_int_equal(rmm.calls, 1);
	}
}

static void detection(void **state)
{
	struct cvm c = { .conduit_hvc = true };

	rsi_ipa_width = 0;
	assert_int_equal(cca_detect(&c, NULL), ST_OK);
	assert_int_equal(rsi_ipa_width, 33);
	assert_int_equal(c.pte_shared, 1ULL << 32);
	assert_int_equal(c.pte_private, 0);
	assert_int_equal(c.addr_limit, 1ULL << 32);
	assert_int_equal(c.addr_bits, 33);
	assert_false(c.conduit_hvc);
	assert_true(c.has_psci);
	assert_int_equal(rsi_early_accept(FAKE_BASE, FAKE_TOP), ST_OK);
	assert_all(RIPAS_RAM);
}

static void bad_config(void **state)
{
	static const u64 widths[] = { 0, 31, 49, 64, 65, ~0ULL, 1ULL << 32 };
	struct cvm c = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		rmm.width = widths[i];
		assert_int_equal(cca_detect(&c, NULL), ST_PROTOCOL);
	}
	rmm.width = 48;
	rmm.hash = 3;
	assert_int_equal(cca_detect(&c, NULL), ST_PROTOCOL);
	rmm.hash = RSI_HASH_SHA512;
	assert_int_equal(cca_detect(&c, NULL), ST_OK);
	rmm.mmfr0 = 15; /* no such PARange */
	assert_int_equal(cca_detect(&c, NULL), ST_PROTOCOL);
}

static void code_names(void **state)
{
	assert_string_equal(rsi_status_of(RSI_ERROR_UNKNOWN)->name, "RSI_ERROR_UNKNOWN");
	assert_int_equal(rsi_status_of(77)->status, ST_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_call, setup),
		cmocka_unit_test_setup(continuations, setup),
		cmocka_unit_test_setup(stalls_that_end, setup),
		cmocka_unit_test_setup(starvation, setup),
		cmocka_unit_test_setup(slow_starvation, setup),
		cmocka_unit_test_setup(answers_out_of_range, setup),
		cmocka_unit_test_setup(rejections, setup),
		cmocka_unit_test_setup(reject_after_some_pages, setup),
		cmocka_unit_test_setup(status_codes, setup),
		cmocka_unit_test_setup(destroyed_stays_destroyed, setup),
		cmocka_unit_test_setup(conversions_take_destroyed, setup),
		cmocka_unit_test_setup(bad_ranges_make_no_call, setup),
		cmocka_unit_test_setup(is_private, setup),
		cmocka_unit_test_setup(get_out_of_range, setup),
		cmocka_unit_test_setup(no_rme_no_call, setup),
		cmocka_unit_test_setup(versions, setup),
		cmocka_unit_test_setup(detection, setup),
		cmocka_unit_test_setup(bad_config, setup),
		cmocka_unit_test_setup(code_names, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
