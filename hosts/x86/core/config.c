/* SPDX-License-Identifier: BSD-2-Clause */
/* The run's configuration: what this host understands, and what no single key can tell. Pure C. */
#include "config.h"

#include "common/options.h"
#include "print.h"

#define AT(field) offsetof(struct host_config, field)

static const struct option options[] = {
	{ "mem", OPTION_SIZE, AT(mem), BLOCK_SIZE, GIB(64), NULL },
	{ "cpus", OPTION_UINT, AT(cpus), 1, CORE_MAX_CPUS, NULL },
	{ "gpaw", OPTION_UINT, AT(gpaw), 0, 52, NULL },
	{ "machine", OPTION_BOOL, AT(i440fx), 0, 0, "q35|pc" },
	{ "coop", OPTION_BOOL, AT(coop), 0, 0, "0|1" },
	{ "trace", OPTION_BOOL, AT(trace), 0, 0, "0|1" },
	{ "exits", OPTION_U64, AT(budget_exits), 0, ~0ULL, NULL },
	{ "ns", OPTION_U64, AT(budget_ns), 0, ~0ULL, NULL },
	{ "mutant", OPTION_UINT, AT(mutant), 0, ~0U, NULL },
	{ "mutant_op", OPTION_BOOL, AT(mutant_negate), 0, 0, "drop|negate" },
	{ "list_mutants", OPTION_BOOL, AT(list_mutants), 0, 0, "0|1" },
	{ "debug", OPTION_BOOL, AT(debug), 0, 0, "0|1" },
	{ "hashes", OPTION_BOOL, AT(hashes), 0, 0, "0|1" },
	{ "secret", OPTION_TEXT, AT(secret), 0, sizeof(((struct host_config *)0)->secret), NULL },
	{ "fault", OPTION_TEXT, AT(faults), 0, sizeof(((struct host_config *)0)->faults), NULL },
	{ "mark", OPTION_TEXT, AT(mark), 0, sizeof(((struct host_config *)0)->mark), NULL },
	{ "append", OPTION_TEXT, AT(append), 0, sizeof(((struct host_config *)0)->append), NULL },
};

static const struct host_config defaults = {
	.mem = MIB(256),
	.cpus = 1,
	.coop = true,
};

static enum status check_whole(const struct host_config *c, char *error, size_t error_size)
{
	if (!is_aligned(c->mem, BLOCK_SIZE)) {
		snprint(error, error_size, "mem=%#lx must be a multiple of 2 MiB",
			(unsigned long)c->mem);
		return ST_ALIGN;
	}
	if (c->gpaw != 0 && c->gpaw != 48 && c->gpaw != 52) {
		snprint(error, error_size, "gpaw=%u: want 48 or 52", c->gpaw);
		return ST_INVALID;
	}
	return ST_OK;
}

enum status config_parse(const char *text, size_t size, struct host_config *out, char *error,
			 size_t error_size)
{
	static const struct options table = { options, ARRAY_SIZE(options) };
	enum status st;

	*out = defaults;
	st = options_parse(&table, text, size, out, error, error_size);
	return st == ST_OK ? check_whole(out, error, error_size) : st;
}
