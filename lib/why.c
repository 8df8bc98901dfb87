/* SPDX-License-Identifier: BSD-2-Clause */
#include "why.h"

#include <stdarg.h>

#include "print.h"

const struct why_code *why_find(const struct why_code *table, size_t n, u64 code)
{
	size_t i = 0;

	while (i < n - 1 && table[i].code != code)
		i++;
	return &table[i];
}

static size_t append(struct why *w, size_t at, const char *s)
{
	for (; *s != '\0' && at < WHY_SIZE - 1; s++)
		w->text[at++] = *s;
	w->text[at] = '\0';
	return at;
}

enum status why_set(struct why *w, enum status st, const char *look, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = (size_t)vsnprint(w->text, WHY_SIZE, fmt, ap);
	va_end(ap);
	n = append(w, MIN(n, WHY_SIZE - 1), "; look: ");
	append(w, n, look);
	return st;
}
