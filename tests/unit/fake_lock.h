/* SPDX-License-Identifier: BSD-2-Clause */
/* One CPU with interrupts enabled, which must not take a lock it holds. Include after cmocka.h. */
#ifndef FAKE_LOCK_H
#define FAKE_LOCK_H

#include "arch.h"
#include "smp.h"

bool arch_irq_save(void)
{
	return true;
}

void arch_irq_restore(bool enabled)
{
	assert_true(enabled);
}

void spin_lock(struct spinlock *l)
{
	assert_int_equal(l->owner++, 0);
}

void spin_unlock(struct spinlock *l)
{
	l->owner--;
}

#endif
