/* SPDX-License-Identifier: BSD-2-Clause */
#include "listen.h"

#include "checks.h"
#include "irq.h"
#include "smp.h"

static void listen(void *arg)
{
	struct listener *l = arg;
	struct deadline d = deadline_in(l->ns);
	bool enabled = arch_irq_save();

	irq_enable_cpu();
	__atomic_store_n(&l->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE) && !deadline_passed(&d))
		;
	irq_disable_cpu();
	arch_irq_restore(enabled);
}

bool can_listen(unsigned cpu)
{
	return cpu == 0 || smp_start_status(cpu) == ST_OK;
}

bool listen_start(struct listener *l, unsigned cpu, u64 ns)
{
	struct deadline d = deadline_in(WAIT_NS);

	*l = (struct listener){ .cpu = cpu, .ns = ns };
	if (cpu == 0) {
		l->enabled_before = arch_irq_save();
		irq_enable_cpu();
		return true;
	}
	if (!expect_eq("giving work to the target CPU", smp_run(cpu, listen, l), ST_OK))
		return false;
	while (!__atomic_load_n(&l->ready, __ATOMIC_ACQUIRE) && !deadline_passed(&d))
		;
	return true;
}

/* The listener is on a stack: left only when the other CPU is done with it. */
void listen_stop(struct listener *l)
{
	if (l->cpu == 0) {
		irq_disable_cpu();
		arch_irq_restore(l->enabled_before);
		return;
	}
	__atomic_store_n(&l->stop, 1, __ATOMIC_RELEASE);
	expect_eq("the target CPU finishing its work", smp_wait(l->cpu), ST_OK);
}
