/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What evidence is bound to, against sha512sum.
 * sources: attest/bind.c
 * libs: -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "attest.h"

static u8 counted[REPORT_DATA_SIZE], zeros[REPORT_DATA_SIZE];

static int setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(counted); i++)
		counted[i] = (u8)i;
	return 0;
}

static void assert_bound(const char *kind, const u8 *challenge, struct bytes key, const char *hex)
{
	u8 out[REPORT_DATA_SIZE];

	assert_int_equal(evidence_bind(kind, challenge, key, out), ST_OK);
	for (unsigned i = 0; i < sizeof(out); i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		assert_int_equal(out[i], v);
	}
}

/*
 * count() { for i in $(seq 0 63); do printf "\\x$(printf %02x $i)"; done; }
 * (printf 'postern evidenceprobe\0\0\0\0\0\0\0\0\0\0\0'; count; printf '\0\0\0\0') | sha512sum
 * (printf 'postern evidenceworkload\0\0\0\0\0\0\0\0'; count; printf '\x41\0\0\0\x04'; count) |
 *	sha512sum
 * (printf 'postern evidencefifteen-letters\0'; head -c 64 /dev/zero; printf '\1\0\0\0k') |
 *	sha512sum
 */
static void by_hand(void **state)
{
	u8 point[65] = { 4 };

	(void)state;
	memcpy(point + 1, counted, sizeof(counted));
	assert_bound("probe", counted, (struct bytes){ NULL, 0 },
		     "d6feeeb9d77b78d444abec16634b85e2abf2b0691856780a6cab0063498fbf169cd86054bc0f"
		     "4bbd27a20b708b60a510e3eb1c3b5cc02cbf39e82258c5790377");
	assert_bound("workload", counted, (struct bytes){ point, sizeof(point) },
		     "4f140aaa9b25dc15dc1197f5c7d720a3886d4fea57d0cc25350b2cb2a0b7545f08410f58d325"
		     "f49b92e109e0d31a64d51b77a4ddb24f434270d1be56b20e99eb");
	assert_bound("fifteen-letters", zeros, (struct bytes){ (const u8 *)"k", 1 },
		     "dbf8409cc792dac965c804ff0e5761e2420e0da573d5acb26387c6d17c7f151b84fdd994f23b"
		     "c758d404323d729406219f821dfd47b4a61bef05c4cfd74830e4");
}

static void refused(void **state)
{
	u8 out[REPORT_DATA_SIZE] = { 0x55 };

	(void)state;
	assert_int_equal(evidence_bind("", counted, (struct bytes){ NULL, 0 }, out), ST_INVALID);
	assert_int_equal(evidence_bind("sixteen-letters-", counted, (struct bytes){ NULL, 0 }, out),
			 ST_INVALID);
	assert_int_equal(evidence_bind("probe", counted, (struct bytes){ NULL, 1 }, out),
			 ST_INVALID);
	assert_int_equal(
	    evidence_bind("probe", counted, (struct bytes){ counted, (size_t)UINT32_MAX + 1 }, out),
	    ST_INVALID);
	assert_int_equal(out[0], 0x55);
}

/* Every part counts, and none can pass for the end of the one before. */
static void parts_stay_apart(void **state)
{
	static const u8 key[] = { 0, 0, 0, 0, 0 };
	struct {
		const char *kind;
		const u8 *challenge;
		struct bytes key;
		u8 out[REPORT_DATA_SIZE];
	} cases[] = {
		{ .kind = "probe", .challenge = zeros },
		{ .kind = "probe", .challenge = counted },
		{ .kind = "probes", .challenge = zeros },
		{ .kind = "prob", .challenge = zeros },
		{ .kind = "probe", .challenge = zeros, .key = { key, 1 } },
		{ .kind = "probe", .challenge = zeros, .key = { key, 4 } },
		{ .kind = "probe", .challenge = zeros, .key = { key, 5 } },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(
		    evidence_bind(cases[i].kind, cases[i].challenge, cases[i].key, cases[i].out),
		    ST_OK);
		for (unsigned k = 0; k < i; k++)
			assert_memory_not_equal(cases[i].out, cases[k].out, REPORT_DATA_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(refused),
		cmocka_unit_test(parts_stay_apart),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
