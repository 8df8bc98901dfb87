/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console device: ports come by control messages and are answered, data goes both ways in pieces of
 * any size, and messages that are none break the device by name.
 * sources: virtio/console.c virtio/driver.c virtio/ring.c
 */
#include <setjmp.h>

#include "fake_virtio.h"

#include <cmocka.h>

#define MULTIPORT  BIT(VIRTIO_CONSOLE_F_MULTIPORT)
#define CONTROL_RX VIRTIO_CONSOLE_CONTROL_RX

static struct virtio_console c;
static struct {
	u32 id;
	u16 event, value;
} said[64];
static unsigned said_count;
static u8 out[4][16384];
static size_t out_len[4];
static bool deaf;

static void tell(u32 id, u16 event, u16 value, const char *name, size_t len)
{
	u8 m[256];

	memcpy(m, &id, 4);
	memcpy(m + 4, &event, 2);
	memcpy(m + 6, &value, 2);
	memcpy(m + 8, name, len);
	assert_true(fake_tell(CONTROL_RX, m, 8 + (u32)len));
}

static void hear(const struct fake_request *r)
{
	assert_int_equal(r->out[0].len, 8);
	assert_true(said_count < ARRAY_SIZE(said));
	memcpy(&said[said_count].id, r->out[0].data, 4);
	memcpy(&said[said_count].event, r->out[0].data + 4, 2);
	memcpy(&said[said_count++].value, r->out[0].data + 6, 2);
}

/* What is sent is kept, by port. */
static void serve(u16 queue)
{
	struct fake_request r;

	if (deaf || queue % 2 == 0)
		return;
	while (fake_take(queue, &r)) {
		unsigned port = queue == 1 ? 0 : (queue - 3u) / 2;

		if (queue == VIRTIO_CONSOLE_CONTROL_TX) {
			hear(&r);
		} else {
			memcpy(out[port] + out_len[port], r.out[0].data, r.out[0].len);
			out_len[port] += r.out[0].len;
		}
		fake_finish(queue, r.head, 0);
	}
}

static enum status start(u64 offers, u32 ports)
{
	said_count = 0;
	deaf = false;
	memset(out_len, 0, sizeof(out_len));
	fake_start(offers, serve);
	memcpy(fake.config + 4, &ports, 4);
	return virtio_console_open(&c, &fake.device);
}

static void stop(void)
{
	virtio_console_close(&c);
	fake_end();
}

static void heard(unsigned i, u32 id, u16 event, u16 value)
{
	assert_true(i < said_count);
	assert_int_equal(said[i].id, id);
	assert_int_equal(said[i].event, event);
	assert_int_equal(said[i].value, value);
}

static void add(u32 id, const char *name, bool open)
{
	tell(id, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
	tell(id, VIRTIO_CONSOLE_PORT_NAME, 1, name, strlen(name) + 1);
	tell(id, VIRTIO_CONSOLE_PORT_OPEN, open, "", 0);
}

static void test_ports(void **state)
{
	assert_int_equal(start(MULTIPORT, 4), ST_OK);
	heard(0, 0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	assert_int_equal(virtio_console_find(&c, "org.postern.a", 1), -1);
	add(1, "org.postern.a", true);
	add(3, "org.postern.b", false);
	tell(0, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
	tell(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, "", 0);
	assert_int_equal(virtio_console_find(&c, "org.postern.a", 1), 1);
	heard(1, 1, VIRTIO_CONSOLE_PORT_READY, 1);
	heard(2, 1, VIRTIO_CONSOLE_PORT_OPEN, 1);
	assert_int_equal(virtio_console_find(&c, "org.postern.b", 1), -1);
	assert_true(c.port[3].present);
	assert_true(c.port[0].is_console);
	tell(3, VIRTIO_CONSOLE_PORT_OPEN, 1, "", 0);
	assert_int_equal(virtio_console_find(&c, "org.postern.b", 1), 3);
	assert_int_equal(virtio_console_find(&c, "org.postern.b", 1), 3);
	tell(1, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0); /* again: not answered again */
	tell(1, VIRTIO_CONSOLE_RESIZE, 0, "\x50\0\x19", 4);
	tell(1, VIRTIO_CONSOLE_PORT_REMOVE, 1, "", 0);
	assert_int_equal(virtio_console_find(&c, "org.postern.a", 1), -1);
	assert_int_equal(said_count, 7);
	assert_int_equal(virtio_console_write(&c, 1, "x", 1), ST_STATE);
	add(1, "back", true); /* its buffers are still there */
	assert_int_equal(virtio_console_find(&c, "back", 1), 1);
	assert_int_equal(said_count, 9);
	stop();
}

static void test_names(void **state)
{
	static const char name[] = "\x1b[2Jlong: 0123456789012345678901234567890123456789";

	assert_int_equal(start(MULTIPORT, 2), ST_OK);
	tell(1, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
	tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1, "", 0);
	tell(1, VIRTIO_CONSOLE_PORT_NAME, 1, name, sizeof(name));
	assert_int_equal(virtio_console_find(&c, "?[2Jlong: 012345678901234567890", 1), 1);
	tell(1, VIRTIO_CONSOLE_PORT_NAME, 1, "a\0b", 3);
	assert_int_equal(virtio_console_find(&c, "a", 1), 1);
	tell(1, VIRTIO_CONSOLE_PORT_NAME, 1, "unended", 7);
	assert_int_equal(virtio_console_find(&c, "unended", 1), 1);
	tell(1, VIRTIO_CONSOLE_PORT_NAME, 1, "", 0);
	assert_int_equal(virtio_console_find(&c, "", 1), 1);
	stop();
}

static void test_data(void **state)
{
	u8 data[10000], got[1500];
	size_t len = 100;

	assert_int_equal(start(MULTIPORT | BIT(VIRTIO_F_EVENT_IDX), 4), ST_OK);
	add(2, "two", true);
	assert_int_equal(virtio_console_read(&c, 1, got, &len, 1), ST_STATE);
	assert_int_equal(virtio_console_read(&c, 4, got, &len, 1), ST_STATE);
	assert_int_equal(virtio_console_write(&c, 4, "x", 1), ST_STATE);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 11 + i / 256);
	assert_int_equal(virtio_console_write(&c, 2, data, sizeof(data)), ST_OK);
	assert_int_equal(out_len[2], sizeof(data));
	assert_memory_equal(out[2], data, sizeof(data));
	len = 0;
	assert_int_equal(virtio_console_read(&c, 2, got, &len, 1), ST_INVALID);
	for (unsigned round = 0; round < 10; round++) {
		size_t at = 0;

		len = sizeof(got);
		assert_int_equal(virtio_console_read(&c, 2, got, &len, 1), ST_TIMEOUT);
		for (unsigned i = 0; i < 4; i++)
			assert_true(fake_tell(6, data + i * 1000, 1000));
		assert_false(fake_tell(6, data, 1)); /* as many as are posted */
		while (at < 4000) {
			len = 1 + (at + round) % 1400;
			assert_int_equal(virtio_console_read(&c, 2, got, &len, 1), ST_OK);
			assert_true(len > 0 && at % 1000 + len <= 1000);
			assert_memory_equal(got, data + at, len);
			at += len;
		}
	}
	/* The host closes it between two pieces. */
	tell(2, VIRTIO_CONSOLE_PORT_OPEN, 0, "", 0);
	assert_int_equal(virtio_console_write(&c, 2, data, 1), ST_STATE);
	stop();
}

static void test_single(void **state)
{
	u8 got[8];
	size_t len = sizeof(got);

	assert_int_equal(start(0, 0), ST_OK);
	assert_true(c.port[0].is_console);
	assert_int_equal(virtio_console_find(&c, "", 1), 0);
	assert_int_equal(virtio_console_find(&c, "x", 1), -1);
	assert_int_equal(virtio_console_write(&c, 0, "hello", 5), ST_OK);
	assert_memory_equal(out[0], "hello", 5);
	assert_true(fake_tell(0, "abc", 3));
	assert_int_equal(virtio_console_read(&c, 0, got, &len, 1), ST_OK);
	assert_int_equal(len, 3);
	assert_int_equal(said_count, 0);
	deaf = true;
	assert_int_equal(virtio_console_write(&c, 0, "hello", 5), ST_TIMEOUT);
	assert_int_equal(virtio_console_read(&c, 0, got, &len, 1), ST_TIMEOUT);
	assert_int_equal(fake.device.broken, ST_TIMEOUT);
	stop();
	assert_int_equal(start(0, 0), ST_OK);
	assert_true(fake_tell(0, "", 0));
	assert_int_equal(virtio_console_read(&c, 0, got, &len, 1), ST_PROTOCOL);
	assert_string_equal(fake.device.why, "console: an empty buffer");
	stop();
}

static void broken(const char *why)
{
	size_t len = 1;

	assert_int_equal(virtio_console_find(&c, "x", 1), -1);
	assert_string_equal(fake.device.why, why);
	assert_int_equal(virtio_console_read(&c, 0, &(u8){ 0 }, &len, 1), ST_PROTOCOL);
	assert_int_equal(virtio_console_write(&c, 0, "x", 1), ST_PROTOCOL);
	stop();
}

static void test_lies(void **state)
{
	assert_int_equal(start(MULTIPORT, 3), ST_OK);
	tell(3, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
	broken("console: port 3 of 3");
	assert_int_equal(start(MULTIPORT, 3), ST_OK);
	tell(2, VIRTIO_CONSOLE_PORT_OPEN, 1, "", 0);
	broken("console: event 6 of port 2, not added");
	assert_int_equal(start(MULTIPORT, 3), ST_OK);
	assert_true(fake_tell(CONTROL_RX, "1234567", 7));
	broken("console: a message of 7 bytes");
	assert_int_equal(start(MULTIPORT, 3), ST_OK);
	fake_finish(CONTROL_RX, 0, 257);
	broken("queue 2: used length is more than the device may write (257)");
	/* More ports than we have room for: no lie, and told so. */
	assert_int_equal(start(MULTIPORT, 31), ST_OK);
	tell(30, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
	tell(30, VIRTIO_CONSOLE_PORT_NAME, 1, "x", 1);
	assert_int_equal(virtio_console_find(&c, "x", 1), -1);
	heard(1, 30, VIRTIO_CONSOLE_PORT_READY, 0);
	assert_int_equal(said_count, 2);
	stop();
}

static void serve_flood(u16 queue)
{
	serve(queue);
	if (queue == CONTROL_RX && said_count != 0)
		while (fake_available(queue) != 0)
			tell(0, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
}

/* However many messages come, a call ends. */
static void test_flood(void **state)
{
	assert_int_equal(start(MULTIPORT, 1), ST_OK);
	fake.serve = serve_flood;
	tell(0, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
	assert_int_equal(virtio_console_find(&c, "x", 1), -1);
	assert_int_equal(fake.device.broken, ST_OK);
	assert_int_equal(virtio_console_write(&c, 0, "x", 1), ST_STATE);
	stop();
	/* Answers that are not taken break it. */
	assert_int_equal(start(MULTIPORT, 1), ST_OK);
	deaf = true;
	tell(0, VIRTIO_CONSOLE_PORT_ADD, 1, "", 0);
	assert_int_equal(virtio_console_find(&c, "x", 1), -1);
	assert_int_equal(fake.device.broken, ST_TIMEOUT);
	stop();
}

static void test_not_opened(void **state)
{
	static const u16 queues[] = { 0, 1, 2, 3, 4, 9 };

	assert_int_equal(start(MULTIPORT, 0), ST_PROTOCOL);
	assert_string_equal(fake.device.why, "console: no ports");
	for (unsigned i = 0; i < ARRAY_SIZE(queues); i++) {
		assert_int_equal(start(MULTIPORT, 4), ST_OK);
		stop();
		fake.queue_max[queues[i]] = 0;
		assert_int_equal(virtio_console_open(&c, &fake.device), ST_PROTOCOL);
		fake_end();
	}
	assert_int_equal(virtio_console_open(&c, &fake.device), ST_PROTOCOL);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(start(i != 0 ? MULTIPORT : 0, 4), ST_OK);
		stop();
		fake.no_pages = true;
		assert_int_equal(virtio_console_open(&c, &fake.device), ST_NO_MEMORY);
		fake.no_pages = false;
		fake.ready_status = ST_PROTOCOL;
		assert_int_equal(virtio_console_open(&c, &fake.device), ST_PROTOCOL);
		fake_end();
	}
	fake.config_status = ST_PROTOCOL;
	assert_int_equal(virtio_console_open(&c, &fake.device), ST_PROTOCOL);
	fake_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),      cmocka_unit_test(test_names),
		cmocka_unit_test(test_data),       cmocka_unit_test(test_single),
		cmocka_unit_test(test_lies),       cmocka_unit_test(test_flood),
		cmocka_unit_test(test_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
