/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arm64 host's readers of configuration and fault names.
 * sources: hosts/arm64/core/config.c hosts/common/options.c hosts/common/faults.c lib/print.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/faults.h"
#include "hosts/arm64/core/config.h"
#include "print.h"

static struct host_config c;
static char error[256];
static unsigned announced;

void channel(const char *fmt, ...)
{
	announced++;
}

void console_write(const char *s, size_t n)
{
	fail_msg("the readers print nothing");
}

/* A copy without a terminating NUL and with ASan behind it: fw_cfg files have none. */
static enum status parse_bytes(const char *text, size_t n)
{
	char *copy = malloc(n + (n == 0));
	enum status st;

	memcpy(copy, text, n);
	error[0] = '\0';
	st = config_parse(copy, n, &c, error, sizeof(error));
	free(copy);
	return st;
}

static enum status parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void refused(const char *text, enum status st, const char *message)
{
	assert_int_equal(parse(text), st);
	assert_string_equal(error, message);
}

static void empty_gives_defaults(void **state)
{
	assert_int_equal(parse(""), ST_OK);
	assert_int_equal(c.mem, MIB(256));
	assert_int_equal(c.cpus, 1);
	assert_int_equal(c.ram_base, 0x40000000);
	assert_int_equal(c.ipa_bits, 33);
	assert_int_equal(c.mutant, 0);
	assert_int_equal(c.budget_ns, 0);
	assert_false(c.debug);
	assert_string_equal(c.secret, "");
	assert_true(c.coop);
	assert_int_equal(c.msi, GUEST_MSI_ITS);
	assert_int_equal(c.save_restore, 0);
	assert_string_equal(c.faults, "");
	assert_string_equal(c.append, "");
}

static void every_key(void **state)
{
	assert_int_equal(parse("# a run\n"
			       "mem=3G\ncpus=4\nram_base=0x80000000\nipa_bits=40\nripas=image\n"
			       "dtb=low\ndt_order=reversed\nconsole=ns16550\nhash=sha512\n"
			       "msi=its-kvm\nsave_restore=50\ndebug=1\nsecret=0011\n"
			       "ripas_chunk=16\ncoop=0\ntrace=1\nexits=1000\nns=5000000000\n\n"
			       "mutant=7\nmutant_op=negate\nlist_mutants=1\nfault=a.b,c\n"
			       "append=probe=rsi.*,-*.slow accept=lazy"),
			 ST_OK);
	assert_int_equal(c.mem, GIB(3));
	assert_int_equal(c.cpus, 4);
	assert_int_equal(c.ram_base, 0x80000000);
	assert_int_equal(c.ipa_bits, 40);
	assert_int_equal(c.ripas, RIPAS_INIT_IMAGE);
	assert_int_equal(c.dtb, DTB_LOW);
	assert_true(c.dt_reversed);
	assert_true(c.debug);
	assert_string_equal(c.secret, "0011");
	assert_int_equal(c.console, GUEST_CONSOLE_NS16550);
	assert_true(c.sha512);
	assert_int_equal(c.msi, GUEST_MSI_ITS_KVM);
	assert_int_equal(c.save_restore, 50);
	assert_int_equal(c.ripas_chunk, 16);
	assert_false(c.coop);
	assert_true(c.trace);
	assert_int_equal(c.budget_exits, 1000);
	assert_int_equal(c.budget_ns, 5000000000);
	assert_int_equal(c.mutant, 7);
	assert_true(c.mutant_negate);
	assert_true(c.list_mutants);
	assert_string_equal(c.faults, "a.b,c");
	assert_string_equal(c.append, "probe=rsi.*,-*.slow accept=lazy");
}

static void sizes(void **state)
{
	assert_int_equal(parse("mem=0x10000000\n"), ST_OK);
	assert_int_equal(c.mem, 0x10000000);
	assert_int_equal(parse("mem=262144K"), ST_OK);
	assert_int_equal(c.mem, MIB(256));
	assert_int_equal(parse("mem=0x1g"), ST_OK);
	assert_int_equal(c.mem, GIB(1));
	refused("cpus=1K", ST_INVALID, "line 1: bad value: cpus=1K");
	refused("mem=1T", ST_INVALID, "line 1: bad value: mem=1T");
	refused("mem=M", ST_INVALID, "line 1: bad value: mem=M");
	refused("mem=0x", ST_INVALID, "line 1: bad value: mem=0x");
	refused("mem=-1", ST_INVALID, "line 1: bad value: mem=-1");
	refused("ns=18446744073709551616", ST_INVALID,
		"line 1: bad value: ns=18446744073709551616");
	refused("mem=0xffffffffffffffffK", ST_INVALID,
		"line 1: bad value: mem=0xffffffffffffffffK");
}

static void wrong_lines(void **state)
{
	refused("mem=256M\nfaults=x\n", ST_NOT_FOUND, "line 2: unknown key: faults=x");
	refused("=1", ST_NOT_FOUND, "line 1: unknown key: =1");
	refused("cpus", ST_CORRUPT, "line 1: not key=value: cpus");
	refused("cpus=2\n\ncpus=2", ST_OVERLAP, "line 3: key given twice: cpus=2");
	refused("cpus=0", ST_RANGE, "line 1: value out of range: cpus=0");
	refused("cpus=9", ST_RANGE, "line 1: value out of range: cpus=9");
	refused("ipa_bits=31", ST_RANGE, "line 1: value out of range: ipa_bits=31");
	refused("ipa_bits=49", ST_RANGE, "line 1: value out of range: ipa_bits=49");
	refused("ripas=al", ST_INVALID, "line 1: bad value: ripas=al");
	refused("msi=v2m", ST_INVALID, "line 1: bad value: msi=v2m");
	refused("save_restore=-1", ST_INVALID, "line 1: bad value: save_restore=-1");
	refused("ripas=", ST_INVALID, "line 1: bad value: ripas=");
	refused("trace=yes", ST_INVALID, "line 1: bad value: trace=yes");
	refused("cpus=1 ", ST_INVALID, "line 1: bad value: cpus=1 ");
	refused("cpus=1\r\n", ST_INVALID, "line 1: bad value: cpus=1\r");
	assert_int_equal(parse_bytes("cpus=1\0", 7), ST_CORRUPT);
}

static void long_values(void **state)
{
	char text[2048];
	const size_t key = strlen("append=");

	memset(text, 'x', sizeof(text));
	memcpy(text, "append=", key);
	assert_int_equal(parse_bytes(text, key + 1023), ST_OK);
	assert_int_equal(strlen(c.append), 1023);
	assert_int_equal(parse_bytes(text, key + 1024), ST_RANGE);
	memcpy(text, "fault=x", key);
	assert_int_equal(parse_bytes(text, 6 + 255), ST_OK);
	assert_int_equal(parse_bytes(text, 6 + 256), ST_RANGE);
	assert_int_equal(parse_bytes(text, sizeof(text)), ST_RANGE);
}

static void values_that_do_not_fit_together(void **state)
{
	refused("mem=3M", ST_ALIGN,
		"mem=0x300000 and ram_base=0x40000000 must be multiples of 2 MiB");
	refused("ram_base=4096", ST_ALIGN,
		"mem=0x10000000 and ram_base=0x1000 must be multiples of 2 MiB");
	assert_int_equal(parse("ipa_bits=32\nmem=1G"), ST_OK);
	refused(
	    "ipa_bits=32\nmem=1026M", ST_RANGE,
	    "mem=0x40200000 at ram_base=0x40000000 does not fit the protected half of ipa_bits=32");
}

/* A protected VM has no half to lose: only its whole space bounds it. */
static void protected_vm(void **state)
{
	assert_int_equal(parse(""), ST_OK);
	assert_int_equal(c.profile, PROFILE_NONE);
	assert_int_equal(c.granule, KIB(4));
	assert_false(c.pvmfw);
	assert_int_equal(parse("profile=upstream\nipa_bits=32\nmem=3G"), ST_OK);
	assert_int_equal(c.profile, PROFILE_UPSTREAM);
	refused("profile=upstream\nipa_bits=32\nmem=3074M", ST_RANGE,
		"mem=0xc0200000 at ram_base=0x40000000 does not fit the space of ipa_bits=32");
	assert_int_equal(parse("granule=16K\nprofile=android"), ST_OK);
	assert_int_equal(c.granule, KIB(16));
	assert_int_equal(c.profile, PROFILE_ANDROID);
	assert_int_equal(parse("granule=65536"), ST_OK);
	refused("granule=2K", ST_RANGE, "line 1: value out of range: granule=2K");
	refused("granule=128K", ST_RANGE, "line 1: value out of range: granule=128K");
	refused("granule=8K", ST_RANGE, "granule=8192: want 4096, 16384 or 65536");
	assert_int_equal(parse("profile=android\npvmfw=1\nram_base=0x80000000"), ST_OK);
	assert_true(c.pvmfw);
	refused("profile=upstream\npvmfw=1\nram_base=0x80000000", ST_INVALID,
		"pvmfw=1 wants profile=android and ram_base=0x80000000");
	assert_int_equal(parse("profile=android\npvmfw=1"), ST_OK);
	assert_int_equal(c.ram_base, 0x80000000);
	refused("profile=android\npvmfw=1\nram_base=0x40000000", ST_INVALID,
		"pvmfw=1 wants profile=android and ram_base=0x80000000");
	assert_int_equal(c.pvmfw_config, PVMFW_CONFIG_1_2);
	assert_int_equal(parse("profile=android\npvmfw=1\npvmfw_config=1.0"), ST_OK);
	assert_int_equal(c.pvmfw_config, PVMFW_CONFIG_1_0);
	assert_int_equal(parse("profile=android\npvmfw=1\npvmfw_config=none"), ST_OK);
	assert_int_equal(c.pvmfw_config, PVMFW_CONFIG_NONE);
	refused("profile=android\npvmfw_config=1.1", ST_INVALID, "pvmfw_config is for pvmfw=1");
	assert_int_equal(parse("profile=upstream\ndt_lie=truncated"), ST_OK);
	assert_string_equal(c.dt_lie, "truncated");
	refused("dt_lie=truncated", ST_INVALID, "dt_lie is for a pKVM host");
}

/* Whatever the bytes, the reader ends and stays inside. */
static void every_prefix(void **state)
{
	static const char text[] = "mem=256M\ncpus=2\nfault=\nappend=a=b\n#\n\n=\n";

	for (size_t n = 0; n < sizeof(text); n++)
		parse_bytes(text, n);
}

static void fault_names(void **state)
{
#define FAULT(id, name, what, rules) name,
	static const char *const names[] = {
#include "hosts/arm64/rmm/faults.def"
		NULL
	};
#undef FAULT
	char list[256];

	for (unsigned i = 1; i < FAULT_COUNT; i++)
		assert_false(fault_on((enum fault_id)i));
	assert_int_equal(faults_choose("", error, sizeof(error)), ST_OK);
	assert_int_equal(faults_choose("no.such", error, sizeof(error)), ST_NOT_FOUND);
	assert_string_equal(error, "unknown fault 'no.such'");
	for (unsigned i = 0; names[i] != NULL; i++) {
		snprintf(list, sizeof(list), "%s,", names[i]);
		assert_int_equal(faults_choose(list, error, sizeof(error)), ST_OK);
		assert_true(fault_on((enum fault_id)(i + 1)));
		snprintf(list, sizeof(list), "%s,%.3s", names[i], names[i]);
		assert_int_equal(faults_choose(list, error, sizeof(error)), ST_NOT_FOUND);
	}
	faults_announce();
	assert_int_equal(announced, FAULT_COUNT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_gives_defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(sizes),
		cmocka_unit_test(wrong_lines),
		cmocka_unit_test(long_values),
		cmocka_unit_test(values_that_do_not_fit_together),
		cmocka_unit_test(protected_vm),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(fault_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
