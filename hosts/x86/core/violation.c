/* SPDX-License-Identifier: BSD-2-Clause */
/* What guests do wrong, and counts; both by name. */
#include <string.h>

#include "local.h"
#include "print.h"

#define NAMES          64u
#define LINES_PER_KIND 16u /* a guest in a loop must not flood the channel */
#define TEXT_MAX       256

struct named {
	const char *name;
	u64 n;
};

static struct named counters[NAMES], violations[NAMES];

static struct named *find(struct named *list, const char *name)
{
	for (unsigned i = 0; i < NAMES; i++) {
		if (list[i].name == NULL)
			list[i].name = name;
		if (list[i].name == name || strcmp(list[i].name, name) == 0)
			return &list[i];
	}
	core_panic("no room for the name %s", name);
}

void violation(const char *kind, const char *fmt, ...)
{
	struct named *v = find(violations, kind);
	char text[TEXT_MAX];
	va_list ap;

	if (v->n++ >= LINES_PER_KIND)
		return;
	va_start(ap, fmt);
	vsnprint(text, sizeof(text), fmt, ap);
	va_end(ap);
	channel("violation: %s %s", kind, text);
}

void counter_add(const char *name, u64 n)
{
	find(counters, name)->n += n;
}

void counters_print(void)
{
	u64 exits = 0, total = 0;

	for (unsigned i = 0; i < config.cpus; i++)
		exits += vcpus[i].exits;
	for (unsigned i = 0; i < NAMES && violations[i].name != NULL; i++)
		total += violations[i].n;
	for (unsigned i = 0; i < NAMES && counters[i].name != NULL; i++)
		channel("counter: %s %llu", counters[i].name, (unsigned long long)counters[i].n);
	channel("counter: exits %llu", (unsigned long long)exits);
	channel("counter: violations %llu", (unsigned long long)total);
}
