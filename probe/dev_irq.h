/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a device to a CPU that listens (dev_irq.c, listen.h). */
#ifndef DEV_IRQ_H
#define DEV_IRQ_H

#include "dev_ring.h"
#include "listen.h"
#include "smp.h"

/* Interrupts of one device, on whichever CPU they come. */
struct heard {
	struct virtio_device *wired; /* acknowledge there; NULL: a message */
	u64 on[SMP_MAX_CPUS];
};
void heard_handler(void *ctx);
u64 heard_on(const struct heard *h, unsigned cpu);
u64 heard_all(const struct heard *h);
/* Until there are more than `before`, at most ns; the host gets occasions to
 * deliver. */
bool heard_more(const struct heard *h, u64 before, u64 ns);
/* Long enough for another one to show. */
void heard_settle(void);

/* A device whose requests interrupt. */
struct source {
	struct bare_ring ring;
	struct heard heard;
	bool wired, aimed;
	u16 entry; /* MSI-X */
	struct msi_message message;
};
/* d: from dev_get(), NULL: skip was said. Interrupts of MSI-X entry `entry`, or
 * of its wire where it has one. false: skip or failure has been said. */
bool source_open(struct source *s, struct virtio_device *d, u16 entry);
void source_close(struct source *s);
/* From now on to this CPU, listening or not. masked: of a message. */
bool source_aim(struct source *s, unsigned cpu, bool masked);
/* Can its requests interrupt here? */
bool source_possible(const struct virtio_device *d);
/* One request that wants an interrupt or wants none. false: it is not answered, which is for the
 * check to judge. */
bool source_request(struct source *s, bool want);

#endif
