/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference host's own words, on a serial port the guest cannot reach. */
#include <stdlib.h>
#include <string.h>

#include "postern.h"

static void counter_line(struct channel *c, const char *rest)
{
	char name[48];
	unsigned long long value;

	if (c->counter_count == CHANNEL_COUNTERS || sscanf(rest, "%47s %llu", name, &value) != 2)
		return;
	snprintf(c->counter[c->counter_count].name, sizeof(name), "%s", name);
	c->counter[c->counter_count++].value = value;
}

static void violation_line(struct channel *c, const char *rest)
{
	if (c->violation_count < CHANNEL_VIOLATIONS) {
		size_t i = c->violation_count;

		snprintf(c->violation[i].kind, sizeof(c->violation[i].kind), "%.*s",
			 (int)strcspn(rest, " "), rest);
		snprintf(c->violation[i].text, sizeof(c->violation[i].text), "%s", rest);
	}
	c->violation_count++;
}

static void site_line(struct channel *c, const char *rest)
{
	struct mutant_site site = { .line = 0 };
	unsigned number;

	if (c->site_count == CHANNEL_SITES ||
	    sscanf(rest, "%u %63[^:]:%u %159[^\n]", &number, site.file, &site.line,
		   site.condition) != 4 ||
	    number != c->site_count + 1)
		return;
	c->site[c->site_count++] = site;
}

void channel_line(struct channel *c, const char *line)
{
	if (strncmp(line, "verdict: ", 9) == 0 && c->verdict[0] == '\0') {
		size_t n = strcspn(line + 9, " ");

		snprintf(c->verdict, sizeof(c->verdict), "%.*s", (int)n, line + 9);
		snprintf(c->verdict_detail, sizeof(c->verdict_detail), "%s",
			 line + 9 + n + strspn(line + 9 + n, " "));
	} else if (strncmp(line, "counter: ", 9) == 0) {
		counter_line(c, line + 9);
	} else if (strncmp(line, "violation: ", 11) == 0) {
		violation_line(c, line + 11);
	} else if (strncmp(line, "last: ", 6) == 0) {
		if (c->last_count < ARRAY_SIZE(c->last))
			snprintf(c->last[c->last_count++], sizeof(c->last[0]), "%s", line + 6);
	} else if (strncmp(line, "mutants: ", 9) == 0) {
		c->mutant_sites = (unsigned)strtoul(line + 9, NULL, 10);
	} else if (strncmp(line, "mutant-site: ", 13) == 0) {
		site_line(c, line + 13);
	} else if (strncmp(line, "mutant: ", 8) == 0) {
		snprintf(c->mutant, sizeof(c->mutant), "%s", line + 8);
	}
}

bool channel_counter(const struct channel *c, const char *name, uint64_t *value)
{
	for (size_t i = 0; i < c->counter_count; i++) {
		if (strcmp(c->counter[i].name, name) == 0) {
			*value = c->counter[i].value;
			return true;
		}
	}
	return false;
}

void counters_compare(const char *guest_line, const struct channel *c,
		      void (*fn)(void *ctx, const char *name, uint64_t guest, uint64_t host),
		      void *ctx)
{
	uint64_t guest;

	for (size_t i = 0; i < c->counter_count; i++)
		if (line_value(guest_line, c->counter[i].name, &guest))
			fn(ctx, c->counter[i].name, guest, c->counter[i].value);
}
