/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The x86 hosts' reader of the configuration; the syntax is tested in test_host_config.
 * sources: hosts/x86/core/config.c hosts/common/options.c lib/print.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"
#include "print.h"

static struct host_config c;
static char error[256];

void console_write(const char *s, size_t n)
{
	fail_msg("the reader prints nothing");
}

static enum status parse(const char *text)
{
	error[0] = '\0';
	return config_parse(text, strlen(text), &c, error, sizeof(error));
}

static void defaults(void **state)
{
	assert_int_equal(parse(""), ST_OK);
	assert_int_equal(c.mem, MIB(256));
	assert_int_equal(c.cpus, 1);
	assert_int_equal(c.gpaw, 0);
	assert_false(c.i440fx);
	assert_false(c.debug);
	assert_string_equal(c.secret, "");
	assert_true(c.coop);
	assert_false(c.trace);
}

static void every_key(void **state)
{
	assert_int_equal(parse("mem=3G\ncpus=8\ngpaw=48\ncoop=0\ntrace=1\nexits=5\nns=6\n"
			       "mutant=7\nmutant_op=negate\nmachine=pc\nlist_mutants=1\nfault=a,b\n"
			       "debug=1\nsecret=0011\nhashes=1\nmark=a b|c\n"
			       "append=probe=snp.* accept=lazy"),
			 ST_OK);
	assert_int_equal(c.mem, GIB(3));
	assert_int_equal(c.cpus, 8);
	assert_int_equal(c.gpaw, 48);
	assert_true(c.i440fx);
	assert_true(c.debug);
	assert_true(c.hashes);
	assert_string_equal(c.secret, "0011");
	assert_string_equal(c.mark, "a b|c");
	assert_false(c.coop);
	assert_true(c.trace);
	assert_int_equal(c.budget_exits, 5);
	assert_int_equal(c.budget_ns, 6);
	assert_int_equal(c.mutant, 7);
	assert_true(c.mutant_negate);
	assert_true(c.list_mutants);
	assert_string_equal(c.faults, "a,b");
	assert_string_equal(c.append, "probe=snp.* accept=lazy");
}

static void wholes(void **state)
{
	assert_int_equal(parse("mem=2101248"), ST_ALIGN);
	assert_string_equal(error, "mem=0x201000 must be a multiple of 2 MiB");
	assert_int_equal(parse("gpaw=49"), ST_INVALID);
	assert_string_equal(error, "gpaw=49: want 48 or 52");
	assert_int_equal(parse("cpus=9"), ST_RANGE);
	assert_int_equal(parse("ipa_bits=33"), ST_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(wholes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
