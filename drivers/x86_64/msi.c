/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message-signalled interrupts (Intel SDM volume 3, 11.11): a device, or the host in its name,
 * writes a vector to a local APIC. One vector, one handler; a message nobody asked for counts as
 * any other unexpected interrupt.
 */
#include "irq.h"
#include "print.h"
#include "smp.h"
#include "x86_64/cpu.h"
#include "x86_64/lapic.h"

#define VECTOR_FIRST 0x40u
#define VECTOR_LAST  0xdfu
#define VECTORS      (VECTOR_LAST - VECTOR_FIRST + 1)

/* Physical destination, fixed delivery, edge: everything but id and vector is 0. */
#define MESSAGE_BASE        0xfee00000u
#define MESSAGE_DESTINATION 12u
#define MESSAGE_VECTOR      0xffu
#define DESTINATION_MAX     0xffu /* more bits need interrupt remapping */

static struct {
	irq_handler fn; /* NULL: free; written last, read first */
	void *ctx;
} handler[VECTORS];
static unsigned next; /* a vector just freed is the last to be used again: its message may be late
		       */
static struct spinlock lock;

static int take_vector(irq_handler fn, void *ctx)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		unsigned v = (next + i) % VECTORS;

		if (handler[v].fn != NULL)
			continue;
		next = v + 1;
		handler[v].ctx = ctx;
		__atomic_store_n(&handler[v].fn, fn, __ATOMIC_RELEASE);
		return (int)v;
	}
	return -1;
}

enum status irq_msi_alloc(u16 requester, unsigned cpu, irq_handler fn, void *ctx,
			  struct msi_message *m)
{
	bool irqs;
	int v;

	if (!irq_available())
		return ST_UNSUPPORTED;
	if (fn == NULL)
		return ST_INVALID;
	if (cpu >= SMP_MAX_CPUS || __atomic_load_n(&cpu_data[cpu].online, __ATOMIC_ACQUIRE) == 0 ||
	    cpu_data[cpu].hwid > DESTINATION_MAX)
		return ST_RANGE;
	irqs = arch_irq_save();
	spin_lock(&lock);
	v = take_vector(fn, ctx);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
	if (v < 0)
		return ST_NO_MEMORY;
	m->address = MESSAGE_BASE | cpu_data[cpu].hwid << MESSAGE_DESTINATION;
	m->data = VECTOR_FIRST + (u32)v;
	m->device = requester;
	return ST_OK;
}

void irq_msi_free(const struct msi_message *m)
{
	u32 vector = m->data & MESSAGE_VECTOR;

	if (vector >= VECTOR_FIRST && vector <= VECTOR_LAST)
		__atomic_store_n(&handler[vector - VECTOR_FIRST].fn, NULL, __ATOMIC_RELEASE);
}

bool msi_dispatch(unsigned vector)
{
	unsigned v = vector - VECTOR_FIRST;
	irq_handler fn;

	if (vector < VECTOR_FIRST || vector > VECTOR_LAST)
		return false;
	fn = __atomic_load_n(&handler[v].fn, __ATOMIC_ACQUIRE);
	if (fn == NULL)
		return false;
	fn(handler[v].ctx);
	return true;
}

void irq_stop(void)
{
}

void irq_print(void)
{
	if (irq_available())
		print("# interrupts: local APIC, messages by MSI\n");
}

void irq_print_counters(void)
{
}

/* There are no wires without an IOAPIC's driver. */
enum status irq_wire(u32 intid, bool level, unsigned cpu, irq_handler fn, void *ctx)
{
	return ST_UNSUPPORTED;
}

void irq_unwire(u32 intid)
{
}
