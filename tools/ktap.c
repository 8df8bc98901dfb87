/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's report. The guest may have crashed in the middle, so every line stands for itself. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "postern.h"

static void copy_text(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src);
}

static void record(struct ktap *k, const char *id, enum ktap_outcome outcome)
{
	if (k->count == KTAP_MAX) {
		k->malformed = true;
		return;
	}
	snprintf(k->result[k->count].id, sizeof(k->result[0].id), "%.*s", (int)strcspn(id, " "),
		 id);
	k->result[k->count].outcome = outcome;
	k->count++;
	k->seen++;
	k->running[0] = '\0';
}

/* "<n> - <id>[ # SKIP ...]" after "ok " or "not ok " */
static void result_line(struct ktap *k, const char *rest, bool ok)
{
	char *end;
	unsigned long n = strtoul(rest, &end, 10);

	if (end == rest || n != k->seen + 1 || strncmp(end, " - ", 3) != 0 || !k->started) {
		k->malformed = true;
		return;
	}
	if (!ok) {
		k->fail++;
		record(k, end + 3, KTAP_NOT_OK);
	} else if (strstr(end, "# SKIP") != NULL) {
		k->skip++;
		record(k, end + 3, KTAP_SKIP);
	} else {
		k->pass++;
		record(k, end + 3, KTAP_OK);
	}
}

static void comment_line(struct ktap *k, const char *line)
{
	const char *p;

	if (strncmp(line, "# running: ", 11) == 0) {
		copy_text(k->running, sizeof(k->running), line + 11);
	} else if (sscanf(line, "# totals: pass:%u fail:%u skip:%u", &k->said_pass, &k->said_fail,
			  &k->said_skip) == 3) {
		k->totals_seen = true;
	} else if (strncmp(line, "# accept: ", 10) == 0) {
		copy_text(k->accept_line, sizeof(k->accept_line), line + 10);
	} else if (strncmp(line, "# counters: ", 12) == 0) {
		copy_text(k->counters_line, sizeof(k->counters_line), line + 12);
	} else if (strncmp(line, "# token: ", 9) == 0) {
		p = strstr(line, "sha256=");
		if (p != NULL)
			copy_text(k->token_sha256, sizeof(k->token_sha256), p + 7);
	}
}

void ktap_line(struct ktap *k, const char *line)
{
	unsigned plan;
	char after;

	if (strncmp(line, "KTAP version 1", 14) == 0)
		k->started = true;
	else if (k->started && k->plan == 0 && sscanf(line, "1..%u%c", &plan, &after) == 1)
		k->plan = plan;
	else if (strncmp(line, "ok ", 3) == 0)
		result_line(k, line + 3, true);
	else if (strncmp(line, "not ok ", 7) == 0)
		result_line(k, line + 7, false);
	else if (strncmp(line, "Bail out!", 9) == 0) {
		k->bailed_out = true;
		copy_text(k->bail_out, sizeof(k->bail_out), line + 9 + strspn(line + 9, " "));
	} else if (line[0] == '#')
		comment_line(k, line);
}

enum ktap_outcome ktap_outcome(const struct ktap *k, const char *id)
{
	for (size_t i = 0; i < k->count; i++)
		if (strcmp(k->result[i].id, id) == 0)
			return k->result[i].outcome;
	return KTAP_NOT_RUN;
}

bool ktap_complete(const struct ktap *k)
{
	return k->started && !k->malformed && !k->bailed_out && k->plan == k->seen &&
	       k->totals_seen && k->said_pass == k->pass && k->said_fail == k->fail &&
	       k->said_skip == k->skip;
}

bool line_value(const char *line, const char *key, uint64_t *value)
{
	size_t n = strlen(key);

	for (const char *p = line; (p = strstr(p, key)) != NULL; p += n) {
		if ((p == line || p[-1] == ' ') && p[n] == '=' &&
		    isdigit((unsigned char)p[n + 1])) {
			*value = strtoull(p + n + 1, NULL, 0);
			return true;
		}
	}
	return false;
}
