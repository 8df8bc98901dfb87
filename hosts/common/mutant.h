/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants of the model. Every validation condition of a model is written
 *
 *     if (V(condition)) return ERROR;
 *
 * and so has a number of its own (file, line order). In a normal run V(c) is c. A mutant run picks
 * one number and either drops the condition (never true) or negates it. `postern list --mutants`
 * shows the table, which the linker collects from the section V() writes to.
 */
#ifndef COMMON_MUTANT_H
#define COMMON_MUTANT_H

#include "types.h"

struct mutant_site {
	const char *file;
	const char *condition;
	u32 line;
};

/* Names the mutants on the channel as the configuration asks, and takes the chosen one. */
void mutant_init(void);

/* Returns value, or what the chosen mutant makes of it. */
bool mutant_apply(const struct mutant_site *site, bool value);

/* Aligned by hand: x86 compilers would round sites up, and leave holes in the array. */
#ifdef __clang_analyzer__
#define V(cond) (cond) /* what holds behind it holds in every run but a mutant's */
#else
#define V(cond)                                                                                    \
	({                                                                                         \
		static const struct mutant_site site_ SECTION("mutants") ALIGNED(8)                \
		    USED = { __FILE__, #cond, __LINE__ };                                          \
		mutant_apply(&site_, (cond));                                                      \
	})
#endif

#endif
