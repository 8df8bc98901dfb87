/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block, entropy, network and console device whose every answer is the input's: what is written,
 * how much is said to be, of which request. The driver must stay inside its buffers and end each
 * call; once broken a device stays it; pages all come back.
 * sources: virtio/blk.c virtio/rng.c virtio/net.c virtio/console.c virtio/driver.c virtio/ring.c
 */
#include "fake_virtio.h"
#include "input.h"

#define ACTIONS 24
#define WAITS   4096 /* in all of a run: more is a loop without bound */

/* Some bytes of the input into what the device may write; what that is in all. */
static u32 fill(const struct fake_request *r, u8 how)
{
	u32 writable = 0;

	for (unsigned i = 0; i < r->in_count; i++) {
		u32 n = MIN(r->in[i].len, (u32)(how >> 2 & 0x1f));

		for (u32 at = 0; at < n; at++)
			r->in[i].data[at] = byte();
		writable += r->in[i].len;
	}
	if ((how & 1) != 0 && r->in_count != 0) /* an honest status */
		r->in[r->in_count - 1].data[r->in[r->in_count - 1].len - 1] = 0;
	return writable;
}

static void serve(u16 queue)
{
	struct fake_request r;

	while (input.left != 0 && fake_take(queue, &r)) {
		u8 how = byte();
		u32 len = fill(&r, how), id = r.head;

		if (how == 0xfe)
			continue; /* never answered */
		if ((how & 2) == 0)
			len = byte();
		if (how == 0xff) {
			id = (u32)any(4);
			len = (u32)any(4);
		}
		fake_finish(queue, id, len);
		if (how == 0xfd) /* twice */
			fake_finish(queue, id, len);
		if (how == 0xfc)
			return; /* the others later */
	}
}

/* A private buffer of exactly this size, so that a byte too many is seen. */
static u8 *exactly(size_t size)
{
	return memset(malloc(size + (size == 0)), 0xa5, size);
}

static void play_blk(struct virtio_device *d)
{
	struct virtio_blk b;

	if (virtio_blk_open(&b, d) != ST_OK)
		return;
	for (unsigned i = 0; i < ACTIONS && input.left != 0; i++) {
		u8 action = byte();
		size_t count = action >> 2;
		u8 *buf;

		if ((action & 0x80) != 0)
			count *= 15; /* several spans */
		buf = exactly(count * VIRTIO_BLK_SECTOR);
		if ((action & 3) == 0)
			(void)virtio_blk_flush(&b);
		else if ((action & 3) == 1)
			(void)virtio_blk_write(&b, byte(), buf, count);
		else
			(void)virtio_blk_read(&b, byte(), buf, count);
		free(buf);
		FAKE_CHECK(d->broken != ST_OK || virtq_outstanding(b.q) == 0);
	}
	virtio_blk_close(&b);
}

static void play_rng(struct virtio_device *d)
{
	size_t size = (size_t)byte() * 33;
	u8 *buf = exactly(size);

	(void)virtio_rng_read(d, buf, size);
	free(buf);
}

static void play_net(struct virtio_device *d)
{
	struct virtio_net n;

	if (virtio_net_open(&n, d) != ST_OK)
		return;
	for (unsigned i = 0; i < ACTIONS && input.left != 0; i++) {
		size_t len = (size_t)byte() * 7;
		u8 *frame = exactly(VIRTIO_NET_FRAME);

		if (len % 2 == 0)
			(void)virtio_net_send(&n, frame, MIN(len, VIRTIO_NET_FRAME));
		else if (virtio_net_receive(&n, frame, &len, 1) == ST_OK)
			FAKE_CHECK(len > 0 && len <= VIRTIO_NET_FRAME);
		free(frame);
	}
	virtio_net_close(&n);
}

static void check_ports(const struct virtio_console *c)
{
	for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS; i++) {
		const char *name = c->port[i].name;

		FAKE_CHECK(memchr(name, '\0', sizeof(c->port[i].name)) != NULL);
		for (; *name != '\0'; name++)
			FAKE_CHECK(*name >= ' ' && *name <= '~');
	}
}

static void play_console(struct virtio_device *d)
{
	struct virtio_console c;

	if (virtio_console_open(&c, d) != ST_OK)
		return;
	for (unsigned i = 0; i < ACTIONS && input.left != 0; i++) {
		u8 action = byte();
		size_t len = (size_t)(action >> 4) * 500, room = len;
		u8 *buf = exactly(len);

		if ((action & 3) == 0)
			(void)virtio_console_find(&c, "a", 1);
		else if ((action & 3) == 1)
			(void)virtio_console_write(&c, action >> 2 & 3, buf, len);
		else if (virtio_console_read(&c, action >> 2 & 3, buf, &len, 1) == ST_OK)
			FAKE_CHECK(len > 0 && len <= room);
		free(buf);
		check_ports(&c);
	}
	virtio_console_close(&c);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const play[])(struct virtio_device *) = { play_blk, play_rng, play_net,
								play_console };
	u8 first;

	input_start(data, size);
	first = byte();
	fake_start(~0ULL, serve);
	if ((first & 4) != 0)
		fake.offers &= ~BIT(VIRTIO_F_INDIRECT_DESC);
	if ((first & 8) != 0)
		fake.offers &= ~BIT(VIRTIO_F_EVENT_IDX);
	if ((first & 16) != 0)
		fake.offers &= ~0xffffULL; /* none of the device's own */
	fake.queue_max[0] = (u16)(1u << (first >> 5));
	for (unsigned i = 0; i < 8; i++)
		fake.config[i] = byte();
	play[first & 3](&fake.device);
	FAKE_CHECK(fake.waits < WAITS);
	fake_end();
	return 0;
}
