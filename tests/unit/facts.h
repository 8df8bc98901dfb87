/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second reading of a fact sheet: its tables and lists, taken from the text by pattern, so that a
 * number mistyped in a header does not stand in the test as well. Include after cmocka.h.
 */
#ifndef FACTS_H
#define FACTS_H

#include <regex.h>

#include "vectors.h"

static char facts[1u << 20];

/* false: the sheet is not there. */
static bool facts_load(const char *name)
{
	char path[128];
	size_t n;

	snprintf(path, sizeof(path), "../abi/%s", name);
	n = read_file(vectors_path(path), (unsigned char *)facts, sizeof(facts) - 1);
	facts[n] = '\0';
	return n > 0;
}

/* Text from one line that starts with `from` to the next that starts with `to`, copied. */
static const char *facts_section(const char *from, const char *to)
{
	static char part[1u << 18];
	const char *start = strstr(facts, from), *end;
	size_t n;

	if (start == NULL)
		fail_msg("no section %s", from);
	end = strstr(start + 1, to);
	n = end != NULL ? (size_t)(end - start) : strlen(start);
	assert_true(n < sizeof(part));
	memcpy(part, start, n);
	part[n] = '\0';
	return part;
}

/*
 * The number captured by the first group of an extended regular expression in which %s is `name`.
 * Exactly one place may match.
 */
static uint64_t facts_number(const char *section, const char *pattern, const char *name, int base)
{
	char text[256], digits[32];
	regmatch_t m[2], again[2];
	regex_t re;
	size_t n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), pattern, name);
#pragma GCC diagnostic pop
	assert_int_equal(regcomp(&re, text, REG_EXTENDED | REG_NEWLINE), 0);
	if (regexec(&re, section, 2, m, 0) != 0)
		fail_msg("the sheet has no %s", text);
	if (regexec(&re, section + m[0].rm_eo, 2, again, REG_NOTBOL) == 0)
		fail_msg("the sheet has %s more than once", text);
	regfree(&re);
	n = (size_t)(m[1].rm_eo - m[1].rm_so);
	assert_true(n < sizeof(digits));
	memcpy(digits, section + m[1].rm_so, n);
	digits[n] = '\0';
	return strtoull(digits, NULL, base);
}

struct fact {
	const char *name; /* may hold regular expression syntax */
	uint64_t ours;
};

static void facts_equal(const char *section, const char *pattern, int base, uint64_t add,
			const struct fact *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t theirs = facts_number(section, pattern, f[i].name, base) + add;

		if (theirs != f[i].ours)
			fail_msg("%s: sheet 0x%llx, header 0x%llx", f[i].name,
				 (unsigned long long)theirs, (unsigned long long)f[i].ours);
	}
}

#define FACTS_EQUAL(section, pattern, base, add, list)                                             \
	facts_equal(section, pattern, base, add, list, sizeof(list) / sizeof((list)[0]))

#endif
