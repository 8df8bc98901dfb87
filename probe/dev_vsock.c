/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams to the reference host's services (VIRTIO 1.2, 5.10): port 7 echoes, 9
 * discards, 19 sends bytes by a rule. A check never closes a stream but to see
 * it closed: the reset of the device does.
 */
#include <string.h>

#include "dev.h"
#include "mm.h"

#define ECHO      7
#define DISCARD   9
#define SEQUENCE  19
#define NOBODY    23
#define ECHOED    KIB(256)
#define PIECE     KIB(8)
#define ANSWER_NS 500000000ULL

static u8 piece[PIECE], back[PIECE];
static bool unanswered; /* one connection was waited for in vain: no other check
			   waits as long */

/* false: skip or failure has been said. */
static bool open_vsock(struct virtio_vsock *v)
{
	struct virtio_device *d = dev_get(VIRTIO_ID_VSOCK);

	return d != NULL && dev_ok("opening", d, virtio_vsock_open(v, d));
}

static bool dial(struct virtio_vsock *v, u32 port, unsigned *stream)
{
	enum status st = ST_TIMEOUT;

	if (!unanswered)
		st = vsock_connect(v, VIRTIO_VSOCK_CID_HOST, port, stream);
	unanswered = unanswered || st == ST_TIMEOUT;
	check_note("port %u", port);
	return dev_ok("connecting", v->d, st);
}

/* Credit the host cannot have is noticed with its first packet. */
static bool expect_clean(const struct virtio_vsock *v)
{
	return expect_eq("packets that break a rule", v->bad_packets, 0);
}

static bool receive_all(struct virtio_vsock *v, unsigned stream, u8 *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		size_t n = len - done;

		if (!dev_ok("receiving", v->d, vsock_receive(v, stream, buf + done, &n, ANSWER_NS)))
			return false;
		done += n;
	}
	return true;
}

static u8 echo_byte(size_t at, unsigned salt)
{
	return (u8)(at * 7 + at / 253 + salt * 101);
}

static bool send_piece(struct virtio_vsock *v, unsigned stream, size_t at, unsigned salt)
{
	for (size_t i = 0; i < PIECE; i++)
		piece[i] = echo_byte(at + i, salt);
	return dev_ok("sending", v->d, vsock_send(v, stream, piece, PIECE));
}

static bool receive_piece(struct virtio_vsock *v, unsigned stream, size_t at, unsigned salt)
{
	if (!receive_all(v, stream, back, PIECE))
		return false;
	for (size_t i = 0; i < PIECE; i++)
		if (back[i] != echo_byte(at + i, salt)) {
			check_note("byte %zu", at + i);
			return expect_eq("a byte that comes back", back[i],
					 echo_byte(at + i, salt));
		}
	return true;
}

/* The host is kept ahead of us by more than it has credit for. */
#define AHEAD (3 * PIECE)

static void echo(struct virtio_vsock *v)
{
	unsigned s = 0;

	if (!dial(v, ECHO, &s) || !expect_clean(v))
		return;
	for (size_t at = 0; at < ECHOED + AHEAD; at += PIECE) {
		if (at < ECHOED && !send_piece(v, s, at, 0))
			return;
		if (at >= AHEAD && !receive_piece(v, s, at - AHEAD, 0))
			return;
	}
	(void)expect_clean(v);
}

/* Two at once, each with bytes of its own. */
static void streams(struct virtio_vsock *v)
{
	unsigned s[2] = { 0 };

	if (!dial(v, ECHO, &s[0]) || !dial(v, ECHO, &s[1]) || !expect_clean(v))
		return;
	for (size_t at = 0; at < AHEAD; at += PIECE)
		if (!send_piece(v, s[0], at, 1) || !send_piece(v, s[1], at, 2))
			return;
	for (size_t at = 0; at < AHEAD; at += PIECE)
		if (!receive_piece(v, s[1], at, 2) || !receive_piece(v, s[0], at, 1))
			return;
	(void)expect_clean(v);
}

/* The host may fill our buffer and no more; ours of what it takes comes back as
 * it takes it. */
static void credit(struct virtio_vsock *v)
{
	struct deadline d = deadline_in(DEV_SHORT_NS);
	unsigned s = 0, sink = 0;
	size_t n = 1;

	if (!dial(v, SEQUENCE, &s) || !dial(v, DISCARD, &sink) || !expect_clean(v))
		return;
	if (!dev_ok("receiving", v->d, vsock_receive(v, s, back, &n, ANSWER_NS)))
		return;
	/* Sending looks at what has come: more than the room there is would show. */
	for (unsigned i = 0; i < 32; i++)
		if (!dev_ok("sending", v->d, vsock_send(v, sink, piece, PIECE)))
			return;
	while (!deadline_passed(&d))
		visit_host();
	if (receive_all(v, s, back, PIECE))
		(void)expect_clean(v);
}

static void order(struct virtio_vsock *v)
{
	unsigned s = 0;

	if (!dial(v, SEQUENCE, &s))
		return;
	for (size_t at = 0; at < 8 * PIECE; at += PIECE) {
		if (!receive_all(v, s, back, PIECE))
			return;
		for (size_t i = 0; i < PIECE; i++)
			if (!expect_eq("a byte of the sequence", back[i],
				       (u8)((at + i) * 167 + 13)))
				return;
	}
}

static void refused(struct virtio_vsock *v)
{
	unsigned s = 0;

	/* Where even services do not answer, this one need not be waited for. */
	if (!dial(v, DISCARD, &s))
		return;
	expect_eq("connecting to a port without a service",
		  vsock_connect(v, VIRTIO_VSOCK_CID_HOST, NOBODY, &s), ST_DENIED);
}

static void shutdown(struct virtio_vsock *v)
{
	unsigned s = 0;

	if (dial(v, DISCARD, &s))
		dev_ok("shutting down both ways", v->d, vsock_close(v, s));
}

static void with_vsock(void (*fn)(struct virtio_vsock *v))
{
	struct virtio_vsock v;

	if (!open_vsock(&v))
		return;
	fn(&v);
	virtio_vsock_close(&v);
}

void dev_vsock_streams(void)
{
	with_vsock(streams);
}

void dev_vsock_credit(void)
{
	with_vsock(credit);
}

void dev_vsock_order(void)
{
	with_vsock(order);
}

void dev_vsock_echo(void)
{
	with_vsock(echo);
}

void dev_vsock_refused(void)
{
	with_vsock(refused);
}

void dev_vsock_shutdown(void)
{
	with_vsock(shutdown);
}
