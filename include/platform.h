/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What discovery (devicetree, ACPI) found. Filled once at boot by boot/discover.c; every number in
 * it has passed its reader's checks but remains a claim of the host.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "range.h"
#include "smp.h"

#define PLATFORM_VIRTIO_MMIO 32
#define PLATFORM_MSI_MAPS    4

enum uart_type { UART_NONE, UART_PL011, UART_NS16550_MMIO, UART_NS16550_PORT };

/* Requesters of PCI to DeviceIDs of an ITS: device = device_base + (requester - first), `count` of
 * them. */
struct msi_map {
	u32 first, count, device_base;
};

struct platform_info {
	bool from_dt, from_acpi;

	enum uart_type uart;
	u64 uart_base; /* address or port */
	unsigned uart_shift;

	unsigned cpu_count;
	unsigned cpu_ignored; /* listed beyond SMP_MAX_CPUS */
	u64 cpu_hwid[SMP_MAX_CPUS];
	/* cpu_hwid[0] is the CPU we run on, moved to the front by discovery. */

	/* PCI: configuration window and where BARs may lie (CPU == bus address). size 0: none. */
	struct range ecam; /* 1 MiB per bus, first bus 0 */
	struct range pci_mem32, pci_mem64;
	/* virtio-mmio transports, none overlapping RAM (the reader of the map checks) */
	unsigned virtio_mmio_count;
	struct {
		u64 base;
		u32 intid;
	} virtio_mmio[PLATFORM_VIRTIO_MMIO];

	/* arm64 */
	bool has_gicv3;
	struct range gicd, gicr;
	struct range its; /* the one PCI functions send to; size 0: none */
	/* GICv2m frame they send to instead: size 0: none. Its SPIs. */
	struct range v2m;
	u32 v2m_base, v2m_count; /* first INTID, how many; 0: the frame's own register tells */
	/* For `its` (devicetree: msi-map; ACPI: IORT): a requester in none of them has no messages.
	 */
	unsigned msi_map_count;
	struct msi_map msi_map[PLATFORM_MSI_MAPS];
	u32 timer_virt_intid, timer_phys_intid;
	bool psci_smc, psci_hvc;
	struct range coop; /* registers of a reference host's channel (abi/coop.h); size 0: none */

	/* x86 */
	struct range flash; /* postern.fd as it lies below 4 GiB; size 0: booted another way */
	u64 lapic_base;
	u16 pm1a_cnt_port; /* 0: unknown */
	u8 reset_space;    /* ACPI address space of RESET_REG: 0 memory, 1 I/O, 0xff none */
	u64 reset_addr;
	u8 reset_value;

	char cmdline[1024]; /* bootargs, PVH command line or EFI load options */
	bool cmdline_truncated;
};

extern struct platform_info platform;

#endif
