/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which checks run: a list of globs, "rsi.*,-*.slow". The list comes from an unmeasured channel, so
 * all it can do is choose. Pure C, linked by guest and tool, so that both mean the same.
 */
#include "probe.h"

/* '*' any run, '?' one character. Backtracks to the last star only: quadratic, never exponential.
 */
static bool glob(const char *p, size_t n, const char *s)
{
	size_t at = 0, star = n;
	const char *resume = s;

	while (*s != '\0') {
		if (at < n && p[at] == '*') {
			star = at++;
			resume = s;
		} else if (at < n && (p[at] == '?' || p[at] == *s)) {
			at++;
			s++;
		} else if (star < n) {
			at = star + 1;
			s = ++resume;
		} else {
			return false;
		}
	}
	while (at < n && p[at] == '*')
		at++;
	return at == n;
}

static bool has_wildcard(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '*' || p[i] == '?')
			return true;
	return false;
}

/* Ending the VM, or putting a host at risk, must have been asked for by name. */
static bool by_name_only(enum check_class class)
{
	return class == CHECK_TERMINAL || class == CHECK_DANGEROUS;
}

bool probe_selected(const char *list, const char *id, enum check_class class)
{
	bool selected = !by_name_only(class);
	bool first = true;

	if (list == NULL)
		return selected;
	while (*list != '\0') {
		bool negative = *list == '-';
		size_t n = 0;

		if (negative)
			list++;
		while (list[n] != '\0' && list[n] != ',')
			n++;
		if (n > 0) {
			/* A list that starts by choosing starts from nothing; one that starts by
			 * leaving out starts from everything. */
			if (first && !negative)
				selected = false;
			first = false;
			if (glob(list, n, id) &&
			    (negative || !by_name_only(class) || !has_wildcard(list, n)))
				selected = !negative;
		}
		list += n;
		if (*list == ',')
			list++;
	}
	return selected;
}
