/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split ring between the driver's code and a device that writes anything into it, also between
 * two accesses of the driver: honest completions, made-up ones, raw bytes anywhere. Whatever it
 * does, a token comes back at most once and only one that is out, the length is within what the
 * request has, the free list stays whole, the driver reads only what is the device's to write and
 * writes only what is its own, and an error stays.
 * sources: virtio/ring.c
 * flags: -include tests/unit/virtio_shared_hook.h
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "virtio.h"

#define TOKENS 256

static struct virtq q;
static u8 *ring;
static u16 device_idx; /* what an honest device has in used.idx */
static bool acting;    /* the driver is at work: the device may act at each access */
static struct request {
	bool out;
	u32 writable;
} request[TOKENS];
static u8 buffers[PAGE_SIZE];

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* ---- the device ---- */

static u8 *used_element(u16 index)
{
	return q.used + 4 + 8 * (size_t)(index % q.size);
}

static void put16(u8 *p, u16 v)
{
	memcpy(p, &v, sizeof(v));
}

static void put_used(u32 id, u32 len)
{
	memcpy(used_element(device_idx), &id, 4);
	memcpy(used_element(device_idx) + 4, &len, 4);
	put16(q.used + 2, ++device_idx);
}

/* The nth outstanding head, or the queue's size. */
static u32 head_of(u8 nth)
{
	for (u32 i = 0; i < q.size; i++)
		if (q.shadow[i].count != 0 && nth-- == 0)
			return i;
	return q.size;
}

static void complete(u8 nth)
{
	u32 id = head_of(nth % VIRTQ_SIZE_OURS);

	if (id < q.size)
		put_used(id, q.shadow[id].writable);
}

static void device_acts(void)
{
	u8 what = byte();
	size_t at;

	switch (what % 8) {
	case 0:
	case 1:
	case 2:
		complete(what / 8 % 4);
		break;
	case 3: /* made up: any id near the sizes, any length */
		put_used(byte(), byte());
		break;
	case 4:
		put_used((u32)byte() << (byte() % 32), (u32)byte() << (byte() % 32));
		break;
	case 5:
		put16(q.used + 2, (u16)(device_idx + (signed char)byte()));
		break;
	case 6: /* one field of the current element */
		used_element(q.used_seen)[what / 8 % 8] = byte();
		break;
	default: /* any byte of the ring */
		at = (byte() | (size_t)byte() << 8) % q.ring_bytes;
		ring[at] = byte();
		break;
	}
}

static void maybe_device_acts(void)
{
	if (acting && (byte() & 3) == 3)
		device_acts();
}

void hook_load(const void *p, unsigned width)
{
	const u8 *at = p;

	must(((uintptr_t)p & (width - 1)) == 0);
	/* Only the used ring: what we wrote is never read back. */
	must(at >= q.used && at + width <= q.used + 4 + 8 * (size_t)q.size + 2);
	maybe_device_acts();
}

void hook_store(const void *p, unsigned width)
{
	const u8 *at = p, *used_end = q.used + 4 + 8 * (size_t)q.size + 2;

	must(((uintptr_t)p & (width - 1)) == 0);
	must(at >= ring && at + width <= ring + q.ring_bytes);
	must(at + width <= q.used || at >= used_end);
	maybe_device_acts();
}

void hook_fence(void)
{
	maybe_device_acts();
}

/* ---- the driver ---- */

/* Every descriptor is free or in one request, once. */
static void check_shadow(void)
{
	bool seen[VIRTQ_SIZE_OURS] = { false };
	unsigned n = 0, out = 0;

	for (u16 i = q.free_head, k = 0; k < q.free_count; k++, i = q.shadow[i].next, n++) {
		must(i < q.size && !seen[i] && q.shadow[i].count == 0);
		seen[i] = true;
	}
	for (u16 head = 0; head < q.size; head++) {
		out += q.shadow[head].count != 0;
		for (u16 i = head, k = 0; k < q.shadow[head].count; k++, i = q.shadow[i].next) {
			must(i < q.size && !seen[i]);
			seen[i] = true;
			n++;
		}
	}
	must(n == q.size && out == virtq_outstanding(&q));
}

static void add(void)
{
	struct virtq_buffer b[VIRTQ_CHAIN_MAX + 1];
	unsigned n = byte() % (VIRTQ_CHAIN_MAX + 2), t = 0;
	u8 kinds = byte();
	u32 writable = 0;
	bool broken = q.error != VIRTQ_OK;
	enum status st;

	while (t < TOKENS && request[t].out)
		t++;
	must(t < TOKENS);
	for (unsigned i = 0; i < n; i++) {
		b[i] = (struct virtq_buffer){ buffers, 1u + byte() % 64, i >= kinds % 9 };
		writable += b[i].device_writes ? b[i].len : 0;
	}
	if ((kinds & 0xf0) == 0xf0 && n > 0)
		b[0].device_writes = !b[0].device_writes;
	/* Out from now on: the device may answer before virtq_add() is back. */
	st = virtq_add(&q, b, n, &request[t]);
	must(st == ST_OK || st == ST_INVALID || st == ST_NO_MEMORY || st == ST_PROTOCOL);
	must((st == ST_PROTOCOL) == broken);
	if (st != ST_OK)
		return;
	must(n > 0 && n <= VIRTQ_CHAIN_MAX && n <= q.size);
	if ((kinds & 0xf0) == 0xf0) /* still readable before writable */
		writable = b[0].device_writes ? writable + b[0].len : writable - b[0].len;
	request[t] = (struct request){ true, writable };
}

static void get(void)
{
	bool broken = q.error != VIRTQ_OK;
	void *token = NULL;
	u32 len = 0;
	enum status st = virtq_get(&q, &token, &len);
	struct request *r = token;

	must(!broken || st == ST_PROTOCOL);
	must((q.error != VIRTQ_OK) == (st == ST_PROTOCOL));
	if (st != ST_OK)
		return;
	must(r >= request && r < request + TOKENS && r->out);
	must(len <= r->writable);
	r->out = false;
}

static void start(u8 how)
{
	u16 size = (u16)(1u << (how & 7));

	memset(request, 0, sizeof(request));
	free(ring);
	ring = aligned_alloc(PAGE_SIZE, virtq_bytes(size, (how & 16) != 0));
	must(ring != NULL);
	memset(ring, how & 32 ? 0xff : 0, virtq_bytes(size, (how & 16) != 0));
	acting = false;
	/* The hooks judge by q, which virtq_init() fills before it first writes. */
	must(virtq_init(&q, ring, size, BIT(62), (how & 8) != 0, (how & 16) != 0) == ST_OK);
	must(virtq_used_address(&q) == ((uintptr_t)q.used | BIT(62)));
	device_idx = 0;
	put16(q.used + 2, 0);
	acting = true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	start(byte());
	while (input.left > 0) {
		u8 op = byte();

		switch (op % 8) {
		case 0:
		case 1:
			add();
			break;
		case 2:
		case 3:
			get();
			break;
		case 4:
			(void)virtq_must_notify(&q);
			break;
		case 5:
			(void)virtq_want_interrupt(&q, (op & 8) != 0);
			break;
		default:
			device_acts();
			break;
		}
		check_shadow();
	}
	return 0;
}
