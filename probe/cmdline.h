/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's command line: words separated by blanks, from a channel nobody measured. */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "types.h"

struct word {
	const char *s; /* not terminated; NULL: absent */
	size_t n;
};

/* The next word at *at, which moves behind it; n == 0 at the end. */
struct word cmdline_next(const char **at);
bool word_is(struct word w, const char *text);
bool word_starts(struct word w, const char *prefix);
/* What follows `key` ("accept=") in the last word that starts with it. */
struct word cmdline_value(const char *cmdline, const char *key);

#endif
