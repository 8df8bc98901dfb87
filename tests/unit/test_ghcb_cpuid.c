/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID page and secrets page.
 * sources: ghcb/cpuid.c ghcb/secrets.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ghcb/cpuid.h"
#include "ghcb/secrets.h"

static u8 page[4096];
static struct cpuid_table t;

static void put32(unsigned at, u32 v)
{
	memcpy(page + at, &v, 4);
}

static void put64(unsigned at, u64 v)
{
	memcpy(page + at, &v, 8);
}

static void row(u32 leaf, u32 sub, u64 xcr0, u32 a, u32 b, u32 c, u32 d)
{
	u32 n;
	unsigned at;

	memcpy(&n, page, 4);
	at = 0x10 + n * 48;
	put32(at, leaf);
	put32(at + 4, sub);
	put64(at + 8, xcr0);
	put32(at + 24, a);
	put32(at + 28, b);
	put32(at + 32, c);
	put32(at + 36, d);
	put32(0, n + 1);
}

static int setup(void **state)
{
	memset(page, 0, sizeof(page));
	row(0, 0, 0, 0x10, 0x68747541, 0x444d4163, 0x69746e65);
	row(1, 0, 0, 0x00a00f11, 0x77020800, 0xffffffff, 0x178bfbff);
	row(7, 0, 0, 0, 0x219c03a9, 0x00400010, 0);
	row(7, 1, 0, 0x55, 0, 0, 0);
	row(0xb, 0, 0, 0, 1, 0x100, 0xdead);
	row(0xd, 0, 0, 7, 0xffff, 0x988, 0);
	row(0xd, 0, 1, 7, 0x240, 0x988, 0);
	row(0xd, 1, 3, 0xf, 0x240, 0, 0);
	row(0xd, 2, 0, 0x100, 0x240, 0, 0);
	row(0xd, 9, 0, 8, 0x980, 0, 0);
	row(0x80000000, 0, 0, 0x8000001f, 0, 0, 0);
	row(0x8000001e, 0, 0, 1, 0xffffff02, 0xffffff03, 4);
	row(0x8000001f, 0, 0, 0x1a, 0x80000073, 0, 0);
	return cpuid_load(&t, page) == ST_OK ? 0 : -1;
}

static u32 host_value;
static enum status host_status;
static unsigned host_calls;

static enum status host(u32 leaf, unsigned reg, u32 *out)
{
	host_calls++;
	*out = host_value + reg;
	return host_status;
}

static enum status ask(u64 cr4, u64 xcr0, u32 leaf, u32 sub, u32 out[4])
{
	struct cpuid_env env = { .cr4 = cr4, .xcr0 = xcr0, .host = host };

	return cpuid_answer(&t, &env, leaf, sub, out);
}

static void loading(void **state)
{
	put32(0, 65);
	assert_int_equal(cpuid_load(&t, page), ST_TOO_MANY);
	assert_int_equal(t.count, 0);
	put32(0, 0xffffffff);
	assert_int_equal(cpuid_load(&t, page), ST_TOO_MANY);
	put32(0, 0);
	assert_int_equal(cpuid_load(&t, page), ST_NOT_FOUND);
	put32(0, 64);
	assert_int_equal(cpuid_load(&t, page), ST_OK);
	assert_int_equal(t.count, 64);
}

static void from_the_page_alone(void **state)
{
	u32 o[4];

	host_calls = 0;
	assert_int_equal(ask(0, 1, 0, 77, o), ST_OK); /* not indexed: sub-leaf ignored */
	assert_int_equal(o[0], 0x10);
	assert_int_equal(o[1], 0x68747541);
	assert_int_equal(ask(0, 1, 7, 1, o), ST_OK);
	assert_int_equal(o[0], 0x55);
	assert_int_equal(ask(0, 1, 7, 2, o), ST_OK);
	assert_int_equal(o[0] | o[1] | o[2] | o[3], 0);
	assert_int_equal(ask(0, 1, 0x8000001f, 0, o), ST_OK);
	assert_int_equal(o[1], 0x80000073);
	assert_int_equal(host_calls, 0);
}

static void out_of_range_is_zero(void **state)
{
	static const u32 leaves[] = { 0x11,       0x1f,       0x3fffffff, 0x40000000,
				      0x40000001, 0x80000020, 0xffffffff };
	u32 o[4] = { 1, 1, 1, 1 };

	host_calls = 0;
	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++) {
		assert_int_equal(ask(~0ULL, ~0ULL, leaves[i], 0, o), ST_OK);
		assert_int_equal(o[0] | o[1] | o[2] | o[3], 0);
	}
	assert_int_equal(host_calls, 0); /* the host is not asked for leaves nobody vouches for */
}

static void host_fields(void **state)
{
	u32 o[4];

	host_status = ST_OK;
	host_value = 0xabcdef00;
	assert_int_equal(ask(0, 1, 1, 0, o), ST_OK);
	assert_int_equal(o[0], 0x00a00f11);
	assert_int_equal(o[1], 0xab020800);
	assert_int_equal(o[2], 0xf7ffffff); /* OSXSAVE is ours to say */
	assert_int_equal(o[3], (0x178bfbff & ~0x200u) | (0xabcdef03 & 0x200));
	assert_int_equal(ask(1u << 18, 1, 1, 0, o), ST_OK);
	assert_int_equal(o[2], 0xffffffff);
	assert_int_equal(ask(0, 1, 0xb, 0, o), ST_OK);
	assert_int_equal(o[3], 0xabcdef03);
	assert_int_equal(o[2], 0x100);
	assert_int_equal(ask(0, 1, 0x8000001e, 0, o), ST_OK);
	assert_int_equal(o[0], 0xabcdef00);
	assert_int_equal(o[1], 0xffffff01);
	assert_int_equal(o[2], 0xffffff02);
	assert_int_equal(o[3], 4);
	assert_int_equal(ask(0, 1, 7, 0, o), ST_OK);
	assert_int_equal(o[2], 0x00400000);
	assert_int_equal(ask(1u << 22, 1, 7, 0, o), ST_OK);
	assert_int_equal(o[2], 0x00400010);
	/* An absent leaf in a known range still gets its host fields. */
	assert_int_equal(ask(0, 1, 0xb, 9, o), ST_OK);
	assert_int_equal(o[3], 0xabcdef03);
	host_status = ST_PROTOCOL;
	assert_int_equal(ask(0, 1, 1, 0, o), ST_PROTOCOL);
	assert_int_equal(ask(0, 1, 0xb, 0, o), ST_PROTOCOL);
	assert_int_equal(ask(0, 1, 0x8000001e, 0, o), ST_PROTOCOL);
	host_status = ST_OK;
}

static void xsave_sizes(void **state)
{
	u32 o[4];

	assert_int_equal(ask(0, 1, 0xd, 0, o), ST_OK);
	assert_int_equal(o[1], 0x240); /* not the row for another XCR0, nor its figure */
	assert_int_equal(ask(0, 7, 0xd, 0, o), ST_OK);
	assert_int_equal(o[1], 0x340);
	assert_int_equal(ask(0, 0x207, 0xd, 0, o), ST_OK);
	assert_int_equal(o[1], 0x988);
	assert_int_equal(ask(0, 0x207, 0xd, 1, o), ST_OK);
	assert_int_equal(o[1], 0x240 + 0x100 + 8);
	assert_int_equal(ask(0, 0x207, 0xd, 2, o), ST_OK);
	assert_int_equal(o[1], 0x240);
	/* enabled, but the page has no size for it */
	assert_int_equal(ask(0, 0x0f, 0xd, 0, o), ST_PROTOCOL);
	assert_int_equal(ask(0, 0x0f, 0xd, 1, o), ST_PROTOCOL);
	t.entry[7].out[0] = 2; /* XSAVEC alone */
	assert_int_equal(ask(0, 7, 0xd, 1, o), ST_OK);
	assert_int_equal(o[1], 0x340);
	t.entry[7].out[0] = 0;
	assert_int_equal(ask(0, 7, 0xd, 1, o), ST_OK);
	assert_int_equal(o[1], 0x240);
	t.entry[8].out[1] = 0xffffffff; /* wraps */
	assert_int_equal(ask(0, 7, 0xd, 0, o), ST_PROTOCOL);
}

static void secrets_page(void **state)
{
	struct snp_secrets s;

	memset(page, 0, sizeof(page));
	assert_int_equal(secrets_load(&s, page), ST_CORRUPT);
	put32(0, 3);
	memset(page + 0x40, 0xa5, 32);
	put32(0xa4, 0x11111111);
	put32(0xbc, 0x22222222);
	put32(0x160, 77);
	assert_int_equal(secrets_load(&s, page), ST_OK);
	assert_int_equal(s.version, 3);
	assert_int_equal(s.tsc_factor, 77);
	assert_false(secrets_has_key(&s, 0));
	assert_true(secrets_has_key(&s, 1));
	assert_int_equal(s.vmpck[1][31], 0xa5);
	assert_int_equal(s.vmpck[2][0], 0);
	assert_int_equal(s.sequence[0], 0);
	assert_int_equal(s.sequence[1], 0x2222222211111111);
	put64(0x148, 1);
	assert_int_equal(secrets_load(&s, page), ST_UNSUPPORTED);
	put64(0x148, 0);
	page[0x15c] = 2;
	assert_int_equal(secrets_load(&s, page), ST_UNSUPPORTED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(loading),     T(from_the_page_alone), T(out_of_range_is_zero),
		T(host_fields), T(xsave_sizes),         T(secrets_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
