/* SPDX-License-Identifier: BSD-2-Clause */
/* `postern run`: one boot per host, one more per terminal check, and a table at the end. */
#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attested.h"

struct row {
	enum host_kind host;
	enum exit_code code;
	char reason[256], evidence[32];
	bool report, accepted; /* a report of checks, a line on acceptance: were there any? */
	unsigned pass, fail, skip;
	char policy[16];
	uint64_t calls, continuations, exits_accept, pages_2m, pages_4k, mismatches, bytes;
	char exits[24];     /* to the untrusted host, by the host's count */
	char counters[200]; /* "name guest = host, ..." */
};

static bool colour(void)
{
	return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
}

static void counter_text(void *ctx, const char *name, uint64_t guest, uint64_t host)
{
	struct row *row = ctx;
	size_t n = strlen(row->counters);

	snprintf(row->counters + n, sizeof(row->counters) - n, "%s%s %llu %s %llu", n ? ", " : "",
		 name, (unsigned long long)guest,
		 guest == host ? "=" : "!=", (unsigned long long)host);
}

static uint64_t accept_value(const struct run_result *r, const char *key)
{
	uint64_t v = 0;

	return line_value(r->ktap.accept_line, key, &v) ? v : 0;
}

static void row_fill(struct row *row, const struct run_result *r, bool firmware)
{
	const char *p = strstr(r->ktap.accept_line, "policy=");
	uint64_t exits;

	row->code = r->code;
	snprintf(row->reason, sizeof(row->reason), "%s", r->reason);
	if (r->evidence[0] != '\0')
		snprintf(row->evidence, sizeof(row->evidence), "%s", r->evidence);
	row->report = r->ktap.started;
	row->accepted = r->ktap.accept_line[0] != '\0';
	row->pass = r->ktap.pass;
	row->fail = r->ktap.fail;
	row->skip = r->ktap.skip;
	snprintf(row->policy, sizeof(row->policy), "%.*s", p ? (int)strcspn(p + 7, " ") : 1,
		 p ? p + 7 : "-");
	row->calls = accept_value(r, "calls");
	row->continuations = accept_value(r, "continuations");
	row->exits_accept = accept_value(r, "exits");
	row->pages_2m = accept_value(r, "pages_2m");
	row->pages_4k = accept_value(r, "pages_4k");
	row->mismatches = accept_value(r, "mismatches");
	row->bytes = accept_value(r, "bytes");
	/* A kernel goes on where the firmware has counted. */
	if (!firmware)
		counters_compare(r->ktap.counters_line, &r->channel, counter_text, row);
	if (channel_counter(&r->channel, "host_exits", &exits))
		snprintf(row->exits, sizeof(row->exits), "%llu", (unsigned long long)exits);
}

/* A number nobody gave is no zero. */
static void number_print(int width, bool known, uint64_t value)
{
	if (known)
		printf(" %*llu", width, (unsigned long long)value);
	else
		printf(" %*s", width, "-");
}

static void row_print(const struct row *row, int evidence)
{
	bool report = row->report || row->pass + row->fail + row->skip != 0;

	printf("%-12s", host_name(row->host));
	number_print(5, report, row->pass);
	number_print(5, report, row->fail);
	number_print(5, report, row->skip);
	printf("  %-8s", row->policy);
	number_print(6, row->accepted, row->bytes >> 20);
	number_print(6, row->accepted, row->calls);
	number_print(5, row->accepted, row->exits_accept);
	number_print(5, row->accepted, row->continuations);
	number_print(6, row->accepted, row->pages_2m);
	number_print(6, row->accepted, row->pages_4k);
	number_print(5, row->accepted, row->mismatches);
	printf(" %8s  %-*s  %s%s%s\n", row->exits[0] ? row->exits : "-", evidence, row->evidence,
	       colour() ? (row->code == EXIT_PASS ? "\033[32m" : "\033[31m") : "", row->reason,
	       colour() ? "\033[0m" : "");
}

static void table_print(const struct row *rows, size_t n)
{
	int evidence = (int)strlen("evidence");

	for (size_t i = 0; i < n; i++)
		evidence = MAX(evidence, (int)strlen(rows[i].evidence));
	printf("\n%-12s %5s %5s %5s  %-8s %6s %6s %5s %5s %6s %6s %5s %8s  %-*s  %s\n", "host",
	       "pass", "fail", "skip", "accept", "MiB", "calls", "exits", "cont.", "2 MiB", "4 KiB",
	       "split", "all", evidence, "evidence", "result");
	for (size_t i = 0; i < n; i++)
		row_print(&rows[i], evidence);
	puts("(accepting memory: calls to the platform and exits to the untrusted host it took, "
	     "calls that continue\n"
	     " one, pages by size, 2 MiB attempts split; all: every exit of the run to the "
	     "untrusted host)");
	for (size_t i = 0; i < n; i++)
		if (rows[i].counters[0] != '\0')
			printf("%s, guest = host: %s\n", host_name(rows[i].host), rows[i].counters);
}

/* One terminal check in a boot of its own: how the VM ended is the host's word. */
static bool terminal_once(const struct run_spec *base, const struct check *c, struct row *row)
{
	struct run_result *r = malloc(sizeof(*r));
	bool ok;

	if (r == NULL)
		return false;
	ok = run_terminal(base, c, r);
	if (ktap_outcome(&r->ktap, c->id) == KTAP_SKIP) {
		printf("ok - %s # SKIP by the guest\n", c->id);
		row->skip++;
		ok = true;
	} else {
		printf("%s - %s\n", ok ? "ok" : "not ok", c->id);
		if (!ok)
			printf(
			    "  ---\n  rule: %s\n  asked: %s\n  got: %s %s\n  expected: %s\n  ...\n",
			    c->rule, c->aim,
			    r->channel.verdict[0] ? r->channel.verdict : "no verdict",
			    r->channel.verdict_detail, check_end_name(c->end));
		row->pass += ok;
		row->fail += !ok;
	}
	free(r);
	return ok;
}

static void terminal_checks(const struct run_spec *s, struct row *row)
{
	bool headed = false;

	for (size_t i = 0; i < checks_count; i++) {
		const struct check *c = &checks[i];

		if (c->class != CHECK_TERMINAL || !check_applies_to(c, s->host))
			continue;
		/* Without a selection every terminal check runs; each costs one boot. */
		if (s->probe != NULL && !probe_selected(s->probe, c->id, CHECK_SOLO))
			continue;
		if (!headed)
			puts("# terminal checks, one boot each; the end is judged by the host");
		headed = true;
		if (!terminal_once(s, c, row)) {
			row->code = EXIT_FAILED;
			snprintf(row->reason, sizeof(row->reason), "%s ended otherwise", c->id);
		}
	}
}

static bool only_terminal(const struct run_spec *s)
{
	const struct check *c = s->probe != NULL ? check_find(s->probe) : NULL;

	return c != NULL && c->class == CHECK_TERMINAL;
}

/* How far a guest came that did not end by itself. */
static void last_print(const struct run_result *r)
{
	for (size_t i = 0; i < r->channel.last_count; i++)
		printf("# last exit: %s\n", r->channel.last[i]);
	printf("# last line: %s\n", r->last_line[0] != '\0' ? r->last_line : "none");
}

static void run_host(const struct run_spec *s, struct row *row)
{
	struct run_result *r = calloc(1, sizeof(*r));

	memset(row, 0, sizeof(*row));
	row->host = s->host;
	row->code = EXIT_ENVIRONMENT;
	snprintf(row->policy, sizeof(row->policy), "-");
	snprintf(row->evidence, sizeof(row->evidence), "-");
	if (r == NULL)
		return;
	printf("# host %s: %u CPUs, %s", host_name(s->host), s->cpus, s->mem);
	if (s->msi != NULL)
		printf(", messages: %s", s->msi);
	if (s->granule != NULL)
		printf(", granule %s", s->granule);
	if (s->pvmfw)
		printf(", in pvmfw's place");
	if (s->save_restore != 0)
		printf(", ITS saved and restored every %llu exits", s->save_restore);
	puts("");
	fflush(stdout);
	if (only_terminal(s)) {
		row->code = EXIT_PASS;
		snprintf(row->reason, sizeof(row->reason), "all held");
	} else {
		run_once(s, r);
		row_fill(row, r, s->firmware);
		if (s->firmware && r->code == EXIT_INCOMPLETE)
			last_print(r);
	}
	free(r);
	if (host_info(s->host)->monitor != NULL && !s->no_terminal && s->expect == NULL &&
	    s->workload == NULL && !s->firmware && row->code == EXIT_PASS)
		terminal_checks(s, row);
	printf("# host %s: %s\n\n", host_name(s->host), row->reason);
}

static bool make_dirs(char *path)
{
	for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0777);
		*p = '/';
	}
	return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/* Each host its own directory where there are several, and a challenge of its own. */
static bool prepare_evidence(struct run_spec *s, bool several)
{
	static char dir[480], hex[2 * 64 + 1];
	unsigned char bytes[64];

	if (s->evidence_dir == NULL)
		return true;
	if (!host_has_evidence(s->host)) {
		s->evidence_dir = NULL;
		return true;
	}
	snprintf(dir, sizeof(dir), "%s%s%s", s->evidence_dir, several ? "/" : "",
		 several ? host_name(s->host) : "");
	if (!make_dirs(dir)) {
		fprintf(stderr, "postern: cannot make %s: %s\n", dir, strerror(errno));
		return false;
	}
	keep_nothing(dir);
	s->evidence_dir = dir;
	if (s->challenge != NULL || s->workload != NULL)
		return true;
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", bytes[i]);
	s->challenge = hex;
	return true;
}

static bool prepare_secret(struct run_spec *s)
{
	if (!s->party || s->secret_size != 0)
		return true;
	s->secret_size = 32;
	return RAND_bytes(s->secret, (int)s->secret_size) == 1;
}

static void run_one(const struct run_spec *base, bool several, struct row *row)
{
	struct run_spec s = *base;

	firmware_defaults(&s);
	if (prepare_evidence(&s, several) && prepare_secret(&s)) {
		run_host(&s, row);
		return;
	}
	memset(row, 0, sizeof(*row));
	row->host = s.host;
	row->code = EXIT_ENVIRONMENT;
	snprintf(row->reason, sizeof(row->reason), "evidence cannot be asked for");
}

int cmd_run(int argc, char **argv)
{
	enum host_kind hosts[HOST_KINDS];
	struct row rows[HOST_KINDS];
	const char *host_names = "cca";
	struct run_spec spec;
	size_t n = 0;
	int code;

	spec_defaults(&spec);
	code = run_options(argc, argv, &spec, &host_names);
	if (code == -1) {
		run_usage(stdout);
		return EXIT_PASS;
	}
	if (code != EXIT_PASS)
		return code;
	if (!host_list(host_names, hosts, &n))
		return EXIT_USAGE;
	for (size_t i = 0; i < n; i++)
		if (!spec_fits(&spec, hosts[i]))
			return EXIT_USAGE;
	code = EXIT_PASS;
	for (size_t i = 0; i < n; i++) {
		spec.host = hosts[i];
		run_one(&spec, n > 1, &rows[i]);
		code = MAX(code, (int)rows[i].code);
	}
	table_print(rows, n);
	return code;
}
