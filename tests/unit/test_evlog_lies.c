/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Event logs that lie: about algorithms, counts, sizes, registers, and where they end.
 * sources: attest/evlog.c lib/status.c
 * libs: -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evlog_sample.h"

static void algorithms_refused(void **state)
{
	const struct {
		struct algorithm a[9];
		unsigned count;
		enum status st;
	} cases[] = {
		{ { sha1 }, 1, ST_UNSUPPORTED },
		{ { sha1, sm3, unknown }, 3, ST_UNSUPPORTED },
		{ { sha256, sha256 }, 2, ST_CORRUPT },
		{ { { 0xb, 31 } }, 1, ST_CORRUPT },
		{ { { 0xb, 48 } }, 1, ST_CORRUPT },
		{ { { 4, 0xffff }, sha256 }, 2, ST_CORRUPT },
		{ { sha256, { 0x99, 0 } }, 2, ST_CORRUPT },
		{ { sha256 }, 0, ST_CORRUPT },
		{ { sha256,
		    { 1, 1 },
		    { 2, 1 },
		    { 3, 1 },
		    { 5, 1 },
		    { 6, 1 },
		    { 7, 1 },
		    { 8, 0xffff } },
		  8,
		  ST_OK },
		{ { sha256,
		    { 1, 1 },
		    { 2, 1 },
		    { 3, 1 },
		    { 5, 1 },
		    { 6, 1 },
		    { 7, 1 },
		    { 8, 1 },
		    { 9, 1 } },
		  9,
		  ST_TOO_MANY },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct out o = first_of(cases[i].a, cases[i].count, 0);

		assert_int_equal(replay(o.n), cases[i].st);
	}
}

struct lie {
	size_t at;
	unsigned bytes;
	u64 value;
	enum status st;
};

static void lies_told(const struct lie *lies, size_t count, size_t n)
{
	static u8 honest[512];

	assert_true(n <= sizeof(honest));
	memcpy(honest, buf, n);
	for (size_t i = 0; i < count; i++) {
		struct out o = { lies[i].at };

		put(&o, lies[i].value, lies[i].bytes);
		assert_int_equal(replay(n), lies[i].st);
		memcpy(buf, honest, n);
	}
	assert_int_equal(replay(n), ST_OK);
}

static void lies_of_the_first_record(void **state)
{
	static const struct lie lies[] = {
		{ 0, 4, 1, ST_OK },              /* index: OVMF's */
		{ 4, 4, EVLOG_IPL, ST_CORRUPT }, /* type */
		{ 8, 1, 1, ST_CORRUPT },         /* digest */
		{ 27, 1, 1, ST_CORRUPT },        /* digest */
		{ 28, 4, 0, ST_CORRUPT },        /* size */
		{ 28, 4, 27, ST_CORRUPT },       /* ends in the count */
		{ 28, 4, 28, ST_CORRUPT },       /* no algorithms */
		{ 28, 4, 32, ST_CORRUPT },       /* no vendor size */
		{ 28, 4, 34, ST_CORRUPT },       /* more than vendor information */
		{ 28, 4, 0xffffffff, ST_TRUNCATED },
		{ 32, 1, 's', ST_CORRUPT },
		{ 47, 1, '3', ST_CORRUPT }, /* the NUL */
		{ 48, 4, 1, ST_OK },        /* platform class: server */
		{ 52, 1, 1, ST_CORRUPT },   /* minor */
		{ 53, 1, 1, ST_CORRUPT },   /* major */
		{ 54, 2, 0x0101, ST_OK },   /* errata, size of UINTN */
		{ 56, 4, 0, ST_CORRUPT },
		{ 56, 4, 2, ST_CORRUPT },
		{ 56, 4, 9, ST_TOO_MANY },
		{ 56, 4, 0x40000000, ST_TOO_MANY }, /* times 4: 0 */
		{ 56, 4, 0xffffffff, ST_TOO_MANY },
		{ 64, 1, 1, ST_CORRUPT }, /* vendor information: not there */
		{ 64, 1, 0xff, ST_CORRUPT },
	};
	struct evlog l = begin(EVLOG_SHA256);

	(void)state;
	append(&l, 1, EVLOG_IPL, "abc");
	lies_told(lies, ARRAY_SIZE(lies), l.size);
}

static void lies_of_an_event(void **state)
{
	static const struct lie lies[] = {
		{ FIRST, 4, 0, ST_CORRUPT }, /* register: nobody extends that of the launch */
		{ FIRST, 4, 4, ST_OK },
		{ FIRST, 4, 5, ST_CORRUPT },
		{ FIRST, 4, 0xffffffff, ST_CORRUPT }, /* the end, with an event behind it */
		{ FIRST + 8, 4, 0, ST_CORRUPT },      /* digests */
		{ FIRST + 8, 4, 2, ST_CORRUPT },
		{ FIRST + 8, 4, 0xffffffff, ST_CORRUPT },
		{ FIRST + 12, 2, EVLOG_SHA384, ST_CORRUPT },
		{ FIRST + 46, 4, 2, ST_TRUNCATED }, /* size: a rest that is no event */
		{ FIRST + 46, 4, 4, ST_TRUNCATED },
		{ FIRST + 46, 4, 0xffffffff, ST_TRUNCATED },
		{ FIRST + 46, 4, 0xffffffc0, ST_TRUNCATED },
	};
	struct evlog l = begin(EVLOG_SHA256);

	(void)state;
	append(&l, 1, EVLOG_IPL, "abc");
	lies_told(lies, ARRAY_SIZE(lies), l.size);
}

/* Fill ends a log only where nothing but fill follows: behind it an event could hide from one
 * reader and not from another. */
static void fill(void **state)
{
	static const u8 values[] = { 0x00, 0xff };
	struct evlog l = begin(EVLOG_SHA384);
	size_t end;

	(void)state;
	append(&l, 1, EVLOG_IPL, "abc");
	end = l.size;
	for (unsigned v = 0; v < ARRAY_SIZE(values); v++) {
		for (size_t n = 1; n < 200; n++) {
			memset(buf + end, values[v], n);
			assert_int_equal(replay(end + n), ST_OK);
			buf[end + n - 1] ^= 0x80;
			assert_int_not_equal(replay(end + n), ST_OK);
		}
	}
	memset(buf + end, 0xff, 100);
	buf[end + 99] = 0;
	assert_int_equal(replay(end + 100), ST_CORRUPT);
	assert_int_equal(replay(end), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithms_refused),
		cmocka_unit_test(lies_of_the_first_record),
		cmocka_unit_test(lies_of_an_event),
		cmocka_unit_test(fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
