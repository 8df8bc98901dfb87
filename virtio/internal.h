/* SPDX-License-Identifier: BSD-2-Clause */
/* What virtio's own files share: device.c owns the list of devices, mmio.c and pci.c fill it. */
#ifndef VIRTIO_INTERNAL_H
#define VIRTIO_INTERNAL_H

#include "virtio.h"

/* Implemented by the transports, called once by virtio_init(): each calls virtio_add() for every
 * device that is well-formed and virtio_refuse() for every one that claims to be virtio and is not.
 */
void virtio_find_mmio(void);
void virtio_find_pci(void);

/* A zeroed entry at the end of the list, counted from now on: call it when the device has passed
 * all checks, then fill it (transport, id, addresses). NULL: the list is full, which is counted as
 * refused. */
struct virtio_device *virtio_add(void);
/* Counts one refused device and keeps the reason for virtio_refused_why(). */
void virtio_refuse(const char *fmt, ...) FORMAT_PRINTF(1, 2);

/* irq_handler of both transports, ctx a struct virtio_device: counts in d->interrupts and, where
 * the interrupt is wired (not d->msix), reads and acknowledges interrupt_status so that the level
 * goes down. */
void virtio_interrupt(void *ctx);

#endif
