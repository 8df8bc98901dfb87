/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket device whose packets are the input's, near enough to right ones to get far. Held
 * throughout: the ring of a stream never overflows and counts add up; no more data is sent than the
 * peer ever said it had room for; there are no more RSTs than packets that may be answered by one.
 * sources: virtio/vsock.c virtio/vsock_rx.c virtio/driver.c virtio/ring.c
 */
#include "fake_virtio.h"
#include "input.h"

#define CID     3
#define ACTIONS 32
#define WAITS   (64 * 1024)
#define PORTS   64 /* more than are used in a run, from 1024 on */

struct packet {
	u64 src_cid, dst_cid;
	u32 src_port, dst_port, len;
	u16 type, op;
	u32 flags, buf_alloc, fwd_cnt;
};

static struct virtio_vsock v;
static u32 last_port;                /* of ours, in the last packet sent */
static unsigned rsts_sent, rsts_may; /* and may be sent */
/* Of each of our ports: data sent, and the most it can be when every packet is believed. */
static u64 sent_bytes[PORTS], room[PORTS];

/* A right packet for the last stream, then some of its fields as the input has them. */
static struct packet make(u8 what)
{
	struct packet p = { .src_cid = 2,
			    .dst_cid = CID,
			    .src_port = 7,
			    .dst_port = last_port,
			    .type = 1,
			    .op = what % 9,
			    .flags = what / 9 % 4,
			    .buf_alloc = 4096 };

	for (unsigned i = 0; i < VSOCK_STREAMS; i++)
		if (v.stream[i].used && v.stream[i].local_port == last_port)
			p.fwd_cnt = v.stream[i].tx_count;
	if (p.op == VIRTIO_VSOCK_OP_RW)
		p.len = (u32)byte() * 16;
	switch (byte()) {
	case 0xf0:
		p.src_cid = (u32)any(4);
		break;
	case 0xf1:
		p.dst_cid = (u32)any(4);
		break;
	case 0xf2:
		p.src_port = (u32)any(4);
		break;
	case 0xf3:
		p.dst_port = byte();
		break;
	case 0xf4:
		p.type = byte();
		break;
	case 0xf5:
		p.op = byte();
		break;
	case 0xf6:
		p.fwd_cnt = (u32)any(4);
		break;
	case 0xf7:
		p.buf_alloc = (u32)any(4);
		break;
	case 0xf8:
		p.fwd_cnt -= byte();
		break;
	case 0xf9:
		p.buf_alloc = byte();
		break;
	}
	return p;
}

static void tell(u8 what)
{
	struct packet p = make(what);
	struct fake_request r;
	u32 len = 44 + MIN(p.len, PAGE_SIZE - 44);

	if (!fake_take(VIRTIO_VSOCK_RX, &r))
		return;
	if (byte() == 0xff)
		p.len = (u32)any(4);
	if (byte() == 0xff)
		len = (u32)any(4) % (PAGE_SIZE + 1);
	memcpy(r.in[0].data, &p, 44);
	/* With another's id an older packet is seen again. */
	rsts_may += p.op != VIRTIO_VSOCK_OP_RST || what == 0xff;
	fake_finish(VIRTIO_VSOCK_RX, what == 0xff ? (u32)any(4) : r.head, len);
	room[p.dst_port % PORTS] += p.buf_alloc;
}

static void hear(void)
{
	struct fake_request r;

	while (fake_take(VIRTIO_VSOCK_TX, &r)) {
		struct packet p = { 0 };

		memcpy(&p, r.out[0].data, 44);
		FAKE_CHECK(r.out_count == 1 && r.out[0].len == 44 + p.len);
		last_port = p.src_port;
		rsts_sent += p.op == VIRTIO_VSOCK_OP_RST;
		if (p.op == VIRTIO_VSOCK_OP_RW)
			sent_bytes[last_port % PORTS] += p.len;
		FAKE_CHECK(sent_bytes[last_port % PORTS] <= room[last_port % PORTS]);
		fake_finish(VIRTIO_VSOCK_TX, r.head, 0);
	}
}

static void serve(u16 queue)
{
	struct fake_request r;
	u8 what;

	if (input.left == 0)
		return;
	what = byte();
	if (queue == VIRTIO_VSOCK_TX && what < 0xf8)
		hear();
	if (queue == VIRTIO_VSOCK_RX && v.pages != NULL && what < 0xe0)
		for (unsigned n = what >> 5; n != 0; n--)
			tell(byte());
	if (queue == VIRTIO_VSOCK_EVENT && what > 0xf0 && fake_take(queue, &r)) {
		r.in[0].data[0] = byte();
		fake_finish(queue, r.head, what == 0xff ? byte() : 4);
	}
}

static void check(void)
{
	for (unsigned i = 0; i < VSOCK_STREAMS; i++) {
		const struct vsock_stream *s = &v.stream[i];

		FAKE_CHECK(!s->used || (s->fill <= VSOCK_BUFFER && s->head < VSOCK_BUFFER));
		FAKE_CHECK(!s->used || s->rx_count - s->fwd_count == s->fill);
	}
	FAKE_CHECK(v.rsts <= VSOCK_RSTS);
	FAKE_CHECK(rsts_sent <= rsts_may);
}

static void act(u8 action)
{
	unsigned s = action >> 2 & 3;
	size_t len = (size_t)(action >> 4) * 600, asked = len;
	u8 *buf = memset(malloc(len + 1), 1, len + 1);

	rsts_may++; /* a stream's end may be one */
	switch (action & 3) {
	case 0:
		(void)vsock_connect(&v, 2, 7, &s);
		break;
	case 1:
		(void)vsock_send(&v, s, buf, len);
		break;
	case 2:
		if (vsock_receive(&v, s, buf, &len, 1) == ST_OK)
			FAKE_CHECK(len > 0 && len <= asked);
		break;
	default:
		(void)vsock_close(&v, s);
	}
	free(buf);
	check();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned s;
	u8 first;

	input_start(data, size);
	first = byte();
	memset(&v, 0, sizeof(v));
	rsts_sent = rsts_may = 0;
	memset(sent_bytes, 0, sizeof(sent_bytes));
	memset(room, 0, sizeof(room));
	fake_start(BIT(VIRTIO_F_EVENT_IDX), serve);
	fake.config[0] = CID;
	if (virtio_vsock_open(&v, &fake.device) == ST_OK) {
		rsts_may++;
		if (vsock_connect(&v, 2, 7, &s) == ST_OK && (first & 1) != 0) {
			/* Counters about to wrap. */
			v.stream[s].tx_count = v.stream[s].peer_fwd = 0xfffff800u;
			v.stream[s].fwd_count = v.stream[s].fwd_told = 0xfffff000u;
			v.stream[s].rx_count = 0xfffff000u + (u32)v.stream[s].fill;
		}
		for (unsigned i = 0; i < ACTIONS && input.left != 0; i++)
			act(byte());
		virtio_vsock_close(&v);
	}
	FAKE_CHECK(fake.waits < WAITS);
	fake_end();
	return 0;
}
