/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring as bare as can be (dev_bare.c): every request is one buffer, which the
 * entropy device writes; on the vsock device a packet of no stream, which it
 * reads and drops. The driver's own code (virtio/ring.c) stops at the first
 * thing a device does wrong; this one goes on and tells what it was, so that
 * each rule is judged alone.
 */
#ifndef DEV_RING_H
#define DEV_RING_H

#include "dev.h"

#define BARE_SIZE  8 /* entries */
#define BARE_HEADS 6 /* ids in use; 6 and 7 never are */
#define BARE_SLOT  256
#define BARE_ASK   64 /* bytes of a slot the device may write, at most; the rest is a guard */

#define BARE_NS    200000000ULL /* for one request */

struct bare_ring {
	struct virtio_device *d;
	struct dev_queue *k;
	bool device_writes;
	u8 *data;                    /* one page of the shared pool: BARE_HEADS slots */
	u8 *written, *written_avail; /* private: descriptors and available ring as
					they must be */
	u16 avail_idx, used_idx;
	u32 asked[BARE_HEADS]; /* 0: not outstanding */
	u64 answered;          /* heads, since bare_settle() */
	/* what happened, for good */
	unsigned published, completed, kicks;
	bool strange_id, repeated, too_long, jumped, touched, elsewhere, empty;
	u32 value; /* what the device said last that it must not say */
};

/* In steps, so that interrupts can be set up between them; d: entropy or vsock,
 * from dev_get(). false: skip or failure has been said, and all is closed
 * again. wanted: features. */
bool bare_open(struct bare_ring *b, struct virtio_device *d, u64 wanted);
bool bare_start(struct bare_ring *b, u16 vector);
void bare_close(struct bare_ring *b);
/* Publishes a request for 0 < len <= BARE_ASK bytes under this head. */
void bare_publish(struct bare_ring *b, u16 head, u32 len);
/* Tells the device whatever it wants. */
void bare_kick(struct bare_ring *b);
/* Does the device want to be told of the request published last? */
bool bare_wants_kick(const struct bare_ring *b);
/* When the device shall interrupt: at the next completion, or not. */
void bare_want_interrupt(struct bare_ring *b, bool want);
/* Until n more requests have been used, at most ns; what came is judged. false:
 * fewer came. */
bool bare_collect(struct bare_ring *b, unsigned n, u64 ns);
/* What was published so far is over, under whatever id it was answered. */
void bare_settle(struct bare_ring *b);
/* One request, settled: told of if the device wants to be, and answered. */
bool bare_request(struct bare_ring *b);
/* Compares all that only the driver writes with what it wrote. */
void bare_compare(struct bare_ring *b);

#endif
