/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of a verification, and the one reason that follows from them. */
#include <stdarg.h>
#include <string.h>

#include "verify.h"

const char *verify_reason_name(enum verify_reason r)
{
	static const struct {
		enum verify_reason reason;
		const char *name;
	} names[] = {
		{ VERIFY_HELD, "held" },
		{ VERIFY_MALFORMED, "malformed" },
		{ VERIFY_SIGNATURE, "signature" },
		{ VERIFY_BINDING, "binding" },
		{ VERIFY_CHAIN, "chain" },
		{ VERIFY_FRESHNESS, "freshness" },
		{ VERIFY_KIND, "kind" },
		{ VERIFY_MEASUREMENT, "measurement" },
		{ VERIFY_POLICY, "policy" },
		{ VERIFY_TCB, "tcb" },
		{ VERIFY_LOG, "log" },
		{ VERIFY_UNCHECKED, "unchecked" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].reason == r)
			return names[i].name;
	return "unknown";
}

/* Reasons are numbered in their order of precedence; HELD is none. */
static void take_reason(struct verify_result *r, enum verify_reason reason)
{
	if (reason != VERIFY_HELD && (r->reason == VERIFY_HELD || reason < r->reason))
		r->reason = reason;
}

/* A failure without a reason would leave the verdict at "held": that is ours to get wrong. */
static enum verify_reason reason_of(enum verify_state state, enum verify_reason reason)
{
	switch (state) {
	case ROW_FAILED:
		return reason == VERIFY_HELD ? VERIFY_MALFORMED : reason;
	case ROW_NOT_CHECKED:
		return reason == VERIFY_HELD ? VERIFY_HELD : VERIFY_UNCHECKED;
	default:
		return VERIFY_HELD;
	}
}

/* Texts of hostile evidence stand in rows: no control character of theirs reaches a terminal. */
static void make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

void verify_add(struct verify_result *r, enum verify_state state, enum verify_reason reason,
		const char *name, const char *fmt, ...)
{
	struct verify_row row = { .state = state, .reason = reason_of(state, reason) };
	va_list ap;

	take_reason(r, row.reason);
	snprintf(row.name, sizeof(row.name), "%s", name);
	va_start(ap, fmt);
	vsnprintf(row.text, sizeof(row.text), fmt, ap);
	va_end(ap);
	make_printable(row.text);
	if (r->n < VERIFY_ROWS)
		r->row[r->n++] = row;
	else if (state == ROW_FAILED) /* the table is full: what failed must be seen in it */
		r->row[VERIFY_ROWS - 1] = row;
}

void verify_hex(char *out, size_t size, struct bytes b)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < b.size && n + 2 < size; i++, n += 2)
		snprintf(out + n, 3, "%02x", b.data[i]);
}
