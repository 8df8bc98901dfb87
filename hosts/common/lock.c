/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/lock.h"

/* Unfair on purpose: a queue would wait for CPUs that a busy machine is not running just now. */
void core_lock(struct core_lock *l)
{
	while (!core_trylock(l))
		core_relax();
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
