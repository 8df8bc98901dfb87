/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Upstream: calls of the guest that EL2 leaves to the host. Whatever is answered here is an
 * untrusted host's word.
 */
#include "abi/pkvm.h"
#include "abi/psci.h"
#include "vmm/pkvm/pkvm.h"

#define WORDS 3u /* of entropy */

static u64 not_supported(void)
{
	return (u64)PKVM_NOT_SUPPORTED;
}

static void uid(u64 *out)
{
	static u64 asked;
	bool other =
	    fault_on(FAULT_LIE_UID_OTHER) || (fault_on(FAULT_HOST_UID_CHANGES) &&
					      __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED) != 0);

	out[0] = fault_on(FAULT_LIE_UID_NONE) ? not_supported()
		 : other                      ? (u32)~PKVM_UID_0
					      : PKVM_UID_0;
	out[1] = PKVM_UID_1;
	out[2] = PKVM_UID_2;
	out[3] = PKVM_UID_3;
}

/* ---- TRNG ---- */

/* The host has no better source here than time; to the guest it is another's word anyway. */
static u64 random(void)
{
	static u64 state;
	u64 z =
	    __atomic_add_fetch(&state, 0x9e3779b97f4a7c15ULL + core_counter(), __ATOMIC_RELAXED);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* The lowest bits in the last register; what was not asked for is zero. */
static void rnd(u64 bits, unsigned width, u64 *out)
{
	u64 mask = width == 64 ? ~0ULL : BIT(width) - 1;

	if (bits == 0 || bits > WORDS * width) {
		out[0] = fault_on(FAULT_HOST_TRNG_UNCHECKED) ? 0 : (u64)TRNG_INVALID_PARAMETERS;
		return;
	}
	out[0] = 0;
	for (unsigned i = 0; i < WORDS; i++) {
		u64 left = bits > (u64)i * width ? bits - (u64)i * width : 0;
		u64 word =
		    fault_on(FAULT_HOST_TRNG_CONSTANT) ? 0x5a5a5a5a5a5a5a5aULL + i : random();

		if (left < width && !fault_on(FAULT_HOST_TRNG_MORE))
			word &= BIT(left) - 1;
		out[WORDS - i] = word & mask;
	}
}

static void uuid(u64 *out)
{
	static u32 asked;

	out[0] = 0x5f1c2e70u + (fault_on(FAULT_HOST_TRNG_UUID) ? asked++ : 0);
	out[1] = 0x41d84b9au;
	out[2] = 0xa61372ecu;
	out[3] = 0x08bf9d55u;
}

static u64 trng_features(u32 fid)
{
	bool has = (fid >= TRNG_VERSION && fid <= TRNG_RND_32) || fid == TRNG_RND_64;

	return has || fault_on(FAULT_HOST_TRNG_FEATURES) ? 0 : not_supported();
}

static bool trng(u32 fid, const u64 *in, u64 *out)
{
	switch (fid) {
	case TRNG_VERSION:
		out[0] = fault_on(FAULT_HOST_TRNG_OLD) ? 0 : TRNG_VERSION_1_0;
		return true;
	case TRNG_FEATURES:
		out[0] = trng_features((u32)in[1]);
		return true;
	case TRNG_UUID:
		uuid(out);
		return true;
	case TRNG_RND_32:
		rnd((u32)in[1], 32, out);
		return true;
	case TRNG_RND_64:
		rnd(in[1], 64, out);
		return true;
	default:
		return false;
	}
}

static u64 smccc_version(void)
{
	static u64 asked;

	return fault_on(FAULT_HOST_SMCCC_OLD) && asked++ >= 2 ? SMCCC_VERSION_1_0
							      : SMCCC_VERSION_1_1;
}

/* ---- all ---- */

static void answer(struct vcpu *v, u32 fid, const u64 *in, u64 *out)
{
	u32 narrow = fid & ~SMCCC_64;

	if (trng(fid, in, out))
		return;
	if (narrow >= PSCI_FIRST && narrow <= PSCI_LAST)
		out[0] = (u64)host_psci(v, fid, in);
	else if (fid == SMCCC_VERSION)
		out[0] = smccc_version();
	else if (fid == PKVM_VENDOR_UID)
		uid(out);
	else
		out[0] = fault_on(FAULT_HOST_UNKNOWN_SUCCESS) ? 0 : not_supported();
}

void exit_call(struct vcpu *v)
{
	const u64 *gprs = (const u64 *)v->run->exit.gprs;
	u64 *next = (u64 *)v->run->enter.gprs;
	u32 fid = (u32)gprs[0];
	u64 in[4], out[4] = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(in); i++)
		in[i] = (fid & SMCCC_64) != 0 ? gprs[i] : (u32)gprs[i];
	answer(v, fid, in, out);
	for (unsigned i = 0; i < ARRAY_SIZE(out); i++)
		next[i] = out[i];
}
