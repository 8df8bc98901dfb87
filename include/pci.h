/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI: configuration space by ECAM or ports, enumeration, BARs, capabilities, MSI-X. Every register
 * is a claim of the host. PCI 3.0 and PCI Express 4.0 chapter numbers stand at the functions.
 */
#ifndef PCI_H
#define PCI_H

#include "abi/pci.h"
#include "irq.h"
#include "range.h"
#include "status.h"
#include "types.h"

struct platform_info;

#define PCI_FUNCTIONS_MAX 64
#define PCI_CAPS_MAX      48 /* of 192 bytes: a longer chain is a loop */

struct pci_bar {
	u64 base, size; /* memory BARs only; size 0: none or an I/O BAR */
	bool is_64;
};

struct pci_function {
	u16 bdf; /* bus << 8 | device << 3 | function */
	u16 vendor, device;
	u32 class_code; /* 24 bits */
	struct pci_bar bar[PCI_BARS];
	/* MSI-X, checked: table and pending bits inside their BARs. 0 entries: none. */
	u8 msix_cap;
	u16 msix_entries;
	u64 msix_table, msix_pba; /* addresses */
	bool enabled;
};

/* Finds configuration space (platform.ecam, else ports on x86, where the guest then places ECAM
 * itself), walks all buses it covers, sizes BARs and assigns those nobody has (in the windows of
 * `platform`, never over RAM, image or what another BAR has). Functions that are not well-formed
 * are left out and counted. ST_UNSUPPORTED: no PCI. */
enum status pci_init(const struct platform_info *p);
/* The ECAM window that is in use, wherever it comes from; size 0: ports. */
struct range pci_config_window(void);
unsigned pci_count(void);
struct pci_function *pci_function(unsigned index);
unsigned pci_refused(void);
const char *pci_refused_why(void);

u32 pci_config_read(const struct pci_function *f, unsigned offset, unsigned width);
void pci_config_write(const struct pci_function *f, unsigned offset, unsigned width, u32 value);
/* Next capability with that id behind `after` (0: first); 0: none. Bounded, loops end as none. The
 * offset is >= 0x40 and dword aligned. */
u8 pci_capability(const struct pci_function *f, u8 id, u8 after);

/* Memory space and bus mastering in ONE write of the command register, and never cleared again
 * while the guest runs: a TDISP device leaves its locked state when bus mastering goes off (PCIe
 * 6.1, 11.2.6). Maps the memory BARs. */
enum status pci_enable(struct pci_function *f);

/* MSI-X entry n to `m`, masked or not; the table is written by mmio, the mask bit last. */
enum status pci_msix_set(struct pci_function *f, unsigned entry, const struct msi_message *m,
			 bool masked);
enum status pci_msix_mask(struct pci_function *f, unsigned entry, bool masked);
bool pci_msix_pending(struct pci_function *f, unsigned entry);
/* Function enable with the function mask off; only after entries are set. */
enum status pci_msix_enable(struct pci_function *f, bool enable);

/* drivers/pci_parse.c, pure, natively tested and fuzzed: over a read callback */
typedef u32 (*pci_read_fn)(void *ctx, unsigned offset, unsigned width);
struct pci_cap {
	u8 id, at; /* at: >= 0x40, dword aligned */
};
/* The capability list, read once: at most PCI_CAPS_MAX entries of different offsets, in the chain's
 * order; ends where it loops or leaves its place. Returns how many. (PCI 3.0, 6.7) */
unsigned pci_read_capabilities(pci_read_fn read, void *ctx, struct pci_cap list[PCI_CAPS_MAX]);
/* BAR masks as read after all ones were written; returns size and kind, ST_INVALID when it is not a
 * power of two >= 16 or a reserved type. */
enum status pci_decode_bar(u32 low, u32 low_mask, u32 high, u32 high_mask, struct pci_bar *out);
/* Lowest free aligned place for size bytes in window, not over the `n` ranges taken. */
enum status pci_place(struct range window, const struct range *taken, size_t n, u64 size,
		      u64 *base);

#endif
