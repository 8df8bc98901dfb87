/* SPDX-License-Identifier: BSD-2-Clause */
#include "local.h"

/* An exception taken from EL2 is a bug of the monitor, or what a mutant made of it. */
void own_fault(const struct own_frame *f, u64 vector)
{
	static const char *const kind[] = { "synchronous", "IRQ", "FIQ", "SError" };

	core_panic("%s exception at EL2: cpu=%u esr=%#lx elr=%#lx far=%#lx sp=%#lx lr=%#lx x0=%#lx "
		   "x1=%#lx x2=%#lx x3=%#lx x19=%#lx x20=%#lx",
		   kind[vector % 4], core_cpu(), READ_SYSREG(esr_el2), READ_SYSREG(elr_el2),
		   READ_SYSREG(far_el2), f->sp, f->x[30], f->x[0], f->x[1], f->x[2], f->x[3],
		   f->x[19], f->x[20]);
}
