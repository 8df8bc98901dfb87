/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Event logs: real ones against the quote that vouches for them, our own written and read again,
 * those of several algorithms, each cut at every byte.
 * sources: attest/evlog.c attest/tdx_quote.c lib/status.c
 * libs: -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evlog_sample.h"

static const enum evlog_hash hashes[] = { EVLOG_SHA256, EVLOG_SHA384, EVLOG_SHA512 };

static void assert_hex(const u8 *p, const char *hex)
{
	for (size_t i = 0; hex[2 * i] != '\0'; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		assert_int_equal(p[i], v);
	}
}

/* ---- hashes ---- */

/* FIPS 180's example. */
static void digests(void **state)
{
	static const char *const abc[] = {
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc23"
		"58baeca134c825a7",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
		"36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	};
	u8 out[EVLOG_DIGEST_MAX];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(hashes); i++) {
		assert_int_equal(evlog_digest_size(hashes[i]), strlen(abc[i]) / 2);
		assert_true(evlog_digest(hashes[i], (struct bytes){ (const u8 *)"abc", 3 }, out));
		assert_hex(out, abc[i]);
	}
	assert_int_equal(evlog_digest_size((enum evlog_hash)0x0004), 0);
	assert_false(evlog_digest((enum evlog_hash)0x0004, (struct bytes){ out, 1 }, out));
}

/* ---- real logs ---- */

static size_t load(const char *name)
{
	const char *path = vectors_path(name);
	size_t n = read_file(path, buf, sizeof(buf));

	if (n == 0)
		SKIP_WITHOUT(path);
	return n;
}

/* Registers of vectors/tdx/README.md, and those of the quote taken on the same machine. */
static void log_of_a_machine(void **state)
{
	static const char *const readme[] = {
		"3fa2f61f395b7f5feefb4ec2df61297f109ad8abcd6410c1b7df60f21f37b19297fc35e544039c7e"
		"1edece752afd17f6",
		"f62dbc072bd5d3f3438b7b35c39a727f5aea2ffc2473f43723953f530daf62504f0a7944aa62c41a"
		"86e8a878c2b122c1",
		"4969684dc87381fc3b3134176c8d8806eaf0a901859f5f70cfae8d17714b46c10a8de219048c9fc0"
		"9f11f381a6fbe7c1",
		"00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000",
	};
	size_t n = load("tdx/eventlog_cos113_trimmed.bin");
	struct evlog_registers r;
	struct tdx_quote q;

	(void)state;
	assert_int_equal(replay_copy(buf, n, &r), ST_OK);
	assert_int_equal(r.hash, EVLOG_SHA384);
	assert_int_equal(r.size, 48);
	for (unsigned i = 0; i < 4; i++)
		assert_hex(r.value[i + 1], readme[i]);
	assert_int_equal(r.events[1], 16);
	assert_int_equal(r.events[4], 0);
	n = load("tdx/quote_v4_cos113.bin");
	assert_int_equal(tdx_quote_parse(buf, n, &q), ST_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_memory_equal(r.value[i + 1], q.claims.rtmr[i].data, 48);
}

/* Expected: walk and hashes by Python's struct and hashlib. */
static void small_log(void **state)
{
	size_t n = load("tdx/eventlog_go-eventlog_small.bin");
	struct evlog_registers r;

	(void)state;
	assert_int_equal(replay_copy(buf, n, &r), ST_OK);
	assert_hex(r.value[1], "8083cd6898cc52a90231cdf9c0532bf9513c40465c6f71e56cbe32ee2c11a9df"
			       "c030297ca3ca0f62477d6d1f610d3fdb");
	assert_hex(r.value[2], "6484f0d72c03521c0434553be34e8db8228b729e799666d2b7754085c77aa998"
			       "1f5a440df3047194b24f212ff1160c1e");
	assert_hex(r.value[3], "c3e7ed9d7e909b29732f676d01dc63de869b049362b522a315cb042689670be0"
			       "7344c347cf85d985c7b928d4934e41e1");
	assert_int_equal(r.events[1] + r.events[2] + r.events[3] + r.events[4], 19);
}

static void small_log_cut(void **state)
{
	(void)state;
	cut_everywhere(load("tdx/eventlog_go-eventlog_small.bin"), 19);
}

/* ---- logs of our own ---- */

static void written_and_read(void **state)
{
	(void)state;
	for (unsigned h = 0; h < ARRAY_SIZE(hashes); h++) {
		struct evlog l = begin(hashes[h]);
		struct evlog_reader r;
		struct evlog_event e;

		append(&l, 3, EVLOG_IPL, "some text");
		append(&l, 1, EVLOG_NO_ACTION, "");
		assert_int_equal(evlog_open((struct bytes){ buf, l.size }, &r), ST_OK);
		assert_int_equal(r.hash, hashes[h]);
		assert_int_equal(r.count, 1);
		assert_int_equal(evlog_next(&r, &e), ST_OK);
		assert_int_equal(e.reg, 3);
		assert_int_equal(e.type, EVLOG_IPL);
		assert_int_equal(e.digest.size, evlog_digest_size(hashes[h]));
		assert_int_equal(e.data.size, 9);
		assert_memory_equal(e.data.data, "some text", 9);
		assert_int_equal(evlog_next(&r, &e), ST_OK);
		assert_int_equal(e.reg, 1);
		assert_int_equal(e.data.size, 0);
		assert_int_equal(evlog_next(&r, &e), ST_NOT_FOUND);
		assert_int_equal(evlog_next(&r, &e), ST_NOT_FOUND);
	}
}

/* The first record as the sheet has it, byte for byte, after the index. */
static void first_record(void **state)
{
	static const u8 expected[] = { 3,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
				       0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
				       0,   0,   33,  0,   0,   0,   'S', 'p', 'e', 'c', ' ',
				       'I', 'D', ' ', 'E', 'v', 'e', 'n', 't', '0', '3', 0,
				       0,   0,   0,   0,   0,   2,   0,   2,   1,   0,   0,
				       0,   12,  0,   48,  0,   0 };

	(void)state;
	begin(EVLOG_SHA384);
	assert_int_equal(sizeof(expected), FIRST - 4);
	assert_memory_equal(buf + 4, expected, sizeof(expected));
}

/* new = H(old || H("abc")) from zero, once and twice, by Python's hashlib. */
static void replayed(void **state)
{
	static const char *const once[] = {
		"589f9ffed4c477966bfb8d41f37895b08c69047df8f911d6f3b57fbe08faee8d",
		"93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b0998e04d77f8c174"
		"f81a82151619ca40",
		"6b9e946755055542adba95a1588a7eaed86323b3bed97d602ee06839d734048e02c63f37892d3add"
		"e0d25b5a9d89162e8804ab9ec0ac4a263545c4faecfdf53b",
	};
	static const char *const twice[] = {
		"bdeb6c6dc63852834c89f67066194207ce7d3806ea40ca58dc079246ef58a926",
		"0b815adb5c2824360b25f9c2ca667eee481dc15676327e8c56be97a3275d8f114d89b198e39f5f49"
		"e89657ea2a8adb6a",
		"4310feee46df551d226aac6f2fe1c79fd6b33ed7036cf0ef1e403466fcf82ac6c7e1578ab233c91d"
		"a29a5aab3d1a4ba4ee5e1b10a822a5874dfd4c39a6287f3c",
	};
	struct evlog_registers r;

	(void)state;
	for (unsigned h = 0; h < ARRAY_SIZE(hashes); h++) {
		struct evlog l = begin(hashes[h]);

		append(&l, 2, EVLOG_IPL, "abc");
		append(&l, 4, EVLOG_IPL, "abc");
		append(&l, 0, EVLOG_NO_ACTION, "abc");
		append(&l, 4, EVLOG_NO_ACTION, "abc");
		append(&l, 4, 0x80000003, "abc");
		assert_int_equal(replay_copy(buf, l.size, &r), ST_OK);
		assert_hex(r.value[2], once[h]);
		assert_hex(r.value[4], twice[h]);
		assert_int_equal(r.events[0], 0);
		assert_int_equal(r.events[2], 1);
		assert_int_equal(r.events[3], 0);
		assert_int_equal(r.events[4], 2);
		assert_int_equal(r.size, evlog_digest_size(hashes[h]));
		for (unsigned i = 0; i < r.size; i++)
			assert_int_equal(r.value[1][i] | r.value[3][i], 0);
	}
}

static void own_log_cut(void **state)
{
	struct evlog l = begin(EVLOG_SHA256);

	(void)state;
	append(&l, 1, EVLOG_IPL, "");
	append(&l, 4, 0x80000003, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	append(&l, 2, EVLOG_IPL, "last");
	cut_everywhere(l.size, 3);
}

static void refused_to_write(void **state)
{
	u8 digest[EVLOG_DIGEST_MAX] = { 0 };
	struct bytes text = { (const u8 *)"text", 4 };
	struct evlog l;
	size_t full;

	(void)state;
	assert_int_equal(evlog_begin(&l, buf, sizeof(buf), (enum evlog_hash)0x0004),
			 ST_UNSUPPORTED);
	for (size_t room = 0; room < FIRST; room++) {
		u8 *exact = malloc(room + 1);

		assert_int_equal(evlog_begin(&l, exact, room, EVLOG_SHA384), ST_NO_MEMORY);
		free(exact);
	}
	l = begin(EVLOG_SHA384);
	assert_int_equal(evlog_append(&l, 5, EVLOG_IPL, digest, text), ST_INVALID);
	assert_int_equal(evlog_append(&l, 0, EVLOG_IPL, digest, text), ST_INVALID);
	assert_int_equal(
	    evlog_append(&l, 1, EVLOG_IPL, digest, (struct bytes){ buf, (size_t)UINT32_MAX + 1 }),
	    ST_INVALID);
	full = FIRST + 12 + 2 + 48 + 4 + 4;
	for (l.capacity = FIRST; l.capacity < full; l.capacity++) {
		assert_int_equal(evlog_append(&l, 1, EVLOG_IPL, digest, text), ST_NO_MEMORY);
		assert_int_equal(l.size, FIRST);
	}
	assert_int_equal(evlog_append(&l, 1, EVLOG_IPL, digest, text), ST_OK);
	assert_int_equal(l.size, full);
}

/* ---- several algorithms ---- */

static void strongest_is_taken(void **state)
{
	const struct {
		struct algorithm a[6];
		unsigned count;
		enum evlog_hash hash;
	} cases[] = {
		{ { sha1, sha256 }, 2, EVLOG_SHA256 },
		{ { sha256, sha1 }, 2, EVLOG_SHA256 },
		{ { sha256, sha384, sha1 }, 3, EVLOG_SHA384 },
		{ { sha512, sm3, sha384, sha256, unknown, sha1 }, 6, EVLOG_SHA512 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct out o = first_of(cases[i].a, cases[i].count, (u8)(3 * i));
		struct evlog_reader r;
		struct evlog_event e;

		put_event(&o, cases[i].a, cases[i].count);
		put_event(&o, cases[i].a, cases[i].count);
		assert_int_equal(evlog_open((struct bytes){ buf, o.n }, &r), ST_OK);
		assert_int_equal(r.hash, cases[i].hash);
		assert_int_equal(r.count, cases[i].count);
		for (unsigned n = 0; n < 2; n++) {
			assert_int_equal(evlog_next(&r, &e), ST_OK);
			assert_int_equal(e.digest.size, evlog_digest_size(cases[i].hash));
			assert_int_equal(e.digest.data[0], cases[i].hash);
			assert_int_equal(e.digest.data[e.digest.size - 1], cases[i].hash);
			assert_int_equal(e.data.size, 2);
		}
		assert_int_equal(evlog_next(&r, &e), ST_NOT_FOUND);
		cut_everywhere(o.n, 2);
	}
}

/* The digests may stand in another order than the first record's; not one less, none twice. */
static void digests_of_an_event(void **state)
{
	const struct algorithm log[] = { sha1, sha256, sha384 };
	const struct {
		struct algorithm a[3];
		unsigned count;
		enum status st;
	} cases[] = {
		{ { sha384, sha1, sha256 }, 3, ST_OK },
		{ { sha1, sha256 }, 2, ST_CORRUPT },
		{ { sha384 }, 1, ST_CORRUPT },
		{ { sha1 }, 0, ST_CORRUPT },
		{ { sha384, sha384, sha1 }, 3, ST_CORRUPT },
		{ { sha1, sha256, sha512 }, 3, ST_CORRUPT },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct out o = first_of(log, ARRAY_SIZE(log), 0);

		put_event(&o, cases[i].a, cases[i].count);
		assert_int_equal(replay(o.n), cases[i].st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(log_of_a_machine),
		cmocka_unit_test(small_log),
		cmocka_unit_test(small_log_cut),
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(first_record),
		cmocka_unit_test(replayed),
		cmocka_unit_test(own_log_cut),
		cmocka_unit_test(refused_to_write),
		cmocka_unit_test(strongest_is_taken),
		cmocka_unit_test(digests_of_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
