/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration space: memory-mapped (PCI Express 4.0, 7.2.2) where the host names a window or the
 * chipset lets us place one, else by the ports of PCI 3.0, 3.2.2.3.2. Always through cvm.ops.
 */
#include "arch.h"
#include "cvm.h"
#include "memmap.h"
#include "mmu.h"
#include "pci_internal.h"

#define BUS_BYTES      MIB(1)
#define BUSES_MAX      256u
#define FUNCTION_BYTES KIB(4)
#define PORT_ADDRESS   0xcf8u
#define PORT_DATA      0xcfcu
#define PORT_ENABLE    0x80000000u
#define PORT_BYTES     256u

/* Host bridge of q35 and its window register (Intel 3 Series chipset datasheet, 5.1.18): bit 0
 * enable, bits 2:1 length (0: 256 buses). */
#define Q35_HOST_BRIDGE   0x29c08086u
#define Q35_PCIEXBAR      0x60u
#define Q35_PCIEXBAR_BASE 0xe0000000u
#define Q35_ENABLE        1u
#define Q35_LENGTH        6u

static struct range ecam;
static bool have_ports;
static struct spinlock lock; /* address and data port belong together */
static u32 mapped[BUSES_MAX / 32];

static u32 all_ones(unsigned width)
{
	return width >= 4 ? ~0u : (1u << 8 * width) - 1;
}

static bool covered(u16 bdf, unsigned offset, unsigned width)
{
	unsigned bus = bdf >> 8, end = ecam.size != 0 ? FUNCTION_BYTES : PORT_BYTES;

	if ((width != 1 && width != 2 && width != 4) || offset % width != 0 || offset >= end)
		return false;
	return ecam.size == 0 ? have_ports : (mapped[bus / 32] & 1u << bus % 32) != 0;
}

u32 pci_config_get(u16 bdf, unsigned offset, unsigned width)
{
	bool irqs;
	u32 v;

	if (!covered(bdf, offset, width))
		return all_ones(width);
	if (ecam.size != 0)
		return (u32)cvm.ops->mmio_read(ecam.base + bdf * FUNCTION_BYTES + offset, width);
	irqs = arch_irq_save();
	spin_lock(&lock);
	cvm.ops->port_out(PORT_ADDRESS, 4, PORT_ENABLE | (u32)bdf << 8 | (offset & 0xfc));
	v = cvm.ops->port_in((u16)(PORT_DATA + offset % 4), width);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
	return v & all_ones(width);
}

void pci_config_put(u16 bdf, unsigned offset, unsigned width, u32 value)
{
	bool irqs;

	if (!covered(bdf, offset, width))
		return;
	if (ecam.size != 0) {
		cvm.ops->mmio_write(ecam.base + bdf * FUNCTION_BYTES + offset, width, value);
		return;
	}
	irqs = arch_irq_save();
	spin_lock(&lock);
	cvm.ops->port_out(PORT_ADDRESS, 4, PORT_ENABLE | (u32)bdf << 8 | (offset & 0xfc));
	cvm.ops->port_out((u16)(PORT_DATA + offset % 4), width, value);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
}

/* One bus at a time: the whole window would cost a table page for each two of them. */
enum status pci_config_bus(unsigned bus)
{
	enum status st;

	if (ecam.size == 0)
		return have_ports && bus < BUSES_MAX ? ST_OK : ST_RANGE;
	if (bus >= BUSES_MAX || bus >= ecam.size / BUS_BYTES)
		return ST_RANGE;
	st = mmu_map_device((struct range){ ecam.base + bus * BUS_BYTES, BUS_BYTES });
	if (st == ST_OK)
		mapped[bus / 32] |= 1u << bus % 32;
	return st;
}

u64 pci_address_limit(void)
{
	return cvm.addr_limit == 0 ? PCI_ADDRESS_MAX : MIN(cvm.addr_limit, PCI_ADDRESS_MAX);
}

static bool usable(struct range r)
{
	return memmap_check_device(&memory_map, r, BUS_BYTES, pci_address_limit()) == ST_OK;
}

/* A window for 256 buses; one that is there already stays where it is. */
static struct range place_window(void)
{
	struct range r = { Q35_PCIEXBAR_BASE, BUSES_MAX * BUS_BYTES };
	u64 was;

	if (pci_config_get(0, PCI_VENDOR_ID, 4) != Q35_HOST_BRIDGE)
		return (struct range){ 0, 0 };
	was = pci_config_get(0, Q35_PCIEXBAR, 4) | (u64)pci_config_get(0, Q35_PCIEXBAR + 4, 4)
						       << 32;
	if ((was & Q35_ENABLE) != 0) {
		r.base = was & ~(BUSES_MAX * BUS_BYTES - 1);
		return (was & Q35_LENGTH) == 0 && usable(r) ? r : (struct range){ 0, 0 };
	}
	if (!usable(r))
		return (struct range){ 0, 0 };
	pci_config_put(0, Q35_PCIEXBAR + 4, 4, 0);
	pci_config_put(0, Q35_PCIEXBAR, 4, Q35_PCIEXBAR_BASE | Q35_ENABLE);
	if (pci_config_get(0, Q35_PCIEXBAR, 4) != (Q35_PCIEXBAR_BASE | Q35_ENABLE))
		return (struct range){ 0, 0 };
	return r;
}

/* The window counts when the host bridge is seen through it as by the ports. */
static void try_window(struct range r)
{
	u32 id = pci_config_get(0, PCI_VENDOR_ID, 4);

	ecam = r;
	if (pci_config_bus(0) == ST_OK && pci_config_get(0, PCI_VENDOR_ID, 4) == id)
		return;
	ecam = (struct range){ 0, 0 };
}

enum status pci_config_init(const struct platform_info *p)
{
	struct range r = p->ecam;

	for (unsigned i = 0; i < ARRAY_SIZE(mapped); i++)
		mapped[i] = 0;
	ecam = (struct range){ 0, 0 };
	have_ports = cvm.ops->port_in != NULL;
	if (r.size != 0 && usable(r)) {
		ecam = r;
		return ST_OK;
	}
	if (!have_ports)
		return ST_UNSUPPORTED;
	r = place_window();
	if (r.size != 0)
		try_window(r);
	return ST_OK;
}

struct range pci_config_window(void)
{
	return ecam;
}
