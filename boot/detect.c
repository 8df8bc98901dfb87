/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the backend, once. */
#include "cvm.h"
#include "fatal.h"

struct cvm cvm;

void cvm_detect(const struct handoff *h)
{
	for (const struct cvm_ops *const *p = cvm_platforms; *p != NULL; p++) {
		struct cvm candidate = { .ops = *p };
		enum status st = (*p)->detect(&candidate, h);

		if (st == ST_UNSUPPORTED)
			continue;
		/* Also when it is unusable: falling through to a weaker platform would let a host
		 * that answers one call wrongly turn a confidential guest into a plain one. */
		candidate.ops = *p;
		cvm = candidate;
		if (st != ST_OK)
			fatal(st, "platform %s was detected but cannot be used", cvm.ops->name);
		return;
	}
	fatal(ST_UNSUPPORTED, "no platform of this image was detected");
}
