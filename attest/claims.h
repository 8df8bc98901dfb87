/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between attest/evidence.c and attest/<arch>/claims.c: what a platform's evidence says of the
 * guest that asked for it, in one form for all platforms.
 */
#ifndef ATTEST_CLAIMS_H
#define ATTEST_CLAIMS_H

#include "attest.h"
#include "cvm.h"

struct evidence_claims {
	struct bytes report, certificates; /* parts of the evidence; the second may be empty */
	struct bytes report_data;
	struct bytes value[EVLOG_REGISTERS]; /* data NULL: this platform has no such register */
	const char *name[EVLOG_REGISTERS];   /* as the platform calls them */
	const char *failed;                  /* what did not hold; NULL: all did */
};

/* All that can be held against the evidence itself: its form, what binds its parts, a signature by
 * a key inside. Whose key that is, only a verifier with a root can tell. */
enum status evidence_claims(enum cvm_platform platform, struct bytes evidence,
			    struct evidence_claims *out);

#endif
