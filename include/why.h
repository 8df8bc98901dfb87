/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reason for people (lib/why.c): what was asked and what came back, and where to look for the
 * cause. One line, in a buffer of its owner's; whoever calls it sees to it that there is one caller
 * at a time.
 */
#ifndef WHY_H
#define WHY_H

#include "status.h"
#include "types.h"

#define WHY_SIZE 512u

struct why {
	char text[WHY_SIZE]; /* empty: nothing failed */
};

/* What one code of an interface is called, and where to look when it comes. */
struct why_code {
	u64 code;
	const char *name, *look;
};

/* Never NULL: a code the table lacks is that of its last entry, which says so. */
const struct why_code *why_find(const struct why_code *table, size_t n, u64 code);

/* text = "<fmt>; look: <look>"; returns st. */
enum status why_set(struct why *w, enum status st, const char *look, const char *fmt, ...)
    FORMAT_PRINTF(4, 5);

#endif
