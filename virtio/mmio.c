/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over memory-mapped registers (VIRTIO 1.2, 4.2), version 2. Where they are came from the
 * devicetree and passed the memory map (boot/discover.c).
 */
#include "arch.h"
#include "cvm.h"
#include "internal.h"
#include "mmu.h"
#include "platform.h"

#define VERSION_MODERN 2u
#define CONFIG_BYTES   (VIRTIO_MMIO_SIZE - VIRTIO_MMIO_CONFIG)

static u32 read32(const struct virtio_device *d, u32 offset)
{
	return (u32)cvm.ops->mmio_read(d->mmio_base + offset, 4);
}

static void write32(const struct virtio_device *d, u32 offset, u32 value)
{
	cvm.ops->mmio_write(d->mmio_base + offset, 4, value);
}

static u64 mmio_device_features(struct virtio_device *d)
{
	u64 v;

	write32(d, VIRTIO_MMIO_DFSELECT, 0);
	v = read32(d, VIRTIO_MMIO_DF);
	write32(d, VIRTIO_MMIO_DFSELECT, 1);
	return v | (u64)read32(d, VIRTIO_MMIO_DF) << 32;
}

static void mmio_driver_features(struct virtio_device *d, u64 features)
{
	write32(d, VIRTIO_MMIO_GFSELECT, 0);
	write32(d, VIRTIO_MMIO_GF, (u32)features);
	write32(d, VIRTIO_MMIO_GFSELECT, 1);
	write32(d, VIRTIO_MMIO_GF, (u32)(features >> 32));
}

static u8 mmio_get_status(struct virtio_device *d)
{
	return (u8)read32(d, VIRTIO_MMIO_STATUS);
}

static void mmio_set_status(struct virtio_device *d, u8 status)
{
	write32(d, VIRTIO_MMIO_STATUS, status);
}

static u16 mmio_queue_max(struct virtio_device *d, u16 index)
{
	u32 max;

	if (index >= VIRTIO_QUEUES_MAX)
		return 0;
	write32(d, VIRTIO_MMIO_QUEUE_SELECT, index);
	max = read32(d, VIRTIO_MMIO_QUEUE_SIZE_MAX);
	return (u16)MIN(max, 0xffffu); /* judged by who asked, as a PCI device's */
}

static void write_address(struct virtio_device *d, u32 offset, u64 address)
{
	write32(d, offset, (u32)address);
	write32(d, offset + 4, (u32)(address >> 32));
}

/* Messages are PCI's: an entry for one is a mistake of the caller. */
static enum status mmio_queue_enable(struct virtio_device *d, const struct virtq *q, u16 vector)
{
	if (q->index >= VIRTIO_QUEUES_MAX || vector != VIRTIO_MSI_NO_VECTOR)
		return ST_INVALID;
	write32(d, VIRTIO_MMIO_QUEUE_SELECT, q->index);
	if (read32(d, VIRTIO_MMIO_QUEUE_READY) != 0)
		return ST_PROTOCOL; /* on, right after a reset */
	if (read32(d, VIRTIO_MMIO_QUEUE_SIZE_MAX) < q->size)
		return ST_PROTOCOL;
	write32(d, VIRTIO_MMIO_QUEUE_SIZE, q->size);
	write_address(d, VIRTIO_MMIO_QUEUE_DESC, virtq_desc_address(q));
	write_address(d, VIRTIO_MMIO_QUEUE_DRIVER, virtq_avail_address(q));
	write_address(d, VIRTIO_MMIO_QUEUE_DEVICE, virtq_used_address(q));
	write32(d, VIRTIO_MMIO_QUEUE_READY, 1);
	return read32(d, VIRTIO_MMIO_QUEUE_READY) == 1 ? ST_OK : ST_PROTOCOL;
}

static void mmio_notify(struct virtio_device *d, const struct virtq *q)
{
	arch_barrier(); /* the ring before the bell */
	write32(d, VIRTIO_MMIO_QUEUE_NOTIFY, q->index);
}

static bool in_config(u32 offset, unsigned width)
{
	return (width == 1 || width == 2 || width == 4) && offset <= CONFIG_BYTES - width;
}

static u32 mmio_config_read(struct virtio_device *d, u32 offset, unsigned width)
{
	u32 ones = width >= 4 ? ~0u : (1u << 8 * width) - 1;

	if (!in_config(offset, width))
		return ones;
	return (u32)cvm.ops->mmio_read(d->mmio_base + VIRTIO_MMIO_CONFIG + offset, width) & ones;
}

static void mmio_config_write(struct virtio_device *d, u32 offset, unsigned width, u32 value)
{
	if (in_config(offset, width))
		cvm.ops->mmio_write(d->mmio_base + VIRTIO_MMIO_CONFIG + offset, width, value);
}

static u32 mmio_config_generation(struct virtio_device *d)
{
	return read32(d, VIRTIO_MMIO_GENERATION);
}

static u8 mmio_interrupt_status(struct virtio_device *d)
{
	u32 v = read32(d, VIRTIO_MMIO_INTERRUPT) & (VIRTIO_ISR_QUEUE | VIRTIO_ISR_CONFIG);

	if (v != 0)
		write32(d, VIRTIO_MMIO_INTERRUPT_ACK, v);
	return (u8)v;
}

static const struct virtio_transport transport = {
	.name = "mmio",
	.device_features = mmio_device_features,
	.driver_features = mmio_driver_features,
	.get_status = mmio_get_status,
	.set_status = mmio_set_status,
	.queue_max = mmio_queue_max,
	.queue_enable = mmio_queue_enable,
	.notify = mmio_notify,
	.config_read = mmio_config_read,
	.config_write = mmio_config_write,
	.config_generation = mmio_config_generation,
	.interrupt_status = mmio_interrupt_status,
};

/* ---- finding ---- */

static void look_at(u64 base, u32 intid)
{
	struct virtio_device probe = { .mmio_base = base }, *d;
	u32 id;

	if (mmu_map_device((struct range){ base, VIRTIO_MMIO_SIZE }) != ST_OK) {
		virtio_refuse("mmio 0x%llx: cannot be mapped", (unsigned long long)base);
		return;
	}
	if (read32(&probe, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE) {
		virtio_refuse("mmio 0x%llx: no magic value", (unsigned long long)base);
		return;
	}
	id = read32(&probe, VIRTIO_MMIO_DEVICE_ID);
	if (id == 0) /* 4.2.2.2: an empty place */
		return;
	if (read32(&probe, VIRTIO_MMIO_VERSION) != VERSION_MODERN) {
		virtio_refuse("mmio 0x%llx: not version 2", (unsigned long long)base);
		return;
	}
	d = virtio_add();
	if (d == NULL)
		return;
	d->transport = &transport;
	d->id = id;
	d->mmio_base = base;
	d->intid = intid;
}

void virtio_find_mmio(void)
{
	for (unsigned i = 0; i < platform.virtio_mmio_count; i++)
		look_at(platform.virtio_mmio[i].base, platform.virtio_mmio[i].intid);
}
