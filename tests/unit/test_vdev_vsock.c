/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/common/vdev_*.c hosts/common/vtap_[dlr]*.c hosts/common/[ls]*.c lib/print.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "vsock_driver.h"

static int setup(void **state)
{
	fake_vio_reset();
	vdev_reset();
	drv_open(0);
	return 0;
}

static void test_echo(void **state)
{
	drv_connect(VDEV_PORT_ECHO);
	assert_int_equal(drv.src_cid, VIRTIO_VSOCK_CID_HOST);
	assert_int_equal(drv.dst_cid, VDEV_GUEST_CID);
	assert_int_equal(drv.type, VIRTIO_VSOCK_TYPE_STREAM);
	assert_int_equal(drv.buf_alloc, KIB(16));
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "hello world", 11);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	assert_int_equal(drv.len, 11);
	assert_memory_equal(drv.data, "hello world", 11);
	assert_int_equal(drv.fwd_cnt, 11);
	assert_false(drv_receive());
	assert_int_equal(vdev_counts().bytes_in, 11);
	assert_int_equal(vdev_counts().bytes_out, 11);
	assert_int_equal(vdev_packets(), 4);
}

/* Many bytes, in pieces of the receive buffers' size, more than the echo buffer holds at once. */
static void test_echo_long(void **state)
{
	u8 out[900];
	u32 sent = 0, back = 0;

	drv_connect(VDEV_PORT_ECHO);
	for (unsigned turn = 0; turn < 200; turn++) {
		for (unsigned i = 0; i < sizeof(out); i++)
			out[i] = (u8)((sent + i) * 7);
		drv_send(VIRTIO_VSOCK_OP_RW, 0, out, sizeof(out));
		sent += sizeof(out);
		while (drv_receive()) {
			assert_int_equal(drv.op, VIRTIO_VSOCK_OP_RW);
			for (u32 i = 0; i < drv.len; i++)
				assert_int_equal(drv.data[i], (u8)((back + i) * 7));
			back += drv.len;
			drv.fwd = back;
		}
		reg(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	}
	assert_int_equal(back, sent);
	assert_int_equal(vdev_counts().refused, 0);
}

static void test_credit(void **state)
{
	u8 out[2048] = { 1 };
	u32 got = 0;

	drv_connect(VDEV_PORT_ECHO);
	/* It echoes as long as we have room, then waits, and tells no more than it has. */
	for (unsigned i = 0; i < 8; i++)
		drv_send(VIRTIO_VSOCK_OP_RW, 0, out, sizeof(out));
	while (drv_receive())
		got += drv.len;
	assert_int_equal(got, DRV_ALLOC);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, out, sizeof(out));
	drv_send(VIRTIO_VSOCK_OP_RW, 0, out, sizeof(out));
	assert_false(drv_receive());
	drv_send(VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	assert_int_equal(drv.fwd_cnt, DRV_ALLOC);
	/* 16 KiB of 20 are waiting: one more does not fit. */
	drv_send(VIRTIO_VSOCK_OP_RW, 0, out, 1);
	drv_expect(VIRTIO_VSOCK_OP_RST);
	assert_int_equal(vdev_counts().refused, 1);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, out, 1); /* forgotten */
	drv_expect(VIRTIO_VSOCK_OP_RST);
}

static void test_credit_comes_back(void **state)
{
	u8 out[2048] = { 1 };

	drv_connect(VDEV_PORT_ECHO);
	for (unsigned i = 0; i < 3; i++)
		drv_send(VIRTIO_VSOCK_OP_RW, 0, out, sizeof(out));
	while (drv_receive())
		;
	drv.fwd = DRV_ALLOC;
	drv_send(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	/* One that claims to have taken what was not sent gets nothing. */
	drv.fwd = 0x7fffffff;
	drv_send(VIRTIO_VSOCK_OP_RW, 0, out, 16);
	while (drv_receive())
		assert_int_not_equal(drv.op, VIRTIO_VSOCK_OP_RST);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, out, 16);
	assert_false(drv_receive());
}

static void test_sequence(void **state)
{
	u32 got = 0;

	drv_connect(VDEV_PORT_SEQUENCE);
	while (got < 40000) {
		assert_true(drv_receive());
		assert_int_equal(drv.op, VIRTIO_VSOCK_OP_RW);
		for (u32 i = 0; i < drv.len; i++)
			assert_int_equal(drv.data[i], (u8)((got + i) * 167 + 13));
		got += drv.len;
		drv.fwd = got;
		drv_send(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0, NULL, 0);
	}
	drv_send(VIRTIO_VSOCK_OP_SHUTDOWN, VIRTIO_VSOCK_SHUTDOWN_RCV, NULL, 0);
	while (drv_receive() && drv.op == VIRTIO_VSOCK_OP_RW)
		;
	assert_int_equal(drv.op, VIRTIO_VSOCK_OP_SHUTDOWN);
	assert_int_equal(drv.flags, VIRTIO_VSOCK_SHUTDOWN_RCV | VIRTIO_VSOCK_SHUTDOWN_SEND);
	drv_send(VIRTIO_VSOCK_OP_RST, 0, NULL, 0);
	assert_false(drv_receive());
}

static void test_discard(void **state)
{
	u8 out[2048] = { 0 };

	drv_connect(VDEV_PORT_DISCARD);
	for (unsigned i = 0; i < 40; i++)
		drv_send(VIRTIO_VSOCK_OP_RW, 0, out, sizeof(out));
	while (drv_receive()) {
		assert_int_equal(drv.op, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
		reg(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	}
	assert_int_equal(drv.fwd_cnt, 40 * sizeof(out));
	assert_int_equal(vdev_counts().bytes_in, 40 * sizeof(out));
}

static void test_shutdown(void **state)
{
	drv_connect(VDEV_PORT_ECHO);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "last", 4);
	drv_send(VIRTIO_VSOCK_OP_SHUTDOWN, 3, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	drv_expect(VIRTIO_VSOCK_OP_RST);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "x", 1);
	drv_expect(VIRTIO_VSOCK_OP_RST);
	/* Half of it: what is there is echoed, more is not taken. */
	drv_connect(VDEV_PORT_ECHO);
	drv_send(VIRTIO_VSOCK_OP_SHUTDOWN, VIRTIO_VSOCK_SHUTDOWN_SEND, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_SHUTDOWN);
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "x", 1);
	drv_expect(VIRTIO_VSOCK_OP_RST);
}

static void test_refusals(void **state)
{
	drv.port = 8; /* no service */
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_RST);
	drv.port = VDEV_PORT_ECHO;
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "x", 1); /* no stream */
	drv_expect(VIRTIO_VSOCK_OP_RST);
	drv_send(VIRTIO_VSOCK_OP_RST, 0, NULL, 0); /* no answer to that */
	assert_false(drv_receive());
	drv_connect(VDEV_PORT_ECHO);
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0); /* twice */
	drv_expect(VIRTIO_VSOCK_OP_RST);
	drv_connect(VDEV_PORT_ECHO);
	drv_send(99, 0, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_RST);
	for (unsigned i = 0; i < 8; i++) {
		drv.guest_port = 2000 + i;
		drv_connect(VDEV_PORT_ECHO);
	}
	drv.guest_port = 3000; /* one too many */
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	drv_expect(VIRTIO_VSOCK_OP_RST);
	drv_open(0); /* a reset forgets them all */
	drv_connect(VDEV_PORT_ECHO);
}

/* A header with one field wrong each: dropped, but for the type, which is answered. */
static void test_bad_headers(void **state)
{
	static const struct {
		unsigned at, width;
		u64 value;
	} bad[] = { { 0, 8, 4 }, { 8, 8, 3 }, { 24, 4, 1 }, { 24, 4, 0xffffffff } };

	drv.port = VDEV_PORT_ECHO;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		drv_header(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
		poke(DRV_TX_DATA + bad[i].at, bad[i].value, bad[i].width);
		drv_publish_tx(VIRTIO_VSOCK_HDR_SIZE);
		reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
		assert_false(drv_receive());
		assert_int_equal(vdev_counts().refused, i + 1);
	}
	drv_header(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	drv_publish_tx(VIRTIO_VSOCK_HDR_SIZE - 1);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	assert_false(drv_receive());
	assert_int_equal(vdev_counts().refused, ARRAY_SIZE(bad) + 1);
	drv_header(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	poke(DRV_TX_DATA + 28, 2, 2);
	drv_publish_tx(VIRTIO_VSOCK_HDR_SIZE);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	drv_expect(VIRTIO_VSOCK_OP_RST);
	assert_int_equal(drv.type, 2);
	assert_int_equal(drv_used_idx(&drv.q[1]), ARRAY_SIZE(bad) + 2);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), DRV_STATUS | VIRTIO_DRIVER_OK);
}

/* A driver that takes no answers: its requests are left alone, none is lost, nothing hangs. */
static void test_no_buffers(void **state)
{
	memset(fake_vio.ram, 0, sizeof(fake_vio.ram));
	memset(&drv, 0, sizeof(drv));
	drv.guest_port = 1234;
	drv_features(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM));
	drv_queue(0);
	drv_queue(1);
	reg(VIRTIO_MMIO_STATUS, DRV_STATUS | VIRTIO_DRIVER_OK);
	drv.port = 5;
	for (unsigned i = 0; i < 24; i++)
		drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	assert_int_equal(drv_used_idx(&drv.q[1]), 16);
	for (u16 i = 0; i < DRV_SIZE; i++)
		drv_rx(i);
	reg(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	for (unsigned i = 0; i < 16; i++)
		drv_expect(VIRTIO_VSOCK_OP_RST);
	assert_int_equal(drv_used_idx(&drv.q[1]), 24);
}

/* A receive buffer with no room for a packet breaks the device; reset mends it. */
static void test_small_buffer(void **state)
{
	for (u16 i = 0; i < DRV_SIZE; i++)
		drv_desc(drv.q[0].desc, i, DRV_RX_DATA, VIRTIO_VSOCK_HDR_SIZE, VIRTQ_DESC_F_WRITE,
			 0);
	drv.port = VDEV_PORT_ECHO;
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	assert_true((get(VIRTIO_MMIO_STATUS) & VIRTIO_NEEDS_RESET) != 0);
	assert_true((get(VIRTIO_MMIO_INTERRUPT) & VIRTIO_ISR_CONFIG) != 0);
	assert_true(fake_vio.wire);
	drv_open(BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_INDIRECT_DESC));
	drv_connect(VDEV_PORT_ECHO);
}

/* ---- faults: one decision each ---- */

static void test_faults(void **state)
{
	drv_connect(VDEV_PORT_ECHO);
	fake_vio.fault = FAULT_VSOCK_ECHO_ALTERED;
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "abcdef", 6);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	assert_int_equal(drv.len, 6);
	assert_memory_not_equal(drv.data, "abcdef", 6);
	fake_vio.fault = FAULT_VSOCK_OUT_OF_ORDER;
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "abcdef", 6);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	assert_memory_equal(drv.data, "defabc", 6);
	fake_vio.fault = FAULT_VSOCK_WRONG_CID;
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "abcdef", 6);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	assert_int_not_equal(drv.src_cid, VIRTIO_VSOCK_CID_HOST);
	fake_vio.fault = FAULT_VSOCK_CREDIT_LIED;
	drv_send(VIRTIO_VSOCK_OP_RW, 0, "abcdef", 6);
	drv_expect(VIRTIO_VSOCK_OP_RW);
	assert_true(drv.fwd_cnt > 24);
	fake_vio.fault = FAULT_VSOCK_SHUTDOWN_UNANSWERED;
	drv_send(VIRTIO_VSOCK_OP_SHUTDOWN, 3, NULL, 0);
	assert_false(drv_receive());
	fake_vio.fault = FAULT_VSOCK_RST_MISSING;
	drv.port = 8;
	drv_send(VIRTIO_VSOCK_OP_REQUEST, 0, NULL, 0);
	assert_false(drv_receive());
}

static void test_fault_credit_ignored(void **state)
{
	u8 out[2048] = { 1 };
	u32 got = 0;

	fake_vio.fault = FAULT_VSOCK_CREDIT_IGNORED;
	drv_connect(VDEV_PORT_ECHO);
	for (unsigned i = 0; i < 4; i++)
		drv_send(VIRTIO_VSOCK_OP_RW, 0, out, sizeof(out));
	while (drv_receive())
		got += drv.len;
	assert_true(got > DRV_ALLOC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_echo, setup),
		cmocka_unit_test_setup(test_echo_long, setup),
		cmocka_unit_test_setup(test_credit, setup),
		cmocka_unit_test_setup(test_credit_comes_back, setup),
		cmocka_unit_test_setup(test_sequence, setup),
		cmocka_unit_test_setup(test_discard, setup),
		cmocka_unit_test_setup(test_shutdown, setup),
		cmocka_unit_test_setup(test_refusals, setup),
		cmocka_unit_test_setup(test_bad_headers, setup),
		cmocka_unit_test_setup(test_no_buffers, setup),
		cmocka_unit_test_setup(test_small_buffer, setup),
		cmocka_unit_test_setup(test_faults, setup),
		cmocka_unit_test_setup(test_fault_credit_ignored, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
