/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile devicetree: all of it is as it should be, but for the one thing that a name says
 * (configuration key dt_lie). The guest must stop by name or pass; it may never hang, never break a
 * rule of its host, and never show a secret. Pure C over the finished blob.
 */
#ifndef VMM_PKVM_LIE_H
#define VMM_PKVM_LIE_H

#include "range.h"

/* What is true, for a lie to be near it. */
struct lie_facts {
	struct range ram;
	u64 image;  /* where the image runs once it has started: an address in it */
	u64 device; /* a device's registers */
};

/* Every name, one by one from 0; NULL after the last. */
const char *lie_name(unsigned n);

/* Changes the blob in `dtb`, a buffer of `size` bytes, as the name says ("": not at all), and *x0,
 * where the guest is told it is. ST_NOT_FOUND: no such name, or the blob has not what it is about;
 * ST_NO_MEMORY: the buffer has no room for it. */
enum status lie_apply(const char *name, void *dtb, size_t size, const struct lie_facts *facts,
		      u64 *x0);

#endif
