/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report: KTAP version 1, and the assertions that fill its diagnostic blocks.
 *
 * A check is announced before it runs, so that a crash leaves a file that says where it happened.
 * The first failure of a check decides and is the one shown: what follows it may be its
 * consequence.
 */
#include <stdarg.h>

#include "checks.h"
#include "print.h"

#define TEXT_MAX  160
#define NOTES_MAX 3

static struct {
	enum outcome outcome;
	bool decided;
	char asked[TEXT_MAX], got[TEXT_MAX], expected[TEXT_MAX], reason[TEXT_MAX];
	char note[NOTES_MAX][TEXT_MAX];
	size_t notes;
} now;

static size_t totals[OUTCOME_SKIP + 1];

struct rule_text {
	const char *id, *source, *text;
};

static const struct rule_text rules[] = {
#define RULE(id, source, text, reason) { id, source, text },
#include "rules.def"
#undef RULE
};

static bool same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static const struct rule_text *rule_of(const struct check *c)
{
	static const struct rule_text none = { "?", "?", "unknown rule" };

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (same(rules[i].id, c->rule))
			return &rules[i];
	return &none;
}

void ktap_begin(size_t plan)
{
	print("KTAP version 1\n1..%zu\n", plan);
}

void ktap_announce(const struct check *c)
{
	now.outcome = OUTCOME_PASS;
	now.decided = false;
	now.notes = 0;
	print("# running: %s\n", c->id);
}

static void print_block(const struct check *c)
{
	const struct rule_text *r = rule_of(c);

	print("  ---\n  rule: %s (%s) %s\n  aim: %s\n", r->id, r->source, r->text, c->aim);
	print("  asked: %s\n  got: %s\n  expected: %s\n", now.asked, now.got, now.expected);
	for (size_t i = 0; i < now.notes; i++)
		print("  note: %s\n", now.note[i]);
	print("  ...\n");
}

enum outcome ktap_result(const struct check *c, size_t number)
{
	totals[now.outcome]++;
	switch (now.outcome) {
	case OUTCOME_PASS:
		print("ok %zu - %s\n", number, c->id);
		break;
	case OUTCOME_SKIP:
		print("ok %zu - %s # SKIP %s\n", number, c->id, now.reason);
		break;
	case OUTCOME_FAIL:
		print("not ok %zu - %s\n", number, c->id);
		print_block(c);
		break;
	}
	return now.outcome;
}

void ktap_totals(void)
{
	print("# totals: pass:%zu fail:%zu skip:%zu\n", totals[OUTCOME_PASS], totals[OUTCOME_FAIL],
	      totals[OUTCOME_SKIP]);
}

size_t ktap_failures(void)
{
	return totals[OUTCOME_FAIL];
}

/* ---- inside a check ---- */

static bool decide(enum outcome outcome)
{
	if (now.decided)
		return false;
	now.decided = true;
	now.outcome = outcome;
	return true;
}

void check_fail(const char *asked, const char *rule_text, const char *fmt, ...)
{
	va_list ap;

	if (!decide(OUTCOME_FAIL))
		return;
	snprint(now.asked, sizeof(now.asked), "%s", asked);
	snprint(now.expected, sizeof(now.expected), "%s", rule_text);
	va_start(ap, fmt);
	vsnprint(now.got, sizeof(now.got), fmt, ap);
	va_end(ap);
}

void check_skip(const char *fmt, ...)
{
	va_list ap;

	if (!decide(OUTCOME_SKIP))
		return;
	va_start(ap, fmt);
	vsnprint(now.reason, sizeof(now.reason), fmt, ap);
	va_end(ap);
}

void check_note(const char *fmt, ...)
{
	va_list ap;

	/* In a loop the last notes are about the turn that failed. */
	if (now.notes == NOTES_MAX) {
		now.notes--;
		for (size_t i = 0; i < now.notes; i++)
			for (size_t k = 0; k < TEXT_MAX; k++)
				now.note[i][k] = now.note[i + 1][k];
	}
	va_start(ap, fmt);
	vsnprint(now.note[now.notes++], TEXT_MAX, fmt, ap);
	va_end(ap);
}

bool check_failed(void)
{
	return now.decided && now.outcome == OUTCOME_FAIL;
}

/* Status codes read best as small signed numbers, addresses in hexadecimal. */
static void number_text(char buf[40], u64 v)
{
	if ((s64)v < 0 && (s64)v > -256)
		snprint(buf, 40, "%lld", (long long)v);
	else
		snprint(buf, 40, "0x%llx", (unsigned long long)v);
}

bool expect_eq(const char *asked, u64 got, u64 expected)
{
	char e[40], g[40];

	if (got == expected)
		return true;
	number_text(e, expected);
	number_text(g, got);
	check_fail(asked, e, "%s", g);
	return false;
}

bool expect_ne(const char *asked, u64 got, u64 not_expected)
{
	char e[56], n[40];

	if (got != not_expected)
		return true;
	number_text(n, not_expected);
	snprint(e, sizeof(e), "anything but %s", n);
	check_fail(asked, e, "%s", n);
	return false;
}

bool expect_true(const char *asked, bool holds, const char *expected)
{
	if (!holds)
		check_fail(asked, expected, "something else");
	return holds;
}

bool expect_fault(const char *asked, const struct fault *f, enum fault_class expected)
{
	if (f->class == expected)
		return true;
	check_fail(asked, fault_name(expected), "%s, syndrome 0x%llx, address 0x%llx, pc 0x%llx",
		   fault_name(f->class), (unsigned long long)f->syndrome,
		   (unsigned long long)f->address, (unsigned long long)f->pc);
	return false;
}
