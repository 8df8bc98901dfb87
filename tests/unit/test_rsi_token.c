/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The token loop and the measurement calls against a monitor that is slow, hostile or wrong.
 * sources: rsi/evidence.c rsi/failure.c lib/why.c rsi/ripas.c rsi/calls.c rsi/status.c rsi/detect.c lib/range.c
 * libs: -I.
 */
/* clang-format on */
#include "fake_rmm.h"

#include "rsi/failure.h"
#include "why.h"

#define TOKEN_SIZE 1500u

static struct {
	u64 bound, chunk;
	unsigned idle;     /* INCOMPLETE without a byte before each chunk */
	unsigned failures; /* RSI_ERROR_UNKNOWN so often */
	size_t done;
	bool running, forge;
	u64 forged_status, forged_written, init_status;
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
		if (op.init_status != RSI_SUCCESS) {
			r->x[0] = op.init_status;
			return true;
		}
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

/* What was asked or came back, and where to look; whole. */
static void assert_why(const char *part, const char *look)
{
	const char *text = cca_evidence_why(), *hint = strstr(text, "; look: ");

	if (strstr(text, part) == NULL || hint == NULL || strstr(hint, look) == NULL)
		fail_msg("'%s' says nothing of '%s' and '%s'", text, part, look);
	assert_true(strlen(text) < WHY_SIZE - 1);
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
		assert_string_equal(cca_evidence_why(), "");
	}
}

static void small_buffer(void **state)
{
	size_t len;

	assert_int_equal(fetch(TOKEN_SIZE, &len), ST_OK);
	assert_int_equal(fetch(TOKEN_SIZE - 1, &len), ST_NO_MEMORY);
	assert_why("a buffer of 1499 bytes for a token of 1500 or more", "caller");
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
	assert_why("TOKEN_CONTINUE: a token of 1500 bytes or more; INIT said 1499 at most", "RMM");
	op.bound = 0;
	assert_int_equal(fetch(4096, &len), ST_PROTOCOL);
}

static void forged_answers(void **state)
{
	static const struct {
		u64 status, written;
		enum status st;
		const char *part, *look;
	} cases[] = {
		{ RSI_INCOMPLETE, 4097, ST_PROTOCOL,
		  "says it wrote 4097 bytes where there was room for 4096", "RMM" },
		{ RSI_SUCCESS, ~0ULL, ST_PROTOCOL, "wrote 18446744073709551615 bytes", "RMM" },
		{ RSI_SUCCESS, 0, ST_PROTOCOL, "success, but a token of 0 bytes", "RMM" },
		{ RSI_INCOMPLETE, 0, ST_NO_PROGRESS,
		  "RSI_INCOMPLETE without a byte, 100000 times; 0 bytes came before",
		  "EL3 or HES" },
		{ RSI_INCOMPLETE, 1ULL << 63, ST_PROTOCOL, "wrote 9223372036854775808", "RMM" },
		{ RSI_ERROR_STATE, 0, ST_STATE,
		  "RSI_ATTESTATION_TOKEN_CONTINUE: RSI_ERROR_STATE (2) after 0 bytes, 1 times "
		  "begun",
		  "one REC" },
		{ RSI_ERROR_INPUT, 0, ST_INVALID, "RSI_ERROR_INPUT (1)", "host take it away" },
		{ 99, 0, ST_PROTOCOL, "unknown code (99)", "DEN0137" },
		{ ~0ULL, 0, ST_UNSUPPORTED, "NOT_SUPPORTED (-1)", "version" },
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		op.bound = ~0ULL;
		op.forge = true;
		op.forged_status = cases[i].status;
		op.forged_written = cases[i].written;
		assert_int_equal(fetch(4096, &len), cases[i].st);
		assert_int_equal(len, 0);
		assert_why(cases[i].part, cases[i].look);
	}
}

static void refused_at_once(void **state)
{
	static const struct {
		u64 x0;
		enum status st;
		const char *part, *look;
	} cases[] = {
		{ RSI_ERROR_INPUT, ST_INVALID, "RSI_ATTESTATION_TOKEN_INIT: RSI_ERROR_INPUT (1)",
		  "RMM" },
		{ RSI_ERROR_STATE, ST_STATE, "TOKEN_INIT: RSI_ERROR_STATE (2)", "REC's state" },
		{ RSI_ERROR_UNKNOWN, ST_UNKNOWN, "TOKEN_INIT: RSI_ERROR_UNKNOWN (4)", "HES" },
		{ ~0ULL, ST_UNSUPPORTED, "TOKEN_INIT: NOT_SUPPORTED (-1)", "no attestation" },
		{ 77, ST_PROTOCOL, "TOKEN_INIT: unknown code (77)", "DEN0137" },
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		op.init_status = cases[i].x0;
		assert_int_equal(fetch(4096, &len), cases[i].st);
		assert_int_equal(len, 0);
		assert_why(cases[i].part, cases[i].look);
	}
}

/* A CPU that asks meanwhile is told so, and the one at work is heard afterwards. */
static bool ask_meanwhile(struct smccc_regs *r)
{
	static u8 other[64];
	size_t len = sizeof(other);

	assert_int_equal(cca_evidence(other, NULL, other, &len), ST_STATE);
	assert_why("another CPU is fetching a token", "caller");
	return attest_call(r);
}

static void one_at_a_time(void **state)
{
	size_t len;

	rmm.answer = ask_meanwhile;
	assert_int_equal(fetch(4096, &len), ST_OK);
	assert_string_equal(cca_evidence_why(), "");
	op.init_status = RSI_ERROR_STATE;
	assert_int_equal(fetch(4096, &len), ST_STATE);
	assert_why("RSI_ERROR_STATE", "RMM");
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
	assert_why("RSI_ERROR_UNKNOWN (4) after 0 bytes, 3 times begun", "platform token");
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
		cmocka_unit_test_setup(refused_at_once, setup),
		cmocka_unit_test_setup(one_at_a_time, setup),
		cmocka_unit_test_setup(restarts, setup),
		cmocka_unit_test_setup(measurements, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
