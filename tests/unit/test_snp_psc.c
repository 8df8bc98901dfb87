/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Page state changes of the SNP host: header, entries, progress, errors.
 * sources: hosts/x86/snp/rmp.c hosts/x86/snp/host.c hosts/x86/snp/npf.c hosts/x86/snp/insn.c hosts/x86/snp/msr.c hosts/x86/snp/exit.c hosts/x86/snp/ap.c hosts/x86/snp/vmrun.c hosts/x86/snp/vmgexit.c hosts/x86/snp/ghcb.c hosts/x86/snp/nae.c hosts/x86/snp/psc.c hosts/x86/snp/guestreq.c lib/status.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snp_ghcb_page.h"

#define PRIVATE(gfn) (1ULL << 52 | (u64)(gfn) << 12)
#define SHARED(gfn)  (2ULL << 52 | (u64)(gfn) << 12)
#define LARGE        (1ULL << 56)

static void header(u16 cur, u16 end)
{
	memset(ghcb + BUFFER, 0, 8);
	memcpy(ghcb + BUFFER, &cur, 2);
	memcpy(ghcb + BUFFER + 2, &end, 2);
}

static u64 entry(unsigned i)
{
	return g_get(BUFFER + 8 + 8 * i);
}

static void put(unsigned i, u64 value)
{
	memcpy(ghcb + BUFFER + 8 + 8 * i, &value, 8);
}

static u16 cur(void)
{
	return (u16)g_get(BUFFER);
}

/* INFO2; INFO1 is always 0. */
static u64 psc(void)
{
	g_event(0x80000010, 0, 0);
	g_set(G_SCRATCH, SCRATCH_AT);
	assert_int_equal(g_go(v), 0);
	assert_true(g_valid(G_INFO2));
	return g_get(G_INFO2);
}

static void changes(void **state)
{
	(void)state;
	put(0, SHARED(0x200) | LARGE);
	put(1, SHARED(0x10));
	put(2, PRIVATE(0x201));
	header(0, 2);
	assert_int_equal(psc(), 0);
	assert_int_equal(cur(), 3);
	assert_int_equal(entry(0) & 0xfff, 512);
	assert_int_equal(entry(1) & 0xfff, 1);
	assert_false(host_is_private(0x200000));
	assert_true(host_is_private(0x201000));
	assert_false(host_is_private(0x202000));
	assert_false(host_is_private(0x10000));
	assert_true(host_is_private(0x11000));
	/* Nothing left to do is success. */
	assert_int_equal(psc(), 0);
	assert_int_equal(cur(), 3);
}

static void full_buffer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 253; i++)
		put(i, SHARED(0x200 + i));
	header(0, 252);
	assert_int_equal(psc(), 0);
	assert_int_equal(cur(), 253);
	assert_false(host_is_private(0x200000 + 252 * PAGE_SIZE));
	assert_true(host_is_private(0x200000 + 253 * PAGE_SIZE));
	header(0, 253);
	assert_int_equal(psc(), 0x100000001ULL);
	assert_int_equal(cur(), 0);
	/* A structure further inside has less room. */
	g_event(0x80000010, 0, 0);
	g_set(G_SCRATCH, SCRATCH_AT + 2016);
	memset(ghcb + BUFFER + 2016, 0, 16);
	ghcb[BUFFER + 2016 + 2] = 1;
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 0x100000001ULL);
	ghcb[BUFFER + 2016 + 2] = 0;
	g_event(0x80000010, 0, 0);
	g_set(G_SCRATCH, SCRATCH_AT + 2016);
	assert_int_equal(g_go(v), 0);
	assert_int_equal(g_get(G_INFO2), 0x100000002ULL); /* operation 0 */
}

static void bad_entries(void **state)
{
	static const u64 bad[] = {
		PRIVATE(0x201) | LARGE,                       /* not 2 MiB aligned */
		PRIVATE(0x200) | LARGE | 513,                 /* more done than there is */
		PRIVATE(0x200) | 2,           0x200ULL << 12, /* operation 0 */
		5ULL << 52 | 0x200ULL << 12,                  /* and 5 */
		15ULL << 52 | 0x200ULL << 12,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		put(0, SHARED(0x300 + i));
		put(1, bad[i]);
		put(2, SHARED(0x380 + i));
		header(0, 2);
		assert_int_equal(psc(), 0x100000002ULL);
		/* What comes before is done, what comes after is not. */
		assert_int_equal(cur(), 1);
		assert_false(host_is_private((0x300 + i) * PAGE_SIZE));
		assert_true(host_is_private((0x380 + i) * PAGE_SIZE));
		assert_int_equal(entry(1), bad[i]);
	}
	/* No memory there. */
	put(0, SHARED(FAKE_LOW / PAGE_SIZE));
	header(0, 0);
	assert_int_equal(psc(), 0x10000000000ULL);
	put(0, PRIVATE(MASK(39, 0)));
	assert_int_equal(psc(), 0x10000000000ULL);
	assert_int_equal(cur(), 0);
}

static void partly_done(void **state)
{
	(void)state;
	put(0, SHARED(0x200) | LARGE | 510);
	put(1, SHARED(0x20) | 1);
	put(2, 3ULL << 52 | 0x200ULL << 12 | LARGE); /* PSMASH: advice */
	put(3, 4ULL << 52 | 0x200ULL << 12 | LARGE);
	header(0, 3);
	assert_int_equal(psc(), 0);
	assert_int_equal(cur(), 4);
	assert_true(host_is_private(0x200000 + 509 * PAGE_SIZE));
	assert_false(host_is_private(0x200000 + 510 * PAGE_SIZE));
	assert_false(host_is_private(0x200000 + 511 * PAGE_SIZE));
	assert_true(host_is_private(0x20000));
	assert_int_equal(entry(2) & 0xfff, 512);
	/* The host goes on where the header says. */
	put(0, 0);
	put(1, SHARED(0x21));
	header(1, 1);
	assert_int_equal(psc(), 0);
	assert_false(host_is_private(0x21000));
	header(0xffff, 0);
	assert_int_equal(psc(), 0);
	assert_int_equal(cur(), 0xffff);
}

static void scratch(void **state)
{
	static const u64 bad[] = {
		0, PAGE_AT, SCRATCH_AT - 1, SCRATCH_AT + 2025, SCRATCH_AT + 2033, 0x10000, ~0ULL
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		g_event(0x80000010, 0, 0);
		g_set(G_SCRATCH, bad[i]);
		MALFORMED(3);
	}
	g_event(0x80000010, 0, 0);
	MALFORMED(4);
}

static void in_use(void **state)
{
	(void)state;
	rmp_launch(0x50000, SNP_PAGE_NORMAL);
	rmp_set_in_use(0x50000, true);
	put(0, SHARED(0x50));
	header(0, 0);
	assert_int_equal(psc(), 0x10000000000ULL);
	rmp_set_in_use(0x50000, false);
	fake.violations = 0;
	assert_int_equal(psc(), 0);
	/* Given away while validated. */
	assert_int_equal(fake.violations, 1);
	assert_int_equal(rmp_get(0x50000)->state, RMP_H);
}

static void msr_protocol(void **state)
{
	(void)state;
	assert_int_equal(vmgexit_msr(v, 0x0020000000030014ULL), 0x15);
	assert_false(host_is_private(0x30000));
	assert_int_equal(vmgexit_msr(v, 0x0010000000030014ULL), 0x15);
	assert_true(host_is_private(0x30000));
	assert_int_equal(vmgexit_msr(v, 0x0030000000030014ULL), BIT(63) | 0x15);
	assert_int_equal(vmgexit_msr(v, 0x0000000000030014ULL), BIT(63) | 0x15);
	assert_int_equal(vmgexit_msr(v, 0x00200000fec00014ULL), BIT(63) | 0x15);
	/* The GHCB makes itself private: there is no one to tell. */
	put(0, PRIVATE(PAGE_AT / PAGE_SIZE));
	header(0, 0);
	g_event(0x80000010, 0, 0x77);
	g_set(G_SCRATCH, SCRATCH_AT);
	g_go(v);
	assert_int_equal(g_get(G_INFO2), 0x77);
	assert_true(host_is_private(PAGE_AT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes, setup, teardown),
		cmocka_unit_test_setup_teardown(full_buffer, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(partly_done, setup, teardown),
		cmocka_unit_test_setup_teardown(scratch, setup, teardown),
		cmocka_unit_test_setup_teardown(in_use, setup, teardown),
		cmocka_unit_test_setup_teardown(msr_protocol, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
