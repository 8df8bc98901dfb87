/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of virtio devices: where they come from. That one came says nothing but "look at the
 * rings": a host may send it at any time, or never, so no wait depends on it (virtio_wait()).
 */
#include "internal.h"

#define ENTRY 0 /* of the MSI-X table: virtio_queue() gives it to every queue */

static void forget_message(struct virtio_device *d)
{
	if (d->message.address != 0)
		irq_msi_free(&d->message);
	d->message = (struct msi_message){ 0 };
	d->msix = false;
}

static enum status by_message(struct virtio_device *d, unsigned cpu)
{
	struct msi_message m;
	enum status st;

	if (d->pci->msix_entries == 0)
		return ST_UNSUPPORTED;
	st = irq_msi_alloc(d->pci->bdf, cpu, virtio_interrupt, d, &m);
	if (st != ST_OK)
		return st;
	/* The old one until the new one stands in the table. */
	st = pci_enable(d->pci);
	if (st == ST_OK)
		st = pci_msix_set(d->pci, ENTRY, &m, false);
	if (st == ST_OK)
		st = pci_msix_enable(d->pci, true);
	forget_message(d);
	if (st != ST_OK) {
		(void)pci_msix_enable(d->pci, false);
		irq_msi_free(&m);
		return st;
	}
	d->message = m;
	d->msix = true;
	return ST_OK;
}

/* The device holds its line until the handler has acknowledged: level. */
static enum status by_wire(struct virtio_device *d, unsigned cpu)
{
	if (d->intid == 0)
		return ST_UNSUPPORTED;
	irq_unwire(d->intid);
	return irq_wire(d->intid, true, cpu, virtio_interrupt, d);
}

enum status virtio_interrupts(struct virtio_device *d, unsigned cpu)
{
	return d->pci != NULL ? by_message(d, cpu) : by_wire(d, cpu);
}
