/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples of other projects, read where they lie: $VECTORS, by default beside the repository.
 * Include after cmocka.h. A test without its vectors is SKIP, with the reason.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_MAX 65536

static inline const char *vectors_path(const char *name)
{
	static char path[4096];
	const char *dir = getenv("VECTORS");

	snprintf(path, sizeof(path), "%s/%s", dir != NULL ? dir : "../shared/vectors", name);
	return path;
}

/* Bytes read, 0 when there is no such file. */
static inline size_t read_file(const char *path, unsigned char *buf, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return 0;
	n = fread(buf, 1, cap, f);
	assert_true(feof(f) || n < cap);
	fclose(f);
	return n;
}

#define SKIP_WITHOUT(path)                                                                         \
	do {                                                                                       \
		print_message("# SKIP %s is not there\n", (path));                                 \
		skip();                                                                            \
	} while (0)

#endif
