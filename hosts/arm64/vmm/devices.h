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
/* SPIs of the GICv2m frame (vm.map.v2m). */
#define V2M_INTID_FIRST 96u
#define V2M_INTIDS      32u

/* Once, before the devicetree is made; sets vm.map.devices. */
void devices_init(void);
bool devices_own(u64 address);
/* The caller holds dev_lock. false: nothing answers (SEA). */
bool devices_access(u64 address, unsigned width, bool write, u64 *value);
/* An LPI of the machine (core_irq_ack(), GIC_LPI_FIRST and up): a function of the machine has sent
 * a message. At any time, without a lock; the CPU that took it then polls. */
void devices_machine_lpi(u32 intid);
/* Messages that arrived since go to the guest's ITS or SPIs. Returns the CPUs that have to look,
 * those of messages unmasked by devices_access() included. The caller holds dev_lock. */
u32 devices_poll_messages(void);
/* A command of abi/coop.h about devices; in[1] is its argument, out[1..4] its results. */
u64 devices_coop(u64 command, const u64 *in, u64 *out);
/* What an exit showed of the realm's registers: the host looks for what it must not see. */
void devices_exposed(const u64 *value, unsigned n);
/* Just before the verdict: what devices were made to do, and what the host has come to see. */
void devices_end(void);

#endif
