/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest workload: where it runs, whether it can have keys, whether it can be attested. */
#include "workload.h"

int workload_main(const struct workload *w)
{
	u8 challenge[REPORT_DATA_SIZE] = { 0 }, key[16];
	struct evidence e;
	enum status st;

	w->log("hello from %s with %u CPUs", w->platform, w->cpus);
	st = w->random(key, sizeof(key));
	w->log("random: %s", status_text(st));
	st = w->evidence(challenge, (struct bytes){ NULL, 0 }, &e);
	if (st == ST_OK)
		w->log("evidence: %zu bytes, log of %zu", e.report.size, e.log.size);
	else
		w->log("evidence: %s: %s", status_text(st), w->evidence_why());
	/* A plain VM has no evidence, and that is no failure of ours. */
	return st == ST_OK || st == ST_UNSUPPORTED ? 0 : 1;
}
