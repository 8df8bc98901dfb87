/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * A party, or the host before it, that says anything to a guest that wants a secret: made of frames
 * that are right but for some bytes, or of no frames at all. Whatever it says, the guest ends, says no
 * secret, and calls it received only when the party's own text came out.
 * Curve arithmetic is done once and remembered.
 * sources: workload/secret-release/release.c lib/status.c tools/serve_crypto.c tools/verify_roots.c tools/verify_expect.c tools/verify_rows.c
 * libs: -lbearssl -lcrypto -ljansson
 * flags: -Itools -Ihosts/arm64 -Ihosts/arm64/rmm -Iworkload/secret-release
 */
/* clang-format on */
#include <bearssl.h>

#define br_ec_prime_i31 remembering
static const br_ec_impl remembering;
#include "workload/secret-release/keys.c"
#undef br_ec_prime_i31

#include "fake_workload.h"
#include "input.h"
#include "serve.h"

#define TEXT 24

static const u8 text[TEXT] = "\x8a\x9b\xac\xbd\xce\xdf\xe0\xf1 secret of tests";
static struct serve_seal seal; /* made once: public-key operations are slow */
static u8 key_of_test[32], report[40];

/* ---- the curve ---- */
static u8 own_point[RELEASE_POINT], shared[RELEASE_POINT];

static const u8 *order_of(int curve, size_t *len)
{
	return br_ec_prime_i31.order(curve, len);
}

static size_t own(u8 *out, const u8 *x, size_t len, int curve)
{
	if (own_point[0] == 0)
		br_ec_prime_i31.mulgen(own_point, x, len, curve);
	memcpy(out, own_point, RELEASE_POINT);
	return RELEASE_POINT;
}

/* Of other points than the party's some are on the curve: as their last bit says. */
static u32 agreed(u8 *point, size_t size, const u8 *x, size_t len, int curve)
{
	if (memcmp(point, seal.frame, size) != 0)
		return point[size - 1] & 1;
	if (shared[0] == 0) {
		memcpy(shared, point, size);
		br_ec_prime_i31.mul(shared, size, x, len, curve);
	}
	memcpy(point, shared, size);
	return 1;
}

static const br_ec_impl remembering = { .order = order_of, .mulgen = own, .mul = agreed };

/* ---- the party ---- */
static void put32(u8 *p, u32 v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (u8)(v >> (8 * i));
}

static void prepare(void)
{
	static struct release r;
	u8 report_data[REPORT_DATA_SIZE], challenge[RELEASE_CHALLENGE];

	memset(key_of_test, 0x5c, sizeof(key_of_test));
	memset(report_data, 0x77, sizeof(report_data)); /* as fake_workload.h has it */
	memset(challenge, 0xc4, sizeof(challenge));
	fw.random_fixed = key_of_test;
	r.w = &fw_workload;
	if (release_make_key(&r) != ST_OK ||
	    !serve_seal((struct bytes){ r.point, sizeof(r.point) }, challenge, report_data,
			(struct bytes){ text, TEXT }, &seal))
		__builtin_trap();
}

static void frame(u32 type, const u8 *payload, size_t size)
{
	put32(fw.in + fw.in_size, type);
	put32(fw.in + fw.in_size + 4, (u32)size);
	memcpy(fw.in + fw.in_size + 8, payload, size);
	fw.in_size += 8 + size;
}

/* The two frames that are due with some bytes changed, or the rest of the input. */
static void party(void)
{
	static const u8 challenge[RELEASE_CHALLENGE] = { [0 ... RELEASE_CHALLENGE - 1] = 0xc4 };
	unsigned changes = byte();

	if (changes >= 0x80) {
		fw.in_size = MIN(input.left, sizeof(fw.in));
		memcpy(fw.in, input.at, fw.in_size);
		return;
	}
	frame(RELEASE_CHALLENGE_FRAME, challenge, sizeof(challenge));
	frame(RELEASE_SECRET, seal.frame, seal.size);
	while (changes-- > 0 && input.left > 0) {
		size_t at = any(2) % fw.in_size;

		fw.in[at] = byte();
	}
}

static void judge_end(const struct release *r, enum status st)
{
	if (memmem(fw.out, fw.out_size, text, 8) != NULL ||
	    memmem(fw.logged, sizeof(fw.logged), text, 8) != NULL)
		__builtin_trap();
	if ((st == ST_OK) != (r->secret != NULL))
		__builtin_trap();
	if (st == ST_OK && (r->secret_size != TEXT || memcmp(r->secret, text, TEXT) != 0))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct release *r;
	enum status st;

	if (seal.size == 0)
		prepare();
	memset(&fw, 0, offsetof(__typeof__(fw), in));
	fw.in_size = fw.in_at = fw.out_size = 0;
	memset(fw.logged, 0, sizeof(fw.logged));
	fw.random_fixed = key_of_test;
	fw.report = (struct bytes){ report, sizeof(report) };
	fw.tick = 1;
	input_start(data, size);
	fw.read_bytes = byte();
	party();
	r = release_begin(&fw_workload);
	if (r == NULL)
		__builtin_trap();
	st = release_receive(r);
	judge_end(r, st);
	release_end(r);
	if (fw.allocated != fw.released || fw.opened != fw.closed)
		__builtin_trap();
	return 0;
}
