/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest-physical addresses that are neither RAM nor firmware: the emulated interrupt controllers,
 * configuration space, virtio functions where the guest has placed them, and the machine's other
 * devices, which lie at the same addresses. Nothing else of
 * the machine is reached: not the monitor, not the machine's own APICs, nor the addresses where a
 * write is a message to one of its CPUs, nor its HPET, whose timers write a word of the guest's
 * choice to an address of the guest's choice (FSB interrupts).
 */
#include "common/secret.h"
#include "vmm/pci.h"

#define DEVICES_BASE   0x80000000ULL /* behind the machine's low RAM */
#define DEVICES_END    0xfec00000ULL
#define IOAPIC_BASE    0xfec00000ULL
#define ECAM_BYTES     MIB(256)
#define ECAM_BUS_SHIFT 12

enum place { NOWHERE, LOCAL_APIC, IO_APIC, CONFIG, VIRTIO, MODELLED, MACHINE };

struct target {
	struct pci_device *device; /* VIRTIO */
	unsigned bar;
	u64 offset; /* VIRTIO, MODELLED */
};

static bool inside(u64 gpa, unsigned width, u64 base, u64 size)
{
	return gpa >= base && gpa - base < size && width <= size - (gpa - base);
}

static enum place find(const struct vcpu *v, u64 gpa, unsigned width, struct target *t)
{
	u64 ecam = pci_ecam();

	if (gpa / PAGE_SIZE != (gpa + width - 1) / PAGE_SIZE)
		return NOWHERE; /* no device has a register across pages */
	if (inside(gpa, width, APIC_BASE_ADDRESS, PAGE_SIZE)) {
		u64 base = lapic_of(v)->base;

		return (base & (APIC_BASE_EN | APIC_BASE_EXTD)) == APIC_BASE_EN ? LOCAL_APIC
										: NOWHERE;
	}
	if (inside(gpa, width, IOAPIC_BASE, PAGE_SIZE))
		return IO_APIC;
	if (ecam != 0 && inside(gpa, width, ecam, ECAM_BYTES))
		return CONFIG;
	if (!vmm_is_mmio(gpa))
		return NOWHERE;
	t->device = device_at(gpa, width, &t->bar, &t->offset);
	if (t->device != NULL)
		return VIRTIO;
	if (vio_at(gpa, width, &t->offset))
		return MODELLED;
	if (!inside(gpa, width, DEVICES_BASE, DEVICES_END - DEVICES_BASE) ||
	    device_hidden(gpa, width))
		return NOWHERE;
	return MACHINE;
}

bool vmm_is_mmio(u64 gpa)
{
	return !guest_is_ram(gpa) && !guest_is_firmware(gpa);
}

/* A register is 32 bits in each 16 bytes; other widths and the gaps read 0. */
static bool lapic_register(u64 gpa, unsigned width)
{
	return width == 4 && (gpa & 15) == 0;
}

static u64 config_read(u64 offset, unsigned width)
{
	if (width > 4 || (offset & (width - 1)) != 0)
		return nothing(width);
	return pci_read((unsigned)(offset >> ECAM_BUS_SHIFT), offset & 0xfff, width);
}

u64 vmm_mmio_read(struct vcpu *v, u64 gpa, unsigned width)
{
	struct target t;

	if (width != 1 && width != 2 && width != 4 && width != 8)
		return ~0ULL;
	switch (find(v, gpa, width, &t)) {
	case LOCAL_APIC:
		return lapic_register(gpa, width) ? lapic_read(v, gpa & 0xff0) : 0;
	case IO_APIC:
		return ioapic_read(gpa - IOAPIC_BASE, width);
	case CONFIG:
		return config_read(gpa - pci_ecam(), width);
	case VIRTIO:
		return device_bar_read(t.device, t.bar, t.offset, width);
	case MODELLED:
		return vdev_read(t.offset, width);
	case MACHINE:
		return machine_read(gpa, width);
	default:
		return nothing(width);
	}
}

void vmm_mmio_write(struct vcpu *v, u64 gpa, unsigned width, u64 value)
{
	struct target t;
	u64 offset;

	if (width != 1 && width != 2 && width != 4 && width != 8)
		return;
	secret_seen(value & nothing(width), width);
	switch (find(v, gpa, width, &t)) {
	case LOCAL_APIC:
		if (lapic_register(gpa, width))
			lapic_write(v, gpa & 0xff0, (u32)value);
		break;
	case IO_APIC:
		ioapic_write(gpa - IOAPIC_BASE, width, value);
		break;
	case CONFIG:
		offset = gpa - pci_ecam();
		if (width <= 4 && (offset & (width - 1)) == 0)
			pci_write((unsigned)(offset >> ECAM_BUS_SHIFT), offset & 0xfff, width,
				  (u32)value);
		break;
	case VIRTIO:
		device_bar_write(t.device, t.bar, t.offset, width, value);
		break;
	case MODELLED:
		vdev_write(t.offset, width, value);
		break;
	case MACHINE:
		machine_write(gpa, width, value);
		break;
	default:
		break;
	}
}
