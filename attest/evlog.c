/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event log in the TCG's crypto-agile format (PC Client Platform Firmware Profile: TCG_PCR_EVENT
 * for the first record, TCG_PCR_EVENT2 for all others), with an index of a CC measurement register
 * where a PCR index stands.
 *
 * A log is vouched for by nothing but its replay. So the reader has no way to stop early in peace:
 * what is not an event to the last byte, nor fill to the last byte, is an error.
 */
#include <bearssl.h>
#include <string.h>

#include "attest.h"

#define SIGNATURE      "Spec ID Event03" /* with its NUL */
#define SIGNATURE_SIZE 16
#define SHA1_SIZE      20
#define FIRST_HEAD     (4 + 4 + SHA1_SIZE + 4) /* index, type, digest, size */
#define SPEC_HEAD      (SIGNATURE_SIZE + 4 + 4 + 4)
#define SPEC_MINOR     0
#define SPEC_MAJOR     2
#define UINTN_64       2           /* in units of 32 bits */
#define ALGORITHM_SIZE 4           /* id and digest size */
#define EVENT_HEAD     (4 + 4 + 4) /* index, type, count of digests */
#define FILL_ONES      0xff

/* Sizes that are not the log's to choose (TPM 2.0 part 2, TPM_ALG_ID). */
static const struct {
	u16 id, size;
} algorithms[] = {
	{ 0x0004, SHA1_SIZE },
	{ EVLOG_SHA256, br_sha256_SIZE },
	{ EVLOG_SHA384, br_sha384_SIZE },
	{ EVLOG_SHA512, br_sha512_SIZE },
	{ 0x0012, 32 }, /* SM3-256 */
};

size_t evlog_digest_size(enum evlog_hash hash)
{
	switch (hash) {
	case EVLOG_SHA256:
		return br_sha256_SIZE;
	case EVLOG_SHA384:
		return br_sha384_SIZE;
	case EVLOG_SHA512:
		return br_sha512_SIZE;
	default:
		return 0;
	}
}

bool evlog_digest(enum evlog_hash hash, struct bytes data, u8 *out)
{
	const br_hash_class *classes[] = { &br_sha256_vtable, &br_sha384_vtable,
					   &br_sha512_vtable };
	br_hash_compat_context h;

	if (evlog_digest_size(hash) == 0)
		return false;
	h.vtable = classes[hash - EVLOG_SHA256];
	h.vtable->init(&h.vtable);
	h.vtable->update(&h.vtable, data.data, data.size);
	h.vtable->out(&h.vtable, out);
	return true;
}

/* ---- writing ---- */

static void put(struct evlog *l, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		l->data[l->size++] = (u8)(value >> (8 * i));
}

static void put_bytes(struct evlog *l, const void *data, size_t size)
{
	if (size > 0)
		memcpy(l->data + l->size, data, size);
	l->size += size;
}

enum status evlog_begin(struct evlog *l, void *memory, size_t capacity, enum evlog_hash hash)
{
	const size_t spec = SPEC_HEAD + ALGORITHM_SIZE + 1;
	size_t digest = evlog_digest_size(hash);

	*l = (struct evlog){ memory, 0, capacity, hash };
	if (digest == 0)
		return ST_UNSUPPORTED;
	if (capacity < FIRST_HEAD + spec)
		return ST_NO_MEMORY;
	put(l, 0, 4);
	put(l, EVLOG_NO_ACTION, 4);
	memset(l->data + l->size, 0, SHA1_SIZE);
	l->size += SHA1_SIZE;
	put(l, spec, 4);
	put_bytes(l, SIGNATURE, SIGNATURE_SIZE);
	put(l, 0, 4); /* platform class: client */
	put(l, SPEC_MINOR, 1);
	put(l, SPEC_MAJOR, 1);
	put(l, 0, 1); /* errata */
	put(l, UINTN_64, 1);
	put(l, 1, 4);
	put(l, hash, 2);
	put(l, digest, 2);
	put(l, 0, 1); /* vendor information */
	return ST_OK;
}

enum status evlog_append(struct evlog *l, unsigned reg, u32 type, const u8 *digest,
			 struct bytes event)
{
	size_t size = evlog_digest_size(l->hash), head = EVENT_HEAD + 2 + size + 4;

	if (reg >= EVLOG_REGISTERS || (reg == 0 && type != EVLOG_NO_ACTION) ||
	    event.size > UINT32_MAX)
		return ST_INVALID;
	if (l->capacity - l->size < head || l->capacity - l->size - head < event.size)
		return ST_NO_MEMORY;
	put(l, reg, 4);
	put(l, type, 4);
	put(l, 1, 4);
	put(l, l->hash, 2);
	put_bytes(l, digest, size);
	put(l, event.size, 4);
	put_bytes(l, event.data, event.size);
	return ST_OK;
}

/* ---- reading ---- */

/* The caller has seen that so many bytes are left. */
static u32 get(struct bytes *b, unsigned bytes)
{
	u32 v = 0;

	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | b->data[i];
	b->data += bytes;
	b->size -= bytes;
	return v;
}

/* false: not so many left. */
static bool cut(struct bytes *b, size_t size, struct bytes *out)
{
	if (size > b->size)
		return false;
	*out = (struct bytes){ b->data, size };
	b->data += size;
	b->size -= size;
	return true;
}

static bool all_are(struct bytes b, u8 value)
{
	for (size_t i = 0; i < b.size; i++)
		if (b.data[i] != value)
			return false;
	return true;
}

static bool fits_algorithm(u16 id, u16 size)
{
	for (unsigned i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (algorithms[i].id == id)
			return algorithms[i].size == size;
	return size != 0;
}

/* Place of an algorithm among those of the log; count: not there. */
static unsigned place(const struct evlog_reader *r, u32 id)
{
	unsigned i = 0;

	while (i < r->count && r->algorithms[i] != id)
		i++;
	return i;
}

static enum status read_algorithms(struct bytes *spec, u32 count, struct evlog_reader *r)
{
	if (count > ARRAY_SIZE(r->algorithms))
		return ST_TOO_MANY;
	if (count == 0 || spec->size < (size_t)count * ALGORITHM_SIZE)
		return ST_CORRUPT;
	while (r->count < count) {
		u16 id = (u16)get(spec, 2), size = (u16)get(spec, 2);

		if (place(r, id) < r->count || !fits_algorithm(id, size))
			return ST_CORRUPT;
		r->algorithms[r->count] = id;
		r->sizes[r->count++] = size;
	}
	return ST_OK;
}

static enum status choose_hash(struct evlog_reader *r)
{
	static const enum evlog_hash strongest_first[] = { EVLOG_SHA512, EVLOG_SHA384,
							   EVLOG_SHA256 };

	for (unsigned i = 0; i < ARRAY_SIZE(strongest_first); i++) {
		if (place(r, strongest_first[i]) < r->count) {
			r->hash = strongest_first[i];
			return ST_OK;
		}
	}
	return ST_UNSUPPORTED;
}

static enum status read_spec(struct bytes spec, struct evlog_reader *r)
{
	struct bytes signature;
	u32 count, vendor;
	enum status st;

	if (spec.size < SPEC_HEAD || !cut(&spec, SIGNATURE_SIZE, &signature) ||
	    memcmp(signature.data, SIGNATURE, SIGNATURE_SIZE) != 0)
		return ST_CORRUPT;
	(void)get(&spec, 4); /* platform class */
	if (get(&spec, 1) != SPEC_MINOR || get(&spec, 1) != SPEC_MAJOR)
		return ST_CORRUPT;
	(void)get(&spec, 2); /* errata, size of UINTN */
	count = get(&spec, 4);
	st = read_algorithms(&spec, count, r);
	if (st != ST_OK)
		return st;
	if (spec.size == 0)
		return ST_CORRUPT;
	vendor = get(&spec, 1);
	return vendor == spec.size ? choose_hash(r) : ST_CORRUPT;
}

enum status evlog_open(struct bytes log, struct evlog_reader *r)
{
	struct bytes digest, spec;

	*r = (struct evlog_reader){ .left = log };
	if (log.size < FIRST_HEAD)
		return ST_TRUNCATED;
	(void)get(&r->left, 4); /* some write 1 here; it is extended nowhere */
	if (get(&r->left, 4) != EVLOG_NO_ACTION)
		return ST_CORRUPT;
	if (!cut(&r->left, SHA1_SIZE, &digest) || !all_are(digest, 0))
		return ST_CORRUPT;
	if (!cut(&r->left, get(&r->left, 4), &spec))
		return ST_TRUNCATED;
	return read_spec(spec, r);
}

/* One digest of each of the log's algorithms, in any order: with one left out, or one twice, two
 * readers could replay different logs. */
static enum status read_digests(const struct evlog_reader *r, struct bytes *left, u32 count,
				struct bytes *digest)
{
	bool seen[ARRAY_SIZE(r->algorithms)] = { false };

	if (count != r->count)
		return ST_CORRUPT;
	for (u32 i = 0; i < count; i++) {
		struct bytes value;
		unsigned at;

		if (left->size < 2)
			return ST_TRUNCATED;
		at = place(r, get(left, 2));
		if (at == r->count || seen[at])
			return ST_CORRUPT;
		seen[at] = true;
		if (!cut(left, r->sizes[at], &value))
			return ST_TRUNCATED;
		if (r->algorithms[at] == r->hash)
			*digest = value;
	}
	return digest->data != NULL ? ST_OK : ST_CORRUPT;
}

enum status evlog_next(struct evlog_reader *r, struct evlog_event *e)
{
	struct bytes left = r->left;
	enum status st;

	*e = (struct evlog_event){ 0 };
	/* No event is all ones or zeros: register numbers are small, counts of digests are not 0.
	 * A few zeros may begin an event of register 0, which replays into nothing. */
	if (all_are(left, FILL_ONES) || all_are(left, 0))
		return ST_NOT_FOUND;
	if (left.size < EVENT_HEAD)
		return ST_TRUNCATED;
	e->reg = get(&left, 4);
	e->type = get(&left, 4);
	if (e->reg >= EVLOG_REGISTERS)
		return ST_CORRUPT;
	st = read_digests(r, &left, get(&left, 4), &e->digest);
	if (st != ST_OK)
		return st;
	if (left.size < 4 || !cut(&left, get(&left, 4), &e->data))
		return ST_TRUNCATED;
	r->left = left;
	return ST_OK;
}

/* DEN0137 RSI_MEASUREMENT_EXTEND and TDG.MR.RTMR.EXTEND: the value goes behind the register as it
 * is, neither padded nor with a length. */
static void extend(struct evlog_registers *out, unsigned reg, struct bytes digest)
{
	u8 both[2 * EVLOG_DIGEST_MAX];

	memcpy(both, out->value[reg], out->size);
	memcpy(both + out->size, digest.data, digest.size);
	(void)evlog_digest(out->hash, (struct bytes){ both, out->size + digest.size },
			   out->value[reg]);
}

static enum status replay(struct bytes log, struct evlog_registers *out)
{
	struct evlog_reader r;
	struct evlog_event e;
	enum status st = evlog_open(log, &r);

	out->hash = r.hash;
	out->size = evlog_digest_size(r.hash);
	while (st == ST_OK) {
		st = evlog_next(&r, &e);
		if (st != ST_OK || e.type == EVLOG_NO_ACTION)
			continue;
		if (e.reg == 0)
			return ST_CORRUPT; /* nobody can have extended it */
		extend(out, e.reg, e.digest);
		out->events[e.reg]++;
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status evlog_replay(struct bytes log, struct evlog_registers *out)
{
	enum status st;

	*out = (struct evlog_registers){ 0 };
	st = replay(log, out);
	if (st != ST_OK)
		*out = (struct evlog_registers){ 0 }; /* no register of a log half read */
	return st;
}
