/* SPDX-License-Identifier: BSD-2-Clause */
/* Reader of "key=value" lines (options.h). Pure C. */
#include "common/options.h"

#include <string.h>

#include "print.h"

#define VALUE_MAX 2048 /* append= of the x86 hosts */

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 255;
}

static unsigned suffix_shift(char c)
{
	switch (c) {
	case 'K':
	case 'k':
		return 10;
	case 'M':
	case 'm':
		return 20;
	case 'G':
	case 'g':
		return 30;
	default:
		return 0;
	}
}

static bool parse_number(const char *s, bool suffix, u64 *value)
{
	unsigned base = 10;
	const char *first;
	u64 v = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	for (first = s; digit(*s) < base; s++) {
		if (__builtin_mul_overflow(v, (u64)base, &v) ||
		    __builtin_add_overflow(v, (u64)digit(*s), &v))
			return false;
	}
	if (s == first)
		return false;
	if (suffix && suffix_shift(*s) != 0) {
		unsigned shift = suffix_shift(*s++);

		if (v > ~0ULL >> shift)
			return false;
		v <<= shift;
	}
	*value = v;
	return *s == '\0';
}

/* Position of `word` in "a|b|c". */
static bool parse_choice(const char *choices, const char *word, u64 *value)
{
	size_t n = strlen(word);

	for (*value = 0;; (*value)++) {
		const char *bar = strchr(choices, '|');
		size_t len = bar != NULL ? (size_t)(bar - choices) : strlen(choices);

		if (len == n && memcmp(choices, word, n) == 0)
			return true;
		if (bar == NULL)
			return false;
		choices = bar + 1;
	}
}

static void store(void *c, const struct option *o, u64 v)
{
	void *field = (u8 *)c + o->offset;

	switch (o->kind) {
	case OPTION_BOOL:
		*(bool *)field = v != 0;
		break;
	case OPTION_UINT:
	case OPTION_CHOICE: /* an enum without negative values: unsigned int under gcc and clang */
		*(unsigned *)field = (unsigned)v;
		break;
	default:
		*(u64 *)field = v;
	}
}

static enum status set_option(void *c, const struct option *o, const char *value)
{
	u64 v;

	if (o->kind == OPTION_TEXT) {
		if (strlen(value) >= o->max)
			return ST_RANGE;
		memcpy((char *)c + o->offset, value, strlen(value) + 1);
		return ST_OK;
	}
	if (o->choices != NULL) {
		if (!parse_choice(o->choices, value, &v))
			return ST_INVALID;
	} else {
		if (!parse_number(value, o->kind == OPTION_SIZE, &v))
			return ST_INVALID;
		if (v < o->min || v > o->max)
			return ST_RANGE;
	}
	store(c, o, v);
	return ST_OK;
}

static enum status parse_line(const struct options *t, void *c, const char *line, size_t n,
			      u32 *seen)
{
	const char *eq = memchr(line, '=', n);
	char value[VALUE_MAX];
	size_t key_len, value_len;

	if (eq == NULL || memchr(line, '\0', n) != NULL)
		return ST_CORRUPT;
	key_len = (size_t)(eq - line);
	value_len = n - key_len - 1;
	if (value_len >= sizeof(value))
		return ST_RANGE;
	memcpy(value, eq + 1, value_len);
	value[value_len] = '\0';
	for (size_t i = 0; i < t->count; i++) {
		if (strlen(t->list[i].key) != key_len || memcmp(t->list[i].key, line, key_len) != 0)
			continue;
		if ((*seen & 1u << i) != 0)
			return ST_OVERLAP;
		*seen |= 1u << i;
		return set_option(c, &t->list[i], value);
	}
	return ST_NOT_FOUND;
}

static const char *line_error(enum status st)
{
	switch (st) {
	case ST_NOT_FOUND:
		return "unknown key";
	case ST_OVERLAP:
		return "key given twice";
	case ST_RANGE:
		return "value out of range";
	case ST_CORRUPT:
		return "not key=value";
	default:
		return "bad value";
	}
}

enum status options_parse(const struct options *t, const char *text, size_t size, void *out,
			  char *error, size_t error_size)
{
	u32 seen = 0;

	for (size_t at = 0, number = 1; at < size; number++) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', size - at);
		size_t n = end != NULL ? (size_t)(end - line) : size - at;
		enum status st = ST_OK;

		if (n != 0 && line[0] != '#')
			st = parse_line(t, out, line, n, &seen);
		if (st != ST_OK) {
			snprint(error, error_size, "line %zu: %s: %.*s", number, line_error(st),
				(int)MIN(n, 100u), line);
			return st;
		}
		at += n + 1;
	}
	return ST_OK;
}
