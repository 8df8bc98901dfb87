/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's end of vsock streams (VIRTIO 1.2, 5.10): three small services behind ports, which
 * test that bytes arrive, in order and within credit. The guest's packets are hostile: what breaks
 * a rule is answered by RST, or dropped where nobody can be named; a guest that takes no answers
 * gets no more of its packets looked at, and nothing waits for it.
 */
#include <string.h>

#include "common/mutant.h"
#include "common/vdev_local.h"
#include "core/core.h"

#define STREAMS      8
#define BUFFER       KIB(16) /* what we let a stream send ahead */
#define REPLIES      16      /* control packets that wait for a buffer */
#define PAYLOAD_MAX  KIB(4)  /* of one packet we send */
#define CREDIT_STEP  (BUFFER / 4)
#define SHUTDOWN_ALL (VIRTIO_VSOCK_SHUTDOWN_RCV | VIRTIO_VSOCK_SHUTDOWN_SEND)

struct packet { /* the header, 5.10.6 */
	u64 src_cid, dst_cid;
	u32 src_port, dst_port, len;
	u16 type, op;
	u32 flags, buf_alloc, fwd_cnt;
};

struct stream {
	bool used;
	u32 port, guest_port;
	u32 guest_alloc, guest_fwd; /* the credit the guest gives us */
	u32 sent;                   /* bytes to the guest, mod 2^32 */
	u32 received, forwarded;    /* bytes from the guest, and of these done with */
	u32 announced;              /* `forwarded` as the guest knows it */
	u32 guest_done;             /* VIRTIO_VSOCK_SHUTDOWN_*: what the guest said */
	bool shut;                  /* we said so, too */
	u8 echo[BUFFER];            /* a ring: of `received`, from `forwarded` on */
};

static struct stream streams[STREAMS];
static struct packet replies[REPLIES];
static unsigned reply_first, reply_count;
static struct vdev_chain chain;
static u8 payload[PAYLOAD_MAX];

void vsock_reset(void)
{
	memset(streams, 0, sizeof(streams));
	reply_first = reply_count = 0;
}

/* ---- headers ---- */

static void decode(const u8 *h, struct packet *p)
{
	p->src_cid = le_get(h, 8);
	p->dst_cid = le_get(h + 8, 8);
	p->src_port = (u32)le_get(h + 16, 4);
	p->dst_port = (u32)le_get(h + 20, 4);
	p->len = (u32)le_get(h + 24, 4);
	p->type = (u16)le_get(h + 28, 2);
	p->op = (u16)le_get(h + 30, 2);
	p->flags = (u32)le_get(h + 32, 4);
	p->buf_alloc = (u32)le_get(h + 36, 4);
	p->fwd_cnt = (u32)le_get(h + 40, 4);
}

static void encode(const struct packet *p, u8 *h)
{
	le_put(h, p->src_cid, 8);
	le_put(h + 8, p->dst_cid, 8);
	le_put(h + 16, p->src_port, 4);
	le_put(h + 20, p->dst_port, 4);
	le_put(h + 24, p->len, 4);
	le_put(h + 28, p->type, 2);
	le_put(h + 30, p->op, 2);
	le_put(h + 32, p->flags, 4);
	le_put(h + 36, p->buf_alloc, 4);
	le_put(h + 40, p->fwd_cnt, 4);
}

static struct stream *find(u32 port, u32 guest_port)
{
	for (unsigned i = 0; i < STREAMS; i++)
		if (streams[i].used && streams[i].port == port &&
		    streams[i].guest_port == guest_port)
			return &streams[i];
	return NULL;
}

static void reply(u16 op, u16 type, u32 port, u32 guest_port, u32 flags)
{
	struct packet *p = &replies[(reply_first + reply_count++) % REPLIES];

	memset(p, 0, sizeof(*p));
	p->type = type;
	p->op = op;
	p->src_port = port;
	p->dst_port = guest_port;
	p->flags = flags;
}

static void stream_reply(const struct stream *s, u16 op, u32 flags)
{
	reply(op, VIRTIO_VSOCK_TYPE_STREAM, s->port, s->guest_port, flags);
}

/* An answer to a packet that belongs to no stream, or no longer does; never to an RST. */
static void refuse(const struct packet *p)
{
	vdev.counts.refused++;
	if (p->op != VIRTIO_VSOCK_OP_RST && !fault_on(FAULT_VSOCK_RST_MISSING))
		reply(VIRTIO_VSOCK_OP_RST, p->type, p->dst_port, p->src_port, 0);
}

static void drop(struct stream *s)
{
	memset(s, 0, sizeof(*s));
}

/* ---- from the guest ---- */

static bool has_service(u32 port)
{
	return port == VDEV_PORT_ECHO || port == VDEV_PORT_DISCARD || port == VDEV_PORT_SEQUENCE;
}

static void request(const struct packet *p)
{
	struct stream *s = NULL;

	for (unsigned i = 0; i < STREAMS && s == NULL; i++)
		s = streams[i].used ? NULL : &streams[i];
	if (V(!has_service(p->dst_port)) || V(s == NULL)) {
		refuse(p);
		return;
	}
	s->used = true;
	s->port = p->dst_port;
	s->guest_port = p->src_port;
	s->guest_alloc = p->buf_alloc;
	s->guest_fwd = p->fwd_cnt;
	stream_reply(s, VIRTIO_VSOCK_OP_RESPONSE, 0);
}

/* false: more than we gave credit for, or after the guest said there would be none. */
static bool data(struct stream *s, const struct packet *p)
{
	u32 room = (u32)BUFFER - (s->received - s->forwarded);

	if (V(p->len > room))
		return false;
	if (V((s->guest_done & VIRTIO_VSOCK_SHUTDOWN_SEND) != 0))
		return false;
	for (u32 done = 0; done < p->len;) {
		u32 at = (s->received + done) % (u32)BUFFER;
		u32 n = MIN(p->len - done, (u32)BUFFER - at);

		if (!vdev_chain_get(&chain, VIRTIO_VSOCK_HDR_SIZE + done, s->echo + at, n))
			return false;
		done += n;
	}
	s->received += p->len;
	vdev.counts.bytes_in += p->len;
	if (s->port != VDEV_PORT_ECHO)
		s->forwarded = s->received;
	return true;
}

static void stream_packet(struct stream *s, const struct packet *p)
{
	s->guest_alloc = p->buf_alloc;
	s->guest_fwd = p->fwd_cnt;
	switch (p->op) {
	case VIRTIO_VSOCK_OP_RW:
		if (data(s, p))
			return;
		break;
	case VIRTIO_VSOCK_OP_CREDIT_UPDATE:
		return;
	case VIRTIO_VSOCK_OP_CREDIT_REQUEST:
		stream_reply(s, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0);
		return;
	case VIRTIO_VSOCK_OP_SHUTDOWN:
		s->guest_done |= p->flags & SHUTDOWN_ALL;
		return;
	case VIRTIO_VSOCK_OP_RST:
		drop(s);
		return;
	default:
		break;
	}
	refuse(p);
	drop(s);
}

static void packet(void)
{
	u8 header[VIRTIO_VSOCK_HDR_SIZE];
	struct packet p;
	struct stream *s;

	vdev.counts.packets_in++;
	if (!vdev_chain_get(&chain, 0, header, sizeof(header))) { /* too short, or unreachable */
		vdev.counts.refused++;
		return;
	}
	decode(header, &p);
	/* 5.10.6: from its own address, to ours; anything else is nobody's. */
	if (V(p.src_cid != vdev.cid) || V(p.dst_cid != VIRTIO_VSOCK_CID_HOST) ||
	    V(p.len != chain.readable_bytes - sizeof(header))) {
		vdev.counts.refused++;
		return;
	}
	s = find(p.dst_port, p.src_port);
	if (V(p.type != VIRTIO_VSOCK_TYPE_STREAM))
		refuse(&p);
	else if (s != NULL)
		stream_packet(s, &p);
	else if (p.op == VIRTIO_VSOCK_OP_REQUEST)
		request(&p);
	else
		refuse(&p);
}

/* One packet makes at most one reply: taken only when there is room for it. */
static enum status take_packets(struct vdev_ring *tx)
{
	enum status st = ST_OK;

	for (unsigned n = 0; n < VDEV_QUEUE_MAX && reply_count < REPLIES; n++) {
		st = vdev_ring_take(tx, &chain);
		if (st != ST_OK)
			break;
		packet();
		st = vdev_ring_put(tx, chain.head, 0);
		if (st != ST_OK)
			break;
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* ---- to the guest ---- */

/* How much the guest takes now (5.10.6.3). One that says it took more than we sent has none. */
static u32 credit(const struct stream *s)
{
	u32 flying = s->sent - s->guest_fwd;

	if (fault_on(FAULT_VSOCK_CREDIT_IGNORED))
		return (u32)PAYLOAD_MAX;
	return flying < s->guest_alloc ? s->guest_alloc - flying : 0;
}

static u32 waiting(const struct stream *s)
{
	bool open = (s->guest_done & VIRTIO_VSOCK_SHUTDOWN_RCV) == 0 && !s->shut;
	u32 n = s->port == VDEV_PORT_ECHO       ? s->received - s->forwarded
		: s->port == VDEV_PORT_SEQUENCE ? (u32)PAYLOAD_MAX
						: 0;

	return open ? MIN(n, credit(s)) : 0;
}

static void fill(struct stream *s, u32 n)
{
	for (u32 i = 0; i < n; i++)
		payload[i] = s->port == VDEV_PORT_ECHO ? s->echo[(s->forwarded + i) % (u32)BUFFER]
						       : (u8)((s->sent + i) * 167 + 13);
	if (fault_on(FAULT_VSOCK_ECHO_ALTERED))
		payload[n / 2] ^= 0x10;
	if (fault_on(FAULT_VSOCK_OUT_OF_ORDER)) {
		for (u32 i = 0; i < n / 2; i++) {
			u8 b = payload[i];

			payload[i] = payload[n - n / 2 + i];
			payload[n - n / 2 + i] = b;
		}
	}
}

static enum status send(struct vdev_ring *rx, struct packet *p, u32 n)
{
	struct stream *s = find(p->src_port, p->dst_port);
	u8 header[VIRTIO_VSOCK_HDR_SIZE];

	p->src_cid = fault_on(FAULT_VSOCK_WRONG_CID) ? 9 : VIRTIO_VSOCK_CID_HOST;
	p->dst_cid = vdev.cid;
	p->len = n;
	p->buf_alloc = s != NULL ? (u32)BUFFER : 0;
	p->fwd_cnt = s != NULL ? s->forwarded : 0;
	if (fault_on(FAULT_VSOCK_CREDIT_LIED))
		p->fwd_cnt += 0x10000; /* more than was ever sent */
	if (s != NULL)
		s->announced = s->forwarded;
	encode(p, header);
	if (!vdev_chain_put(&chain, 0, header, sizeof(header)) ||
	    !vdev_chain_put(&chain, sizeof(header), payload, n)) {
		rx->broken = true;
		return ST_PROTOCOL;
	}
	vdev.counts.packets_out++;
	vdev.counts.bytes_out += n;
	return vdev_ring_put(rx, chain.head, (u32)sizeof(header) + n);
}

static enum status send_data(struct vdev_ring *rx, struct stream *s, u32 n)
{
	struct packet p = { .type = VIRTIO_VSOCK_TYPE_STREAM,
			    .op = VIRTIO_VSOCK_OP_RW,
			    .src_port = s->port,
			    .dst_port = s->guest_port };

	n = MIN(n, chain.writable_bytes - VIRTIO_VSOCK_HDR_SIZE);
	fill(s, n);
	s->sent += n;
	if (s->port == VDEV_PORT_ECHO)
		s->forwarded += n;
	return send(rx, &p, n);
}

static struct stream *talkative(void)
{
	static unsigned next; /* in turn, so that none is forgotten */

	for (unsigned i = 0; i < STREAMS; i++) {
		struct stream *s = &streams[(next + i) % STREAMS];

		if (s->used && waiting(s) > 0) {
			next = (next + i + 1) % STREAMS;
			return s;
		}
	}
	return NULL;
}

/* Sends one packet if there is one, and a buffer for it. ST_NOT_FOUND: not now. */
static enum status send_one(struct vdev_ring *rx)
{
	struct stream *s = reply_count > 0 ? NULL : talkative();
	enum status st;
	struct packet p;

	if (reply_count == 0 && s == NULL)
		return ST_NOT_FOUND;
	st = vdev_ring_take(rx, &chain);
	if (st != ST_OK)
		return st;
	/* A buffer that holds no packet is the driver's mistake. */
	if (V(chain.writable_bytes <= VIRTIO_VSOCK_HDR_SIZE)) {
		rx->broken = true;
		return ST_PROTOCOL;
	}
	if (s != NULL)
		return send_data(rx, s, waiting(s));
	p = replies[reply_first];
	reply_first = (reply_first + 1) % REPLIES;
	reply_count--;
	return send(rx, &p, 0);
}

/* What streams have to say beside data: room again, and good-bye once all is said. */
static void housekeeping(void)
{
	for (unsigned i = 0; i < STREAMS && reply_count < REPLIES; i++) {
		struct stream *s = &streams[i];
		bool said = s->port != VDEV_PORT_ECHO || s->received == s->forwarded ||
			    (s->guest_done & VIRTIO_VSOCK_SHUTDOWN_RCV) != 0;

		if (!s->used)
			continue;
		if (s->guest_done == SHUTDOWN_ALL && said) {
			/* 5.10.6.5: RST confirms that both directions are over. */
			if (!fault_on(FAULT_VSOCK_SHUTDOWN_UNANSWERED))
				stream_reply(s, VIRTIO_VSOCK_OP_RST, 0);
			drop(s);
		} else if (s->guest_done != 0 && said && !s->shut) {
			s->shut = true;
			if (!fault_on(FAULT_VSOCK_SHUTDOWN_UNANSWERED))
				stream_reply(s, VIRTIO_VSOCK_OP_SHUTDOWN, SHUTDOWN_ALL);
		} else if (s->forwarded - s->announced >= CREDIT_STEP) {
			s->announced = s->forwarded;
			stream_reply(s, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0);
		}
	}
}

static enum status send_packets(struct vdev_ring *rx)
{
	enum status st = ST_OK;

	for (unsigned n = 0; n < VDEV_QUEUE_MAX && st == ST_OK; n++) {
		housekeeping();
		st = send_one(rx);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status vsock_work(struct vdev_device *d)
{
	struct vdev_ring *rx = &d->ring[VIRTIO_VSOCK_RX], *tx = &d->ring[VIRTIO_VSOCK_TX];
	enum status st = ST_OK;

	/* Replies make room for packets; each turn sends or takes, or is the last. */
	for (unsigned turn = 0; turn < VDEV_QUEUE_MAX && st == ST_OK; turn++) {
		u64 before = d->counts.packets_in + d->counts.packets_out;

		if (tx->q.enabled)
			st = take_packets(tx);
		if (st == ST_OK && rx->q.enabled)
			st = send_packets(rx);
		for (unsigned i = VIRTIO_VSOCK_RX; i <= VIRTIO_VSOCK_TX && st == ST_OK; i++)
			if (d->ring[i].q.enabled)
				st = vdev_ring_want_notify(&d->ring[i]);
		if (d->counts.packets_in + d->counts.packets_out == before)
			break;
	}
	return st;
}
