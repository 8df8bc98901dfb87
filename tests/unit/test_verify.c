/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What verification does for every platform: whose evidence it is, freshness and kind,
 * expectations, the log, and which of several reasons is the one. Platforms are fakes that say
 * what the test wants.
 * sources: tools/verify.c tools/verify_rows.c tools/verify_expect.c tools/verify_print.c attest/evlog.c attest/bind.c lib/status.c
 * libs: -ljansson -lcrypto -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "verify_row.h"

#define REGISTER 32

static u8 evidence[4096];
static u8 report_data[REPORT_DATA_SIZE], challenge[REPORT_DATA_SIZE], measurement[48];
static u8 registers[4][REGISTER];
static struct expect expectations;
static struct verify_result result;
static struct verify_input in;
static enum verify_reason platform_says;
static bool reads_nothing, has_registers, debug_seen;
static const char *taken_for;

static void platform(const char *name, const struct verify_input *i, struct verify_result *r)
{
	taken_for = name;
	debug_seen = i->allow_debug;
	if (platform_says != VERIFY_HELD)
		verify_add(r, ROW_FAILED, platform_says, "platform's row", "as the test wants");
	if (reads_nothing)
		return;
	r->report_data = (struct bytes){ report_data, sizeof(report_data) };
	r->measurement = (struct bytes){ measurement, sizeof(measurement) };
	for (unsigned n = 0; has_registers && n < 4; n++)
		r->reg[n] = (struct bytes){ registers[n], REGISTER };
	r->reg_size = has_registers ? REGISTER : 0;
}

void verify_cca(const struct verify_input *i, struct verify_result *r)
{
	platform("cca", i, r);
}

void verify_snp(const struct verify_input *i, struct verify_result *r)
{
	platform("snp", i, r);
}

void verify_tdx(const struct verify_input *i, struct verify_result *r)
{
	platform("tdx", i, r);
}

static int setup(void **state)
{
	memset(evidence, 0, sizeof(evidence));
	memset(registers, 0, sizeof(registers));
	memset(&expectations, 0, sizeof(expectations));
	memset(report_data, 0x5a, sizeof(report_data));
	memset(challenge, 0xc3, sizeof(challenge));
	memset(measurement, 0x11, sizeof(measurement));
	memcpy(evidence, "\xd9\x01\x8f", 3);
	in = (struct verify_input){ .evidence = { evidence, 100 }, .expect = &expectations };
	platform_says = VERIFY_HELD;
	reads_nothing = false;
	has_registers = true;
	return 0;
}

static enum verify_reason verdict(void)
{
	verify_evidence(&in, &result);
	return result.reason;
}

/* ---- whose ---- */
static void by_content(void **state)
{
	static const struct {
		const char *head; /* 8 bytes */
		size_t size;
		const char *platform;
	} cases[] = {
		{ "\xd9\x01\x8f\0\0\0\0\0", 100, "cca" },
		{ "\xd9\x03\x8b\0\0\0\0\0", 100, "cca" },
		{ "\xa7\x0a\x58\x40\0\0\0\0", 438, "cca" }, /* bare claims */
		{ "\x02\0\0\0\0\0\0\0", 0x4a0, "snp" },
		{ "\x05\0\0\0\0\0\0\0", 0x4a0 + 2000, "snp" },
		{ "\x02\0\0\0\0\0\0\0", 0x49f, NULL },
		{ "\0\0\0\0\0\0\0\0", 0x4a0, NULL },
		{ "\x04\0\x02\0\x81\0\0\0", 2000, "tdx" },
		{ "\x05\0\x03\0\x81\0\0\0", 2000, "tdx" },
		{ "\x03\0\x02\0\0\0\0\0", 2000, NULL }, /* SGX */
		{ "\x04\0\x02\0\x81\0\0\0", 47, NULL },
		{ "\x81\0\0\0\0\0\0\0", 1024, "tdx" }, /* a report, no quote */
		{ "\x81\0\0\0\0\0\0\0", 1023, NULL },
		{ "", 0, NULL },
		{ "\xd9\x01", 2, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(evidence, 0, sizeof(evidence));
		memcpy(evidence, cases[i].head, MIN(cases[i].size, 8));
		in.evidence.size = cases[i].size;
		taken_for = NULL;
		has_registers = false;
		if (cases[i].platform != NULL) {
			assert_int_equal(verdict(), VERIFY_HELD);
			assert_string_equal(taken_for, cases[i].platform);
			assert_string_equal(result.platform, cases[i].platform);
		} else {
			assert_int_equal(verdict(), VERIFY_MALFORMED);
			assert_null(taken_for);
			assert_null(result.platform);
		}
	}
}

/* ---- freshness ---- */
static void report_data_as_given(void **state)
{
	u8 wanted[REPORT_DATA_SIZE];

	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "freshness", ROW_NOT_CHECKED, "neither");
	memcpy(wanted, report_data, sizeof(wanted));
	in.report_data = wanted;
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "freshness", ROW_OK, "as given");
	for (size_t bit = 0; bit < 8 * sizeof(wanted); bit++) {
		wanted[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(verdict(), VERIFY_FRESHNESS);
		wanted[bit / 8] ^= (u8)(1u << bit % 8);
	}
}

static void bound_to_challenge(void **state)
{
	static const u8 key[65] = { 4, 1, 2, 3 };

	in.challenge = challenge;
	in.kind = "workload";
	in.key = (struct bytes){ key, sizeof(key) };
	assert_int_equal(verdict(), VERIFY_FRESHNESS); /* 0x5a... is bound to nothing */
	assert_int_equal(evidence_bind("workload", challenge, in.key, report_data), ST_OK);
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "freshness", ROW_OK, "workload");
	challenge[63] ^= 1; /* an answer to another challenge */
	assert_int_equal(verdict(), VERIFY_FRESHNESS);
	challenge[63] ^= 1;
	in.key.size--; /* another key */
	assert_int_equal(verdict(), VERIFY_FRESHNESS);
	in.key = (struct bytes){ NULL, 0 };
	assert_int_equal(verdict(), VERIFY_FRESHNESS);
	assert_int_equal(evidence_bind("workload", challenge, in.key, report_data), ST_OK);
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "freshness", ROW_OK, "no key");
}

/* A probe's answer to this challenge is fresh, and no workload's. */
static void other_kinds(void **state)
{
	static const char *const kinds[] = { "probe", "workload", "firmware", "gatekeeper" };

	in.challenge = challenge;
	for (size_t is = 0; is < ARRAY_SIZE(kinds); is++) {
		assert_int_equal(evidence_bind(kinds[is], challenge, in.key, report_data), ST_OK);
		for (size_t wanted = 0; wanted < ARRAY_SIZE(kinds); wanted++) {
			in.kind = kinds[wanted];
			assert_int_equal(verdict(), is == wanted ? VERIFY_HELD
						    : is == 3    ? VERIFY_FRESHNESS
								 : VERIFY_KIND);
		}
		in.kind = NULL; /* nobody's answer is good for one who does not say whom he asked */
		assert_int_not_equal(verdict(), VERIFY_HELD);
	}
	in.kind = "probe";
	assert_int_equal(evidence_bind("workload", challenge, in.key, report_data), ST_OK);
	assert_int_equal(verdict(), VERIFY_KIND);
	assert_row(&result, "kind", ROW_FAILED, "evidence of a workload, not of a probe");
	in.kind = "a kind that is too long";
	assert_int_equal(verdict(), VERIFY_KIND);
}

/* ---- expectations ---- */
static void expected(void **state)
{
	char hex[200];

	verify_hex(hex, sizeof(hex), (struct bytes){ measurement, sizeof(measurement) });
	assert_true(expect_set(&expectations, "measurement", hex));
	assert_true(expect_set(&expectations, "platform", "cca"));
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "measurement", ROW_OK, "1111");
	assert_row(&result, "platform", ROW_OK, "cca");
	assert_true(expect_set(&expectations, "platform", "snp"));
	assert_int_equal(verdict(), VERIFY_MEASUREMENT);
	assert_true(expect_set(&expectations, "platform", "cca"));
	measurement[47] ^= 0x80;
	assert_int_equal(verdict(), VERIFY_MEASUREMENT);
	assert_row(&result, "measurement", ROW_FAILED, ", expected 1111");
}

static void registers_by_name(void **state)
{
	static const char *const rems[] = { "rem0", "rem1", "rem2", "rem3" };
	static const char *const rtmrs[] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };
	char hex[2 * REGISTER + 1];

	for (unsigned tdx = 0; tdx < 2; tdx++) {
		if (tdx == 1)
			memcpy(evidence, "\x04\0\x02\0\x81\0\0\0", 8);
		for (unsigned i = 0; i < 4; i++) {
			const char *name = (tdx != 0 ? rtmrs : rems)[i];

			memset(&expectations, 0, sizeof(expectations));
			registers[i][0] = (u8)(i + 1);
			verify_hex(hex, sizeof(hex), (struct bytes){ registers[i], REGISTER });
			assert_true(expect_set(&expectations, name, hex));
			assert_int_equal(verdict(), VERIFY_HELD);
			assert_row(&result, name, ROW_OK, hex);
			registers[i][0] ^= 0x40;
			assert_int_equal(verdict(), VERIFY_MEASUREMENT);
			registers[i][0] ^= 0x40;
			/* the other platform's name is no claim of this one */
			memset(&expectations, 0, sizeof(expectations));
			assert_true(expect_set(&expectations, (tdx != 0 ? rems : rtmrs)[i], hex));
			assert_int_equal(verdict(), VERIFY_MEASUREMENT);
			assert_row(&result, (tdx != 0 ? rems : rtmrs)[i], ROW_FAILED,
				   "no such claim");
		}
	}
}

static void debug_by_expectation(void **state)
{
	for (int option = 0; option < 2; option++) {
		memset(&expectations, 0, sizeof(expectations));
		in.allow_debug = option;
		(void)verdict();
		assert_int_equal(debug_seen, option);
		assert_true(expect_set(&expectations, "debug", "no"));
		(void)verdict();
		assert_false(debug_seen);
		assert_true(expect_set(&expectations, "debug", "allowed"));
		(void)verdict();
		assert_true(debug_seen);
	}
	in.expect = NULL;
	assert_int_equal(verdict(), VERIFY_HELD);
}

/* ---- the log ---- */
static u8 log_memory[4096];

static struct bytes a_log(unsigned events)
{
	struct evlog l;
	struct evlog_registers replayed;
	struct bytes out;

	assert_int_equal(evlog_begin(&l, log_memory, sizeof(log_memory), EVLOG_SHA256), ST_OK);
	for (unsigned i = 0; i < events; i++) {
		struct bytes data = { (const u8 *)"event", 5 };
		u8 digest[EVLOG_DIGEST_MAX];

		assert_true(evlog_digest(EVLOG_SHA256, data, digest));
		digest[0] ^= (u8)i;
		assert_int_equal(evlog_append(&l, 1 + i % 4, EVLOG_IPL, digest, data), ST_OK);
	}
	out = (struct bytes){ l.data, l.size };
	assert_int_equal(evlog_replay(out, &replayed), ST_OK);
	for (unsigned i = 0; i < 4; i++)
		memcpy(registers[i], replayed.value[i + 1], REGISTER);
	return out;
}

static void log_replays(void **state)
{
	in.log = a_log(6);
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "event log", ROW_OK, "6 events");
	for (unsigned i = 0; i < 4; i++) {
		registers[i][REGISTER - 1] ^= 1;
		assert_int_equal(verdict(), VERIFY_LOG);
		registers[i][REGISTER - 1] ^= 1;
	}
	for (size_t n = 1; n < in.log.size; n++) { /* no prefix passes for the whole */
		struct bytes whole = in.log;

		in.log.size = n;
		assert_int_equal(verdict(), VERIFY_LOG);
		in.log = whole;
	}
	in.log = (struct bytes){ NULL, 0 };
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "event log", ROW_NOT_CHECKED, "none was given");
}

static void log_is_empty(void **state)
{
	in.log = (struct bytes){ log_memory, 0 };
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "event log", ROW_OK, "empty");
	registers[2][5] = 1;
	assert_int_equal(verdict(), VERIFY_LOG);
	assert_row(&result, "event log", ROW_FAILED, "register 2 was extended");
	has_registers = false;
	assert_int_equal(verdict(), VERIFY_HELD);
	in.log.size = 1;
	assert_int_equal(verdict(), VERIFY_LOG);
	assert_row(&result, "event log", ROW_FAILED, "without registers");
	in.log = a_log(0);
	has_registers = true;
	assert_int_equal(verdict(), VERIFY_HELD);
}

/* A digest size that is not the registers': nothing can be concluded. */
static void log_of_another_hash(void **state)
{
	struct evlog l;

	assert_int_equal(evlog_begin(&l, log_memory, sizeof(log_memory), EVLOG_SHA384), ST_OK);
	in.log = (struct bytes){ l.data, l.size };
	assert_int_equal(verdict(), VERIFY_LOG);
}

/* ---- reasons ---- */
static void first_reason(void **state)
{
	static const enum verify_reason order[] = {
		VERIFY_MALFORMED, VERIFY_SIGNATURE, VERIFY_BINDING,     VERIFY_CHAIN,
		VERIFY_FRESHNESS, VERIFY_KIND,      VERIFY_MEASUREMENT, VERIFY_POLICY,
		VERIFY_TCB,       VERIFY_LOG,       VERIFY_UNCHECKED,
	};

	for (size_t a = 0; a < ARRAY_SIZE(order); a++) {
		for (size_t b = 0; b < ARRAY_SIZE(order); b++) {
			struct verify_result r = { 0 };

			verify_add(&r, ROW_OK, VERIFY_HELD, "x", "fine");
			verify_add(&r, ROW_FAILED, order[a], "x", "a");
			verify_add(&r, ROW_INFO, VERIFY_LOG, "x", "says nothing of failure");
			verify_add(&r, ROW_FAILED, order[b], "x", "b");
			verify_add(&r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "x", "c");
			assert_int_equal(r.reason, order[MIN(a, b)]);
		}
		assert_string_not_equal(verify_reason_name(order[a]), "unknown");
	}
	assert_string_equal(verify_reason_name(VERIFY_FRESHNESS), "freshness");
	assert_string_equal(verify_reason_name((enum verify_reason)99), "unknown");
}

static void reasons_of_rows(void **state)
{
	struct verify_result r = { 0 };

	verify_add(&r, ROW_NOT_CHECKED, VERIFY_HELD, "optional", "may be missing");
	verify_add(&r, ROW_OK, VERIFY_SIGNATURE, "signature", "good");
	assert_int_equal(r.reason, VERIFY_HELD);
	verify_add(&r, ROW_NOT_CHECKED, VERIFY_CHAIN, "chain", "had to be there");
	assert_int_equal(r.reason, VERIFY_UNCHECKED);
	verify_add(&r, ROW_FAILED, VERIFY_HELD, "forgotten", "a failure without a reason");
	assert_int_equal(r.reason, VERIFY_MALFORMED);
}

static void all_of_it(void **state)
{
	/* Freshness and measurement fail as well: the platform's signature is the reason. */
	in.challenge = challenge;
	in.kind = "probe";
	assert_true(expect_set(&expectations, "measurement", "00"));
	assert_int_equal(verdict(), VERIFY_FRESHNESS);
	platform_says = VERIFY_SIGNATURE;
	assert_int_equal(verdict(), VERIFY_SIGNATURE);
	platform_says = VERIFY_TCB;
	assert_int_equal(verdict(), VERIFY_FRESHNESS);
	/* Nothing read and nothing said: never a pass. */
	setup(state);
	reads_nothing = true;
	assert_int_equal(verdict(), VERIFY_MALFORMED);
	in.challenge = challenge;
	in.kind = "probe";
	platform_says = VERIFY_LOG;
	assert_int_equal(verdict(), VERIFY_FRESHNESS);
}

static void full_table(void **state)
{
	struct verify_result r = { 0 };

	for (unsigned i = 0; i < VERIFY_ROWS + 5; i++)
		verify_add(&r, ROW_INFO, VERIFY_HELD, "claim", "%u", i);
	assert_int_equal(r.n, VERIFY_ROWS);
	verify_add(&r, ROW_FAILED, VERIFY_LOG, "event log", "too late for a row of its own");
	assert_int_equal(r.reason, VERIFY_LOG);
	assert_row(&r, "event log", ROW_FAILED, "too late");
	assert_int_equal(r.n, VERIFY_ROWS);
}

static void unusable_anchors_show(void **state)
{
	struct roots roots = { .bad_count = 1, .bad = { "a.json: off its curve" } };

	in.roots = &roots;
	assert_int_equal(verdict(), VERIFY_HELD);
	assert_row(&result, "unusable anchor", ROW_NOT_CHECKED, "off its curve");
}

/* ---- output ---- */
static char *printed(void (*print)(FILE *, const struct verify_result *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	print(f, &result);
	fclose(f);
	return text;
}

static void output(void **state)
{
	static const struct {
		enum verify_reason reason;
		const char *last;
	} ends[] = {
		{ VERIFY_HELD, "\nverified: all that was asked for holds\n" },
		{ VERIFY_UNCHECKED, "\nnot verified: unchecked: " },
		{ VERIFY_POLICY, "\nrefused: policy\n" },
	};
	char *text;
	json_t *o;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		platform_says = ends[i].reason;
		(void)verdict();
		verify_add(&result, ROW_INFO, VERIFY_HELD, "text", "evil \033[2J \n \xff \"");
		text = printed(verify_print);
		assert_non_null(strstr(text, ends[i].last));
		assert_null(strchr(text, '\033')); /* no colour in a file, none of the evidence's */
		free(text);
		text = printed(verify_json);
		o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(o);
		assert_string_equal(json_string_value(json_object_get(o, "platform")), "cca");
		assert_int_equal(json_is_true(json_object_get(o, "verified")), i == 0);
		assert_string_equal(json_string_value(json_object_get(o, "reason")),
				    verify_reason_name(ends[i].reason));
		assert_int_equal(json_integer_value(json_object_get(o, "code")), ends[i].reason);
		assert_int_equal(json_array_size(json_object_get(o, "registers")), 4);
		assert_int_equal(json_array_size(json_object_get(o, "rows")), result.n);
		json_decref(o);
		free(text);
	}
	in.evidence.size = 0;
	(void)verdict();
	text = printed(verify_json);
	o = json_loads(text, 0, NULL);
	assert_true(json_is_null(json_object_get(o, "platform")));
	assert_true(json_is_null(json_object_get(o, "measurement")));
	json_decref(o);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(by_content, setup),
		cmocka_unit_test_setup(report_data_as_given, setup),
		cmocka_unit_test_setup(bound_to_challenge, setup),
		cmocka_unit_test_setup(other_kinds, setup),
		cmocka_unit_test_setup(expected, setup),
		cmocka_unit_test_setup(registers_by_name, setup),
		cmocka_unit_test_setup(debug_by_expectation, setup),
		cmocka_unit_test_setup(log_replays, setup),
		cmocka_unit_test_setup(log_is_empty, setup),
		cmocka_unit_test_setup(log_of_another_hash, setup),
		cmocka_unit_test_setup(first_reason, setup),
		cmocka_unit_test_setup(reasons_of_rows, setup),
		cmocka_unit_test_setup(all_of_it, setup),
		cmocka_unit_test_setup(full_table, setup),
		cmocka_unit_test_setup(unusable_anchors_show, setup),
		cmocka_unit_test_setup(output, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
