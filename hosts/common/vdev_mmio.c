/* SPDX-License-Identifier: BSD-2-Clause */
/* The modelled device behind a virtio-mmio transport, version 2 (VIRTIO 1.2, 4.2.2). */
#include "common/mutant.h"
#include "common/vdev_local.h"

#define VERSION 2
#define VENDOR  0x74736f50u /* "Post" */

static bool in_config(u64 offset, unsigned width)
{
	return offset >= VIRTIO_MMIO_CONFIG && offset < VIRTIO_MMIO_SIZE &&
	       width <= VIRTIO_MMIO_SIZE - offset;
}

static bool queue_enabled(void)
{
	const struct vtap_queue *q = vdev_selected();

	return lie_enabled(&vdev.lies, q != NULL && q->enabled);
}

static u32 read_register(u64 offset)
{
	switch (offset) {
	case VIRTIO_MMIO_MAGIC:
		return VIRTIO_MMIO_MAGIC_VALUE;
	case VIRTIO_MMIO_VERSION:
		return VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return VIRTIO_ID_VSOCK;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR;
	case VIRTIO_MMIO_DF:
		return vdev_features();
	case VIRTIO_MMIO_QUEUE_SIZE_MAX:
		return vdev_queue_max();
	case VIRTIO_MMIO_QUEUE_READY:
		return queue_enabled();
	case VIRTIO_MMIO_INTERRUPT:
		return vdev.isr;
	case VIRTIO_MMIO_STATUS:
		return vdev_status();
	case VIRTIO_MMIO_GENERATION:
		return vdev_generation();
	default:
		return 0; /* written only, or nothing */
	}
}

u64 vdev_mmio_read(u64 offset, unsigned width)
{
	vdev.transport = VDEV_MMIO;
	if (in_config(offset, width))
		return vdev_device_config(offset - VIRTIO_MMIO_CONFIG, width);
	/* 4.2.2.2: everything else by 32 bits, aligned. */
	if (V(width != 4) || V(!is_aligned(offset, 4)))
		return 0;
	return read_register(offset);
}

static void write_address(u64 offset, u32 value)
{
	u64 from = offset - VIRTIO_MMIO_QUEUE_DESC;
	unsigned which = (unsigned)(from >> 4);

	if ((from & 0xf) <= 4)
		vdev_queue_address(which, (from & 0xf) == 4, value);
}

void vdev_mmio_write(u64 offset, unsigned width, u64 value)
{
	u32 v = (u32)value;

	vdev.transport = VDEV_MMIO;
	if (V(width != 4) || V(!is_aligned(offset, 4)))
		return; /* the configuration cannot be written */
	switch (offset) {
	case VIRTIO_MMIO_DFSELECT:
		vdev.feature_select[0] = v;
		break;
	case VIRTIO_MMIO_GFSELECT:
		vdev.feature_select[1] = v;
		break;
	case VIRTIO_MMIO_GF:
		vdev_set_features(v);
		break;
	case VIRTIO_MMIO_QUEUE_SELECT:
		vdev.selected = (u16)MIN(v, 0xffffu);
		break;
	case VIRTIO_MMIO_QUEUE_SIZE:
		vdev_queue_size(v);
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		if (v == 1)
			vdev_queue_enable();
		else if (v == 0)
			vdev_queue_stop();
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		vdev_notify(v);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		vdev_isr_ack((u8)v);
		break;
	case VIRTIO_MMIO_STATUS:
		vdev_set_status((u8)v);
		break;
	default:
		if (offset >= VIRTIO_MMIO_QUEUE_DESC && offset < VIRTIO_MMIO_QUEUE_DEVICE + 8)
			write_address(offset, v);
		break;
	}
}
