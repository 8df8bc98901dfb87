/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unfair on purpose: a queue would wait for CPUs that a busy machine is not running just now. But
 * not for ever. Under -icount QEMU runs one CPU at a time and changes to the next one where a timer
 * is armed anew, which the monitor does with its lock held: next to a guest CPU that neither halts
 * nor executes PAUSE, each look of another CPU at the lock may find it taken, for minutes.
 */
#include "common/lock.h"

#define PATIENCE 16u /* failed looks before a CPU is starving */
#define GIVE_WAY 64u /* looks at which others let it go first; it may not be running at all */

static bool starving(const struct core_lock *l)
{
	return __atomic_load_n(&l->starving, __ATOMIC_RELAXED) != 0;
}

void core_lock(struct core_lock *l)
{
	unsigned failed = 0;

	for (unsigned i = 0; i < GIVE_WAY && starving(l); i++)
		core_relax();
	while (!core_trylock(l)) {
		if (failed < PATIENCE && ++failed == PATIENCE)
			__atomic_fetch_add(&l->starving, 1, __ATOMIC_RELAXED);
		core_relax();
	}
	if (failed == PATIENCE)
		__atomic_fetch_sub(&l->starving, 1, __ATOMIC_RELAXED);
}

bool core_trylock(struct core_lock *l)
{
	return __atomic_load_n(&l->held, __ATOMIC_RELAXED) == 0 &&
	       __atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE) == 0;
}

void core_unlock(struct core_lock *l)
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}
