/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The split virtqueue: what the device is given, byte for byte by the specification; and every
 * word of the device's that breaks a rule. Each access of the driver to the ring is seen.
 * sources: virtio/ring.c
 * flags: -include tests/unit/virtio_shared_hook.h
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "virtio.h"

#define DMA BIT(52)

static struct virtq q;
static u8 *ring;
static u8 data[16][64];
static char order[256]; /* what the driver did, in its order */
static size_t ordered;
static void (*before_load)(const void *p); /* the device, when the test has one */

/* ---- every access ---- */

static void note(char c)
{
	if (ordered < sizeof(order) - 1)
		order[ordered++] = c;
	order[ordered] = '\0';
}

static void forget(void)
{
	ordered = 0;
	order[0] = '\0';
}

void hook_load(const void *p, unsigned width)
{
	const u8 *at = p;

	assert_int_equal((uintptr_t)p % width, 0);
	if (before_load != NULL)
		before_load(p);
	if (at == q.used)
		note('f'); /* flags */
	else if (at == q.used + 2)
		note('u'); /* used.idx */
	else if (at >= q.used + 4 && at < q.used + 4 + 8 * (size_t)q.size)
		note(width == 4 ? 'e' : '?');
	else if (at == q.used + 4 + 8 * (size_t)q.size)
		note('v'); /* avail_event */
	else
		fail_msg("the driver reads what it wrote itself, at %#zx", (size_t)(at - ring));
}

void hook_store(const void *p, unsigned width)
{
	const u8 *at = p;

	assert_int_equal((uintptr_t)p % width, 0);
	if (at >= q.desc && at < q.desc + 16 * (size_t)q.size)
		note('D');
	else if (at == q.avail)
		note('F'); /* flags */
	else if (at == q.avail + 2)
		note('A'); /* avail.idx */
	else if (at >= q.avail + 4 && at < q.avail + 4 + 2 * (size_t)q.size)
		note('R');
	else if (at == q.avail + 4 + 2 * (size_t)q.size)
		note('E'); /* used_event */
	else if (q.indirect_tables != NULL && at >= q.indirect_tables && at < ring + q.ring_bytes)
		note('T');
	else
		fail_msg("the driver writes what is not its own, at %#zx", (size_t)(at - ring));
}

void hook_fence(void)
{
	note('|');
}

/* ---- the device's side, by the specification's offsets ---- */

static u16 get16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static u32 get32(const u8 *p)
{
	return get16(p) | (u32)get16(p + 2) << 16;
}

static u64 get64(const u8 *p)
{
	return get32(p) | (u64)get32(p + 4) << 32;
}

static void put16(u8 *p, unsigned v)
{
	p[0] = (u8)v;
	p[1] = (u8)(v >> 8);
}

static void put32(u8 *p, u32 v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static u8 *avail(void)
{
	return ring + 16 * (size_t)q.size;
}

static u8 *used(void)
{
	return ring + ((16 * (size_t)q.size + 6 + 2 * (size_t)q.size + 3) & ~(size_t)3);
}

static u16 used_event(void)
{
	return get16(avail() + 4 + 2 * q.size);
}

static void set_avail_event(unsigned v)
{
	put16(used() + 4 + 8 * (size_t)q.size, v);
}

static u16 avail_head(u16 index)
{
	return get16(avail() + 4 + 2 * (size_t)(index % q.size));
}

static void complete(u32 id, u32 len)
{
	u16 idx = get16(used() + 2);
	u8 *e = used() + 4 + 8 * (size_t)(idx % q.size);

	put32(e, id);
	put32(e + 4, len);
	put16(used() + 2, idx + 1u);
}

struct desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};

static struct desc desc(const u8 *table, unsigned i)
{
	const u8 *d = table + 16 * (size_t)i;

	return (struct desc){ get64(d), get32(d + 8), get16(d + 12), get16(d + 14) };
}

static u64 address(const void *p)
{
	return (uintptr_t)p | DMA;
}

/* ---- the driver's ---- */

static void start(u16 size, bool event_idx, bool indirect)
{
	size_t n = virtq_bytes(size, indirect);

	free(ring);
	ring = aligned_alloc(PAGE_SIZE, n);
	assert_non_null(ring);
	memset(ring, 0, n);
	before_load = NULL;
	assert_int_equal(virtq_init(&q, ring, size, DMA, event_idx, indirect), ST_OK);
	forget();
}

static int finish(void **state)
{
	(void)state;
	free(ring);
	ring = NULL;
	return 0;
}

static struct virtq_buffer reads(unsigned i, u32 len)
{
	return (struct virtq_buffer){ data[i], len, false };
}

static struct virtq_buffer writes(unsigned i, u32 len)
{
	return (struct virtq_buffer){ data[i], len, true };
}

static void add_one(void *token)
{
	struct virtq_buffer b = writes(0, 64);

	assert_int_equal(virtq_add(&q, &b, 1, token), ST_OK);
}

static void gets(void *token, u32 len)
{
	void *t = NULL;
	u32 l = ~0u;

	assert_int_equal(virtq_get(&q, &t, &l), ST_OK);
	assert_ptr_equal(t, token);
	assert_int_equal(l, len);
}

static void gets_nothing(void)
{
	void *t = &q;
	u32 l = 7;

	assert_int_equal(virtq_get(&q, &t, &l), ST_NOT_FOUND);
	assert_ptr_equal(t, &q);
	assert_int_equal(l, 7);
}

static void breaks(enum virtq_error e, u32 value)
{
	struct virtq_buffer b = writes(0, 1);
	unsigned out = virtq_outstanding(&q);
	void *t = &q;
	u32 l = 7;

	assert_int_equal(virtq_get(&q, &t, &l), ST_PROTOCOL);
	assert_int_equal(q.error, e);
	assert_int_equal(q.bad_value, value);
	assert_ptr_equal(t, &q);
	assert_int_equal(virtq_outstanding(&q), out);
	/* For good, whatever the device says now, and without another look at its words. */
	put16(used() + 2, q.used_seen);
	forget();
	assert_int_equal(virtq_get(&q, &t, &l), ST_PROTOCOL);
	assert_int_equal(virtq_add(&q, &b, 1, &q), ST_PROTOCOL);
	assert_string_equal(order, "");
	assert_int_equal(q.error, e);
}

/* ---- layout ---- */

static void test_layout(void **state)
{
	(void)state;
	for (unsigned size = 1; size <= VIRTQ_SIZE_OURS; size *= 2) {
		size_t desc_end = 16 * (size_t)size, avail_end = desc_end + 6 + 2 * (size_t)size;
		size_t used_at = (avail_end + 3) / 4 * 4, end = used_at + 6 + 8 * (size_t)size;
		size_t tables = (end + 15) / 16 * 16;

		assert_int_equal(virtq_bytes((u16)size, false), (end + 4095) / 4096 * 4096);
		assert_int_equal(virtq_bytes((u16)size, true),
				 (tables + size * 8 * 16 + 4095) / 4096 * 4096);
		start((u16)size, true, true);
		assert_int_equal(virtq_desc_address(&q), address(ring));
		assert_int_equal(virtq_avail_address(&q), address(ring + desc_end));
		assert_int_equal(virtq_used_address(&q), address(ring + used_at));
		assert_ptr_equal(q.indirect_tables, ring + tables);
		assert_int_equal(q.ring_bytes, virtq_bytes((u16)size, true));
		assert_int_equal(q.free_count, size);
		start((u16)size, false, false);
		assert_null(q.indirect_tables);
	}
}

static void test_init_refusals(void **state)
{
	static u8 page[2 * PAGE_SIZE] ALIGNED(PAGE_SIZE);

	(void)state;
	assert_int_equal(virtq_init(&q, page, 0, 0, false, false), ST_INVALID);
	assert_int_equal(virtq_init(&q, page, 3, 0, false, false), ST_INVALID);
	assert_int_equal(virtq_init(&q, page, 127, 0, false, false), ST_INVALID);
	assert_int_equal(virtq_init(&q, page, 256, 0, false, false), ST_INVALID);
	assert_int_equal(virtq_init(&q, NULL, 8, 0, false, false), ST_ALIGN);
	assert_int_equal(virtq_init(&q, page + 16, 8, 0, false, false), ST_ALIGN);
}

/* A pool page may have been written by the host since it was zeroed. */
static void test_init_writes_its_part(void **state)
{
	(void)state;
	start(8, false, false);
	memset(ring, 0xff, q.ring_bytes);
	assert_int_equal(virtq_init(&q, ring, 8, DMA, false, false), ST_OK);
	assert_int_equal(get16(avail()), VIRTQ_AVAIL_F_NO_INTERRUPT);
	assert_int_equal(get16(avail() + 2), 0);
	breaks(VIRTQ_USED_JUMP, 0xffff);
}

/* ---- adding ---- */

static void test_direct_chain(void **state)
{
	struct virtq_buffer b[3] = { reads(0, 16), reads(1, 40), writes(2, 7) };
	struct virtq_buffer one = writes(3, 1);

	(void)state;
	start(8, false, false);
	assert_int_equal(virtq_add(&q, b, 3, &b[0]), ST_OK);
	/* Three descriptors of four fields, the entry, and last the index. */
	assert_string_equal(order, "DDDDDDDDDDDDRA");
	assert_int_equal(get16(avail() + 2), 1);
	assert_int_equal(avail_head(0), 0);
	for (unsigned i = 0; i < 3; i++) {
		struct desc d = desc(ring, i);

		assert_int_equal(d.addr, address(data[i]));
		assert_int_equal(d.len, b[i].len);
		assert_int_equal(d.flags,
				 i == 0 || i == 1 ? VIRTQ_DESC_F_NEXT : VIRTQ_DESC_F_WRITE);
		if (i < 2)
			assert_int_equal(d.next, i + 1);
	}
	assert_int_equal(virtq_add(&q, &one, 1, &one), ST_OK);
	assert_int_equal(avail_head(1), 3);
	assert_int_equal(desc(ring, 3).flags, VIRTQ_DESC_F_WRITE);
	assert_int_equal(virtq_outstanding(&q), 2);
	assert_int_equal(q.free_count, 4);
	gets_nothing();
	/* Out of order: the second first, by its head. */
	complete(3, 1);
	forget();
	gets(&one, 1);
	assert_string_equal(order, "uee"); /* each word of the device once */
	complete(0, 7);
	gets(&b[0], 7);
	gets_nothing();
	assert_int_equal(virtq_outstanding(&q), 0);
	assert_int_equal(q.free_count, 8);
	assert_int_equal(q.requests, 2);
	assert_int_equal(q.completions, 2);
}

static void test_indirect_table(void **state)
{
	struct virtq_buffer b[8], one = reads(0, 5);
	const u8 *table;
	struct desc d;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		b[i] = i < 5 ? reads(i, i + 1) : writes(i, i + 1);
	start(8, false, true);
	assert_int_equal(virtq_add(&q, &one, 1, &one), ST_OK); /* no table for one */
	assert_int_equal(desc(ring, 0).flags, 0);
	assert_int_equal(virtq_add(&q, b, 8, b), ST_OK);
	assert_int_equal(avail_head(1), 1);
	d = desc(ring, 1);
	table = q.indirect_tables + 1 * 8 * 16;
	assert_int_equal(d.addr, address(table));
	assert_int_equal(d.len, 8 * 16);
	assert_int_equal(d.flags, VIRTQ_DESC_F_INDIRECT);
	for (unsigned i = 0; i < 8; i++) {
		d = desc(table, i);
		assert_int_equal(d.addr, address(data[i]));
		assert_int_equal(d.len, i + 1);
		assert_int_equal(d.flags & VIRTQ_DESC_F_WRITE, i < 5 ? 0 : VIRTQ_DESC_F_WRITE);
		assert_int_equal(d.flags & ~VIRTQ_DESC_F_WRITE, i < 7 ? VIRTQ_DESC_F_NEXT : 0);
		if (i < 7)
			assert_int_equal(d.next, i + 1);
	}
	assert_int_equal(q.free_count, 6);
	complete(1, 6 + 7 + 8);
	gets(b, 6 + 7 + 8);
	assert_int_equal(q.free_count, 7);
}

static void refused(const struct virtq_buffer *b, unsigned n, enum status want)
{
	u16 before = q.avail_idx;

	forget();
	assert_int_equal(virtq_add(&q, b, n, &q), want);
	assert_string_equal(order, "");
	assert_int_equal(q.avail_idx, before);
	assert_int_equal(q.error, VIRTQ_OK);
}

static void test_add_refusals(void **state)
{
	struct virtq_buffer b[9], wrong;

	(void)state;
	start(16, false, false);
	for (unsigned i = 0; i < 9; i++)
		b[i] = reads(i, 1);
	refused(b, 0, ST_INVALID);
	refused(b, 9, ST_INVALID);
	wrong = b[2];
	wrong.len = 0;
	refused(&wrong, 1, ST_INVALID);
	wrong = (struct virtq_buffer){ NULL, 1, true };
	refused(&wrong, 1, ST_INVALID);
	b[1].device_writes = true; /* read after write */
	refused(b, 3, ST_INVALID);
	b[2].device_writes = true;
	b[1].len = ~0u; /* 2.7.5: at most 2^32 bytes */
	refused(b, 3, ST_INVALID);
	b[1].len = ~0u - 2;
	assert_int_equal(virtq_add(&q, b, 3, &q), ST_OK);
	assert_int_equal(q.shadow[0].writable, ~0u - 1);
	start(4, false, true); /* a chain is not longer than the queue, in a table neither */
	for (unsigned i = 0; i < 9; i++)
		b[i] = reads(i, 1);
	refused(b, 5, ST_INVALID);
	assert_int_equal(virtq_add(&q, b, 4, &q), ST_OK);
}

static void test_full(void **state)
{
	struct virtq_buffer b[3] = { reads(0, 1), writes(1, 1), writes(2, 1) };
	char token[8];

	(void)state;
	start(8, false, false);
	assert_int_equal(virtq_add(&q, b, 3, &token[0]), ST_OK);
	assert_int_equal(virtq_add(&q, b, 3, &token[1]), ST_OK);
	refused(b, 3, ST_NO_MEMORY);
	assert_int_equal(virtq_add(&q, b, 2, &token[2]), ST_OK);
	refused(b, 1, ST_NO_MEMORY);
	complete(avail_head(1), 2);
	gets(&token[1], 2);
	/* What was given back is found again, chained by our shadow. */
	assert_int_equal(virtq_add(&q, b, 3, &token[3]), ST_OK);
	assert_int_equal(avail_head(3), 3);
	assert_int_equal(desc(ring, 3).next, 4);
	assert_int_equal(desc(ring, 4).next, 5);
	start(2, true, true); /* an indirect request takes one entry */
	assert_int_equal(virtq_add(&q, b, 2, &token[0]), ST_OK);
	assert_int_equal(virtq_add(&q, b, 2, &token[1]), ST_OK);
	refused(b, 2, ST_NO_MEMORY);
}

/* 16-bit indexes run over, more than once, out of order and in every mode. */
static void test_wrap(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		struct virtq_buffer b[2] = { reads(0, 8), writes(1, 8) };

		start(4, mode & 1, mode & 2);
		for (unsigned i = 0; i < 70000; i++) {
			void *first = &data[i % 5], *second = &data[5 + i % 7];

			assert_int_equal(virtq_add(&q, b, 2, first), ST_OK);
			assert_int_equal(virtq_add(&q, b, 2, second), ST_OK);
			complete(avail_head((u16)(2 * i + 1)), 8);
			complete(avail_head((u16)(2 * i)), i % 9);
			gets(second, 8);
			gets(first, i % 9);
			gets_nothing();
		}
		assert_int_equal(q.avail_idx, (u16)140000);
		assert_int_equal(q.requests, 140000);
		assert_int_equal(q.free_count, 4);
	}
}

/* ---- what the device must not do ---- */

static void test_used_id(void **state)
{
	const u32 ids[] = { 8, 9, 128, 0xffff, 0x10000, 0x80000000, ~0u };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		start(8, false, false);
		add_one(&q);
		complete(ids[i], 0);
		breaks(VIRTQ_USED_ID, ids[i]);
	}
}

static void test_used_not_ours(void **state)
{
	struct virtq_buffer b[3] = { reads(0, 1), reads(1, 1), writes(2, 1) };

	(void)state;
	start(8, false, false);
	add_one(&q);
	complete(5, 0); /* made up */
	breaks(VIRTQ_USED_NOT_OURS, 5);
	for (u32 inside = 1; inside <= 2; inside++) {
		start(8, false, false);
		assert_int_equal(virtq_add(&q, b, 3, &q), ST_OK);
		complete(inside, 0);
		breaks(VIRTQ_USED_NOT_OURS, inside);
	}
	start(8, false, false);
	add_one(&data[0]);
	add_one(&data[1]);
	complete(0, 1);
	complete(0, 1); /* a second time */
	gets(&data[0], 1);
	breaks(VIRTQ_USED_NOT_OURS, 0);
}

static void test_used_length(void **state)
{
	struct virtq_buffer b[3] = { reads(0, 60), writes(1, 10), writes(2, 5) };

	(void)state;
	for (unsigned indirect = 0; indirect < 2; indirect++) {
		start(8, false, indirect);
		assert_int_equal(virtq_add(&q, b, 3, &q), ST_OK);
		complete(0, 15);
		gets(&q, 15);
		assert_int_equal(virtq_add(&q, b, 3, &q), ST_OK);
		complete(avail_head(1), 16);
		breaks(VIRTQ_USED_LENGTH, 16);
		start(8, false, indirect);
		assert_int_equal(virtq_add(&q, b, 1, &q), ST_OK); /* nothing to write */
		complete(0, 1);
		breaks(VIRTQ_USED_LENGTH, 1);
	}
}

static void test_used_jump(void **state)
{
	(void)state;
	start(8, false, false);
	put16(used() + 2, 1); /* nothing was asked for */
	breaks(VIRTQ_USED_JUMP, 1);
	start(8, false, false);
	add_one(&q);
	put16(used() + 2, 2);
	breaks(VIRTQ_USED_JUMP, 2);
	start(8, false, false);
	add_one(&q);
	put16(used() + 2, 0xffff);
	breaks(VIRTQ_USED_JUMP, 0xffff);
	/* Back behind what was taken. */
	start(8, false, false);
	add_one(&q);
	add_one(&q);
	complete(0, 0);
	gets(&q, 0);
	put16(used() + 2, 0);
	breaks(VIRTQ_USED_JUMP, 0);
	/* Back behind what was seen, though not taken yet. */
	start(8, false, false);
	for (unsigned i = 0; i < 4; i++)
		add_one(&data[i]);
	complete(0, 0);
	complete(1, 0);
	complete(2, 0);
	gets(&data[0], 0);
	put16(used() + 2, 2);
	breaks(VIRTQ_USED_JUMP, 2);
}

/* It may write over all that is ours: what we do next comes from the shadow. */
static void test_overwritten_ring(void **state)
{
	struct virtq_buffer b[3] = { reads(0, 1), reads(1, 1), writes(2, 9) };

	(void)state;
	start(8, true, false);
	assert_int_equal(virtq_add(&q, b, 3, &data[0]), ST_OK);
	assert_int_equal(virtq_add(&q, b, 2, &data[1]), ST_OK);
	memset(ring, 0xff, (size_t)(used() - ring));
	complete(0, 9);
	gets(&data[0], 9);
	assert_int_equal(virtq_add(&q, b, 3, &data[2]), ST_OK);
	assert_int_equal(avail_head(2), 0);
	assert_int_equal(get16(avail() + 2), 3);
	assert_int_equal(desc(ring, 0).next, 1);
	assert_int_equal(desc(ring, 1).next, 2);
	assert_int_equal(desc(ring, 2).addr, address(data[2]));
	assert_int_equal(q.shadow[0].writable, 9);
}

static void turn_element(const void *p)
{
	static const u8 *last;
	u8 *e = (u8 *)(uintptr_t)p;

	/* Whenever a word is looked at again it is another one. */
	if (p == last)
		put32(e, 0xffff);
	last = p;
}

static void test_changed_while_read(void **state)
{
	(void)state;
	start(8, false, false);
	add_one(&q);
	complete(0, 64);
	before_load = turn_element;
	gets(&q, 64);
	assert_string_equal(order + ordered - 3, "uee");
}

/* ---- notifications ---- */

static void test_notify_flags(void **state)
{
	(void)state;
	start(8, false, false);
	assert_false(virtq_must_notify(&q));
	add_one(&q);
	forget();
	assert_true(virtq_must_notify(&q));
	assert_string_equal(order, "|f");    /* the barrier between */
	assert_false(virtq_must_notify(&q)); /* once for each */
	put16(used(), VIRTQ_USED_F_NO_NOTIFY);
	add_one(&q);
	assert_false(virtq_must_notify(&q));
	put16(used(), 0xfffe); /* other bits mean nothing */
	set_avail_event(100);
	add_one(&q);
	assert_true(virtq_must_notify(&q));
}

static void test_notify_event(void **state)
{
	(void)state;
	start(8, true, false);
	put16(used(), VIRTQ_USED_F_NO_NOTIFY); /* means nothing with the event index */
	set_avail_event(0);
	add_one(&q);
	forget();
	assert_true(virtq_must_notify(&q));
	assert_string_equal(order, "|v");
	add_one(&q); /* entry 1: asked for was 0 */
	assert_false(virtq_must_notify(&q));
	set_avail_event(4);
	add_one(&q);
	add_one(&q);
	assert_false(virtq_must_notify(&q)); /* 2, 3 */
	add_one(&q);
	add_one(&q);
	assert_true(virtq_must_notify(&q)); /* 4, 5: 4 is among them */
	set_avail_event(7);
	add_one(&q);
	assert_false(virtq_must_notify(&q)); /* 6 */
	add_one(&q);
	assert_true(virtq_must_notify(&q)); /* 7 */
}

static void test_notify_event_wrap(void **state)
{
	(void)state;
	start(4, true, false);
	q.avail_idx = q.notified_idx = q.used_seen = q.used_known = 0xfffe;
	put16(used() + 2, 0xfffe);
	set_avail_event(0xffff);
	add_one(&q);
	assert_false(virtq_must_notify(&q));
	add_one(&q);
	add_one(&q);
	assert_true(virtq_must_notify(&q)); /* 0xffff and 0 */
	set_avail_event(0);
	add_one(&q);
	assert_false(virtq_must_notify(&q)); /* 1 */
}

/* ---- interrupts ---- */

static void test_interrupt_flags(void **state)
{
	(void)state;
	start(8, false, false);
	assert_int_equal(get16(avail()), VIRTQ_AVAIL_F_NO_INTERRUPT);
	assert_true(virtq_want_interrupt(&q, true));
	assert_string_equal(order, "F|u"); /* the wish before the look */
	assert_int_equal(get16(avail()), 0);
	add_one(&q);
	complete(0, 0);
	assert_false(virtq_want_interrupt(&q, true));
	gets(&q, 0);
	assert_true(virtq_want_interrupt(&q, true));
	assert_true(virtq_want_interrupt(&q, false));
	assert_int_equal(get16(avail()), VIRTQ_AVAIL_F_NO_INTERRUPT);
	assert_int_equal(used_event(), 0);
}

/* 2.7.7.2: interrupt when the entry at used_event is written. */
static bool would_interrupt(u16 old, u16 new)
{
	return (u16)(new - used_event() - 1) < (u16)(new - old);
}

static void test_interrupt_event(void **state)
{
	(void)state;
	start(8, true, false);
	assert_int_equal(get16(avail()), 0); /* 2.7.7.1: flags stay 0 */
	assert_false(would_interrupt(0, 1));
	assert_false(would_interrupt(0, 8));
	assert_true(virtq_want_interrupt(&q, true));
	assert_true(would_interrupt(0, 1));
	for (unsigned i = 0; i < 3; i++)
		add_one(&data[i]);
	complete(0, 0);
	complete(1, 0);
	assert_false(virtq_want_interrupt(&q, true));
	forget();
	gets(&data[0], 0);
	assert_string_equal(order, "ueeE|"); /* moved on, before the next look */
	gets(&data[1], 0);
	gets_nothing();
	assert_true(would_interrupt(2, 3));
	assert_true(virtq_want_interrupt(&q, false));
	complete(2, 0);
	assert_false(would_interrupt(2, 3));
	gets(&data[2], 0);
	assert_false(would_interrupt(3, 4)); /* off stays off */
	assert_int_equal(get16(avail()), 0);
}

static void test_texts(void **state)
{
	(void)state;
	for (int i = VIRTQ_OK; i <= VIRTQ_USED_LENGTH + 1; i++)
		for (int j = VIRTQ_OK; j < i; j++)
			assert_string_not_equal(virtq_error_text((enum virtq_error)i),
						virtq_error_text((enum virtq_error)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_layout, finish),
		cmocka_unit_test_teardown(test_init_refusals, finish),
		cmocka_unit_test_teardown(test_init_writes_its_part, finish),
		cmocka_unit_test_teardown(test_direct_chain, finish),
		cmocka_unit_test_teardown(test_indirect_table, finish),
		cmocka_unit_test_teardown(test_add_refusals, finish),
		cmocka_unit_test_teardown(test_full, finish),
		cmocka_unit_test_teardown(test_wrap, finish),
		cmocka_unit_test_teardown(test_used_id, finish),
		cmocka_unit_test_teardown(test_used_not_ours, finish),
		cmocka_unit_test_teardown(test_used_length, finish),
		cmocka_unit_test_teardown(test_used_jump, finish),
		cmocka_unit_test_teardown(test_overwritten_ring, finish),
		cmocka_unit_test_teardown(test_changed_while_read, finish),
		cmocka_unit_test_teardown(test_notify_flags, finish),
		cmocka_unit_test_teardown(test_notify_event, finish),
		cmocka_unit_test_teardown(test_notify_event_wrap, finish),
		cmocka_unit_test_teardown(test_interrupt_flags, finish),
		cmocka_unit_test_teardown(test_interrupt_event, finish),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
