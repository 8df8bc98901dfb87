/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devicetree reader over libfdt (not named fdt.h: libfdt has one). The blob is hostile: it is
 * copied once into private memory, then checked whole (fdt_check_full and our own bounds), then
 * only the copy is read.
 */
#ifndef DEVICETREE_H
#define DEVICETREE_H

#include "memmap.h"
#include "platform.h"
#include "range.h"

#define FDT_MAX_SIZE    MIB(2) /* arm64 boot protocol: <= 2 MiB */
#define FDT_HEADER_SIZE 40     /* version 17 */
#define FDT_MAX_DEPTH   16
#define FDT_MAX_NODES   4096
#define FDT_MAX_CPUS    64
#define FDT_MAX_VIRTIO  32

/* Header only: magic, version and totalsize within [40, max]. `hdr` has at least 40 bytes. */
enum status fdt_blob_size(const void *hdr, size_t *total, size_t max);

/* The whole blob of `size` bytes: structure, depth, node count. Must pass before any other call. */
enum status fdt_validate(const void *fdt, size_t size);

enum fdt_uart { FDT_UART_NONE, FDT_UART_PL011, FDT_UART_NS16550 };
enum fdt_conduit { FDT_CONDUIT_NONE, FDT_CONDUIT_SMC, FDT_CONDUIT_HVC };

/* What the guest takes from a devicetree. Addresses are checked for overflow only; what is RAM
 * and what a device is decided by the memory map. */
struct fdt_info {
	char bootargs[1024];
	bool bootargs_truncated;
	struct range initrd; /* size 0: none */
	enum fdt_conduit conduit;
	unsigned cpu_count;
	u64 cpu_mpidr[FDT_MAX_CPUS]; /* affinity bits only, in devicetree order */
	enum fdt_uart uart;
	struct range uart_reg;
	unsigned uart_reg_shift;
	bool has_gicv3;
	struct range gicd, gicr; /* first redistributor region */
	/* What PCI functions send messages to, as in struct platform_info. */
	struct range its, v2m;
	u32 v2m_base, v2m_count;
	unsigned msi_map_count;
	struct msi_map msi_map[PLATFORM_MSI_MAPS];
	u32 timer_virt_intid; /* 27 unless the devicetree says otherwise (checked PPI) */
	u32 timer_phys_intid; /* 30 */
	/* First pci-host-ecam-generic whose buses begin at 0; size 0: none. Of its windows the
	 * first of each kind that has one address on both sides. */
	struct range ecam, pci_mem32, pci_mem64;
	unsigned virtio_count; /* virtio,mmio */
	struct {
		struct range reg;
		u32 intid; /* 0: none */
	} virtio[FDT_MAX_VIRTIO];
	struct range coop; /* first "postern,coop" (abi/coop.h); size 0: none */
};

/* `fdt` passed fdt_validate(). */
enum status fdt_read_info(const void *fdt, struct fdt_info *out);

/* Memory nodes into *m; then /memreserve/, /reserved-memory and initrd are marked reserved. */
enum status fdt_read_memory(const void *fdt, struct memmap *m, u64 limit);

#endif
