/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence in the guest (attest/evidence.c): fetch it, check it against what we know of ourselves,
 * keep the event log. What comes back from the platform is parsed like anything else of a host's:
 * a piece of evidence that does not answer our challenge is refused here, not only by a verifier.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "attest.h"

struct evidence {
	struct bytes report;       /* token, report or quote */
	struct bytes certificates; /* SNP: the table that came with it; else empty */
	struct bytes log;          /* event log; empty where the platform has no registers */
	u8 report_data[REPORT_DATA_SIZE];
};

/*
 * Bound by evidence_bind() to the image's kind (job_name), 64 bytes of the caller's and a key (data
 * NULL: none). Checked: the report data is ours, the launch measurement is what measure_read(0)
 * says, the registers in it are those we read, and the log replays to them. The result lies in
 * memory of this module and is good until the next call. ST_UNSUPPORTED on a plain VM; ST_CORRUPT:
 * a check failed. After a failure evidence_why() says what went wrong and where to look; after a
 * success it is empty, or names the registers that somebody had extended before the log began, to
 * which no log replays. One caller at a time: ST_STATE.
 */
enum status evidence_get(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
			 struct evidence *out);
const char *evidence_why(void);

/* The same with a kind of one's own choosing: what bad guests and tests need to lie. */
enum status evidence_get_as(const char *kind, const u8 challenge[REPORT_DATA_SIZE],
			    struct bytes key, struct evidence *out);

/* Measures data into register reg (1..4) and writes the event: EVLOG_IPL with `what`, NUL, data as
 * its data; the digest is that of data. Both or neither. ST_UNSUPPORTED: no registers (SNP, plain).
 */
enum status evidence_measure(unsigned reg, const char *what, struct bytes data);

/* The same for what is too large for a log: the event's data is `what` and its NUL alone. */
enum status evidence_measure_image(unsigned reg, const char *what, struct bytes data);

/* The log as it stands, in memory of this module; empty where the platform has no registers or
 * nothing was measured. For a guest that hands it to what it boots. */
struct bytes evidence_log(void);

/* "# evidence: kind=probe bytes=N sha256=HEX report_data=HEX" or "# evidence: failed: WHY". */
void evidence_print(const struct evidence *e, enum status st);

#endif
