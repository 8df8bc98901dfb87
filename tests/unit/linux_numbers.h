/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of include/abi/ against those of Linux's own headers, which are read as text. */
#ifndef TESTS_LINUX_NUMBERS_H
#define TESTS_LINUX_NUMBERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "types.h"

#define FOLDER     "/usr/include/linux/"
#define LINE_BYTES 512

/* The number behind the first whole word `name`: of a #define or an enumerator. */
static inline unsigned long number_of(const char *file, const char *name)
{
	char path[128], line[LINE_BYTES], *p, *end;
	unsigned long value;
	FILE *f;

	snprintf(path, sizeof(path), FOLDER "%s", file);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("no %s: package linux-libc-dev", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		p = strstr(line, name);
		if (p == NULL || p == line || strchr("\t ", p[-1]) == NULL)
			continue;
		p += strlen(name);
		p += strspn(p, "\t =(");
		value = strtoul(p, &end, 0);
		if (end == p || p[-1] == name[strlen(name) - 1])
			continue;
		fclose(f);
		return strncmp(end, " << ", 4) == 0 ? value << strtoul(end + 4, NULL, 0) : value;
	}
	fclose(f);
	fail_msg("%s has no %s", path, name);
	return 0;
}

struct number {
	unsigned long ours;
	const char *name;
};

static inline void same(const char *file, const struct number *n, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (number_of(file, n[i].name) != n[i].ours)
			fail_msg("%s: %#lx, ours is %#lx", n[i].name, number_of(file, n[i].name),
				 n[i].ours);
}

#define SAME(file, ...)                                                                            \
	do {                                                                                       \
		static const struct number numbers[] = { __VA_ARGS__ };                            \
		same(file, numbers, ARRAY_SIZE(numbers));                                          \
	} while (0)

#endif
