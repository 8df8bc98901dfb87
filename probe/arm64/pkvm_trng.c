/* SPDX-License-Identifier: BSD-2-Clause */
/* TRNG (DEN0098): random numbers of the firmware, or upstream of whatever the host says. */
#include "pkvm_check.h"

#define TRIES 50 /* NO_ENTROPY is a proper answer, for a while */

struct bits {
	u64 word[3]; /* lowest first */
};

static bool is_answer(u64 x0)
{
	return (int32_t)x0 >= 0;
}

static bool offered(void)
{
	bool is_there = is_answer(pkvm_x0(TRNG_VERSION, 0, 0, 0));

	if (!is_there)
		check_skip("TRNG_VERSION answers that there is none");
	return is_there;
}

/* RND of so many bits by the 64-bit call; false: failure has been said. */
static bool get(u64 count, struct bits *b)
{
	struct pkvm_result r = { .x0 = TRNG_NO_ENTROPY };

	for (unsigned i = 0; i < TRIES && r.x0 == TRNG_NO_ENTROPY; i++)
		r = pkvm_call(TRNG_RND_64, count, 0, 0);
	*b = (struct bits){ { r.x3, r.x2, r.x1 } };
	return expect_eq("TRNG_RND", (u64)r.x0, 0);
}

void pkvm_trng_version(void)
{
	u64 version;

	if (!offered())
		return;
	version = pkvm_x0(TRNG_VERSION, 0, 0, 0) & 0xffffffff;
	check_note("answered 0x%llx", (unsigned long long)version);
	expect_true("TRNG_VERSION", version >= TRNG_VERSION_1_0 && version < 0x20000,
		    "1.0 or a later 1.x");
}

void pkvm_trng_features(void)
{
	static const u32 have[] = { TRNG_VERSION, TRNG_FEATURES, TRNG_UUID, TRNG_RND_64 };

	if (!offered())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(have); i++) {
		check_note("function id 0x%x", have[i]);
		expect_true("TRNG_FEATURES of a call of TRNG 1.0",
			    is_answer(pkvm_x0(TRNG_FEATURES, have[i], 0, 0)), "not negative");
	}
	expect_true("TRNG_FEATURES of a number that is no call",
		    !is_answer(pkvm_x0(TRNG_FEATURES, 0x8400005f, 0, 0)), "negative");
}

void pkvm_trng_bits(void)
{
	static const u8 counts[] = { 1, 7, 64, 65, 100, 128, 191, 192 };
	struct bits b;

	if (!offered())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		check_note("%u bits", counts[i]);
		if (!get(counts[i], &b))
			return;
		for (unsigned bit = counts[i]; bit < TRNG_BITS_MAX; bit++)
			if (!expect_eq("a bit above those asked for",
				       b.word[bit / 64] >> bit % 64 & 1, 0))
				return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(b.word); i++)
		expect_ne("64 of 192 bits", b.word[i], 0);
}

void pkvm_trng_limits(void)
{
	static const struct {
		u32 fid;
		u64 bits;
	} bad[] = { { TRNG_RND_64, 0 },
		    { TRNG_RND_64, TRNG_BITS_MAX + 1 },
		    { TRNG_RND_64, BIT(32) },
		    { TRNG_RND_32, 0 },
		    { TRNG_RND_32, 97 } };

	if (!offered())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		check_note("function id 0x%x, %llu bits", bad[i].fid,
			   (unsigned long long)bad[i].bits);
		expect_true("TRNG_RND of a number of bits that cannot be",
			    !is_answer(pkvm_x0(bad[i].fid, bad[i].bits, 0, 0)), "refused");
	}
}

void pkvm_trng_differs(void)
{
	struct bits before, b;

	if (!offered() || !get(TRNG_BITS_MAX, &before))
		return;
	for (unsigned turn = 0; turn < 8 && get(TRNG_BITS_MAX, &b); turn++) {
		for (unsigned i = 0; i < ARRAY_SIZE(b.word); i++)
			if (!expect_ne("64 bits, as they were before", b.word[i], before.word[i]))
				return;
		before = b;
	}
}

void pkvm_trng_uuid(void)
{
	struct pkvm_result a, b;

	if (!offered())
		return;
	a = pkvm_call(TRNG_UUID, 0, 0, 0);
	b = pkvm_call(TRNG_UUID, 0, 0, 0);
	expect_true("TRNG_GET_UUID", (int32_t)a.x0 != PKVM_NOT_SUPPORTED, "a UUID");
	expect_true("TRNG_GET_UUID once more",
		    a.x0 == b.x0 && a.x1 == b.x1 && a.x2 == b.x2 && a.x3 == b.x3, "the same");
}
