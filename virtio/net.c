/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network device (VIRTIO 1.2, 5.1): raw frames, no offloads, so every header is zero but for
 * num_buffers. A frame is the host's word; its length and header are checked here, its content by
 * whoever reads it.
 */
#include "driver.h"

#include "mm.h"

#define RX_BUFFERS  16
#define BUFFER_ROOM 2048
#define RX_PAGES    (RX_BUFFERS * BUFFER_ROOM / PAGE_SIZE)
#define FRAME_MAX   (VIRTIO_NET_HDR_SIZE + VIRTIO_NET_FRAME)
#define BAD_MAX     64 /* malformed frames in a row before we call the device broken */
/* header: u8 flags, gso_type; le16 hdr_len, gso_size, csum_start, csum_offset, num_buffers */
#define HDR_FLAGS       0
#define HDR_GSO_TYPE    1
#define HDR_NUM_BUFFERS 10
_Static_assert(FRAME_MAX <= BUFFER_ROOM, "a frame fits its buffer");

static u8 *rx_buffer(const struct virtio_net *n, unsigned slot)
{
	return n->rx_pages + (size_t)slot * BUFFER_ROOM;
}

enum status virtio_net_send(struct virtio_net *n, const void *frame, size_t len)
{
	enum status st;

	if (len == 0 || len > VIRTIO_NET_FRAME)
		return ST_RANGE;
	if (n->d->broken != ST_OK)
		return n->d->broken;
	memset(n->tx_pages, 0, VIRTIO_NET_HDR_SIZE); /* nothing offloaded */
	memcpy(n->tx_pages + VIRTIO_NET_HDR_SIZE, frame, len);
	st = virtio_hand_over(n->d, n->tx, n->tx_pages, VIRTIO_NET_HDR_SIZE + (u32)len);
	if (st == ST_OK)
		n->frames_out++;
	return st;
}

/* 5.1.6.4.1: without the features for it a frame has no checksum left to us and no segments to put
 * together. It is in one buffer, which all frames we take fit; num_buffers says so only where
 * MRG_RXBUF was negotiated (else QEMU and vhost leave it as it was). */
static bool well_formed(const struct virtio_net *n, const u8 header[VIRTIO_NET_HDR_SIZE], u32 used)
{
	if (used <= VIRTIO_NET_HDR_SIZE || used > FRAME_MAX)
		return false;
	if (header[HDR_FLAGS] != 0 || header[HDR_GSO_TYPE] != 0)
		return false;
	return (n->d->features & BIT(VIRTIO_NET_F_MRG_RXBUF)) == 0 ||
	       le16(header + HDR_NUM_BUFFERS) == 1;
}

enum status virtio_net_receive(struct virtio_net *n, void *frame, size_t *len, u64 ns)
{
	for (unsigned bad = 0; bad < BAD_MAX; bad++) {
		u8 header[VIRTIO_NET_HDR_SIZE];
		unsigned slot;
		u32 used;
		bool good;
		enum status st = virtio_finish(n->d, n->rx, ns, &slot, &used);

		if (st != ST_OK)
			return st;
		bounce_in(header, rx_buffer(n, slot), sizeof(header));
		good = well_formed(n, header, used);
		if (good) {
			*len = used - VIRTIO_NET_HDR_SIZE;
			bounce_in(frame, rx_buffer(n, slot) + VIRTIO_NET_HDR_SIZE, *len);
		}
		st = virtio_post(n->d, n->rx, rx_buffer(n, slot), FRAME_MAX, slot);
		if (st != ST_OK)
			return st;
		virtio_kick(n->d, n->rx);
		if (good) {
			n->frames_in++;
			return ST_OK;
		}
		n->frames_bad++;
	}
	return virtio_broken(n->d, ST_PROTOCOL, "net: %u malformed frames in a row", BAD_MAX);
}

/* The host's choice where it makes one; else one of our own, locally administered. */
static enum status read_mac(struct virtio_net *n)
{
	static const u8 ours[6] = { 0x02, 'p', 'o', 's', 't', 1 };
	enum status st;

	if ((n->d->features & BIT(VIRTIO_NET_F_MAC)) == 0) {
		memcpy(n->mac, ours, sizeof(ours));
		return ST_OK;
	}
	st = virtio_config(n->d, VIRTIO_NET_CONFIG_MAC, n->mac, sizeof(n->mac));
	if (st == ST_OK && (n->mac[0] & 1) != 0)
		return virtio_broken(n->d, ST_PROTOCOL, "net: a multicast address as its own");
	return st;
}

static enum status start(struct virtio_net *n)
{
	enum status st = read_mac(n);

	if (st != ST_OK)
		return st;
	n->rx = virtio_queue(n->d, VIRTIO_NET_RX, RX_BUFFERS);
	n->tx = n->rx == NULL ? NULL : virtio_queue(n->d, VIRTIO_NET_TX, 1);
	if (n->tx == NULL)
		return n->d->broken;
	n->rx_pages = pool_alloc(RX_PAGES + 1, PAGE_SIZE);
	if (n->rx_pages == NULL)
		return ST_NO_MEMORY;
	n->tx_pages = n->rx_pages + RX_PAGES * PAGE_SIZE;
	for (unsigned slot = 0; st == ST_OK && slot < MIN(n->rx->size, RX_BUFFERS); slot++)
		st = virtio_post(n->d, n->rx, rx_buffer(n, slot), FRAME_MAX, slot);
	if (st == ST_OK)
		st = virtio_ready(n->d);
	if (st == ST_OK)
		virtio_kick(n->d, n->rx);
	return st;
}

enum status virtio_net_open(struct virtio_net *n, struct virtio_device *d)
{
	enum status st;

	memset(n, 0, sizeof(*n));
	n->d = d;
	st = virtio_open(d, BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_MRG_RXBUF) |
				BIT(VIRTIO_F_EVENT_IDX));
	if (st != ST_OK)
		return st;
	st = start(n);
	if (st != ST_OK)
		virtio_net_close(n);
	return st;
}

void virtio_net_close(struct virtio_net *n)
{
	(void)virtio_end(n->d, n->rx_pages, RX_PAGES + 1);
	n->rx_pages = NULL;
	n->tx_pages = NULL;
}
