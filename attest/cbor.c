/* SPDX-License-Identifier: BSD-2-Clause */
#include "cbor.h"

#define INDEFINITE 31
#define BREAK      0xff

struct head {
	enum cbor_major major;
	u8 info;
	u64 value;
};

struct cbor cbor_open(struct bytes b)
{
	return (struct cbor){ b.data, b.data + b.size };
}

bool cbor_at_end(const struct cbor *c)
{
	return c->at == c->end;
}

static size_t left(const struct cbor *c)
{
	return (size_t)(c->end - c->at);
}

bool cbor_peek(const struct cbor *c, enum cbor_major *major)
{
	if (cbor_at_end(c))
		return false;
	*major = *c->at >> 5;
	return true;
}

/* Initial byte and argument. */
static enum status read_head(struct cbor *c, struct head *h)
{
	size_t n;

	if (left(c) < 1)
		return ST_TRUNCATED;
	h->major = *c->at >> 5;
	h->info = *c->at & 31;
	h->value = h->info;
	c->at++;
	if (h->info < 24 || h->info == INDEFINITE)
		return ST_OK;
	if (h->info > 27)
		return ST_CORRUPT; /* reserved */
	n = (size_t)1 << (h->info - 24);
	if (left(c) < n)
		return ST_TRUNCATED;
	h->value = 0;
	for (size_t i = 0; i < n; i++)
		h->value = h->value << 8 | *c->at++;
	return ST_OK;
}

static enum status expect(struct cbor *c, enum cbor_major major, u64 *v)
{
	struct head h;
	enum status st = read_head(c, &h);

	if (st != ST_OK)
		return st;
	if (h.major != major || h.info == INDEFINITE)
		return ST_CORRUPT;
	*v = h.value;
	return ST_OK;
}

enum status cbor_uint(struct cbor *c, u64 *v)
{
	return expect(c, CBOR_UINT, v);
}

enum status cbor_int(struct cbor *c, s64 *v)
{
	struct head h;
	enum status st = read_head(c, &h);

	if (st != ST_OK)
		return st;
	if (h.major > CBOR_NINT || h.info == INDEFINITE)
		return ST_CORRUPT;
	if (h.value > INT64_MAX)
		return ST_RANGE;
	*v = h.major == CBOR_UINT ? (s64)h.value : -1 - (s64)h.value;
	return ST_OK;
}

static enum status take(struct cbor *c, u64 n, struct bytes *v)
{
	if (n > left(c))
		return ST_TRUNCATED;
	*v = (struct bytes){ c->at, (size_t)n };
	c->at += n;
	return ST_OK;
}

static enum status string(struct cbor *c, enum cbor_major major, struct bytes *v)
{
	u64 n;
	enum status st = expect(c, major, &n);

	return st == ST_OK ? take(c, n, v) : st;
}

enum status cbor_bstr(struct cbor *c, struct bytes *v)
{
	return string(c, CBOR_BSTR, v);
}

enum status cbor_text(struct cbor *c, struct bytes *v)
{
	return string(c, CBOR_TEXT, v);
}

/* An element takes at least one byte: a count beyond what is left cannot be true. */
enum status cbor_array(struct cbor *c, u64 *count)
{
	enum status st = expect(c, CBOR_ARRAY, count);

	return st == ST_OK && *count > left(c) ? ST_TRUNCATED : st;
}

enum status cbor_map(struct cbor *c, u64 *pairs)
{
	enum status st = expect(c, CBOR_MAP, pairs);

	return st == ST_OK && *pairs > left(c) / 2 ? ST_TRUNCATED : st;
}

enum status cbor_tag(struct cbor *c, u64 *tag)
{
	return expect(c, CBOR_TAG, tag);
}

/* ---- skipping ---- */
struct level {
	u64 items; /* still to come; unused when indefinite */
	bool indefinite;
	u8 chunks_of;    /* strings of indefinite length: only definite chunks of that type */
	bool pairs, odd; /* a map of indefinite length may only break after a value */
};

struct skipper {
	struct level level[CBOR_MAX_DEPTH];
	unsigned depth;
};

static enum status push(struct skipper *s, struct level l)
{
	if (s->depth == CBOR_MAX_DEPTH)
		return ST_TOO_DEEP;
	s->level[s->depth++] = l;
	return ST_OK;
}

static enum status open_indefinite(struct skipper *s, enum cbor_major major)
{
	switch (major) {
	case CBOR_BSTR:
	case CBOR_TEXT:
		return push(s, (struct level){ .indefinite = true, .chunks_of = (u8)major });
	case CBOR_ARRAY:
	case CBOR_MAP:
		return push(s, (struct level){ .indefinite = true, .pairs = major == CBOR_MAP });
	default:
		return ST_CORRUPT;
	}
}

static enum status open_definite(struct skipper *s, struct cbor *c, const struct head *h)
{
	u64 per_item = h->major == CBOR_MAP ? 2 : 1;
	struct bytes unused;

	switch (h->major) {
	case CBOR_BSTR:
	case CBOR_TEXT:
		return take(c, h->value, &unused);
	case CBOR_ARRAY:
	case CBOR_MAP:
		if (h->value > left(c) / per_item)
			return ST_TRUNCATED;
		return push(s, (struct level){ .items = h->value * per_item });
	case CBOR_TAG:
		return push(s, (struct level){ .items = 1 });
	case CBOR_SIMPLE:
		/* RFC 8949 3.3: a simple value below 32 has no two-byte form */
		return h->info == 24 && h->value < 32 ? ST_CORRUPT : ST_OK;
	default:
		return ST_OK;
	}
}

/* The item just begun belongs to the innermost level. */
static enum status count_item(struct skipper *s, const struct head *h)
{
	struct level *l;

	if (s->depth == 0)
		return ST_OK;
	l = &s->level[s->depth - 1];
	if (l->chunks_of != 0 && (h->major != l->chunks_of || h->info == INDEFINITE))
		return ST_CORRUPT;
	if (l->indefinite)
		l->odd = !l->odd;
	else
		l->items--;
	return ST_OK;
}

static enum status skip_break(struct skipper *s)
{
	const struct level *l;

	if (s->depth == 0)
		return ST_CORRUPT;
	l = &s->level[s->depth - 1];
	if (!l->indefinite || (l->pairs && l->odd))
		return ST_CORRUPT;
	s->depth--;
	return ST_OK;
}

static enum status skip_step(struct skipper *s, struct cbor *c)
{
	struct head h;
	enum status st;

	if (left(c) > 0 && *c->at == BREAK) {
		c->at++;
		return skip_break(s);
	}
	st = read_head(c, &h);
	if (st == ST_OK)
		st = count_item(s, &h);
	if (st != ST_OK)
		return st;
	return h.info == INDEFINITE ? open_indefinite(s, h.major) : open_definite(s, c, &h);
}

enum status cbor_skip(struct cbor *c)
{
	struct skipper s = { .depth = 0 };
	enum status st;

	do {
		st = skip_step(&s, c);
		if (st != ST_OK)
			return st;
		while (s.depth > 0 && !s.level[s.depth - 1].indefinite &&
		       s.level[s.depth - 1].items == 0)
			s.depth--;
	} while (s.depth > 0);
	return ST_OK;
}
