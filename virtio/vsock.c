/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket device (VIRTIO 1.2, 5.10): streams that we open. What comes in is judged in vsock_rx.c;
 * here is what goes out, and what callers see. Every wait ends after a number of packets as well as
 * by time.
 */
#include "vsock.h"

#include "mm.h"

#define HDR        VIRTIO_VSOCK_HDR_SIZE
#define TX_DATA    (PAGE_SIZE - HDR)
#define PACKETS    1024 /* looked at while one call waits */
#define SLICES     64   /* of VIRTIO_NS: how often we look at rx while tx is taken */
#define FIRST_PORT 1024

static void encode(u8 p[HDR], const struct vsock_header *h)
{
	le_put(p, h->src_cid, 8);
	le_put(p + 8, h->dst_cid, 8);
	le_put(p + 16, h->src_port, 4);
	le_put(p + 20, h->dst_port, 4);
	le_put(p + 24, h->len, 4);
	le_put(p + 28, h->type, 2);
	le_put(p + 30, h->op, 2);
	le_put(p + 32, h->flags, 4);
	le_put(p + 36, h->buf_alloc, 4);
	le_put(p + 40, h->fwd_cnt, 4);
}

/* ---- what goes out ---- */

/* One packet, whose data stands behind the header already, until the device has taken it. A device
 * that has no room for its answers may wait for us to take some before it takes more (5.10.6.1), so
 * we do between looks. */
static enum status transmit(struct virtio_vsock *v, const struct vsock_header *h)
{
	struct virtq_buffer b = { vsock_tx_page(v), HDR + h->len, false };
	enum status st;
	unsigned slot;
	u32 len;

	encode(vsock_tx_page(v), h);
	st = virtio_submit(v->d, v->tx, &b, 1, 0);
	if (st != ST_OK)
		return st;
	virtio_kick(v->d, v->tx);
	for (unsigned i = 0; i < SLICES; i++) {
		st = virtio_finish(v->d, v->tx, VIRTIO_NS / SLICES, &slot, &len);
		if (st != ST_TIMEOUT)
			return st;
		for (unsigned n = 0; n < VSOCK_RX_BUFFERS && st != ST_NOT_FOUND; n++) {
			st = vsock_look(v, 0);
			if (st != ST_OK && st != ST_NOT_FOUND)
				return st;
		}
	}
	return virtio_broken(v->d, ST_TIMEOUT, "vsock: a packet is not taken");
}

static enum status transmit_for(struct virtio_vsock *v, struct vsock_stream *s, u16 op, u32 flags,
				u32 len)
{
	struct vsock_header h = { .src_cid = v->cid,
				  .dst_cid = s->peer_cid,
				  .src_port = s->local_port,
				  .dst_port = s->peer_port,
				  .len = len,
				  .type = VIRTIO_VSOCK_TYPE_STREAM,
				  .op = op,
				  .flags = flags,
				  .buf_alloc = VSOCK_BUFFER,
				  .fwd_cnt = s->fwd_count };

	s->fwd_told = s->fwd_count;
	s->want_update = false;
	s->tx_count += len;
	return transmit(v, &h);
}

/* The answers that packets have called for. Sending may bring in more of those: a bounded number
 * goes out now, the rest with the next call. */
static enum status answer(struct virtio_vsock *v)
{
	enum status st = v->d->broken;

	for (unsigned i = 0; st == ST_OK && v->rsts != 0 && i < VSOCK_RSTS; i++) {
		const struct vsock_rst *r = &v->rst[--v->rsts];
		struct vsock_header h = { .src_cid = v->cid,
					  .dst_cid = r->cid,
					  .src_port = r->local_port,
					  .dst_port = r->peer_port,
					  .type = r->type,
					  .op = VIRTIO_VSOCK_OP_RST };

		st = transmit(v, &h);
	}
	for (unsigned i = 0; st == ST_OK && i < VSOCK_STREAMS; i++) {
		struct vsock_stream *s = &v->stream[i];

		if (s->used && s->connected && s->want_update)
			st = transmit_for(v, s, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0, 0);
	}
	return st;
}

/* Waits for one packet and answers it. ST_TIMEOUT: none came. */
static enum status step(struct virtio_vsock *v, u64 ns)
{
	enum status st = vsock_look(v, ns), sent;

	if (st == ST_NOT_FOUND)
		st = ST_TIMEOUT;
	sent = answer(v);
	return st != ST_OK ? st : sent;
}

/* ---- streams ---- */

static struct vsock_stream *stream_of(struct virtio_vsock *v, unsigned stream)
{
	return stream < VSOCK_STREAMS && v->stream[stream].used ? &v->stream[stream] : NULL;
}

static void release(struct vsock_stream *s)
{
	heap_free(s->buffer);
	memset(s, 0, sizeof(*s));
}

/* A port no stream of ours has. */
static u32 choose_port(struct virtio_vsock *v)
{
	bool taken = true;

	while (taken) {
		v->next_port = MAX(v->next_port + 1, FIRST_PORT);
		taken = false;
		for (unsigned i = 0; i < VSOCK_STREAMS; i++)
			taken |= v->stream[i].used && v->stream[i].local_port == v->next_port;
	}
	return v->next_port;
}

static enum status await_response(struct virtio_vsock *v, struct vsock_stream *s)
{
	enum status st = transmit_for(v, s, VIRTIO_VSOCK_OP_REQUEST, 0, 0);

	for (unsigned i = 0; st == ST_OK && i < PACKETS && !s->connected && !s->reset; i++)
		st = step(v, VIRTIO_NS);
	if (s->reset && (st == ST_OK || st == ST_TIMEOUT))
		return ST_DENIED;
	if (s->connected && st == ST_TIMEOUT)
		return ST_OK;
	return st == ST_OK && !s->connected ? ST_NO_PROGRESS : st;
}

enum status vsock_connect(struct virtio_vsock *v, u64 cid, u32 port, unsigned *stream)
{
	struct vsock_stream *s = NULL;
	enum status st;

	if (v->d->broken != ST_OK)
		return v->d->broken;
	for (*stream = 0; *stream < VSOCK_STREAMS && s == NULL; ++*stream)
		if (!v->stream[*stream].used)
			s = &v->stream[*stream];
	if (s == NULL)
		return ST_TOO_MANY;
	--*stream;
	memset(s, 0, sizeof(*s));
	s->buffer = heap_alloc(VSOCK_BUFFER);
	if (s->buffer == NULL)
		return ST_NO_MEMORY;
	s->local_port = choose_port(v);
	s->peer_port = port;
	s->peer_cid = cid;
	s->used = true;
	st = await_response(v, s);
	if (st == ST_OK)
		return ST_OK;
	if (!s->reset && v->d->broken == ST_OK) /* it may still come to think that we are there */
		(void)transmit_for(v, s, VIRTIO_VSOCK_OP_RST, 0, 0);
	release(s);
	return st;
}

/* Until the peer has room: asked once, then its updates are waited for. */
static enum status await_credit(struct virtio_vsock *v, struct vsock_stream *s)
{
	enum status st;

	if (vsock_credit(s) != 0)
		return ST_OK;
	st = transmit_for(v, s, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0, 0);
	for (unsigned i = 0; st == ST_OK && i < PACKETS; i++) {
		if (vsock_credit(s) != 0 || !s->connected || s->peer_deaf)
			return ST_OK;
		st = step(v, VIRTIO_NS);
	}
	return st == ST_OK ? ST_NO_PROGRESS : st;
}

enum status vsock_send(struct virtio_vsock *v, unsigned stream, const void *data, size_t len)
{
	struct vsock_stream *s = stream_of(v, stream);

	if (s == NULL)
		return ST_INVALID;
	for (size_t done = 0; done < len;) {
		enum status st = vsock_look(v, 0); /* what it says of credit, or that it is gone */
		u32 n;

		if (st == ST_OK || st == ST_NOT_FOUND)
			st = answer(v);
		if (st == ST_OK)
			st = await_credit(v, s);
		if (st != ST_OK)
			return st;
		if (!s->connected || s->peer_deaf)
			return ST_STATE;
		n = (u32)MIN(MIN(len - done, TX_DATA), vsock_credit(s));
		memcpy(vsock_tx_page(v) + HDR, (const u8 *)data + done, n);
		st = transmit_for(v, s, VIRTIO_VSOCK_OP_RW, 0, n);
		if (st != ST_OK)
			return st;
		done += n;
	}
	return ST_OK;
}

/* Hands out what has come, and tells the peer when half of the room is free again. */
static enum status drain(struct virtio_vsock *v, struct vsock_stream *s, u8 *data, size_t *len)
{
	size_t n = MIN(*len, s->fill), first = MIN(n, VSOCK_BUFFER - s->head);

	memcpy(data, s->buffer + s->head, first);
	memcpy(data + first, s->buffer, n - first);
	s->head = (s->head + n) % VSOCK_BUFFER;
	s->fill -= n;
	s->fwd_count += (u32)n;
	*len = n;
	if (s->fwd_count - s->fwd_told >= VSOCK_BUFFER / 2)
		s->want_update = true;
	return answer(v);
}

enum status vsock_receive(struct virtio_vsock *v, unsigned stream, void *data, size_t *len, u64 ns)
{
	struct vsock_stream *s = stream_of(v, stream);
	enum status st = ST_OK;

	if (s == NULL || *len == 0)
		return ST_INVALID;
	for (unsigned i = 0; st == ST_OK && i < PACKETS; i++) {
		if (s->fill != 0)
			return drain(v, s, data, len);
		if (s->peer_done)
			return ST_NOT_FOUND;
		if (s->reset)
			return ST_STATE;
		st = step(v, ns);
	}
	return st == ST_OK ? ST_NO_PROGRESS : st;
}

/* 5.10.6.5: SHUTDOWN of both ways, the peer ends it by RST; when it does not, we do. */
static enum status shut_down(struct virtio_vsock *v, struct vsock_stream *s)
{
	enum status st = ST_OK, sent;

	s->closing = true;
	if (!s->peer_done || !s->peer_deaf) {
		st = transmit_for(v, s, VIRTIO_VSOCK_OP_SHUTDOWN, 3, 0);
		for (unsigned i = 0; st == ST_OK && i < PACKETS && !s->reset; i++)
			st = step(v, VIRTIO_NS);
		if (st == ST_OK && !s->reset)
			st = ST_TIMEOUT;
	}
	if (s->reset)
		return v->d->broken;
	sent = v->d->broken == ST_OK ? transmit_for(v, s, VIRTIO_VSOCK_OP_RST, 0, 0) : ST_OK;
	return st != ST_OK ? st : sent;
}

enum status vsock_close(struct virtio_vsock *v, unsigned stream)
{
	struct vsock_stream *s = stream_of(v, stream);
	enum status st;

	if (s == NULL)
		return ST_INVALID;
	st = s->connected ? shut_down(v, s) : v->d->broken;
	release(s);
	return st;
}

/* ---- opening ---- */

static enum status start(struct virtio_vsock *v)
{
	enum status st = vsock_read_cid(v);

	if (st != ST_OK)
		return st;
	v->rx = virtio_queue(v->d, VIRTIO_VSOCK_RX, VSOCK_RX_BUFFERS);
	v->tx = virtio_queue(v->d, VIRTIO_VSOCK_TX, 1);
	v->event = virtio_queue(v->d, VIRTIO_VSOCK_EVENT, VSOCK_EVENTS);
	if (v->rx == NULL || v->tx == NULL || v->event == NULL)
		return v->d->broken;
	v->pages = pool_alloc(VSOCK_PAGES, PAGE_SIZE);
	if (v->pages == NULL)
		return ST_NO_MEMORY;
	st = vsock_post_all(v);
	if (st == ST_OK)
		st = virtio_ready(v->d);
	if (st != ST_OK)
		return st;
	virtio_kick(v->d, v->rx);
	virtio_kick(v->d, v->event);
	return ST_OK;
}

enum status virtio_vsock_open(struct virtio_vsock *v, struct virtio_device *d)
{
	enum status st;

	memset(v, 0, sizeof(*v));
	v->d = d;
	v->next_port = FIRST_PORT;
	st = virtio_open(d, BIT(VIRTIO_F_EVENT_IDX));
	if (st != ST_OK)
		return st;
	st = start(v);
	if (st != ST_OK)
		virtio_vsock_close(v);
	return st;
}

void virtio_vsock_close(struct virtio_vsock *v)
{
	for (unsigned i = 0; i < VSOCK_STREAMS; i++)
		if (v->stream[i].used)
			release(&v->stream[i]);
	(void)virtio_end(v->d, v->pages, VSOCK_PAGES);
	v->pages = NULL;
}
