/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many runs. `faults`: with a fault on, exactly the checks that judge or need a rule it breaks go
 * red; that set follows from the rule ids and is never recorded from a run. `mutants`: every
 * validation condition of the model dropped or negated must be noticed by something.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern.h"

#define MATRIX_MAX 2048

struct matrix {
	struct run_spec spec;
	unsigned jobs, sample;
	const char *only; /* comma list of names or numbers */
	size_t n;
	struct {
		const struct fault_info *fault;
		unsigned mutant;
		bool negate;
	} item[MATRIX_MAX];
};

/* ---- judging one fault ---- */
struct verdict {
	char text[1024];
	size_t n;
	unsigned expected, wrong;
};

static void say(struct verdict *v, const char *fmt, ...) FORMAT_PRINTF(2, 3);
static void say(struct verdict *v, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(v->text + v->n, sizeof(v->text) - v->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		v->n = MIN(v->n + (size_t)n, sizeof(v->text) - 1);
}

static bool red(const struct run_result *r, const struct check *c)
{
	/* A check that never came back is as red as one that says so. */
	return ktap_outcome(&r->ktap, c->id) == KTAP_NOT_OK || strcmp(r->ktap.running, c->id) == 0;
}

static void judge_fault(const struct fault_info *f, const struct run_result *r, struct verdict *v)
{
	for (size_t i = 0; i < checks_count; i++) {
		const struct check *c = &checks[i];
		bool want = fault_reddens(f, c);

		if (!check_runs_on_cca(c))
			continue;
		v->expected += want;
		if (want == red(r, c))
			continue;
		v->wrong++;
		say(v, "  %s %s\n", want ? "stayed green:" : "went red without cause:", c->id);
	}
}

static bool terminal_red(const struct run_spec *base, const struct check *c)
{
	static const char *const ends[] = { "none", "off", "reset", "stuck" };
	struct run_spec s = *base;
	struct run_result *r = calloc(1, sizeof(*r));
	bool ended_as_told;

	if (r == NULL)
		return false;
	s.probe = c->id;
	run_once(&s, r);
	ended_as_told = strcmp(r->channel.verdict, ends[c->end]) == 0 && r->ktap.fail == 0;
	free(r);
	return !ended_as_told;
}

static bool fault_run(const struct run_spec *base, const struct fault_info *f)
{
	struct run_spec s = *base;
	struct run_result *r = calloc(1, sizeof(*r));
	struct verdict v = { .n = 0 };
	unsigned terminal = 0;

	if (r == NULL)
		return false;
	s.fault = f->name;
	run_once(&s, r);
	judge_fault(f, r, &v);
	for (size_t i = 0; i < checks_count; i++) {
		if (checks[i].class != CHECK_TERMINAL || !fault_reddens(f, &checks[i]))
			continue;
		terminal++;
		if (!terminal_red(&s, &checks[i])) {
			v.wrong++;
			say(&v, "  stayed green: %s\n", checks[i].id);
		}
	}
	if (v.expected + terminal == 0) {
		v.wrong++;
		say(&v, "  no check judges the rules it breaks (%s)\n", f->rules);
	}
	if (terminal == 0 && r->code == EXIT_PASS) {
		v.wrong++;
		say(&v, "  the run as a whole passed\n");
	}
	printf("%s - fault %s (%u red expected; %s)\n%s", v.wrong ? "not ok" : "ok", f->name,
	       v.expected + terminal, r->reason, v.wrong ? v.text : "");
	fflush(stdout);
	free(r);
	return v.wrong == 0;
}

/* ---- mutants ---- */
static bool mutant_run(const struct run_spec *base, unsigned n, bool negate)
{
	struct run_spec s = *base;
	struct run_result *r = calloc(1, sizeof(*r));
	bool killed;

	if (r == NULL)
		return false;
	s.mutant = n;
	s.mutant_negate = negate;
	run_once(&s, r);
	killed = r->code != EXIT_PASS;
	printf("%s - mutant %s%s%s\n", killed ? "killed" : "SURVIVED",
	       r->channel.mutant[0] ? r->channel.mutant : "(host did not name it)",
	       killed ? ": " : "", killed ? r->reason : "");
	fflush(stdout);
	free(r);
	return killed;
}

/* ---- running them, some at a time ---- */
static bool item_run(const struct matrix *m, size_t i)
{
	if (m->item[i].fault != NULL)
		return fault_run(&m->spec, m->item[i].fault);
	return mutant_run(&m->spec, m->item[i].mutant, m->item[i].negate);
}

static unsigned matrix_run(const struct matrix *m, size_t *ran)
{
	unsigned running = 0, bad = 0;
	size_t step = m->sample != 0 && m->sample < m->n ? m->n / m->sample : 1;
	int status;

	*ran = 0;
	fflush(NULL);
	for (size_t i = 0; i < m->n || running > 0;) {
		if (i < m->n && running < m->jobs) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(item_run(m, i) ? 0 : 1);
			running += pid > 0;
			bad += pid < 0;
			i += step;
			(*ran)++;
			continue;
		}
		if (wait(&status) > 0) {
			running--;
			bad += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
		}
	}
	return bad;
}

static void matrix_usage(FILE *f, const char *cmd, const char *what)
{
	fprintf(f,
		"usage: postern %s [--jobs N] [--sample N] [--only LIST] [-- RUN-OPTION...]\n"
		"\n"
		"  --jobs N     machines at a time (2)\n"
		"  --sample N   about N of them, spread evenly\n"
		"  --only LIST  only these %s, comma-separated\n"
		"  run options as of `postern run`, after --\n",
		cmd, what);
}

/* Own options first, the rest belongs to run_options(). */
static int matrix_options(int argc, char **argv, struct matrix *m, const char *what)
{
	const char *hosts = "cca";
	int i = 1, code;

	spec_defaults(&m->spec);
	m->spec.quiet = true;
	/* A run without a fault needs a tenth of this; one that hangs should not hold the rest up.
	 */
	m->spec.exits = 400000;
	m->spec.insns = 8000000000ULL;
	m->jobs = 2;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		bool last = i + 1 == argc;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			matrix_usage(stdout, argv[0], what);
			return -1;
		}
		if (strcmp(argv[i], "--jobs") == 0 && !last) {
			m->jobs = (unsigned)strtoul(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--sample") == 0 && !last) {
			m->sample = (unsigned)strtoul(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--only") == 0 && !last) {
			m->only = argv[++i];
		} else {
			fprintf(stderr, "postern %s: I do not know '%s'\n", argv[0], argv[i]);
			matrix_usage(stderr, argv[0], what);
			return EXIT_USAGE;
		}
	}
	if (m->jobs == 0)
		m->jobs = 1;
	if (i < argc) {
		code = run_options(argc - i, argv + i, &m->spec, &hosts);
		if (code != EXIT_PASS || strcmp(hosts, "cca") != 0)
			return code > 0 ? code : EXIT_USAGE;
	}
	return EXIT_PASS;
}

static int closing(const char *what, unsigned bad, size_t ran, size_t total)
{
	if (ran < total)
		printf("# a sample: %zu of %zu %s\n", ran, total, what);
	printf("%zu passed, %u failed\n", ran - bad, bad);
	return bad == 0 ? EXIT_PASS : EXIT_FAILED;
}

int cmd_faults(int argc, char **argv)
{
	struct matrix *m = calloc(1, sizeof(*m));
	unsigned bad;
	size_t ran;
	int code;

	if (m == NULL)
		return EXIT_ENVIRONMENT;
	code = matrix_options(argc, argv, m, "faults");
	if (code != EXIT_PASS) {
		free(m);
		return code == -1 ? EXIT_PASS : code;
	}
	for (size_t i = 0; i < fault_count && m->n < MATRIX_MAX; i++)
		if (m->only == NULL || list_has(m->only, faults[i].name))
			m->item[m->n++].fault = &faults[i];
	if (m->n == 0) {
		fprintf(stderr, "postern faults: no fault of that name; postern list --faults\n");
		free(m);
		return EXIT_USAGE;
	}
	bad = matrix_run(m, &ran);
	code = closing("faults", bad, ran, m->n);
	free(m);
	return code;
}

int cmd_mutants(int argc, char **argv)
{
	struct matrix *m = calloc(1, sizeof(*m));
	struct run_result *base = calloc(1, sizeof(*base));
	unsigned survived;
	size_t ran;
	char number[16];
	int code = EXIT_ENVIRONMENT;

	if (m == NULL || base == NULL)
		goto out;
	code = matrix_options(argc, argv, m, "mutant numbers");
	if (code != EXIT_PASS) {
		code = code == -1 ? EXIT_PASS : code;
		goto out;
	}
	run_once(&m->spec, base);
	if (base->code != EXIT_PASS) {
		fprintf(stderr, "postern mutants: the run without a mutant fails: %s\n",
			base->reason);
		code = base->code;
		goto out;
	}
	for (unsigned n = 1; n <= base->channel.mutant_sites; n++) {
		snprintf(number, sizeof(number), "%u", n);
		if (m->only != NULL && !list_has(m->only, number))
			continue;
		for (int negate = 0; negate < 2 && m->n < MATRIX_MAX; negate++) {
			m->item[m->n].mutant = n;
			m->item[m->n++].negate = negate != 0;
		}
	}
	survived = matrix_run(m, &ran);
	printf("mutants: %zu run, %zu killed, %u survived (%zu%%)\n", ran, ran - survived, survived,
	       ran ? (ran - survived) * 100 / ran : 0);
	code = (ran - survived) * 10 >= ran * 9 ? EXIT_PASS : EXIT_FAILED;
out:
	free(base);
	free(m);
	return code;
}
