/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * TDX quotes verified by OpenSSL: real ones, and those a booted TD was given: every file
 * evidence-*.bin of the directory $EVIDENCE, root in $TDX_ROOT (by default this build's
 * keys/tdx/root.pem); $REPORT_DATA and $MEASUREMENT, where set, are hex: one of them must hold the
 * data, all of them the MRTD.
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
#include "verify_tdx.h"

static uint8_t quote[VECTOR_MAX];

/* One bit changed in any part must be noticed. */
static void assert_bits_count(size_t n, X509 *root, const struct quote_parts *good)
{
	const uint8_t *const places[] = {
		quote + 2,
		quote + 47,
		good->body.p,
		quote_mrtd(good) + 5,
		quote_report_data(good) + 63,
		good->signature,
		good->signature + 63,
		good->attestation_key,
		good->qe_report + 64,
		good->qe_report + 320,
		good->qe_report + 383,
		good->qe_signature + 10,
		good->auth.p,
		good->chain.p + 100,
		good->chain.p + good->chain.n / 2,
	};
	struct quote_parts q;

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t *byte = quote + (places[i] - quote);

		*byte ^= 1;
		if (verify_quote(quote, n, root, &q) == NULL)
			fail_msg("bit at 0x%zx does not count", (size_t)(byte - quote));
		*byte ^= 1;
	}
}

/* No prefix of a quote is one. */
static void assert_whole(size_t n, const struct quote_parts *good)
{
	size_t end = (size_t)(good->chain.p + good->chain.n - quote);
	struct quote_parts q;

	assert_true(end <= n);
	for (size_t cut = 0; cut < end; cut++)
		assert_non_null(parse_quote(quote, cut, &q));
	assert_null(parse_quote(quote, end, &q));
}

static void assert_verified(const char *name, size_t n, X509 *root, struct quote_parts *q)
{
	const char *why = verify_quote(quote, n, root, q);

	if (why != NULL)
		fail_msg("%s: %s", name, why);
	assert_bits_count(n, root, q);
	assert_whole(n, q);
}

static void real_quotes(void **state)
{
	static const struct {
		const char *name;
		unsigned version;
		size_t body;
	} samples[] = {
		{ "tdx/quote_v4_spr-e4_go-tdx-guest.bin", 4, BODY_10 },
		{ "tdx/quote_v4_cos113.bin", 4, BODY_10 },
		{ "tdx/quote_v5_go-tdx-guest.bin", 5, BODY_15 },
	};

	for (unsigned i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		size_t n = read_file(vectors_path(samples[i].name), quote, sizeof(quote));
		struct quote_parts q;

		if (n == 0)
			SKIP_WITHOUT(vectors_path(samples[i].name));
		assert_verified(samples[i].name, n, NULL, &q);
		assert_int_equal(q.version, samples[i].version);
		assert_int_equal(q.body.n, samples[i].body);
	}
}

static void report_data_of_a_real_quote(void **state)
{
	size_t n = read_file(vectors_path("tdx/quote_v4_cos113.bin"), quote, sizeof(quote));
	uint8_t nonce[128];
	struct quote_parts q;

	if (n == 0)
		SKIP_WITHOUT("tdx/quote_v4_cos113.bin");
	assert_int_equal(
	    read_file(vectors_path("tdx/cos113_reportdata_nonce.bin"), nonce, sizeof(nonce)), 64);
	assert_null(verify_quote(quote, n, NULL, &q));
	assert_memory_equal(quote_report_data(&q), nonce, 64);
}

static X509 *load_root(const char *path)
{
	FILE *f = fopen(path != NULL ? path : KEYS_DIR "/tdx/root.pem", "r");
	X509 *root;

	assert_non_null(f);
	root = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(root);
	return root;
}

/* Intel's quotes have another root than the test hosts. */
static void trusted_root(void **state)
{
	size_t n = read_file(vectors_path("tdx/quote_v4_cos113.bin"), quote, sizeof(quote));
	X509 *root = load_root(NULL);
	struct quote_parts q;

	if (n > 0)
		assert_string_equal(verify_quote(quote, n, root, &q),
				    "root is not the trusted one");
	X509_free(root);
	if (n == 0)
		SKIP_WITHOUT("tdx/quote_v4_cos113.bin");
}

/* Hex in the environment against bytes of the quote; true when not asked for, too. */
static bool holds(const char *variable, const uint8_t *bytes, unsigned n)
{
	const char *text = getenv(variable);

	for (unsigned i = 0, byte; text != NULL && i < n; i++) {
		assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
		if (byte != bytes[i])
			return false;
	}
	return true;
}

static void quotes_of_a_guest(void **state)
{
	const char *dir = getenv("EVIDENCE");
	bool data = false;
	char pattern[4096];
	glob_t files;
	X509 *root;

	if (dir == NULL)
		SKIP_WITHOUT("$EVIDENCE");
	root = load_root(getenv("TDX_ROOT"));
	snprintf(pattern, sizeof(pattern), "%s/evidence-*.bin", dir);
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		size_t n = read_file(files.gl_pathv[i], quote, sizeof(quote));
		struct quote_parts q;

		assert_verified(files.gl_pathv[i], n, root, &q);
		for (size_t k = 0; k < q.extra.n; k++)
			assert_int_equal(q.extra.p[k], 0);
		data |= holds("REPORT_DATA", quote_report_data(&q), 64);
		assert_true(holds("MEASUREMENT", quote_mrtd(&q), 48));
	}
	assert_true(data);
	print_message("%zu quotes verified\n", files.gl_pathc);
	globfree(&files);
	X509_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_quotes),
		cmocka_unit_test(report_data_of_a_real_quote),
		cmocka_unit_test(trusted_root),
		cmocka_unit_test(quotes_of_a_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
