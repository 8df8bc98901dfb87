/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants in native tests: MUTANT="hosts/arm64/rmm/data.c:104:drop" (or :negate) changes that one
 * validation condition, as `mutant=` does in the host. A name that no linked source has changes
 * nothing, so that every test program can be tried with every mutant.
 */
#ifndef NATIVE_MUTANT_H
#define NATIVE_MUTANT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"

static struct {
	char file[128], op[16];
	unsigned line;
} native_mutant;

/* Read once per program: the conditions are asked millions of times under a fuzzer. */
static __attribute__((constructor)) void native_mutant_init(void)
{
	const char *name = getenv("MUTANT");

	if (name == NULL)
		return;
	if (sscanf(name, "%127[^:]:%u:%15s", native_mutant.file, &native_mutant.line,
		   native_mutant.op) != 3 ||
	    (strcmp(native_mutant.op, "drop") != 0 && strcmp(native_mutant.op, "negate") != 0)) {
		fprintf(stderr, "MUTANT=%s: want FILE:LINE:drop or FILE:LINE:negate\n", name);
		/* Not a failure of the test, which would look like a mutant killed. */
		exit(0);
	}
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

bool mutant_apply(const struct mutant_site *site, bool value)
{
	if (native_mutant.line != site->line || native_mutant.line == 0 ||
	    !ends_with(site->file, native_mutant.file))
		return value;
	return strcmp(native_mutant.op, "negate") == 0 && !value;
}

#endif
