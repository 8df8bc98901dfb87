/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP, ping and UDP over a link whose other end is a table of frames: right ones are taken, and of
 * each one bit wrong is ignored and counted.
 * sources: virtio/ip.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "virtio.h"

#define US      0x0a00020fu
#define GATEWAY 0x0a000202u
#define FAR     0x08080808u

static const u8 our_mac[6] = { 0x52, 0x54, 0, 1, 2, 3 }, host_mac[6] = { 0x52, 0x55, 10, 0, 2, 2 };
static struct ip_link l;
static u8 sent[8][VIRTIO_NET_FRAME], queue[8][VIRTIO_NET_FRAME];
static size_t sent_len[8], queue_len[8];
static unsigned sent_count, queued, taken, waits;
static enum status send_status, receive_status;
static bool endless, no_arp;
static void (*on_send)(const u8 *frame, size_t len);

static u16 word(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

/* The test's own sum, by 32-bit words where the driver goes by 16: RFC 1071 allows either. */
static u16 sum_of(const u8 *p, size_t len, u64 start)
{
	u8 padded[VIRTIO_NET_FRAME + 4] = { 0 };
	u64 sum = start;

	memcpy(padded, p, len);
	for (size_t i = 0; i < len; i += 4)
		sum += (u64)word(padded + i) << 16 | word(padded + i + 2);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static void store(u8 *p, u64 v, unsigned bytes)
{
	while (bytes-- != 0)
		*p++ = (u8)(v >> 8 * bytes);
}

static void enqueue(const u8 *frame, size_t len)
{
	assert_true(queued < 8);
	memcpy(queue[queued], frame, len);
	queue_len[queued++] = len;
}

static void arp_frame(u8 *f, u16 op, u32 from, u32 to)
{
	memset(f, 0, 42);
	memcpy(f, our_mac, 6);
	memcpy(f + 6, host_mac, 6);
	store(f + 12, 0x080600010800, 6);
	store(f + 18, 0x0604, 2);
	store(f + 20, op, 2);
	memcpy(f + 22, host_mac, 6);
	store(f + 28, from, 4);
	memcpy(f + 32, our_mac, 6);
	store(f + 38, to, 4);
}

static void ip_frame(u8 *f, u8 protocol, u32 from, u32 to, const u8 *data, size_t len)
{
	memset(f, 0, 34);
	memcpy(f, our_mac, 6);
	memcpy(f + 6, host_mac, 6);
	store(f + 12, 0x0800, 2);
	f[14] = 0x45;
	store(f + 16, 20 + len, 2);
	store(f + 20, 0x4000, 2);
	f[22] = 64;
	f[23] = protocol;
	store(f + 26, from, 4);
	store(f + 30, to, 4);
	store(f + 24, sum_of(f + 14, 20, 0), 2);
	memcpy(f + 34, data, len);
}

/* The host's end: answers ARP, and pings by turning them round. */
static void host(const u8 *f, size_t len)
{
	u8 answer[VIRTIO_NET_FRAME];

	if (word(f + 12) == 0x0806 && word(f + 20) == 1 && !no_arp) {
		arp_frame(answer, 2, (u32)word(f + 38) << 16 | word(f + 40), US);
		enqueue(answer, 42);
	} else if (word(f + 12) == 0x0800 && f[23] == 1) {
		u8 icmp[VIRTIO_NET_FRAME];

		assert_int_equal(sum_of(f + 14, 20, 0), 0);
		assert_int_equal(sum_of(f + 34, len - 34, 0), 0);
		assert_int_equal(f[34], 8);
		memcpy(icmp, f + 34, len - 34);
		icmp[0] = 0;
		store(icmp + 2, 0, 2);
		store(icmp + 2, sum_of(icmp, len - 34, 0), 2);
		ip_frame(answer, 1, (u32)word(f + 30) << 16 | word(f + 32), US, icmp, len - 34);
		enqueue(answer, len);
	}
}

static enum status fake_send(void *ctx, const void *frame, size_t len)
{
	assert_ptr_equal(ctx, &l);
	if (send_status != ST_OK)
		return send_status;
	memcpy(sent[sent_count % 8], frame, len);
	sent_len[sent_count++ % 8] = len;
	on_send(frame, len);
	return ST_OK;
}

static enum status fake_receive(void *ctx, void *frame, size_t *len, u64 ns)
{
	assert_ptr_equal(ctx, &l);
	assert_true(ns != 0);
	if (receive_status != ST_OK)
		return receive_status;
	if (taken == queued) {
		waits++;
		return ST_TIMEOUT;
	}
	memcpy(frame, queue[taken], queue_len[taken]);
	*len = queue_len[taken];
	if (!endless && ++taken == queued)
		taken = queued = 0;
	return ST_OK;
}

static void start(void)
{
	sent_count = queued = taken = waits = 0;
	endless = no_arp = false;
	send_status = receive_status = ST_OK;
	on_send = host;
	l = (struct ip_link){ .ctx = &l,
			      .send = fake_send,
			      .receive = fake_receive,
			      .address = US,
			      .gateway = GATEWAY };
	memcpy(l.mac, our_mac, 6);
}

static void test_resolve(void **state)
{
	u8 mac[6] = { 0 }, frame[42];

	start();
	assert_int_equal(ip_resolve(&l, GATEWAY, mac), ST_OK);
	assert_memory_equal(mac, host_mac, 6);
	assert_int_equal(sent_count, 1);
	assert_int_equal(sent_len[0], 42);
	assert_memory_equal(sent[0], "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(ip_resolve(&l, GATEWAY, mac), ST_OK);
	assert_int_equal(sent_count, 1); /* known */
	assert_int_equal(ip_resolve(&l, GATEWAY + 1, mac), ST_OK);
	assert_int_equal(sent_count, 2);
	/* Nobody asked: the entry stands. */
	arp_frame(frame, 2, GATEWAY + 1, US);
	frame[27] ^= 2;
	enqueue(frame, 42);
	assert_int_equal(ip_udp_receive(&l, 9, frame, &(size_t){ 1 }, 1), ST_TIMEOUT);
	assert_int_equal(l.ignored, 1);
	assert_int_equal(ip_resolve(&l, GATEWAY + 1, mac), ST_OK);
	assert_memory_equal(mac, host_mac, 6);
}

static void test_resolve_refused(void **state)
{
	u8 mac[6], frame[60] = { 0 };
	/* offset in the frame, what to flip */
	static const u8 wrong[][2] = { { 0, 2 },  { 13, 2 }, { 15, 2 }, { 16, 1 }, { 18, 1 },
				       { 19, 1 }, { 21, 4 }, { 22, 1 }, { 31, 1 }, { 41, 1 } };

	start();
	no_arp = true;
	assert_int_equal(ip_resolve(&l, GATEWAY, mac), ST_TIMEOUT);
	assert_int_equal(sent_count, 3);
	assert_int_equal(waits, 3);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		start();
		no_arp = true;
		arp_frame(frame, 2, GATEWAY, US);
		frame[wrong[i][0]] ^= wrong[i][1];
		enqueue(frame, 60);
		assert_int_equal(ip_resolve(&l, GATEWAY, mac), ST_TIMEOUT);
		assert_int_equal(l.ignored, 1);
	}
	start();
	no_arp = true;
	arp_frame(frame, 2, GATEWAY, US);
	enqueue(frame, 41);
	enqueue(frame, 13);
	ip_frame(frame, 17, GATEWAY, US, frame, 8);
	enqueue(frame, 42);
	assert_int_equal(ip_resolve(&l, GATEWAY, mac), ST_TIMEOUT);
	assert_int_equal(l.ignored, 3);
	start();
	send_status = ST_PROTOCOL;
	assert_int_equal(ip_resolve(&l, GATEWAY, mac), ST_PROTOCOL);
	start();
	receive_status = ST_PROTOCOL;
	assert_int_equal(ip_ping(&l, GATEWAY, "x", 1), ST_PROTOCOL);
	assert_int_equal(sent_count, 1);
	/* A flood ends by count. */
	start();
	no_arp = endless = true;
	enqueue(frame, 13);
	assert_int_equal(ip_resolve(&l, GATEWAY, mac), ST_TIMEOUT);
	assert_int_equal(l.ignored, 3 * 256);
}

/* We tell who asks for us. */
static void test_answer(void **state)
{
	u8 frame[60] = { 0 };

	start();
	arp_frame(frame, 1, GATEWAY, US);
	memset(frame, 0xff, 6);
	enqueue(frame, 60);
	assert_int_equal(ip_udp_receive(&l, 9, frame, &(size_t){ 1 }, 1), ST_TIMEOUT);
	assert_int_equal(sent_count, 1);
	assert_memory_equal(sent[0], host_mac, 6);
	assert_int_equal(word(sent[0] + 20), 2);
	assert_memory_equal(sent[0] + 22, our_mac, 6);
	assert_memory_equal(sent[0] + 32, host_mac, 6);
	assert_int_equal(l.ignored, 0);
	arp_frame(frame, 1, GATEWAY, US);
	enqueue(frame, 60);
	send_status = ST_DENIED;
	assert_int_equal(ip_udp_receive(&l, 9, frame, &(size_t){ 1 }, 1), ST_DENIED);
}

static void test_ping(void **state)
{
	u8 payload[1472];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (u8)(i * 3);
	for (size_t len = 0; len <= sizeof(payload); len += len < 9 ? 1 : 1463) {
		start();
		assert_int_equal(ip_ping(&l, GATEWAY, payload, len), ST_OK);
		assert_int_equal(sent_len[1], 42 + len);
		assert_int_equal(l.ignored, 0);
	}
	assert_int_equal(ip_ping(&l, GATEWAY, payload, 1473), ST_RANGE);
	/* Far away: the gateway's MAC, their address. */
	start();
	assert_int_equal(ip_ping(&l, FAR, payload, 56), ST_OK);
	assert_int_equal(word(sent[0] + 40), GATEWAY & 0xffff);
	assert_int_equal(word(sent[1] + 30), FAR >> 16);
}

/* The echo with a bit flipped: in the payload it is named, elsewhere it is no answer. */
static unsigned flip_at, flip_bit;
static bool mend, cut;

static void host_flips(const u8 *f, size_t len)
{
	unsigned before = queued;

	host(f, len);
	if (word(f + 12) != 0x0800 || queued == before)
		return;
	u8 *a = queue[before];

	a[flip_at] ^= (u8)flip_bit;
	if (cut) /* one byte less than was sent */
		store(a + 16, word(a + 16) - 1u, 2);
	if (mend) {
		store(a + 24, 0, 2);
		store(a + 24, sum_of(a + 14, 20, 0), 2);
		store(a + 36, 0, 2);
		store(a + 36, sum_of(a + 34, word(a + 16) - 20, 0), 2);
	}
}

static void flipped(unsigned at, unsigned bit, bool sums_right, enum status want)
{
	start();
	on_send = host_flips;
	flip_at = at;
	flip_bit = bit;
	mend = sums_right;
	assert_int_equal(ip_ping(&l, GATEWAY, "sixteen bytes...", 16), want);
	assert_int_equal(l.ignored, want == ST_TIMEOUT ? 3 : 0);
}

static void nobody(const u8 *f, size_t len)
{
}

static void test_ping_altered(void **state)
{
	u8 frame[44] = { 0 };

	for (unsigned at = 14; at < 58; at++) /* every byte is under a sum */
		flipped(at, 1, false, ST_TIMEOUT);
	flipped(50, 4, true, ST_CORRUPT);
	cut = true;
	flipped(50, 0, true, ST_CORRUPT);
	cut = false;
	flipped(14, 0x10, true, ST_TIMEOUT); /* version */
	flipped(14, 0x07, true, ST_TIMEOUT); /* header length below 20 */
	flipped(14, 0x0a, true, ST_TIMEOUT); /* beyond the packet */
	flipped(16, 0x01, true, ST_TIMEOUT); /* total length beyond the frame */
	flipped(20, 0x20, true, ST_TIMEOUT); /* more fragments */
	flipped(21, 0x01, true, ST_TIMEOUT); /* a later fragment */
	flipped(20, 0x80, true, ST_TIMEOUT); /* the bit that must be zero */
	flipped(23, 0x02, true, ST_TIMEOUT); /* protocol */
	flipped(29, 0x01, true, ST_TIMEOUT); /* from another */
	flipped(33, 0x01, true, ST_TIMEOUT); /* to another */
	flipped(34, 0x08, true, ST_TIMEOUT); /* a request, no answer */
	flipped(35, 0x01, true, ST_TIMEOUT); /* code */
	flipped(39, 0x01, true, ST_TIMEOUT); /* identifier */
	flipped(41, 0x01, true, ST_TIMEOUT); /* sequence */
	flipped(0, 0x04, true, ST_TIMEOUT);  /* another's MAC */
	flipped(20, 0x40, true, ST_OK);      /* may be fragmented, is not */
	/* A flood of others' packets ends by count. */
	start();
	on_send = nobody;
	l.arp_known = true;
	l.arp_address = GATEWAY;
	endless = true;
	ip_frame(frame, 99, GATEWAY, US, frame, 10);
	enqueue(frame, 44);
	assert_int_equal(ip_ping(&l, GATEWAY, "x", 1), ST_TIMEOUT);
	assert_int_equal(l.ignored, 3 * 256);
}

static void udp_frame(u8 *f, u16 from, u16 to, const char *data, bool summed)
{
	u8 udp[256] = { 0 };
	size_t len = 8 + strlen(data);

	store(udp, from, 2);
	store(udp + 2, to, 2);
	store(udp + 4, len, 2);
	memcpy(udp + 8, data, len - 8);
	if (summed)
		store(udp + 6,
		      sum_of(udp, len,
			     (GATEWAY >> 16) + (GATEWAY & 0xffff) + (US >> 16) + (US & 0xffff) +
				 17 + len),
		      2);
	ip_frame(f, 17, GATEWAY, US, udp, len);
}

static void test_udp(void **state)
{
	u8 frame[VIRTIO_NET_FRAME], data[1473] = { 0 };
	size_t len = sizeof(data);

	start();
	for (unsigned i = 0; i < 300; i++) { /* sums of every kind, 0 among them */
		size_t n = i == 0 ? 1472 : i % 7;
		u8 *f;

		store(data, i * 977, 2);
		assert_int_equal(ip_udp_send(&l, GATEWAY, 1000, 69, data, n), ST_OK);
		f = sent[(sent_count - 1) % 8];
		assert_int_equal(sent_len[(sent_count - 1) % 8], 42 + n);
		assert_int_equal(word(f + 38), 8 + n);
		assert_int_not_equal(word(f + 40), 0);
		assert_int_equal(sum_of(f + 34, 8 + n,
					(GATEWAY >> 16) + (GATEWAY & 0xffff) + (US >> 16) +
					    (US & 0xffff) + 17 + 8 + n),
				 0);
	}
	assert_int_equal(ip_udp_send(&l, GATEWAY, 1000, 69, data, 1473), ST_RANGE);
	queued = taken = 0;
	for (unsigned summed = 0; summed < 2; summed++) {
		udp_frame(frame, 69, 1000, "odd", summed != 0);
		enqueue(frame, 60);
		len = sizeof(data);
		assert_int_equal(ip_udp_receive(&l, 1000, data, &len, 1), ST_OK);
		assert_int_equal(len, 3);
		assert_memory_equal(data, "odd", 3);
		assert_int_equal(l.from_address, GATEWAY);
		assert_int_equal(l.from_port, 69);
	}
	udp_frame(frame, 69, 1000, "four", true);
	enqueue(frame, 46);
	len = 3;
	assert_int_equal(ip_udp_receive(&l, 1000, data, &len, 1), ST_RANGE);
	assert_int_equal(ip_udp_receive(&l, 1000, data, &len, 1), ST_TIMEOUT);
	receive_status = ST_PROTOCOL;
	assert_int_equal(ip_udp_receive(&l, 1000, data, &len, 1), ST_PROTOCOL);
}

static void test_udp_refused(void **state)
{
	/* offset, what to flip: port, length too short, too long, data, sum */
	static const u8 wrong[][2] = { { 37, 1 }, { 39, 0x0c }, { 38, 1 }, { 43, 1 }, { 41, 1 } };
	u8 frame[VIRTIO_NET_FRAME], data[16];
	size_t len = sizeof(data);

	start();
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		udp_frame(frame, 69, 1000, "four", true);
		frame[wrong[i][0]] ^= wrong[i][1];
		enqueue(frame, 60);
		assert_int_equal(ip_udp_receive(&l, 1000, data, &len, 1), ST_TIMEOUT);
		assert_int_equal(l.ignored, i + 1);
	}
	ip_frame(frame, 17, GATEWAY, US, data, 7); /* no header */
	enqueue(frame, 41);
	ip_frame(frame, 1, GATEWAY, US, data, 8); /* no datagram */
	enqueue(frame, 42);
	store(frame + 12, 0x86dd, 2);
	enqueue(frame, 42);
	assert_int_equal(ip_udp_receive(&l, 1000, data, &len, 1), ST_TIMEOUT);
	assert_int_equal(l.ignored, ARRAY_SIZE(wrong) + 3);
	endless = true;
	enqueue(frame, 42);
	assert_int_equal(ip_udp_receive(&l, 1000, data, &len, 1), ST_TIMEOUT);
	assert_int_equal(l.ignored, ARRAY_SIZE(wrong) + 3 + 256);
	/* No datagram without the next hop. */
	start();
	no_arp = true;
	assert_int_equal(ip_udp_send(&l, FAR, 1, 2, "x", 1), ST_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),     cmocka_unit_test(test_resolve_refused),
		cmocka_unit_test(test_answer),      cmocka_unit_test(test_ping),
		cmocka_unit_test(test_udp),         cmocka_unit_test(test_ping_altered),
		cmocka_unit_test(test_udp_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
