/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket device: what its receiving half (vsock_rx.c) and the rest (vsock.c) share. */
#ifndef VIRTIO_VSOCK_H
#define VIRTIO_VSOCK_H

#include "driver.h"

#define VSOCK_RX_BUFFERS 16
#define VSOCK_RX_ROOM    PAGE_SIZE
#define VSOCK_EVENTS     4
#define VSOCK_EVENT_SIZE 4
#define VSOCK_PAGES      (VSOCK_RX_BUFFERS + 2) /* receive, events, transmit */

struct vsock_header {
	u64 src_cid, dst_cid;
	u32 src_port, dst_port, len;
	u16 type, op;
	u32 flags, buf_alloc, fwd_cnt;
};

static inline u8 *vsock_tx_page(const struct virtio_vsock *v)
{
	return v->pages + (VSOCK_RX_BUFFERS + 1) * PAGE_SIZE;
}

/* Bytes the peer has room for. */
u32 vsock_credit(const struct vsock_stream *s);
/* Our CID from the device's configuration into v->cid. */
enum status vsock_read_cid(struct virtio_vsock *v);
/* Every receive and event buffer to the device, which is not told yet. */
enum status vsock_post_all(struct virtio_vsock *v);
/* An event that is there, then one packet; ns 0: only what is there. Sends nothing: answers are
 * noted in v->rst and want_update. ST_NOT_FOUND, ST_TIMEOUT: no packet. */
enum status vsock_look(struct virtio_vsock *v, u64 ns);

#endif
