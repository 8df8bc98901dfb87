/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports through a host that carries, delays, refuses, shortens or forges.
 * sources: ghcb/evidence.c ghcb/failure.c lib/why.c ghcb/guestmsg.c ghcb/certs.c ghcb/page.c ghcb/msr.c ghcb/count.c
 * libs: -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_ghcb_host.h"
#include "ghcb/guestmsg.h"
#include "ghcb/secrets.h"

struct snp_secrets snp_own_secrets;

static u8 shared[6 * 4096] __attribute__((aligned(4096)));
static u8 out[32768], data[64], first_request[4096];
static u64 fw_seq;
static struct {
	unsigned busy, requests, extended, pages_needed;
	u64 info2, rbx;
	bool forge, short_report, other_data, bad_table, changed, status;
	u32 vmpl;
} host_is;

static void serve(u8 *request, u8 *response)
{
	static u8 copy[4096], rsp[SNP_REPORT_RSP_SIZE];
	u8 key[32];
	u64 before = fw_seq - 1, answer;
	struct msg_channel in = { key, &before, 0 }, back = { key, &answer, 0 };
	size_t len = 96;

	memset(key, 0x42, 32);
	memcpy(copy, request, 4096);
	/* The firmware's side: number fw_seq + 1. */
	assert_int_equal(host_get(copy, SNP_MSG_SEQNO), fw_seq + 1);
	assert_int_equal(msg_open(&in, copy, SNP_MSG_REPORT_REQ - 1, rsp, &len), ST_OK);
	assert_int_equal(len, 96);
	memmove(rsp + SNP_REPORT_RSP_REPORT + SNP_REPORT_DATA, rsp, 64);
	memset(rsp, 0, 32);
	rsp[0] = host_is.status ? 0x16 : 0;
	rsp[4] = 0xa0;
	rsp[5] = host_is.short_report ? 3 : 4;
	rsp[SNP_REPORT_RSP_REPORT] = 3;
	rsp[SNP_REPORT_RSP_REPORT + SNP_REPORT_VMPL] = (u8)host_is.vmpl;
	memset(rsp + SNP_REPORT_RSP_REPORT + SNP_REPORT_MEASUREMENT, 0x77, 48);
	if (host_is.other_data)
		rsp[SNP_REPORT_RSP_REPORT + SNP_REPORT_DATA] ^= 1;
	answer = fw_seq + 1;
	assert_int_equal(msg_build(&back, response, SNP_MSG_REPORT_RSP, rsp, sizeof(rsp)), ST_OK);
	fw_seq += 2;
}

static void carry(u8 *page)
{
	u64 code = host_get(page, GHCB_EXITCODE), info2 = 0, rbx = host_get(page, GHCB_RBX);
	bool extended = code == GHCB_EXIT_EXT_REQUEST;
	u8 *request = (u8 *)(uintptr_t)host_get(page, GHCB_INFO1);
	u8 *response = (u8 *)(uintptr_t)host_get(page, GHCB_INFO2);
	u8 *certs = (u8 *)(uintptr_t)host_get(page, GHCB_RAX);

	if (host_is.requests++ == 0)
		memcpy(first_request, request, 4096);
	else if (host_get(request, SNP_MSG_SEQNO) == host_get(first_request, SNP_MSG_SEQNO))
		host_is.changed |= memcmp(first_request, request, 4096) != 0;
	host_is.extended += extended;
	if (host_is.busy != 0) {
		host_is.busy--;
		info2 = (u64)GHCB_REQ_BUSY << 32;
	} else if (extended && rbx < host_is.pages_needed) {
		rbx = host_is.pages_needed;
		info2 = (u64)GHCB_REQ_INVALID_LEN << 32;
	} else if (host_is.info2 != 0) {
		info2 = host_is.info2;
	} else {
		serve(request, response);
		if (extended) {
			u32 offset = 48, length = host_is.bad_table ? 0x10000 : 500;

			memset(certs, 0xc0, 16);
			memcpy(certs + 16, &offset, 4);
			memcpy(certs + 20, &length, 4);
			memset(certs + 48, 0xdd, 500);
		}
		if (host_is.forge)
			response[SNP_MSG_PAYLOAD + 200] ^= 4;
	}
	host_answer(page, 0, info2);
	if (extended)
		host_put(page, GHCB_RBX, host_is.rbx != 0 ? host_is.rbx : rbx);
}

static int setup(void **state)
{
	host_reset();
	host.exit = carry;
	memset(&host_is, 0, sizeof(host_is));
	memset(&snp_own_secrets, 0, sizeof(snp_own_secrets));
	memset(snp_own_secrets.vmpck[0], 0x42, 32);
	memset(shared, 0xee, sizeof(shared));
	for (unsigned i = 0; i < 64; i++)
		data[i] = (u8)(i + 1);
	fw_seq = 0;
	return 0;
}

static enum status get(size_t *len)
{
	*len = sizeof(out);
	return snp_evidence(data, shared, out, len);
}

static bool has_key(void)
{
	return snp_own_secrets.vmpck[0][0] != 0;
}

static void report_and_certificates(void **state)
{
	size_t len;

	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(get(&len), ST_OK);
		assert_int_equal(len, 1184 + 548);
		assert_memory_equal(out + SNP_REPORT_DATA, data, 64);
		assert_int_equal(out[0], 3);
		assert_int_equal(out[1184], 0xc0);
		assert_int_equal(out[1184 + 547], 0xdd);
		assert_int_equal(snp_own_secrets.sequence[0], 2 * i);
	}
	assert_int_equal(ghcb_counters.guest_requests, 3);
}

static void busy_firmware(void **state)
{
	size_t len;

	host_is.busy = 20;
	assert_int_equal(get(&len), ST_OK);
	assert_int_equal(host_is.requests, 21);
	assert_false(host_is.changed);
	assert_int_equal(host.delays, 20);
	host_is.busy = 100000;
	assert_int_equal(get(&len), ST_TIMEOUT);
	assert_false(has_key());
	assert_int_equal(len, 0);
}

static void too_little_room(void **state)
{
	size_t len;

	host_is.pages_needed = 9;
	assert_int_equal(get(&len), ST_OK);
	assert_int_equal(len, 1184);
	assert_int_equal(host_is.requests, 2);
	assert_int_equal(host_is.extended, 1);
	assert_false(host_is.changed); /* the same ciphertext */
	assert_int_equal(snp_own_secrets.sequence[0], 2);
	/* a host that asks for what it has: once more, with a new message */
	host_is.requests = host_is.extended = 0;
	host_is.rbx = 4;
	assert_int_equal(get(&len), ST_OK);
	assert_int_equal(len, 1184);
	assert_int_equal(host_is.requests, 4);
	assert_int_equal(snp_own_secrets.sequence[0], 6);
	host_is.pages_needed = 0;
	assert_int_equal(get(&len), ST_OK);
	assert_int_equal(len, 1184 + 548);
}

static void wiped(enum status want)
{
	size_t len;
	unsigned before;

	assert_int_equal(get(&len), want);
	assert_int_equal(len, 0);
	assert_false(has_key());
	before = host_is.requests;
	assert_int_equal(get(&len), ST_STATE);
	assert_int_equal(host_is.requests, before);
	setup(NULL);
}

static void failures_cost_the_key(void **state)
{
	host_is.info2 = 0x16; /* firmware error */
	wiped(ST_DENIED);
	host_is.info2 = (u64)GHCB_REQ_GENERIC << 32;
	wiped(ST_DENIED);
	host_is.info2 = (u64)GHCB_REQ_INVALID_LEN << 32; /* for the plain one, too */
	wiped(ST_DENIED);
	host_is.forge = true;
	wiped(ST_CORRUPT);
	host.exit = NULL; /* no answer at all */
	wiped(ST_PROTOCOL);
}

static void wrong_answers_of_the_firmware(void **state)
{
	size_t len;

	host_is.short_report = true;
	assert_int_equal(get(&len), ST_PROTOCOL);
	host_is.short_report = false;
	host_is.other_data = true;
	assert_int_equal(get(&len), ST_PROTOCOL);
	host_is.other_data = false;
	host_is.vmpl = 1;
	assert_int_equal(get(&len), ST_PROTOCOL);
	host_is.vmpl = 0;
	host_is.status = true;
	assert_int_equal(get(&len), ST_DENIED);
	host_is.status = false;
	assert_true(has_key()); /* these were its words: numbers are in step */
	host_is.bad_table = true;
	assert_int_equal(get(&len), ST_RANGE);
	host_is.bad_table = false;
	assert_int_equal(get(&len), ST_OK);
}

static void room_for_the_caller(void **state)
{
	u8 digest[64];
	size_t len = 1184 + 23;

	assert_int_equal(snp_evidence(data, shared, out, &len), ST_NO_MEMORY);
	len = 1184 + 100;
	assert_int_equal(snp_evidence(data, shared, out, &len), ST_RANGE);
	len = 47;
	assert_int_equal(snp_measure_read(0, digest, &len), ST_NO_MEMORY);
	len = 48;
	assert_int_equal(snp_measure_read(1, digest, &len), ST_UNSUPPORTED);
	assert_int_equal(snp_measure_extend(1, digest, 48), ST_UNSUPPORTED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(report_and_certificates),
		T(busy_firmware),
		T(too_little_room),
		T(failures_cost_the_key),
		T(wrong_answers_of_the_firmware),
		T(room_for_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
