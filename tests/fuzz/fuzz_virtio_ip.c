/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network whose frames are the input's, some made to look right as far as addresses and sums go:
 * no read beyond a frame, no write beyond a buffer, no call without end, and a ping is only
 * answered by its own payload.
 * sources: virtio/ip.c
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "virtio.h"

#define US       0x0a00020fu
#define GATEWAY  0x0a000202u
#define RECEIVES 4096 /* of one run */

static unsigned receives;
static u8 request[VIRTIO_NET_FRAME];
static size_t request_len;
static u8 last[VIRTIO_NET_FRAME]; /* frame that came */

static void store(u8 *p, u64 v, unsigned bytes)
{
	while (bytes-- != 0)
		*p++ = (u8)(v >> 8 * bytes);
}

static u16 sum_of(const u8 *p, size_t len, u32 sum)
{
	for (size_t i = 0; i < len; i++)
		sum += (u32)p[i] << (i % 2 == 0 ? 8 : 0);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/* Right sums over whatever the frame says of its lengths, as far as they are in it. */
static void mend(u8 *f, size_t len)
{
	size_t header = (f[14] & 0xfu) * 4u, total = (size_t)f[16] << 8 | f[17];

	if (header < 20 || total < header || 14 + total > len)
		return;
	store(f + 24, 0, 2);
	store(f + 24, sum_of(f + 14, header, 0), 2);
	if (f[23] == 1 && total >= header + 8) {
		store(f + 14 + header + 2, 0, 2);
		store(f + 14 + header + 2, sum_of(f + 14 + header, total - header, 0), 2);
	}
}

static enum status link_send(void *ctx, const void *frame, size_t len)
{
	if (len > VIRTIO_NET_FRAME)
		abort();
	for (size_t i = 0; i < len; i++) /* all of it is there to be read */
		request[i] = ((const u8 *)frame)[i];
	request_len = len;
	return ctx != NULL && byte() == 0xff ? ST_TIMEOUT : ST_OK;
}

/* The last request, turned round. */
static size_t turn_round(u8 *f)
{
	memcpy(f, request, request_len);
	memcpy(f, request + 6, 6);
	memcpy(f + 6, "\x52\x55\x0a\0\2\2", 6);
	if (f[13] == 6) {
		store(f + 20, 2, 2);
		memcpy(f + 22, f + 6, 6);
		memcpy(f + 28, request + 38, 4);
		memcpy(f + 38, request + 28, 4);
		return request_len;
	}
	memcpy(f + 26, request + 30, 4);
	memcpy(f + 30, request + 26, 4);
	f[34] = 0;
	if (f[23] == 17) { /* ports; without a sum */
		memcpy(f + 34, request + 36, 2);
		memcpy(f + 36, request + 34, 2);
		store(f + 40, 0, 2);
	}
	return request_len;
}

static enum status link_receive(void *ctx, void *frame, size_t *len, u64 ns)
{
	u8 how = byte(), *f = frame;

	if (++receives > RECEIVES)
		abort();
	if (input.left == 0 || how == 0xff)
		return ST_TIMEOUT;
	*len = (size_t)byte() * 6;
	if ((how & 1) != 0 && request_len >= 42) {
		*len = turn_round(f);
	} else {
		for (size_t i = 0; i < *len && i < VIRTIO_NET_FRAME; i++)
			f[i] = byte();
	}
	for (u8 flips = how >> 6; flips != 0; flips--) {
		u8 at = byte(), bits = byte();

		if (at < *len)
			f[at] ^= bits;
	}
	if ((how & 2) != 0 && *len >= 42)
		mend(f, *len);
	memcpy(last, f, sizeof(last));
	return ST_OK;
}

static void play(struct ip_link *l, u8 action)
{
	size_t len = (size_t)(action >> 2) * 23;
	u8 *buf = memset(malloc(len + 1), action, len + 1), mac[6];

	switch (action & 3) {
	case 0:
		(void)ip_resolve(l, GATEWAY + (action >> 2), mac);
		break;
	case 1:
		if (ip_ping(l, GATEWAY, buf, len) == ST_OK &&
		    memcmp(last + 14 + (last[14] & 0xfu) * 4u + 8, buf, len) != 0)
			abort();
		break;
	case 2:
		(void)ip_udp_send(l, GATEWAY, 7, 9, buf, len);
		break;
	default:
		free(buf);
		buf = malloc(len + 1);
		if (ip_udp_receive(l, 7, buf, &len, 1) == ST_OK && len > (size_t)(action >> 2) * 23)
			abort();
	}
	free(buf);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct ip_link l = { .send = link_send,
			     .receive = link_receive,
			     .mac = { 0x52, 0x54, 0, 1, 2, 3 },
			     .address = US,
			     .gateway = GATEWAY };

	l.ctx = &l;
	input_start(data, size);
	receives = 0;
	request_len = 0;
	while (input.left != 0)
		play(&l, byte());
	return 0;
}
