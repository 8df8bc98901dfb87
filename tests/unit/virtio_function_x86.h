/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio function of the machine for tests of hosts/x86/vmm: QEMU's block device as it is after
 * firmware, in the fake machine of fake_core_x86.h. BAR 1 (32 bits, 4 KiB) holds MSI-X table and
 * pending bits, BAR 4 (64 bits, 8 KiB) the structures.
 */
#ifndef VIRTIO_FUNCTION_X86_H
#define VIRTIO_FUNCTION_X86_H

#include "fake_core_x86.h"
#include "vmm/pci.h"

#define BLK        PCI_BDF(2, 0)
#define MSIX_CAP   0x98
#define COMMON_CAP 0x40
#define NOTIFY_CAP 0x50
#define WINDOW_CAP 0x84
#define VECTORS    3u
#define TABLE_AT   FAKE_MEMORY
#define COMMON_AT  (FAKE_MEMORY + 0x2000)
#define PBA_OFFSET 0x800u

/* Where the guest puts them. */
#define GUEST_MSIX 0xc0000000ULL
#define GUEST_REGS 0x800000000ULL

static struct vcpu *cpu0 = &vcpus[0];

static inline void put_config(unsigned at, unsigned width, u32 value)
{
	memcpy(&fake.cfg[BLK][at], &value, width);
}

static inline void put_cap(unsigned at, u8 next, u8 length, u8 type, u32 offset, u32 size)
{
	put_config(at, 4, 0x09 | (u32)next << 8 | (u32)length << 16 | (u32)type << 24);
	put_config(at + 4, 4, 4);
	put_config(at + 8, 4, offset);
	put_config(at + 12, 4, size);
}

static inline void function_reset(bool iommu, bool platform)
{
	u32 high = platform ? 3 : 1;

	fake_reset(2);
	fake_vio_reset(iommu);
	memset(fake.cfg[BLK], 0, 256);
	put_config(0, 4, 0x10421af4);
	put_config(PCI_COMMAND, 4, 0x00100007);
	put_config(8, 4, 0x01000001);
	put_config(PCI_BAR0 + 4, 4, (u32)TABLE_AT);
	put_config(PCI_BAR0 + 16, 4, (u32)COMMON_AT | 0xc);
	fake.sized = BLK;
	fake.bar_mask[1] = 0xfffff000;
	fake.bar_mask[4] = 0xffffe000;
	fake.bar_mask[5] = 0xffffffff;
	put_config(PCI_CAPABILITIES, 1, MSIX_CAP);
	put_config(MSIX_CAP, 4, 0x11 | WINDOW_CAP << 8 | (VECTORS - 1) << 16);
	put_config(MSIX_CAP + 4, 4, 1);
	put_config(MSIX_CAP + 8, 4, 1 | PBA_OFFSET);
	put_cap(WINDOW_CAP, NOTIFY_CAP, 20, VIRTIO_PCI_CAP_PCI, 0, 0);
	put_cap(NOTIFY_CAP, COMMON_CAP, 20, VIRTIO_PCI_CAP_NOTIFY, 0x1000, 0x1000);
	put_config(NOTIFY_CAP + 16, 4, 4);
	put_cap(COMMON_CAP, 0, 16, VIRTIO_PCI_CAP_COMMON, 0, VIRTIO_PCI_COMMON_SIZE);
	/* The fake device shows the same word whatever is selected. */
	memcpy(fake.memory + 0x2000 + VIRTIO_PCI_DF, &high, 4);
	fake.memory[0x2000 + VIRTIO_PCI_STATUS] = 7;
	vmm_init();
}

static inline u32 cfg_read(unsigned bdf, unsigned offset, unsigned width)
{
	vmm_port_out(cpu0, 0xcf8, 4, 0x80000000 | bdf << 8 | (offset & 0xfc));
	return vmm_port_in(cpu0, (u16)(0xcfc + (offset & 3)), width);
}

static inline void cfg_write(unsigned bdf, unsigned offset, unsigned width, u32 value)
{
	vmm_port_out(cpu0, 0xcf8, 4, 0x80000000 | bdf << 8 | (offset & 0xfc));
	vmm_port_out(cpu0, (u16)(0xcfc + (offset & 3)), width, value);
}

static inline void function_place(void)
{
	cfg_write(BLK, PCI_BAR0 + 4, 4, (u32)GUEST_MSIX);
	cfg_write(BLK, PCI_BAR0 + 16, 4, (u32)GUEST_REGS);
	cfg_write(BLK, PCI_BAR0 + 20, 4, (u32)(GUEST_REGS >> 32));
	cfg_write(BLK, PCI_COMMAND, 2, 6);
}

#endif
