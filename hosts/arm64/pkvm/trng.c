/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TRNG 1.0 (Android), which EL3 answers there and this model itself here: SHA-256 of a counter, the
 * call's place in time, and what it gave before. No source of secrets, but no two answers agree.
 */
#include <bearssl.h>
#include <string.h>

#include "pkvm/model.h"

static enum next done(struct hyp_vcpu *v, s64 x0)
{
	call_return(v, x0, 0, 0, 0);
	return RESUME;
}

static void random(u64 out[3])
{
	static struct {
		u8 state[br_sha256_SIZE];
		u64 count, time;
	} seed;
	u8 hash[br_sha256_SIZE];
	br_sha256_context c;

	seed.count++;
	seed.time = core_counter();
	br_sha256_init(&c);
	br_sha256_update(&c, &seed, sizeof(seed));
	br_sha256_out(&c, seed.state);
	/* What is given out does not tell the state. */
	br_sha256_init(&c);
	br_sha256_update(&c, "output", 6);
	br_sha256_update(&c, seed.state, sizeof(seed.state));
	br_sha256_out(&c, hash);
	memcpy(out, hash, 3 * sizeof(*out));
}

static bool has_function(u32 fid)
{
	return (fid >= TRNG_VERSION && fid <= TRNG_RND_32) || fid == TRNG_RND_64;
}

/* `bits` of entropy, the lowest in R3; what was not asked for is zero. */
static enum next rnd(struct hyp_vcpu *v, u64 bits, unsigned width)
{
	u64 out[3], mask = width == 64 ? ~0ULL : 0xffffffffULL;
	bool cut = !fault_on(FAULT_TRNG_MORE);

	if (V(bits == 0))
		return done(v, fault_on(FAULT_TRNG_UNCHECKED) ? 0 : TRNG_INVALID_PARAMETERS);
	if (V(bits > 3 * width))
		return done(v, fault_on(FAULT_TRNG_UNCHECKED) ? 0 : TRNG_INVALID_PARAMETERS);
	random(out);
	for (unsigned i = 0; i < 3; i++) {
		u64 left = bits > (u64)i * width ? bits - (u64)i * width : 0;

		if (fault_on(FAULT_TRNG_CONSTANT))
			out[i] = 0x5a5a5a5a5a5a5a5aULL + i;
		out[i] &= mask;
		if (left < width && cut)
			out[i] &= BIT(left) - 1;
	}
	call_return(v, 0, out[2], out[1], out[0]);
	return RESUME;
}

/* 7a4d1f0e-3c62-4b8e-9d55-0f6a2b91c843, as DEN0098 lays it out in registers. */
static enum next uuid(struct hyp_vcpu *v)
{
	static u64 asked;
	u32 first = 0x7a4d1f0eu;

	if (fault_on(FAULT_TRNG_UUID_CHANGES))
		first += (u32)asked++;
	call_return(v, (s64)first, 0x3c624b8eu, 0x9d550f6au, 0x2b91c843u);
	return RESUME;
}

enum next trng_handle(struct hyp_vcpu *v, u32 fid)
{
	const u64 *x = v->cpu.el1.x;

	switch (fid) {
	case TRNG_VERSION:
		return done(v, fault_on(FAULT_TRNG_VERSION_OLD) ? 0 : TRNG_VERSION_1_0);
	case TRNG_FEATURES:
		if (V(!has_function((u32)x[1])) && !fault_on(FAULT_TRNG_FEATURES_ALL))
			return done(v, TRNG_NOT_SUPPORTED);
		return done(v, 0);
	case TRNG_UUID:
		return uuid(v);
	case TRNG_RND_32:
		return rnd(v, (u32)x[1], 32);
	default: /* TRNG_RND_64 */
		return rnd(v, x[1], 64);
	}
}
