/* SPDX-License-Identifier: BSD-2-Clause */
/* Spin locks of the machine's CPUs. Not recursive; zero is free. */
#ifndef COMMON_LOCK_H
#define COMMON_LOCK_H

#include "types.h"

struct core_lock {
	u32 held;
	u32 starving; /* CPUs that have waited too long: others let them go first */
};

void core_lock(struct core_lock *l);
bool core_trylock(struct core_lock *l); /* lets nobody go first */
void core_unlock(struct core_lock *l);

/* Supplied by each core; inside a spin loop: lets the other CPUs run under -icount. */
void core_relax(void);

#endif
