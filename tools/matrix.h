/* SPDX-License-Identifier: BSD-2-Clause */
/* Many runs, some at a time: what faults and mutants share. */
#ifndef MATRIX_H
#define MATRIX_H

#include "postern.h"

#define MATRIX_MAX     2048
#define MATRIX_NATIVES 64

/* The exit code of an item's process. */
enum matrix_outcome {
	MATRIX_GOOD = 0, /* as it should be; of mutants: a boot noticed it */
	MATRIX_BAD = 1,  /* not so, or the run itself failed */
	MATRIX_NATIVE,   /* mutants: a native test noticed it */
	MATRIX_REASON,   /* mutants: survived, and the reason is on file */
	MATRIX_OUTCOMES
};

struct matrix {
	struct run_spec spec;
	enum host_kind host[HOST_KINDS];
	size_t hosts;
	unsigned jobs, sample;
	const char *only;                   /* comma list of names or numbers */
	const char *native[MATRIX_NATIVES]; /* mutants: shell commands */
	size_t natives;
	unsigned *killer;               /* mutants: the native that killed last, of all processes */
	const char *skip;               /* mutants: sources another run judges, or NULL */
	const char *reasons;            /* mutants: file, or NULL */
	const struct mutant_site *site; /* mutants: by number - 1 */
	size_t n;
	struct {
		const struct fault_info *fault;
		unsigned mutant;
		bool negate;
	} item[MATRIX_MAX];
};

typedef enum matrix_outcome (*matrix_item)(const struct matrix *m, size_t i);

/* EXIT_PASS, -1 after --help, or an exit code (prints why). */
int matrix_options(int argc, char **argv, struct matrix *m, const char *what);
/* Runs all items, or the sample, each in a process of its own; returns how many. */
size_t matrix_run(const struct matrix *m, matrix_item run, size_t outcome[MATRIX_OUTCOMES]);

#endif
