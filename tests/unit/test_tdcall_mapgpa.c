/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conversions against hosts that do a part, none, or something else than was asked.
 * sources: tdcall/mapgpa.c tdcall/accept.c tdcall/calls.c tdcall/status.c lib/range.c
 * libs:
 */
#include "fake_tdx.h"

static const struct range all = { FAKE_BASE, FAKE_PAGES *PAGE_SIZE };

struct tdx_vp_info tdx_info;

u64 tdx_shared_bit(void)
{
	return FAKE_SHARED;
}

static int setup(void **state)
{
	td_reset();
	return 0;
}

static void assert_all(u8 want)
{
	for (unsigned i = 0; i < FAKE_PAGES; i++)
		assert_int_equal(td.state[i], want);
}

static void there_and_back(void **state)
{
	assert_int_equal(tdx_share(all), ST_OK);
	assert_all(SHARED);
	assert_int_equal(td.vmcalls, 1);
	assert_int_equal(td.last.r12, FAKE_BASE | FAKE_SHARED);
	assert_int_equal(td.last.r13, all.size);
	assert_int_equal(td.last.rcx, TDVMCALL_R10 | TDVMCALL_R11 | TDVMCALL_R12 | TDVMCALL_R13);
	assert_int_equal(tdx_unshare(all), ST_OK);
	assert_all(MAPPED);
	assert_int_equal(td.last.r12, FAKE_BASE);
	assert_int_equal(td.vmcalls, 2);
}

static void in_parts(void **state)
{
	td.chunk = 5 * PAGE_SIZE;
	td.stalls = MAPGPA_STALLS_MAX;
	assert_int_equal(tdx_share(all), ST_OK);
	assert_all(SHARED);
	assert_int_equal(td.vmcalls, MAPGPA_STALLS_MAX + (FAKE_PAGES + 4) / 5);
	td.stalls = MAPGPA_STALLS_MAX;
	assert_int_equal(tdx_unshare(all), ST_OK);
	assert_all(MAPPED);
}

static void starvation(void **state)
{
	td.stalls = ~0u;
	assert_int_equal(tdx_share(all), ST_NO_PROGRESS);
	assert_int_equal(td.vmcalls, MAPGPA_STALLS_MAX + 1);
}

/* A page, then a row of stalls, and so on: each row is just short enough. */
static bool drip(struct tdcall_regs *r)
{
	static unsigned n;

	if (r->r11 != TDVMCALL_MAP_GPA)
		return false;
	r->r10 = TDVMCALL_RETRY;
	r->r11 = r->r12 + (n++ % MAPGPA_STALLS_MAX == 0 ? PAGE_SIZE : 0);
	return true;
}

static void slow_starvation(void **state)
{
	td.host = drip;
	assert_int_equal(tdx_share(all), ST_NO_PROGRESS);
	assert_true(td.vmcalls > MAPGPA_STALLS_TOTAL_MAX);
	assert_true(td.vmcalls < 2 * MAPGPA_STALLS_TOTAL_MAX);
}

static u64 forged_r10, forged_r11;

static bool forge(struct tdcall_regs *r)
{
	r->r10 = forged_r10;
	r->r11 = forged_r11;
	return true;
}

static void hostile_addresses(void **state)
{
	static const u64 bad[] = {
		FAKE_BASE, /* without the bit that was asked for */
		FAKE_SHARED | (FAKE_BASE - PAGE_SIZE),
		FAKE_SHARED | FAKE_TOP,
		FAKE_SHARED | (FAKE_TOP + PAGE_SIZE),
		(FAKE_SHARED | FAKE_BASE) + 1, /* misaligned */
		~0ULL,
		0,
	};

	td.host = forge;
	forged_r10 = TDVMCALL_RETRY;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		td.vmcalls = 0;
		forged_r11 = bad[i];
		assert_int_equal(tdx_share(all), ST_PROTOCOL);
		assert_int_equal(td.vmcalls, 1);
	}
}

static void refusals(void **state)
{
	static const struct {
		u64 r10;
		enum status st;
	} cases[] = {
		{ TDVMCALL_INVALID_OPERAND, ST_INVALID },
		{ TDVMCALL_GPA_INUSE, ST_STATE },
		{ TDVMCALL_ALIGN_ERROR, ST_ALIGN },
		{ TDVMCALL_SUBFUNC_UNSUPPORTED, ST_UNSUPPORTED },
		{ 2, ST_PROTOCOL },
		{ 1ULL << 32, ST_PROTOCOL },
		{ 0x8000000100000000ULL, ST_PROTOCOL },
		{ TDVMCALL_NOT_REACHED, ST_FAULT },
	};

	td.host = forge;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		td.vmcalls = td.calls = 0;
		forged_r10 = cases[i].r10;
		assert_int_equal(tdx_share(all), cases[i].st);
		assert_int_equal(tdx_unshare(all), cases[i].st);
		assert_int_equal(td.vmcalls, 2);
		assert_int_equal(td.calls, 2); /* nothing was accepted */
	}
}

static bool broken(struct tdcall_regs *r)
{
	r->rax = STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_RCX);
	r->r10 = TDVMCALL_SUCCESS;
	return true;
}

static void call_that_never_left(void **state)
{
	td.module = broken;
	assert_int_equal(tdx_share(all), ST_FAULT);
}

/* The host says "done" and left the page as it was: accepting finds out. */
static bool lie(struct tdcall_regs *r)
{
	r->r10 = TDVMCALL_SUCCESS;
	return r->r11 == TDVMCALL_MAP_GPA;
}

static void pretended_conversion(void **state)
{
	memset(td.state, MAPPED, sizeof(td.state));
	td.host = lie;
	assert_int_equal(tdx_unshare(all), ST_PROTOCOL);
}

static void bad_ranges_make_no_call(void **state)
{
	static const struct range bad[] = {
		{ FAKE_BASE, 0 },
		{ FAKE_BASE + 1, PAGE_SIZE },
		{ FAKE_SHARED, PAGE_SIZE },
		{ FAKE_SHARED - PAGE_SIZE, 2 * PAGE_SIZE },
		{ ~0ULL << 12, 2 * PAGE_SIZE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_not_equal(tdx_share(bad[i]), ST_OK);
		assert_int_not_equal(tdx_unshare(bad[i]), ST_OK);
	}
	assert_int_equal(td.calls, 0);
}

static void counted(void **state)
{
	assert_int_equal(tdx_share(all), ST_OK);
	tdx_print_counters();
	assert_non_null(strstr(td.said, " mapgpa="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(there_and_back, setup),
		cmocka_unit_test_setup(in_parts, setup),
		cmocka_unit_test_setup(starvation, setup),
		cmocka_unit_test_setup(slow_starvation, setup),
		cmocka_unit_test_setup(hostile_addresses, setup),
		cmocka_unit_test_setup(refusals, setup),
		cmocka_unit_test_setup(call_that_never_left, setup),
		cmocka_unit_test_setup(pretended_conversion, setup),
		cmocka_unit_test_setup(bad_ranges_make_no_call, setup),
		cmocka_unit_test_setup(counted, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
