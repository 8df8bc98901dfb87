/* SPDX-License-Identifier: BSD-2-Clause */
/* `postern verify`: a piece of evidence, judged from files. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "verify.h"

#define EVIDENCE_MAX (1u << 20)

static void verify_usage(FILE *f)
{
	fputs(
	    "usage: postern verify EVIDENCE [OPTION...]\n"
	    "\n"
	    "EVIDENCE is a CCA token, an SNP report (certificates may follow it), a TDX quote or\n"
	    "a TDX report, as the platform gave it; - is the standard input.\n"
	    "\n"
	    "  --report-data HEX   64 bytes that the evidence must carry\n"
	    "  --challenge HEX     or: the 64 bytes that were asked with, and\n"
	    "    --kind KIND       the kind of image that must have answered (probe, workload)\n"
	    "    --key FILE|HEX    the key it must have bound into the evidence\n"
	    "  --expect FILE       \"name: value\" lines, as postern measure prints them\n"
	    "  --log FILE          event log; must replay to the registers\n"
	    "  --certs FILE        certificate table of an SNP report\n"
	    "  --roots DIR|FILE    trusted certificates and keys, CRLs, collateral\n"
	    "  --allow-debug       evidence of a guest that can be debugged is good, too\n"
	    "  --require WORD,...  what --roots may lack otherwise: a row with this word in its\n"
	    "                      name must be ok, and none may be unchecked (chain, tcb, crl)\n"
	    "  --at SECONDS        certificates' validity at that time, since 1970\n"
	    "  --json              for programs\n"
	    "\n"
	    "exit codes: 0 all that was asked for holds; 2 wrong usage; 4 a file cannot be read;\n"
	    "  10 malformed    11 signature  12 binding  13 chain  14 freshness  15 kind\n"
	    "  16 measurement  17 policy     18 tcb      19 log    20 nothing failed, but\n"
	    "  something that was asked for could not be checked\n"
	    "Of several failures the first in this order is the reason.\n",
	    f);
}

struct job {
	const char *evidence, *challenge, *report_data, *kind, *key, *expect, *log, *certs, *roots;
	const char *require;
	bool allow_debug, json;
	time_t at;
};

/* What the input's pointers lead to. */
struct material {
	u8 challenge[REPORT_DATA_SIZE], report_data[REPORT_DATA_SIZE];
	struct bytes evidence, key, log, certs;
	struct roots roots;
	struct expect expect;
};

static int refuse(int code, const char *what, const char *of, const char *why)
{
	fprintf(stderr, "postern: %s %s: %s\n", what, of, why);
	return code;
}

static int load(const char *path, const char *what, struct bytes *out)
{
	if (path == NULL)
		return EXIT_PASS;
	*out = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, EVIDENCE_MAX);
	return out->data != NULL ? EXIT_PASS
				 : refuse(EXIT_ENVIRONMENT, what, path, strerror(errno));
}

/* A file of that name, or else the key itself. */
static int load_key(const char *key, struct bytes *out)
{
	size_t n = key != NULL ? strlen(key) / 2 : 0;
	u8 *data;

	if (key == NULL)
		return EXIT_PASS;
	*out = file_read(key, EVIDENCE_MAX);
	if (out->data != NULL)
		return EXIT_PASS;
	data = malloc(n + 1);
	if (data == NULL || n == 0 || !hex_parse(key, data, n)) {
		free(data);
		return refuse(EXIT_USAGE, "--key", key, "no such file, and not hexadecimal");
	}
	*out = (struct bytes){ data, n };
	return EXIT_PASS;
}

static int load_64(const char *hex, const char *option, u8 out[REPORT_DATA_SIZE])
{
	if (hex == NULL || hex_parse(hex, out, REPORT_DATA_SIZE))
		return EXIT_PASS;
	return refuse(EXIT_USAGE, option, hex, "not 64 bytes in hexadecimal");
}

static int load_all(const struct job *j, struct material *m)
{
	int code = load(j->evidence, "evidence", &m->evidence);

	if (code == EXIT_PASS)
		code = load(j->log, "event log", &m->log);
	if (code == EXIT_PASS)
		code = load(j->certs, "certificates", &m->certs);
	if (code == EXIT_PASS)
		code = load_key(j->key, &m->key);
	if (code == EXIT_PASS)
		code = load_64(j->challenge, "--challenge", m->challenge);
	if (code == EXIT_PASS)
		code = load_64(j->report_data, "--report-data", m->report_data);
	if (code != EXIT_PASS)
		return code;
	if (j->expect != NULL && !expect_load(&m->expect, j->expect))
		return refuse(EXIT_ENVIRONMENT, "expectations", j->expect, m->expect.error);
	if (j->roots != NULL && !roots_load(&m->roots, j->roots))
		return refuse(EXIT_ENVIRONMENT, "roots", j->roots, strerror(errno));
	return EXIT_PASS;
}

static void free_all(struct material *m)
{
	free((void *)m->evidence.data);
	free((void *)m->log.data);
	free((void *)m->certs.data);
	free((void *)m->key.data);
	roots_free(&m->roots);
}

/* Rows with the word in their name: one of them good, and none left unchecked. */
static void require_word(struct verify_result *r, const char *word)
{
	bool good = false, unchecked = false;

	for (size_t i = 0; i < r->n; i++) {
		if (strcasestr(r->row[i].name, word) == NULL)
			continue;
		good |= r->row[i].state == ROW_OK;
		unchecked |= r->row[i].state == ROW_NOT_CHECKED;
	}
	if (!good || unchecked)
		verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, word, "required, and not checked");
}

static void require_all(struct verify_result *r, const char *list)
{
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ",");
		char word[32];

		snprintf(word, sizeof(word), "%.*s", (int)MIN(n, sizeof(word) - 1), list);
		if (n > 0)
			require_word(r, word);
		list += n + (list[n] == ',');
	}
}

static int verify_files(const struct job *j, const struct material *m)
{
	struct verify_input in = {
		.evidence = m->evidence,
		.certificates = m->certs,
		.log = m->log,
		.report_data = j->report_data != NULL ? m->report_data : NULL,
		.challenge = j->challenge != NULL ? m->challenge : NULL,
		.kind = j->kind,
		.key = m->key,
		.roots = j->roots != NULL ? &m->roots : NULL,
		.expect = j->expect != NULL ? &m->expect : NULL,
		.allow_debug = j->allow_debug,
		.now = j->at,
	};
	struct verify_result r;

	verify_evidence(&in, &r);
	require_all(&r, j->require);
	(j->json ? verify_json : verify_print)(stdout, &r);
	return (int)r.reason;
}

static bool parse_time(const char *text, time_t *t)
{
	char *end;
	long long v = strtoll(text, &end, 10);

	*t = (time_t)v;
	return v > 0 && *end == '\0';
}

/* -1: go on, else the exit code. */
static int parse(int argc, char **argv, struct job *j)
{
	static const struct option options[] = {
		{ "report-data", required_argument, NULL, 'd' },
		{ "challenge", required_argument, NULL, 'c' },
		{ "kind", required_argument, NULL, 'k' },
		{ "key", required_argument, NULL, 'y' },
		{ "expect", required_argument, NULL, 'e' },
		{ "log", required_argument, NULL, 'l' },
		{ "certs", required_argument, NULL, 's' },
		{ "roots", required_argument, NULL, 'r' },
		{ "require", required_argument, NULL, 'q' },
		{ "at", required_argument, NULL, 't' },
		{ "allow-debug", no_argument, NULL, 'g' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		const char **texts[] = {
			['d'] = &j->report_data, ['c'] = &j->challenge, ['k'] = &j->kind,
			['y'] = &j->key,         ['e'] = &j->expect,    ['l'] = &j->log,
			['s'] = &j->certs,       ['r'] = &j->roots,     ['q'] = &j->require,
		};

		if (c == 'h') {
			verify_usage(stdout);
			return EXIT_PASS;
		} else if (c == 'g') {
			j->allow_debug = true;
		} else if (c == 'j') {
			j->json = true;
		} else if (c == 't') {
			if (!parse_time(optarg, &j->at))
				return refuse(EXIT_USAGE, "--at", optarg, "not seconds since 1970");
		} else if (c == '?') {
			return EXIT_USAGE;
		} else {
			*texts[c] = optarg;
		}
	}
	if (optind + 1 != argc)
		return refuse(EXIT_USAGE, "verify", "EVIDENCE", "give one file; --help tells more");
	j->evidence = argv[optind];
	return -1;
}

static int consistent(const struct job *j)
{
	if (j->challenge != NULL && j->report_data != NULL)
		return refuse(EXIT_USAGE, "--challenge", "and --report-data", "one of them");
	if ((j->challenge != NULL) != (j->kind != NULL))
		return refuse(EXIT_USAGE, "--challenge", "and --kind", "one needs the other");
	if (j->key != NULL && j->challenge == NULL)
		return refuse(EXIT_USAGE, "--key", j->key, "needs --challenge and --kind");
	return EXIT_PASS;
}

int cmd_verify(int argc, char **argv)
{
	struct material *m = calloc(1, sizeof(*m));
	struct job j = { 0 };
	int code = m != NULL ? parse(argc, argv, &j) : EXIT_ENVIRONMENT;

	if (code == -1) {
		code = consistent(&j);
		if (code == EXIT_PASS)
			code = load_all(&j, m);
		if (code == EXIT_PASS)
			code = verify_files(&j, m);
		free_all(m);
	}
	free(m);
	return code;
}
