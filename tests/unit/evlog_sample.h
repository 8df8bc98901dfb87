/* SPDX-License-Identifier: BSD-2-Clause */
/* Event logs for tests, honest and not: one buffer, filled by the writer or byte by byte. */
#ifndef EVLOG_SAMPLE_H
#define EVLOG_SAMPLE_H

#include "attest.h"
#include "vectors.h"

#define FIRST 65 /* bytes of a first record with one algorithm and no vendor information */

static u8 buf[VECTOR_MAX];

/* A copy of exactly that size on the heap: ASan sees one byte too far. */
static inline enum status replay_copy(const u8 *log, size_t n, struct evlog_registers *out)
{
	u8 *copy = malloc(n + (n == 0));
	enum status st;

	memcpy(copy, log, n);
	st = evlog_replay((struct bytes){ copy, n }, out);
	free(copy);
	return st;
}

static inline enum status replay(size_t n)
{
	struct evlog_registers r;

	return replay_copy(buf, n, &r);
}

/* Cut anywhere, a log is refused, but where an event ends. */
static inline void cut_everywhere(size_t n, unsigned events)
{
	unsigned whole = 0;

	for (size_t cut = 0; cut < n; cut++) {
		struct evlog_registers r;
		unsigned count = 0;

		if (replay_copy(buf, cut, &r) != ST_OK) {
			assert_int_equal(r.size, 0); /* and no register of the part before */
			continue;
		}
		for (unsigned i = 0; i < EVLOG_REGISTERS; i++)
			count += r.events[i];
		assert_int_equal(count, whole);
		whole++;
	}
	assert_int_equal(whole, events); /* with 0 .. events - 1 of them */
}

static inline struct evlog begin(enum evlog_hash hash)
{
	struct evlog l;

	assert_int_equal(evlog_begin(&l, buf, sizeof(buf), hash), ST_OK);
	assert_int_equal(l.size, FIRST);
	return l;
}

static inline void append(struct evlog *l, unsigned reg, u32 type, const char *text)
{
	struct bytes data = { (const u8 *)text, strlen(text) };
	u8 digest[EVLOG_DIGEST_MAX];

	assert_true(evlog_digest(l->hash, data, digest));
	assert_int_equal(evlog_append(l, reg, type, digest, data), ST_OK);
}

struct out {
	size_t n;
};

static inline void put(struct out *o, u64 v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf[o->n++] = (u8)(v >> (8 * i));
}

struct algorithm {
	u16 id, size;
};

static inline struct out first_of(const struct algorithm *a, unsigned count, u8 vendor)
{
	struct out o = { 0 };

	put(&o, 0, 4);
	put(&o, EVLOG_NO_ACTION, 4);
	for (unsigned i = 0; i < 20; i++)
		put(&o, 0, 1);
	put(&o, 16 + 12 + 4 * count + 1 + vendor, 4);
	memcpy(buf + o.n, "Spec ID Event03", 16);
	o.n += 16;
	put(&o, 0x0200020000000000ULL, 8);
	put(&o, count, 4);
	for (unsigned i = 0; i < count; i++) {
		put(&o, a[i].id, 2);
		put(&o, a[i].size, 2);
	}
	put(&o, vendor, 1);
	for (unsigned i = 0; i < vendor; i++)
		put(&o, 0xee, 1);
	return o;
}

/* Digests of one byte value each, the algorithm's low one. */
static inline void put_event(struct out *o, const struct algorithm *a, unsigned count)
{
	put(o, 1, 4);
	put(o, EVLOG_IPL, 4);
	put(o, count, 4);
	for (unsigned i = 0; i < count; i++) {
		put(o, a[i].id, 2);
		for (unsigned b = 0; b < a[i].size; b++)
			put(o, a[i].id, 1);
	}
	put(o, 2, 4);
	put(o, 0xbeef, 2);
}

static const struct algorithm sha1 = { 4, 20 }, sha256 = { 0xb, 32 }, sha384 = { 0xc, 48 },
			      sha512 = { 0xd, 64 }, sm3 = { 0x12, 32 }, unknown = { 0x99, 7 };

#endif
