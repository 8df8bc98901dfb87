/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams of a workload, over the real console driver and a device that may be anything: the port
 * is found by name on whichever device has it, every wait ends, and what failed once is dead.
 * sources: workload/stream.c virtio/console.c virtio/driver.c virtio/ring.c drivers/deadline.c
 */
#include <setjmp.h>

#include "fake_virtio.h"

#include <cmocka.h>

#include "arch.h"
#include "workload/runtime.h"

#define MULTIPORT  BIT(VIRTIO_CONSOLE_F_MULTIPORT)
#define CONTROL_RX VIRTIO_CONSOLE_CONTROL_RX
#define RX1        4 /* queues of port 1 */
#define TX1        5
#define SECOND     1000000000ULL

/* ---- time: a millisecond goes by at each look ---- */

static u64 now, hz = SECOND;
static bool stopped;

u64 arch_counter(void)
{
	return stopped ? now : (now += SECOND / 1000);
}

u64 arch_counter_hz(void)
{
	return hz;
}

void arch_cpu_relax(void)
{
}

/* ---- the devices there are ---- */

static bool has_console, has_vsock;
static unsigned decoys; /* consoles before ours that cannot be opened */
static struct virtio_device decoy, vsock_device;

struct virtio_device *virtio_find(u32 id, unsigned nth)
{
	if (id == VIRTIO_ID_VSOCK)
		return has_vsock && nth == 0 ? &vsock_device : NULL;
	assert_int_equal(id, VIRTIO_ID_CONSOLE);
	if (nth < decoys)
		return &decoy;
	return has_console && nth == decoys ? &fake.device : NULL;
}

/* ---- the console device ---- */

static u8 out[8192];
static size_t out_len;
static bool deaf;
static bool late_open; /* somebody comes when the driver has looked a few times */
static unsigned looks;
static const char *port_name = STREAM_PORT_NAME;

static void tell(u32 id, u16 event, u16 value, const char *name)
{
	u8 m[256];
	size_t len = strlen(name);

	memcpy(m, &id, 4);
	memcpy(m + 4, &event, 2);
	memcpy(m + 6, &value, 2);
	memcpy(m + 8, name, len);
	assert_true(fake_tell(CONTROL_RX, m, 8 + (u32)len));
}

static bool announced;

static void announce(bool open)
{
	announced = true;
	tell(1, VIRTIO_CONSOLE_PORT_ADD, 1, "");
	tell(1, VIRTIO_CONSOLE_PORT_NAME, 1, port_name);
	if (open)
		tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
}

static void serve(u16 queue)
{
	struct fake_request r;

	if (queue == CONTROL_RX && fake_available(queue) == 16 && !announced)
		announce(!late_open);
	if (late_open && ++looks == 40)
		tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
	if (deaf || queue % 2 == 0)
		return;
	while (fake_take(queue, &r)) {
		if (queue == TX1) {
			assert_true(out_len + r.out[0].len <= sizeof(out));
			memcpy(out + out_len, r.out[0].data, r.out[0].len);
			out_len += r.out[0].len;
		}
		fake_finish(queue, r.head, 0);
	}
}

/* ---- the socket driver: what it answers ---- */

static enum status vsock_opens, vsock_connects, vsock_sends, vsock_receives;
static unsigned vsock_opened, vsock_live;

enum status virtio_vsock_open(struct virtio_vsock *v, struct virtio_device *d)
{
	assert_ptr_equal(d, &vsock_device);
	assert_int_equal(vsock_opened, 0);
	vsock_opened += vsock_opens == ST_OK;
	return vsock_opens;
}

enum status vsock_connect(struct virtio_vsock *v, u64 cid, u32 port, unsigned *stream)
{
	assert_int_equal(cid, VIRTIO_VSOCK_CID_HOST);
	assert_int_equal(port, 4433);
	assert_int_equal(vsock_opened, 1);
	if (vsock_live == VSOCK_STREAMS)
		return ST_TOO_MANY;
	if (vsock_connects == ST_OK)
		*stream = vsock_live++;
	return vsock_connects;
}

enum status vsock_send(struct virtio_vsock *v, unsigned stream, const void *data, size_t len)
{
	return vsock_sends;
}

enum status vsock_receive(struct virtio_vsock *v, unsigned stream, void *data, size_t *len, u64 ns)
{
	assert_in_range(ns, 1, SECOND);
	if (vsock_receives == ST_OK) {
		*len = MIN(*len, 3);
		memcpy(data, "abc", *len);
	}
	return vsock_receives;
}

enum status vsock_close(struct virtio_vsock *v, unsigned stream)
{
	vsock_live--;
	return ST_OK;
}

void virtio_vsock_close(struct virtio_vsock *v)
{
	assert_int_equal(vsock_live, 0);
	vsock_opened--;
}

/* ---- the tests ---- */

static void machine(u32 ports)
{
	fake_start(MULTIPORT, serve);
	memcpy(fake.config + 4, &ports, 4);
	has_console = true;
	deaf = late_open = announced = stopped = false;
	looks = 0;
	out_len = 0;
	decoys = 0;
	decoy = (struct virtio_device){ .broken = ST_PROTOCOL };
	port_name = STREAM_PORT_NAME;
}

static struct stream *opened(void)
{
	struct stream *s = NULL;

	assert_int_equal(stream_open(STREAM_CONSOLE, 0, &s), ST_OK);
	assert_non_null(s);
	return s;
}

static void test_console(void **state)
{
	struct stream *s, *second;
	u8 data[6000], got[2000];
	size_t n, at = 0;

	machine(4);
	s = opened();
	assert_int_equal(stream_open(STREAM_CONSOLE, 0, &second), ST_STATE);
	assert_null(second);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 7 + i / 256);
	assert_int_equal(stream_write(s, data, sizeof(data)), ST_OK);
	assert_int_equal(out_len, sizeof(data));
	assert_memory_equal(out, data, sizeof(data));
	for (unsigned i = 0; i < 4; i++)
		assert_true(fake_tell(RX1, data + i * 1000, 1000));
	while (at < 4000) {
		assert_int_equal(stream_read(s, got, sizeof(got), &n, SECOND), ST_OK);
		assert_in_range(n, 1, sizeof(got));
		assert_memory_equal(got, data + at, n);
		at += n;
	}
	assert_int_equal(stream_read(s, got, 0, &n, SECOND), ST_INVALID);
	stream_close(s);
	fake_end();
	assert_int_equal(stream_write(s, data, 1), ST_INVALID);
	assert_int_equal(stream_read(s, got, 1, &n, 1), ST_INVALID);
	stream_close(s);
	stream_close(NULL);
	/* The next one begins anew. */
	announced = false;
	s = opened();
	stream_end();
	fake_end();
}

/* A wait ends when it should, or when the clock stands still, and leaves the stream as it was. */
static void test_timeout(void **state)
{
	struct stream *s;
	u64 start;
	size_t n = 1;
	u8 byte;

	machine(4);
	s = opened();
	start = now;
	assert_int_equal(stream_read(s, &byte, 1, &n, 2 * SECOND), ST_TIMEOUT);
	assert_int_equal(n, 0);
	assert_in_range(now - start, 2 * SECOND, 3 * SECOND);
	start = now;
	assert_int_equal(stream_read(s, &byte, 1, &n, 0), ST_TIMEOUT);
	assert_in_range(now - start, 0, SECOND / 10);
	stopped = true;
	assert_int_equal(stream_read(s, &byte, 1, &n, 2 * SECOND), ST_TIMEOUT);
	stopped = false;
	assert_true(fake_tell(RX1, "x", 1));
	assert_int_equal(stream_read(s, &byte, 1, &n, 0), ST_OK);
	assert_int_equal(byte, 'x');
	stream_close(s);
	fake_end();
}

static void test_peer_goes(void **state)
{
	struct stream *s;
	size_t n;
	u8 got[8];

	machine(4);
	s = opened();
	assert_true(fake_tell(RX1, "last", 4));
	tell(1, VIRTIO_CONSOLE_PORT_OPEN, 0, "");
	assert_int_equal(stream_read(s, got, 8, &n, SECOND), ST_OK);
	assert_int_equal(n, 4);
	assert_int_equal(stream_read(s, got, 8, &n, SECOND), ST_STATE);
	/* Somebody else may have it open now: not the one we spoke to. */
	tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
	assert_int_equal(stream_read(s, got, 8, &n, SECOND), ST_STATE);
	assert_int_equal(stream_write(s, got, 8), ST_STATE);
	stream_close(s);
	fake_end();
}

static void test_not_there(void **state)
{
	struct stream *s;

	machine(4);
	has_console = false;
	assert_int_equal(stream_open(STREAM_CONSOLE, 0, &s), ST_NOT_FOUND);
	assert_int_equal(stream_open((enum stream_kind)7, 0, &s), ST_INVALID);
	assert_null(s);
	/* One without ports, one whose ports have other names, one that nobody has open. */
	machine(4);
	fake.offers = 0;
	assert_int_equal(stream_open(STREAM_CONSOLE, 0, &s), ST_NOT_FOUND);
	fake_end();
	machine(4);
	port_name = "org.postern.workload2";
	assert_int_equal(stream_open(STREAM_CONSOLE, 0, &s), ST_NOT_FOUND);
	fake_end();
	machine(4);
	late_open = true;
	looks = 1000; /* never */
	assert_int_equal(stream_open(STREAM_CONSOLE, 0, &s), ST_TIMEOUT);
	fake_end();
	assert_null(s);
}

static void test_somebody_comes(void **state)
{
	struct stream *s;

	machine(4);
	late_open = true;
	decoys = 1; /* and the first console is broken */
	s = opened();
	assert_int_equal(looks > 39, true);
	stream_close(s);
	fake_end();
}

static void test_device_lies(void **state)
{
	struct stream *s;
	size_t n;
	u8 got[8];

	/* Nonsense while the port is looked for. */
	machine(1);
	assert_int_equal(stream_open(STREAM_CONSOLE, 0, &s), ST_PROTOCOL);
	fake_end();
	/* An empty buffer, and then good ones: too late. */
	machine(4);
	s = opened();
	assert_true(fake_tell(RX1, "", 0));
	assert_int_equal(stream_read(s, got, 8, &n, SECOND), ST_PROTOCOL);
	assert_int_equal(n, 0);
	assert_int_equal(stream_read(s, got, 8, &n, SECOND), ST_PROTOCOL);
	assert_int_equal(stream_write(s, got, 8), ST_PROTOCOL);
	stream_close(s);
	fake_end();
	/* A device that does not take what we write. */
	machine(4);
	s = opened();
	deaf = true;
	assert_int_equal(stream_write(s, got, 8), ST_TIMEOUT);
	deaf = false;
	assert_int_equal(stream_write(s, got, 8), ST_TIMEOUT);
	assert_int_equal(stream_read(s, got, 8, &n, SECOND), ST_TIMEOUT);
	stream_close(s);
	fake_end();
}

static void test_vsock(void **state)
{
	struct stream *s[VSOCK_STREAMS], *more;
	size_t n;
	u8 got[8];

	machine(4);
	has_vsock = false;
	assert_int_equal(stream_open(STREAM_VSOCK, 4433, &more), ST_NOT_FOUND);
	has_vsock = true;
	vsock_opens = ST_PROTOCOL;
	assert_int_equal(stream_open(STREAM_VSOCK, 4433, &more), ST_PROTOCOL);
	vsock_opens = ST_OK;
	vsock_connects = ST_DENIED;
	assert_int_equal(stream_open(STREAM_VSOCK, 4433, &more), ST_DENIED);
	assert_int_equal(vsock_opened, 0);
	vsock_connects = ST_OK;
	for (unsigned i = 0; i < VSOCK_STREAMS; i++)
		assert_int_equal(stream_open(STREAM_VSOCK, 4433, &s[i]), ST_OK);
	assert_int_equal(stream_open(STREAM_VSOCK, 4433, &more), ST_TOO_MANY);
	more = opened(); /* a console beside them */
	assert_int_equal(stream_write(s[0], "x", 1), ST_OK);
	assert_int_equal(stream_read(s[0], got, 8, &n, SECOND), ST_OK);
	assert_int_equal(n, 3);
	vsock_receives = ST_TIMEOUT;
	assert_int_equal(stream_read(s[0], got, 8, &n, SECOND), ST_TIMEOUT);
	vsock_receives = ST_NOT_FOUND; /* all was read and it has shut down */
	assert_int_equal(stream_read(s[0], got, 8, &n, SECOND), ST_STATE);
	vsock_receives = ST_OK;
	assert_int_equal(stream_read(s[0], got, 8, &n, SECOND), ST_STATE);
	vsock_sends = ST_STATE;
	assert_int_equal(stream_write(s[1], "x", 1), ST_STATE);
	assert_int_equal(stream_read(s[2], got, 8, &n, SECOND), ST_OK);
	stream_end();
	assert_int_equal(vsock_opened, 0);
	fake_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console),        cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_peer_goes),      cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_somebody_comes), cmocka_unit_test(test_device_lies),
		cmocka_unit_test(test_vsock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
