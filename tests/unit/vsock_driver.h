/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver of the modelled vsock device behind virtio-mmio: rings in the pages of fake_vio.h. */
#ifndef VSOCK_DRIVER_H
#define VSOCK_DRIVER_H

#include "fake_vio.h"

#define DRV_SIZE     16u
#define DRV_RX_BYTES 1024u
#define DRV_RING(n)  (FAKE_BASE + (n)*4 * PAGE_SIZE)
#define DRV_TX_DATA  (FAKE_BASE + 16 * PAGE_SIZE)
#define DRV_RX_DATA  (FAKE_BASE + 20 * PAGE_SIZE)
#define DRV_ALLOC    4096u
#define DRV_STATUS   (VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK)

static struct {
	struct vtap_queue q[3];
	u16 seen[3];
	u32 port, guest_port, fwd;
	/* the packet received last */
	u64 src_cid, dst_cid;
	u32 src_port, dst_port, len, flags, buf_alloc, fwd_cnt;
	u16 type, op;
	u8 data[DRV_RX_BYTES];
} drv;

static inline void reg(u64 offset, u32 value)
{
	vdev_mmio_write(offset, 4, value);
}

static inline u32 get(u64 offset)
{
	return (u32)vdev_mmio_read(offset, 4);
}

static inline void drv_queue(unsigned n)
{
	struct vtap_queue *q = &drv.q[n];

	q->size = DRV_SIZE;
	q->desc = DRV_RING(n);
	q->driver = DRV_RING(n) + PAGE_SIZE;
	q->device = DRV_RING(n) + 2 * PAGE_SIZE;
	reg(VIRTIO_MMIO_QUEUE_SELECT, n);
	reg(VIRTIO_MMIO_QUEUE_SIZE, DRV_SIZE);
	reg(VIRTIO_MMIO_QUEUE_DESC, (u32)q->desc);
	reg(VIRTIO_MMIO_QUEUE_DESC + 4, (u32)(q->desc >> 32));
	reg(VIRTIO_MMIO_QUEUE_DRIVER, (u32)q->driver);
	reg(VIRTIO_MMIO_QUEUE_DRIVER + 4, (u32)(q->driver >> 32));
	reg(VIRTIO_MMIO_QUEUE_DEVICE, (u32)q->device);
	reg(VIRTIO_MMIO_QUEUE_DEVICE + 4, (u32)(q->device >> 32));
	reg(VIRTIO_MMIO_QUEUE_READY, 1);
}

static inline void drv_features(u64 features)
{
	reg(VIRTIO_MMIO_STATUS, 0);
	reg(VIRTIO_MMIO_STATUS, VIRTIO_ACKNOWLEDGE);
	reg(VIRTIO_MMIO_STATUS, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	for (u32 w = 0; w < 2; w++) {
		reg(VIRTIO_MMIO_GFSELECT, w);
		reg(VIRTIO_MMIO_GF, (u32)(features >> (32 * w)));
	}
	reg(VIRTIO_MMIO_STATUS, DRV_STATUS);
}

static inline void drv_rx(u16 i)
{
	drv_desc(drv.q[0].desc, i, DRV_RX_DATA + (u64)i * DRV_RX_BYTES, DRV_RX_BYTES,
		 VIRTQ_DESC_F_WRITE, 0);
	drv_publish(&drv.q[0], i);
}

static inline void drv_open(u64 more_features)
{
	memset(&drv, 0, sizeof(drv));
	memset(at(FAKE_BASE), 0, DRV_TX_DATA - FAKE_BASE);
	drv_features(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM) | more_features);
	for (unsigned n = 0; n < 3; n++)
		drv_queue(n);
	reg(VIRTIO_MMIO_STATUS, DRV_STATUS | VIRTIO_DRIVER_OK);
	for (u16 i = 0; i < DRV_SIZE; i++)
		drv_rx(i);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	drv.guest_port = 1234;
}

/* A header at DRV_TX_DATA, as `drv` has it, and data behind it. */
static inline void drv_header(u16 op, u32 flags, const void *data, u32 len)
{
	u64 h = DRV_TX_DATA;

	poke(h, VDEV_GUEST_CID, 8);
	poke(h + 8, VIRTIO_VSOCK_CID_HOST, 8);
	poke(h + 16, drv.guest_port, 4);
	poke(h + 20, drv.port, 4);
	poke(h + 24, len, 4);
	poke(h + 28, VIRTIO_VSOCK_TYPE_STREAM, 2);
	poke(h + 30, op, 2);
	poke(h + 32, flags, 4);
	poke(h + 36, DRV_ALLOC, 4);
	poke(h + 40, drv.fwd, 4);
	if (len > 0)
		memcpy(at(h + VIRTIO_VSOCK_HDR_SIZE), data, len);
}

static inline void drv_publish_tx(u32 bytes)
{
	u16 i = (u16)(peek(drv.q[1].driver + 2, 2) % DRV_SIZE);

	drv_desc(drv.q[1].desc, i, DRV_TX_DATA, bytes, 0, 0);
	drv_publish(&drv.q[1], i);
}

static inline void drv_send(u16 op, u32 flags, const void *data, u32 len)
{
	drv_header(op, flags, data, len);
	drv_publish_tx(VIRTIO_VSOCK_HDR_SIZE + len);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
}

/* The next packet of the host, whose buffer goes back; false: none. */
static inline bool drv_receive(void)
{
	struct vtap_queue *q = &drv.q[0];
	u32 id, len;
	u64 h;

	if (drv_used_idx(q) == drv.seen[0])
		return false;
	id = drv_used_id(q, drv.seen[0]);
	len = drv_used_len(q, drv.seen[0]++);
	assert_true(id < DRV_SIZE);
	assert_in_range(len, VIRTIO_VSOCK_HDR_SIZE, DRV_RX_BYTES);
	h = DRV_RX_DATA + (u64)id * DRV_RX_BYTES;
	drv.src_cid = peek(h, 8);
	drv.dst_cid = peek(h + 8, 8);
	drv.src_port = (u32)peek(h + 16, 4);
	drv.dst_port = (u32)peek(h + 20, 4);
	drv.len = (u32)peek(h + 24, 4);
	drv.type = (u16)peek(h + 28, 2);
	drv.op = (u16)peek(h + 30, 2);
	drv.flags = (u32)peek(h + 32, 4);
	drv.buf_alloc = (u32)peek(h + 36, 4);
	drv.fwd_cnt = (u32)peek(h + 40, 4);
	assert_int_equal(drv.len, len - VIRTIO_VSOCK_HDR_SIZE);
	memcpy(drv.data, at(h + VIRTIO_VSOCK_HDR_SIZE), drv.len);
	drv_rx((u16)id);
	return true;
}

/* The next packet is that one. */
static inline void drv_expect(u16 op)
{
	assert_true(drv_receive());
	assert_int_equal(drv.op, op);
	assert_int_equal(drv.src_port, drv.port);
	assert_int_equal(drv.dst_port, drv.guest_port);
}

static inline void drv_connect(u32 port)
{
	drv.port = port;
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_RESPONSE);
}

#endif
