/* SPDX-License-Identifier: BSD-2-Clause */
/* The verdict on one run: the host's word, the guest's report, and whether they agree. */
#include <stdarg.h>
#include <string.h>

#include "postern.h"

void set_reason(struct run_result *r, enum exit_code code, const char *fmt, ...)
{
	va_list ap;

	r->code = code;
	va_start(ap, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

/* Violations the probe commits on purpose, to see the platform's answer: each by one check, once.
 */
static const struct {
	const char *kind, *check;
} provocations[] = {
	{ "hvc", "rsi.call.hvc" },
	{ "fetch-shared", "access.fetch_shared" },
	{ "unscrubbed", "shared.back_to_private" },
	{ "shared-unasked", "tdx.shared.unasked" },
};

static bool provoked(const struct run_result *r, size_t violation)
{
	const char *kind = r->channel.violation[violation].kind;

	for (size_t i = 0; i < violation; i++)
		if (strcmp(r->channel.violation[i].kind, kind) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(provocations); i++)
		if (strcmp(kind, provocations[i].kind) == 0 &&
		    ktap_outcome(&r->ktap, provocations[i].check) != KTAP_NOT_RUN)
			return true;
	return false;
}

static const char *unprovoked_violation(const struct run_result *r)
{
	const struct channel *c = &r->channel;

	for (size_t i = 0; i < c->violation_count && i < CHANNEL_VIOLATIONS; i++)
		if (!provoked(r, i))
			return c->violation[i].text;
	return c->violation_count > CHANNEL_VIOLATIONS ? "more than the tool keeps" : NULL;
}

static void counter_differs(void *ctx, const char *name, uint64_t guest, uint64_t host)
{
	struct run_result *r = ctx;

	r->counters_equal += guest == host;
	if (guest != host && r->counters_differ++ == 0)
		snprintf(r->reason, sizeof(r->reason), "%s: guest counted %llu, host %llu", name,
			 (unsigned long long)guest, (unsigned long long)host);
}

/* What the guest counted must be what the host counted, and something must have been. */
static bool counters_agree(struct run_result *r, const struct run_spec *s)
{
	counters_compare(r->ktap.counters_line, &r->channel, counter_differs, r);
	if (r->counters_differ == 0 &&
	    (r->counters_equal != 0 || host_info(s->host)->monitor == NULL))
		return true;
	r->code = EXIT_FAILED;
	if (r->counters_differ == 0)
		set_reason(r, EXIT_INCOMPLETE, "no counter of guest and host to compare");
	return false;
}

/* Then the host's word is all there is. */
bool no_console(const struct run_spec *s)
{
	return s->console != NULL && strcmp(s->console, "none") == 0;
}

/* No report: the host's word on the end, and the workload's own. */
static void judge_workload(struct run_result *r, const struct run_spec *s, const char *verdict)
{
	const char *violation = unprovoked_violation(r);
	uint64_t searched;

	if (violation != NULL)
		set_reason(r, EXIT_FAILED, "the guest broke a rule: %.200s", violation);
	else if (r->ktap.bailed_out)
		set_reason(r, EXIT_INCOMPLETE, "the guest stopped: %s", r->ktap.bail_out);
	else if (verdict[0] == '\0')
		set_reason(r, EXIT_INCOMPLETE, "the host gave no verdict");
	else if (strcmp(verdict, "off") != 0 && strcmp(verdict, "reset") != 0)
		set_reason(r, EXIT_INCOMPLETE, "the host ended the run: %s %s", verdict,
			   r->channel.verdict_detail);
	else if (!r->workload_ended)
		set_reason(r, EXIT_INCOMPLETE, "the workload did not say how it ended");
	else if (r->workload_end != 0)
		set_reason(r, EXIT_FAILED, "the workload ended with %d", r->workload_end);
	else if (strcmp(verdict, "off") != 0)
		set_reason(r, EXIT_INCOMPLETE,
			   "the workload ended with 0, the host's verdict is '%s'", verdict);
	else if (s->party &&
		 (!channel_counter(&r->channel, "secret_searched", &searched) || searched == 0))
		set_reason(r, EXIT_INCOMPLETE, "the host looked for the secret nowhere");
	else if (!counters_agree(r, s))
		return; /* it said why */
	else if (s->party)
		set_reason(r, EXIT_PASS, "all held; secret in none of %llu bytes the host can read",
			   (unsigned long long)searched);
	else
		set_reason(r, EXIT_PASS, "all held");
}

static void judge_firmware(struct run_result *r, const char *verdict)
{
	const struct channel *c = &r->channel;

	if (strcmp(verdict, "off") == 0 && c->violation_count == 0)
		set_reason(r, EXIT_PASS, "powered off");
	else if (strcmp(verdict, "off") == 0)
		set_reason(r, EXIT_PASS, "powered off; %zu violations, the first: %.150s",
			   c->violation_count, c->violation[0].text);
	else if (strcmp(verdict, "reset") == 0 && r->refused[0] != '\0')
		set_reason(r, EXIT_FAILED, "refused: %s", r->refused);
	else if (strcmp(verdict, "reset") == 0)
		set_reason(r, EXIT_FAILED, "the guest reset the machine: %s", c->verdict_detail);
	else if (verdict[0] == '\0')
		set_reason(r, EXIT_INCOMPLETE, "the host gave no verdict");
	else
		set_reason(r, EXIT_INCOMPLETE, "the host ended the run: %s %s", verdict,
			   c->verdict_detail);
}

void judge(struct run_result *r, const struct run_spec *s)
{
	const char *verdict =
	    host_info(s->host)->monitor != NULL ? r->channel.verdict : r->qmp_verdict;
	const char *violation = unprovoked_violation(r);

	if (s->workload != NULL) {
		judge_workload(r, s, verdict);
		return;
	}
	if (s->firmware && s->expect == NULL) {
		judge_firmware(r, verdict);
		return;
	}
	if (s->expect != NULL && r->expected && violation == NULL)
		set_reason(r, EXIT_PASS, "reached '%.100s'", s->expect);
	else if (s->expect != NULL && r->expected)
		set_reason(r, EXIT_FAILED, "the guest broke a rule: %.200s", violation);
	else if (s->expect != NULL)
		set_reason(r, EXIT_INCOMPLETE, "never reached '%.80s': %s %.100s", s->expect,
			   verdict[0] ? verdict : "no verdict", r->channel.verdict_detail);
	else if (r->ktap.bailed_out)
		set_reason(r, EXIT_INCOMPLETE, "the guest stopped: %s", r->ktap.bail_out);
	else if (verdict[0] == '\0')
		set_reason(r, EXIT_INCOMPLETE, "the host gave no verdict%s%s",
			   r->ktap.running[0] ? "; running: " : "", r->ktap.running);
	else if (strcmp(verdict, "off") != 0 && strcmp(verdict, "reset") != 0)
		set_reason(r, EXIT_INCOMPLETE, "the host ended the run: %s %s%s%s", verdict,
			   r->channel.verdict_detail, r->ktap.running[0] ? "; running: " : "",
			   r->ktap.running);
	else if (no_console(s))
		set_reason(r, strcmp(verdict, "off") == 0 ? EXIT_PASS : EXIT_FAILED,
			   "no console; the host's verdict is '%s'", verdict);
	else if (!ktap_complete(&r->ktap))
		set_reason(r, EXIT_INCOMPLETE, "incomplete report: %u of %u checks%s%s",
			   r->ktap.seen, r->ktap.plan, r->ktap.running[0] ? "; running: " : "",
			   r->ktap.running);
	else if ((strcmp(verdict, "off") == 0) != (r->ktap.fail == 0))
		set_reason(r, EXIT_INCOMPLETE,
			   "the report says %u failures, the host's verdict is '%s'", r->ktap.fail,
			   verdict);
	else if (r->ktap.fail != 0)
		set_reason(r, EXIT_FAILED, "%u of %u checks failed", r->ktap.fail, r->ktap.seen);
	else if (violation != NULL)
		set_reason(r, EXIT_FAILED, "the guest broke a rule: %.200s", violation);
	else if (counters_agree(r, s))
		set_reason(r, EXIT_PASS, "all held");
}
