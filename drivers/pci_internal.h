/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the PCI driver: pci_functions.c, pci_config.c (access), pci_bar.c
 * (addresses), pci_msix.c. */
#ifndef PCI_INTERNAL_H
#define PCI_INTERNAL_H

#include "pci.h"
#include "platform.h"

#define PCI_ADDRESS_MAX       BIT(47) /* what the identity map can reach */

#define PCI_BDF(bus, dev, fn) ((u16)((bus) << 8 | (dev) << 3 | (fn)))

/* A function with what was read of it once. */
struct pci_slot {
	struct pci_function f;
	struct pci_cap cap[PCI_CAPS_MAX];
	unsigned caps;
	bool live; /* firmware left it a bus master: its addresses stay */
};

/* ---- pci_config.c ---- */
/* Chooses ECAM or ports. ST_UNSUPPORTED: neither. */
enum status pci_config_init(const struct platform_info *p);
/* Registers of all functions of that bus can be read now. ST_RANGE: not covered. */
enum status pci_config_bus(unsigned bus);
u32 pci_config_get(u16 bdf, unsigned offset, unsigned width); /* all ones: nothing there */
void pci_config_put(u16 bdf, unsigned offset, unsigned width, u32 value);
/* First address that cannot be a register of a device. */
u64 pci_address_limit(void);

/* ---- pci_bar.c ---- */
/* Base and size of each BAR. ST_INVALID with the reason in *why. */
enum status pci_bars_read(struct pci_slot *s, const char **why);
/* Begins with what the machine has (memory map, registers); then every BAR that is where firmware
 * left it must be entered before the first is placed. */
void pci_space_init(const struct platform_info *p);
/* Keeps the addresses that check out and forgets the others (base 0), which pci_bars_place()
 * places. */
enum status pci_bars_keep(struct pci_slot *s, const char **why);
enum status pci_bars_place(struct pci_slot *s, const char **why);

/* ---- pci_msix.c ---- */
/* Where table and pending bits are; no capability: ST_OK and 0 entries. */
enum status pci_msix_find(struct pci_slot *s, const char **why);

#endif
