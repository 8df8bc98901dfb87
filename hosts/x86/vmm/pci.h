/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of PCI: configuration space and what is the machine's (pci.c), virtio functions
 * that are given to the guest (pci_device.c), their messages (pci_msix.c), the modelled device and
 * what hosts/common's half of virtio needs of this host (vio.c).
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include "common/msix.h"
#include "common/vdev.h"
#include "vmm/local.h"

#define PCI_COMMAND         0x04
#define PCI_COMMAND_IO      BIT(0)
#define PCI_COMMAND_MEMORY  BIT(1)
#define PCI_COMMAND_MASTER  BIT(2)
#define PCI_COMMAND_PARITY  BIT(6)
#define PCI_COMMAND_SERR    BIT(8)
#define PCI_COMMAND_NO_INTX BIT(10)
#define PCI_STATUS          0x06
#define PCI_STATUS_CAPS     BIT(4)
#define PCI_HEADER_TYPE     0x0e
#define PCI_BAR0            0x10
#define PCI_BAR_END         0x28
#define PCI_ROM             0x30
#define PCI_CAPABILITIES    0x34
#define PCI_INTERRUPT       0x3c
#define PCI_CAP_MSI         0x05
#define PCI_CAP_VENDOR      0x09
#define PCI_CAP_MSIX        0x11
#define PCI_CAPS_LONGEST    48u
#define PCI_BARS            6u
#define PCI_BDF(d, f)       ((d) << 3 | (f))

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
