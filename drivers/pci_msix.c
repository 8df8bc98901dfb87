/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X (PCI 3.0, 6.8.2). Table and pending bits lie in BARs, at offsets the host names: both must
 * be inside, and apart. The host may raise what it likes; a mask bit is a request to it.
 */
#include "arch.h"
#include "cvm.h"
#include "pci_internal.h"

#define CONTROL         2u /* in the capability */
#define TABLE           4u
#define PBA             8u
#define CAP_BYTES       12u
#define CONFIG_BYTES    256u
#define CONTROL_SIZE(v) (((v)&0x7ffu) + 1)
#define CONTROL_MASK    0x4000u
#define CONTROL_ENABLE  0x8000u
#define BIR(v)          ((v)&7u)

#define ENTRY_BYTES     16u
#define ENTRY_LOW       0u
#define ENTRY_HIGH      4u
#define ENTRY_DATA      8u
#define ENTRY_CONTROL   12u
#define ENTRY_MASKED    1u

/* bytes at the offset in the BAR that `reg` names. */
static enum status locate(const struct pci_function *f, u32 reg, u64 bytes, struct range *out)
{
	const struct pci_bar *b = BIR(reg) < PCI_BARS ? &f->bar[BIR(reg)] : NULL;
	u64 offset = reg & ~7u;

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
	if (at > CONFIG_BYTES - CAP_BYTES)
		return ST_RANGE;
	n = CONTROL_SIZE(pci_config_get(f->bdf, at + CONTROL, 2));
	pending = (n + 63) / 64 * 8;
	if (locate(f, pci_config_get(f->bdf, at + TABLE, 4), (u64)n * ENTRY_BYTES, &table) !=
		ST_OK ||
	    locate(f, pci_config_get(f->bdf, at + PBA, 4), pending, &pba) != ST_OK ||
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
	return f->msix_table + entry * ENTRY_BYTES + word;
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
	u64 at = entry_address(f, entry, ENTRY_CONTROL);
	u32 v = masked ? ENTRY_MASKED : 0;

	cvm.ops->mmio_write(at, 4, v);
	return (cvm.ops->mmio_read(at, 4) & ENTRY_MASKED) == v ? ST_OK : ST_PROTOCOL;
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
	cvm.ops->mmio_write(entry_address(f, entry, ENTRY_LOW), 4, (u32)m->address);
	cvm.ops->mmio_write(entry_address(f, entry, ENTRY_HIGH), 4, m->address >> 32);
	cvm.ops->mmio_write(entry_address(f, entry, ENTRY_DATA), 4, m->data);
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
	u32 want = enable ? CONTROL_ENABLE : 0;

	if (f->msix_entries == 0)
		return ST_UNSUPPORTED;
	pci_config_put(f->bdf, f->msix_cap + CONTROL, 2, want);
	return (pci_config_get(f->bdf, f->msix_cap + CONTROL, 2) &
		(CONTROL_ENABLE | CONTROL_MASK)) == want
		   ? ST_OK
		   : ST_PROTOCOL;
}
