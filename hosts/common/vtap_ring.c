/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests seen on their way to a device. Whatever is on: rings and buffers that the host cannot
 * reach are the guest's mistake. With a fault, the answer is waited for (bounded) and altered while
 * the CPU that notified still waits for its exit to be handled.
 */
#include <string.h>

#include "common/secret.h"
#include "common/vdev_local.h"
#include "core/core.h"

#define WAIT_NS        100000000ULL /* an answer that is due */
#define WAIT_RX_NS     2000000ULL   /* one that comes when something arrives */
#define LOOK_MAX       VDEV_QUEUE_MAX
#define AVAIL_RING(q)  ((q)->driver + 4)
#define USED_RING(q)   ((q)->device + 4)
#define USED_EVENT(q)  ((q)->driver + 4 + 2ULL * (q)->size)
#define AVAIL_EVENT(q) ((q)->device + 4 + (u64)VIRTQ_USED_ELEM_SIZE * (q)->size)

static struct vdev_chain chain;

static const enum fault_id ring_faults[] = {
	FAULT_USED_ID_BEYOND,
	FAULT_USED_ID_OTHER,
	FAULT_USED_LENGTH,
	FAULT_USED_JUMP,
	FAULT_USED_BACK,
	FAULT_USED_TWICE,
	FAULT_DESCRIPTOR_CHANGED,
	FAULT_AVAIL_CHANGED,
	FAULT_KICK_UNASKED,
	FAULT_INTERRUPT_UNWANTED,
	FAULT_DESCRIPTOR_REDIRECTED,
	FAULT_READ_ALTERED,
	FAULT_WRITE_ALTERED,
	FAULT_WRITE_DROPPED,
	FAULT_BLK_ERRORS_HIDDEN,
	FAULT_NET_FRAME_ALTERED,
	FAULT_CONSOLE_ALTERED,
	FAULT_RNG_EMPTY,
	FAULT_RNG_CONSTANT,
};

static bool any_fault(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ring_faults); i++)
		if (fault_on(ring_faults[i]))
			return true;
	return false;
}

/* ---- what the guest must not do ---- */

static bool areas_shared(const struct vtap_queue *q)
{
	u64 n = q->size;

	return vio_shared(q->desc, n * VIRTQ_DESC_SIZE) && vio_shared(q->driver, 6 + 2 * n) &&
	       vio_shared(q->device, 6 + VIRTQ_USED_ELEM_SIZE * n);
}

static bool buffers_shared(const struct vdev_chain *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (!vio_shared(c->buffer[i].address, c->buffer[i].len))
			return false;
	return true;
}

/* What the device reads has left the guest, whatever the page holds at the end. */
static void search_buffers(const struct vdev_chain *c)
{
	for (unsigned i = 0; secret_planted() && i < c->readable; i++) {
		u64 at = c->buffer[i].address, end = at + c->buffer[i].len;

		for (u64 n; at < end; at += n) {
			u64 memory;

			n = MIN(end - at, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
			memory = vio_host.memory(at, n);
			if (memory != 0)
				secret_search("device data", at, (const void *)(uintptr_t)memory,
					      (size_t)n);
		}
	}
}

static void report(const struct tamper *t, const char *what)
{
	if (!vio_private_expected())
		vio_violation("dma-private", "device %u queue %u: %s", t->id, t->index, what);
}

/* The requests published since the last look; false: some of it is private. */
static bool look(struct tamper *t)
{
	struct vtap_queue *q = t->q;
	u16 now, head;

	if (!areas_shared(q)) {
		report(t, "a ring");
		return false;
	}
	if (!vio_get16(q->driver + 2, &now))
		return false;
	for (unsigned i = 0; q->avail_seen != now && i < LOOK_MAX; i++) {
		u16 slot = q->avail_seen++ % q->size;

		if (!vio_get16(AVAIL_RING(q) + 2ULL * slot, &head) || head >= q->size)
			break;
		/* A malformed chain is between driver and device. */
		t->has_chain = vdev_chain_read(q, head, t->indirect, &chain) == ST_OK;
		t->head = head;
		if (t->has_chain && !buffers_shared(&chain)) {
			report(t, "a buffer");
			return false;
		}
		if (t->has_chain)
			search_buffers(&chain);
	}
	q->avail_seen = now;
	return true;
}

/* ---- before the device looks ---- */

/* An answer without interrupt, where none was asked for, becomes one with. */
static void ask_for_interrupt(struct tamper *t)
{
	if (t->event_idx)
		vio_put16(USED_EVENT(t->q), t->used);
	else
		vio_put16(t->q->driver, t->flags & (u16)~VIRTQ_AVAIL_F_NO_INTERRUPT);
}

bool tamper_before(struct tamper *t)
{
	struct vtap_queue *q = t->q;

	t->has_chain = t->data_saved = false;
	if (!vdev_ring_well_formed(q) || !look(t))
		return !vio_private_expected();
	if (!vio_get16(q->device + 2, &t->used) || !vio_get16(q->driver, &t->flags) ||
	    !vio_get16(q->driver + 2, &t->avail) || !vio_get16(USED_EVENT(q), &t->event))
		return true;
	if (fault_on(FAULT_KICK_IGNORED) && t->id == VIRTIO_ID_ENTROPY)
		return false;
	if (fault_on(FAULT_INTERRUPT_UNWANTED))
		ask_for_interrupt(t);
	if (t->has_chain)
		tamper_data_before(t, &chain);
	return true;
}

/* ---- behind the device's back ---- */

/* Queues a device answers when something arrives, not when it is asked. */
static bool is_receive(const struct tamper *t)
{
	return (t->id == VIRTIO_ID_NET || t->id == VIRTIO_ID_CONSOLE || t->id == VIRTIO_ID_VSOCK) &&
	       t->index % 2 == 0;
}

/* Until all that was published is answered. Returns how much is. */
static u16 wait_for_answers(const struct tamper *t, bool waits)
{
	u64 limit = is_receive(t) ? WAIT_RX_NS : WAIT_NS;
	u64 start = vio_host.now();
	u16 used = t->used;

	for (;;) {
		if (!vio_get16(t->q->device + 2, &used))
			return 0;
		if (used == t->avail || !waits || vio_host.now() - start >= limit)
			return (u16)(used - t->used);
		vio_host.relax();
	}
}

static u64 element(const struct tamper *t, u16 index)
{
	return USED_RING(t->q) + (u64)VIRTQ_USED_ELEM_SIZE * (index % t->q->size);
}

static void change_element(const struct tamper *t, u16 index)
{
	u8 e[VIRTQ_USED_ELEM_SIZE];
	u32 id, len;

	if (!vio_load(element(t, index), e, sizeof(e)))
		return;
	id = (u32)le_get(e, 4);
	len = (u32)le_get(e + 4, 4);
	if (fault_on(FAULT_USED_ID_BEYOND))
		id = t->q->size + id;
	if (fault_on(FAULT_USED_ID_OTHER))
		id = (id + 1) % MAX(t->q->size, 2); /* of one entry there is no other */
	if (fault_on(FAULT_USED_LENGTH))
		len |= 0x80000000u;
	if (fault_on(FAULT_RNG_EMPTY) && t->id == VIRTIO_ID_ENTROPY)
		len = 0;
	le_put(e, id, 4);
	le_put(e + 4, len, 4);
	vio_store(element(t, index), e, sizeof(e));
}

/* The last answer once more: in place of the one before it, or as one more. */
static void repeat(const struct tamper *t, u16 last, u16 answers)
{
	u8 e[VIRTQ_USED_ELEM_SIZE];
	u16 to = answers > 1 ? (u16)(last - 1) : (u16)(last + 1);

	if (!vio_load(element(t, last), e, sizeof(e)))
		return;
	vio_store(element(t, to), e, sizeof(e));
	if (answers == 1)
		vio_put16(t->q->device + 2, (u16)(last + 2));
}

static void change_index(const struct tamper *t, u16 last)
{
	if (fault_on(FAULT_USED_JUMP))
		vio_put16(t->q->device + 2, (u16)(last + 6));
	if (fault_on(FAULT_USED_BACK))
		vio_put16(t->q->device + 2, (u16)(t->used - 1));
}

/* The driver's part of the ring: nothing a device may write. */
static void change_drivers_part(const struct tamper *t)
{
	u64 at = t->q->desc + (u64)t->head * VIRTQ_DESC_SIZE;
	u8 d[VIRTQ_DESC_SIZE];
	u16 value;

	if (fault_on(FAULT_DESCRIPTOR_CHANGED) && vio_load(at, d, sizeof(d))) {
		d[1] ^= 0x40; /* of the address */
		vio_store(at, d, sizeof(d));
	}
	at = AVAIL_RING(t->q) + 2ULL * ((u16)(t->avail - 1) % t->q->size);
	if (fault_on(FAULT_AVAIL_CHANGED) && vio_get16(at, &value))
		vio_put16(at, value ^ 1);
}

static void no_more_kicks(const struct tamper *t)
{
	if (t->event_idx)
		vio_put16(AVAIL_EVENT(t->q), (u16)(t->avail + 0x4000));
	else
		vio_put16(t->q->device, VIRTQ_USED_F_NO_NOTIFY);
}

void tamper_after(struct tamper *t, bool waits)
{
	u16 answers, last;

	if (!any_fault() || !vio_shared(t->q->device, 4))
		return;
	answers = wait_for_answers(t, waits);
	last = (u16)(t->used + answers - 1);
	if (fault_on(FAULT_INTERRUPT_UNWANTED)) { /* as the driver left it */
		if (t->event_idx)
			vio_put16(USED_EVENT(t->q), t->event);
		else
			vio_put16(t->q->driver, t->flags);
	}
	if (t->has_chain)
		tamper_data_after(t, &chain);
	if (fault_on(FAULT_KICK_UNASKED) && t->id == VIRTIO_ID_ENTROPY)
		no_more_kicks(t);
	if (answers == 0)
		return;
	change_element(t, last);
	if (fault_on(FAULT_USED_TWICE))
		repeat(t, last, answers);
	change_index(t, last);
	change_drivers_part(t);
}
