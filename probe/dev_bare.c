/* SPDX-License-Identifier: BSD-2-Clause */
#include "dev_ring.h"

#include <string.h>

#include "mm.h"
#include "shared.h"

#define GUARD       0xa5
#define FLAGS       0 /* 2.7.6, 2.7.8 */
#define IDX         2
#define ENTRIES     4
#define DESC_BYTES  ((size_t)BARE_SIZE * VIRTQ_DESC_SIZE)
#define AVAIL_BYTES (ENTRIES + 2 * BARE_SIZE + 2)

/* Written twice: for the device, and for the comparison. */
static void put_avail(struct bare_ring *b, size_t at, u16 v)
{
	shared_release16(b->written_avail + at, v);
	shared_release16(b->k->q.avail + at, v);
}

static bool get_memory(struct bare_ring *b)
{
	b->data = pool_alloc(1, PAGE_SIZE);
	b->written = heap_alloc(DESC_BYTES + AVAIL_BYTES);
	if (b->data == NULL || b->written == NULL) {
		check_skip("no memory for requests");
		return false;
	}
	b->written_avail = b->written + DESC_BYTES;
	return true;
}

bool bare_open(struct bare_ring *b, struct virtio_device *d, u64 wanted)
{
	memset(b, 0, sizeof(*b));
	if (d == NULL)
		return false;
	b->d = d;
	b->device_writes = d->id == VIRTIO_ID_ENTROPY;
	if (get_memory(b) && dev_ok("opening", d, virtio_open(d, wanted)))
		return true;
	bare_close(b);
	return false;
}

bool bare_start(struct bare_ring *b, u16 vector)
{
	u16 index = b->device_writes ? 0 : VIRTIO_VSOCK_TX;

	b->k = dev_queue_open(b->d, index, BARE_SIZE, vector);
	if (b->k != NULL) {
		memcpy(b->written_avail, b->k->q.avail, AVAIL_BYTES);
		if (dev_ok("starting", b->d, virtio_ready(b->d)))
			return true;
	}
	bare_close(b);
	return false;
}

void bare_close(struct bare_ring *b)
{
	/* Until it is seen reset, a device that was opened may write there. */
	if (!b->d->claimed || virtio_close(b->d) == ST_OK) {
		dev_queue_free(b->k);
		if (b->data != NULL)
			pool_free(b->data, 1);
	}
	heap_free(b->written);
}

static u8 *slot(const struct bare_ring *b, u16 head)
{
	return b->data + (size_t)head * BARE_SLOT;
}

/* A reset of a stream that is not there is dropped (5.10.6.4): header and
 * nothing else. */
static u32 stray_packet(u8 *p)
{
	u64 cid = VIRTIO_VSOCK_CID_HOST;
	u16 word[2] = { VIRTIO_VSOCK_TYPE_STREAM, VIRTIO_VSOCK_OP_RST };

	memset(p, 0, VIRTIO_VSOCK_HDR_SIZE);
	memcpy(p + 8, &cid, 8);
	memcpy(p + 28, word, sizeof(word));
	return VIRTIO_VSOCK_HDR_SIZE;
}

void bare_publish(struct bare_ring *b, u16 head, u32 len)
{
	u64 address = (u64)(uintptr_t)slot(b, head) | b->k->q.dma_bits;
	u8 *d = b->written + (size_t)head * VIRTQ_DESC_SIZE;
	u32 flags = b->device_writes ? VIRTQ_DESC_F_WRITE : 0;

	memset(slot(b, head), GUARD, BARE_SLOT);
	if (!b->device_writes)
		len = stray_packet(slot(b, head));
	memcpy(d, &address, 8);
	memcpy(d + 8, &len, 4);
	memcpy(d + 12, &flags, 4);
	memcpy(b->k->q.desc + (size_t)head * VIRTQ_DESC_SIZE, d, VIRTQ_DESC_SIZE);
	put_avail(b, ENTRIES + 2 * (size_t)(b->avail_idx % BARE_SIZE), head);
	put_avail(b, IDX, ++b->avail_idx);
	b->asked[head] = len;
	b->published++;
}

void bare_kick(struct bare_ring *b)
{
	b->kicks++;
	b->d->transport->notify(b->d, &b->k->q);
}

/* 2.7.10, where it was agreed: at the entry avail_event names. */
bool bare_wants_kick(const struct bare_ring *b)
{
	const u8 *used = b->k->q.used;

	arch_barrier(); /* the index is out before the wish is read */
	if (b->k->q.event_idx)
		return shared_acquire16(used + ENTRIES + VIRTQ_USED_ELEM_SIZE * BARE_SIZE) ==
		       (u16)(b->avail_idx - 1);
	return (shared_acquire16(used + FLAGS) & VIRTQ_USED_F_NO_NOTIFY) == 0;
}

void bare_want_interrupt(struct bare_ring *b, bool want)
{
	if (b->k->q.event_idx)
		put_avail(b, ENTRIES + 2 * BARE_SIZE, want ? b->used_idx : (u16)(b->used_idx - 1));
	else
		put_avail(b, FLAGS, want ? 0 : VIRTQ_AVAIL_F_NO_INTERRUPT);
	arch_barrier();
}

static bool all_guard(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != GUARD)
			return false;
	return true;
}

/* The bytes stand where they were asked for, and nowhere else. */
static void judge_data(struct bare_ring *b, u16 head, u32 len)
{
	const u8 *s = slot(b, head);

	if (!all_guard(s + b->asked[head], BARE_SLOT - b->asked[head]) ||
	    (len >= 8 && all_guard(s, MIN(len, b->asked[head]))))
		b->elsewhere = true;
}

static void judge_used(struct bare_ring *b, u32 id, u32 len)
{
	if (id >= BARE_HEADS) {
		b->strange_id = true;
		b->value = id;
	} else if (b->asked[id] == 0) {
		/* Of what was published together, twice; or of nothing that is outstanding.
		 */
		*((b->answered & BIT(id)) != 0 ? &b->repeated : &b->strange_id) = true;
		b->value = id;
	} else {
		if (len > (b->device_writes ? b->asked[id] : 0)) {
			b->too_long = true;
			b->value = len;
		}
		if (b->device_writes)
			judge_data(b, (u16)id, len);
		b->empty = b->empty || len == 0;
		b->asked[id] = 0;
		b->answered |= BIT(id);
		b->completed++;
	}
}

static unsigned outstanding(const struct bare_ring *b)
{
	return (u16)(b->avail_idx - b->used_idx);
}

void bare_settle(struct bare_ring *b)
{
	memset(b->asked, 0, sizeof(b->asked));
	b->answered = 0;
}

/* An index that cannot be: all that was asked for counts as answered, to go on
 * with what comes. */
static void jump(struct bare_ring *b, u16 idx)
{
	b->jumped = true;
	b->value = idx;
	b->used_idx = b->avail_idx;
	bare_settle(b);
}

bool bare_collect(struct bare_ring *b, unsigned n, u64 ns)
{
	struct deadline end = deadline_in(ns);

	while (n > 0) {
		u16 idx = shared_acquire16(b->k->q.used + IDX), ahead = (u16)(idx - b->used_idx);

		if (ahead > outstanding(b)) {
			jump(b, idx);
			return true;
		}
		for (; ahead > 0 && n > 0; ahead--, n--) {
			const u8 *e = b->k->q.used + ENTRIES +
				      VIRTQ_USED_ELEM_SIZE * (size_t)(b->used_idx % BARE_SIZE);

			judge_used(b, shared_load32(e), shared_load32(e + 4));
			b->used_idx++;
		}
		if (n > 0 && deadline_passed(&end))
			return false;
	}
	return true;
}

bool bare_request(struct bare_ring *b)
{
	u16 head = (u16)(b->published % BARE_HEADS);

	bare_publish(b, head, 32);
	if (bare_wants_kick(b))
		bare_kick(b);
	if (!bare_collect(b, 1, BARE_NS))
		return false;
	bare_settle(b);
	return true;
}

void bare_compare(struct bare_ring *b)
{
	if (memcmp(b->written, b->k->q.desc, DESC_BYTES) != 0 ||
	    memcmp(b->written_avail, b->k->q.avail, AVAIL_BYTES) != 0)
		b->touched = true;
}
