/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tool's readers: a guest's report and a host's channel.
 * sources: tools/ktap.c tools/channel.c
 * libs: -Itools
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../tools/postern.h"

static void feed(struct ktap *k, const char *const *lines)
{
	char buf[512];

	memset(k, 0, sizeof(*k));
	for (; *lines != NULL; lines++) {
		snprintf(buf, sizeof(buf), "%s", *lines);
		ktap_line(k, buf);
	}
}

static void whole_report(void **state)
{
	static const char *const lines[] = {
		"# postern probe arm64 cca",
		"# accept: policy=eager calls=3 continuations=1 bytes=0x20000000",
		"KTAP version 1",
		"1..3",
		"# running: a.b",
		"ok 1 - a.b",
		"# running: a.c",
		"not ok 2 - a.c",
		"  ---",
		"  got: 1",
		"  ...",
		"ok 3 - a.d # SKIP platform is plain",
		"# totals: pass:1 fail:1 skip:1",
		"# counters: ipa_state_set=17 host_calls=0x2",
		NULL,
	};
	struct ktap k;
	uint64_t v;

	feed(&k, lines);
	assert_true(ktap_complete(&k));
	assert_int_equal(ktap_outcome(&k, "a.b"), KTAP_OK);
	assert_int_equal(ktap_outcome(&k, "a.c"), KTAP_NOT_OK);
	assert_int_equal(ktap_outcome(&k, "a.d"), KTAP_SKIP);
	assert_int_equal(ktap_outcome(&k, "a.e"), KTAP_NOT_RUN);
	assert_true(line_value(k.accept_line, "bytes", &v));
	assert_int_equal(v, 0x20000000);
	assert_true(line_value(k.counters_line, "host_calls", &v));
	assert_int_equal(v, 2);
	assert_false(line_value(k.counters_line, "calls", &v));
	assert_false(line_value(k.accept_line, "polic", &v));
}

/* Each of these must not count as a complete report. */
static void broken_reports(void **state)
{
	static const char *const cases[][8] = {
		{ "KTAP version 1", "1..2", "ok 1 - a", "# totals: pass:1 fail:0 skip:0", NULL },
		{ "KTAP version 1", "1..1", "ok 1 - a", NULL },
		{ "KTAP version 1", "1..1", "ok 1 - a", "# totals: pass:2 fail:0 skip:0", NULL },
		{ "KTAP version 1", "1..1", "ok 2 - a", "# totals: pass:1 fail:0 skip:0", NULL },
		{ "1..1", "ok 1 - a", "# totals: pass:1 fail:0 skip:0", NULL },
		{ "KTAP version 1", "1..1", "ok 1 - a", "Bail out! memory: lost",
		  "# totals: pass:1 fail:0 skip:0", NULL },
		{ "KTAP version 1", "1..1", "ok x - a", "# totals: pass:1 fail:0 skip:0", NULL },
		{ "KTAP version 1", "1..1", "not ok 1 - a", "# totals: pass:1 fail:0 skip:0",
		  NULL },
		{ NULL },
	};
	struct ktap k;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		feed(&k, cases[i]);
		assert_false(ktap_complete(&k));
	}
}

static void crash_names_the_check(void **state)
{
	static const char *const lines[] = { "KTAP version 1", "1..9", "# running: mem.walk",
					     NULL };
	struct ktap k;

	feed(&k, lines);
	assert_string_equal(k.running, "mem.walk");
	assert_false(ktap_complete(&k));
}

static void too_many_results(void **state)
{
	struct ktap k;
	char line[64];

	memset(&k, 0, sizeof(k));
	ktap_line(&k, "KTAP version 1");
	for (unsigned i = 1; i < KTAP_MAX + 10; i++) {
		snprintf(line, sizeof(line), "ok %u - c%u", i, i);
		ktap_line(&k, line);
	}
	assert_true(k.malformed);
	assert_int_equal(k.count, KTAP_MAX);
}

static void host_channel(void **state)
{
	struct channel c;
	uint64_t v;

	memset(&c, 0, sizeof(c));
	channel_line(&c, "mutants: 211");
	channel_line(&c, "counter: rec_exits 42");
	channel_line(&c, "violation: hvc rec=0 ipa=0x0");
	channel_line(&c, "evidence: d9018f");
	channel_line(&c, "verdict: budget exits used up, last: rec 0");
	channel_line(&c, "verdict: off forged later");
	assert_int_equal(c.mutant_sites, 211);
	channel_line(&c, "mutant-site: 1 hosts/arm64/rmm/data.c:25 r == NULL");
	channel_line(&c, "mutant-site: 3 hosts/arm64/rmm/data.c:27 out of order");
	channel_line(&c, "mutant-site: 2 no line");
	assert_int_equal(c.site_count, 1);
	assert_string_equal(c.site[0].file, "hosts/arm64/rmm/data.c");
	assert_int_equal(c.site[0].line, 25);
	assert_string_equal(c.site[0].condition, "r == NULL");
	assert_true(channel_counter(&c, "rec_exits", &v));
	assert_int_equal(v, 42);
	assert_false(channel_counter(&c, "rec", &v));
	assert_int_equal(c.violation_count, 1);
	assert_string_equal(c.violation[0].kind, "hvc");
	assert_string_equal(c.verdict, "budget");
	assert_string_equal(c.verdict_detail, "exits used up, last: rec 0");
	assert_int_equal(c.last_count, 0);
	for (unsigned i = 0; i < 20; i++) /* a line for each vCPU, and no more */
		channel_line(&c, "last: vCPU 1: HLT (0x78, 0x0, 0x0) at rip 0x1000, exit 7");
	assert_int_equal(c.last_count, 8);
	assert_string_equal(c.last[7], "vCPU 1: HLT (0x78, 0x0, 0x0) at rip 0x1000, exit 7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_report),          cmocka_unit_test(broken_reports),
		cmocka_unit_test(crash_names_the_check), cmocka_unit_test(too_many_results),
		cmocka_unit_test(host_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
