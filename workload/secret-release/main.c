/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A secret for whoever can show what it is: a relying party (`postern serve`) gives it to this
 * image, on a platform that can vouch for it, sealed to a key that this run made for itself.
 */
#include "release.h"

int workload_main(const struct workload *w)
{
	struct release *r = release_begin(w);
	enum status st;

	if (r == NULL)
		return 1;
	st = release_receive(r);
	/* Here r->secret, r->secret_size bytes, is put to use, without a copy that outlives r. This
	 * sample uses it to prove that it has it, and says no more: the log is public. */
	if (st == ST_OK)
		st = release_prove(r);
	if (st == ST_OK)
		w->log("secret received, proof sent");
	release_end(r);
	return st == ST_OK ? 0 : 1;
}
