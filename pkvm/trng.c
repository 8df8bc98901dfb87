/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TRNG (DEN0098). Android's EL2 passes it to the firmware below; upstream the host answers, with
 * whatever it likes to know. So its bits are mixed in beside others and never stand for them.
 */
#include <string.h>

#include "internal.h"

_Static_assert(CVM_ENTROPY_BYTES * 8 == TRNG_BITS_MAX, "one answer of TRNG_RND_64");

enum status pkvm_trng(u64 out[3])
{
	s64 version = (int32_t)pkvm_call(TRNG_VERSION, 0, 0, 0).x0;
	struct pkvm_result r;
	enum status st;

	if (version < TRNG_VERSION_1_0)
		return ST_UNSUPPORTED;
	r = pkvm_call(TRNG_RND_64, TRNG_BITS_MAX, 0, 0);
	st = trng_status_of(r.x0)->status;
	if (st != ST_OK)
		return st;
	out[0] = r.x3;
	out[1] = r.x2;
	out[2] = r.x1;
	return ST_OK;
}

enum status pkvm_entropy(u8 bytes[CVM_ENTROPY_BYTES])
{
	u64 words[3];
	enum status st = pkvm_trng(words);

	if (st == ST_OK)
		memcpy(bytes, words, CVM_ENTROPY_BYTES);
	return st;
}
