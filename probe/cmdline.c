/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmdline.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct word cmdline_next(const char **at)
{
	struct word w = { NULL, 0 };

	while (is_blank(**at))
		(*at)++;
	w.s = *at;
	while ((*at)[0] != '\0' && !is_blank((*at)[0]))
		(*at)++;
	w.n = (size_t)(*at - w.s);
	return w;
}

bool word_starts(struct word w, const char *prefix)
{
	for (size_t i = 0; prefix[i] != '\0'; i++)
		if (i == w.n || w.s[i] != prefix[i])
			return false;
	return true;
}

bool word_is(struct word w, const char *text)
{
	for (size_t i = 0; i < w.n; i++)
		if (text[i] == '\0' || text[i] != w.s[i])
			return false;
	return w.s != NULL && text[w.n] == '\0';
}

struct word cmdline_value(const char *cmdline, const char *key)
{
	struct word value = { NULL, 0 };
	const char *at = cmdline;
	size_t n = 0;

	while (key[n] != '\0')
		n++;
	for (struct word w = cmdline_next(&at); w.n > 0; w = cmdline_next(&at)) {
		if (word_starts(w, key)) {
			value.s = w.s + n;
			value.n = w.n - n;
		}
	}
	return value;
}
