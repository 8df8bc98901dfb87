/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a guest had come by its console: when a text of `mark=` first shows there, the channel
 * says after how many nanoseconds (instructions, where they are counted) and exits of the run.
 */
#include <string.h>

#include "vmm/local.h"

#define MARKS_MAX    8u
#define NS_PER_S     1000000000ULL
#define MARK_BETWEEN '|'

static struct mark {
	const char *text;
	size_t size, matched;
	bool seen;
} marks[MARKS_MAX];
static unsigned count;

void marks_init(void)
{
	const char *at = config.mark;

	count = 0;
	while (*at != '\0' && count < MARKS_MAX) {
		const char *end = strchr(at, MARK_BETWEEN);
		size_t size = end != NULL ? (size_t)(end - at) : strlen(at);

		if (size > 0)
			marks[count++] = (struct mark){ .text = at, .size = size };
		at += size + (end != NULL ? 1 : 0);
	}
}

static void show(const struct mark *m)
{
	u64 ticks = core_now() - core_started(), exits = 0;

	for (unsigned i = 0; i < config.cpus; i++)
		exits += vcpus[i].exits;
	channel("mark: %llu ns %llu exits %.*s",
		(unsigned long long)(ticks / core_tsc_hz * NS_PER_S +
				     ticks % core_tsc_hz * NS_PER_S / core_tsc_hz),
		(unsigned long long)exits, (int)m->size, m->text);
}

/* A text that begins anew inside of itself is found late; marks are words, not patterns. */
void marks_byte(u8 value)
{
	for (unsigned i = 0; i < count; i++) {
		struct mark *m = &marks[i];

		if (m->seen)
			continue;
		if ((u8)m->text[m->matched] != value)
			m->matched = 0;
		if ((u8)m->text[m->matched] == value)
			m->matched++;
		m->seen = m->matched == m->size;
		if (m->seen)
			show(m);
	}
}
