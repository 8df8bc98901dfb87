/* SPDX-License-Identifier: BSD-2-Clause */
/* `postern list`: what the probe checks, by which rule, and which faults must redden it. */
#include <string.h>

#include "postern.h"

static void usage(FILE *f)
{
	fputs("usage: postern list [--checks | --rules | --faults | --markdown PREFIXES]\n"
	      "\n"
	      "  --checks    id, class, rule and aim of every check (the default)\n"
	      "  --rules     every rule with its source, and its checks or why it has none\n"
	      "  --faults    every fault of the reference hosts with the rules it breaks and the "
	      "checks\n"
	      "              that must go red; that set follows from the rule ids alone\n"
	      "  --markdown  the table rule, checks, faults as docs/ hold it, of the rules whose "
	      "ids begin\n"
	      "              with one of the comma-separated prefixes (CCA,GEN)\n",
	      f);
}

static void list_checks(void)
{
	printf("%-40s %-9s %-13s %s\n", "check", "class", "rule", "aim");
	for (size_t i = 0; i < checks_count; i++)
		printf("%-40s %-9s %-13s %s\n", checks[i].id, check_class_name(checks[i].class),
		       checks[i].rule, checks[i].aim);
}

static void list_rules(void)
{
	for (size_t i = 0; i < rule_count; i++) {
		printf("%-13s %s  [%s]\n", rules[i].id, rules[i].text, rules[i].source);
		if (rules[i].reason[0] != '\0')
			printf("              not checked: %s\n", rules[i].reason);
		for (size_t k = 0; k < checks_count; k++)
			if (strcmp(checks[k].rule, rules[i].id) == 0)
				printf("              %s (%s)\n", checks[k].id,
				       check_class_name(checks[k].class));
	}
}

static void list_faults(void)
{
	for (size_t i = 0; i < fault_count; i++) {
		printf("%s (%s)\n  does:   %s\n  breaks: %s\n  red:   ", faults[i].name,
		       host_name(faults[i].host), faults[i].what,
		       faults[i].rules[0] != '\0' ? faults[i].rules : "nothing");
		for (size_t k = 0; k < checks_count; k++)
			if (check_runs_on(&checks[k], faults[i].host) &&
			    fault_reddens(&faults[i], &checks[k]))
				printf(" %s", checks[k].id);
		printf("\n");
	}
	for (size_t i = 0; i < lie_count; i++)
		printf("%s (%s)\n  does:   %s\n  before the first check: tests/pkvm.sh\n",
		       lies[i].name, host_name(lies[i].host), lies[i].what);
}

static bool has_prefix(const char *id, const char *prefixes)
{
	char word[16];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(id, "-"), id);
	return list_has(prefixes, word);
}

/* Faults of devices are the same on every host that has them, and so are those of the GIC, timers
 * and CPUs on arm64: one name says it. */
static bool said_before(size_t k, const char *rule)
{
	if (strncmp(rule, "GEN-", 4) == 0 && host_info(faults[k].host)->arch != ARCH_ARM64)
		return false;
	for (size_t i = 0; i < k; i++)
		if (strcmp(faults[i].name, faults[k].name) == 0 && list_has(faults[i].rules, rule))
			return true;
	return false;
}

static void list_markdown(const char *prefixes)
{
	puts("| Rule | Holds | Source | Checks | Faults |");
	puts("|---|---|---|---|---|");
	for (size_t i = 0; i < rule_count; i++) {
		const char *sep = "";

		if (!has_prefix(rules[i].id, prefixes))
			continue;
		printf("| %s | %s | %s | ", rules[i].id, rules[i].text, rules[i].source);
		if (rules[i].reason[0] != '\0')
			printf("not checked: %s", rules[i].reason);
		for (size_t k = 0; k < checks_count; k++) {
			if (strcmp(checks[k].rule, rules[i].id) != 0)
				continue;
			printf("%s`%s`", sep, checks[k].id);
			if (checks[k].class != CHECK_SOLO)
				printf(" (%s)", check_class_name(checks[k].class));
			sep = ", ";
		}
		printf(" | ");
		sep = "";
		for (size_t k = 0; k < fault_count; k++) {
			if (!list_has(faults[k].rules, rules[i].id) || said_before(k, rules[i].id))
				continue;
			printf("%s`%s`", sep, faults[k].name);
			if (strncmp(rules[i].id, "GEN-", 4) == 0 && faults[k].host != HOST_CCA)
				printf(" (%s)", host_name(faults[k].host));
			else if (faults[k].host == HOST_PKVM)
				printf(" (upstream)");
			sep = ", ";
		}
		puts(" |");
	}
}

int cmd_list(int argc, char **argv)
{
	if (argc == 1 || (argc == 2 && strcmp(argv[1], "--checks") == 0)) {
		list_checks();
	} else if (argc == 2 && strcmp(argv[1], "--rules") == 0) {
		list_rules();
	} else if (argc == 2 && strcmp(argv[1], "--faults") == 0) {
		list_faults();
	} else if (argc == 3 && strcmp(argv[1], "--markdown") == 0) {
		list_markdown(argv[2]);
	} else if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
	} else {
		fprintf(stderr, "postern list: I do not know '%s'\n", argv[argc - 1]);
		usage(stderr);
		return EXIT_USAGE;
	}
	return EXIT_PASS;
}
