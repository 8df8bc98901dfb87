/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modelled device behind both transports: status machine, features, queues and interrupts of a
 * virtio device (VIRTIO 1.2, 2 and 3) of the kind common/vdev_vsock.c is.
 */
#include <string.h>

#include "common/mutant.h"
#include "common/vdev_local.h"
#include "core/core.h"

#define FEATURES                                                                                   \
	(BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_VERSION_1) |         \
	 BIT(VIRTIO_F_ACCESS_PLATFORM))
#define CHURN_FIRST 0x1000 /* CIDs nobody has */

struct vdev_device vdev;

void vdev_reset(void)
{
	memset(&vdev, 0, sizeof(vdev));
	vdev.cid = VDEV_GUEST_CID;
	vdev_pci_reset();
	vdev_device_reset();
}

void vdev_device_reset(void)
{
	vdev.status = 0;
	vdev.feature_select[0] = vdev.feature_select[1] = 0;
	vdev.driver_features = 0;
	vdev.selected = 0;
	vdev.config_vector = VIRTIO_MSI_NO_VECTOR;
	vdev.isr = 0;
	vdev.storm = 0;
	for (unsigned i = 0; i < VDEV_QUEUES; i++)
		vdev_ring_reset(&vdev.ring[i]);
	vsock_reset();
	vdev_wire(false);
}

u32 vdev_features(void)
{
	u32 word = vdev.feature_select[0];
	u32 value = word == 0 ? (u32)FEATURES : word == 1 ? (u32)(FEATURES >> 32) : 0;

	return lie_features(&vdev.lies, word, value);
}

void vdev_set_features(u32 value)
{
	u32 word = vdev.feature_select[1];

	/* 3.1.1: settled once FEATURES_OK stands. */
	if (V((vdev.status & VIRTIO_FEATURES_OK) != 0) || V(word > 1))
		return;
	vdev.driver_features &= ~(0xffffffffULL << (32 * word));
	vdev.driver_features |= (u64)value << (32 * word);
}

u8 vdev_status(void)
{
	return lie_status(&vdev.lies, vdev.status);
}

/* 2.2: what was not offered cannot be agreed on; rings in guest memory want VERSION_1 (no legacy
 * interface here) and ACCESS_PLATFORM (addresses are what the platform makes of them). */
static bool features_agreed(void)
{
	if (V((vdev.driver_features & ~FEATURES) != 0))
		return false;
	if (V((vdev.driver_features & BIT(VIRTIO_F_VERSION_1)) == 0))
		return false;
	if (V((vdev.driver_features & BIT(VIRTIO_F_ACCESS_PLATFORM)) == 0))
		return false;
	return true;
}

void vdev_set_status(u8 value)
{
	u8 old = vdev.status;

	lie_status_written(&vdev.lies, value);
	if (value == 0) {
		vdev_device_reset();
		return;
	}
	/* NEEDS_RESET is the device's bit; no other bit is taken back but by reset (2.1.1). */
	value |= old;
	if ((old & VIRTIO_NEEDS_RESET) == 0)
		value &= (u8)~VIRTIO_NEEDS_RESET;
	if (V((value & ~old & VIRTIO_FEATURES_OK) != 0 && !features_agreed()))
		value &= (u8)~VIRTIO_FEATURES_OK;
	if (V((value & VIRTIO_FEATURES_OK) == 0))
		value &= (u8)~VIRTIO_DRIVER_OK;
	vdev.status = value;
}

/* ---- queues ---- */

static struct vdev_ring *selected_ring(void)
{
	return vdev.selected < VDEV_QUEUES ? &vdev.ring[vdev.selected] : NULL;
}

struct vtap_queue *vdev_selected(void)
{
	struct vdev_ring *r = selected_ring();

	return r != NULL ? &r->q : NULL;
}

u16 vdev_queue_max(void)
{
	return vdev.selected < VDEV_QUEUES ? lie_queue_max(VDEV_QUEUE_MAX) : 0;
}

/* A queue that is enabled stays as it is until reset (4.1.4.3.2, 4.2.2.2). */
static struct vtap_queue *changeable(void)
{
	struct vtap_queue *q = vdev_selected();

	return q != NULL && !q->enabled ? q : NULL;
}

void vdev_queue_size(u64 value)
{
	struct vtap_queue *q = changeable();

	if (q == NULL)
		return;
	if (V(value == 0 || value > VDEV_QUEUE_MAX || (value & (value - 1)) != 0))
		return;
	q->size = (u16)value;
}

void vdev_queue_address(unsigned which, bool high, u64 value)
{
	struct vtap_queue *q = changeable();
	u64 *a;

	if (q == NULL)
		return;
	a = which == 0 ? &q->desc : which == 1 ? &q->driver : &q->device;
	*a = high ? (*a & 0xffffffffULL) | value << 32 : (*a & ~0xffffffffULL) | (u32)value;
}

void vdev_queue_enable(void)
{
	struct vdev_ring *r = selected_ring();
	struct vtap_queue *q = changeable();

	if (q == NULL)
		return;
	if (V(!vdev_ring_well_formed(q))) {
		vdev_needs_reset("a queue that is no queue");
		return;
	}
	r->event_idx = (vdev.driver_features & BIT(VIRTIO_F_EVENT_IDX)) != 0;
	r->indirect = (vdev.driver_features & BIT(VIRTIO_F_INDIRECT_DESC)) != 0;
	q->enabled = true;
}

/* 4.2.2.2: a queue behind mmio may be stopped. */
void vdev_queue_stop(void)
{
	struct vdev_ring *r = selected_ring();

	if (r != NULL)
		vdev_ring_reset(r);
}

/* A driver's mistake ends the device until reset; it is told when it listens already (2.1.2). */
void vdev_needs_reset(const char *why)
{
	if ((vdev.status & VIRTIO_NEEDS_RESET) != 0)
		return;
	channel("host: modelled device needs a reset: %s", why);
	vdev.status |= VIRTIO_NEEDS_RESET;
	if ((vdev.status & VIRTIO_DRIVER_OK) != 0)
		vdev_interrupt(VIRTIO_ISR_CONFIG, vdev.config_vector);
}

static bool working(void)
{
	return (vdev.status & (VIRTIO_DRIVER_OK | VIRTIO_NEEDS_RESET | VIRTIO_FAILED)) ==
	       VIRTIO_DRIVER_OK;
}

static void interrupt_queues(void)
{
	for (unsigned i = 0; i < VDEV_QUEUES; i++) {
		struct vdev_ring *r = &vdev.ring[i];

		if (r->q.enabled && vdev_ring_must_interrupt(r))
			vdev_interrupt(VIRTIO_ISR_QUEUE, r->vector);
	}
}

void vdev_notify(u64 queue)
{
	struct vdev_ring *r;
	struct tamper t = { .id = VIRTIO_ID_VSOCK };

	/* 2.9: before DRIVER_OK nothing is looked at. */
	if (V(!working()))
		return;
	if (V(queue >= VDEV_QUEUES))
		return;
	r = &vdev.ring[queue];
	if (V(!r->q.enabled))
		return;
	if (vdev.transport == VDEV_PCI && !vdev_pci_master())
		return; /* PCI 6.2.2: no access of its own */
	vdev.counts.notifications++;
	t.index = (unsigned)queue;
	t.q = &r->q;
	t.event_idx = r->event_idx;
	t.indirect = r->indirect;
	tamper_before(&t); /* what is private we do not reach anyway */
	if (vsock_work(&vdev) != ST_OK)
		vdev_needs_reset("a broken ring");
	interrupt_queues();
	tamper_after(&t, false);
}

/* ---- configuration ---- */

u32 vdev_generation(void)
{
	return lie_generation(&vdev.lies, vdev.generation);
}

void vdev_churn(u64 reads)
{
	vdev.churn = reads;
	if (reads == 0) {
		vdev.cid = VDEV_GUEST_CID;
		vdev.generation++;
	}
}

u64 vdev_device_config(u64 offset, unsigned width)
{
	u8 bytes[VDEV_CONFIG_BYTES];

	if (V(width == 0 || width > 8 || offset >= sizeof(bytes) || width > sizeof(bytes) - offset))
		return all_ones(width);
	if (vdev.churn > 0) {
		u64 k = CHURN_FIRST + vdev.churn_count++ % CHURN_FIRST;

		vdev.churn--;
		vdev.cid = k << 32 | k;
		vdev.generation++;
	}
	le_put(bytes, vdev.cid, 8);
	return lie_device_config(VIRTIO_ID_VSOCK, offset, width, le_get(bytes + offset, width));
}

/* ---- interrupts ---- */

void vdev_wire(bool level)
{
	if (vdev.wire == level)
		return;
	vdev.wire = level;
	vio_host.wire(level && !vdev_pci_wire_off());
}

u8 vdev_isr_ack(u8 bits)
{
	u8 was = vdev.isr;

	vdev.isr &= (u8)~bits;
	if (vdev.isr == 0)
		vdev_wire(false);
	if (vdev.isr == 0 && vdev.storm > 0) { /* a fault: it comes again at once */
		vdev.storm--;
		vdev.isr = was;
		vdev_wire(true);
	}
	return was;
}

void vdev_interrupt(u8 isr, u16 vector)
{
	unsigned times = vtap_interrupt();
	bool by_message = vdev.transport == VDEV_PCI;

	vdev.counts.interrupts += times;
	for (unsigned i = 0; by_message && i < times; i++)
		by_message = vdev_message(vector);
	if (by_message && times > 0)
		return;
	vdev.isr |= isr;
	if (times == 0)
		return;
	vdev.storm = times - 1;
	vdev_wire(true);
}

struct vdev_counts vdev_counts(void)
{
	return vdev.counts;
}

u64 vdev_packets(void)
{
	return vdev.counts.packets_in + vdev.counts.packets_out;
}
