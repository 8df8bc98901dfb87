/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measurements and tokens of the model (DEN0137; arm-cca facts 9.1 to 9.4). No locks: the caller
 * holds the realm.
 */
#ifndef RMM_ATTEST_H
#define RMM_ATTEST_H

#include "status.h"
#include "types.h"

#define REM_COUNT 4

/* Digests are left-aligned in 64 bytes, the rest is zero. */
struct measurement_ctx {
	bool sha512; /* else SHA-256 */
	bool debug; /* the platform, as its token says: not secured, debug of what is not the RoT */
	u8 rim[64];
	u8 rem[REM_COUNT][64];
};

size_t measure_len(const struct measurement_ctx *m); /* 32 or 64 */

/* Each of these is one event of the RIM, frozen by the model at REALM_ACTIVATE. */
void measure_realm_create(struct measurement_ctx *m, const u8 params[4096]); /* also clears REMs */
void measure_data(struct measurement_ctx *m, u64 ipa, u64 flags, const u8 *page);
void measure_rec(struct measurement_ctx *m, const u8 params[4096]); /* no event unless RUNNABLE */
void measure_ripas(struct measurement_ctx *m, u64 base, u64 top);   /* one RTT entry */

/* REM = H(REM, value); rem < REM_COUNT, n <= 64 checked by the caller. */
void measure_extend(struct measurement_ctx *m, unsigned rem, const u8 *value, size_t n);

/* The whole CCA token: tag 399 with platform and realm token. ST_NO_MEMORY when cap is too small.
 */
enum status token_create(const struct measurement_ctx *m, const u8 challenge[64], const u8 rpv[64],
			 u8 *out, size_t cap, size_t *len);
/* The same bytes on the output channel, for `postern verify` and the tests: "evidence: <hex>". */
void token_announce(const u8 *token, size_t len);

#endif
