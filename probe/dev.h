/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the checks of devices share (dev_util.c). Each check takes its devices
 * fresh: what an earlier one found broken counts no more, and every device is
 * reset when the check is over.
 */
#ifndef DEV_H
#define DEV_H

#include "checks.h"
#include "virtio.h"

#define DEV_SHORT_NS 50000000ULL /* how long something forbidden is waited for */

/* The nth device of that kind, NULL: none. */
struct virtio_device *dev_nth(u32 id, unsigned nth);
/* The first; NULL: skip has been said. */
struct virtio_device *dev_get(u32 id);
/* Calls fn for each device in turn, until the check has failed; without any,
 * skip is said. */
void dev_each(void (*fn)(struct virtio_device *d));
const char *dev_name(const struct virtio_device *d); /* "block" */
/* Fails the check unless st is ST_OK, with what the device did. */
bool dev_ok(const char *asked, const struct virtio_device *d, enum status st);
/* Status 0 written and read back within a bound. */
bool dev_reset(struct virtio_device *d);

/* A queue that the check itself has memory for. */
struct dev_queue {
	struct virtq q;
	u8 *pages;
	size_t count;
};
/* For a device that is open: `size` entries (a power of two), at most what the
 * device has. NULL: failure has been said. */
struct dev_queue *dev_queue_open(struct virtio_device *d, u16 index, u16 size, u16 vector);
/* After the reset that ends the use of the device. */
void dev_queue_free(struct dev_queue *k);

/* 64 hexadecimal digits and a NUL. */
void hex_text(char text[65], const u8 hash[32]);

#endif
