/* SPDX-License-Identifier: BSD-2-Clause */
/* For bad guests that mislead a device of the machine. */
#ifndef BAD_DEVICE_H
#define BAD_DEVICE_H

#include "bad.h"
#include "virtio.h"

#define BAD_WAIT_NS 50000000ULL

/*
 * The entropy device is asked to write 64 bytes to a bus address. The request is published before
 * DRIVER_OK: a device looks at its queues by itself then, and no notification gives a host the
 * occasion to look first. There is no answer to be had from a device that went astray.
 */
static inline void bad_request(u64 address, u64 bits)
{
	const struct virtq_buffer b = { (void *)(uintptr_t)address, 64, true };
	struct virtio_device *d = virtio_find(VIRTIO_ID_ENTROPY, 0);
	enum status st = d != NULL ? virtio_open(d, 0) : ST_NOT_FOUND;
	struct virtq *q = st == ST_OK ? virtio_queue(d, 0, 8) : NULL;
	void *token;
	u32 len;

	if (q == NULL)
		fatal(ST_NOT_FOUND, "bad guest: no entropy device");
	q->dma_bits = bits;
	st = virtq_add(q, &b, 1, NULL);
	if (st == ST_OK)
		st = virtio_ready(d);
	if (st == ST_OK)
		st = virtio_wait(d, q, BAD_WAIT_NS, &token, &len);
	print("# request for 0x%llx: %s\n", (unsigned long long)(address | bits), status_text(st));
	virtio_close(d);
}

#endif
