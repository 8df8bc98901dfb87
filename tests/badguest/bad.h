/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that break one rule each, to see the host's violation trace fire. A bad guest is the real
 * image with this job in place of the probe; the job's file says which kind must be recorded:
 *     violation: <kind>
 */
#ifndef BAD_H
#define BAD_H

#include "arch.h"
#include "cvm.h"
#include "fatal.h"
#include "job.h"
#include "mm.h"
#include "mmu.h"
#include "platform.h"
#include "print.h"

/* The one thing the bad guest does. */
void misbehave(void);

/* A private 2 MiB block of its own. */
static inline struct range bad_block(void)
{
	struct range r = { pages_alloc(BLOCK_SIZE / PAGE_SIZE, BLOCK_SIZE), BLOCK_SIZE };

	if (r.base == 0)
		fatal(ST_NO_MEMORY, "bad guest: no 2 MiB block");
	return r;
}

#endif
