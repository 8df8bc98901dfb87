/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Both ends of a secret release against each other: the guest's code by BearSSL, the relying party's
 * by OpenSSL, over a socket. Evidence and its verification are the test's: what was bound is held
 * against what is asked for, nothing more.
 * sources: workload/secret-release/main.c workload/secret-release/release.c workload/secret-release/keys.c lib/status.c attest/bind.c tools/serve.c tools/serve_frame.c tools/serve_crypto.c tools/verify_roots.c tools/verify_expect.c tools/verify_rows.c
 * libs: -lbearssl -lcrypto -ljansson -lpthread
 * flags: -Itools -Ihosts/arm64 -Ihosts/arm64/rmm -Iworkload/secret-release
 */
/* clang-format on */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h" /* first: cmocka.h has a macro of one of its names */

#include <cmocka.h>

#include "fake_workload.h"
#include "release.h"

static int guest_end, wire[2]; /* party's, guest's end */
static u8 the_secret[RELEASE_SECRET_MAX];
static struct {
	const char *kind;       /* the guest's image */
	bool stale;             /* its evidence is of another challenge */
	bool other_key;         /* and is sent with a key that is not in it */
	enum verify_reason row; /* something else is wrong with it */
} evidence_is;

/* The evidence is its own report data. */
static enum status make_evidence(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
				 struct evidence *out)
{
	static u8 report[REPORT_DATA_SIZE], other[RELEASE_POINT];
	u8 asked[REPORT_DATA_SIZE];
	enum status st;

	memcpy(asked, challenge, sizeof(asked));
	asked[0] ^= evidence_is.stale;
	st = evidence_bind(evidence_is.kind, asked,
			   evidence_is.other_key ? (struct bytes){ other, sizeof(other) } : key,
			   out->report_data);
	memcpy(report, out->report_data, sizeof(report));
	out->report = (struct bytes){ report, sizeof(report) };
	out->certificates = out->log = (struct bytes){ NULL, 0 };
	return st;
}

void verify_evidence(const struct verify_input *in, struct verify_result *r)
{
	u8 asked[REPORT_DATA_SIZE];

	r->platform = "snp";
	r->report_data = in->evidence;
	if (evidence_bind(in->kind, in->challenge, in->key, asked) != ST_OK ||
	    in->evidence.size != sizeof(asked) ||
	    memcmp(asked, in->evidence.data, sizeof(asked)) != 0)
		verify_add(r, ROW_FAILED, VERIFY_FRESHNESS, "report data", "not what was asked");
	if (evidence_is.row != VERIFY_HELD)
		verify_add(r, ROW_FAILED, evidence_is.row, "a row", "of the test");
}

static enum status wire_read(struct stream *s, void *buffer, size_t bytes, size_t *got, u64 ns)
{
	struct pollfd p = { .fd = wire[1], .events = POLLIN };
	ssize_t n = poll(&p, 1, 10000) == 1 ? recv(wire[1], buffer, bytes, 0) : 0;

	if (n <= 0)
		return ST_TIMEOUT;
	*got = (size_t)n;
	return ST_OK;
}

static enum status wire_write(struct stream *s, const void *data, size_t bytes)
{
	assert_true(bytes <= sizeof(fw.out) - fw.out_size);
	memcpy(fw.out + fw.out_size, data, bytes); /* what passed, kept */
	fw.out_size += bytes;
	return send(wire[1], data, bytes, MSG_NOSIGNAL) == (ssize_t)bytes ? ST_OK : ST_PROTOCOL;
}

static void *guest_main(void *unused)
{
	guest_end = workload_main(&fw_workload);
	shutdown(wire[1], SHUT_WR);
	return unused;
}

static int meet(size_t secret_size, struct serve_outcome *o)
{
	const struct serve_config c = { .secret = { the_secret, secret_size },
					.kind = "workload",
					.seconds = 20 };
	pthread_t guest;
	int code;

	memset(&fw, 0, sizeof(fw));
	fw.tick = 1;
	fw_workload.platform = "snp";
	fw_workload.read = wire_read;
	fw_workload.write = wire_write;
	fw_workload.evidence = make_evidence;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, wire), 0);
	assert_int_equal(pthread_create(&guest, NULL, guest_main, NULL), 0);
	code = serve_conversation(wire[0], &c, o);
	close(wire[0]);
	pthread_join(guest, NULL);
	close(wire[1]);
	return code;
}

static int reset(void **state)
{
	(void)state;
	memset(&evidence_is, 0, sizeof(evidence_is));
	evidence_is.kind = "workload";
	for (size_t i = 0; i < sizeof(the_secret); i++)
		the_secret[i] = (u8)(0x80 | (i * 29 + 5));
	return 0;
}

static void test_released(void **state)
{
	static struct serve_outcome o;

	for (size_t size = 1; size <= RELEASE_SECRET_MAX; size = size * 2 + (size == 1)) {
		reset(state);
		assert_int_equal(meet(size, &o), EXIT_PASS);
		assert_true(o.released);
		assert_int_equal(guest_end, 0);
		assert_string_equal(fw.logged, "secret received, proof sent\n");
		assert_false(size >= 8 && memmem(fw.out, fw.out_size, the_secret, 8) != NULL);
		serve_outcome_free(&o);
	}
}

static void must_refuse(enum verify_reason reason, const char *said)
{
	static struct serve_outcome o;

	assert_int_equal(meet(32, &o), reason);
	assert_false(o.released);
	assert_int_equal(guest_end, 1);
	assert_string_equal(fw.logged, said);
	serve_outcome_free(&o);
}

static void test_refused(void **state)
{
	reset(state);
	evidence_is.stale = true;
	must_refuse(VERIFY_FRESHNESS, "refused: 14 freshness: report data: not what was asked\n");
	reset(state);
	evidence_is.other_key = true;
	must_refuse(VERIFY_FRESHNESS, "refused: 14 freshness: report data: not what was asked\n");
	reset(state);
	evidence_is.kind = "probe";
	must_refuse(VERIFY_FRESHNESS, "refused: 14 freshness: report data: not what was asked\n");
	reset(state);
	evidence_is.row = VERIFY_POLICY;
	must_refuse(VERIFY_POLICY, "refused: 17 policy: a row: of the test\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_released, reset),
		cmocka_unit_test_setup(test_refused, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
