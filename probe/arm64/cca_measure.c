/* SPDX-License-Identifier: BSD-2-Clause */
#include <bearssl.h>

#include "cca.h"

#define REGISTERS (RSI_MEASUREMENT_INDEX_MAX + 1)

struct registers {
	u64 value[REGISTERS][8];
};

/* SHA-256 unless the realm says SHA-512: read for each check, so that none depends on another. */
size_t realm_hash_size(void)
{
	static u8 config[PAGE_SIZE] ALIGNED(PAGE_SIZE);
	volatile u8 *algo = &config[RSI_CONFIG_HASH_ALGO];

	(void)rsi_realm_config((u64)(uintptr_t)config);
	return *algo == RSI_HASH_SHA512 ? 64 : *algo == RSI_HASH_SHA384 ? 48 : 32;
}

static bool read_all(struct registers *r)
{
	for (unsigned i = 0; i < REGISTERS; i++)
		if (!expect_eq("RSI_MEASUREMENT_READ", rsi_measurement_read(i, r->value[i]),
			       RSI_SUCCESS))
			return false;
	return true;
}

static bool expect_unchanged(const char *asked, const struct registers *before,
			     const struct registers *after, unsigned except)
{
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (i == except)
			continue;
		for (unsigned k = 0; k < 8; k++) {
			if (!expect_eq(asked, after->value[i][k], before->value[i][k])) {
				check_note("register %u, word %u", i, k);
				return false;
			}
		}
	}
	return true;
}

void cca_measure_read_index(void)
{
	static const u64 indexes[] = { 5, 6, 0x100000000ULL, ~0ULL };
	u64 value[8];

	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		check_note("index 0x%llx", (unsigned long long)indexes[i]);
		if (!expect_eq("RSI_MEASUREMENT_READ", rsi_measurement_read(indexes[i], value),
			       RSI_ERROR_INPUT))
			return;
	}
}

void cca_measure_rim(void)
{
	u64 first[8], again[8], any = 0;

	if (!expect_eq("RSI_MEASUREMENT_READ of the RIM", rsi_measurement_read(0, first),
		       RSI_SUCCESS) ||
	    !expect_eq("RSI_MEASUREMENT_READ again", rsi_measurement_read(0, again), RSI_SUCCESS))
		return;
	for (unsigned i = 0; i < 8; i++) {
		any |= first[i];
		if (!expect_eq("the RIM, read again", again[i], first[i]))
			return;
	}
	expect_ne("all words of the RIM together", any, 0);
	for (size_t i = realm_hash_size() / 8; i < 8; i++)
		if (!expect_eq("a word of the RIM behind the digest", first[i], 0))
			return;
}

/* Asks for an extension that must be refused. */
static bool refused(const char *asked, u64 index, u64 size)
{
	static const u64 value[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct registers before, after;

	return read_all(&before) &&
	       expect_eq(asked, rsi_measurement_extend(index, size, value), RSI_ERROR_INPUT) &&
	       read_all(&after) &&
	       expect_unchanged("a register after it", &before, &after, REGISTERS);
}

void cca_measure_extend_index(void)
{
	if (refused("RSI_MEASUREMENT_EXTEND of index 0, the RIM", 0, 32) &&
	    refused("RSI_MEASUREMENT_EXTEND of index 5", 5, 32))
		refused("RSI_MEASUREMENT_EXTEND of the highest index", ~0ULL, 32);
}

void cca_measure_extend_size(void)
{
	if (refused("RSI_MEASUREMENT_EXTEND with size 65", 4, 65))
		refused("RSI_MEASUREMENT_EXTEND with the highest size", 4, ~0ULL);
}

static void hash_extension(u64 out[8], const u64 old[8], const u64 value[8], size_t size)
{
	br_sha512_context c512;
	br_sha256_context c256;
	size_t h = realm_hash_size();

	for (unsigned i = 0; i < 8; i++)
		out[i] = 0;
	if (h == 32) {
		br_sha256_init(&c256);
		br_sha256_update(&c256, old, h);
		br_sha256_update(&c256, value, size);
		br_sha256_out(&c256, out);
	} else {
		br_sha512_init(&c512);
		br_sha512_update(&c512, old, h);
		br_sha512_update(&c512, value, size);
		br_sha512_out(&c512, out);
	}
}

static bool extends(unsigned index, size_t size)
{
	u64 value[8], expected[8];
	struct registers before, after;

	for (unsigned i = 0; i < 8; i++)
		value[i] = 0x4d65617375726500ULL + index * 8 + i;
	if (!read_all(&before) ||
	    !expect_eq("RSI_MEASUREMENT_EXTEND", rsi_measurement_extend(index, size, value),
		       RSI_SUCCESS) ||
	    !read_all(&after))
		return false;
	hash_extension(expected, before.value[index], value, size);
	check_note("register %u, size %zu", index, size);
	for (unsigned i = 0; i < 8; i++)
		if (!expect_eq("a word of the extended register", after.value[index][i],
			       expected[i]))
			return false;
	return expect_unchanged("another register", &before, &after, index);
}

void cca_measure_rem(void)
{
	if (realm_hash_size() == 48) {
		check_skip("the realm's hash is SHA-384");
		return;
	}
	for (unsigned index = 1; index < REGISTERS; index++)
		if (!extends(index, 64))
			return;
	if (extends(4, 32) && extends(4, 5))
		extends(4, 0);
}

/* Runs before any check extends: the order of the table is the order of the run. */
void cca_measure_start(void)
{
	struct registers r;

	if (!read_all(&r))
		return;
	for (unsigned i = 1; i < REGISTERS; i++) {
		for (unsigned k = 0; k < 8; k++) {
			if (!expect_eq("a word of a REM at the start", r.value[i][k], 0)) {
				check_note("register %u, word %u", i, k);
				return;
			}
		}
	}
}
