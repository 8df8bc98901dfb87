/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hosts/common's half of virtio needs of this host, and the place of the modelled device: a
 * PCI function of its own, where the machine has an IOMMU and thus devices at all.
 */
#include "vmm/pci.h"

#define SLOT       0x1eu
#define NS         1000000000ULL
#define WIRE_PIN   20u /* INTA of slot 0x1e on ICH9: PIRQE */
#define NO_DEVICE  (~0u)
#define NEXT_LOWER 2u /* slots below are the chipset's */

static struct {
	unsigned bdf;
	bool wire;
} vio;

static bool one_page(u64 address, u64 size)
{
	return size != 0 && size <= PAGE_SIZE - address % PAGE_SIZE && guest_is_ram(address);
}

static u64 memory(u64 address, u64 size)
{
	return one_page(address, size) ? backing_shared(address) : 0;
}

static u64 private_memory(u64 address, u64 size)
{
	return one_page(address, size) ? backing_private(address) : 0;
}

static bool is_shared(u64 address)
{
	return guest_is_ram(address) && (model.shared == NULL || model.shared(address));
}

static void message(u64 address, u32 data)
{
	if (!msix_message(address, data))
		violation("msix-address", "message 0x%x to 0x%llx", data,
			  (unsigned long long)address);
}

static void wire(bool level)
{
	vio.wire = level;
	ioapic_line(WIRE_PIN, level);
}

bool vio_wire(unsigned pin)
{
	return pin == WIRE_PIN && vio.wire;
}

static u64 now(void)
{
	return scale(core_now(), NS, core_tsc_hz);
}

static void relax(void)
{
	__builtin_ia32_pause();
}

const struct vio_host vio_host = {
	.memory = memory,
	.is_shared = is_shared,
	.message = message,
	.wire = wire,
	.now = now,
	.relax = relax,
	.private_memory = private_memory,
	.violation = violation,
};

static unsigned free_slot(void)
{
	for (unsigned slot = SLOT; slot > NEXT_LOWER; slot--)
		if (machine_config_read(PCI_BDF(slot, 0), 0, 4) == ~0u)
			return PCI_BDF(slot, 0);
	return NO_DEVICE;
}

void vio_init(void)
{
	static const struct vtap_access access = { machine_read, machine_write };

	vtap_init(&access);
	vdev_reset();
	vio.wire = false;
	vio.bdf = iommu_present() ? free_slot() : NO_DEVICE;
}

bool vio_is(unsigned bdf)
{
	return bdf == vio.bdf;
}

u32 vio_config_read(unsigned offset, unsigned width)
{
	return vdev_config_read(offset, width);
}

void vio_config_write(unsigned offset, unsigned width, u32 value)
{
	u16 before = (u16)vdev_config_read(PCI_COMMAND, 2), after;

	if (offset == PCI_COMMAND && (value & PCI_COMMAND_MASTER) != 0)
		poison_start();
	vdev_config_write(offset, width, value);
	after = (u16)vdev_config_read(PCI_COMMAND, 2);
	if ((before & ~after & PCI_COMMAND_MASTER) != 0 && (after & PCI_COMMAND_MEMORY) != 0)
		violation("bus-master-cleared", "modelled device, command=0x%x", after);
}

bool vio_at(u64 gpa, unsigned width, u64 *offset)
{
	u64 base = vio.bdf != NO_DEVICE ? vdev_bar() : 0;

	if (base == 0 || gpa < base || gpa - base > VDEV_BAR_SIZE - width)
		return false;
	*offset = gpa - base;
	return true;
}
