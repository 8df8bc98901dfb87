/* SPDX-License-Identifier: BSD-2-Clause */
/* A prediction as text that `postern verify --expect` reads, and as JSON. */
#include <jansson.h>
#include <string.h>

#include "measure.h"

static void hex(char *out, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", data[i]);
}

/* Calls fn for each line of text. */
static void each_line(const char *text, void (*fn)(void *arg, const char *line, size_t n),
		      void *arg)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		fn(arg, text, n);
		text += n + (text[n] == '\n');
	}
}

static void comment(void *arg, const char *line, size_t n)
{
	fprintf(arg, "#   %.*s\n", (int)n, line);
}

void measure_print(FILE *f, const struct measure_output *o)
{
	char text[2 * MEASURE_MAX + 1];

	hex(text, o->m->value, o->m->size);
	fprintf(f, "platform: %s\nmeasurement: %s\n", o->platform, text);
	for (size_t i = 0; i < o->registers; i++) {
		hex(text, o->reg[i].value, o->reg[i].size);
		fprintf(f, "%s: %s\n", o->reg[i].name, text);
	}
	fputs("# the measurement depends on\n", f);
	each_line(o->m->depends, comment, f);
	for (size_t i = 0; i < o->registers; i++)
		fprintf(f, "# %s depends on\n#   %s\n", o->reg[i].name, o->reg[i].depends);
	fputs("# the measurement does not depend on\n", f);
	each_line(o->independent, comment, f);
}

static void json_depends(void *arg, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	char name[64];

	if (colon == NULL || n < (size_t)(colon - line) + 2)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - line), line);
	json_object_set_new(arg, name,
			    json_stringn_nocheck(colon + 2, n - (size_t)(colon - line) - 2));
}

static void json_independent(void *arg, const char *line, size_t n)
{
	json_array_append_new(arg, json_stringn(line, n));
}

void measure_json(FILE *f, const struct measure_output *o)
{
	json_t *all = json_object(), *depends = json_object(), *independent = json_array();
	char text[2 * MEASURE_MAX + 1];

	hex(text, o->m->value, o->m->size);
	json_object_set_new(all, "platform", json_string(o->platform));
	json_object_set_new(all, "measurement", json_string(text));
	for (size_t i = 0; i < o->registers; i++) {
		hex(text, o->reg[i].value, o->reg[i].size);
		json_object_set_new(all, o->reg[i].name, json_string(text));
	}
	each_line(o->m->depends, json_depends, depends);
	each_line(o->independent, json_independent, independent);
	json_object_set_new(all, "depends", depends);
	json_object_set_new(all, "independent", independent);
	json_dumpf(all, f, JSON_INDENT(2));
	fputc('\n', f);
	json_decref(all);
}
