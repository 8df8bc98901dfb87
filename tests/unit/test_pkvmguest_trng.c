/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes from below: what comes is passed on as it came, what fails gives nothing.
 * sources: pkvm/trng.c pkvm/calls.c pkvm/status.c
 */
#include "fake_el2.h"

static void words(void **state)
{
	u64 out[3] = { 0 };

	assert_int_equal(pkvm_trng(out), ST_OK);
	assert_int_equal(out[0], 0x3333); /* R3 has the lowest bits */
	assert_int_equal(out[1], 0x2222);
	assert_int_equal(out[2], 0x1111);
	assert_int_equal(el2.calls, 2);
}

static void bytes(void **state)
{
	u8 out[CVM_ENTROPY_BYTES + 1];

	memset(out, 0x5a, sizeof(out));
	assert_int_equal(pkvm_entropy(out), ST_OK);
	assert_int_equal(out[0], 0x33);
	assert_int_equal(out[8], 0x22);
	assert_int_equal(out[16], 0x11);
	assert_int_equal(out[23], 0);
	assert_int_equal(out[CVM_ENTROPY_BYTES], 0x5a);
}

static u64 forged_version, forged_x0;

static bool forge(struct smccc_regs *r)
{
	u64 x0 = r->x[0] == TRNG_VERSION ? forged_version : forged_x0;

	*r = (struct smccc_regs){ .x = { x0, 7, 7, 7 } };
	return true;
}

static enum status forged(u64 version, u64 x0)
{
	u8 out[CVM_ENTROPY_BYTES];
	enum status st;

	el2.answer = forge;
	el2.calls = 0;
	forged_version = version;
	forged_x0 = x0;
	memset(out, 0x5a, sizeof(out));
	st = pkvm_entropy(out);
	for (unsigned i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], st != ST_OK ? 0x5a : i % 8 == 0 ? 7 : 0);
	return st;
}

static void none(void **state)
{
	static const u64 versions[] = { ~0ULL, 0xffffffff, 0, 0xffff, 0x80010000 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		assert_int_equal(forged(versions[i], 0), ST_UNSUPPORTED);
		assert_int_equal(el2.calls, 1);
	}
	el2.answer = NULL;
	el2.trng = false;
	assert_int_equal(pkvm_trng((u64[3]){ 0 }), ST_UNSUPPORTED);
}

static void codes(void **state)
{
	assert_int_equal(forged(0x10000, 0), ST_OK);
	assert_int_equal(forged(0x10001, 0), ST_OK);
	assert_int_equal(forged(0x10000, (u64)-1), ST_UNSUPPORTED);
	assert_int_equal(forged(0x10000, (u64)-2), ST_INVALID);
	assert_int_equal(forged(0x10000, (u64)-3), ST_INCOMPLETE);
	assert_int_equal(forged(0x10000, (u64)-4), ST_PROTOCOL);
	assert_int_equal(forged(0x10000, 1), ST_PROTOCOL);
	assert_int_equal(forged(0x10000, 1ULL << 32), ST_PROTOCOL);
	assert_int_equal(el2.calls, 2); /* once each: no waiting for a source that is dry */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(words, el2_setup),
		cmocka_unit_test_setup(bytes, el2_setup),
		cmocka_unit_test_setup(none, el2_setup),
		cmocka_unit_test_setup(codes, el2_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
