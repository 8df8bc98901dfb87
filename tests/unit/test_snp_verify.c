/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * SNP reports verified by OpenSSL: real ones of several products, and those a booted guest was
 * given: every file evidence-*.bin of the directory $EVIDENCE, chain in $SNP_CERTS (by default this
 * build's keys/snp); $REPORT_DATA and $MEASUREMENT, where set, are hex: one of them must hold the
 * data, all of them the measurement.
 * sources:
 * libs: -DKEYS_DIR=\"$(B)/keys\" -lcrypto
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>

#include "vectors.h"
#include "verify_snp.h"

static uint8_t report[VECTOR_MAX];

static unsigned from_hex(const char *text, uint8_t *out, unsigned max)
{
	unsigned n = 0, byte;

	while (n < max && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

/* Binary, or hex text. False: no such file. */
static bool load_report(const char *name)
{
	size_t n = read_file(vectors_path(name), report, sizeof(report) - 1);

	if (n == 2 * REPORT_BYTES) {
		static char text[2 * REPORT_BYTES + 1];

		memcpy(text, report, n);
		n = from_hex(text, report, REPORT_BYTES);
	}
	if (n > 0)
		assert_int_equal(n, REPORT_BYTES);
	return n > 0;
}

/* One bit changed anywhere must be noticed. */
static void assert_bits_count(const struct snp_chain_certs *c)
{
	static const unsigned places[] = { 0x08,  0x30,  0x50,  0x8f,  0x90,  0xbf,  0x180,
					   0x1a0, 0x29f, 0x2a0, 0x2cf, 0x2e8, 0x317, 0x49f };

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		report[places[i]] ^= 1;
		assert_non_null(verify_snp_report(report, c));
		report[places[i]] ^= 1;
	}
}

static void assert_verified(const char *name, const struct snp_chain_certs *c)
{
	const char *why;

	assert_non_null(c->vcek);
	assert_non_null(c->ask);
	assert_non_null(c->ark);
	why = verify_snp_report(report, c);
	if (why != NULL)
		fail_msg("%s: %s", name, why);
	assert_bits_count(c);
}

static void real_reports(void **state)
{
	static const struct {
		const char *report, *vcek, *chain; /* chain: ASK, then ARK */
	} samples[] = {
		{ "snp/reports/report_milan.hex", "snp/reports/vcek_milan.der",
		  "snp/reports/cert_chain_milan" },
		{ "snp/reports/attestation.bin", "snp/reports/vcek.testcer",
		  "snp/reports/milan.testcer" },
		{ "snp/reports/oak_milan_oc_release_report.bin",
		  "snp/reports/oak_milan_oc_release_vcek.der", "snp/certs/ask_ark_milan.pem" },
		{ "snp/reports/oak_genoa_oc_report.bin", "snp/reports/oak_genoa_oc_vcek.der",
		  "snp/certs/ask_ark_genoa.pem" },
	};

	for (unsigned i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct snp_chain_certs c;

		if (!load_report(samples[i].report))
			SKIP_WITHOUT(vectors_path(samples[i].report));
		c.vcek = load_cert(vectors_path(samples[i].vcek), 0);
		c.ask = load_cert(vectors_path(samples[i].chain), 0);
		c.ark = load_cert(vectors_path(samples[i].chain), 1);
		assert_verified(samples[i].report, &c);
		snp_certs_free(&c);
	}
}

static void real_chains(void **state)
{
	static const char *const chains[] = {
		"snp/certs/ask_ark_milan.pem",      "snp/certs/ask_ark_genoa.pem",
		"snp/certs/ask_ark_turin_vcek.pem", "snp/certs/ask_ark_milan_vlek.pem",
		"snp/certs/ask_ark_genoa_vlek.pem", "snp/certs/ask_ark_turin_vlek.pem",
	};
	struct snp_chain_certs c = { .vcek = NULL };

	for (unsigned i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		c = (struct snp_chain_certs){ NULL, load_cert(vectors_path(chains[i]), 0),
					      load_cert(vectors_path(chains[i]), 1) };
		if (c.ask == NULL)
			SKIP_WITHOUT(vectors_path(chains[i]));
		if (i == 2)
			c.vcek = load_cert(vectors_path("snp/reports/vcek_turin.der"), 0);
		assert_null(verify_snp_chain(&c));
		snp_certs_free(&c);
	}
	/* Milan's ASK is no issuer of Turin's VCEK. */
	c = (struct snp_chain_certs){ load_cert(vectors_path("snp/reports/vcek_turin.der"), 0),
				      load_cert(vectors_path(chains[0]), 0),
				      load_cert(vectors_path(chains[0]), 1) };
	assert_non_null(verify_snp_chain(&c));
	snp_certs_free(&c);
}

static X509 *test_cert(const char *name)
{
	const char *dir = getenv("SNP_CERTS");
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.pem", dir != NULL ? dir : KEYS_DIR "/snp", name);
	return load_cert(path, 0);
}

/* Hex in the environment against bytes of the report; true when not asked for, too. */
static bool holds(const char *variable, unsigned offset, unsigned n)
{
	const char *text = getenv(variable);
	uint8_t want[64];

	if (text == NULL)
		return true;
	assert_int_equal(from_hex(text, want, n), n);
	return memcmp(report + offset, want, n) == 0;
}

static void reports_of_a_guest(void **state)
{
	const char *dir = getenv("EVIDENCE");
	struct snp_chain_certs c = { test_cert("vcek"), test_cert("ask"), test_cert("ark") };
	char pattern[4096];
	bool data = false, measurement = true;
	glob_t files;

	if (dir == NULL) {
		snp_certs_free(&c);
		SKIP_WITHOUT("$EVIDENCE");
	}
	snprintf(pattern, sizeof(pattern), "%s/evidence-*.bin", dir);
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		assert_int_equal(read_file(files.gl_pathv[i], report, sizeof(report)),
				 REPORT_BYTES);
		assert_verified(files.gl_pathv[i], &c);
		data |= holds("REPORT_DATA", 0x50, 64);
		measurement &= holds("MEASUREMENT", 0x90, 48);
	}
	assert_true(data);
	assert_true(measurement);
	print_message("%zu reports verified\n", files.gl_pathc);
	globfree(&files);
	snp_certs_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_reports),
		cmocka_unit_test(real_chains),
		cmocka_unit_test(reports_of_a_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
