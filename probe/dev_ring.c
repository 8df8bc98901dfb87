/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's side of a split ring (VIRTIO 1.2, 2.7): one run of many requests
 * through a small ring, looked at for one rule at a time. */
#include "dev_ring.h"

#define REQUESTS 300 /* 37 times around the ring */
#define BATCH    3   /* two batches take turns with the heads */

/* One batch under heads that were not in use. false: the run cannot go on. */
static bool batch(struct bare_ring *b, unsigned turn)
{
	u16 first = (u16)(turn % 2 * BATCH);

	for (u16 i = 0; i < BATCH; i++)
		bare_publish(b, first + i, 16 + (turn * 7 + i * 11) % (BARE_ASK - 15));
	if (bare_wants_kick(b))
		bare_kick(b);
	if (!bare_collect(b, BATCH, BARE_NS))
		return false;
	bare_compare(b);
	bare_settle(b);
	return true;
}

/* false: skip or failure has been said. */
static bool run(struct bare_ring *b)
{
	if (!bare_open(b, dev_get(VIRTIO_ID_ENTROPY), 0) || !bare_start(b, VIRTIO_MSI_NO_VECTOR))
		return false;
	bare_want_interrupt(b, false);
	for (unsigned turn = 0; turn < REQUESTS / BATCH; turn++)
		if (!batch(b, turn))
			break;
	check_note("%u requests, %u answered, odd value 0x%x", b->published, b->completed,
		   b->value);
	bare_close(b);
	return true;
}

static void judge(const struct bare_ring *b, bool broken, const char *asked, const char *expected)
{
	expect_eq("requests that were made", b->published, REQUESTS);
	expect_true("the last of them", b->used_idx == b->avail_idx, "answered");
	expect_true(asked, !broken, expected);
}

void dev_ring_ids(void)
{
	struct bare_ring b;

	if (run(&b))
		judge(&b, b.strange_id, "ids in the used ring", "heads that were published");
}

void dev_ring_once(void)
{
	struct bare_ring b;

	if (run(&b))
		judge(&b, b.repeated, "ids in the used ring",
		      "each request once, while it is outstanding");
}

void dev_ring_lengths(void)
{
	struct bare_ring b;

	if (run(&b))
		judge(&b, b.too_long, "lengths in the used ring",
		      "no more than the device may write");
}

void dev_ring_index(void)
{
	struct bare_ring b;

	if (run(&b))
		judge(&b, b.jumped, "used.idx", "one step for each request that was outstanding");
}

void dev_ring_untouched(void)
{
	struct bare_ring b;

	if (!run(&b))
		return;
	judge(&b, b.touched, "descriptors and available ring", "as the driver wrote them");
	expect_true("the buffers", !b.elsewhere, "written where the descriptor says, nowhere else");
}

/* ---- notifications ---- */

#define SINGLES 40

static void run_singles(u64 wanted)
{
	struct bare_ring b;

	if (!bare_open(&b, dev_get(VIRTIO_ID_ENTROPY), wanted) ||
	    !bare_start(&b, VIRTIO_MSI_NO_VECTOR))
		return;
	bare_want_interrupt(&b, false);
	for (unsigned i = 0; i < SINGLES && !check_failed(); i++) {
		bool answered = bare_request(&b);

		check_note("request %u, notified %u times until then", i, b.kicks);
		expect_true("a request, notified where that is wanted", answered, "an answer");
	}
	bare_close(&b);
}

void dev_ring_notify(void)
{
	run_singles(0);
	if (!check_failed())
		run_singles(BIT(VIRTIO_F_EVENT_IDX));
}
