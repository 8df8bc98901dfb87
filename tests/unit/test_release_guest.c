/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The guest of a secret release against a party, or a host before it, that says anything: what is
 * not right in every bit leaves no secret, and nothing that is secret is ever said.
 * sources: workload/secret-release/main.c workload/secret-release/release.c workload/secret-release/keys.c lib/status.c tools/serve_crypto.c tools/verify_roots.c tools/verify_expect.c tools/verify_rows.c
 * libs: -lbearssl -lcrypto -ljansson
 * flags: -Itools -Ihosts/arm64 -Ihosts/arm64/rmm -Iworkload/secret-release
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "serve.h" /* first: cmocka.h has a macro of one of its names */

#include <cmocka.h>

#include "fake_workload.h"
#include "release.h"

#define CHALLENGE 0 /* the party's frames */
#define SECRET    1

static u8 the_secret[RELEASE_SECRET_MAX], blob[RELEASE_FRAME_MAX + 1];
static struct serve_seal seal;

static struct {
	unsigned frames; /* so many were sent */
	size_t secret_size;
	/* Does to a frame what a hostile party or host would; *size may become anything to the
	 * room there is. */
	void (*spoil)(unsigned frame, u8 *bytes, size_t *size);
	unsigned at_frame, at, mask; /* for it */
	u32 value;
} party;

static void put32(u8 *p, u32 v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (u8)(v >> (8 * i));
}

static size_t frame(u8 *out, u32 type, const u8 *payload, size_t size)
{
	put32(out, type);
	put32(out + 4, (u32)size);
	memcpy(out + 8, payload, size);
	return 8 + size;
}

/* The payload of the guest's n-th frame of that type; NULL: it said none. */
static const u8 *said(u32 type, size_t *size)
{
	for (size_t at = 0; at < fw.out_size;) {
		const u8 *p = fw.out + at;
		size_t n = p[4] | p[5] << 8 | p[6] << 16 | (size_t)p[7] << 24;

		if (p[0] == type) {
			*size = n;
			return p + 8;
		}
		at += 8 + n;
	}
	return NULL;
}

static enum status party_turn(void)
{
	u8 report_data[REPORT_DATA_SIZE], challenge[RELEASE_CHALLENGE];
	size_t size = 0;
	const u8 *point;

	memset(report_data, 0x77, sizeof(report_data));
	memset(challenge, 0xc4, sizeof(challenge));
	fw.in_at = 0;
	switch (party.frames++) {
	case CHALLENGE:
		fw.in_size = frame(fw.in, RELEASE_CHALLENGE_FRAME, challenge, sizeof(challenge));
		break;
	case SECRET:
		point = said(RELEASE_KEY, &size);
		if (point == NULL) { /* it still waits for the rest of the challenge */
			fw.in_size = 0;
			return ST_TIMEOUT;
		}
		assert_true(serve_seal((struct bytes){ point, size }, challenge, report_data,
				       (struct bytes){ the_secret, party.secret_size }, &seal));
		fw.in_size = frame(fw.in, RELEASE_SECRET, seal.frame, seal.size);
		break;
	default:
		fw.in_size = 0;
		return ST_TIMEOUT;
	}
	if (party.spoil != NULL)
		party.spoil(party.frames - 1, fw.in, &fw.in_size);
	return fw.in_size == 0 ? ST_TIMEOUT : ST_OK;
}

static int reset(void **state)
{
	(void)state;
	memset(&fw, 0, sizeof(fw));
	memset(&party, 0, sizeof(party));
	for (size_t i = 0; i < sizeof(the_secret); i++)
		the_secret[i] = (u8)(0x80 | (i * 37 + 11)); /* no text has it */
	party.secret_size = 32;
	fw.turn = party_turn;
	fw.tick = 1;
	fw.report = (struct bytes){ blob, 1200 };
	fw.certificates = (struct bytes){ NULL, 0 };
	fw.log = (struct bytes){ blob, 70 };
	fw_workload.platform = "cca";
	fw_workload.options = "";
	return 0;
}

static bool holds(const void *where, size_t size, const void *what, size_t n)
{
	return memmem(where, size, what, n) != NULL;
}

/* Whatever happened: all was given back, and the secret was not said. */
static int run(void)
{
	int end = workload_main(&fw_workload);
	size_t part = MIN(party.secret_size, 8);

	assert_int_equal(fw.allocated, fw.released);
	assert_int_equal(fw.opened, fw.closed);
	assert_false(fw.dirty);
	if (part == 8) {
		assert_false(holds(fw.out, fw.out_size, the_secret, part));
		assert_false(holds(fw.logged, sizeof(fw.logged), the_secret, part));
	}
	return end;
}

static void must_fail(void)
{
	size_t size;

	assert_int_equal(run(), 1);
	assert_null(said(RELEASE_DONE, &size));
	assert_null(strstr(fw.logged, "secret received"));
	assert_true(fw.logged[0] != '\0');
}

static void must_fail_saying(const char *text)
{
	must_fail();
	if (strstr(fw.logged, text) == NULL)
		fail_msg("'%s' does not say '%s'", fw.logged, text);
}

static void must_hold(void)
{
	size_t size = 0;
	const u8 *proof;

	assert_int_equal(run(), 0);
	proof = said(RELEASE_DONE, &size);
	assert_non_null(proof);
	assert_int_equal(size, RELEASE_PROOF);
	assert_memory_equal(proof, seal.proof, RELEASE_PROOF);
	assert_string_equal(fw.logged, "secret received, proof sent\n");
}

/* ---- what is right ---- */

static void test_good(void **state)
{
	static const size_t sizes[] = { 1, 8, 32, 1000, RELEASE_SECRET_MAX };
	static const size_t steps[] = { 0, 1, 7, 64 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned k = 0; k < ARRAY_SIZE(steps); k++) {
			reset(state);
			party.secret_size = sizes[i];
			fw.read_bytes = steps[k];
			must_hold();
		}
}

static void test_said(void **state)
{
	static const char *const platform[] = { "cca", "snp", "tdx" };
	size_t size = 0;
	const u8 *p;

	for (u8 i = 0; i < 3; i++) {
		reset(state);
		fw_workload.platform = platform[i];
		fw.certificates = (struct bytes){ blob, 3 };
		must_hold();
		p = said(RELEASE_HELLO, &size);
		assert_int_equal(size, 8);
		assert_memory_equal(p, ((u8[]){ 1, 0, 0, 0, (u8)(i + 1), 0, 0, 0 }), 8);
		p = said(RELEASE_KEY, &size);
		assert_int_equal(size, RELEASE_POINT);
		assert_memory_equal(p, fw.key, RELEASE_POINT); /* the evidence's */
		assert_int_equal(fw.challenge[0], 0xc4);
		assert_int_equal(fw.asked, 1);
		assert_non_null(said(RELEASE_EVIDENCE, &size));
		assert_int_equal(size, 1200);
		assert_non_null(said(RELEASE_CERTS, &size));
		assert_int_equal(size, 3);
		assert_non_null(said(RELEASE_LOG, &size));
		assert_int_equal(size, 70);
	}
}

/* A key of its own for each conversation. */
static void test_keys_differ(void **state)
{
	u8 first[RELEASE_POINT];

	reset(state);
	must_hold();
	memcpy(first, fw.key, sizeof(first));
	reset(state);
	must_hold();
	assert_memory_not_equal(first, fw.key, sizeof(first));
}

static void test_options(void **state)
{
	static const struct {
		const char *text;
		enum stream_kind kind;
	} is[] = {
		{ "", STREAM_CONSOLE },       { "vsock", STREAM_VSOCK },
		{ "a vsock", STREAM_VSOCK },  { "vsock b", STREAM_VSOCK },
		{ "vsock2", STREAM_CONSOLE }, { "xvsock", STREAM_CONSOLE },
		{ "vsoc", STREAM_CONSOLE },   { "  vsock  ", STREAM_VSOCK },
		{ " ", STREAM_CONSOLE },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(is); i++) {
		reset(state);
		fw_workload.options = is[i].text;
		must_hold();
		assert_int_equal(fw.kind, is[i].kind);
		assert_int_equal(fw.port, RELEASE_VSOCK_PORT);
	}
}

/* ---- what the guest lacks ---- */

static void test_lacks(void **state)
{
	reset(state);
	fw_workload.platform = "plain";
	must_fail_saying("platform plain");
	assert_int_equal(fw.allocated, 0);
	reset(state);
	fw.no_memory = true;
	must_fail_saying("no memory");
	reset(state);
	fw.random_status = ST_UNSUPPORTED;
	must_fail_saying("key: not supported");
	assert_int_equal(fw.opened, 0);
	reset(state);
	fw.open_status = ST_NOT_FOUND;
	must_fail_saying("stream: not found");
	reset(state);
	fw.evidence_status = ST_CORRUPT;
	must_fail_saying("why there is none");
	reset(state);
	fw.report.size = RELEASE_FRAME_MAX + 1;
	must_fail_saying("evidence: outside");
	reset(state);
	fw.log.size = RELEASE_FRAME_MAX + 1;
	must_fail_saying("evidence: outside");
}

/* A source that repeats itself cannot make a key that is none. */
static void test_bad_source(void **state)
{
	static const u8 order[32] = { 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
				      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
				      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 };
	static const u8 zero[32];
	u8 below[32], above[32], one[32] = { [31] = 1 };

	memcpy(below, order, sizeof(below));
	memcpy(above, order, sizeof(above));
	below[31]--;
	above[31]++;
	reset(state);
	fw.random_fixed = zero;
	must_fail_saying("key: the host makes no progress");
	reset(state);
	fw.random_fill = 0xff;
	must_fail_saying("key: the host makes no progress");
	reset(state);
	fw.random_fixed = order;
	must_fail_saying("key: ");
	reset(state);
	fw.random_fixed = above;
	must_fail_saying("key: ");
	reset(state);
	fw.random_fixed = below;
	must_hold();
	reset(state);
	fw.random_fixed = one;
	must_hold();
}

static void test_writes_fail(void **state)
{
	unsigned writes;

	reset(state);
	must_hold();
	writes = fw.written;
	for (unsigned n = 1; n <= writes; n++) {
		reset(state);
		fw.write_fails = n;
		assert_int_equal(run(), 1);
		assert_null(strstr(fw.logged, "secret received"));
	}
	assert_int_equal(writes, 11); /* two per frame, and an empty one */
}

/* ---- a stream that lies or waits ---- */

static void test_stream_lies(void **state)
{
	reset(state);
	fw.read_lies = 1; /* nothing */
	must_fail_saying("challenge: the host broke its protocol");
	reset(state);
	fw.read_lies = 100;
	must_fail_saying("challenge: the host broke its protocol");
}

static void test_patience(void **state)
{
	reset(state);
	fw.turn = NULL;
	must_fail_saying("challenge: time-out");
	reset(state);
	fw.tick = RELEASE_PATIENCE_NS;
	must_fail_saying("challenge: time-out");
	/* One byte at a time must not renew it. */
	reset(state);
	fw.read_bytes = 1;
	fw.tick = RELEASE_PATIENCE_NS / 40;
	must_fail_saying("challenge: time-out");
}

/* ---- frames that are not as they should be ---- */

static void cut(unsigned f, u8 *bytes, size_t *size)
{
	if (f == party.at_frame)
		*size = MIN(*size, party.at);
}

static void test_truncated(void **state)
{
	static const unsigned whole[] = { 8 + 64, 8 + 65 + 12 + 4 + 16 };

	for (unsigned f = CHALLENGE; f <= SECRET; f++)
		for (unsigned at = 0; at < whole[f]; at++) {
			reset(state);
			party.secret_size = 4;
			party.spoil = cut;
			party.at_frame = f;
			party.at = at;
			must_fail_saying("time-out");
		}
}

static void flip(unsigned f, u8 *bytes, size_t *size)
{
	if (f == party.at_frame)
		bytes[party.at] ^= (u8)party.mask;
}

/* Every bit of the SECRET frame, and every one of the challenge, which the party knows as it was.
 */
static void test_flipped(void **state)
{
	static const unsigned whole[] = { 8 + 64, 8 + 65 + 12 + 1 + 16 };

	for (unsigned f = CHALLENGE; f <= SECRET; f++)
		for (unsigned bit = 0; bit < 8 * whole[f]; bit++) {
			reset(state);
			party.secret_size = 1;
			party.spoil = flip;
			party.at_frame = f;
			party.at = bit / 8;
			party.mask = 1u << bit % 8;
			must_fail();
		}
}

static void retype(unsigned f, u8 *bytes, size_t *size)
{
	if (f == party.at_frame)
		put32(bytes, party.value);
}

static void resize(unsigned f, u8 *bytes, size_t *size)
{
	if (f == party.at_frame) {
		put32(bytes + 4, party.value);
		*size = sizeof(fw.in); /* all that was asked for and more */
	}
}

static void test_types(void **state)
{
	static const u32 due[] = { RELEASE_CHALLENGE_FRAME, RELEASE_SECRET };

	for (unsigned f = CHALLENGE; f <= SECRET; f++)
		for (u32 type = 0; type <= 10; type++) {
			if (type == due[f] || type == RELEASE_REFUSED)
				continue;
			reset(state);
			party.spoil = retype;
			party.at_frame = f;
			party.value = type == 10 ? due[f] | 0x100 : type;
			must_fail_saying("the host broke its protocol");
		}
}

static void test_sizes(void **state)
{
	static const u32 sizes[] = { 0,
				     1,
				     63,
				     65,
				     92,
				     93,
				     RELEASE_SECRET_FRAME + 1,
				     RELEASE_FRAME_MAX,
				     RELEASE_FRAME_MAX + 1,
				     0x7fffffff,
				     0x80000000,
				     0xffffffff };

	for (unsigned f = CHALLENGE; f <= SECRET; f++)
		for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
			reset(state);
			party.spoil = resize;
			party.at_frame = f;
			party.value = sizes[i];
			must_fail_saying("outside the permitted range");
		}
	/* One that may be, of the wrong content. */
	reset(state);
	party.spoil = resize;
	party.at_frame = SECRET;
	party.value = RELEASE_SECRET_FRAME;
	must_fail_saying("secret: input is malformed");
}

static void swap(unsigned f, u8 *bytes, size_t *size)
{
	static u8 kept[8 + RELEASE_SECRET_FRAME];

	if (f == CHALLENGE && party.at == 0) { /* first the secret, of a former conversation */
		*size = frame(bytes, RELEASE_SECRET, seal.frame, seal.size);
	} else if (f == CHALLENGE) { /* the challenge twice */
		memcpy(kept, bytes, *size);
		memcpy(bytes + *size, kept, *size);
		*size *= 2;
	}
}

static void test_reordered(void **state)
{
	for (unsigned at = 0; at < 2; at++) {
		reset(state);
		party.spoil = swap;
		party.at = at;
		must_fail_saying("the host broke its protocol");
	}
}

/* A secret that was sealed to an earlier key of this very guest. */
static void replay(unsigned f, u8 *bytes, size_t *size)
{
	static u8 old[8 + RELEASE_SECRET_FRAME];
	static size_t old_size;

	if (f != SECRET)
		return;
	if (old_size == 0) {
		memcpy(old, bytes, *size);
		old_size = *size;
	} else {
		memcpy(bytes, old, old_size);
		*size = old_size;
	}
}

static void test_replayed(void **state)
{
	reset(state);
	party.spoil = replay;
	must_hold();
	reset(state);
	party.spoil = replay;
	must_fail_saying("secret: input is malformed");
}

static void bad_point(unsigned f, u8 *bytes, size_t *size)
{
	if (f != SECRET)
		return;
	if (party.at == 0)
		memset(bytes + 8, 0, RELEASE_POINT);
	else if (party.at == 1)
		memset(bytes + 9, 0, RELEASE_POINT - 1);
	else
		memset(bytes + 9, 0xff, RELEASE_POINT - 1);
}

static void test_points(void **state)
{
	for (unsigned at = 0; at < 3; at++) {
		reset(state);
		party.spoil = bad_point;
		party.at = at;
		must_fail_saying("secret: input is malformed");
	}
}

/* ---- refusals ---- */

static void refuse(unsigned f, u8 *bytes, size_t *size)
{
	if (f != party.at_frame)
		return;
	memset(bytes, 'x', RELEASE_SECRET_FRAME);
	put32(bytes, RELEASE_REFUSED);
	put32(bytes + 4, party.value);
	put32(bytes + 8, 16);
	memcpy(bytes + 12, "measurement: no", 15);
	*size = 8 + MIN(party.value, RELEASE_SECRET_FRAME);
}

static void test_refused(void **state)
{
	for (unsigned f = CHALLENGE; f <= SECRET; f++) {
		reset(state);
		party.spoil = refuse;
		party.at_frame = f;
		party.value = 4 + 15;
		must_fail();
		assert_string_equal(fw.logged, "refused: 16 measurement: no\n");
		reset(state);
		party.spoil = refuse;
		party.at_frame = f;
		party.value = 4;
		must_fail_saying("refused: 16");
		reset(state);
		party.spoil = refuse;
		party.at_frame = f;
		party.value = RELEASE_SECRET_FRAME;
		must_fail_saying("refused: 16 measurement: no");
		assert_true(strlen(fw.logged) < 200);
		for (u32 bad = 0; bad < 2; bad++) {
			reset(state);
			party.spoil = refuse;
			party.at_frame = f;
			party.value = bad == 0 ? 3 : RELEASE_SECRET_FRAME + 1;
			must_fail_saying("outside the permitted range");
		}
	}
}

/* Text with anything in it goes to the log as a text, never as a format. */
static void formats(unsigned f, u8 *bytes, size_t *size)
{
	static const u8 text[] = "\x63\0\0\0%n%s%n";

	if (f == CHALLENGE)
		*size = frame(bytes, RELEASE_REFUSED, text, sizeof(text) - 1);
}

static void test_refused_format(void **state)
{
	reset(state);
	party.spoil = formats;
	must_fail();
	assert_string_equal(fw.logged, "refused: 99 %n%s%n\n");
}

/* What opens must be in one piece of memory, and that is zero when it was given back. */
static void test_open_bounds(void **state)
{
	static struct release r;

	(void)state;
	r.w = &fw_workload;
	assert_int_equal(release_open(&r, 0), ST_CORRUPT);
	assert_int_equal(release_open(&r, 93), ST_CORRUPT);
	assert_int_equal(release_open(&r, sizeof(r.frame) + 1), ST_CORRUPT);
	memset(r.frame, 0xa5, sizeof(r.frame));
	assert_int_equal(release_open(&r, sizeof(r.frame)), ST_CORRUPT);
	assert_null(r.secret);
	for (size_t i = 0; i < sizeof(r.frame); i++)
		assert_int_equal(r.frame[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, reset),
		cmocka_unit_test_setup(test_said, reset),
		cmocka_unit_test_setup(test_keys_differ, reset),
		cmocka_unit_test_setup(test_options, reset),
		cmocka_unit_test_setup(test_lacks, reset),
		cmocka_unit_test_setup(test_bad_source, reset),
		cmocka_unit_test_setup(test_writes_fail, reset),
		cmocka_unit_test_setup(test_stream_lies, reset),
		cmocka_unit_test_setup(test_patience, reset),
		cmocka_unit_test_setup(test_truncated, reset),
		cmocka_unit_test_setup(test_flipped, reset),
		cmocka_unit_test_setup(test_types, reset),
		cmocka_unit_test_setup(test_sizes, reset),
		cmocka_unit_test_setup(test_reordered, reset),
		cmocka_unit_test_setup(test_replayed, reset),
		cmocka_unit_test_setup(test_points, reset),
		cmocka_unit_test_setup(test_refused, reset),
		cmocka_unit_test_setup(test_refused_format, reset),
		cmocka_unit_test_setup(test_open_bounds, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
