/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and timers as the common code sees them. All of it comes from an untrusted host: any
 * vector may arrive at any time; unknown ones are counted, never asserted on.
 */
#ifndef IRQ_H
#define IRQ_H

#include "status.h"
#include "types.h"

struct platform_info; /* platform.h */

enum irq_timer { IRQ_TIMER_VIRT, IRQ_TIMER_PHYS }; /* x86 has only VIRT: the local APIC timer */

/* Brings up the interrupt controller (GICv3 / local APIC) from what discovery found.
 * ST_UNSUPPORTED when there is none: the guest goes on without interrupts and says so. */
enum status irq_init(const struct platform_info *p);
enum status irq_init_cpu(void); /* on each secondary */
bool irq_available(void);

/* Sends the test interrupt (SGI 1 / vector 0xf1) to CPU index (itself allowed). */
enum status irq_send(unsigned cpu);
u64 irq_received(unsigned cpu); /* test interrupts taken by that CPU so far */
u64 irq_unexpected(void);       /* interrupts nobody asked for, all CPUs */

/* One shot: fires `ns` from now on the calling CPU. */
enum status timer_arm(enum irq_timer t, u64 ns);
u64 timer_fired(enum irq_timer t, unsigned cpu);
void timer_cancel(enum irq_timer t);
u32 timer_intid(enum irq_timer t);

/*
 * Interrupts of devices. A handler runs with interrupts masked on the CPU that took it, must be
 * short and lock nothing: it counts. One interrupt may come at any time, also spuriously.
 */
typedef void (*irq_handler)(void *ctx);
struct msi_message {
	u64 address;
	u32 data;
	u32 device; /* arm64: who sends it, as the ITS names it */
};
/* A message of the PCI function `requester` (bus << 8 | device << 3 | function) that interrupts CPU
 * index (x86: a free vector of 0x40..0xdf; arm64: an LPI by the ITS, or an SPI by a GICv2m frame).
 * ST_UNSUPPORTED: no messages here; ST_NO_MEMORY: none left. */
enum status irq_msi_alloc(u16 requester, unsigned cpu, irq_handler fn, void *ctx,
			  struct msi_message *m);
void irq_msi_free(const struct msi_message *m);
/* A wired interrupt (arm64: SPI intid, level or edge) to CPU index. ST_UNSUPPORTED elsewhere. The
 * handler must make a level go down. */
enum status irq_wire(u32 intid, bool level, unsigned cpu, irq_handler fn, void *ctx);
void irq_unwire(u32 intid);

/* Takes back from the controller what memory it was given (arm64: the tables of ITS and LPIs), on
 * the boot CPU, before that memory is anybody else's. No message can be had afterwards. */
void irq_stop(void);
/* One line each of the report: what interrupts come by, at start; and what they have cost, at the
 * end. */
void irq_print(void);
void irq_print_counters(void);

void irq_enable_cpu(void); /* unmask on this CPU */
void irq_disable_cpu(void);

#endif
