/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The realm's devices: PCI functions of the machine (vmm/pci.h), and one modelled here (vsock,
 * common/vdev.h) on virtio-mmio. All or none: without an SMMU to confine the machine's devices the
 * guest gets none of them.
 */
#ifndef VMM_DEVICES_H
#define VMM_DEVICES_H

#include "abi/virtio.h"
#include "types.h"

/* The last of QEMU virt's virtio-mmio slots. */
#define VSOCK_BASE 0x0a003e00ULL
#define VSOCK_SPI  47u

/* Once, before the devicetree is made; sets vm.map.devices. */
void devices_init(void);
bool devices_own(u64 address);
/* The caller holds dev_lock. false: nothing answers (SEA). */
bool devices_access(u64 address, unsigned width, bool write, u64 *value);
/* A command of abi/coop.h about devices; in[1] is its argument, out[1..4] its results. */
u64 devices_coop(u64 command, const u64 *in, u64 *out);
/* What an exit showed of the realm's registers: the host looks for what it must not see. */
void devices_exposed(const u64 *value, unsigned n);
/* Just before the verdict: what devices were made to do, and what the host has come to see. */
void devices_end(void);

#endif
