/* SPDX-License-Identifier: BSD-2-Clause */
/* A token of the arm64 model, made natively. */
#ifndef SAMPLE_TOKEN_H
#define SAMPLE_TOKEN_H

#include "core/core.h"
#include "rmm/attest.h"

static enum fault_id chosen_fault;

bool fault_on(enum fault_id f)
{
	return chosen_fault == f;
}

static u8 sample_challenge[64], sample_rpv[64];
static struct measurement_ctx sample_realm;

static size_t make_sample(bool sha512, u8 *buf, size_t cap)
{
	static u8 params[4096];
	size_t len = 0;

	sample_realm.sha512 = sha512;
	params[8] = 33;
	measure_realm_create(&sample_realm, params);
	for (unsigned i = 0; i < 64; i++) {
		sample_challenge[i] = (u8)(i + 1);
		sample_rpv[i] = (u8)(100 + i);
	}
	for (unsigned r = 0; r < REM_COUNT; r++)
		measure_extend(&sample_realm, r, sample_rpv, 8 * r);
	assert_int_equal(token_create(&sample_realm, sample_challenge, sample_rpv, buf, cap, &len),
			 ST_OK);
	assert_true(len <= cap);
	return len;
}

#endif
