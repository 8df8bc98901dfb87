/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting with an end, by a counter that may be the host's (drivers/deadline.c). */
#ifndef DEADLINE_H
#define DEADLINE_H

#include "types.h"

#define NS_PER_S 1000000000ULL

struct deadline {
	u64 start, furthest, ticks; /* of arch_counter() */
	unsigned stuck;             /* reads in a row that went no further */
};

/* From now on. A counter of unknown rate is taken for one of 1 GHz. */
struct deadline deadline_in(u64 ns);
/* Has the time gone by, or the counter stopped? For the condition of a spin loop: relaxes the CPU.
 */
bool deadline_passed(struct deadline *d);

#endif
