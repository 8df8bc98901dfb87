/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounded CBOR reader (RFC 8949) over hostile bytes: no allocation, no recursion, no length is
 * believed before it was compared with what is left. Every call consumes at least one byte or
 * fails, so a loop over a claimed count ends with the input.
 */
#ifndef CBOR_H
#define CBOR_H

#include "attest.h"

#define CBOR_MAX_DEPTH 16

enum cbor_major {
	CBOR_UINT = 0,
	CBOR_NINT = 1,
	CBOR_BSTR = 2,
	CBOR_TEXT = 3,
	CBOR_ARRAY = 4,
	CBOR_MAP = 5,
	CBOR_TAG = 6,
	CBOR_SIMPLE = 7,
};

struct cbor {
	const u8 *at, *end;
};

struct cbor cbor_open(struct bytes b);
bool cbor_at_end(const struct cbor *c);
/* Major type of the next item; false at the end. */
bool cbor_peek(const struct cbor *c, enum cbor_major *major);

/* Typed reads: ST_CORRUPT when the next item is of another type or of indefinite length. */
enum status cbor_uint(struct cbor *c, u64 *v);
enum status cbor_int(struct cbor *c, s64 *v); /* ST_RANGE beyond 63 bits */
enum status cbor_bstr(struct cbor *c, struct bytes *v);
enum status cbor_text(struct cbor *c, struct bytes *v); /* UTF-8 is not checked */
enum status cbor_array(struct cbor *c, u64 *count);     /* count elements follow */
enum status cbor_map(struct cbor *c, u64 *pairs);       /* 2 * pairs items follow */
enum status cbor_tag(struct cbor *c, u64 *tag);         /* one item follows */

/* One whole item of any well-formed kind, indefinite lengths included, at most CBOR_MAX_DEPTH deep
 * (ST_TOO_DEEP): what a reader does with an entry it does not know. */
enum status cbor_skip(struct cbor *c);

#endif
