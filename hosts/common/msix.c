/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X (PCI 3.0, 6.8.2). A message of the guest's in a table of the machine's would arrive in the
 * monitor, or wherever the guest likes, so that the guest writes to a copy. Each entry of the
 * machine's table sends a message of the monitor's, always; masks and pending bits are kept here.
 */
#include "common/msix.h"

#include <string.h>

#include "abi/pci.h"
#include "common/vdev.h"
#include "core/core.h"

#define PBA_BYTES 8u

static struct {
	u64 arrived[MSIX_MESSAGES / 64]; /* by message; set at any time */
	unsigned used;
	struct {
		struct msix *m;
		unsigned entry;
	} owner[MSIX_MESSAGES];
	unsigned storms; /* entries with deliveries left */
} msix;

_Static_assert(MSIX_MESSAGES % 64 == 0, "whole words of messages that arrived");
_Static_assert(MSIX_ENTRIES <= 8 * PBA_BYTES, "one quadword of pending bits");

void msix_reset(void)
{
	memset(&msix, 0, sizeof(msix));
}

bool msix_find(struct msix *m, u16 bdf)
{
	u32 table, pba;

	*m = (struct msix){ .bdf = bdf, .cap = msix_host.capability(bdf, PCI_CAP_MSIX, 0) };
	if (m->cap == 0)
		return true;
	m->count = (msix_host.config_read(bdf, m->cap + PCI_MSIX_CONTROL, 2) & PCI_MSIX_COUNT) + 1;
	table = msix_host.config_read(bdf, m->cap + PCI_MSIX_TABLE, 4);
	pba = msix_host.config_read(bdf, m->cap + PCI_MSIX_PBA, 4);
	m->table_bar = table & PCI_MSIX_BIR;
	m->table = table & ~PCI_MSIX_BIR;
	m->pba_bar = pba & PCI_MSIX_BIR;
	m->pba = pba & ~PCI_MSIX_BIR;
	for (unsigned i = 0; i < MSIX_ENTRIES; i++)
		m->entry[i].masked = true;
	return m->count <= MSIX_ENTRIES && m->table_bar < PCI_BARS && m->pba_bar < PCI_BARS;
}

/* ---- towards the guest ---- */

static bool is_masked(const struct msix *m, const struct msix_entry *e)
{
	return (m->all_masked || e->masked) && !fault_on(FAULT_MSIX_MASK_IGNORED);
}

/* One interrupt of the device, or what was pending. */
static void deliver(struct msix *m, struct msix_entry *e)
{
	if (!m->enabled) {
		e->left = 0;
		return;
	}
	if (is_masked(m, e)) {
		e->pending = true;
		return;
	}
	e->pending = false;
	if (e->left == 0)
		return;
	e->left--;
	msix_host.deliver(m->bdf, e->address, e->data);
	if (e->left != 0)
		msix.storms++;
}

static void arrives(struct msix *m, struct msix_entry *e)
{
	e->left = vtap_interrupt();
	if (e->left != 0)
		deliver(m, e);
}

static void poll_storms(void)
{
	msix.storms = 0;
	for (unsigned i = 0; i < msix.used; i++) {
		struct msix *m = msix.owner[i].m;
		struct msix_entry *e = &m->entry[msix.owner[i].entry];

		if (e->left == 0)
			continue;
		if (msix_host.under_way(m->bdf, e->address, e->data))
			msix.storms++;
		else
			deliver(m, e);
	}
}

bool msix_poll(void)
{
	bool any = msix.storms != 0;

	if (any)
		poll_storms();
	for (unsigned w = 0; w < ARRAY_SIZE(msix.arrived); w++) {
		u64 set = __atomic_exchange_n(&msix.arrived[w], 0, __ATOMIC_SEQ_CST);

		any = any || set != 0;
		while (set != 0) {
			unsigned i = w * 64 + (unsigned)__builtin_ctzll(set);

			set &= set - 1;
			arrives(msix.owner[i].m, &msix.owner[i].m->entry[msix.owner[i].entry]);
		}
	}
	return any;
}

/* ---- towards the machine ---- */

/* One that nobody owns yet is no message of a function. */
void msix_arrived(unsigned n)
{
	if (n < __atomic_load_n(&msix.used, __ATOMIC_ACQUIRE))
		__atomic_fetch_or(&msix.arrived[n / 64], BIT(n % 64), __ATOMIC_SEQ_CST);
}

static bool connect(struct msix *m, unsigned n)
{
	struct msix_entry *e = &m->entry[n];
	unsigned own = msix.used;

	if (own == MSIX_MESSAGES ||
	    !msix_host.connect(own, m->bdf, n, &e->own_address, &e->own_data))
		return false;
	msix.owner[own].m = m;
	msix.owner[own].entry = n;
	__atomic_store_n(&msix.used, own + 1, __ATOMIC_RELEASE);
	e->connected = true;
	return true;
}

static void program(struct msix *m, unsigned n)
{
	struct msix_entry *e = &m->entry[n];
	u64 at = m->machine_table + (u64)n * PCI_MSIX_ENTRY_SIZE;

	if (!e->connected && !connect(m, n))
		return; /* stays masked: its device is never heard */
	msix_host.table_write(at + PCI_MSIX_ENTRY_LOW, (u32)e->own_address);
	msix_host.table_write(at + PCI_MSIX_ENTRY_HIGH, (u32)(e->own_address >> 32));
	msix_host.table_write(at + PCI_MSIX_ENTRY_DATA, e->own_data);
	msix_host.table_write(at + PCI_MSIX_ENTRY_CONTROL, 0);
}

u16 msix_control(const struct msix *m)
{
	return (u16)((m->count - 1) | (m->enabled ? PCI_MSIX_ENABLE : 0) |
		     (m->all_masked ? PCI_MSIX_MASK_ALL : 0));
}

/* A mask has changed: what pended goes out if nothing holds it back any more. */
static void look_at_pending(struct msix *m, struct msix_entry *e)
{
	if (!e->pending)
		return;
	if (fault_on(FAULT_MSIX_PENDING_LOST) && !is_masked(m, e))
		e->pending = false;
	else
		deliver(m, e);
}

void msix_control_write(struct msix *m, u16 value)
{
	bool enable = (value & PCI_MSIX_ENABLE) != 0;

	m->all_masked = (value & PCI_MSIX_MASK_ALL) != 0;
	if (enable != m->enabled) {
		m->enabled = enable;
		/* The table can be written while MSI-X is off. */
		for (unsigned i = 0; enable && i < m->count; i++)
			program(m, i);
		msix_host.config_write(m->bdf, m->cap + PCI_MSIX_CONTROL, 2,
				       enable ? PCI_MSIX_ENABLE : 0);
	}
	for (unsigned i = 0; enable && i < m->count; i++)
		look_at_pending(m, &m->entry[i]);
}

/* ---- the guest's table and pending bits ---- */

static bool overlaps(u64 offset, unsigned width, u64 base, u64 size)
{
	return offset + width > base && offset < base + size;
}

static u32 entry_read(const struct msix_entry *e, u64 at)
{
	switch (at) {
	case PCI_MSIX_ENTRY_LOW:
		return (u32)e->address;
	case PCI_MSIX_ENTRY_HIGH:
		return (u32)(e->address >> 32);
	case PCI_MSIX_ENTRY_DATA:
		return e->data;
	default:
		return e->masked ? PCI_MSIX_ENTRY_MASKED : 0;
	}
}

static void entry_write(struct msix *m, struct msix_entry *e, u64 at, u32 value)
{
	switch (at) {
	case PCI_MSIX_ENTRY_LOW:
		e->address = (e->address & MASK(63, 32)) | (value & ~3u);
		break;
	case PCI_MSIX_ENTRY_HIGH:
		e->address = (e->address & MASK(31, 0)) | (u64)value << 32;
		break;
	case PCI_MSIX_ENTRY_DATA:
		e->data = value;
		break;
	default:
		e->masked = (value & PCI_MSIX_ENTRY_MASKED) != 0;
		look_at_pending(m, e);
	}
}

/* Whole dwords or quadwords only (6.8.2): what another access does is not defined; here, nothing.
 */
static bool proper(u64 offset, unsigned width)
{
	return (width == 4 || width == 8) && is_aligned(offset, width);
}

static u64 pba_read(const struct msix *m, u64 offset, unsigned width)
{
	u64 bits = 0;

	for (unsigned i = 0; i < m->count; i++)
		if (m->entry[i].pending)
			bits |= BIT(i);
	bits >>= offset * 8;
	return width == 4 ? (u32)bits : bits;
}

static bool in_pba(const struct msix *m, unsigned bar, u64 offset, unsigned width)
{
	return bar == m->pba_bar && overlaps(offset, width, m->pba, PBA_BYTES);
}

static bool in_table(const struct msix *m, unsigned bar, u64 offset, unsigned width)
{
	return bar == m->table_bar &&
	       overlaps(offset, width, m->table, (u64)m->count * PCI_MSIX_ENTRY_SIZE);
}

bool msix_read(struct msix *m, unsigned bar, u64 offset, unsigned width, u64 *value)
{
	*value = 0;
	if (m->cap == 0)
		return false;
	if (in_pba(m, bar, offset, width)) {
		if (proper(offset, width))
			*value = pba_read(m, offset - m->pba, width);
		return true;
	}
	if (!in_table(m, bar, offset, width))
		return false;
	for (unsigned i = 0; proper(offset, width) && i < width; i += 4) {
		u64 at = offset - m->table + i;

		*value |=
		    (u64)entry_read(&m->entry[at / PCI_MSIX_ENTRY_SIZE], at % PCI_MSIX_ENTRY_SIZE)
		    << (8 * i);
	}
	return true;
}

bool msix_write(struct msix *m, unsigned bar, u64 offset, unsigned width, u64 value)
{
	if (m->cap == 0)
		return false;
	if (in_pba(m, bar, offset, width))
		return true; /* read-only */
	if (!in_table(m, bar, offset, width))
		return false;
	for (unsigned i = 0; proper(offset, width) && i < width; i += 4) {
		u64 at = offset - m->table + i;

		entry_write(m, &m->entry[at / PCI_MSIX_ENTRY_SIZE], at % PCI_MSIX_ENTRY_SIZE,
			    (u32)(value >> (8 * i)));
	}
	return true;
}
