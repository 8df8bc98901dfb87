/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X of one function of the machine (common/msix.h) as the realm's PCI host shows it. The BAR
 * with the table is a copy, too: the machine's lies where no access of the guest is passed on to,
 * wherever the guest places whichever BAR, so that no message but the monitor's ever stands there.
 */
#ifndef VMM_PCI_MSIX_H
#define VMM_PCI_MSIX_H

#include "common/msix.h"

#define PCI_MACHINE_ECAM  0x4010000000ULL /* QEMU virt with highmem */
#define PCI_FUNCTION_SIZE KIB(4)
/* The machine's tables: behind what the guest has of the machine's window (vmm/pci.h), by slot. */
#define PCI_TABLES_BASE   0x3edf0000ULL
#define PCI_TABLES_STRIDE KIB(64)
#define PCI_TABLES_SIZE   MIB(2)

struct pci_msix {
	bool shown;
	struct msix m;
	u32 base, size; /* of the BAR, as the guest has it */
};

static inline u64 pci_machine_config(u16 bdf)
{
	return PCI_MACHINE_ECAM + bdf * PCI_FUNCTION_SIZE;
}

/* Decoding is off. Not shown: the function has none, or none this host can stand in for. */
void pci_msix_find(struct pci_msix *x, u16 bdf);
/* Bytes of configuration space that are this file's: false: another's. */
bool pci_msix_config_read(const struct pci_msix *x, unsigned offset, u8 *byte);
bool pci_msix_config_write(struct pci_msix *x, unsigned offset, unsigned width, u32 value);
/* Is this address of the guest's window in that BAR? And an access there, of a function that
 * decodes. */
bool pci_msix_holds(const struct pci_msix *x, u64 address);
void pci_msix_access(struct pci_msix *x, u64 address, unsigned width, bool write, u64 *value);

#endif
