/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many runs. `faults`: with a fault on, exactly the checks that judge or need a rule it breaks go
 * red; that set follows from the rule ids and is never recorded from a run.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "matrix.h"

#define REFERENCE_HOSTS "cca,snp,tdx,pkvm,pkvm-android"

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

		if (!check_runs_on(c, f->host))
			continue;
		v->expected += want;
		if (want == red(r, c))
			continue;
		v->wrong++;
		say(v, "  %s %s\n", want ? "stayed green:" : "went red without cause:", c->id);
	}
}

static bool terminal_red(const struct run_spec *s, const struct check *c)
{
	struct run_result *r = calloc(1, sizeof(*r));
	bool held;

	if (r == NULL)
		return false;
	held = run_terminal(s, c, r);
	free(r);
	return !held;
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
	s.host = f->host;
	/* Narrower than the CPU's addresses: only then is anything beyond it. */
	if (f->host == HOST_TDX && s.gpaw == 0)
		s.gpaw = 48;
	/* What is promised there can be seen there only. */
	if (strstr(f->rules, "PKVM-FW-") != NULL)
		s.pvmfw = true;
	run_once(&s, r);
	judge_fault(f, r, &v);
	for (size_t i = 0; i < checks_count; i++) {
		if (checks[i].class != CHECK_TERMINAL || !check_applies_to(&checks[i], f->host) ||
		    !fault_reddens(f, &checks[i]))
			continue;
		terminal++;
		if (!terminal_red(&s, &checks[i])) {
			v.wrong++;
			say(&v, "  stayed green: %s\n", checks[i].id);
		}
	}
	if (f->rules[0] == '\0') {
		/* Something a host may do: it costs, and nothing goes red. */
		if (r->code != EXIT_PASS) {
			v.wrong++;
			say(&v, "  breaks no rule, and the run failed\n");
		}
	} else if (v.expected + terminal == 0) {
		v.wrong++;
		say(&v, "  no check judges the rules it breaks (%s)\n", f->rules);
	}
	if (f->rules[0] != '\0' && terminal == 0 && r->code == EXIT_PASS) {
		v.wrong++;
		say(&v, "  the run as a whole passed\n");
	}
	printf("%s - %s fault %s (%u red expected; %s)\n%s", v.wrong ? "not ok" : "ok",
	       host_name(f->host), f->name, v.expected + terminal, r->reason,
	       v.wrong ? v.text : "");
	fflush(stdout);
	free(r);
	return v.wrong == 0;
}

/* ---- running them, some at a time ---- */
size_t matrix_run(const struct matrix *m, matrix_item run, size_t outcome[MATRIX_OUTCOMES])
{
	size_t want = m->sample != 0 && m->sample < m->n ? m->sample : m->n, ran = 0;
	unsigned running = 0;
	int status;

	memset(outcome, 0, MATRIX_OUTCOMES * sizeof(outcome[0]));
	fflush(NULL);
	while (ran < want || running > 0) {
		if (ran < want && running < m->jobs) {
			pid_t pid = fork();

			if (pid == 0)
				_exit((int)run(m, ran * m->n / want)); /* a sample spreads evenly */
			running += pid > 0;
			outcome[MATRIX_BAD] += pid < 0;
			ran++;
			continue;
		}
		if (wait(&status) > 0) {
			int code = WIFEXITED(status) ? WEXITSTATUS(status) : MATRIX_BAD;

			running--;
			outcome[code < MATRIX_OUTCOMES ? code : MATRIX_BAD]++;
		}
	}
	return ran;
}

static enum matrix_outcome fault_item(const struct matrix *m, size_t i)
{
	return fault_run(&m->spec, m->item[i].fault) ? MATRIX_GOOD : MATRIX_BAD;
}

static void matrix_usage(FILE *f, const char *cmd, const char *what)
{
	fprintf(f,
		"usage: postern %s [OPTION...] [-- RUN-OPTION...]\n"
		"\n"
		"  --jobs N        machines at a time (2)\n"
		"  --sample N      N of them, spread evenly\n"
		"  --only LIST     only these %s, comma-separated\n"
		"%s"
		"  run options as of `postern run`, after --; of --host: %s\n",
		cmd, what,
		strcmp(cmd, "mutants") != 0
		    ? ""
		    : "  --native CMD    shell command tried with "
		      "MUTANT=FILE:LINE:drop|negate set;\n"
		      "                  fails = killed, and no machine is booted "
		      "(repeatable)\n"
		      "  --skip LIST     sources that begin so: the run of another host judges "
		      "them\n"
		      "  --reasons FILE  why survivors survive: FILE CONDITION: "
		      "REASON per line\n",
		strcmp(cmd, "mutants") == 0 ? "one (cca)" : "any (" REFERENCE_HOSTS ")");
}

static bool mutants_option(struct matrix *m, const char *name, const char *value)
{
	if (strcmp(name, "--native") == 0 && m->natives < ARRAY_SIZE(m->native))
		m->native[m->natives++] = value;
	else if (strcmp(name, "--reasons") == 0)
		m->reasons = value;
	else if (strcmp(name, "--skip") == 0)
		m->skip = value;
	else
		return false;
	return true;
}

/* Own options first, the rest belongs to run_options(). */
int matrix_options(int argc, char **argv, struct matrix *m, const char *what)
{
	const char *hosts = strcmp(argv[0], "mutants") == 0 ? "cca" : REFERENCE_HOSTS;
	int i = 1, code = EXIT_PASS;

	spec_defaults(&m->spec);
	m->spec.quiet = true;
	/* A run without a fault needs a tenth of this, more where it waits for devices: they take
	 * the machine's time, which a loaded one has less of. One that hangs should not hold the
	 * rest up.
	 */
	m->spec.exits = 800000;
	m->spec.insns = 24000000000ULL;
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
		} else if (strcmp(argv[0], "mutants") == 0 && !last &&
			   mutants_option(m, argv[i], argv[i + 1])) {
			i++;
		} else {
			fprintf(stderr, "postern %s: I do not know '%s'\n", argv[0], argv[i]);
			matrix_usage(stderr, argv[0], what);
			return EXIT_USAGE;
		}
	}
	if (m->jobs == 0)
		m->jobs = 1;
	if (i < argc)
		code = run_options(argc - i, argv + i, &m->spec, &hosts);
	if (code != EXIT_PASS)
		return code > 0 ? code : EXIT_USAGE;
	if (!host_list(hosts, m->host, &m->hosts))
		return EXIT_USAGE;
	if (m->spec.firmware) {
		fprintf(stderr, "postern %s: a kernel judges nothing; this is for the probe\n",
			argv[0]);
		return EXIT_USAGE;
	}
	for (size_t h = 0; h < m->hosts; h++)
		if (!spec_fits(&m->spec, m->host[h]))
			return EXIT_USAGE;
	m->spec.host = m->host[0];
	return EXIT_PASS;
}

static bool on_host(const struct matrix *m, const struct fault_info *f)
{
	for (size_t i = 0; i < m->hosts; i++)
		if (m->host[i] == f->host)
			return true;
	return false;
}

int cmd_faults(int argc, char **argv)
{
	struct matrix *m = calloc(1, sizeof(*m));
	size_t ran, outcome[MATRIX_OUTCOMES];
	int code;

	if (m == NULL)
		return EXIT_ENVIRONMENT;
	code = matrix_options(argc, argv, m, "faults");
	if (code != EXIT_PASS) {
		free(m);
		return code == -1 ? EXIT_PASS : code;
	}
	for (size_t i = 0; i < fault_count && m->n < MATRIX_MAX; i++)
		if (on_host(m, &faults[i]) &&
		    (m->only == NULL || list_has(m->only, faults[i].name)))
			m->item[m->n++].fault = &faults[i];
	if (m->n == 0) {
		fprintf(stderr, "postern faults: no fault of that name; postern "
				"list --faults\n");
		free(m);
		return EXIT_USAGE;
	}
	ran = matrix_run(m, fault_item, outcome);
	if (ran < m->n)
		printf("# a sample: %zu of %zu faults\n", ran, m->n);
	printf("%zu passed, %zu failed\n", outcome[MATRIX_GOOD], outcome[MATRIX_BAD]);
	code = outcome[MATRIX_GOOD] == ran ? EXIT_PASS : EXIT_FAILED;
	free(m);
	return code;
}
