/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams to the host: a named port of a virtio console, or a vsock connection. The drivers judge
 * what the device does; here every wait has an end, and a stream that failed once stays dead:
 * bytes may be missing in the middle, and no protocol on top would know.
 */
#include <string.h>

#include "deadline.h"
#include "runtime.h"
#include "virtio.h"

#define SLICE_NS    (NS_PER_S / 20) /* how often we look whether the other side is still there */
#define ANNOUNCE_NS NS_PER_S        /* a device names its ports at once or never */
#define OPEN_NS     (30 * NS_PER_S) /* somebody must have it open on the host's side */

struct stream {
	bool used;
	enum stream_kind kind;
	unsigned index; /* port of the console, stream of the socket device */
	enum status dead;
};

static struct stream streams[1 + VSOCK_STREAMS];
static struct virtio_console console; /* of the one console stream */
static struct virtio_vsock vsock;     /* of all vsock streams */
static unsigned vsock_streams;

static struct stream *take(enum stream_kind kind)
{
	for (unsigned i = 0; i < ARRAY_SIZE(streams); i++)
		if (!streams[i].used) {
			streams[i] = (struct stream){ .used = true, .kind = kind };
			return &streams[i];
		}
	return NULL;
}

/* ---- console ---- */

static bool is_announced(void)
{
	for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS; i++)
		if (console.port[i].present && strcmp(console.port[i].name, STREAM_PORT_NAME) == 0)
			return true;
	return false;
}

/* ST_NOT_FOUND: this device has no such port; ST_TIMEOUT: nobody has it open. */
static enum status await_port(unsigned *port)
{
	struct deadline announce = deadline_in(ANNOUNCE_NS), open = deadline_in(OPEN_NS);

	for (;;) {
		int found = virtio_console_find(&console, STREAM_PORT_NAME, SLICE_NS);

		if (console.d->broken != ST_OK)
			return ST_PROTOCOL;
		if (found >= 0) {
			*port = (unsigned)found;
			return ST_OK;
		}
		if (!console.multiport)
			return ST_NOT_FOUND;
		if (deadline_passed(&announce) && !is_announced())
			return ST_NOT_FOUND;
		if (deadline_passed(&open))
			return ST_TIMEOUT;
	}
}

static bool console_is_taken(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(streams); i++)
		if (streams[i].used && streams[i].kind == STREAM_CONSOLE)
			return true;
	return false;
}

/* The first device that has the port; else why the last one with something to say had not. */
static enum status open_console(unsigned *port)
{
	enum status why = ST_NOT_FOUND;
	struct virtio_device *d;

	if (console_is_taken())
		return ST_STATE;
	for (unsigned n = 0; (d = virtio_find(VIRTIO_ID_CONSOLE, n)) != NULL; n++) {
		enum status st = virtio_console_open(&console, d);

		if (st == ST_OK) {
			st = await_port(port);
			if (st == ST_OK)
				return ST_OK;
			virtio_console_close(&console);
		}
		if (st != ST_NOT_FOUND)
			why = st;
	}
	return why;
}

static enum status read_console(struct stream *s, void *buffer, size_t *len, u64 ns)
{
	enum status st = virtio_console_read(&console, s->index, buffer, len, ns);

	/* What was sent before it was closed has been read. */
	if (st == ST_TIMEOUT && !console.port[s->index].open)
		return ST_STATE;
	return st;
}

/* ---- vsock ---- */

static enum status open_vsock(u32 port, unsigned *stream)
{
	struct virtio_device *d = virtio_find(VIRTIO_ID_VSOCK, 0);
	enum status st = ST_OK;

	if (d == NULL)
		return ST_NOT_FOUND;
	if (vsock_streams == 0)
		st = virtio_vsock_open(&vsock, d);
	if (st != ST_OK)
		return st;
	st = vsock_connect(&vsock, VIRTIO_VSOCK_CID_HOST, port, stream);
	if (st == ST_OK)
		vsock_streams++;
	else if (vsock_streams == 0)
		virtio_vsock_close(&vsock);
	return st;
}

static enum status read_vsock(struct stream *s, void *buffer, size_t *len, u64 ns)
{
	enum status st = vsock_receive(&vsock, s->index, buffer, len, ns);

	return st == ST_NOT_FOUND ? ST_STATE : st; /* it has shut down and all was read */
}

static void close_vsock(struct stream *s)
{
	(void)vsock_close(&vsock, s->index);
	if (--vsock_streams == 0)
		virtio_vsock_close(&vsock);
}

/* ---- what the workload calls ---- */

enum status stream_open(enum stream_kind kind, u32 port, struct stream **out)
{
	struct stream *s;
	enum status st;
	unsigned index;

	*out = NULL;
	switch (kind) {
	case STREAM_CONSOLE:
		st = open_console(&index);
		break;
	case STREAM_VSOCK:
		st = open_vsock(port, &index);
		break;
	default:
		return ST_INVALID;
	}
	if (st != ST_OK)
		return st;
	s = take(kind); /* as many as the drivers have, so there is one */
	s->index = index;
	*out = s;
	return ST_OK;
}

enum status stream_read(struct stream *s, void *buffer, size_t bytes, size_t *got, u64 timeout_ns)
{
	struct deadline end = deadline_in(timeout_ns);
	enum status st;

	*got = 0;
	if (s == NULL || !s->used || bytes == 0)
		return ST_INVALID;
	if (s->dead != ST_OK)
		return s->dead;
	do {
		size_t n = bytes;
		u64 ns = MIN(MAX(timeout_ns, 1), SLICE_NS);

		st = s->kind == STREAM_CONSOLE ? read_console(s, buffer, &n, ns)
					       : read_vsock(s, buffer, &n, ns);
		if (st == ST_OK)
			*got = n;
	} while (st == ST_TIMEOUT && !deadline_passed(&end));
	if (st != ST_TIMEOUT)
		s->dead = st;
	return st;
}

enum status stream_write(struct stream *s, const void *data, size_t bytes)
{
	if (s == NULL || !s->used)
		return ST_INVALID;
	if (s->dead == ST_OK)
		s->dead = s->kind == STREAM_CONSOLE
			      ? virtio_console_write(&console, s->index, data, bytes)
			      : vsock_send(&vsock, s->index, data, bytes);
	return s->dead;
}

void stream_close(struct stream *s)
{
	if (s == NULL || !s->used)
		return;
	if (s->kind == STREAM_CONSOLE)
		virtio_console_close(&console);
	else
		close_vsock(s);
	memset(s, 0, sizeof(*s));
}

void stream_end(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(streams); i++)
		stream_close(&streams[i]);
}
