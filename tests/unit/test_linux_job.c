/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's order of things: nothing is handed over that was not loaded, verified and measured
 * before, and each refusal has its name.
 * sources: boot/linux/job.c boot/linux/hashes.c lib/print.c lib/status.c
 * libs: -lbearssl
 */
#define ALLOWS_UNMEASURED false
#include "linux_job.h"

static void good(void **state)
{
	handed_over();
	assert_non_null(strstr(console, "# linux: source=disk kernel=6 initrd=6 cmdline=5\n"));
	/* sha256sum of the three */
	assert_non_null(strstr(console, "sha256 kernel 6923dd1bc0460082c5d55a831908c24a282860b7f1c"
					"d6c2b79cf1bc8857c639c\n"));
	assert_non_null(strstr(console, "# linux: verified: kernel, initrd and command line by "
					"the place\n"));
	assert_int_equal(fake.events, 3);
	assert_int_equal(fake.reg[0], 2);
	assert_int_equal(fake.reg[1], 3);
	assert_int_equal(fake.reg[2], 3);
	assert_string_equal(fake.what[0], "postern kernel");
	assert_string_equal(fake.what[1], "postern initrd");
	assert_string_equal(fake.what[2], "postern cmdline");
	assert_ptr_equal(fake.data[0].data, payload.kernel.data);
	assert_ptr_equal(fake.data[1].data, payload.initrd.data);
	assert_int_equal(fake.data[2].size, 5);
	assert_false(fake.with_text[0] || fake.with_text[1]);
	assert_true(fake.with_text[2]);
	assert_int_equal(job_accept_policy("accept=lazy"), ACCEPT_PARALLEL);
	assert_string_equal(job_name, "firmware");
}

static void not_loaded(void **state)
{
	fake.load = ST_TRUNCATED;
	refused("# linux: refused: loading: input ends too early\n");
}

static void no_table(void **state)
{
	fake.table = ST_NOT_FOUND;
	refused("# linux: refused: no table of hashes was measured at launch: not found\n");
	assert_int_equal(fake.events, 0);
}

static void bad_table(void **state)
{
	fake.table = ST_CORRUPT;
	refused("# linux: refused: the table of hashes measured at launch: input is malformed\n");
}

/* Where nobody can have a table, none is asked for. */
static void needs_none(void **state)
{
	fake.table = ST_UNSUPPORTED;
	memset(&fake.measured, 0, sizeof(fake.measured));
	handed_over();
	assert_non_null(strstr(console, "# linux: verified: nothing: host has no table"));
}

static void kernel_differs(void **state)
{
	fake.measured.kernel[31] ^= 1;
	refused("# linux: refused: the kernel is not the one of the place: input is malformed\n");
	assert_int_equal(fake.events, 0);
}

static void initrd_differs(void **state)
{
	fake.measured.initrd[0] ^= 0x80;
	refused("# linux: refused: the initrd is not the one of the place: input is malformed\n");
}

static void cmdline_differs(void **state)
{
	fake.measured.cmdline[15] ^= 1;
	refused(
	    "# linux: refused: the command line is not the one of the place: input is malformed\n");
}

static void no_registers(void **state)
{
	fake.measure_at[0] = ST_UNSUPPORTED;
	handed_over();
	assert_int_equal(fake.events, 0);
	assert_non_null(strstr(console, "# linux: measured: nothing: host has no registers\n"));
}

/* A register that takes one event and then none is no register that is missing. */
static void not_measured(void **state)
{
	fake.measure_at[0] = ST_DENIED;
	refused("# linux: refused: the register's reason: refused by the host\n");
	setup(state);
	fake.measure_at[1] = ST_UNSUPPORTED;
	refused("# linux: refused: the register's reason: not supported\n");
	setup(state);
	fake.measure_at[2] = ST_NO_MEMORY;
	refused("# linux: refused: the register's reason: out of memory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good, setup),
		cmocka_unit_test_setup(not_loaded, setup),
		cmocka_unit_test_setup(no_table, setup),
		cmocka_unit_test_setup(bad_table, setup),
		cmocka_unit_test_setup(needs_none, setup),
		cmocka_unit_test_setup(kernel_differs, setup),
		cmocka_unit_test_setup(initrd_differs, setup),
		cmocka_unit_test_setup(cmdline_differs, setup),
		cmocka_unit_test_setup(no_registers, setup),
		cmocka_unit_test_setup(not_measured, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
