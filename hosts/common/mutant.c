/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mutants that V() collects. Numbers follow file name and line, not the order in which the
 * linker met them, so that a number means the same mutant under either compiler.
 */
#include "common/mutant.h"

#include <string.h>

#include "core/core.h"

extern const struct mutant_site mutants_start[], mutants_end[];

static const struct mutant_site *chosen;

static bool before(const struct mutant_site *a, const struct mutant_site *b)
{
	int by_file = strcmp(a->file, b->file);

	if (by_file != 0)
		return by_file < 0;
	return a->line != b->line ? a->line < b->line : a < b;
}

static const struct mutant_site *site_number(unsigned number)
{
	for (const struct mutant_site *s = mutants_start; s < mutants_end; s++) {
		unsigned n = 1;

		for (const struct mutant_site *o = mutants_start; o < mutants_end; o++)
			n += before(o, s) ? 1 : 0;
		if (n == number)
			return s;
	}
	return NULL;
}

void mutant_init(void)
{
	size_t count = (size_t)(mutants_end - mutants_start);

	channel("mutants: %zu", count);
	for (unsigned n = 1; config.list_mutants && n <= count; n++) {
		const struct mutant_site *s = site_number(n);

		channel("mutant-site: %u %s:%u %s", n, s->file, s->line, s->condition);
	}
	if (config.mutant == 0)
		return;
	chosen = site_number(config.mutant);
	if (chosen == NULL)
		core_panic("config: mutant=%u, but there are only %zu", config.mutant, count);
	channel("mutant: %u %s:%u %s %s", config.mutant, chosen->file, chosen->line,
		config.mutant_negate ? "negate" : "drop", chosen->condition);
}

bool mutant_apply(const struct mutant_site *site, bool value)
{
	if (site != chosen)
		return value;
	return config.mutant_negate && !value;
}
