/* SPDX-License-Identifier: BSD-2-Clause */
/* What the drivers share: see driver.h. */
#include "driver.h"

#include "mm.h"

enum status virtio_submit(struct virtio_device *d, struct virtq *q, const struct virtq_buffer *b,
			  unsigned n, unsigned slot)
{
	enum status st;

	if (d->broken != ST_OK)
		return d->broken;
	st = virtq_add(q, b, n, (void *)(uintptr_t)(slot + 1)); /* a token is not NULL */
	if (st != ST_OK && st != ST_NO_MEMORY)
		return virtio_broken(d, st, "queue %u takes no request: %s", q->index,
				     virtq_error_text(q->error));
	return st;
}

enum status virtio_finish(struct virtio_device *d, struct virtq *q, u64 ns, unsigned *slot,
			  u32 *len)
{
	void *token = NULL;
	enum status st;

	if (d->broken != ST_OK)
		return d->broken;
	st = virtio_wait(d, q, ns, &token, len);
	if (st == ST_OK)
		*slot = (unsigned)(uintptr_t)token - 1;
	return st;
}

enum status virtio_peek(struct virtio_device *d, struct virtq *q, unsigned *slot, u32 *len)
{
	void *token = NULL;
	enum status st;

	if (d->broken != ST_OK)
		return d->broken;
	st = virtq_get(q, &token, len);
	if (st == ST_OK)
		*slot = (unsigned)(uintptr_t)token - 1;
	if (st != ST_PROTOCOL)
		return st;
	return virtio_broken(d, st, "queue %u: %s (%u)", q->index, virtq_error_text(q->error),
			     q->bad_value);
}

enum status virtio_post(struct virtio_device *d, struct virtq *q, void *data, u32 len,
			unsigned slot)
{
	struct virtq_buffer b = { .data = data, .len = len, .device_writes = true };

	return virtio_submit(d, q, &b, 1, slot);
}

enum status virtio_hand_over(struct virtio_device *d, struct virtq *q, void *data, u32 len)
{
	struct virtq_buffer b = { .data = data, .len = len, .device_writes = false };
	enum status st = virtio_submit(d, q, &b, 1, 0);
	unsigned slot;
	u32 written;

	if (st != ST_OK)
		return st;
	virtio_kick(d, q);
	st = virtio_finish(d, q, VIRTIO_NS, &slot, &written);
	if (st == ST_TIMEOUT)
		return virtio_broken(d, st, "queue %u: %u bytes not taken", q->index, len);
	return st;
}

enum status virtio_end(struct virtio_device *d, void *pages, size_t count)
{
	enum status st = virtio_close(d);

	if (st == ST_OK && pages != NULL)
		pool_free(pages, count);
	return st;
}
