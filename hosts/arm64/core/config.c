/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run's configuration: "key=value" lines, '#' comments. Pure C. Whatever is not understood is
 * an error: a misspelt fault that is silently ignored would make a red run look green.
 */
#include "config.h"

#include <string.h>

#include "print.h"

#define VALUE_MAX 1024 /* append= */

enum kind { U64, SIZE, UINT, BOOL, CHOICE, TEXT };

struct option {
	const char *key;
	enum kind kind;
	size_t offset;
	u64 min, max;        /* numbers; TEXT: max = bytes of the buffer */
	const char *choices; /* CHOICE: "a|b|c", value = position */
};

#define AT(field) offsetof(struct host_config, field)

static const struct option options[] = {
	{ "mem", SIZE, AT(mem), BLOCK_SIZE, GIB(64), NULL },
	{ "cpus", UINT, AT(cpus), 1, CORE_MAX_CPUS, NULL },
	{ "ram_base", SIZE, AT(ram_base), 0, BIT(47), NULL },
	{ "ipa_bits", UINT, AT(ipa_bits), 32, 48, NULL },
	{ "ripas", CHOICE, AT(ripas), 0, 0, "all|image" },
	{ "dtb", CHOICE, AT(dtb), 0, 0, "high|after|low" },
	{ "dt_order", BOOL, AT(dt_reversed), 0, 0, "normal|reversed" },
	{ "console", CHOICE, AT(console), 0, 0, "pl011|ns16550|none" },
	{ "hash", BOOL, AT(sha512), 0, 0, "sha256|sha512" },
	{ "ripas_chunk", U64, AT(ripas_chunk), 0, BIT(36), NULL },
	{ "coop", BOOL, AT(coop), 0, 0, "0|1" },
	{ "trace", BOOL, AT(trace), 0, 0, "0|1" },
	{ "exits", U64, AT(budget_exits), 0, ~0ULL, NULL },
	{ "ns", U64, AT(budget_ns), 0, ~0ULL, NULL },
	{ "mutant", UINT, AT(mutant), 0, ~0U, NULL },
	{ "mutant_op", BOOL, AT(mutant_negate), 0, 0, "drop|negate" },
	{ "list_mutants", BOOL, AT(list_mutants), 0, 0, "0|1" },
	{ "fault", TEXT, AT(faults), 0, sizeof(((struct host_config *)0)->faults), NULL },
	{ "append", TEXT, AT(append), 0, sizeof(((struct host_config *)0)->append), NULL },
};

static const struct host_config defaults = {
	.mem = MIB(256),
	.cpus = 1,
	.ram_base = 0x40000000,
	.ipa_bits = 33,
	.ripas = RIPAS_INIT_ALL,
	.dtb = DTB_HIGH,
	.console = GUEST_CONSOLE_PL011,
	.coop = true,
};

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

static void store(struct host_config *c, const struct option *o, u64 v)
{
	void *field = (u8 *)c + o->offset;

	switch (o->kind) {
	case BOOL:
		*(bool *)field = v != 0;
		break;
	case UINT:
	case CHOICE: /* an enum without negative values: unsigned int under gcc and clang */
		*(unsigned *)field = (unsigned)v;
		break;
	default:
		*(u64 *)field = v;
	}
}

static enum status set_option(struct host_config *c, const struct option *o, const char *value)
{
	u64 v;

	if (o->kind == TEXT) {
		if (strlen(value) >= o->max)
			return ST_RANGE;
		memcpy((char *)c + o->offset, value, strlen(value) + 1);
		return ST_OK;
	}
	if (o->choices != NULL) {
		if (!parse_choice(o->choices, value, &v))
			return ST_INVALID;
	} else {
		if (!parse_number(value, o->kind == SIZE, &v))
			return ST_INVALID;
		if (v < o->min || v > o->max)
			return ST_RANGE;
	}
	store(c, o, v);
	return ST_OK;
}

static enum status parse_line(struct host_config *c, const char *line, size_t n, u32 *seen)
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
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strlen(options[i].key) != key_len || memcmp(options[i].key, line, key_len) != 0)
			continue;
		if ((*seen & 1u << i) != 0)
			return ST_OVERLAP;
		*seen |= 1u << i;
		return set_option(c, &options[i], value);
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

/* What no single key can tell. */
static enum status check_whole(const struct host_config *c, char *error, size_t error_size)
{
	if (!is_aligned(c->mem, BLOCK_SIZE) || !is_aligned(c->ram_base, BLOCK_SIZE)) {
		snprint(error, error_size, "mem=%#lx and ram_base=%#lx must be multiples of 2 MiB",
			(unsigned long)c->mem, (unsigned long)c->ram_base);
		return ST_ALIGN;
	}
	if (c->ram_base + c->mem > BIT(c->ipa_bits - 1)) {
		snprint(error, error_size,
			"mem=%#lx at ram_base=%#lx does not fit the protected half of ipa_bits=%u",
			(unsigned long)c->mem, (unsigned long)c->ram_base, c->ipa_bits);
		return ST_RANGE;
	}
	return ST_OK;
}

enum status config_parse(const char *text, size_t size, struct host_config *out, char *error,
			 size_t error_size)
{
	u32 seen = 0;

	*out = defaults;
	for (size_t at = 0, number = 1; at < size; number++) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', size - at);
		size_t n = end != NULL ? (size_t)(end - line) : size - at;
		enum status st = ST_OK;

		if (n != 0 && line[0] != '#')
			st = parse_line(out, line, n, &seen);
		if (st != ST_OK) {
			snprint(error, error_size, "line %zu: %s: %.*s", number, line_error(st),
				(int)MIN(n, 100u), line);
			return st;
		}
		at += n + 1;
	}
	return check_whole(out, error, error_size);
}
