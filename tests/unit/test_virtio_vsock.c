/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket device: streams to a small honest peer, then to one that lies about credit, addresses,
 * lengths and operations, one at a time.
 * sources: virtio/vsock.c virtio/vsock_rx.c virtio/driver.c virtio/ring.c
 */
#include <setjmp.h>

#include "fake_virtio.h"

#include <cmocka.h>

#define CID  3
#define HOST VIRTIO_VSOCK_CID_HOST
#define ECHO 7
#define ROOM 6000 /* buffer of the peer */

struct packet {
	u64 src_cid, dst_cid;
	u32 src_port, dst_port, len;
	u16 type, op;
	u32 flags, buf_alloc, fwd_cnt;
};
_Static_assert(sizeof(struct packet) == 48, "44, and padding");

static struct virtio_vsock v;
static struct packet sent[256]; /* by the driver */
static unsigned sent_count;
static u32 guest_port, got, forwarded, guest_alloc, guest_fwd, told;
static u8 held[1 << 16]; /* what came and was not sent back */
static size_t held_at, held_end;
static bool silent, deaf, echo, keep_credit, no_rst;

/* ---- the peer ---- */

static struct packet packet(u16 op, u32 len)
{
	return (struct packet){ .src_cid = HOST,
				.dst_cid = CID,
				.src_port = ECHO,
				.dst_port = guest_port,
				.len = len,
				.type = VIRTIO_VSOCK_TYPE_STREAM,
				.op = op,
				.buf_alloc = ROOM,
				.fwd_cnt = forwarded };
}

static bool tell(struct packet p, const void *data, u32 len)
{
	u8 raw[PAGE_SIZE];

	memcpy(raw, &p, 44);
	memcpy(raw + 44, data, len);
	return fake_tell(VIRTIO_VSOCK_RX, raw, 44 + len);
}

/* Sends back what it holds as far as the driver's credit and buffers go. */
static void send_back(void)
{
	while (held_at < held_end && fake_available(VIRTIO_VSOCK_RX) != 0) {
		u32 room = guest_alloc - (told - guest_fwd);
		u32 n = (u32)MIN(MIN(held_end - held_at, room), 3000u);

		if (n == 0)
			return;
		if (!keep_credit)
			forwarded += n;
		assert_true(tell(packet(VIRTIO_VSOCK_OP_RW, n), held + held_at, n));
		held_at += n;
		told += n;
	}
	if (held_at == held_end)
		held_at = held_end = 0;
}

static void answer(const struct packet *p, const u8 *data)
{
	struct packet reply;

	guest_alloc = p->buf_alloc;
	guest_fwd = p->fwd_cnt;
	switch (p->op) {
	case VIRTIO_VSOCK_OP_REQUEST:
		guest_port = p->src_port;
		got = forwarded = told = 0;
		reply =
		    packet(p->dst_port == ECHO ? VIRTIO_VSOCK_OP_RESPONSE : VIRTIO_VSOCK_OP_RST, 0);
		reply.src_port = p->dst_port;
		assert_true(tell(reply, "", 0));
		break;
	case VIRTIO_VSOCK_OP_RW:
		assert_true(got + p->len - forwarded <= ROOM); /* never more than we gave */
		got += p->len;
		assert_true(held_end + p->len <= sizeof(held));
		memcpy(held + held_end, data, p->len);
		held_end += p->len;
		break;
	case VIRTIO_VSOCK_OP_CREDIT_REQUEST:
		if (!keep_credit && !echo)
			forwarded = got;
		assert_true(tell(packet(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0), "", 0));
		break;
	case VIRTIO_VSOCK_OP_SHUTDOWN:
		assert_int_equal(p->flags, 3);
		if (!no_rst)
			assert_true(tell(packet(VIRTIO_VSOCK_OP_RST, 0), "", 0));
		break;
	}
}

static void serve(u16 queue)
{
	struct fake_request r;
	struct packet p = { 0 };

	while (queue == VIRTIO_VSOCK_TX && !deaf && fake_take(queue, &r)) {
		assert_int_equal(r.out_count, 1);
		memcpy(&p, r.out[0].data, 44);
		assert_int_equal(r.out[0].len, 44 + p.len);
		assert_int_equal(p.src_cid, CID);
		assert_true(sent_count < ARRAY_SIZE(sent));
		sent[sent_count++] = p;
		fake_finish(queue, r.head, 0);
		if (!silent)
			answer(&p, r.out[0].data + 44);
	}
	if (echo && queue == VIRTIO_VSOCK_RX)
		send_back();
}

static void start(void)
{
	sent_count = 0;
	held_at = held_end = 0;
	silent = deaf = echo = keep_credit = no_rst = false;
	fake_start(BIT(VIRTIO_F_EVENT_IDX), serve);
	fake.config[0] = CID;
	assert_int_equal(virtio_vsock_open(&v, &fake.device), ST_OK);
	assert_int_equal(v.cid, CID);
}

static void stop(void)
{
	virtio_vsock_close(&v);
	fake_end();
}

static unsigned connected(void)
{
	unsigned s = 99;

	assert_int_equal(vsock_connect(&v, HOST, ECHO, &s), ST_OK);
	sent_count = 0;
	return s;
}

/* The driver's last packet. */
static void expect_sent(unsigned count, u16 op)
{
	assert_int_equal(sent_count, count);
	assert_int_equal(sent[count - 1].op, op);
	assert_int_equal(sent[count - 1].dst_cid, HOST);
}

/* One look at what has come. */
static enum status poll(unsigned s)
{
	u8 byte;
	size_t len = 1;

	return vsock_receive(&v, s, &byte, &len, 1);
}

/* ---- the honest peer ---- */

static void test_connect(void **state)
{
	unsigned s[VSOCK_STREAMS + 1];

	start();
	for (unsigned i = 0; i < VSOCK_STREAMS; i++) {
		assert_int_equal(vsock_connect(&v, HOST, ECHO, &s[i]), ST_OK);
		assert_int_equal(s[i], i);
		assert_int_equal(sent[i].op, VIRTIO_VSOCK_OP_REQUEST);
		assert_int_equal(sent[i].buf_alloc, VSOCK_BUFFER);
		assert_true(i == 0 || sent[i].src_port != sent[i - 1].src_port);
	}
	assert_int_equal(vsock_connect(&v, HOST, ECHO, &s[4]), ST_TOO_MANY);
	guest_port = v.stream[2].local_port;
	assert_int_equal(vsock_close(&v, 2), ST_OK);
	v.next_port = v.stream[1].local_port - 1; /* in use: skipped */
	assert_int_equal(vsock_connect(&v, HOST, 5, &s[2]), ST_DENIED);
	assert_int_equal(vsock_connect(&v, HOST, ECHO, &s[2]), ST_OK);
	assert_int_equal(s[2], 2);
	v.next_port = ~0u;
	assert_int_equal(vsock_close(&v, 2), ST_OK);
	assert_int_equal(vsock_connect(&v, HOST, ECHO, &s[2]), ST_OK);
	assert_int_equal(guest_port, 1024);
	assert_int_equal(vsock_close(&v, 2), ST_OK);
	silent = true;
	sent_count = 0;
	assert_int_equal(vsock_connect(&v, HOST, ECHO, &s[2]), ST_TIMEOUT);
	expect_sent(2, VIRTIO_VSOCK_OP_RST);
	fake.no_heap = true;
	assert_int_equal(vsock_connect(&v, HOST, ECHO, &s[2]), ST_NO_MEMORY);
	assert_int_equal(v.bad_packets, 0);
	stop();
}

/* Through buffers that are smaller than the data on both sides, with counters that wrap. */
static void test_echo(void **state)
{
	static u8 data[50000], back[50000];
	unsigned s;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 5 + i / 999);
	for (unsigned wrap = 0; wrap < 2; wrap++) {
		size_t at = 0, gone = 0;

		start();
		s = connected();
		if (wrap != 0) {
			struct vsock_stream *t = &v.stream[s];

			t->tx_count = t->peer_fwd = got = forwarded = 0xffffff00u;
			t->rx_count = t->fwd_count = t->fwd_told = told = guest_fwd = 0xfffffe00u;
		}
		echo = true;
		while (at < sizeof(data)) {
			size_t n = MIN(sizeof(data) - gone, 5000), len = 777;

			assert_int_equal(vsock_send(&v, s, data + gone, n), ST_OK);
			gone += n;
			sent_count = 0;
			while (at < gone) {
				len = MIN(777, gone - at);
				assert_int_equal(vsock_receive(&v, s, back + at, &len, 1), ST_OK);
				at += len;
			}
		}
		assert_memory_equal(back, data, sizeof(data));
		assert_int_equal(v.bad_packets, 0);
		assert_int_equal(poll(s), ST_TIMEOUT);
		assert_int_equal(vsock_close(&v, s), ST_OK);
		stop();
	}
}

/* Data waits for credit, and is asked for once. */
static void test_credit(void **state)
{
	static u8 data[ROOM + 4000];
	unsigned s, requests = 0;

	start();
	s = connected();
	assert_int_equal(vsock_send(&v, s, data, sizeof(data)), ST_OK);
	for (unsigned i = 0; i < sent_count; i++)
		requests += sent[i].op == VIRTIO_VSOCK_OP_CREDIT_REQUEST;
	assert_int_equal(requests, 1);
	assert_int_equal(got, sizeof(data));
	keep_credit = true;
	assert_int_equal(vsock_send(&v, s, data, sizeof(data)), ST_TIMEOUT);
	assert_true(got - forwarded <= ROOM);
	/* A buffer that shrinks below what is on its way gives none, not 4 GiB. */
	struct packet p = packet(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0);

	p.buf_alloc = 1;
	assert_true(tell(p, "", 0));
	sent_count = 0;
	assert_int_equal(vsock_send(&v, s, data, 1), ST_TIMEOUT);
	expect_sent(1, VIRTIO_VSOCK_OP_CREDIT_REQUEST);
	sent_count = 0;
	/* It asks for ours. */
	assert_true(tell(packet(VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0), "", 0));
	assert_int_equal(poll(s), ST_TIMEOUT);
	expect_sent(1, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	assert_int_equal(sent[0].buf_alloc, VSOCK_BUFFER);
	stop();
}

static void test_shutdown(void **state)
{
	u8 back[8];
	size_t len = 8;
	unsigned s;
	struct packet p;

	start();
	s = connected();
	p = packet(VIRTIO_VSOCK_OP_SHUTDOWN, 0);
	p.flags = VIRTIO_VSOCK_SHUTDOWN_SEND;
	assert_true(tell(packet(VIRTIO_VSOCK_OP_RW, 3), "end", 3));
	assert_true(tell(p, "", 0));
	assert_int_equal(vsock_receive(&v, s, back, &len, 1), ST_OK);
	assert_int_equal(len, 3);
	assert_int_equal(poll(s), ST_NOT_FOUND);
	assert_int_equal(vsock_send(&v, s, "x", 1), ST_OK); /* the other way is open */
	p.flags = VIRTIO_VSOCK_SHUTDOWN_RCV;
	assert_true(tell(p, "", 0));
	assert_int_equal(vsock_send(&v, s, "x", 1), ST_STATE);
	sent_count = 0;
	assert_int_equal(vsock_close(&v, s), ST_OK); /* nothing left to shut */
	expect_sent(1, VIRTIO_VSOCK_OP_RST);

	s = connected();
	no_rst = true;
	assert_true(tell(packet(VIRTIO_VSOCK_OP_RW, 4), "late", 4));
	assert_int_equal(vsock_close(&v, s), ST_TIMEOUT);
	expect_sent(2, VIRTIO_VSOCK_OP_RST);
	s = connected();
	assert_true(tell(packet(VIRTIO_VSOCK_OP_RST, 0), "", 0));
	assert_int_equal(poll(s), ST_STATE);
	assert_int_equal(vsock_send(&v, s, "x", 1), ST_STATE);
	assert_int_equal(vsock_close(&v, s), ST_OK);
	assert_int_equal(sent_count, 0); /* an RST is not answered */
	assert_int_equal(v.bad_packets, 0);
	assert_int_equal(vsock_close(&v, s), ST_INVALID);
	assert_int_equal(vsock_send(&v, s, "x", 1), ST_INVALID);
	assert_int_equal(vsock_close(&v, VSOCK_STREAMS), ST_INVALID);
	s = connected();
	len = 0;
	assert_int_equal(vsock_receive(&v, s, back, &len, 1), ST_INVALID);
	stop();
}

/* ---- the lying peer ---- */

static unsigned lie_stream;

/* A stream is there, the lie is told, and it costs what is expected: RSTs, and the stream. */
static void lie(struct packet p, u32 data, unsigned rsts, bool dead)
{
	static u8 zero[PAGE_SIZE];
	enum status st;

	sent_count = 0;
	v.bad_packets = 0;
	assert_true(tell(p, zero, data));
	st = poll(lie_stream);
	assert_int_equal(st, dead ? ST_STATE : ST_TIMEOUT);
	assert_int_equal(v.bad_packets, 1);
	assert_int_equal(sent_count, rsts);
	if (rsts != 0) {
		assert_int_equal(sent[0].op, VIRTIO_VSOCK_OP_RST);
		assert_int_equal(sent[0].dst_cid, p.src_cid);
		assert_int_equal(sent[0].dst_port, p.src_port);
		assert_int_equal(sent[0].src_port, p.dst_port);
		assert_int_equal(sent[0].type, p.type);
	}
	if (dead) {
		assert_int_equal(vsock_close(&v, lie_stream), ST_OK);
		lie_stream = connected();
	}
}

#define LIE(op, data, rsts, dead, ...)                                                             \
	do {                                                                                       \
		struct packet p = packet(op, data);                                                \
		__VA_ARGS__;                                                                       \
		lie(p, data, rsts, dead);                                                          \
	} while (0)

static void test_packets(void **state)
{
	start();
	lie_stream = connected();
	/* not whole, not for us: dropped */
	LIE(VIRTIO_VSOCK_OP_RW, 10, 0, false, p.len = 9);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 0, false, p.len = 11);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 0, false, p.len = ~0u);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 0, false, p.dst_cid = CID + 1);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 0, false, p.dst_cid |= 1ULL << 32);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 0, false, p.src_cid = CID);
	/* no stream of ours: RST */
	LIE(VIRTIO_VSOCK_OP_RW, 10, 1, false, p.src_cid = 99);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 1, false, p.src_port++);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 1, false, p.dst_port++);
	LIE(VIRTIO_VSOCK_OP_REQUEST, 0, 1, false, p.dst_port = 80);
	LIE(VIRTIO_VSOCK_OP_RW, 10, 1, false, p.type = 2);
	LIE(VIRTIO_VSOCK_OP_RST, 0, 0, false, p.type = 2);
	LIE(VIRTIO_VSOCK_OP_RST, 10, 0, false, );
	LIE(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 10, 1, false, );
	/* what ends the stream */
	LIE(0, 0, 1, true, );
	LIE(8, 0, 1, true, );
	LIE(VIRTIO_VSOCK_OP_REQUEST, 0, 1, true, );
	LIE(VIRTIO_VSOCK_OP_RESPONSE, 0, 1, true, );
	/* credit nobody has: not believed, the old one stands */
	LIE(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0, 0, false, p.fwd_cnt = 1; p.buf_alloc = ~0u);
	LIE(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0, 0, false, p.fwd_cnt = ~0u);
	assert_int_equal(v.stream[lie_stream].peer_alloc, ROOM);
	assert_int_equal(v.stream[lie_stream].peer_fwd, 0);
	/* shorter than a header */
	v.bad_packets = 0;
	assert_true(fake_tell(VIRTIO_VSOCK_RX, "short", 5));
	assert_int_equal(poll(lie_stream), ST_TIMEOUT);
	assert_int_equal(v.bad_packets, 1);
	stop();
}

/* More than we have room for, by one byte; and data after the end of data. */
static void test_overrun(void **state)
{
	static u8 data[4000];
	struct packet p;

	start();
	lie_stream = connected();
	for (unsigned i = 0; i < 4; i++)
		assert_true(tell(packet(VIRTIO_VSOCK_OP_RW, 4000), data, 4000));
	assert_true(tell(packet(VIRTIO_VSOCK_OP_RW, 384), data, 384));
	while (fake_available(VIRTIO_VSOCK_RX) != v.rx->size)
		assert_true(vsock_send(&v, lie_stream, "x", 1) == ST_OK);
	assert_int_equal(v.stream[lie_stream].fill, VSOCK_BUFFER);
	assert_int_equal(v.bad_packets, 0);
	sent_count = 0;
	assert_true(tell(packet(VIRTIO_VSOCK_OP_RW, 1), data, 1));
	assert_int_equal(vsock_send(&v, lie_stream, "x", 1), ST_STATE);
	expect_sent(1, VIRTIO_VSOCK_OP_RST);
	assert_int_equal(v.stream[lie_stream].fill, VSOCK_BUFFER);
	assert_int_equal(poll(lie_stream), ST_OK); /* what came in time is still there */
	assert_int_equal(vsock_close(&v, lie_stream), ST_OK);

	lie_stream = connected();
	p = packet(VIRTIO_VSOCK_OP_SHUTDOWN, 0);
	p.flags = VIRTIO_VSOCK_SHUTDOWN_SEND;
	assert_true(tell(p, "", 0));
	assert_int_equal(poll(lie_stream), ST_NOT_FOUND);
	assert_true(tell(packet(VIRTIO_VSOCK_OP_RW, 1), data, 1));
	assert_int_equal(vsock_send(&v, lie_stream, "x", 1), ST_STATE);
	assert_int_equal(v.bad_packets, 2);
	/* Of a reset stream nothing is believed, only answered. */
	assert_true(tell(packet(VIRTIO_VSOCK_OP_RESPONSE, 0), "", 0));
	assert_int_equal(vsock_send(&v, lie_stream, "x", 1), ST_STATE);
	assert_int_equal(v.bad_packets, 3);
	stop();
}

/* More lies at once than we note answers for: the rest gets none. */
static void test_many(void **state)
{
	struct packet p;

	start();
	lie_stream = connected();
	p = packet(VIRTIO_VSOCK_OP_RW, 0);
	p.dst_port = 5;
	deaf = true;
	for (unsigned i = 0; i < 12; i++)
		assert_true(tell(p, "", 0));
	assert_int_equal(poll(lie_stream), ST_TIMEOUT);
	assert_int_equal(fake.device.broken, ST_TIMEOUT);
	assert_string_equal(fake.device.why, "vsock: a packet is not taken");
	assert_int_equal(v.bad_packets, 12);
	assert_int_equal(v.rsts, VSOCK_RSTS);
	assert_int_equal(vsock_send(&v, lie_stream, "x", 1), ST_TIMEOUT);
	assert_int_equal(vsock_connect(&v, HOST, ECHO, &lie_stream), ST_TIMEOUT);
	assert_int_equal(vsock_close(&v, 0), ST_TIMEOUT);
	stop();
}

static void serve_flood(u16 queue)
{
	struct packet p = packet(VIRTIO_VSOCK_OP_RST, 0);

	p.dst_port = 1;
	serve(queue);
	if (queue == VIRTIO_VSOCK_RX && v.pages != NULL && fake.done[queue] != 0)
		while (fake_available(queue) != 0)
			assert_true(tell(p, "", 0));
}

/* Packets that need no answer, without end: calls end by count. */
static void test_flood(void **state)
{
	static u8 data[ROOM];
	unsigned s, t;

	start();
	s = connected();
	assert_int_equal(vsock_send(&v, s, data, ROOM), ST_OK);
	keep_credit = no_rst = true;
	fake.serve = serve_flood;
	assert_int_equal(poll(s), ST_NO_PROGRESS);
	silent = true;
	assert_int_equal(vsock_send(&v, s, "x", 1), ST_NO_PROGRESS);
	assert_int_equal(vsock_connect(&v, HOST, ECHO, &t), ST_NO_PROGRESS);
	assert_int_equal(vsock_close(&v, s), ST_TIMEOUT);
	assert_int_equal(fake.device.broken, ST_OK);
	stop();
}

static void test_events(void **state)
{
	u32 event = 0;
	unsigned s;

	start();
	s = connected();
	fake.config[0] = 9;
	assert_true(fake_tell(VIRTIO_VSOCK_EVENT, &event, 4));
	assert_int_equal(poll(s), ST_TIMEOUT);
	assert_int_equal(poll(s), ST_STATE);
	assert_int_equal(v.cid, 9);
	event = 1;
	assert_true(fake_tell(VIRTIO_VSOCK_EVENT, &event, 4));
	assert_int_equal(vsock_send(&v, s, "x", 1), ST_STATE);
	assert_int_equal(v.bad_packets, 1);
	assert_int_equal(fake_available(VIRTIO_VSOCK_EVENT), v.event->size);
	assert_true(fake_tell(VIRTIO_VSOCK_EVENT, &event, 3));
	assert_int_equal(vsock_send(&v, s, "x", 1), ST_PROTOCOL);
	assert_string_equal(fake.device.why, "vsock: an event of 3 bytes");
	stop();
}

static void test_not_opened(void **state)
{
	static const u8 cids[][8] = { { 0 }, { 2 }, { 0xff, 0xff, 0xff, 0xff }, { 3, 0, 0, 0, 1 } };

	for (unsigned i = 0; i < ARRAY_SIZE(cids); i++) {
		start();
		stop();
		memcpy(fake.config, cids[i], 8);
		assert_int_equal(virtio_vsock_open(&v, &fake.device), ST_PROTOCOL);
		fake_end();
	}
	for (u16 i = 0; i < 3; i++) {
		start();
		stop();
		fake.queue_max[i] = 0;
		assert_int_equal(virtio_vsock_open(&v, &fake.device), ST_PROTOCOL);
		fake_end();
	}
	start();
	stop();
	fake.no_pages = true;
	assert_int_equal(virtio_vsock_open(&v, &fake.device), ST_NO_MEMORY);
	fake.no_pages = false;
	fake.ready_status = ST_PROTOCOL;
	assert_int_equal(virtio_vsock_open(&v, &fake.device), ST_PROTOCOL);
	fake.config_status = ST_PROTOCOL;
	assert_int_equal(virtio_vsock_open(&v, &fake.device), ST_PROTOCOL);
	assert_int_equal(virtio_vsock_open(&v, &fake.device), ST_PROTOCOL);
	fake_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connect), cmocka_unit_test(test_echo),
		cmocka_unit_test(test_credit),  cmocka_unit_test(test_shutdown),
		cmocka_unit_test(test_packets), cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_many),    cmocka_unit_test(test_flood),
		cmocka_unit_test(test_events),  cmocka_unit_test(test_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
