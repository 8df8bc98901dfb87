/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this a realm? Decided by the CPU's own ID register and the monitor, neither of which the host
 * can answer for; no devicetree or ACPI word takes part.
 */
#include "abi/psci.h"
#include "internal.h"
#include "print.h"

u64 rsi_ipa_width;
u8 rsi_hash_algo;

static u8 config_granule[PAGE_SIZE] ALIGNED(PAGE_SIZE);

/* Revisions this backend speaks, highest first. */
static const u32 revisions[] = { RSI_REVISION_1_0 };

static EARLY bool is_ours(u64 revision)
{
	for (size_t i = 0; i < ARRAY_SIZE(revisions); i++)
		if (revisions[i] == revision)
			return true;
	return false;
}

/*
 * SMC is not to be tried on a machine without RME: it may be undefined there. Asking again is
 * bounded by the length of our own list, whatever the monitor answers.
 */
EARLY enum status rsi_negotiate(void)
{
	u64 ask = revisions[0], lower, higher;

	if (FIELD(cca_read_pfr0(), 55, 52) == 0)
		return ST_UNSUPPORTED;
	for (size_t i = 0; i < ARRAY_SIZE(revisions); i++) {
		u64 x0 = rsi_version(ask, &lower, &higher);

		if (x0 == (u64)SMCCC_NOT_SUPPORTED)
			return ST_UNSUPPORTED;
		if (x0 == RSI_SUCCESS)
			return lower == ask && higher >= ask ? ST_OK : ST_PROTOCOL;
		if (x0 != RSI_ERROR_INPUT)
			return ST_PROTOCOL;
		if (!is_ours(lower))
			break;
		ask = lower;
	}
	return ST_NOT_FOUND; /* a realm, but no revision in common: stop, call nothing else */
}

EARLY enum status rsi_early_accept(u64 base, u64 top)
{
	struct accept_stats unused = { 0 };
	enum status st = rsi_negotiate();

	if (st != ST_OK)
		return st;
	return ripas_change(base, top, RIPAS_RAM, 0, &unused);
}

static unsigned pa_bits(u64 mmfr0)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	u64 range = FIELD(mmfr0, 3, 0);

	return range < ARRAY_SIZE(bits) ? bits[range] : 0;
}

static u64 read_config_u64(unsigned offset)
{
	u64 v = 0;

	for (unsigned i = 8; i-- > 0;)
		v = v << 8 | config_granule[offset + i];
	return v;
}

/* The monitor writes only the fields of its revision, so the granule starts as zeros. */
static enum status read_config(void)
{
	u64 width, x0;
	u8 hash;

	for (size_t i = 0; i < sizeof(config_granule); i++)
		config_granule[i] = 0;
	x0 = rsi_realm_config((uintptr_t)config_granule);
	if (x0 != RSI_SUCCESS)
		return rsi_failed("RSI_REALM_CONFIG", x0);
	__asm__ volatile("" ::: "memory"); /* the monitor wrote it behind the compiler's back */
	width = read_config_u64(RSI_CONFIG_IPA_WIDTH);
	hash = config_granule[RSI_CONFIG_HASH_ALGO];
	if (width < 32 || width > pa_bits(cca_read_mmfr0()) || hash > RSI_HASH_SHA384) {
		print("# rsi: RSI_REALM_CONFIG gives ipa_width %llu, hash algorithm %u\n",
		      (unsigned long long)width, hash);
		return ST_PROTOCOL;
	}
	rsi_ipa_width = width;
	rsi_hash_algo = hash;
	return ST_OK;
}

enum status cca_detect(struct cvm *c, const struct handoff *h)
{
	enum status st = rsi_negotiate();

	if (st == ST_NOT_FOUND)
		print("# rsi: a realm, but its monitor speaks no revision of RSI that we do\n");
	if (st == ST_OK)
		st = read_config();
	if (st != ST_OK)
		return st;
	c->pte_private = 0;
	c->pte_shared = cca_protected_top();
	c->dma_shared = cca_protected_top(); /* as Linux hands them to devices */
	c->addr_limit = cca_protected_top();
	c->addr_bits = (unsigned)rsi_ipa_width;
	c->conduit_hvc = false;
	c->has_psci = true;
	return ST_OK;
}
