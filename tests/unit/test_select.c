/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: probe/select.c probe/cmdline.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe.h"
#include "probe/cmdline.h"

#define ID "rsi.ipa_state_set.misaligned_base"

static bool solo(const char *list)
{
	return probe_selected(list, ID, CHECK_SOLO);
}

static void empty_list_takes_all_but_named_only(void **state)
{
	(void)state;
	assert_true(solo(NULL));
	assert_true(solo(""));
	assert_true(solo(","));
	assert_true(probe_selected(NULL, ID, CHECK_COOP));
	assert_false(probe_selected(NULL, ID, CHECK_TERMINAL));
	assert_false(probe_selected("", ID, CHECK_DANGEROUS));
}

static void globs(void **state)
{
	(void)state;
	assert_true(solo("*"));
	assert_true(solo("rsi.*"));
	assert_true(solo("rsi.*.misaligned_base"));
	assert_true(solo("*set*base"));
	assert_true(solo("**"));
	assert_true(solo("?si.ipa*"));
	assert_true(solo(ID));
	assert_false(solo("rsi"));
	assert_false(solo("rsi.?"));
	assert_false(solo("psci.*"));
	assert_false(solo(ID "x"));
	assert_false(solo("rsi.*.misaligned_top"));
	assert_false(solo("*.misaligned"));
}

static void later_patterns_win(void **state)
{
	(void)state;
	assert_false(solo("rsi.*,-*.misaligned_base"));
	assert_true(solo("rsi.*,-*.misaligned_base,*base"));
	assert_true(solo("-rsi.*,rsi.*"));
	assert_true(solo("-psci.*"));
	assert_false(solo("-rsi.*"));
	assert_true(solo("psci.*,rsi.*"));
	assert_true(solo("psci.*,,rsi.*,"));
	assert_false(solo("-psci.*,-rsi.*"));
	assert_false(solo("psci.*,-x"));
}

static void terminal_only_by_full_name(void **state)
{
	(void)state;
	assert_true(probe_selected("psci.system_off", "psci.system_off", CHECK_TERMINAL));
	assert_true(probe_selected("rsi.*,psci.system_off", "psci.system_off", CHECK_TERMINAL));
	assert_false(probe_selected("*", "psci.system_off", CHECK_TERMINAL));
	assert_false(probe_selected("psci.*", "psci.system_off", CHECK_TERMINAL));
	assert_false(probe_selected("psci.system_of?", "psci.system_off", CHECK_TERMINAL));
	assert_false(probe_selected("-rsi.*", "psci.system_off", CHECK_TERMINAL));
	assert_false(probe_selected("psci.system_off,-psci.*", "psci.system_off", CHECK_TERMINAL));
	assert_true(probe_selected("a.b", "a.b", CHECK_DANGEROUS));
}

/* Many stars against a long name without a match: must come back at once. */
static void hostile_pattern_ends(void **state)
{
	char name[4096], list[4096];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < sizeof(list); i++)
		list[i] = i & 1 ? 'a' : '*';
	strcpy(list + sizeof(list) - 4, "*b");
	assert_false(probe_selected(list, name, CHECK_SOLO));
}

static void words(void **state)
{
	const char *at = "  probe=a,b\taccept=lazy foo ";
	struct word w;

	(void)state;
	w = cmdline_next(&at);
	assert_true(word_is(w, "probe=a,b"));
	assert_true(word_starts(w, "probe="));
	assert_false(word_is(w, "probe="));
	assert_false(word_is(w, "probe=a,bc"));
	w = cmdline_next(&at);
	assert_true(word_is(w, "accept=lazy"));
	w = cmdline_next(&at);
	assert_true(word_is(w, "foo"));
	w = cmdline_next(&at);
	assert_int_equal(w.n, 0);
	w = cmdline_next(&at);
	assert_int_equal(w.n, 0);
}

static void last_value_wins(void **state)
{
	(void)state;
	assert_true(word_is(cmdline_value("accept=lazy x accept=parallel", "accept="), "parallel"));
	assert_true(word_is(cmdline_value("accept=", "accept="), ""));
	assert_null(cmdline_value("xaccept=lazy", "accept=").s);
	assert_null(cmdline_value("", "accept=").s);
	assert_false(word_is(cmdline_value("", "accept="), "lazy"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_list_takes_all_but_named_only),
		cmocka_unit_test(globs),
		cmocka_unit_test(later_patterns_win),
		cmocka_unit_test(terminal_only_by_full_name),
		cmocka_unit_test(hostile_pattern_ends),
		cmocka_unit_test(words),
		cmocka_unit_test(last_value_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
