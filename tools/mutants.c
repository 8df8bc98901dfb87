/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every validation condition of the model, dropped or negated, must be noticed by something: by the
 * probe in a boot, or, where only a hostile host could reach the condition, by a native test.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "matrix.h"

/* ---- native tests ---- */

/* A mutant may loop for ever; a core file of each that aborts would only cost time. */
static void native_limits(void)
{
	const struct rlimit seconds = { 10, 10 }, none = { 0, 0 };

	setrlimit(RLIMIT_CPU, &seconds);
	setrlimit(RLIMIT_CORE, &none);
}

/* The command's exit status is 0. `name` is the mutant's, NULL for none. */
static bool native_passes(const char *command, const char *name)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		native_limits();
		if (name != NULL)
			setenv("MUTANT", name, 1);
		else
			unsetenv("MUTANT");
		if (freopen("/dev/null", "w", stdout) != NULL &&
		    freopen("/dev/null", "w", stderr) != NULL)
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/* A test that fails by itself would kill every mutant. */
static bool natives_sound(const struct matrix *m)
{
	for (size_t i = 0; i < m->natives; i++) {
		if (native_passes(m->native[i], NULL))
			continue;
		fprintf(stderr, "postern mutants: fails without a mutant: %s\n", m->native[i]);
		return false;
	}
	return true;
}

/* What killed the last mutant likely kills the next one, a line further down. */
static const char *native_killer(const struct matrix *m, const char *name)
{
	unsigned first = *m->killer;

	for (unsigned i = 0; i < m->natives; i++) {
		unsigned k = i == 0 ? first : i - (i <= first);

		if (native_passes(m->native[k], name))
			continue;
		*m->killer = k;
		return m->native[k];
	}
	return NULL;
}

/* ---- reasons ---- */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* "file.c condition: reason" names this condition; NULL or the reason. */
static const char *reason_of(const char *line, const struct mutant_site *site)
{
	const char *file = base_name(site->file);
	size_t n = strlen(file), c = strlen(site->condition);

	if (strncmp(line, file, n) != 0 || line[n] != ' ' ||
	    strncmp(line + n + 1, site->condition, c) != 0 ||
	    strncmp(line + n + 1 + c, ": ", 2) != 0)
		return NULL;
	return line + n + c + 3;
}

static bool reason_find(const struct matrix *m, const struct mutant_site *site, char *out,
			size_t size)
{
	char line[512];
	bool found = false;
	FILE *f = m->reasons != NULL ? fopen(m->reasons, "r") : NULL;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		const char *reason;

		line[strcspn(line, "\n")] = '\0';
		reason = reason_of(line, site);
		found = reason != NULL;
		if (found)
			snprintf(out, size, "%s", reason);
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* A reason for a condition that is no more would excuse the next one written like it. */
static bool reasons_current(const struct matrix *m, const struct channel *c)
{
	char line[512];
	bool ok = true;
	FILE *f;

	if (m->reasons == NULL)
		return true;
	f = fopen(m->reasons, "r");
	if (f == NULL) {
		fprintf(stderr, "postern mutants: cannot read %s\n", m->reasons);
		return false;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		bool known = line[0] == '#' || line[0] == '\n';

		for (size_t i = 0; i < c->site_count && !known; i++)
			known = reason_of(line, &c->site[i]) != NULL;
		if (!known)
			fprintf(stderr, "postern mutants: %s: no such condition: %s", m->reasons,
				line);
		ok &= known;
	}
	fclose(f);
	return ok;
}

/* ---- one mutant ---- */
static enum matrix_outcome survived(const struct matrix *m, const struct mutant_site *site,
				    const char *what)
{
	char reason[512];

	if (!reason_find(m, site, reason, sizeof(reason))) {
		printf("SURVIVED - %s\n", what);
		return MATRIX_BAD;
	}
	printf("survived - %s: %s\n", what, reason);
	return MATRIX_REASON;
}

static enum matrix_outcome mutant_item(const struct matrix *m, size_t i)
{
	const struct mutant_site *site = &m->site[m->item[i].mutant - 1];
	const char *op = m->item[i].negate ? "negate" : "drop", *killer;
	struct run_spec s = m->spec;
	struct run_result *r = calloc(1, sizeof(*r));
	enum matrix_outcome outcome = MATRIX_NATIVE;
	char name[128], what[400];

	if (r == NULL)
		return MATRIX_BAD;
	snprintf(name, sizeof(name), "%s:%u:%s", site->file, site->line, op);
	snprintf(what, sizeof(what), "mutant %u %s %s", m->item[i].mutant, name, site->condition);
	/* Natively first: milliseconds instead of a boot. */
	killer = native_killer(m, name);
	if (killer != NULL) {
		printf("killed natively - %s: %s\n", what, base_name(killer));
	} else {
		s.mutant = m->item[i].mutant;
		s.mutant_negate = m->item[i].negate;
		run_once(&s, r);
		outcome = r->code != EXIT_PASS ? MATRIX_GOOD : survived(m, site, what);
		if (outcome == MATRIX_GOOD)
			printf("killed - %s: %s\n", what, r->reason);
	}
	fflush(stdout);
	free(r);
	return outcome;
}

/* ---- all of them ---- */
/* Begins the file's name with one of the comma-separated words? */
static bool skipped(const char *list, const char *file)
{
	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");

		if (len != 0 && strncmp(file, p, len) == 0)
			return true;
		p += len + (p[len] == ',');
	}
	return false;
}

static void mutants_choose(struct matrix *m, const struct channel *c)
{
	char number[16];

	m->site = c->site;
	for (unsigned n = 1; n <= c->site_count; n++) {
		snprintf(number, sizeof(number), "%u", n);
		if (m->only != NULL && !list_has(m->only, number))
			continue;
		if (m->skip != NULL && skipped(m->skip, c->site[n - 1].file))
			continue;
		for (int negate = 0; negate < 2 && m->n < MATRIX_MAX; negate++) {
			m->item[m->n].mutant = n;
			m->item[m->n++].negate = negate != 0;
		}
	}
}

static int mutants_run(const struct matrix *m)
{
	size_t outcome[MATRIX_OUTCOMES], ran = matrix_run(m, mutant_item, outcome);
	size_t killed = outcome[MATRIX_GOOD] + outcome[MATRIX_NATIVE];

	if (ran < m->n)
		printf("# a sample: %zu of %zu mutants\n", ran, m->n);
	if (m->skip != NULL)
		printf("# judged by the run of another host: %s\n", m->skip);
	printf("mutants: %zu run, %zu killed by boot, %zu natively; %zu survived, %zu of them "
	       "without a reason (%zu%% killed)\n",
	       ran, outcome[MATRIX_GOOD], outcome[MATRIX_NATIVE], ran - killed, outcome[MATRIX_BAD],
	       ran != 0 ? killed * 100 / ran : 0);
	return killed * 10 >= ran * 9 && outcome[MATRIX_BAD] == 0 ? EXIT_PASS : EXIT_FAILED;
}

/* The run without a mutant must pass, and it names the mutants there are. */
static int mutants_base(const struct matrix *m, struct run_result *base)
{
	struct run_spec s = m->spec;

	s.list_mutants = true;
	run_once(&s, base);
	if (base->code != EXIT_PASS) {
		fprintf(stderr, "postern mutants: the run without a mutant fails: %s\n",
			base->reason);
		return (int)base->code;
	}
	if (base->channel.site_count == 0 ||
	    base->channel.site_count != base->channel.mutant_sites) {
		fprintf(stderr, "postern mutants: the host has %u and named %zu\n",
			base->channel.mutant_sites, base->channel.site_count);
		return EXIT_INCOMPLETE;
	}
	if (!natives_sound(m) || !reasons_current(m, &base->channel))
		return EXIT_FAILED;
	return EXIT_PASS;
}

int cmd_mutants(int argc, char **argv)
{
	struct matrix *m = calloc(1, sizeof(*m));
	struct run_result *base = calloc(1, sizeof(*base));
	int code = EXIT_ENVIRONMENT;

	if (m == NULL || base == NULL)
		goto out;
	m->killer = mmap(NULL, sizeof(*m->killer), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->killer == MAP_FAILED)
		goto out;
	code = matrix_options(argc, argv, m, "mutant numbers");
	if (code == EXIT_PASS) {
		code = mutants_base(m, base);
		if (code == EXIT_PASS) {
			mutants_choose(m, &base->channel);
			code = mutants_run(m);
		}
	} else if (code == -1) {
		code = EXIT_PASS;
	}
out:
	free(base);
	free(m);
	return code;
}
