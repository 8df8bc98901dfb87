/* SPDX-License-Identifier: BSD-2-Clause */
/* The run's configuration: what this host understands, and what no single key can tell. Pure C. */
#include "config.h"

#include "common/options.h"
#include "print.h"

#define RAM_QEMU         0x40000000ULL
#define RAM_BEHIND_PVMFW 0x80000000ULL

#define AT(field)        offsetof(struct host_config, field)

static const struct option options[] = {
	{ "mem", OPTION_SIZE, AT(mem), BLOCK_SIZE, GIB(64), NULL },
	{ "cpus", OPTION_UINT, AT(cpus), 1, CORE_MAX_CPUS, NULL },
	{ "ram_base", OPTION_SIZE, AT(ram_base), 0, BIT(47), NULL },
	{ "ipa_bits", OPTION_UINT, AT(ipa_bits), 32, 48, NULL },
	{ "ripas", OPTION_CHOICE, AT(ripas), 0, 0, "all|image" },
	{ "dtb", OPTION_CHOICE, AT(dtb), 0, 0, "high|after|low" },
	{ "dt_order", OPTION_BOOL, AT(dt_reversed), 0, 0, "normal|reversed" },
	{ "console", OPTION_CHOICE, AT(console), 0, 0, "pl011|ns16550|none" },
	{ "msi", OPTION_CHOICE, AT(msi), 0, 0, "its|its-kvm|gicv2m|none" },
	{ "save_restore", OPTION_U64, AT(save_restore), 0, ~0ULL, NULL },
	{ "hash", OPTION_BOOL, AT(sha512), 0, 0, "sha256|sha512" },
	{ "ripas_chunk", OPTION_U64, AT(ripas_chunk), 0, BIT(36), NULL },
	{ "coop", OPTION_BOOL, AT(coop), 0, 0, "0|1" },
	{ "trace", OPTION_BOOL, AT(trace), 0, 0, "0|1" },
	{ "exits", OPTION_U64, AT(budget_exits), 0, ~0ULL, NULL },
	{ "ns", OPTION_U64, AT(budget_ns), 0, ~0ULL, NULL },
	{ "mutant", OPTION_UINT, AT(mutant), 0, ~0U, NULL },
	{ "mutant_op", OPTION_BOOL, AT(mutant_negate), 0, 0, "drop|negate" },
	{ "list_mutants", OPTION_BOOL, AT(list_mutants), 0, 0, "0|1" },
	{ "profile", OPTION_CHOICE, AT(profile), 0, 0, "none|upstream|android" },
	{ "granule", OPTION_SIZE, AT(granule), KIB(4), KIB(64), NULL },
	{ "pvmfw", OPTION_BOOL, AT(pvmfw), 0, 0, "0|1" },
	{ "pvmfw_config", OPTION_CHOICE, AT(pvmfw_config), 0, 0, "1.2|1.1|1.0|1.9|2.0|none" },
	{ "dt_lie", OPTION_TEXT, AT(dt_lie), 0, sizeof(((struct host_config *)0)->dt_lie), NULL },
	{ "debug", OPTION_BOOL, AT(debug), 0, 0, "0|1" },
	{ "secret", OPTION_TEXT, AT(secret), 0, sizeof(((struct host_config *)0)->secret), NULL },
	{ "fault", OPTION_TEXT, AT(faults), 0, sizeof(((struct host_config *)0)->faults), NULL },
	{ "append", OPTION_TEXT, AT(append), 0, sizeof(((struct host_config *)0)->append), NULL },
};

static const struct host_config defaults = {
	.mem = MIB(256),
	.cpus = 1,
	.ipa_bits = 33,
	.ripas = RIPAS_INIT_ALL,
	.dtb = DTB_HIGH,
	.console = GUEST_CONSOLE_PL011,
	.coop = true,
	.granule = KIB(4),
};

/* Guest RAM lies below this: a realm has it in the protected half. */
static u64 ram_limit(const struct host_config *c)
{
	return BIT(c->profile == PROFILE_NONE ? c->ipa_bits - 1 : c->ipa_bits);
}

static enum status check_pkvm(const struct host_config *c, char *error, size_t error_size)
{
	if (c->granule != KIB(4) && c->granule != KIB(16) && c->granule != KIB(64)) {
		snprint(error, error_size, "granule=%lu: want 4096, 16384 or 65536",
			(unsigned long)c->granule);
		return ST_RANGE;
	}
	if (c->pvmfw && (c->profile != PROFILE_ANDROID || c->ram_base != RAM_BEHIND_PVMFW)) {
		snprint(error, error_size, "pvmfw=1 wants profile=android and ram_base=%#lx",
			(unsigned long)RAM_BEHIND_PVMFW);
		return ST_INVALID;
	}
	if (!c->pvmfw && c->pvmfw_config != PVMFW_CONFIG_1_2) {
		snprint(error, error_size, "pvmfw_config is for pvmfw=1");
		return ST_INVALID;
	}
	if (c->profile == PROFILE_NONE && c->dt_lie[0] != '\0') {
		snprint(error, error_size, "dt_lie is for a pKVM host");
		return ST_INVALID;
	}
	return ST_OK;
}

/* What no single key can tell. */
static enum status check_whole(const struct host_config *c, char *error, size_t error_size)
{
	if (!is_aligned(c->mem, BLOCK_SIZE) || !is_aligned(c->ram_base, BLOCK_SIZE)) {
		snprint(error, error_size, "mem=%#lx and ram_base=%#lx must be multiples of 2 MiB",
			(unsigned long)c->mem, (unsigned long)c->ram_base);
		return ST_ALIGN;
	}
	if (c->ram_base + c->mem > ram_limit(c)) {
		snprint(error, error_size,
			"mem=%#lx at ram_base=%#lx does not fit the %s of ipa_bits=%u",
			(unsigned long)c->mem, (unsigned long)c->ram_base,
			c->profile == PROFILE_NONE ? "protected half" : "space", c->ipa_bits);
		return ST_RANGE;
	}
	return check_pkvm(c, error, error_size);
}

enum status config_parse(const char *text, size_t size, struct host_config *out, char *error,
			 size_t error_size)
{
	static const struct options table = { options, ARRAY_SIZE(options) };
	enum status st;

	*out = defaults;
	st = options_parse(&table, text, size, out, error, error_size);
	if (out->ram_base == 0)
		out->ram_base = out->pvmfw ? RAM_BEHIND_PVMFW : RAM_QEMU;
	return st == ST_OK ? check_whole(out, error, error_size) : st;
}
