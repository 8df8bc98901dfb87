/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image that boots what no table vouches for: only a missing table makes a difference.
 * sources: boot/linux/job.c boot/linux/hashes.c lib/print.c lib/status.c
 * libs: -lbearssl
 */
#define ALLOWS_UNMEASURED true
#include "linux_job.h"

static void no_table(void **state)
{
	fake.table = ST_NOT_FOUND;
	memset(&fake.measured, 0, sizeof(fake.measured));
	handed_over();
	assert_non_null(strstr(console, "# linux: verified: nothing: this image boots what"));
	assert_int_equal(fake.events, 3);
}

static void bad_table(void **state)
{
	fake.table = ST_CORRUPT;
	refused("# linux: refused: the table of hashes measured at launch: input is malformed\n");
}

static void table_differs(void **state)
{
	fake.measured.kernel[0] ^= 1;
	refused("# linux: refused: the kernel is not the one of the place: input is malformed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_table, setup),
		cmocka_unit_test_setup(bad_table, setup),
		cmocka_unit_test_setup(table_differs, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
