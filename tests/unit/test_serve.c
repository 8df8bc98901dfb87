/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The relying party against guests that do all of it right or one thing wrong; what the evidence is
 * worth is said by the test in place of the verifier.
 * sources: tools/serve.c tools/serve_frame.c tools/serve_crypto.c tools/verify_rows.c tools/verify_roots.c tools/verify_expect.c
 * libs: -lcrypto -ljansson -lpthread
 * flags: -Itools -Ihosts/arm64 -Ihosts/arm64/rmm
 */
/* clang-format on */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "serve.h" /* first: cmocka.h has a macro of one of its names */

#include <cmocka.h>

#include "release_guest.h"

/* ---- the verifier's part ---- */

static struct {
	enum verify_reason reason;
	const char *platform, *row;
	size_t report_data_size;
	u8 report_data[REPORT_DATA_SIZE], reg[32];
	/* what it was given */
	unsigned calls;
	u8 challenge[REPORT_DATA_SIZE], key[RELEASE_POINT];
	char kind[16];
	bool allow_debug, log;
	const struct roots *roots;
	const struct expect *expect;
	size_t evidence, certificates;
} verifier;

void verify_evidence(const struct verify_input *in, struct verify_result *r)
{
	verifier.calls++;
	memcpy(verifier.challenge, in->challenge, sizeof(verifier.challenge));
	assert_int_equal(in->key.size, RELEASE_POINT);
	memcpy(verifier.key, in->key.data, RELEASE_POINT);
	snprintf(verifier.kind, sizeof(verifier.kind), "%s", in->kind);
	verifier.allow_debug = in->allow_debug;
	verifier.log = in->log.data != NULL;
	verifier.roots = in->roots;
	verifier.expect = in->expect;
	verifier.evidence = in->evidence.size;
	verifier.certificates = in->certificates.size;
	assert_null(in->report_data);
	r->platform = verifier.platform;
	r->report_data = (struct bytes){ verifier.report_data, verifier.report_data_size };
	r->reg[3] = (struct bytes){ verifier.reg, sizeof(verifier.reg) };
	verify_add(r, ROW_OK, VERIFY_HELD, "form", "parsed");
	if (verifier.reason == VERIFY_UNCHECKED)
		verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "chain", "no roots");
	else if (verifier.reason != VERIFY_HELD)
		verify_add(r, ROW_FAILED, verifier.reason,
			   verifier.row != NULL ? verifier.row : "a row", "the reason");
}

/* ---- the guest's part ---- */

#define FRAMES 6 /* HELLO, KEY, EVIDENCE, CERTS, LOG, DONE */

static struct {
	int fd;
	/* what is wrong with it; FRAMES: nothing */
	unsigned wrong;          /* frame */
	u32 type, size;          /* say this instead; size only with lie_size */
	bool lie_type, lie_size; /* in the head only */
	unsigned cut;            /* the frame's last bytes are withheld, and the guest goes away */
	bool silent;             /* instead of that frame the guest says nothing and stays */
	u32 version, platform;
	size_t evidence_size, certs_size, log_size;
	bool bad_point, bad_proof;
	/* what it got */
	u32 answer; /* type of the last frame */
	u8 frame[8192], challenge[RELEASE_CHALLENGE], secret[RELEASE_SECRET_MAX];
	size_t size_got, secret_size;
	bool opened;
} guest;

static bool say(unsigned n, u32 type, const u8 *data, size_t size)
{
	u8 head[RELEASE_FRAME_HEAD];
	bool wrong = n == guest.wrong;

	if (wrong && guest.silent)
		return false;
	rg_put32(head, wrong && guest.lie_type ? guest.type : type);
	rg_put32(head + 4, wrong && guest.lie_size ? guest.size : (u32)size);
	if (wrong && guest.cut > 0) {
		if (guest.cut > size)
			return rg_write(guest.fd, head,
					sizeof(head) - MIN(guest.cut - size, sizeof(head))) &&
			       false;
		return rg_write(guest.fd, head, sizeof(head)) &&
		       rg_write(guest.fd, data, size - guest.cut) && false;
	}
	return rg_write(guest.fd, head, sizeof(head)) && rg_write(guest.fd, data, size);
}

static void converse(EVP_PKEY *own, u8 *point)
{
	static const u8 blob[RELEASE_FRAME_MAX];
	u8 hello[8], proof[RELEASE_PROOF];

	rg_put32(hello, guest.version);
	rg_put32(hello + 4, guest.platform);
	if (!say(0, RELEASE_HELLO, hello, sizeof(hello)))
		return;
	guest.answer = rg_receive(guest.fd, guest.frame, sizeof(guest.frame), &guest.size_got);
	if (guest.answer != RELEASE_CHALLENGE_FRAME)
		return;
	memcpy(guest.challenge, guest.frame, RELEASE_CHALLENGE);
	if (guest.bad_point)
		point[RELEASE_POINT - 1] ^= 1;
	if (!say(1, RELEASE_KEY, point, RELEASE_POINT) ||
	    !say(2, RELEASE_EVIDENCE, blob, guest.evidence_size) ||
	    !say(3, RELEASE_CERTS, blob, guest.certs_size) ||
	    !say(4, RELEASE_LOG, blob, guest.log_size))
		return;
	guest.answer = rg_receive(guest.fd, guest.frame, sizeof(guest.frame), &guest.size_got);
	if (guest.answer != RELEASE_SECRET)
		return;
	guest.opened = rg_open(own, point, guest.challenge, verifier.report_data, guest.frame,
			       guest.size_got, guest.secret, &guest.secret_size, proof);
	if (guest.bad_proof)
		proof[31] ^= 0x80;
	(void)say(5, RELEASE_DONE, proof, sizeof(proof));
}

static void *guest_main(void *unused)
{
	u8 point[RELEASE_POINT];
	EVP_PKEY *own = rg_key(point);

	(void)unused;
	converse(own, point);
	EVP_PKEY_free(own);
	if (!guest.silent)
		shutdown(guest.fd, SHUT_WR);
	/* A refusal may have come while it was still talking. */
	if (guest.answer != RELEASE_SECRET && guest.answer != RELEASE_REFUSED)
		guest.answer =
		    rg_receive(guest.fd, guest.frame, sizeof(guest.frame), &guest.size_got);
	return NULL;
}

/* ---- one conversation ---- */

static u8 the_secret[RELEASE_SECRET_MAX];
static struct serve_config config;
static struct serve_outcome outcome;

static int reset(void **state)
{
	(void)state;
	memset(&verifier, 0, sizeof(verifier));
	memset(&guest, 0, sizeof(guest));
	memset(&config, 0, sizeof(config));
	for (size_t i = 0; i < sizeof(the_secret); i++)
		the_secret[i] = (u8)(i * 7 + 3);
	memset(verifier.report_data, 0x5a, sizeof(verifier.report_data));
	verifier.report_data_size = REPORT_DATA_SIZE;
	verifier.platform = "snp";
	guest.wrong = FRAMES;
	guest.version = RELEASE_VERSION;
	guest.platform = RELEASE_SNP;
	guest.evidence_size = 1184;
	config.secret = (struct bytes){ the_secret, 32 };
	config.kind = "workload";
	config.seconds = 20;
	return 0;
}

static int meet(void)
{
	int pair[2], code;
	pthread_t thread;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	guest.fd = pair[1];
	assert_int_equal(pthread_create(&thread, NULL, guest_main, NULL), 0);
	code = serve_conversation(pair[0], &config, &outcome);
	assert_int_equal(code, outcome.code);
	close(pair[0]);
	pthread_join(thread, NULL);
	close(pair[1]);
	return code;
}

/* Refused with that reason, told to the guest, and nothing was given. */
static void must_refuse(enum verify_reason reason)
{
	assert_int_equal(meet(), reason);
	assert_false(outcome.released);
	assert_int_equal(guest.answer, RELEASE_REFUSED);
	assert_true(guest.size_got > 4);
	assert_int_equal(rg_get32(guest.frame), reason);
	assert_int_equal(strncmp(outcome.text, "refused: ", 9), 0);
	guest.frame[guest.size_got] = '\0';
	assert_string_equal(outcome.text + 9, (char *)guest.frame + 4);
	assert_int_equal(strncmp((char *)guest.frame + 4, verify_reason_name(reason),
				 strlen(verify_reason_name(reason))),
			 0);
	serve_outcome_free(&outcome);
}

static void must_end(int code)
{
	assert_int_equal(meet(), code);
	assert_true(outcome.text[0] != '\0');
	serve_outcome_free(&outcome);
}

static void test_good(void **state)
{
	static const size_t sizes[] = { 1, 32, 4095, RELEASE_SECRET_MAX };
	static const struct roots some_roots;
	static const struct expect some;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		reset(state);
		config.secret.size = sizes[i];
		config.roots = &some_roots;
		config.expect = &some;
		config.allow_debug = i & 1;
		guest.certs_size = i * 100;
		assert_int_equal(meet(), EXIT_PASS);
		assert_true(outcome.released && outcome.judged && guest.opened);
		assert_int_equal(guest.secret_size, sizes[i]);
		assert_memory_equal(guest.secret, the_secret, sizes[i]);
		assert_memory_equal(verifier.challenge, guest.challenge, 64);
		assert_memory_equal(verifier.key, outcome.key.data, RELEASE_POINT);
		assert_string_equal(verifier.kind, "workload");
		assert_ptr_equal(verifier.roots, &some_roots);
		assert_ptr_equal(verifier.expect, &some);
		assert_int_equal(verifier.allow_debug, i & 1);
		assert_int_equal(verifier.evidence, 1184);
		assert_int_equal(verifier.certificates, i * 100);
		assert_false(verifier.log);
		assert_int_equal(outcome.evidence.size, 1184);
		serve_outcome_free(&outcome);
		assert_null(outcome.evidence.data);
	}
}

/* Two conversations, two challenges; and two keys of the party's. */
static void test_fresh(void **state)
{
	u8 first[RELEASE_CHALLENGE], point[RELEASE_POINT], fixed[RELEASE_CHALLENGE];

	(void)state;
	must_end(EXIT_PASS);
	memcpy(first, guest.challenge, sizeof(first));
	memcpy(point, guest.frame, sizeof(point));
	must_end(EXIT_PASS);
	assert_memory_not_equal(first, guest.challenge, sizeof(first));
	assert_memory_not_equal(point, guest.frame, sizeof(point));
	memset(fixed, 0x11, sizeof(fixed));
	config.challenge = fixed;
	must_end(EXIT_PASS);
	assert_memory_equal(fixed, guest.challenge, sizeof(fixed));
}

static void test_refused(void **state)
{
	static const enum verify_reason reasons[] = {
		VERIFY_MALFORMED, VERIFY_SIGNATURE, VERIFY_BINDING,     VERIFY_CHAIN,
		VERIFY_FRESHNESS, VERIFY_KIND,      VERIFY_MEASUREMENT, VERIFY_POLICY,
		VERIFY_TCB,       VERIFY_LOG,       VERIFY_UNCHECKED,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++) {
		reset(state);
		verifier.reason = reasons[i];
		must_refuse(reasons[i]);
		assert_int_equal(verifier.calls, 1);
		/* Only the chain may be left unchecked. */
		reset(state);
		verifier.reason = reasons[i];
		config.any_signer = true;
		if (reasons[i] == VERIFY_UNCHECKED)
			must_end(EXIT_PASS);
		else
			must_refuse(reasons[i]);
	}
}

static void test_platform(void **state)
{
	static const char *const name[] = { NULL, "cca", "snp", "tdx" };

	for (u32 said = 1; said <= 3; said++)
		for (u32 is = 0; is <= 3; is++) {
			reset(state);
			guest.platform = said;
			verifier.platform = name[is];
			if (said == is)
				must_end(EXIT_PASS);
			else
				must_refuse(VERIFY_MALFORMED);
		}
	/* More than one thing wrong: the reasons' order decides, not that of the rows. */
	reset(state);
	verifier.platform = "tdx";
	verifier.reason = VERIFY_TCB;
	must_refuse(VERIFY_MALFORMED);
	reset(state);
	verifier.report_data_size = 63;
	must_refuse(VERIFY_MALFORMED);
}

/* A row of the reason's own name says it once. */
static void test_text(void **state)
{
	reset(state);
	verifier.reason = VERIFY_KIND;
	assert_int_equal(meet(), VERIFY_KIND);
	assert_string_equal(outcome.text, "refused: kind: a row: the reason");
	serve_outcome_free(&outcome);
	verifier.row = "kind";
	assert_int_equal(meet(), VERIFY_KIND);
	assert_string_equal(outcome.text, "refused: kind: the reason");
	serve_outcome_free(&outcome);
	/* Text of any length, and the frame it goes out in is not longer than it may be. */
	verifier.row = "a name that is much longer than the rows' names may be";
	assert_int_equal(meet(), VERIFY_KIND);
	assert_true(guest.size_got < 4 + 256);
	serve_outcome_free(&outcome);
}

static void test_log(void **state)
{
	reset(state);
	verifier.reg[31] = 1;
	must_refuse(VERIFY_LOG);
	reset(state);
	verifier.reg[31] = 1;
	guest.log_size = 1;
	must_end(EXIT_PASS);
	assert_true(verifier.log);
	reset(state);
	verifier.reg[31] = 1;
	verifier.reason = VERIFY_MEASUREMENT; /* goes before */
	must_refuse(VERIFY_MEASUREMENT);
}

static void test_hello(void **state)
{
	static const u32 versions[] = { 0, 2, 0x100, 0xffffffff };
	static const u32 platforms[] = { 0, 4, 0x102, 0xffffffff };

	for (unsigned i = 0; i < ARRAY_SIZE(versions); i++) {
		reset(state);
		guest.version = versions[i];
		must_refuse(VERIFY_MALFORMED);
		reset(state);
		guest.platform = platforms[i];
		must_refuse(VERIFY_MALFORMED);
		assert_int_equal(verifier.calls, 0);
	}
}

static void test_key(void **state)
{
	reset(state);
	guest.bad_point = true;
	must_refuse(VERIFY_MALFORMED);
	assert_int_equal(verifier.calls, 0);
}

static void test_types(void **state)
{
	static const u32 due[FRAMES] = { RELEASE_HELLO, RELEASE_KEY, RELEASE_EVIDENCE,
					 RELEASE_CERTS, RELEASE_LOG, RELEASE_DONE };

	for (unsigned f = 0; f < FRAMES; f++)
		for (u32 type = 0; type <= 10; type++) {
			if (type == due[f])
				continue;
			reset(state);
			guest.wrong = f;
			guest.lie_type = true;
			guest.type = type == 10 ? due[f] | 0x80000000u : type;
			if (f == 5)
				must_end(EXIT_FAILED);
			else
				must_refuse(VERIFY_MALFORMED);
			assert_int_equal(verifier.calls, f == 5);
		}
}

static void test_sizes(void **state)
{
	static const u32 sizes[] = { 7,          9,         64, 66, 31, 33, RELEASE_FRAME_MAX + 1,
				     0x80000000, 0xffffffff };

	for (unsigned f = 0; f < FRAMES; f++)
		for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
			/* those that bound themselves only */
			if (f >= 2 && f <= 4 && sizes[i] <= RELEASE_FRAME_MAX)
				continue;
			reset(state);
			guest.wrong = f;
			guest.lie_size = true;
			guest.size = sizes[i];
			if (f == 5)
				must_end(EXIT_FAILED);
			else
				must_refuse(VERIFY_MALFORMED);
		}
	reset(state);
	guest.evidence_size = 0;
	must_refuse(VERIFY_MALFORMED);
	reset(state);
	guest.evidence_size = guest.certs_size = guest.log_size = RELEASE_FRAME_MAX;
	must_end(EXIT_PASS);
	assert_int_equal(verifier.evidence, RELEASE_FRAME_MAX);
}

/* Every cut of every frame: the guest went away. */
static void test_cut(void **state)
{
	static const unsigned size[FRAMES] = { 8, RELEASE_POINT, 20, 20, 20, RELEASE_PROOF };

	for (unsigned f = 0; f < FRAMES; f++)
		for (unsigned cut = 1; cut <= size[f] + RELEASE_FRAME_HEAD; cut++) {
			reset(state);
			guest.evidence_size = guest.certs_size = guest.log_size = 20;
			guest.wrong = f;
			guest.cut = cut;
			must_end(EXIT_INCOMPLETE);
			assert_int_equal(outcome.released, f == 5);
			assert_int_equal(verifier.calls, f == 5);
		}
}

static void test_silence(void **state)
{
	for (unsigned f = 0; f < FRAMES; f += 5) {
		reset(state);
		guest.wrong = f;
		guest.silent = true;
		config.seconds = 1;
		must_end(EXIT_INCOMPLETE);
		assert_non_null(strstr(outcome.text, "time ran out"));
	}
}

/* A guest that takes nothing holds nobody up. */
static void test_no_reader(void **state)
{
	static const u8 data[RELEASE_FRAME_MAX];
	struct serve_line l = { .deadline_ms = serve_now_ms() + 300 };
	int pair[2], small = 4096;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	l.fd = pair[0];
	assert_int_equal(serve_send(&l, RELEASE_SECRET, data, sizeof(data)), SERVE_IO_TIMEOUT);
	close(pair[1]);
	l.deadline_ms = serve_now_ms() + 5000;
	assert_int_equal(serve_send(&l, RELEASE_SECRET, data, sizeof(data)), SERVE_IO_CLOSED);
	close(pair[0]);
}

static void test_proof(void **state)
{
	reset(state);
	guest.bad_proof = true;
	must_end(EXIT_FAILED);
	assert_true(outcome.released && guest.opened);
}

/* What is sealed opens with the right key, challenge and report data only. */
static void test_seal(void **state)
{
	static struct serve_seal s;
	u8 point[RELEASE_POINT], challenge[64] = { 1 }, rd[64] = { 2 }, out[RELEASE_POINT],
				 proof[32];
	EVP_PKEY *own = rg_key(point), *other;
	struct bytes p = { point, sizeof(point) }, secret = { the_secret, 40 };
	size_t n;

	(void)state;
	assert_true(serve_point_valid(p));
	assert_true(serve_seal(p, challenge, rd, secret, &s));
	assert_int_equal(s.size, 65 + 12 + 40 + 16);
	assert_true(rg_open(own, point, challenge, rd, s.frame, s.size, out, &n, proof));
	assert_memory_equal(out, the_secret, 40);
	assert_memory_equal(proof, s.proof, 32);
	challenge[63] ^= 1;
	assert_false(rg_open(own, point, challenge, rd, s.frame, s.size, out, &n, proof));
	challenge[63] ^= 1;
	rd[63] ^= 1;
	assert_false(rg_open(own, point, challenge, rd, s.frame, s.size, out, &n, proof));
	rd[63] ^= 1;
	other = rg_key(out);
	assert_false(rg_open(other, point, challenge, rd, s.frame, s.size, out, &n, proof));
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
	p.size = 64;
	assert_false(serve_point_valid(p));
	p.size = 65;
	point[0] = 0x02;
	assert_false(serve_point_valid(p));
	assert_false(serve_seal(p, challenge, rd, secret, &s));
	point[0] = 0x04;
	secret.size = 0;
	assert_false(serve_seal(p, challenge, rd, secret, &s));
	secret.size = RELEASE_SECRET_MAX + 1;
	assert_false(serve_seal(p, challenge, rd, secret, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, reset),
		cmocka_unit_test_setup(test_fresh, reset),
		cmocka_unit_test_setup(test_refused, reset),
		cmocka_unit_test_setup(test_platform, reset),
		cmocka_unit_test_setup(test_text, reset),
		cmocka_unit_test_setup(test_log, reset),
		cmocka_unit_test_setup(test_hello, reset),
		cmocka_unit_test_setup(test_key, reset),
		cmocka_unit_test_setup(test_types, reset),
		cmocka_unit_test_setup(test_sizes, reset),
		cmocka_unit_test_setup(test_cut, reset),
		cmocka_unit_test_setup(test_silence, reset),
		cmocka_unit_test_setup(test_no_reader, reset),
		cmocka_unit_test_setup(test_proof, reset),
		cmocka_unit_test_setup(test_seal, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
