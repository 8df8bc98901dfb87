/* SPDX-License-Identifier: BSD-2-Clause */
#include "fatal.h"

#include "arch.h"
#include "console.h"
#include "cvm.h"
#include "mmu.h"
#include "platform.h"
#include "print.h"
#include "smp.h"

#define DETAIL_MAX 192

static u8 depth[SMP_MAX_CPUS];

NORETURN static void leave(void)
{
	if (cvm.ops != NULL && cvm.ops->shutdown != NULL)
		cvm.ops->shutdown(CVM_SHUTDOWN_FAIL);
	arch_halt();
}

/* Printing may itself fail (the console is the host's): the second call on a CPU only leaves, the
 * third only halts. */
void fatal(enum status st, const char *fmt, ...)
{
	unsigned cpu = MIN(arch_cpu_index(), SMP_MAX_CPUS - 1);
	char detail[DETAIL_MAX];
	va_list ap;

	arch_irq_save();
	if (depth[cpu] >= 2)
		arch_halt();
	if (depth[cpu]++ == 0) {
		va_start(ap, fmt);
		vsnprint(detail, sizeof(detail), fmt, ap);
		va_end(ap);
		print("Bail out! %s: %s\n", detail, status_text(st));
		/* A stop before the console was set up: if one is known by now, say it there. */
		if (mmu_is_on() && !console_present())
			(void)console_init(&platform);
	}
	leave();
}
