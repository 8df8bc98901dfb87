/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts come from the host: each may be late, doubled, invented. Counting shows it. */
#include "abi/coop.h"
#include "checks.h"
#include "irq.h"
#include "listen.h"
#include "smp.h"

#define ECHO_NS 3000000ULL /* how long a second copy may take to show */

static void settle(void)
{
	struct deadline d = deadline_in(ECHO_NS);

	/* Interrupts reach a guest when it is entered: give the host occasions to enter it. */
	while (!deadline_passed(&d))
		visit_host();
}

static u64 received_elsewhere(unsigned than)
{
	u64 sum = 0;

	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++)
		if (cpu != than)
			sum += irq_received(cpu);
	return sum;
}

/* Interrupts of the calling CPU are enabled while this runs. */
static void send_once(unsigned cpu)
{
	struct deadline d = deadline_in(WAIT_NS);
	u64 before = irq_received(cpu), elsewhere = received_elsewhere(cpu);

	if (!expect_eq("sending the test interrupt", irq_send(cpu), ST_OK))
		return;
	while (irq_received(cpu) == before && !deadline_passed(&d))
		;
	settle();
	expect_eq("test interrupts taken by the target", irq_received(cpu) - before, 1);
	expect_eq("test interrupts taken by other CPUs", received_elsewhere(cpu) - elsewhere, 0);
}

void gen_irq_self(void)
{
	bool enabled = arch_irq_save();

	if (irq_available()) {
		irq_enable_cpu();
		send_once(0);
		irq_disable_cpu();
	} else {
		check_skip("no interrupt controller");
	}
	arch_irq_restore(enabled);
}

/* The target must take interrupts while it is sent one. */
static bool send_to_listener(unsigned cpu)
{
	struct listener l;

	if (!listen_start(&l, cpu, 2 * WAIT_NS))
		return false;
	send_once(cpu);
	listen_stop(&l);
	return !check_failed();
}

void gen_irq_other(void)
{
	bool enabled = arch_irq_save();
	unsigned tested = 0;

	irq_enable_cpu();
	for (unsigned cpu = 1; cpu < smp_cpu_count() && irq_available(); cpu++) {
		if (!can_listen(cpu))
			continue;
		tested++;
		if (!send_to_listener(cpu))
			break;
	}
	irq_disable_cpu();
	arch_irq_restore(enabled);
	if (tested == 0)
		check_skip(irq_available() ? "no other CPU" : "no interrupt controller");
}

void gen_irq_unexpected(void)
{
	bool enabled = arch_irq_save();

	irq_enable_cpu();
	for (size_t i = 0; i < UNASKED_IDS && coop_needs(COOP_INJECT_IRQ); i++) {
		struct deadline d = deadline_in(WAIT_NS);
		u64 before = irq_unexpected(), received = irq_received(0);

		if (!coop_do(COOP_INJECT_IRQ, unasked_ids[i], 0)) {
			check_fail("the host to inject an interrupt", "done", "refused");
			break;
		}
		while (irq_unexpected() == before && !deadline_passed(&d))
			;
		settle();
		check_note("interrupt %u", unasked_ids[i]);
		expect_eq("interrupts counted as unexpected", irq_unexpected() - before, 1);
		expect_eq("test interrupts counted meanwhile", irq_received(0) - received, 0);
		if (check_failed())
			break;
	}
	irq_disable_cpu();
	arch_irq_restore(enabled);
}
