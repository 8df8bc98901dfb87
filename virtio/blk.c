/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block device (VIRTIO 1.2, 5.2). A request is a header, data and a status byte; up to
 * VIRTIO_BLK_DEPTH are on their way at once, each with a span of the bounce pages of its own.
 *
 * What the host can do: answer late, never, in any order, with less than was asked, or say that it
 * wrote what it did not. Data it does write is its word; who needs more encrypts.
 */
#include "driver.h"

#include "mm.h"

#define BLK_QUEUE    0
#define BLK_ENTRIES  16 /* DEPTH requests of three buffers */
#define BLK_CHAIN    3
#define DEPTH        VIRTIO_BLK_DEPTH
#define SPAN_SECTORS (VIRTIO_BLK_SPAN / VIRTIO_BLK_SECTOR)
#define HEADER_SIZE  16
#define HEADER_ROOM  64   /* header, then the status byte */
#define NO_STATUS    0xff /* before the device has written one */
#define PAGES        (DEPTH * VIRTIO_BLK_SPAN / PAGE_SIZE + 1)

/* One call: what is still to be asked for, and what is on its way. */
struct job {
	u32 type;
	u64 sector;
	u8 *in;        /* next byte of a read */
	const u8 *out; /* next byte of a write */
	size_t left;   /* sectors */
	unsigned flying;
	struct {
		bool busy;
		u32 bytes;
		u8 *in;
	} slot[DEPTH];
};

static u8 *span_of(const struct virtio_blk *b, unsigned slot)
{
	return b->bounce + slot * VIRTIO_BLK_SPAN;
}

static u8 *header_of(const struct virtio_blk *b, unsigned slot)
{
	return b->bounce + DEPTH * VIRTIO_BLK_SPAN + (size_t)slot * HEADER_ROOM;
}

/* Asks for the next span of the job (a flush: for nothing but a status) in this slot. */
static enum status submit(struct virtio_blk *b, struct job *j, unsigned slot)
{
	u32 sectors = (u32)MIN(j->left, SPAN_SECTORS), bytes = sectors * VIRTIO_BLK_SECTOR;
	u8 *header = header_of(b, slot), *span = span_of(b, slot);
	struct virtq_buffer buffer[BLK_CHAIN];
	unsigned n = 0;
	enum status st;

	le_put(header, j->type, 4);
	le_put(header + 4, 0, 4);
	le_put(header + 8, j->sector, 8);
	header[HEADER_SIZE] = NO_STATUS;
	if (j->type == VIRTIO_BLK_T_OUT)
		memcpy(span, j->out, bytes);
	buffer[n++] = (struct virtq_buffer){ header, HEADER_SIZE, false };
	if (bytes != 0)
		buffer[n++] = (struct virtq_buffer){ span, bytes, j->type == VIRTIO_BLK_T_IN };
	buffer[n++] = (struct virtq_buffer){ header + HEADER_SIZE, 1, true };
	st = virtio_submit(b->d, b->q, buffer, n, slot);
	if (st != ST_OK)
		return st;

	j->slot[slot].busy = true;
	j->slot[slot].bytes = bytes;
	j->slot[slot].in = j->in;
	j->flying++;
	j->left -= sectors;
	j->sector += sectors;
	if (j->type == VIRTIO_BLK_T_IN)
		j->in += bytes;
	else if (j->type == VIRTIO_BLK_T_OUT)
		j->out += bytes;
	return ST_OK;
}

/* Asks for as much as slots and descriptors allow, then tells the device once. */
static enum status fill(struct virtio_blk *b, struct job *j)
{
	for (unsigned slot = 0; slot < DEPTH && j->left != 0; slot++) {
		enum status st;

		if (j->slot[slot].busy)
			continue;
		st = submit(b, j, slot);
		if (st == ST_NO_MEMORY && j->flying != 0)
			break; /* a queue smaller than DEPTH requests */
		if (st != ST_OK)
			return st;
	}
	virtio_kick(b->d, b->q);
	return ST_OK;
}

/* Names the status byte (5.2.6). `len` is what the device says it wrote: all the data, with or
 * without the status byte behind it; some hosts do not count that, so the byte is judged by its
 * having changed. Less would hand old bytes of the bounce page out as data. */
static enum status judge(struct virtio_blk *b, u8 status, u32 wanted, u32 len)
{
	switch (status) {
	case VIRTIO_BLK_S_OK:
		if (len < wanted)
			return virtio_broken(b->d, ST_PROTOCOL, "blk: %u of %u bytes written", len,
					     wanted);
		return ST_OK;
	case VIRTIO_BLK_S_IOERR:
		return ST_FAULT;
	case VIRTIO_BLK_S_UNSUPP:
		return ST_UNSUPPORTED;
	case NO_STATUS:
		return virtio_broken(b->d, ST_PROTOCOL, "blk: an answer without a status");
	default:
		return virtio_broken(b->d, ST_PROTOCOL, "blk: unknown status 0x%x", status);
	}
}

static enum status finish(struct virtio_blk *b, struct job *j)
{
	u32 len, wanted;
	unsigned slot;
	u8 status;
	enum status st = virtio_finish(b->d, b->q, VIRTIO_NS, &slot, &len);

	/* The request stays the device's, and its buffers with it: no use of it is safe now. */
	if (st == ST_TIMEOUT)
		return virtio_broken(b->d, st, "blk: no answer");
	if (st != ST_OK)
		return st;
	wanted = j->type == VIRTIO_BLK_T_IN ? j->slot[slot].bytes : 0;
	bounce_in(&status, header_of(b, slot) + HEADER_SIZE, 1);
	j->slot[slot].busy = false;
	j->flying--;
	st = judge(b, status, wanted, len);
	if (st != ST_OK)
		return st;
	if (j->type == VIRTIO_BLK_T_IN) {
		bounce_in(j->slot[slot].in, span_of(b, slot), wanted);
		b->bytes_read += wanted;
	} else {
		b->bytes_written += j->slot[slot].bytes;
	}
	return ST_OK;
}

/* Each turn finishes one request or breaks the device: as many turns as spans. New ones are asked
 * for by halves of DEPTH, so that the device is told half as often. After a failed request nothing
 * new is asked for, and what flies is waited for, so that slots are free again. */
static enum status run(struct virtio_blk *b, struct job *j)
{
	enum status failed = ST_OK;

	while (b->d->broken == ST_OK && (j->flying != 0 || (failed == ST_OK && j->left != 0))) {
		enum status st = ST_OK;

		if (failed == ST_OK && j->flying <= DEPTH / 2)
			st = fill(b, j);
		if (st == ST_OK)
			st = finish(b, j);
		if (failed == ST_OK)
			failed = st;
	}
	return failed != ST_OK ? failed : b->d->broken;
}

static enum status check(const struct virtio_blk *b, u64 sector, size_t count)
{
	if (b->d->broken != ST_OK)
		return b->d->broken;
	if (sector > b->sectors || count > b->sectors - sector ||
	    count > SIZE_MAX / VIRTIO_BLK_SECTOR)
		return ST_RANGE;
	return ST_OK;
}

enum status virtio_blk_read(struct virtio_blk *b, u64 sector, void *buf, size_t count)
{
	struct job j = { .type = VIRTIO_BLK_T_IN, .sector = sector, .in = buf, .left = count };
	enum status st = check(b, sector, count);

	return st != ST_OK ? st : run(b, &j);
}

enum status virtio_blk_write(struct virtio_blk *b, u64 sector, const void *buf, size_t count)
{
	struct job j = { .type = VIRTIO_BLK_T_OUT, .sector = sector, .out = buf, .left = count };
	enum status st = check(b, sector, count);

	if (st != ST_OK)
		return st;
	return b->read_only ? ST_DENIED : run(b, &j);
}

/* Without the feature there is no cache that a write could be lost in (5.2.5.2). */
enum status virtio_blk_flush(struct virtio_blk *b)
{
	struct job j = { .type = VIRTIO_BLK_T_FLUSH };
	enum status st = check(b, 0, 0);

	if (st != ST_OK || !b->flush)
		return st;
	st = submit(b, &j, 0);
	if (st != ST_OK)
		return st;
	virtio_kick(b->d, b->q);
	return finish(b, &j);
}

static enum status start(struct virtio_blk *b)
{
	u8 capacity[8];
	enum status st = virtio_config(b->d, VIRTIO_BLK_CONFIG_CAPACITY, capacity, 8);

	if (st != ST_OK)
		return st;
	b->sectors = le64(capacity);
	b->flush = (b->d->features & BIT(VIRTIO_BLK_F_FLUSH)) != 0;
	b->read_only = (b->d->features & BIT(VIRTIO_BLK_F_RO)) != 0;
	b->q = virtio_queue(b->d, BLK_QUEUE, BLK_ENTRIES);
	if (b->q == NULL)
		return b->d->broken;
	if (b->q->size < BLK_CHAIN) /* 2.7.5.3.1: no chain is longer than the queue */
		return ST_UNSUPPORTED;
	b->bounce = pool_alloc(PAGES, PAGE_SIZE);
	return b->bounce == NULL ? ST_NO_MEMORY : virtio_ready(b->d);
}

enum status virtio_blk_open(struct virtio_blk *b, struct virtio_device *d)
{
	u64 wanted = BIT(VIRTIO_BLK_F_RO) | BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_F_INDIRECT_DESC) |
		     BIT(VIRTIO_F_EVENT_IDX);
	enum status st;

	memset(b, 0, sizeof(*b));
	b->d = d;
	st = virtio_open(d, wanted);
	if (st != ST_OK)
		return st;
	st = start(b);
	if (st != ST_OK)
		virtio_blk_close(b);
	return st;
}

void virtio_blk_close(struct virtio_blk *b)
{
	(void)virtio_end(b->d, b->bounce, PAGES);
	b->bounce = NULL;
	b->q = NULL;
}
