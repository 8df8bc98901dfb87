/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration space. Devices are the machine's, but a guest must not move what the monitor
 * stands on: host bridge and LPC bridge (power management, memory map, resets) are copies only the
 * guest sees; the machine's own AHCI controller, which could be told to write anywhere, is absent;
 * no device may send messages (they would reach the monitor), decode ports below 0x1000, or become
 * bus master. Virtio functions behind an IOMMU may do all that, by way of pci_device.c.
 *
 * Because it is made of copies, the chipset may also be the older one QEMU has, the i440FX, whose
 * configuration space is reached by ports alone.
 */
#include <string.h>

#include "vmm/pci.h"

#define ADDRESS      0xcf8
#define DATA         0xcfc
#define HOST_BRIDGE  PCI_BDF(0, 0)
#define LPC          PCI_BDF(0x1f, 0)
#define AHCI         PCI_BDF(0x1f, 2)
#define DEVICES      0x10000u

#define PCIEXBAR     0x60 /* host bridge */
#define PMBASE       0x40 /* LPC; power management of the i440FX */
#define ACPI_CNTL    0x44
#define PMREGMISC    0x80
#define PIIX_SLOT    1u

#define PORTS_LOW    0x1000u
#define ECAM_LOWEST  0x80000000ULL
#define ECAM_HIGHEST 0xe0000000ULL

struct copy {
	unsigned bdf;
	u8 fixed[2]; /* registers the guest cannot move: first and last */
	u8 bytes[256];
};

static struct {
	u32 address;
	struct copy host_bridge, bridge, power; /* power: i440FX alone */
	u64 ecam;
} pci;

u32 machine_config_read(unsigned bdf, unsigned offset, unsigned width)
{
	machine_out(ADDRESS, 4, 0x80000000u | bdf << 8 | (offset & 0xfc));
	return machine_in((u16)(DATA + (offset & 3)), width);
}

void machine_config_write(unsigned bdf, unsigned offset, unsigned width, u32 value)
{
	machine_out(ADDRESS, 4, 0x80000000u | bdf << 8 | (offset & 0xfc));
	machine_out((u16)(DATA + (offset & 3)), width, value);
}

unsigned machine_capability(unsigned bdf, u8 id, unsigned after)
{
	unsigned at = machine_config_read(bdf, after == 0 ? PCI_CAPABILITIES : after + 1, 1) & 0xfc;

	if ((machine_config_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAPS) == 0)
		return 0;
	for (unsigned n = 0; n < PCI_CAPS_LONGEST && at >= 0x40; n++) {
		u32 head = machine_config_read(bdf, at, 4);

		if ((head & 0xff) == id)
			return at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}

/* Devices the machine's firmware has used. */
static void masters_off(void)
{
	for (unsigned bdf = 0; bdf < 256; bdf++) {
		u32 command = machine_config_read(bdf, PCI_COMMAND, 2);

		if (command != 0xffff && (command & PCI_COMMAND_MASTER) != 0)
			machine_config_write(bdf, PCI_COMMAND, 2,
					     command & ~(u32)PCI_COMMAND_MASTER);
	}
}

static void copy_machine(struct copy *c, unsigned bdf)
{
	c->bdf = bdf;
	for (unsigned i = 0; i < 256; i += 4)
		bytes_put(c->bytes, 256, i, 4, machine_config_read(bdf, i, 4));
}

/* As firmware finds them after a reset, but for the PM block, which stays where it is. */
static void init_q35(void)
{
	copy_machine(&pci.host_bridge, HOST_BRIDGE);
	copy_machine(&pci.bridge, LPC);
	memset(pci.host_bridge.bytes + 0x48, 0, 256 - 0x48);
	pci.bridge.fixed[0] = PMBASE;
	pci.bridge.fixed[1] = ACPI_CNTL;
	bytes_put(pci.bridge.bytes, 256, PMBASE, 4, 0x601);
	bytes_put(pci.bridge.bytes, 256, ACPI_CNTL, 1, 0x80);
}

static void make(struct copy *c, unsigned function, u32 id, u32 class_revision, u8 header)
{
	c->bdf = function;
	bytes_put(c->bytes, 256, 0, 4, id);
	bytes_put(c->bytes, 256, 8, 4, class_revision);
	bytes_put(c->bytes, 256, PCI_HEADER_TYPE, 1, header);
	bytes_put(c->bytes, 256, 0x2c, 4, 0x11001af4); /* QEMU's subsystem */
}

static void init_i440fx(void)
{
	make(&pci.host_bridge, HOST_BRIDGE, 0x12378086, 0x06000002, 0);
	make(&pci.bridge, PCI_BDF(PIIX_SLOT, 0), 0x70008086, 0x06010000, 0x80);
	make(&pci.power, PCI_BDF(PIIX_SLOT, 3), 0x71138086, 0x06800003, 0);
	pci.power.fixed[0] = PMBASE;
	pci.power.fixed[1] = PMREGMISC;
	bytes_put(pci.power.bytes, 256, PMBASE, 4, 0x601);
	bytes_put(pci.power.bytes, 256, PMREGMISC, 1, 1);
}

void pci_init(void)
{
	memset(&pci, 0, sizeof(pci));
	if (config.i440fx)
		init_i440fx();
	else
		init_q35();
	machine_config_write(AHCI, PCI_COMMAND, 2, 0);
	masters_off();
	/* Its window would lie where the guest may put devices; the ports do. */
	machine_config_write(HOST_BRIDGE, PCIEXBAR, 4, 0);
	iommu_init();
	vio_init();
	msix_reset();
	devices_init();
}

u64 pci_ecam(void)
{
	return pci.ecam;
}

/* ---- the copies ---- */

static struct copy *copy_of(unsigned bdf)
{
	if (bdf == pci.host_bridge.bdf)
		return &pci.host_bridge;
	if (bdf == pci.bridge.bdf)
		return &pci.bridge;
	return config.i440fx && bdf == pci.power.bdf ? &pci.power : NULL;
}

/* What the guest's machine does not have. The old chipset's slot is the bridge's alone. */
static bool absent(unsigned bdf)
{
	if (bdf >= DEVICES || bdf == AHCI)
		return true;
	return config.i440fx && copy_of(bdf) == NULL &&
	       (bdf >> 3 == PIIX_SLOT || bdf >> 3 == LPC >> 3);
}

/* The window needs 256 MiB of addresses that are nobody's. */
static void place_ecam(void)
{
	u64 bar = bytes_get(pci.host_bridge.bytes, 256, PCIEXBAR, 8);
	u64 base = bar & MASK(35, 28);

	pci.ecam = (bar & 7) == 1 && base >= ECAM_LOWEST && base <= ECAM_HIGHEST ? base : 0;
}

static void copy_write(struct copy *c, unsigned offset, unsigned width, u32 value)
{
	for (unsigned i = offset; i < offset + width; i++, value >>= 8) {
		if (i < 0x40 && i != PCI_COMMAND && i != PCI_COMMAND + 1 && i != 0x3c)
			continue; /* identity and the like */
		if (i >= c->fixed[0] && i <= c->fixed[1])
			continue;
		bytes_put(c->bytes, 256, i, 1, value & 0xff);
	}
	if (c == &pci.host_bridge && !config.i440fx)
		place_ecam();
}

/* ---- the machine's devices ---- */

static void no_messages(unsigned bdf)
{
	unsigned at = machine_capability(bdf, PCI_CAP_MSI, 0);

	if (at != 0 && (machine_config_read(bdf, at, 4) & BIT(16)) != 0)
		machine_config_write(bdf, at, 4, machine_config_read(bdf, at, 4) & ~(u32)BIT(16));
	at = machine_capability(bdf, PCI_CAP_MSIX, 0);
	if (at != 0 && (machine_config_read(bdf, at, 4) & BIT(31)) != 0)
		machine_config_write(bdf, at, 4, machine_config_read(bdf, at, 4) & ~(u32)BIT(31));
}

/* true: the write would put a device's ports where the platform's are. Sizing (all ones) is not. */
static bool low_ports(unsigned bdf, unsigned offset, u32 old, u32 value)
{
	unsigned bars =
	    (machine_config_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) == 0 ? PCI_BAR_END : 0x18;

	if (offset < PCI_BAR0 || offset >= bars || (old & 3) != 1)
		return false;
	return (value & 0xfffffffcu) < PORTS_LOW || (value & 0xfffcu) < PORTS_LOW;
}

static void device_write(unsigned bdf, unsigned offset, unsigned width, u32 value)
{
	unsigned at = offset & 0xfc, shift = (offset & 3) * 8;
	u32 old = machine_config_read(bdf, at, 4), mask = (u32)nothing(width) << shift;

	if (low_ports(bdf, at, old, (old & ~mask) | (value << shift & mask)))
		return;
	if (offset == PCI_COMMAND)
		value &= ~(u32)PCI_COMMAND_MASTER;
	machine_config_write(bdf, offset, width, value);
	no_messages(bdf);
}

static u32 virtio_read(unsigned bdf, unsigned offset, unsigned width)
{
	u32 value = vio_is(bdf) ? vio_config_read(offset, width)
				: device_config_read(device_find(bdf), offset, width);

	return vtap_config_read((u16)bdf, offset, width, value);
}

static void virtio_write(unsigned bdf, unsigned offset, unsigned width, u32 value)
{
	if (!vtap_config_write((u16)bdf, offset, width, &value))
		return;
	if (vio_is(bdf))
		vio_config_write(offset, width, value);
	else
		device_config_write(device_find(bdf), offset, width, value);
}

static bool is_virtio(unsigned bdf)
{
	return vio_is(bdf) || device_find(bdf) != NULL;
}

u32 pci_read(unsigned bdf, unsigned offset, unsigned width)
{
	const struct copy *c = copy_of(bdf);

	if (absent(bdf))
		return (u32)nothing(width);
	if (offset >= 256)
		return 0; /* no extended capabilities */
	if (c != NULL)
		return (u32)bytes_get(c->bytes, 256, offset, width);
	if (is_virtio(bdf))
		return virtio_read(bdf, offset, width);
	return machine_config_read(bdf, offset, width);
}

void pci_write(unsigned bdf, unsigned offset, unsigned width, u32 value)
{
	struct copy *c = copy_of(bdf);

	if (absent(bdf) || offset >= 256)
		return;
	if (c != NULL)
		copy_write(c, offset, width, value);
	else if (is_virtio(bdf))
		virtio_write(bdf, offset, width, value);
	else
		device_write(bdf, offset, width, value);
}

/* ---- mechanism 1: ports 0xcf8..0xcff; accesses do not leave their dword ---- */

u32 pci_port_in(u16 port, unsigned width)
{
	if (port < DATA)
		return (u32)(port == ADDRESS && width == 4 ? pci.address : nothing(width));
	if ((pci.address & 0x80000000u) == 0)
		return (u32)nothing(width);
	return pci_read(pci.address >> 8 & 0xffff, (pci.address & 0xfc) | (port & 3), width);
}

void pci_port_out(u16 port, unsigned width, u32 value)
{
	if (port < DATA) {
		if (port == ADDRESS && width == 4)
			pci.address = value & 0x80fffffcu;
		return;
	}
	if ((pci.address & 0x80000000u) != 0)
		pci_write(pci.address >> 8 & 0xffff, (pci.address & 0xfc) | (port & 3), width,
			  value);
}
