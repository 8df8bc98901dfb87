/* SPDX-License-Identifier: BSD-2-Clause */
/* For bad guests that mislead the ITS, behind the back of the driver that has set it up. */
#ifndef BAD_ITS_H
#define BAD_ITS_H

#include "abi/gic.h"
#include "bad.h"

#define QUIESCENT_READS 1000u

/* A queue of one page at `address`, and the ITS is told of a first command there. */
static inline void bad_queue(u64 address)
{
	u64 its = platform.its.base;

	if (platform.its.size == 0)
		fatal(ST_NOT_FOUND, "bad guest: no ITS");
	cvm.ops->mmio_write(its + GITS_CTLR, 4, 0);
	for (unsigned i = 0; i < QUIESCENT_READS; i++) {
		if ((cvm.ops->mmio_read(its + GITS_CTLR, 4) & GITS_CTLR_QUIESCENT) != 0)
			break;
	}
	cvm.ops->mmio_write(its + GITS_CBASER, 8, GITS_CBASER_VALID | address);
	cvm.ops->mmio_write(its + GITS_CTLR, 4, GITS_CTLR_ENABLED);
	cvm.ops->mmio_write(its + GITS_CWRITER, 8, ITS_COMMAND_BYTES);
}

#endif
