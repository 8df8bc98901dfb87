/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device for tests of the drivers: the real ring between them, and what lies below it
 * faked (opening, waiting, pool, heap). A test plays the device with `fake.serve`, which is called
 * for each queue when the driver notifies it and, once, when the driver waits and nothing is there.
 *
 * Every buffer a driver gives the device must lie in one allocation of the pool: anything else is
 * an abort, and so is a page or an object that was not given back (fake_end()).
 */
#ifndef FAKE_VIRTIO_H
#define FAKE_VIRTIO_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm.h"
#include "virtio.h"

#define FAKE_ALLOCATIONS 64

struct fake_segment {
	u8 *data;
	u32 len;
};

/* One request as the device sees it. */
struct fake_request {
	u16 head;
	unsigned in_count, out_count; /* what it may write, what it may read */
	struct fake_segment in[VIRTQ_CHAIN_MAX], out[VIRTQ_CHAIN_MAX];
};

static struct fake {
	u64 offers;
	u8 config[32];
	enum status config_status, ready_status, close_status;
	u16 queue_max[VIRTIO_QUEUES_MAX];
	bool no_pages, no_heap;
	void (*serve)(u16 queue);
	u16 taken[VIRTIO_QUEUES_MAX]; /* requests the device has looked at */
	u16 done[VIRTIO_QUEUES_MAX];  /* its used.idx */
	unsigned waits;               /* in which nothing came */
	struct {
		u8 *data;
		size_t size;
		bool pool;
	} allocation[FAKE_ALLOCATIONS];
	struct virtio_device device;
} fake;

#define FAKE_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* ---- memory ---- */

static void *fake_alloc(size_t size, size_t align, bool pool)
{
	for (unsigned i = 0; i < FAKE_ALLOCATIONS; i++) {
		if (fake.allocation[i].data != NULL)
			continue;
		fake.allocation[i].data = aligned_alloc(align, align_up(size, align));
		fake.allocation[i].size = size;
		fake.allocation[i].pool = pool;
		return memset(fake.allocation[i].data, 0, size);
	}
	abort();
}

static void fake_free(void *p, size_t size, bool pool)
{
	for (unsigned i = 0; i < FAKE_ALLOCATIONS; i++)
		if (fake.allocation[i].data == p) {
			FAKE_CHECK(fake.allocation[i].pool == pool);
			FAKE_CHECK(!pool || fake.allocation[i].size == size);
			fake.allocation[i].data = NULL;
			free(p);
			return;
		}
	abort();
}

static inline unsigned fake_live(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FAKE_ALLOCATIONS; i++)
		n += fake.allocation[i].data != NULL;
	return n;
}

void *pool_alloc(size_t pages, u64 align)
{
	return fake.no_pages ? NULL : fake_alloc(pages * PAGE_SIZE, align, true);
}

void pool_free(void *p, size_t pages)
{
	fake_free(p, pages * PAGE_SIZE, true);
}

__attribute__((weak)) void *heap_alloc(size_t size)
{
	return fake.no_heap ? NULL : fake_alloc(size, 16, false);
}

__attribute__((weak)) void heap_free(void *p)
{
	fake_free(p, 0, false);
}

static inline bool fake_in_pool(const u8 *p, size_t size)
{
	for (unsigned i = 0; i < FAKE_ALLOCATIONS; i++) {
		u8 *start = fake.allocation[i].data;

		if (start != NULL && fake.allocation[i].pool && p >= start &&
		    size <= fake.allocation[i].size &&
		    (size_t)(p - start) <= fake.allocation[i].size - size)
			return true;
	}
	return false;
}

/* ---- the device's side of a ring ---- */

static inline u16 fake_available(u16 queue)
{
	struct virtq *q = fake.device.queue[queue];
	u16 idx;

	memcpy(&idx, q->avail + 2, sizeof(idx));
	return (u16)(idx - fake.taken[queue]);
}

static inline void fake_walk(const u8 *table, u16 at, struct fake_request *r)
{
	for (u16 flags = VIRTQ_DESC_F_NEXT; (flags & VIRTQ_DESC_F_NEXT) != 0;) {
		const u8 *d = table + at * VIRTQ_DESC_SIZE;
		struct fake_segment s;
		u64 address;

		memcpy(&address, d, 8);
		memcpy(&s.len, d + 8, 4);
		memcpy(&flags, d + 12, 2);
		memcpy(&at, d + 14, 2);
		s.data = (u8 *)(uintptr_t)address;
		FAKE_CHECK(fake_in_pool(s.data, s.len));
		if ((flags & VIRTQ_DESC_F_INDIRECT) != 0) {
			fake_walk(s.data, 0, r);
			return;
		}
		if ((flags & VIRTQ_DESC_F_WRITE) != 0)
			r->in[r->in_count++] = s;
		else
			r->out[r->out_count++] = s;
	}
}

/* The next request of a queue; false: none. */
static inline bool fake_take(u16 queue, struct fake_request *r)
{
	struct virtq *q = fake.device.queue[queue];
	u16 head;

	if (fake_available(queue) == 0)
		return false;
	memcpy(&head, q->avail + 4 + 2 * (fake.taken[queue] % q->size), 2);
	fake.taken[queue]++;
	*r = (struct fake_request){ .head = head };
	fake_walk(q->desc, head, r);
	return true;
}

/* Completes a request, whatever its id. */
static inline void fake_finish(u16 queue, u32 id, u32 len)
{
	struct virtq *q = fake.device.queue[queue];
	u8 *entry = q->used + 4 + 8 * (fake.done[queue] % q->size);

	memcpy(entry, &id, 4);
	memcpy(entry + 4, &len, 4);
	fake.done[queue]++;
	memcpy(q->used + 2, &fake.done[queue], 2);
}

/* Fills the one buffer of a request of `queue` with data: what devices that speak up do. */
static inline bool fake_tell(u16 queue, const void *data, u32 len)
{
	struct fake_request r;

	if (!fake_take(queue, &r))
		return false;
	FAKE_CHECK(r.in_count == 1 && r.out_count == 0 && len <= r.in[0].len);
	memcpy(r.in[0].data, data, len);
	fake_finish(queue, r.head, len);
	return true;
}

/* ---- virtio/device.c ---- */

enum status virtio_open(struct virtio_device *d, u64 wanted)
{
	if (d->broken != ST_OK)
		return d->broken;
	FAKE_CHECK(!d->claimed);
	d->features = fake.offers & wanted;
	d->claimed = true;
	memset(fake.taken, 0, sizeof(fake.taken));
	memset(fake.done, 0, sizeof(fake.done));
	return ST_OK;
}

struct virtq *virtio_queue(struct virtio_device *d, u16 index, u16 size)
{
	bool indirect = (d->features & BIT(VIRTIO_F_INDIRECT_DESC)) != 0;
	struct virtq *q;
	u8 *ring;

	if (d->broken != ST_OK)
		return NULL;
	FAKE_CHECK(d->claimed && index < VIRTIO_QUEUES_MAX && d->queue[index] == NULL);
	if (fake.queue_max[index] == 0) {
		(void)virtio_broken(d, ST_PROTOCOL, "queue %u of size 0", index);
		return NULL;
	}
	size = MIN(size, fake.queue_max[index]);
	q = fake_alloc(sizeof(*q), 16, false);
	ring = fake_alloc(virtq_bytes(size, indirect), PAGE_SIZE, true);
	FAKE_CHECK(virtq_init(q, ring, size, 0, (d->features & BIT(VIRTIO_F_EVENT_IDX)) != 0,
			      indirect) == ST_OK);
	q->index = index;
	d->queue[index] = q;
	return q;
}

enum status virtio_ready(struct virtio_device *d)
{
	return d->broken != ST_OK ? d->broken : fake.ready_status;
}

enum status virtio_broken(struct virtio_device *d, enum status st, const char *fmt, ...)
{
	va_list ap;

	if (d->broken != ST_OK)
		return st;
	d->broken = st;
	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	return st;
}

enum status virtio_close(struct virtio_device *d)
{
	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		struct virtq *q = d->queue[i];

		if (q != NULL) {
			fake_free(q->ring, q->ring_bytes, true);
			fake_free(q, 0, false);
		}
		d->queue[i] = NULL;
	}
	d->claimed = false;
	return fake.close_status;
}

void virtio_kick(struct virtio_device *d, struct virtq *q)
{
	if (d->broken != ST_OK || !virtq_must_notify(q))
		return;
	d->kicks++;
	if (fake.serve != NULL)
		fake.serve(q->index);
}

enum status virtio_wait(struct virtio_device *d, struct virtq *q, u64 ns, void **token, u32 *len)
{
	enum status st;

	FAKE_CHECK(ns != 0);
	if (d->broken != ST_OK)
		return d->broken;
	st = virtq_get(q, token, len);
	if (st == ST_NOT_FOUND && fake.serve != NULL) {
		for (u16 i = 0; i < VIRTIO_QUEUES_MAX; i++)
			if (d->queue[i] != NULL)
				fake.serve(i);
		st = virtq_get(q, token, len);
	}
	if (st == ST_PROTOCOL)
		return virtio_broken(d, st, "queue %u: %s", q->index, virtq_error_text(q->error));
	fake.waits += st == ST_NOT_FOUND;
	return st == ST_NOT_FOUND ? ST_TIMEOUT : st;
}

enum status virtio_config(struct virtio_device *d, u32 offset, void *buf, size_t size)
{
	FAKE_CHECK(offset <= sizeof(fake.config) && size <= sizeof(fake.config) - offset);
	if (fake.config_status != ST_OK)
		return virtio_broken(d, fake.config_status, "configuration");
	memcpy(buf, fake.config + offset, size);
	return ST_OK;
}

/* ---- the test ---- */

static inline void fake_start(u64 offers, void (*serve)(u16))
{
	for (unsigned i = 0; i < FAKE_ALLOCATIONS; i++)
		free(fake.allocation[i].data);
	memset(&fake, 0, sizeof(fake));
	fake.offers = offers;
	fake.serve = serve;
	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++)
		fake.queue_max[i] = 128;
}

/* The driver is done: nothing is left with the device, nothing was kept. */
static inline void fake_end(void)
{
	FAKE_CHECK(!fake.device.claimed);
	FAKE_CHECK(fake_live() == 0);
}

#endif
