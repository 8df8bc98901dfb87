/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the drivers share (virtio/driver.c): buffers go out and come back by a slot number, which is
 * the token the ring keeps in its private shadow, so nothing the device says chooses a buffer.
 */
#ifndef VIRTIO_DRIVER_H
#define VIRTIO_DRIVER_H

#include <string.h>

#include "le.h"
#include "virtio.h"

/* Copies what the device wrote out of shared memory, once: the compiler may not go back and read
 * again what the device can change meanwhile. Checks come after, on the copy. */
static inline void bounce_in(void *private_copy, const void *shared, size_t size)
{
	memcpy(private_copy, shared, size);
	__asm__ volatile("" : : : "memory");
}

/* One request of n buffers that comes back as `slot`. ST_NO_MEMORY: no descriptors free now; any
 * other failure has broken the device. The device is not told yet (virtio_kick()). */
enum status virtio_submit(struct virtio_device *d, struct virtq *q, const struct virtq_buffer *b,
			  unsigned n, unsigned slot);
/* Waits for one finished request: ST_OK, *slot and *len (bytes the device says it wrote, no more
 * than it was given). ST_TIMEOUT: none within ns, the device is as it was. */
enum status virtio_finish(struct virtio_device *d, struct virtq *q, u64 ns, unsigned *slot,
			  u32 *len);
/* The same without waiting, and without an exit: ST_NOT_FOUND when nothing has finished. */
enum status virtio_peek(struct virtio_device *d, struct virtq *q, unsigned *slot, u32 *len);
/* An empty buffer for what the device has to say, back as `slot`. */
enum status virtio_post(struct virtio_device *d, struct virtq *q, void *data, u32 len,
			unsigned slot);
/* Hands len bytes over on a queue where nothing else is outstanding and waits until the device has
 * taken them. One that does not within VIRTIO_NS is broken: it may still read the buffer. */
enum status virtio_hand_over(struct virtio_device *d, struct virtq *q, void *data, u32 len);
/* Ends the use of d. Its pool pages (NULL: none) go back only after it was seen reset: until then
 * it may write to them. */
enum status virtio_end(struct virtio_device *d, void *pages, size_t count);

#endif
