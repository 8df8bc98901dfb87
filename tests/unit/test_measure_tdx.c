/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * MRTD against the golden values, in both orders.
 * sources: tools/flash.c tools/measure_tdx.c
 * libs: -lcrypto
 * flags: -Itools
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure_launch.h"
#include "vectors.h"

static char golden[VECTOR_MAX];

static bool load_golden(void)
{
	size_t n = read_file(vectors_path("tdx/golden_mrtd_synthetic.txt"), (unsigned char *)golden,
			     sizeof(golden) - 1);

	golden[n] = '\0';
	return n > 0;
}

/* The line that starts with `name` holds "= HEX". */
static void assert_golden(struct mrtd *m, const char *name)
{
	const char *line = golden;
	uint8_t digest[48];
	char hex[97];

	mrtd_end(m, digest);
	for (unsigned i = 0; i < 48; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	while (line != NULL && strncmp(line, name, strlen(name)) != 0) {
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	assert_non_null(line);
	line = strstr(line, "= ");
	assert_non_null(line);
	assert_memory_equal(line + 2, hex, 96);
}

static void simple_streams(void **state)
{
	static const uint8_t zeros[4096];
	struct mrtd m;

	if (!load_golden())
		SKIP_WITHOUT("tdx/golden_mrtd_synthetic.txt");
	mrtd_begin(&m, MRTD_PAGES);
	assert_golden(&m, "empty_stream");
	mrtd_begin(&m, MRTD_PAGES);
	mrtd_region(&m, 0, 4096, false, (struct bytes){ NULL, 0 });
	assert_golden(&m, "one_page_add_gpa0_unmeasured");
	mrtd_begin(&m, MRTD_PAGES);
	mrtd_region(&m, 0x1000, 4096, true, (struct bytes){ zeros, sizeof(zeros) });
	assert_golden(&m, "one_page_gpa0x1000_zero_measured");
	/* Missing raw data counts as zeros. */
	mrtd_begin(&m, MRTD_PAGES);
	mrtd_region(&m, 0x1000, 4096, true, (struct bytes){ NULL, 0 });
	assert_golden(&m, "one_page_gpa0x1000_zero_measured");
}

static void both_orders(void **state)
{
	static const char *const names[] = { "S_page_interleaved", "S_two_pass" };
	static uint8_t pattern[8192];

	if (!load_golden())
		SKIP_WITHOUT("tdx/golden_mrtd_synthetic.txt");
	for (unsigned i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + (i >> 8));
	for (unsigned order = 0; order < 2; order++) {
		struct mrtd m;

		mrtd_begin(&m, order == 0 ? MRTD_PAGES : MRTD_TWO_PASS);
		mrtd_region(&m, 0xffffe000, 8192, true, (struct bytes){ pattern, 8192 });
		mrtd_region(&m, 0x809000, 8192, false, (struct bytes){ NULL, 0 });
		mrtd_region(&m, 0x100000, 4096, true, (struct bytes){ NULL, 0 });
		assert_golden(&m, names[order]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_streams),
		cmocka_unit_test(both_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
