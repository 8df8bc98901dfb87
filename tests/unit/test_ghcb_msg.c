/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest messages against vectors made elsewhere and against changed responses; certificate tables.
 * sources: ghcb/guestmsg.c ghcb/certs.c
 * libs: -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ghcb/certs.h"
#include "ghcb/guestmsg.h"
#include "vectors.h"

static u8 key[32], page[4097], payload[4000]; /* one more: the end of a file is seen */
static u64 seq;
static const struct msg_channel ch = { key, &seq, 0 };

static int setup(void **state)
{
	for (unsigned i = 0; i < 32; i++)
		key[i] = (u8)i;
	seq = 0;
	memset(payload, 0, sizeof(payload));
	return 0;
}

static size_t vector(const char *name, u8 *out)
{
	char path[64];

	memset(out, 0, 4097);
	snprintf(path, sizeof(path), "snp/guestmsg/%s", name);
	return read_file(vectors_path(path), out, 4097);
}

static void request_vector(void **state)
{
	u8 want[4097];
	size_t n = vector("report_req_seq1_vmpck0.bin", want);

	if (n == 0)
		SKIP_WITHOUT(vectors_path("snp/guestmsg"));
	for (unsigned i = 0; i < 64; i++)
		payload[i] = (u8)i;
	assert_int_equal(msg_build(&ch, page, SNP_MSG_REPORT_REQ, payload, 96), ST_OK);
	assert_memory_equal(page, want, 4096);
	assert_int_equal(seq, 0); /* only a response moves it */
}

static void response_vector(void **state)
{
	size_t n = vector("report_rsp_seq2_vmpck0.bin", page), len = SNP_REPORT_RSP_SIZE;

	if (n == 0)
		SKIP_WITHOUT(vectors_path("snp/guestmsg"));
	assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, payload, &len), ST_OK);
	assert_int_equal(len, SNP_REPORT_RSP_SIZE);
	assert_int_equal(payload[SNP_REPORT_RSP_REPORT_SIZE], 0xa0);
	assert_int_equal(payload[SNP_REPORT_RSP_REPORT_SIZE + 1], 0x04);
	assert_int_equal(payload[SNP_REPORT_RSP_REPORT], 2); /* report version */
	assert_int_equal(seq, 2);
}

/* A response is a request of the type above with the number above: build one with our own cipher.
 */
static void respond(size_t len)
{
	u64 next = seq + 1;
	struct msg_channel other = { key, &next, 0 };

	memset(payload, 0x3c, sizeof(payload));
	assert_int_equal(msg_build(&other, page, SNP_MSG_REPORT_RSP, payload, len), ST_OK);
}

static void changed_responses(void **state)
{
	static const unsigned judged[] = { SNP_MSG_SEQNO,    SNP_MSG_SEQNO + 7,
					   SNP_MSG_ALGO,     SNP_MSG_HDR_VERSION,
					   SNP_MSG_HDR_SIZE, SNP_MSG_HDR_SIZE + 1,
					   SNP_MSG_TYPE,     SNP_MSG_VERSION,
					   SNP_MSG_VMPCK };
	static const unsigned covered[] = { SNP_MSG_AUTHTAG, SNP_MSG_AUTHTAG + 15, 0x38, 0x3d, 0x5f,
					    SNP_MSG_PAYLOAD, SNP_MSG_PAYLOAD + 99 };
	u8 out[4000];
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		respond(100);
		page[judged[i]] ^= 1;
		len = sizeof(out);
		assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len), ST_PROTOCOL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(covered); i++) {
		respond(100);
		page[covered[i]] ^= 1;
		len = sizeof(out);
		assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len), ST_CORRUPT);
	}
	assert_int_equal(seq, 0);
	respond(100);
	page[SNP_MSG_SIZE] = 99;
	len = sizeof(out);
	assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len), ST_CORRUPT);
	respond(100);
	page[SNP_MSG_SIZE] = 0xa1; /* 4001 */
	page[SNP_MSG_SIZE + 1] = 0x0f;
	assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len), ST_PROTOCOL);
	respond(100);
	len = 99;
	assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len), ST_NO_MEMORY);
	respond(100);
	page[SNP_MSG_AUTHTAG + 16] = 1; /* not part of the tag */
	len = sizeof(out);
	assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len), ST_OK);
	assert_int_equal(len, 100);
	assert_int_equal(out[99], 0x3c);
	assert_int_equal(seq, 2);
	/* played again */
	seq = 0;
	respond(100);
	seq = 2;
	assert_int_equal(msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len), ST_PROTOCOL);
}

static void keys_and_numbers(void **state)
{
	size_t len = sizeof(payload);

	assert_int_equal(msg_build(&ch, page, 5, payload, 4001), ST_INVALID);
	assert_int_equal(msg_build(&ch, page, 5, payload, 4000), ST_OK);
	seq = MSG_SEQUENCE_MAX - 2;
	assert_int_equal(msg_build(&ch, page, 5, payload, 96), ST_OK);
	seq = MSG_SEQUENCE_MAX - 1;
	assert_int_equal(msg_build(&ch, page, 5, payload, 96), ST_OVERFLOW);
	seq = ~0ULL;
	assert_int_equal(msg_build(&ch, page, 5, payload, 96), ST_OVERFLOW);
	seq = 0;
	msg_wipe(&ch);
	assert_false(msg_usable(&ch));
	assert_int_equal(msg_build(&ch, page, 5, payload, 96), ST_STATE);
	assert_int_equal(msg_open(&ch, page, 5, payload, &len), ST_STATE);
}

/* ---- certificates ---- */
static u8 table[512];

static void entry(unsigned i, u32 offset, u32 length)
{
	memset(table + i * 24, 0x11, 16);
	memcpy(table + i * 24 + 16, &offset, 4);
	memcpy(table + i * 24 + 20, &length, 4);
}

static void certificate_tables(void **state)
{
	size_t used = 0;

	memset(table, 0, sizeof(table));
	assert_int_equal(certs_check(table, sizeof(table), &used), ST_OK);
	assert_int_equal(used, 24);
	assert_int_equal(certs_check(table, 23, &used), ST_TRUNCATED);
	entry(0, 72, 100);
	entry(1, 172, 40);
	assert_int_equal(certs_check(table, sizeof(table), &used), ST_OK);
	assert_int_equal(used, 212);
	assert_int_equal(certs_check(table, 212, &used), ST_OK);
	assert_int_equal(certs_check(table, 211, &used), ST_RANGE);
	assert_int_equal(certs_check(table, 71, &used), ST_TRUNCATED);
	entry(1, 71, 4);
	assert_int_equal(certs_check(table, sizeof(table), &used), ST_OVERLAP);
	entry(1, 0xffffffff, 0xffffffff);
	assert_int_equal(certs_check(table, sizeof(table), &used), ST_RANGE);
	entry(1, 172, 0xffffffff);
	assert_int_equal(certs_check(table, sizeof(table), &used), ST_RANGE);
	memset(table, 0x22, sizeof(table));
	assert_int_equal(certs_check(table, sizeof(table), &used), ST_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(request_vector, setup),
		cmocka_unit_test_setup(response_vector, setup),
		cmocka_unit_test_setup(changed_responses, setup),
		cmocka_unit_test_setup(keys_and_numbers, setup),
		cmocka_unit_test_setup(certificate_tables, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
