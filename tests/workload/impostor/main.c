/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A workload whose evidence says it is a probe: the same code, measurement and key, another kind. A
 * relying party that serves workloads must refuse it, and by that name.
 */
#include "../../../workload/secret-release/release.c"

#include "../../../workload/secret-release/keys.c"

static enum status as_probe(const u8 challenge_of[REPORT_DATA_SIZE], struct bytes key,
			    struct evidence *out)
{
	return evidence_get_as("probe", challenge_of, key, out);
}

int workload_main(const struct workload *w)
{
	struct release *r = release_begin(w);
	enum status st;

	if (r == NULL)
		return 1;
	r->evidence = as_probe;
	st = release_receive(r);
	release_end(r);
	return st == ST_OK ? 0 : 1;
}
