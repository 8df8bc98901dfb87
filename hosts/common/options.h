/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "key=value" lines, '#' comments, into a struct, by a table. Whatever is not understood is an
 * error: a misspelt fault that is silently ignored would make a red run look green.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include "status.h"
#include "types.h"

enum option_kind {
	OPTION_U64,
	OPTION_SIZE, /* u64 with K, M, G */
	OPTION_UINT,
	OPTION_BOOL,   /* named by two choices */
	OPTION_CHOICE, /* an enum: position in choices */
	OPTION_TEXT,
};

struct option {
	const char *key;
	enum option_kind kind;
	size_t offset;       /* of the field in the struct */
	u64 min, max;        /* numbers; OPTION_TEXT: max = bytes of the buffer */
	const char *choices; /* "a|b|c" */
};

#define OPTIONS_MAX 32

struct options {
	const struct option *list;
	size_t count; /* at most OPTIONS_MAX */
};

/* Keys that are not given leave *out as it was. On failure `error` says what is wrong with which
 * line. */
enum status options_parse(const struct options *t, const char *text, size_t size, void *out,
			  char *error, size_t error_size);

#endif
