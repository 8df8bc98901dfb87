/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueue, driver side (VIRTIO 1.2, 2.7).
 *
 * The device may write any byte of the ring at any time, also of the parts that are ours. So we
 * never read what we wrote: which descriptors are free, how a request is chained, how much the
 * device may write of it and whom it belongs to stand in the private shadow alone. Of the device's
 * words only used.idx, one used element and the word that asks for silence are read, each once;
 * what breaks a rule breaks the queue for good, because after it nothing the device says can be
 * matched with what we asked for.
 */
#include "shared.h"
#include "virtio.h"

/* 2.7.6, 2.7.8: flags and idx come first in both rings. */
#define RING_FLAGS   0
#define RING_IDX     2
#define RING_ENTRIES 4
/* 2.7.5: fields of a descriptor */
#define DESC_ADDR            0
#define DESC_LEN             8
#define DESC_FLAGS           12
#define DESC_NEXT            14

#define INDIRECT_TABLE_BYTES (VIRTQ_CHAIN_MAX * VIRTQ_DESC_SIZE)

static size_t avail_offset(u16 size)
{
	return (size_t)size * VIRTQ_DESC_SIZE;
}

/* Each ring ends with the other side's event index. */
static size_t used_offset(u16 size)
{
	return align_up(avail_offset(size) + RING_ENTRIES + 2 * (size_t)size + 2, VIRTQ_USED_ALIGN);
}

static size_t tables_offset(u16 size)
{
	return align_up(used_offset(size) + RING_ENTRIES + VIRTQ_USED_ELEM_SIZE * (size_t)size + 2,
			VIRTQ_DESC_ALIGN);
}

size_t virtq_bytes(u16 size, bool indirect)
{
	size_t tables = indirect ? (size_t)size * INDIRECT_TABLE_BYTES : 0;

	return align_up(tables_offset(size) + tables, PAGE_SIZE);
}

/* When the device shall interrupt. With the event index (2.7.10) that is at one entry: the next
 * one, or the one as far away as can be, and so it is moved on with every entry taken. */
static void write_interrupt_wish(struct virtq *q)
{
	u16 event = q->interrupt ? q->used_seen : (u16)(q->used_seen - 1);

	if (q->event_idx)
		shared_store16(q->avail + RING_ENTRIES + 2 * q->size, event);
	else
		shared_store16(q->avail + RING_FLAGS,
			       q->interrupt ? 0 : VIRTQ_AVAIL_F_NO_INTERRUPT);
}

enum status virtq_init(struct virtq *q, void *shared, u16 size, u64 dma_bits, bool event_idx,
		       bool indirect)
{
	if (size == 0 || size > VIRTQ_SIZE_OURS || (size & (size - 1)) != 0)
		return ST_INVALID;
	if (shared == NULL || !is_aligned((uintptr_t)shared, PAGE_SIZE))
		return ST_ALIGN;
	*q = (struct virtq){ .size = size,
			     .event_idx = event_idx,
			     .indirect = indirect,
			     .dma_bits = dma_bits,
			     .ring = shared,
			     .ring_bytes = virtq_bytes(size, indirect),
			     .desc = shared,
			     .free_count = size };
	q->avail = q->desc + avail_offset(size);
	q->used = q->desc + used_offset(size);
	if (indirect)
		q->indirect_tables = q->desc + tables_offset(size);
	for (u16 i = 0; i < size; i++)
		q->shadow[i].next = (u16)(i + 1); /* the last one's is never followed: free_count */
	shared_store16(q->avail + RING_IDX, 0);
	write_interrupt_wish(q);
	return ST_OK;
}

static u64 device_address(const struct virtq *q, const void *p)
{
	return (u64)(uintptr_t)p | q->dma_bits;
}

u64 virtq_desc_address(const struct virtq *q)
{
	return device_address(q, q->desc);
}

u64 virtq_avail_address(const struct virtq *q)
{
	return device_address(q, q->avail);
}

u64 virtq_used_address(const struct virtq *q)
{
	return device_address(q, q->used);
}

static void write_desc(u8 *table, u16 i, u64 address, u32 len, u16 flags, u16 next)
{
	u8 *d = table + (size_t)i * VIRTQ_DESC_SIZE;

	shared_store64(d + DESC_ADDR, address);
	shared_store32(d + DESC_LEN, len);
	shared_store16(d + DESC_FLAGS, flags);
	shared_store16(d + DESC_NEXT, next);
}

static u16 buffer_flags(const struct virtq_buffer *b, bool last)
{
	return (u16)((b->device_writes ? VIRTQ_DESC_F_WRITE : 0) | (last ? 0 : VIRTQ_DESC_F_NEXT));
}

/* What the device may write of the request; ST_INVALID for one that 2.7.4.2 or 2.7.5 forbid. */
static enum status check_buffers(const struct virtq *q, const struct virtq_buffer *b, unsigned n,
				 u32 *writable)
{
	u64 total = 0, writes = 0;
	bool writing = false;

	if (n == 0 || n > VIRTQ_CHAIN_MAX || n > q->size)
		return ST_INVALID;
	for (unsigned i = 0; i < n; i++) {
		if (b[i].data == NULL || b[i].len == 0)
			return ST_INVALID;
		if (writing && !b[i].device_writes)
			return ST_INVALID;
		writing = b[i].device_writes;
		total += b[i].len;
		writes += writing ? b[i].len : 0;
	}
	if (total > ~0u)
		return ST_INVALID;
	*writable = (u32)writes;
	return ST_OK;
}

/* One descriptor that points to a table of n (2.7.5.3). */
static u16 add_indirect(struct virtq *q, const struct virtq_buffer *b, unsigned n)
{
	u16 head = q->free_head;
	u8 *table = q->indirect_tables + (size_t)head * INDIRECT_TABLE_BYTES;

	for (unsigned i = 0; i < n; i++)
		write_desc(table, (u16)i, device_address(q, b[i].data), b[i].len,
			   buffer_flags(&b[i], i + 1 == n), (u16)(i + 1));
	write_desc(q->desc, head, device_address(q, table), n * VIRTQ_DESC_SIZE,
		   VIRTQ_DESC_F_INDIRECT, 0);
	q->free_head = q->shadow[head].next;
	q->shadow[head].count = 1;
	return head;
}

/* A chain of n descriptors from the free list, in its order: the shadow's links stay. */
static u16 add_direct(struct virtq *q, const struct virtq_buffer *b, unsigned n)
{
	u16 head = q->free_head, at = head;

	for (unsigned i = 0; i < n; i++) {
		write_desc(q->desc, at, device_address(q, b[i].data), b[i].len,
			   buffer_flags(&b[i], i + 1 == n), q->shadow[at].next);
		at = q->shadow[at].next;
	}
	q->free_head = at;
	q->shadow[head].count = (u16)n;
	return head;
}

enum status virtq_add(struct virtq *q, const struct virtq_buffer *b, unsigned n, void *token)
{
	bool indirect = q->indirect && n > 1;
	u32 writable;
	enum status st;
	u16 head;

	if (q->error != VIRTQ_OK)
		return ST_PROTOCOL;
	st = check_buffers(q, b, n, &writable);
	if (st != ST_OK)
		return st;
	if (q->free_count < (indirect ? 1 : n))
		return ST_NO_MEMORY;
	head = indirect ? add_indirect(q, b, n) : add_direct(q, b, n);
	q->free_count = (u16)(q->free_count - q->shadow[head].count);
	q->shadow[head].writable = writable;
	q->shadow[head].token = token;
	shared_store16(q->avail + RING_ENTRIES + 2 * (size_t)(q->avail_idx % q->size), head);
	q->avail_idx++;
	q->requests++;
	shared_release16(q->avail + RING_IDX, q->avail_idx);
	return ST_OK;
}

bool virtq_must_notify(struct virtq *q)
{
	u16 added = (u16)(q->avail_idx - q->notified_idx), event;

	if (added == 0)
		return false;
	q->notified_idx = q->avail_idx;
	/* Our index before the device's wish: it writes that and then reads the index. */
	shared_fence();
	if (!q->event_idx)
		return (shared_load16(q->used + RING_FLAGS) & VIRTQ_USED_F_NO_NOTIFY) == 0;
	event = shared_load16(q->used + RING_ENTRIES + VIRTQ_USED_ELEM_SIZE * (size_t)q->size);
	return (u16)(q->avail_idx - event - 1) < added;
}

static enum status broken(struct virtq *q, enum virtq_error e, u32 value)
{
	q->error = e;
	q->bad_value = value;
	return ST_PROTOCOL;
}

/* Back to the front of the free list, the chain as it hangs together. */
static void release(struct virtq *q, u16 head)
{
	u16 last = head;

	for (u16 i = 1; i < q->shadow[head].count; i++)
		last = q->shadow[last].next;
	q->shadow[last].next = q->free_head;
	q->free_head = head;
	q->free_count = (u16)(q->free_count + q->shadow[head].count);
	q->shadow[head].count = 0;
}

enum status virtq_get(struct virtq *q, void **token, u32 *len)
{
	const u8 *element;
	struct virtq_shadow *s;
	u32 id, length;
	u16 idx;

	if (q->error != VIRTQ_OK)
		return ST_PROTOCOL;
	idx = shared_acquire16(q->used + RING_IDX);
	/* Only forward from what it was when last read, and not beyond what was asked for. */
	if ((u16)(idx - q->used_known) > (u16)(q->avail_idx - q->used_known))
		return broken(q, VIRTQ_USED_JUMP, idx);
	q->used_known = idx;
	if (idx == q->used_seen)
		return ST_NOT_FOUND;
	element = q->used + RING_ENTRIES + VIRTQ_USED_ELEM_SIZE * (size_t)(q->used_seen % q->size);
	id = shared_load32(element);
	length = shared_load32(element + 4);
	if (id >= q->size)
		return broken(q, VIRTQ_USED_ID, id);
	s = &q->shadow[id];
	if (s->count == 0)
		return broken(q, VIRTQ_USED_NOT_OURS, id);
	if (length > s->writable)
		return broken(q, VIRTQ_USED_LENGTH, length);
	*token = s->token;
	*len = length;
	release(q, (u16)id);
	q->used_seen++;
	q->completions++;
	if (q->event_idx) {
		write_interrupt_wish(q);
		shared_fence(); /* before the next look at used.idx: no entry without interrupt */
	}
	return ST_OK;
}

unsigned virtq_outstanding(const struct virtq *q)
{
	return (u16)(q->avail_idx - q->used_seen);
}

bool virtq_want_interrupt(struct virtq *q, bool want)
{
	q->interrupt = want;
	write_interrupt_wish(q);
	shared_fence();
	return !want || shared_load16(q->used + RING_IDX) == q->used_seen;
}

const char *virtq_error_text(enum virtq_error e)
{
	switch (e) {
	case VIRTQ_OK:
		return "nothing wrong";
	case VIRTQ_USED_JUMP:
		return "used.idx went back or beyond what was asked for";
	case VIRTQ_USED_ID:
		return "used id is not below the queue's size";
	case VIRTQ_USED_NOT_OURS:
		return "used id is of no outstanding request";
	case VIRTQ_USED_LENGTH:
		return "used length is more than the device may write";
	}
	return "unknown error";
}
