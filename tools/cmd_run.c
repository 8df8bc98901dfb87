/* SPDX-License-Identifier: BSD-2-Clause */
/* `postern run`: one boot per host, one more per terminal check, and a table at the end. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postern.h"

struct row {
	enum host_kind host;
	enum exit_code code;
	char reason[256];
	unsigned pass, fail, skip;
	char policy[16];
	bool accepted, counted;
	uint64_t calls, continuations, bytes, exits;
	uint64_t guest_total, host_total;
	bool host_known;
};

static bool colour(void)
{
	return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
}

static void row_fill(struct row *row, const struct run_result *r)
{
	const char *p = strstr(r->ktap.accept_line, "policy=");

	row->code = r->code;
	snprintf(row->reason, sizeof(row->reason), "%s", r->reason);
	row->pass = r->ktap.pass;
	row->fail = r->ktap.fail;
	row->skip = r->ktap.skip;
	snprintf(row->policy, sizeof(row->policy), "%.*s", p ? (int)strcspn(p + 7, " ") : 1,
		 p ? p + 7 : "-");
	row->accepted = line_value(r->ktap.accept_line, "calls", &row->calls) &&
			line_value(r->ktap.accept_line, "continuations", &row->continuations) &&
			line_value(r->ktap.accept_line, "bytes", &row->bytes);
	row->counted = line_value(r->ktap.counters_line, "ipa_state_set", &row->guest_total);
	row->host_known = channel_counter(&r->channel, "ipa_state_set", &row->host_total) &&
			  channel_counter(&r->channel, "rec_exits", &row->exits);
}

static void row_print(const struct row *row)
{
	char requests[48] = "-", exits[24] = "-";

	if (row->counted && row->host_known)
		snprintf(requests, sizeof(requests), "%llu = %llu",
			 (unsigned long long)row->guest_total, (unsigned long long)row->host_total);
	if (row->host_known)
		snprintf(exits, sizeof(exits), "%llu", (unsigned long long)row->exits);
	printf("%-12s %5u %5u %5u  %-8s %8llu %6llu %6llu  %-15s %8s  %s%s%s\n",
	       host_name(row->host), row->pass, row->fail, row->skip, row->policy,
	       (unsigned long long)(row->bytes >> 20), (unsigned long long)row->calls,
	       (unsigned long long)row->continuations, requests, exits,
	       colour() ? (row->code == EXIT_PASS ? "\033[32m" : "\033[31m") : "", row->reason,
	       colour() ? "\033[0m" : "");
}

static void table_print(const struct row *rows, size_t n)
{
	printf("\n%-12s %5s %5s %5s  %-8s %8s %6s %6s  %-15s %8s  %s\n", "host", "pass", "fail",
	       "skip", "accept", "MiB", "calls", "cont.", "guest = host", "exits", "result");
	for (size_t i = 0; i < n; i++)
		row_print(&rows[i]);
	puts("(calls, cont.: acceptance requests and those that continue one; guest = host: all "
	     "IPA state requests as each counted them; exits: to the untrusted host)");
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

		if (c->class != CHECK_TERMINAL || (c->platforms & CVM_CCA) == 0)
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

static void run_host(const struct run_spec *s, struct row *row)
{
	struct run_result *r = calloc(1, sizeof(*r));

	memset(row, 0, sizeof(*row));
	row->host = s->host;
	row->code = EXIT_ENVIRONMENT;
	snprintf(row->policy, sizeof(row->policy), "-");
	if (r == NULL)
		return;
	printf("# host %s: %u CPUs, %s\n", host_name(s->host), s->cpus, s->mem);
	fflush(stdout);
	if (only_terminal(s)) {
		row->code = EXIT_PASS;
		snprintf(row->reason, sizeof(row->reason), "all held");
	} else {
		run_once(s, r);
		row_fill(row, r);
	}
	free(r);
	if (s->host == HOST_CCA && row->code == EXIT_PASS)
		terminal_checks(s, row);
	printf("# host %s: %s\n\n", host_name(s->host), row->reason);
}

static bool host_list(const char *list, enum host_kind *out, size_t *n)
{
	char name[32];

	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, p);
		if (*n == HOST_KINDS || !host_parse(name, &out[*n])) {
			fprintf(
			    stderr,
			    "postern: --host %s: want cca, plain-arm64, plain-x86, uefi-arm64 or "
			    "uefi-x86\n",
			    name);
			return false;
		}
		(*n)++;
		p += len + (p[len] == ',');
	}
	return *n > 0;
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
	code = EXIT_PASS;
	for (size_t i = 0; i < n; i++) {
		spec.host = hosts[i];
		run_host(&spec, &rows[i]);
		code = MAX(code, (int)rows[i].code);
	}
	table_print(rows, n);
	return code;
}
