/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network device: frames go out and come in unchanged; a header or a length that is none loses its
 * frame, a flood of those the device.
 * sources: virtio/net.c virtio/driver.c virtio/ring.c
 */
#include <setjmp.h>

#include "fake_virtio.h"

#include <cmocka.h>

#define HDR VIRTIO_NET_HDR_SIZE

static struct virtio_net n;
static u8 sent[HDR + VIRTIO_NET_FRAME];
static u32 sent_len;
static unsigned sent_count;
static bool deaf;

static void serve(u16 queue)
{
	struct fake_request r;

	while (queue == VIRTIO_NET_TX && !deaf && fake_take(queue, &r)) {
		assert_int_equal(r.out_count, 1);
		assert_true(r.out[0].len <= sizeof(sent));
		sent_len = r.out[0].len;
		memcpy(sent, r.out[0].data, sent_len);
		sent_count++;
		fake_finish(queue, r.head, 0);
	}
}

static void start(u64 offers)
{
	static const u8 mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };

	deaf = false;
	sent_count = 0;
	fake_start(offers, serve);
	memcpy(fake.config, mac, 6);
	assert_int_equal(virtio_net_open(&n, &fake.device), ST_OK);
}

static void stop(void)
{
	virtio_net_close(&n);
	fake_end();
}

/* A frame of `len` bytes with this header's four words that matter. */
static void tell(u8 flags, u8 gso, u16 buffers, u32 len)
{
	u8 frame[HDR + VIRTIO_NET_FRAME] = { flags, gso };

	memcpy(frame + 10, &buffers, 2);
	for (u32 i = 0; i < len; i++)
		frame[HDR + i] = (u8)(i + len);
	assert_true(fake_tell(VIRTIO_NET_RX, frame, HDR + len));
}

static void test_send(void **state)
{
	static const u8 zero[HDR];
	u8 frame[VIRTIO_NET_FRAME + 1];

	start(BIT(VIRTIO_NET_F_MAC));
	assert_memory_equal(n.mac, fake.config, 6);
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (u8)(i ^ 0x5a);
	assert_int_equal(virtio_net_send(&n, frame, VIRTIO_NET_FRAME), ST_OK);
	assert_int_equal(sent_len, HDR + VIRTIO_NET_FRAME);
	assert_memory_equal(sent, zero, HDR);
	assert_memory_equal(sent + HDR, frame, VIRTIO_NET_FRAME);
	assert_int_equal(virtio_net_send(&n, frame, 1), ST_OK);
	assert_int_equal(sent_len, HDR + 1);
	assert_int_equal(virtio_net_send(&n, frame, 0), ST_RANGE);
	assert_int_equal(virtio_net_send(&n, frame, VIRTIO_NET_FRAME + 1), ST_RANGE);
	assert_int_equal(n.frames_out, 2);
	deaf = true;
	assert_int_equal(virtio_net_send(&n, frame, 60), ST_TIMEOUT);
	assert_string_equal(fake.device.why, "queue 1: 72 bytes not taken");
	assert_int_equal(virtio_net_send(&n, frame, 60), ST_TIMEOUT);
	assert_int_equal(sent_count, 2);
	stop();
}

static void test_receive(void **state)
{
	u8 frame[VIRTIO_NET_FRAME];
	size_t len = 0;

	start(BIT(VIRTIO_F_EVENT_IDX));
	assert_int_equal(n.mac[0], 2); /* none was offered: one of our own */
	assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_TIMEOUT);
	for (unsigned round = 0; round < 40; round++) {
		tell(0, 0, 1, round + 1);
		tell(0, 0, 1, VIRTIO_NET_FRAME);
		assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_OK);
		assert_int_equal(len, round + 1);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(frame[i], (u8)(i + len));
		assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_OK);
		assert_int_equal(len, VIRTIO_NET_FRAME);
		assert_int_equal(frame[VIRTIO_NET_FRAME - 1], (u8)(2 * VIRTIO_NET_FRAME - 1));
	}
	assert_int_equal(n.frames_in, 80);
	assert_int_equal(fake_available(VIRTIO_NET_RX), n.rx->size);
	stop();
}

static void test_malformed(void **state)
{
	u8 frame[VIRTIO_NET_FRAME], header[HDR] = { 0 };
	size_t len = 7;

	start(BIT(VIRTIO_NET_F_MRG_RXBUF));
	tell(1, 0, 1, 60);
	tell(0, 1, 1, 60);
	tell(0, 0, 0, 60);
	tell(0, 0, 2, 60);
	tell(0, 0, 1, 0);
	assert_true(fake_tell(VIRTIO_NET_RX, header, HDR - 1));
	assert_true(fake_tell(VIRTIO_NET_RX, header, 0));
	tell(0, 0, 1, 61);
	assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_OK);
	assert_int_equal(len, 61);
	assert_int_equal(n.frames_bad, 7);
	assert_int_equal(n.frames_in, 1);
	stop();
	/* num_buffers means nothing without the feature. */
	start(0);
	tell(0, 0, 0, 62);
	assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_OK);
	assert_int_equal(len, 62);
	stop();
}

static void serve_flood(u16 queue)
{
	serve(queue);
	if (queue == VIRTIO_NET_RX && fake.done[queue] != 0)
		while (fake_available(queue) != 0)
			tell(0, 0, 3, 60);
}

static void test_flood(void **state)
{
	u8 frame[VIRTIO_NET_FRAME];
	size_t len;

	start(BIT(VIRTIO_NET_F_MRG_RXBUF));
	tell(0, 0, 3, 60);
	fake.serve = serve_flood;
	assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_PROTOCOL);
	assert_string_equal(fake.device.why, "net: 64 malformed frames in a row");
	assert_int_equal(n.frames_bad, 64);
	assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_PROTOCOL);
	stop();
	start(0);
	fake_finish(VIRTIO_NET_RX, 3, HDR + VIRTIO_NET_FRAME + 1);
	assert_int_equal(virtio_net_receive(&n, frame, &len, 1), ST_PROTOCOL);
	stop();
}

static void test_not_opened(void **state)
{
	start(BIT(VIRTIO_NET_F_MAC));
	stop();
	fake.no_pages = true;
	assert_int_equal(virtio_net_open(&n, &fake.device), ST_NO_MEMORY);
	fake.no_pages = false;
	fake.ready_status = ST_PROTOCOL;
	assert_int_equal(virtio_net_open(&n, &fake.device), ST_PROTOCOL);
	fake.config[0] = 0x53; /* a group's address */
	assert_int_equal(virtio_net_open(&n, &fake.device), ST_PROTOCOL);
	assert_string_equal(fake.device.why, "net: a multicast address as its own");
	fake_end();
	for (u16 i = 0; i < 2; i++) {
		start(0);
		stop();
		fake.queue_max[i] = 0;
		assert_int_equal(virtio_net_open(&n, &fake.device), ST_PROTOCOL);
		fake_end();
	}
	assert_int_equal(virtio_net_open(&n, &fake.device), ST_PROTOCOL);
	fake_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send),       cmocka_unit_test(test_receive),
		cmocka_unit_test(test_malformed),  cmocka_unit_test(test_flood),
		cmocka_unit_test(test_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
