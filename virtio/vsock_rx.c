/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket device (VIRTIO 1.2, 5.10), what comes in.
 *
 * A peer's packet is its word, and the device may forge any. Each is copied, its length held
 * against what the device wrote, its addresses against ours and its stream's; the rest is dropped
 * and counted, and answered by RST unless it was one. Credit is arithmetic modulo 2^32 in which a
 * lie can only cost the liar: what it says it has forwarded is not believed beyond what we sent,
 * and what it sends beyond the room we have ends the stream, not our buffer.
 */
#include "vsock.h"

#include "mm.h"

#define HDR         VIRTIO_VSOCK_HDR_SIZE
#define EVENT_RESET 0 /* 5.10.6.7: our CID may be another, all streams are gone */
#define CID_FIRST   3 /* 5.10.4: 0 to 2 and 2^32 - 1 are reserved, the upper half is zero */
#define CID_LAST    0xfffffffeu

static struct vsock_header decode(const u8 p[HDR])
{
	return (struct vsock_header){ .src_cid = le64(p),
				      .dst_cid = le64(p + 8),
				      .src_port = le32(p + 16),
				      .dst_port = le32(p + 20),
				      .len = le32(p + 24),
				      .type = le16(p + 28),
				      .op = le16(p + 30),
				      .flags = le32(p + 32),
				      .buf_alloc = le32(p + 36),
				      .fwd_cnt = le32(p + 40) };
}

static u8 *rx_buffer(const struct virtio_vsock *v, unsigned slot)
{
	return v->pages + slot * VSOCK_RX_ROOM;
}

static u8 *event_buffer(const struct virtio_vsock *v, unsigned slot)
{
	return v->pages + VSOCK_RX_BUFFERS * PAGE_SIZE + (size_t)slot * 8;
}

static void end_by_reset(struct vsock_stream *s)
{
	s->connected = false;
	s->reset = true;
}

/* Counts a packet that must not be, and notes the RST it gets; an RST gets none, or two liars would
 * keep us busy for ever. Notes beyond the room are dropped: the peer of such a flood is no loss. */
static void reject(struct virtio_vsock *v, struct vsock_stream *s, const struct vsock_header *h)
{
	v->bad_packets++;
	if (s != NULL)
		end_by_reset(s);
	if (h->op == VIRTIO_VSOCK_OP_RST || v->rsts == VSOCK_RSTS)
		return;
	v->rst[v->rsts++] = (struct vsock_rst){ .cid = h->src_cid,
						.local_port = h->dst_port,
						.peer_port = h->src_port,
						.type = h->type };
}

static struct vsock_stream *find_stream(struct virtio_vsock *v, const struct vsock_header *h)
{
	for (unsigned i = 0; i < VSOCK_STREAMS; i++) {
		struct vsock_stream *s = &v->stream[i];

		if (s->used && s->local_port == h->dst_port && s->peer_port == h->src_port &&
		    s->peer_cid == h->src_cid)
			return s;
	}
	return NULL;
}

/* 5.10.6.3: what the peer says of its buffer. fwd_cnt cannot be ahead of what we sent, nor behind
 * what it was: such a header's credit is not believed, and the old one stands. */
static void take_credit(struct virtio_vsock *v, struct vsock_stream *s,
			const struct vsock_header *h)
{
	u32 on_its_way = s->tx_count - s->peer_fwd, forwarded = h->fwd_cnt - s->peer_fwd;

	if (forwarded > on_its_way) {
		v->bad_packets++;
		return;
	}
	s->peer_fwd = h->fwd_cnt;
	s->peer_alloc = h->buf_alloc;
}

/* Bytes the peer has room for. It may shrink its buffer below what is on its way. */
u32 vsock_credit(const struct vsock_stream *s)
{
	u32 on_its_way = s->tx_count - s->peer_fwd;

	return s->peer_alloc > on_its_way ? s->peer_alloc - on_its_way : 0;
}

/* false: more than it was given credit for. */
static bool take_data(struct vsock_stream *s, const u8 *data, u32 len)
{
	size_t tail = (s->head + s->fill) % VSOCK_BUFFER, n = MIN(len, VSOCK_BUFFER - tail);

	if (len > VSOCK_BUFFER - s->fill)
		return false;
	s->rx_count += len;
	if (s->closing) { /* nobody reads it any more */
		s->fwd_count += len;
		return true;
	}
	bounce_in(s->buffer + tail, data, n);
	bounce_in(s->buffer, data + n, len - n);
	s->fill += len;
	return true;
}

static void take_for_stream(struct virtio_vsock *v, struct vsock_stream *s,
			    const struct vsock_header *h, const u8 *data)
{
	bool good = s->connected;

	if (h->op == VIRTIO_VSOCK_OP_RST) {
		end_by_reset(s);
		return;
	}
	if (!s->reset)
		take_credit(v, s, h);
	switch (h->op) {
	case VIRTIO_VSOCK_OP_RESPONSE:
		good = !s->connected && !s->reset;
		s->connected |= good;
		break;
	case VIRTIO_VSOCK_OP_SHUTDOWN:
		s->peer_done |= (h->flags & VIRTIO_VSOCK_SHUTDOWN_SEND) != 0;
		s->peer_deaf |= (h->flags & VIRTIO_VSOCK_SHUTDOWN_RCV) != 0;
		break;
	case VIRTIO_VSOCK_OP_RW:
		good = good && !s->peer_done && take_data(s, data, h->len);
		break;
	case VIRTIO_VSOCK_OP_CREDIT_UPDATE:
		break;
	case VIRTIO_VSOCK_OP_CREDIT_REQUEST:
		s->want_update |= good;
		break;
	default: /* a request on a stream that stands, or no operation at all */
		good = false;
	}
	if (!good)
		reject(v, s, h);
}

/* A packet of `used` bytes in a shared buffer; its header is copied, its data left there until the
 * lengths are known to fit. */
static void take_packet(struct virtio_vsock *v, const u8 *shared, u32 used)
{
	struct vsock_header h;
	u8 raw[HDR];

	bounce_in(raw, shared, HDR);
	h = decode(raw);
	/* Not whole, or not between a peer and us: there is nobody to answer. */
	if (used < HDR || h.len != used - HDR || h.dst_cid != v->cid || h.src_cid == v->cid) {
		v->bad_packets++;
		return;
	}
	if (h.type != VIRTIO_VSOCK_TYPE_STREAM ||
	    (h.len != 0 && h.op != VIRTIO_VSOCK_OP_RW)) { /* 5.10.6.4.1 */
		reject(v, NULL, &h);
		return;
	}
	struct vsock_stream *s = find_stream(v, &h);

	if (s != NULL)
		take_for_stream(v, s, &h, shared + HDR);
	else if (h.op != VIRTIO_VSOCK_OP_RST) /* one may be late for a stream we have closed */
		reject(v, NULL, &h);
}

enum status vsock_read_cid(struct virtio_vsock *v)
{
	u8 cid[8];
	enum status st = virtio_config(v->d, VIRTIO_VSOCK_CONFIG_CID, cid, sizeof(cid));

	if (st != ST_OK)
		return st;
	v->cid = le64(cid);
	if (v->cid < CID_FIRST || v->cid > CID_LAST)
		return virtio_broken(v->d, ST_PROTOCOL, "vsock: reserved CID %#llx",
				     (unsigned long long)v->cid);
	return ST_OK;
}

/* At most one event; ST_NOT_FOUND: none. */
static enum status take_event(struct virtio_vsock *v)
{
	u8 event[VSOCK_EVENT_SIZE];
	unsigned slot;
	u32 len;
	enum status st = virtio_peek(v->d, v->event, &slot, &len);

	if (st != ST_OK)
		return st;
	if (len < VSOCK_EVENT_SIZE)
		return virtio_broken(v->d, ST_PROTOCOL, "vsock: an event of %u bytes", len);
	bounce_in(event, event_buffer(v, slot), sizeof(event));
	st = virtio_post(v->d, v->event, event_buffer(v, slot), VSOCK_EVENT_SIZE, slot);
	if (st != ST_OK)
		return st;
	virtio_kick(v->d, v->event);
	if (le32(event) != EVENT_RESET) {
		v->bad_packets++;
		return ST_OK;
	}
	for (unsigned i = 0; i < VSOCK_STREAMS; i++)
		end_by_reset(&v->stream[i]);
	return vsock_read_cid(v);
}

enum status vsock_look(struct virtio_vsock *v, u64 ns)
{
	enum status st = take_event(v);
	unsigned slot;
	u32 used;

	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	st = virtio_peek(v->d, v->rx, &slot, &used);
	if (st == ST_NOT_FOUND && ns != 0)
		st = virtio_finish(v->d, v->rx, ns, &slot, &used);
	if (st != ST_OK)
		return st;
	take_packet(v, rx_buffer(v, slot), used);
	st = virtio_post(v->d, v->rx, rx_buffer(v, slot), VSOCK_RX_ROOM, slot);
	if (st == ST_OK)
		virtio_kick(v->d, v->rx);
	return st;
}

enum status vsock_post_all(struct virtio_vsock *v)
{
	enum status st = ST_OK;

	for (unsigned i = 0; st == ST_OK && i < MIN(v->rx->size, VSOCK_RX_BUFFERS); i++)
		st = virtio_post(v->d, v->rx, rx_buffer(v, i), VSOCK_RX_ROOM, i);
	for (unsigned i = 0; st == ST_OK && i < MIN(v->event->size, VSOCK_EVENTS); i++)
		st = virtio_post(v->d, v->event, event_buffer(v, i), VSOCK_EVENT_SIZE, i);
	return st;
}
