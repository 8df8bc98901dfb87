/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The realm's PCI host: configuration space and a window for BARs, both in the unprotected half.
 * Behind it stand the machine's virtio functions and nothing else. The caller holds dev_lock.
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include "types.h"

/* Addresses of the guest. BARs have the same value in the machine, but for those of MSI-X: QEMU's
 * virt has the same window, of which the end is the monitor's (vmm/pci_msix.h). */
#define PCI_ECAM_BASE   0x3f000000ULL
#define PCI_ECAM_SIZE   MIB(1) /* one bus */
#define PCI_WINDOW_BASE 0x10000000ULL
#define PCI_WINDOW_SIZE 0x2edf0000ULL

/* Takes possession of the machine's virtio functions: no decoding, no bus mastering. messages: they
 * may have MSI-X. Returns how many there are. */
unsigned pci_init(bool messages);
/* One access of 1, 2, 4 or 8 bytes at a guest address (no alias bit) inside of ECAM or window;
 * false: nothing answers such an access (SEA). */
bool pci_access(u64 address, unsigned width, bool write, u64 *value);

/* Has the guest given any function messages to send? */
bool pci_messages_enabled(void);

static inline bool pci_owns(u64 address)
{
	return address - PCI_ECAM_BASE < PCI_ECAM_SIZE ||
	       address - PCI_WINDOW_BASE < PCI_WINDOW_SIZE;
}

/* Supplied by devices.c: a function is about to become bus master; and what a guest must not do. */
void devices_master(void);
/* Supplied by message.c: a message of function `bdf` as the guest has aimed it; and is an earlier
 * one of the kind still on its way? */
void devices_message(u16 bdf, u64 address, u32 data);
bool devices_message_waits(u16 bdf, u64 address, u32 data);
void device_violation(const char *kind, const char *fmt, ...) FORMAT_PRINTF(2, 3);

#endif
