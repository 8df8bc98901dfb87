/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device whose every register may be turned and that writes anything into its rings while
 * the driver waits: opening, queues, requests, configuration, closing, in any order. Nothing hangs,
 * no feature is used that was not offered, a queue has a size that is one and no more than allowed,
 * a request comes back once and within its length, a broken device is left alone for good, and
 * every page comes back but those left to a device that was not seen to be reset.
 * sources: virtio/device.c drivers/deadline.c virtio/ring.c lib/print.c
 * flags: -include tests/unit/virtio_shared_hook.h
 */
#include "fake_virtio_transport.h"
#include "input.h"
#include "virtio/internal.h"

#define REQUESTS 256
#define WAIT_NS  200000

static struct virtio_device *d;
static bool quiet;       /* the last status read since a reset was 0 */
static unsigned lost;    /* pool blocks left to the device */
static u64 last_offered; /* what it said last */
static unsigned stuck;   /* reads of the status that still give `stuck_at` */
static u8 stuck_at;
static struct request {
	bool out;
	u8 queue;
	u32 writable;
} request[REQUESTS];

static void must(bool ok)
{
	if (!ok)
		abort();
}

void console_write(const char *s, size_t n)
{
	abort(); /* nothing here prints */
}

void virtio_find_mmio(void)
{
	d = virtio_add();
	d->transport = &fake_transport;
	d->msix = (byte() & 1) != 0;
}

void virtio_find_pci(void)
{
}

/* ---- the device ---- */

static u64 lie(enum fake_register r, u64 honest)
{
	u8 how = byte();
	u64 v = honest;

	if ((how & 7) == 7)
		v ^= 1ULL << (byte() & 63);
	if ((how & 0x3f) == 0x3f)
		v = byte() | (u64)byte() << 8;
	if (r == FAKE_STATUS && how == 0xc6) { /* a reset that takes long, or never ends */
		stuck_at = byte();
		stuck = 4u * byte();
	}
	if (r == FAKE_STATUS && stuck > 0) {
		stuck--;
		v = stuck_at;
	}
	if (r == FAKE_STATUS)
		quiet = (u8)v == 0;
	if (r == FAKE_FEATURES)
		last_offered = v;
	if (r == FAKE_CONFIG_VALUE && (how & 24) == 24)
		fake.generation++;
	if (r == FAKE_QUEUE_TAKEN && v >= ST_UNKNOWN)
		v = ST_PROTOCOL;
	return v;
}

static u64 truth(enum fake_register r, u64 honest)
{
	if (r == FAKE_STATUS)
		quiet = honest == 0;
	return honest;
}

static void put16(u8 *p, u16 v)
{
	memcpy(p, &v, sizeof(v));
}

static void complete(struct virtq *q, u32 id, u32 len)
{
	u16 idx;
	u8 *e;

	memcpy(&idx, q->used + 2, 2);
	e = q->used + 4 + 8 * (size_t)(idx % q->size);
	memcpy(e, &id, 4);
	memcpy(e + 4, &len, 4);
	put16(q->used + 2, (u16)(idx + 1));
}

static void device_acts(void)
{
	struct virtq *q = d->queue[byte() % FAKE_QUEUES];
	u8 what = byte();

	if (q == NULL)
		return;
	switch (what & 3) {
	case 0:
	case 1: /* what an honest one does */
		for (u16 i = 0, n = what / 4 % 4; i < q->size; i++)
			if (q->shadow[i].count != 0 && n-- == 0) {
				complete(q, i, q->shadow[i].writable);
				return;
			}
		break;
	case 2:
		complete(q, byte(), byte());
		break;
	default:
		q->desc[(byte() | (size_t)byte() << 8) % q->ring_bytes] = byte();
		break;
	}
}

static void maybe_device_acts(void)
{
	if (input.left > 0 && (byte() & 3) == 3)
		device_acts();
}

void hook_load(const void *p, unsigned width)
{
	maybe_device_acts();
}

void hook_store(const void *p, unsigned width)
{
}

void hook_fence(void)
{
	maybe_device_acts();
}

/* ---- the driver ---- */

static unsigned blocks_of_queues(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++)
		n += d->queue[i] != NULL;
	return n;
}

static void forget_requests(void)
{
	memset(request, 0, sizeof(request));
}

static void open_device(void)
{
	bool claimed = d->claimed, confidential = (byte() & 1) != 0;
	u64 wanted = (u64)byte() << (byte() % 57), may;

	fake_ops.platform = confidential ? CVM_CCA : CVM_PLAIN;
	if (virtio_open(d, wanted) != ST_OK)
		return;
	must(!claimed && d->claimed);
	may = wanted | BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM);
	must((d->features & ~(may & last_offered)) == 0);
	must((d->features & BIT(VIRTIO_F_VERSION_1)) != 0);
	must(!confidential || (d->features & BIT(VIRTIO_F_ACCESS_PLATFORM)) != 0);
	must((d->features & (BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_RING_RESET))) == 0);
	must(d->features == fake.taken);
}

static void make_queue(void)
{
	u16 index = byte() % (FAKE_QUEUES + 1), size = (u16)(byte() * 3);
	struct virtq *q = virtio_queue(d, index, size);

	must((q == NULL) == (d->broken != ST_OK));
	if (q == NULL)
		return;
	must(q->size > 0 && (q->size & (q->size - 1)) == 0);
	must(q->size <= size && q->size <= VIRTQ_SIZE_OURS && q == d->queue[index]);
	must(fake.queue[index].size == q->size && d->queues > index);
}

static void add_request(void)
{
	static u8 buffer[PAGE_SIZE];
	u8 index = byte() % FAKE_QUEUES;
	struct virtq *q = d->queue[index];
	struct virtq_buffer b[3];
	unsigned n = 1 + byte() % 3, t = 0;
	u32 writable = 0;

	while (t < REQUESTS - 1 && request[t].out)
		t++;
	if (q == NULL || request[t].out)
		return;
	for (unsigned i = 0; i < n; i++) {
		b[i] = (struct virtq_buffer){ buffer, 1u + byte(), i > 0 };
		writable += i > 0 ? b[i].len : 0;
	}
	if (virtq_add(q, b, n, &request[t]) == ST_OK)
		request[t] = (struct request){ true, index, writable };
	virtio_kick(d, q);
}

static void wait_for_one(void)
{
	u8 index = byte() % FAKE_QUEUES;
	struct virtq *q = d->queue[index];
	void *token = NULL;
	u64 begin = fake_now;
	u32 len = 0;
	struct request *r;
	enum status st;

	if (q == NULL)
		return;
	st = virtio_wait(d, q, WAIT_NS, &token, &len);
	must(fake_now - begin <= WAIT_NS + 10 * fake_tick);
	must(st == ST_OK || st == ST_TIMEOUT || st == d->broken);
	if (st != ST_OK)
		return;
	r = token;
	must(r >= request && r < request + REQUESTS);
	must(r->out && r->queue == index && len <= r->writable);
	r->out = false;
}

static void read_config(void)
{
	u8 out[16], zero[16] = { 0 };
	u32 offset = byte();
	size_t size = byte() % (sizeof(out) + 1);
	enum status st, before = d->broken;

	memset(out, 0, sizeof(out));
	st = virtio_config(d, offset, out, size);
	must(st == ST_OK || memcmp(out, zero, sizeof(out)) == 0);
	must(st == ST_OK || st == ST_RANGE || st == d->broken);
	must(before == ST_OK || st == before);
}

static void close_device(void)
{
	unsigned queues = blocks_of_queues();
	enum status st;

	quiet = false;
	st = virtio_close(d);
	must(quiet == (st == ST_OK));
	must(st == ST_OK || d->broken != ST_OK);
	must(blocks_of_queues() == 0 && !d->claimed && fake_heap_blocks == 0);
	lost += st == ST_OK ? 0 : queues;
	forget_requests();
}

static void step(void)
{
	enum status broken = d->broken;
	unsigned notified = fake.notified;
	u8 what = byte();

	switch (what % 8) {
	case 0:
		open_device();
		break;
	case 1:
		make_queue();
		break;
	case 2:
		(void)virtio_ready(d);
		break;
	case 3:
	case 4:
		add_request();
		break;
	case 5:
		wait_for_one();
		break;
	case 6:
		read_config();
		break;
	default:
		if (what < 64)
			close_device();
		else
			virtio_interrupt(d);
		break;
	}
	must(fake_pool_blocks == blocks_of_queues() + lost);
	must(memchr(d->why, '\0', sizeof(d->why)) != NULL);
	/* The first reason stays, and nobody talks to it any more. */
	must(broken == ST_OK || (d->broken == broken && fake.notified == notified));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	fake_reset();
	lost = stuck = 0;
	forget_requests();
	virtio_init();
	fake.lie = lie;
	fake_meanwhile = maybe_device_acts;
	if ((byte() & 1) != 0) { /* open already: most paths begin behind that */
		fake.lie = truth;
		must(virtio_open(d, BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_INDIRECT_DESC)) ==
		     ST_OK);
		must(virtio_queue(d, 0, 8) != NULL && virtio_queue(d, 1, 64) != NULL);
		must(virtio_ready(d) == ST_OK);
		fake.lie = lie;
	}
	while (input.left > 0)
		step();
	fake.lie = truth;
	close_device();
	must(fake_pool_blocks == lost);
	return 0;
}
