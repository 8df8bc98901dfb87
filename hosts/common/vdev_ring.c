/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device side of a split virtqueue (VIRTIO 1.2, 2.7). The driver is hostile: every index, address
 * and length is read once and checked, chains are bounded by the queue's size, and a driver that
 * breaks a rule is answered by DEVICE_NEEDS_RESET, never by a hang. What we wrote to the used ring
 * is never read back.
 */
#include <string.h>

#include "common/mutant.h"
#include "common/vdev_local.h"

#define DESC_LEN   8
#define DESC_FLAGS 12
#define DESC_NEXT  14
#define RING_IDX   2
#define RING_FIRST 4

void vdev_ring_reset(struct vdev_ring *r)
{
	memset(r, 0, sizeof(*r));
	r->q.size = VDEV_QUEUE_MAX;
	r->vector = VIRTIO_MSI_NO_VECTOR;
}

static bool fits(u64 address, u64 size)
{
	return address + size > address;
}

bool vdev_ring_well_formed(const struct vtap_queue *q)
{
	u64 n = q->size;

	if (V(n == 0 || n > VIRTQ_SIZE_MAX || (n & (n - 1)) != 0))
		return false;
	if (V(!is_aligned(q->desc, VIRTQ_DESC_ALIGN)))
		return false;
	if (V(!is_aligned(q->driver, VIRTQ_AVAIL_ALIGN)))
		return false;
	if (V(!is_aligned(q->device, VIRTQ_USED_ALIGN)))
		return false;
	if (V(!fits(q->desc, n * VIRTQ_DESC_SIZE)))
		return false;
	if (V(!fits(q->driver, 6 + 2 * n)))
		return false;
	if (V(!fits(q->device, 6 + VIRTQ_USED_ELEM_SIZE * n)))
		return false;
	return true;
}

/* ---- chains ---- */

struct descriptor {
	u64 address;
	u32 len;
	u16 flags, next;
};

static bool load_descriptor(u64 table, u16 index, struct descriptor *d)
{
	u8 raw[VIRTQ_DESC_SIZE];

	if (!vio_load(table + (u64)index * VIRTQ_DESC_SIZE, raw, sizeof(raw)))
		return false;
	d->address = le_get(raw, 8);
	d->len = (u32)le_get(raw + DESC_LEN, 4);
	d->flags = (u16)le_get(raw + DESC_FLAGS, 2);
	d->next = (u16)le_get(raw + DESC_NEXT, 2);
	return true;
}

static enum status append(struct vdev_chain *c, const struct descriptor *d)
{
	bool write = (d->flags & VIRTQ_DESC_F_WRITE) != 0;
	u32 *sum = write ? &c->writable_bytes : &c->readable_bytes;

	/* 2.7.4.2: device-readable ones first. */
	if (V(!write && c->n > c->readable))
		return ST_PROTOCOL;
	if (V(!fits(d->address, d->len))) /* nor is any of no length */
		return ST_PROTOCOL;
	/* 2.7.5.3.2 limits the sum to 2^32 bytes. */
	if (V(*sum + d->len < *sum))
		return ST_PROTOCOL;
	*sum += d->len;
	c->readable += write ? 0 : 1;
	c->buffer[c->n++] = (struct vdev_buffer){ d->address, d->len };
	return ST_OK;
}

/* From descriptor `at` of a table of n, at most `most` of them: a longer chain is a loop. */
static enum status walk(u64 table, u32 n, u16 at, unsigned most, struct vdev_chain *c,
			struct descriptor *first)
{
	struct descriptor d;

	for (unsigned taken = 0;; taken++) {
		if (V(taken >= most))
			return ST_PROTOCOL;
		if (V(at >= n))
			return ST_PROTOCOL;
		if (!load_descriptor(table, at, &d))
			return ST_PROTOCOL;
		if ((d.flags & VIRTQ_DESC_F_INDIRECT) != 0) {
			/* 2.7.5.3.1: alone in its chain, and no table within a table. */
			if (V(taken != 0 || first == NULL))
				return ST_PROTOCOL;
			*first = d;
			return ST_INCOMPLETE;
		}
		if (append(c, &d) != ST_OK)
			return ST_PROTOCOL;
		if ((d.flags & VIRTQ_DESC_F_NEXT) == 0)
			return ST_OK;
		at = d.next;
	}
}

enum status vdev_chain_read(const struct vtap_queue *q, u16 head, bool indirect,
			    struct vdev_chain *c)
{
	struct descriptor table;
	unsigned most = MIN((unsigned)q->size, VDEV_QUEUE_MAX);
	enum status st;

	c->head = head;
	c->n = c->readable = 0;
	c->readable_bytes = c->writable_bytes = 0;
	st = walk(q->desc, q->size, head, most, c, &table);
	if (st != ST_INCOMPLETE)
		return st;
	if (V(!indirect))
		return ST_PROTOCOL;
	if (V((table.flags & VIRTQ_DESC_F_NEXT) != 0))
		return ST_PROTOCOL;
	if (V(table.len == 0 || table.len % VIRTQ_DESC_SIZE != 0))
		return ST_PROTOCOL;
	return walk(table.address, table.len / VIRTQ_DESC_SIZE, 0, most, c, NULL);
}

/* ---- the rings ---- */

static enum status broken(struct vdev_ring *r)
{
	r->broken = true;
	return ST_PROTOCOL;
}

enum status vdev_ring_take(struct vdev_ring *r, struct vdev_chain *c)
{
	u16 idx, head;

	if (r->broken)
		return ST_PROTOCOL;
	if (!vio_get16(r->q.driver + RING_IDX, &idx))
		return broken(r);
	if (idx == r->next_avail)
		return ST_NOT_FOUND;
	if (V((u16)(idx - r->next_avail) > r->q.size))
		return broken(r);
	if (!vio_get16(r->q.driver + RING_FIRST + 2ULL * (r->next_avail % r->q.size), &head))
		return broken(r);
	if (vdev_chain_read(&r->q, head, r->indirect, c) != ST_OK)
		return broken(r);
	r->next_avail++;
	return ST_OK;
}

void vdev_ring_untake(struct vdev_ring *r)
{
	r->next_avail--;
}

enum status vdev_ring_put(struct vdev_ring *r, u16 head, u32 len)
{
	u8 element[VIRTQ_USED_ELEM_SIZE];
	u64 at = r->q.device + RING_FIRST + (u64)VIRTQ_USED_ELEM_SIZE * (r->used_idx % r->q.size);

	le_put(element, head, 4);
	le_put(element + 4, len, 4);
	if (!vio_store(at, element, sizeof(element)))
		return broken(r);
	if (!vio_put16(r->q.device + RING_IDX, ++r->used_idx))
		return broken(r);
	return ST_OK;
}

bool vdev_ring_must_interrupt(struct vdev_ring *r)
{
	u16 then = r->signalled, now = r->used_idx, value;

	if (r->broken || then == now)
		return false;
	r->signalled = now;
	/* The index is out before we look whether anybody waits for it (2.7.7.2). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (r->event_idx) {
		if (!vio_get16(r->q.driver + RING_FIRST + 2ULL * r->q.size, &value))
			return false;
		return (u16)(now - value - 1) < (u16)(now - then);
	}
	return vio_get16(r->q.driver, &value) && (value & VIRTQ_AVAIL_F_NO_INTERRUPT) == 0;
}

enum status vdev_ring_want_notify(struct vdev_ring *r)
{
	u64 at =
	    r->q.device + (r->event_idx ? RING_FIRST + (u64)VIRTQ_USED_ELEM_SIZE * r->q.size : 0);

	if (!vio_put16(at, r->event_idx ? r->next_avail : 0))
		return broken(r);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ST_OK;
}

/* ---- bytes of a chain ---- */

typedef bool copy_fn(u64 address, u8 *buf, u64 size);

static bool copy_in(u64 address, u8 *buf, u64 size)
{
	return vio_load(address, buf, size);
}

static bool copy_out(u64 address, u8 *buf, u64 size)
{
	return vio_store(address, buf, size);
}

static bool spread(const struct vdev_buffer *b, unsigned n, u32 offset, u8 *buf, u32 size,
		   copy_fn *copy)
{
	for (unsigned i = 0; i < n && size > 0; i++) {
		u32 part;

		if (offset >= b[i].len) {
			offset -= b[i].len;
			continue;
		}
		part = MIN(size, b[i].len - offset);
		if (!copy(b[i].address + offset, buf, part))
			return false;
		buf += part;
		size -= part;
		offset = 0;
	}
	return size == 0;
}

bool vdev_chain_get(const struct vdev_chain *c, u32 offset, void *buf, u32 size)
{
	return spread(c->buffer, c->readable, offset, buf, size, copy_in);
}

bool vdev_chain_put(const struct vdev_chain *c, u32 offset, const void *buf, u32 size)
{
	return spread(c->buffer + c->readable, c->n - c->readable, offset, (u8 *)(uintptr_t)buf,
		      size, copy_out);
}
