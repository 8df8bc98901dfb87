/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of PCI: configuration space and what is the machine's (pci.c), virtio functions
 * that are given to the guest (pci_device.c), their messages (pci_msix.c), the modelled device and
 * what hosts/common's half of virtio needs of this host (vio.c).
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include "abi/pci.h"
#include "common/msix.h"
#include "common/vdev.h"
#include "vmm/local.h"

#define PCI_CAPS_LONGEST 48u
#define PCI_BDF(d, f)    ((d) << 3 | (f))

/* ---- the machine's configuration space (pci.c) ---- */
u32 machine_config_read(unsigned bdf, unsigned offset, unsigned width);
void machine_config_write(unsigned bdf, unsigned offset, unsigned width, u32 value);
/* First capability of that id behind `after` (0: the first); 0: none. */
unsigned machine_capability(unsigned bdf, u8 id, unsigned after);

/* ---- messages (pci_msix.c; the tables: common/msix.h) ---- */
/* A write of `data` to `address` as the guest's machine understands it: an interrupt message.
 * false: it is none. */
bool msix_message(u64 address, u32 data);

/* ---- the machine's virtio functions (pci_device.c) ---- */
void devices_init(void);
/* NULL: not one of them. */
struct pci_device *device_find(unsigned bdf);
u32 device_config_read(struct pci_device *d, unsigned offset, unsigned width);
void device_config_write(struct pci_device *d, unsigned offset, unsigned width, u32 value);
/* The function whose BAR the guest has placed over all of [gpa, +width). */
struct pci_device *device_at(u64 gpa, unsigned width, unsigned *bar, u64 *offset);
u64 device_bar_read(struct pci_device *d, unsigned bar, u64 offset, unsigned width);
void device_bar_write(struct pci_device *d, unsigned bar, u64 offset, unsigned width, u64 value);
/* Is any of it what the machine has placed there for such a function? Not the guest's to reach. */
bool device_hidden(u64 address, unsigned width);

/* ---- the modelled device (vio.c) ---- */
void vio_init(void);
bool vio_is(unsigned bdf); /* of the modelled device, when there is one */
u32 vio_config_read(unsigned offset, unsigned width);
void vio_config_write(unsigned offset, unsigned width, u32 value);
bool vio_at(u64 gpa, unsigned width, u64 *offset);
/* Does it hold up this pin of the IOAPIC? */
bool vio_wire(unsigned pin);

#endif
