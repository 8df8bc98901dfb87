/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entropy device (VIRTIO 1.2, 5.4): one queue of buffers the device fills. What it says is the
 * host's word, chosen by it as it likes: worth mixing in, worth nothing alone.
 */
#include "driver.h"

#include "mm.h"

#define RNG_QUEUE 0
/* A device may give as little as one byte at a time (5.4.6.2); a host that answers so for ever
 * would hold us, so each page has this many turns. */
#define RNG_TURNS 64

/* At most a page. */
static enum status fill(struct virtio_device *d, struct virtq *q, u8 *page, u8 *buf, size_t size)
{
	size_t got = 0;

	for (unsigned turn = 0; turn < RNG_TURNS && got < size; turn++) {
		enum status st = virtio_post(d, q, page, (u32)(size - got), 0);
		unsigned slot;
		u32 len;

		if (st != ST_OK)
			return st;
		virtio_kick(d, q);
		st = virtio_finish(d, q, VIRTIO_NS, &slot, &len);
		if (st != ST_OK)
			return st;
		if (len == 0)
			return virtio_broken(d, ST_PROTOCOL, "rng: an answer without a byte");
		bounce_in(buf + got, page, len);
		got += len;
	}
	return got == size ? ST_OK : ST_NO_PROGRESS;
}

enum status virtio_rng_read(struct virtio_device *d, void *buf, size_t size)
{
	enum status st, end;
	struct virtq *q;
	u8 *page;

	if (d->claimed)
		return ST_STATE;
	st = virtio_open(d, BIT(VIRTIO_F_EVENT_IDX));
	if (st != ST_OK)
		return st;
	page = pool_alloc(1, PAGE_SIZE);
	q = virtio_queue(d, RNG_QUEUE, 1);
	if (q == NULL)
		st = d->broken;
	else if (page == NULL)
		st = ST_NO_MEMORY;
	else
		st = virtio_ready(d);
	for (size_t done = 0; st == ST_OK && done < size;) {
		size_t n = MIN(size - done, PAGE_SIZE);

		st = fill(d, q, page, (u8 *)buf + done, n);
		done += n;
	}
	end = virtio_end(d, page, 1);
	return st != ST_OK ? st : end;
}
