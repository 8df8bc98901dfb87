/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X (PCI 3.0, 6.8.2). Table and pending bits lie in BARs, at offsets the host names: both must
 * be inside, and apart. The host may raise what it likes; a mask bit is a request to it.
 */
#include "arch.h"
#include "cvm.h"
#include "pci_internal.h"

/* bytes at the offset in the BAR that `reg` names. */
static enum status locate(const struct pci_function *f, u32 reg, u64 bytes, struct range *out)
{
	u32 bir = reg & PCI_MSIX_BIR;
	const struct pci_bar *b = bir < PCI_BARS ? &f->bar[bir] : NULL;
	u64 offset = reg & ~PCI_MSIX_BIR;

	if (b == NULL || b->size < bytes || offset > b->size - bytes)
		return ST_RANGE;
	*out = (struct range){ b->base + offset, bytes };
	return ST_OK;
}

enum status pci_msix_find(struct pci_slot *s, const char **why)
{
	struct pci_function *f = &s->f;
	u8 at = pci_capability(f, PCI_CAP_MSIX, 0);
	struct range table, pba;
	u32 n, pending;

	if (at == 0)
		return ST_OK;
	*why = "MSI-X table outside its BAR";
	if (at > PCI_CONFIG_SIZE - PCI_MSIX_CAP_SIZE)
		return ST_RANGE;
	n = (pci_config_get(f->bdf, at + PCI_MSIX_CONTROL, 2) & PCI_MSIX_COUNT) + 1;
	pending = (n + 63) / 64 * 8;
	if (locate(f, pci_config_get(f->bdf, at + PCI_MSIX_TABLE, 4), (u64)n * PCI_MSIX_ENTRY_SIZE,
		   &table) != ST_OK ||
	    locate(f, pci_config_get(f->bdf, at + PCI_MSIX_PBA, 4), pending, &pba) != ST_OK ||
	    range_overlaps(table, pba))
		return ST_RANGE;
	f->msix_cap = at;
	f->msix_entries = (u16)n;
	f->msix_table = table.base;
	f->msix_pba = pba.base;
	return ST_OK;
}

static u64 entry_address(const struct pci_function *f, unsigned entry, unsigned word)
{
	return f->msix_table + entry * PCI_MSIX_ENTRY_SIZE + word;
}

static enum status check(const struct pci_function *f, unsigned entry)
{
	if (!f->enabled)
		return ST_STATE;
	return entry < f->msix_entries ? ST_OK : ST_RANGE;
}

/* Reading back also waits until the write has arrived. */
static enum status set_mask(const struct pci_function *f, unsigned entry, bool masked)
{
	u64 at = entry_address(f, entry, PCI_MSIX_ENTRY_CONTROL);
	u32 v = masked ? PCI_MSIX_ENTRY_MASKED : 0;

	cvm.ops->mmio_write(at, 4, v);
	return (cvm.ops->mmio_read(at, 4) & PCI_MSIX_ENTRY_MASKED) == v ? ST_OK : ST_PROTOCOL;
}

/* Masked while it changes: between two of the words it is nobody's message. */
enum status pci_msix_set(struct pci_function *f, unsigned entry, const struct msi_message *m,
			 bool masked)
{
	enum status st = check(f, entry);

	if (st == ST_OK)
		st = set_mask(f, entry, true);
	if (st != ST_OK)
		return st;
	cvm.ops->mmio_write(entry_address(f, entry, PCI_MSIX_ENTRY_LOW), 4, (u32)m->address);
	cvm.ops->mmio_write(entry_address(f, entry, PCI_MSIX_ENTRY_HIGH), 4, m->address >> 32);
	cvm.ops->mmio_write(entry_address(f, entry, PCI_MSIX_ENTRY_DATA), 4, m->data);
	return masked ? ST_OK : set_mask(f, entry, false);
}

enum status pci_msix_mask(struct pci_function *f, unsigned entry, bool masked)
{
	enum status st = check(f, entry);

	return st == ST_OK ? set_mask(f, entry, masked) : st;
}

bool pci_msix_pending(struct pci_function *f, unsigned entry)
{
	if (check(f, entry) != ST_OK)
		return false;
	return (cvm.ops->mmio_read(f->msix_pba + entry / 32 * 4, 4) >> entry % 32 & 1) != 0;
}

enum status pci_msix_enable(struct pci_function *f, bool enable)
{
	u32 want = enable ? PCI_MSIX_ENABLE : 0;

	if (f->msix_entries == 0)
		return ST_UNSUPPORTED;
	pci_config_put(f->bdf, f->msix_cap + PCI_MSIX_CONTROL, 2, want);
	return (pci_config_get(f->bdf, f->msix_cap + PCI_MSIX_CONTROL, 2) &
		(PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL)) == want
		   ? ST_OK
		   : ST_PROTOCOL;
}
