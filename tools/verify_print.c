/* SPDX-License-Identifier: BSD-2-Clause */
/* The result of a verification: a table for people, JSON for programs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "verify.h"

static const struct {
	const char *word, *colour; /* of ANSI terminals */
} states[] = {
	[ROW_OK] = { "ok", "\033[32m" },
	[ROW_FAILED] = { "FAILED", "\033[31m" },
	[ROW_NOT_CHECKED] = { "not checked", "\033[33m" },
	[ROW_INFO] = { "", "" },
};

static bool wants_colour(FILE *f)
{
	const char *off = getenv("NO_COLOR");

	return isatty(fileno(f)) == 1 && (off == NULL || off[0] == '\0');
}

void verify_print(FILE *f, const struct verify_result *r)
{
	bool colour = wants_colour(f);
	int width = 0;

	for (size_t i = 0; i < r->n; i++)
		width = MAX(width, (int)strlen(r->row[i].name));
	for (size_t i = 0; i < r->n; i++) {
		const struct verify_row *row = &r->row[i];

		fprintf(f, "%s%-11s%s  %-*s  %s\n", colour ? states[row->state].colour : "",
			states[row->state].word, colour ? "\033[0m" : "", width, row->name,
			row->text);
	}
	if (r->reason == VERIFY_HELD)
		fputs("verified: all that was asked for holds\n", f);
	else if (r->reason == VERIFY_UNCHECKED)
		fputs("not verified: unchecked: nothing failed, but not all could be checked\n", f);
	else
		fprintf(f, "refused: %s\n", verify_reason_name(r->reason));
}

static void set_hex(json_t *object, const char *name, struct bytes b)
{
	char hex[2 * REPORT_DATA_SIZE + 1];

	verify_hex(hex, sizeof(hex), b);
	json_object_set_new(object, name, b.data != NULL ? json_string(hex) : json_null());
}

static json_t *row_json(const struct verify_row *row)
{
	static const char *const words[] = {
		[ROW_OK] = "ok",
		[ROW_FAILED] = "failed",
		[ROW_NOT_CHECKED] = "not-checked",
		[ROW_INFO] = "info",
	};
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(row->name));
	json_object_set_new(o, "state", json_string(words[row->state]));
	if (row->reason != VERIFY_HELD)
		json_object_set_new(o, "reason", json_string(verify_reason_name(row->reason)));
	json_object_set_new(o, "text", json_string(row->text));
	return o;
}

void verify_json(FILE *f, const struct verify_result *r)
{
	json_t *o = json_object(), *rows = json_array(), *regs = json_array();
	char hex[2 * REPORT_DATA_SIZE + 1];

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(rows, row_json(&r->row[i]));
	for (size_t i = 0; i < ARRAY_SIZE(r->reg) && r->reg[i].data != NULL; i++) {
		verify_hex(hex, sizeof(hex), r->reg[i]);
		json_array_append_new(regs, json_string(hex));
	}
	json_object_set_new(o, "platform",
			    r->platform != NULL ? json_string(r->platform) : json_null());
	json_object_set_new(o, "verified", json_boolean(r->reason == VERIFY_HELD));
	json_object_set_new(o, "reason", json_string(verify_reason_name(r->reason)));
	json_object_set_new(o, "code", json_integer(r->reason));
	set_hex(o, "report_data", r->report_data);
	set_hex(o, "measurement", r->measurement);
	json_object_set_new(o, "registers", regs);
	json_object_set_new(o, "rows", rows);
	json_dumpf(o, f, JSON_INDENT(2));
	fputc('\n', f);
	json_decref(o);
}
