/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The token loop and the measurement calls against a monitor that is slow, hostile or wrong.
 * sources: rsi/evidence.c rsi/failure.c lib/why.c rsi/ripas.c rsi/calls.c rsi/status.c rsi/detect.c lib/range.c
 * libs: -I.
 */
#include "fake_rmm.h"

#define TOKEN_SIZE 1500u

static struct {
	u64 bound, chunk;
	unsigned idle;     /* INCOMPLETE without a byte before each chunk */
	unsigned failures; /* RSI_ERROR_UNKNOWN so often */
	size_t done;
	bool running, forge;
	u64 forged_status, forged_written;
	unsigned inits;
	u8 challenge[64];
	u64 extended[10];
} op;

static unsigned idle_left;

static u8 token_byte(size_t i)
{
	return (u8)(i * 7 + i / 256);
}

static void token_continue(struct smccc_regs *r)
{
	u8 *buf = (u8 *)(uintptr_t)(r->x[1] + r->x[2]);
	u64 n = MIN(MIN(op.chunk, r->x[3]), TOKEN_SIZE - op.done);

	assert_true(is_aligned(r->x[1], PAGE_SIZE));
	assert_true(r->x[2] < PAGE_SIZE && r->x[3] <= PAGE_SIZE - r->x[2]);
	assert_true(op.running);
	r->x[0] = RSI_INCOMPLETE;
	r->x[1] = 0;
	if (op.forge) {
		r->x[0] = op.forged_status;
		r->x[1] = op.forged_written;
		return;
	}
	if (op.failures > 0) {
		op.failures--;
		op.running = false;
		r->x[0] = RSI_ERROR_UNKNOWN;
		r->x[1] = 12345;
		return;
	}
	if (idle_left > 0) {
		idle_left--;
		return;
	}
	idle_left = op.idle;
	for (u64 i = 0; i < n; i++)
		buf[i] = token_byte(op.done + i);
	op.done += n;
	r->x[1] = n;
	if (op.done == TOKEN_SIZE) {
		r->x[0] = RSI_SUCCESS;
		op.running = false;
	}
}

static bool attest_call(struct smccc_regs *r)
{
	switch (r->x[0]) {
	case RSI_ATTESTATION_TOKEN_INIT:
		memcpy(op.challenge, &r->x[1], 64);
		op.done = 0;
		op.running = true;
		op.inits++;
		r->x[0] = RSI_SUCCESS;
		r->x[1] = op.bound;
		return true;
	case RSI_ATTESTATION_TOKEN_CONTINUE:
		token_continue(r);
		return true;
	case RSI_MEASUREMENT_READ:
		if (r->x[1] > RSI_MEASUREMENT_INDEX_MAX) {
			r->x[0] = RSI_ERROR_INPUT;
			return true;
		}
		for (unsigned i = 0; i < 8; i++)
			r->x[1 + i] = 0x0706050403020100ULL + 0x0808080808080808ULL * i;
		r->x[0] = RSI_SUCCESS;
		return true;
	case RSI_MEASUREMENT_EXTEND:
		memcpy(op.extended, &r->x[1], sizeof(op.extended));
		r->x[0] = RSI_SUCCESS;
		return true;
	}
	return false;
}

static int setup(void **state)
{
	rmm_reset();
	rmm.answer = attest_call;
	memset(&op, 0, sizeof(op));
	idle_left = 0;
	op.bound = 4096;
	op.chunk = 4096;
	return 0;
}

static enum status fetch(size_t cap, size_t *len)
{
	static u8 buf[8192];
	u8 challenge[64];
	enum status st;

	for (unsigned i = 0; i < 64; i++)
		challenge[i] = (u8)(200 + i);
	memset(buf, 0xa5, sizeof(buf));
	*len = cap;
	st = cca_evidence(challenge, NULL, buf, len);
	assert_true(*len <= cap);
	for (size_t i = 0; i < *len; i++)
		assert_int_equal(buf[i], token_byte(i));
	for (size_t i = cap; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xa5);
	assert_memory_equal(op.challenge, challenge, 64);
	return st;
}

static void whole_token(void **state)
{
	static const u64 chunks[] = { 1, 7, 100, 1499, 1500, 4096 };
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		setup(state);
		op.chunk = chunks[i];
		op.idle = 3;
		assert_int_equal(fetch(4096, &len), ST_OK);
		assert_int_equal(len, TOKEN_SIZE);
	}
}

static void small_buffer(void **state)
{
	size_t len;

	assert_int_equal(fetch(TOKEN_SIZE, &len), ST_OK);
	assert_int_equal(fetch(TOKEN_SIZE - 1, &len), ST_NO_MEMORY);
	assert_int_equal(len, 0);
	op.chunk = 10;
	assert_int_equal(fetch(5, &len), ST_NO_MEMORY);
	assert_int_equal(fetch(0, &len), ST_NO_MEMORY);
}

static void bound_is_kept(void **state)
{
	size_t len;

	op.bound = TOKEN_SIZE;
	assert_int_equal(fetch(4096, &len), ST_OK);
	op.bound = TOKEN_SIZE - 1;
	assert_int_equal(fetch(4096, &len), ST_PROTOCOL);
	op.bound = 0;
	assert_int_equal(fetch(4096, &len), ST_PROTOCOL);
}

static void forged_answers(void **state)
{
	static const struct {
		u64 status, written;
		enum status st;
	} cases[] = {
		{ RSI_INCOMPLETE, 4097, ST_PROTOCOL },
		{ RSI_SUCCESS, ~0ULL, ST_PROTOCOL },
		{ RSI_SUCCESS, 0, ST_PROTOCOL },
		{ RSI_INCOMPLETE, 0, ST_NO_PROGRESS },
		{ RSI_INCOMPLETE, 1ULL << 63, ST_PROTOCOL },
		{ RSI_ERROR_STATE, 0, ST_STATE },
		{ RSI_ERROR_INPUT, 0, ST_INVALID },
		{ 99, 0, ST_PROTOCOL },
		{ ~0ULL, 0, ST_UNSUPPORTED },
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		op.bound = ~0ULL;
		op.forge = true;
		op.forged_status = cases[i].status;
		op.forged_written = cases[i].written;
		assert_int_equal(fetch(4096, &len), cases[i].st);
		assert_int_equal(len, 0);
	}
}

static void restarts(void **state)
{
	size_t len;

	op.failures = TOKEN_RESTARTS - 1;
	assert_int_equal(fetch(4096, &len), ST_OK);
	assert_int_equal(op.inits, TOKEN_RESTARTS);
	assert_int_equal(len, TOKEN_SIZE);
	op.failures = ~0u;
	op.inits = 0;
	assert_int_equal(fetch(4096, &len), ST_UNKNOWN);
	assert_int_equal(op.inits, TOKEN_RESTARTS);
}

static void measurements(void **state)
{
	u8 digest[64], value[64];
	size_t len = sizeof(digest);

	assert_int_equal(cca_measure_read(0, digest, &len), ST_OK);
	assert_int_equal(len, 32);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(digest[i], i);
	rsi_hash_algo = RSI_HASH_SHA512;
	assert_int_equal(cca_measure_read(0, digest, &len), ST_NO_MEMORY);
	len = 64;
	assert_int_equal(cca_measure_read(4, digest, &len), ST_OK);
	assert_int_equal(len, 64);
	assert_int_equal(digest[63], 63);
	assert_int_equal(cca_measure_read(5, digest, &len), ST_INVALID);

	memset(value, 0, sizeof(value));
	for (unsigned i = 0; i < 9; i++)
		value[i] = (u8)(i + 1);
	assert_int_equal(cca_measure_extend(2, value, 9), ST_OK);
	assert_int_equal(op.extended[0], 2);
	assert_int_equal(op.extended[1], 9);
	assert_int_equal(op.extended[2], 0x0807060504030201ULL);
	assert_int_equal(op.extended[3], 9);
	assert_int_equal(op.extended[9], 0);
	assert_int_equal(cca_measure_extend(2, value, 65), ST_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole_token, setup),
		cmocka_unit_test_setup(small_buffer, setup),
		cmocka_unit_test_setup(bound_is_kept, setup),
		cmocka_unit_test_setup(forged_answers, setup),
		cmocka_unit_test_setup(restarts, setup),
		cmocka_unit_test_setup(measurements, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
