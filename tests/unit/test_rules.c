/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lists of rules, checks and faults against each other.
 *
 * sources: lib/status.c
 * libs:
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe.h"

static const struct {
	const char *id, *source, *text, *reason;
} rules[] = {
#define RULE(id, source, text, reason) { id, source, text, reason },
#include "probe/rules.def"
#undef RULE
};

static const struct check checks[] = {
#define CHECK(fn, id, aim, rule, needs, platforms, arch, class, end)                               \
	{ id, aim, rule, needs, platforms, arch, class, end, NULL },
#include "probe/checks.def"
#undef CHECK
};

static const struct {
	const char *name, *what, *rules, *host;
} faults[] = {
#define FAULT(id, name, what, rules) { name, what, rules, "cca" },
#include "hosts/arm64/rmm/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, "snp" },
#include "hosts/x86/snp/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, "tdx" },
#include "hosts/x86/tdx/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, "pkvm-android" },
#include "hosts/arm64/pkvm/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, "pkvm" },
#include "hosts/arm64/pkvm/faults_upstream.def"
#undef FAULT
	{ NULL, NULL, "", "" },
};

#define NR_RULES  ARRAY_SIZE(rules)
#define NR_CHECKS ARRAY_SIZE(checks)
#define NR_FAULTS (ARRAY_SIZE(faults) - 1)

static int rule_index(const char *id, size_t n)
{
	for (size_t i = 0; i < NR_RULES; i++)
		if (strlen(rules[i].id) == n && strncmp(rules[i].id, id, n) == 0)
			return (int)i;
	return -1;
}

static bool has(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");

		if (len == n && strncmp(p, word, n) == 0)
			return true;
		p += len;
		p += *p == ',';
	}
	return false;
}

/* Every word of the list is a rule, and no word stands twice. */
static void assert_rules(const char *where, const char *list)
{
	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");

		if (rule_index(p, len) < 0)
			fail_msg("%s: '%.*s' is no rule", where, (int)len, p);
		p += len;
		p += *p == ',';
	}
}

static void rules_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_RULES; i++) {
		assert_true(rules[i].id[0] != '\0' && rules[i].source[0] != '\0' &&
			    rules[i].text[0] != '\0');
		if (rule_index(rules[i].id, strlen(rules[i].id)) != (int)i)
			fail_msg("rule %s stands twice", rules[i].id);
	}
}

static void every_rule_has_a_check_or_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_RULES; i++) {
		size_t n = 0;

		for (size_t k = 0; k < NR_CHECKS; k++)
			n += strcmp(checks[k].rule, rules[i].id) == 0;
		if ((n > 0) == (rules[i].reason[0] != '\0'))
			fail_msg("rule %s: %zu checks, reason '%s'", rules[i].id, n,
				 rules[i].reason);
	}
}

static bool well_formed(const char *id)
{
	bool dot = false;

	for (const char *p = id; *p != '\0'; p++) {
		if (*p == '.') {
			if (p == id || p[1] == '.' || p[1] == '\0')
				return false;
			dot = true;
		} else if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
			   *p != '_') {
			return false;
		}
	}
	return dot;
}

static void checks_are_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_CHECKS; i++) {
		const struct check *c = &checks[i];

		if (!well_formed(c->id) || strlen(c->id) > 60)
			fail_msg("check id '%s'", c->id);
		for (size_t k = 0; k < i; k++)
			if (strcmp(checks[k].id, c->id) == 0)
				fail_msg("check %s stands twice", c->id);
		assert_true(strlen(c->aim) > 10 && c->aim[strlen(c->aim) - 1] != '.');
		assert_true(c->platforms != 0 && (c->platforms & ~(u32)CVM_ANY) == 0);
		assert_true((c->class == CHECK_TERMINAL) == (c->end != END_NONE));
		/* Only the reference hosts have a channel. */
		assert_true(c->class != CHECK_COOP ||
			    (c->platforms & ~(u32)(CVM_CCA | CVM_SNP | CVM_TDX | CVM_PKVM)) == 0);
	}
}

static void rules_of_checks_exist(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_CHECKS; i++) {
		assert_true(rule_index(checks[i].rule, strlen(checks[i].rule)) >= 0);
		assert_rules(checks[i].id, checks[i].needs);
		if (has(checks[i].needs, checks[i].rule))
			fail_msg("%s needs the rule it judges", checks[i].id);
	}
}

static void rules_of_faults_exist(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_FAULTS; i++) {
		/* What a host may do, but at a price, breaks nothing. */
		assert_true(faults[i].rules[0] != '\0' ||
			    has("backing.4k,quote.unsupported,quote.unavailable,quote.in-flight",
				faults[i].name));
		assert_rules(faults[i].name, faults[i].rules);
		for (size_t k = 0; k < i; k++)
			if (strcmp(faults[k].name, faults[i].name) == 0 &&
			    strcmp(faults[k].host, faults[i].host) == 0)
				fail_msg("fault %s of %s stands twice", faults[i].name,
					 faults[i].host);
	}
}

/* Rules a host cannot break without ceasing to be one: the CPU itself keeps them, not the
 * host, so no fault of ours can show that the check would notice. (QEMU's ICC_SRE_EL1 is constant
 * and does not trap.) */
static bool kept_by_the_cpu(const char *rule)
{
	static const char list[] = "GEN-EXC-01,GEN-SMP-02,PKVM-SYS-02";

	return has(list, rule);
}

/* Every check earns its place by failing. */
static void every_check_has_a_fault(void **state)
{
	size_t missing = 0;

	(void)state;
	for (size_t i = 0; i < NR_CHECKS; i++) {
		bool covered = kept_by_the_cpu(checks[i].rule);

		for (size_t k = 0; k < NR_FAULTS && !covered; k++)
			covered = has(faults[k].rules, checks[i].rule);
		if (!covered) {
			missing++;
			print_error("no fault breaks %s, the rule of %s\n", checks[i].rule,
				    checks[i].id);
		}
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_unique),
		cmocka_unit_test(every_rule_has_a_check_or_a_reason),
		cmocka_unit_test(checks_are_well_formed),
		cmocka_unit_test(rules_of_checks_exist),
		cmocka_unit_test(rules_of_faults_exist),
		cmocka_unit_test(every_check_has_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
