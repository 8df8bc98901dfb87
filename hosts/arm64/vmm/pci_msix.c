/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/pci_msix.h"

#include "abi/pci.h"
#include "core/core.h"
#include "vmm/pci.h"

#define CAPS_MAX 48u

_Static_assert(PCI_TABLES_BASE == PCI_WINDOW_BASE + PCI_WINDOW_SIZE, "behind the guest's window");

/* ---- the machine ---- */

static u32 config_read(u16 bdf, unsigned offset, unsigned width)
{
	return (u32)core_mmio_read(pci_machine_config(bdf) + offset, width);
}

static void config_write(u16 bdf, unsigned offset, unsigned width, u32 value)
{
	core_mmio_write(pci_machine_config(bdf) + offset, width, value);
}

static unsigned capability(u16 bdf, u8 id, unsigned after)
{
	unsigned from = after == 0 ? PCI_CAPABILITIES : after + 1;

	for (unsigned n = 0; n < CAPS_MAX; n++) {
		unsigned at = config_read(bdf, from, 1) & ~3u;

		if (at < PCI_HEADER_SIZE)
			return 0;
		if (config_read(bdf, at, 1) == id)
			return at;
		from = at + 1;
	}
	return 0;
}

/* Decoding is the guest's to switch; the table must answer whatever it has chosen. */
static void table_write(u64 address, u32 value)
{
	u16 bdf = (u16)((address - PCI_TABLES_BASE) / PCI_TABLES_STRIDE << 3);
	u32 command = config_read(bdf, PCI_COMMAND, 2);

	if ((command & PCI_COMMAND_MEMORY) == 0)
		config_write(bdf, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY);
	core_mmio_write(address, 4, value);
	if ((command & PCI_COMMAND_MEMORY) == 0)
		config_write(bdf, PCI_COMMAND, 2, command);
}

static bool connect(unsigned n, u16 bdf, unsigned entry, u64 *address, u32 *data)
{
	*address = core_its_doorbell();
	*data = entry;
	return core_its_map(bdf, entry, n);
}

const struct msix_host msix_host = {
	.config_read = config_read,
	.config_write = config_write,
	.table_write = table_write,
	.capability = capability,
	.connect = connect,
	.deliver = devices_message,
	.under_way = devices_message_waits,
};

/* ---- one function ---- */

static unsigned bar_register(const struct pci_msix *x)
{
	return PCI_BAR0 + 4 * x->m.table_bar;
}

/* 0: not a BAR of 32 bits, not prefetchable, that fits its place. */
static u32 size_bar(const struct pci_msix *x)
{
	unsigned reg = bar_register(x);
	u32 old = config_read(x->m.bdf, reg, 4), size;

	config_write(x->m.bdf, reg, 4, ~0u);
	size = -(config_read(x->m.bdf, reg, 4) & ~PCI_BAR_ATTRIBUTES);
	config_write(x->m.bdf, reg, 4, old);
	return (old & PCI_BAR_ATTRIBUTES) == 0 && size <= PCI_TABLES_STRIDE ? size : 0;
}

void pci_msix_find(struct pci_msix *x, u16 bdf)
{
	u64 place = PCI_TABLES_BASE + (u64)(bdf >> 3) * PCI_TABLES_STRIDE;

	*x = (struct pci_msix){ .shown = false };
	if (!msix_find(&x->m, bdf) || x->m.cap == 0 || x->m.pba_bar != x->m.table_bar)
		return;
	x->size = size_bar(x);
	if (x->m.table + (u64)x->m.count * PCI_MSIX_ENTRY_SIZE > x->size || x->m.pba + 8 > x->size)
		return;
	config_write(bdf, bar_register(x), 4, (u32)place);
	x->m.machine_table = place + x->m.table;
	x->shown = true;
}

static bool in(unsigned offset, unsigned base, unsigned size)
{
	return offset - base < size;
}

bool pci_msix_config_read(const struct pci_msix *x, unsigned offset, u8 *byte)
{
	unsigned shift = 8 * (offset & 3);

	if (!x->shown)
		return false;
	if (in(offset, bar_register(x), 4))
		*byte = (u8)(x->base >> shift);
	else if (in(offset, x->m.cap + PCI_MSIX_CONTROL, 2))
		*byte = (u8)((u32)msix_control(&x->m) << 16 >> shift);
	else
		return false;
	return true;
}

static u32 merged(u32 old, unsigned offset, unsigned width, u32 value)
{
	unsigned shift = 8 * (offset & 3);
	u32 mask = (u32)(BIT(8 * width) - 1) << shift;

	return (old & ~mask) | (value << shift & mask);
}

/* Accesses are aligned, so that they do not leave their dword. */
bool pci_msix_config_write(struct pci_msix *x, unsigned offset, unsigned width, u32 value)
{
	if (!x->shown)
		return false;
	if (in(offset, bar_register(x), 4)) {
		x->base = merged(x->base, offset, width, value) & -x->size;
		return true;
	}
	if (!in(offset, x->m.cap, 4))
		return false;
	value = merged((u32)msix_control(&x->m) << 16, offset, width, value);
	msix_control_write(&x->m, (u16)(value >> 16));
	return true;
}

bool pci_msix_holds(const struct pci_msix *x, u64 address)
{
	return x->shown && address >= x->base && address - x->base < x->size;
}

/* What is neither table nor pending bits reads as 0. */
void pci_msix_access(struct pci_msix *x, u64 address, unsigned width, bool write, u64 *value)
{
	u64 offset = address - x->base;

	if (write)
		(void)msix_write(&x->m, x->m.table_bar, offset, width, *value);
	else
		(void)msix_read(&x->m, x->m.table_bar, offset, width, value);
}
