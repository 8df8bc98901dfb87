/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants in native tests: MUTANT="hosts/arm64/rmm/data.c:104:drop" (or :negate) changes that one
 * validation condition, as `mutant=` does in the host. Every test program can be tried with every
 * mutant: one that links no such condition would only say what it says without, and ends at once.
 */
#ifndef NATIVE_MUTANT_H
#define NATIVE_MUTANT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mutant.h"

/* The linker's names for the ends of the section that V() writes to; none without a V(). */
extern const struct mutant_site native_first[] __asm__("__start_mutants") __attribute__((weak));
extern const struct mutant_site native_end[] __asm__("__stop_mutants") __attribute__((weak));

static const struct mutant_site *native_chosen;
static bool native_negate;

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Read once per program: the conditions are asked millions of times under a fuzzer. */
static __attribute__((constructor)) void native_mutant_init(void)
{
	const char *name = getenv("MUTANT");
	char file[128], op[16];
	unsigned line;

	if (name == NULL)
		return;
	if (sscanf(name, "%127[^:]:%u:%15s", file, &line, op) != 3 ||
	    (strcmp(op, "drop") != 0 && strcmp(op, "negate") != 0)) {
		fprintf(stderr, "MUTANT=%s: want FILE:LINE:drop or FILE:LINE:negate\n", name);
		/* Not a failure of the test, which would look like a mutant killed. */
		_exit(0);
	}
	for (const struct mutant_site *s = native_first; s < native_end; s++)
		if (s->line == line && ends_with(s->file, file))
			native_chosen = s;
	if (native_chosen == NULL)
		_exit(0);
	native_negate = strcmp(op, "negate") == 0;
	setenv("CMOCKA_TEST_ABORT", "1", 1); /* the first failure tells enough */
}

bool mutant_apply(const struct mutant_site *site, bool value)
{
	return site == native_chosen ? native_negate && !value : value;
}

#endif
