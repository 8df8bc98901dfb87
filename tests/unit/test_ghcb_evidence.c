/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Reports through a host that carries, delays, refuses, shortens or forges.
 * sources: ghcb/evidence.c ghcb/failure.c lib/why.c ghcb/guestmsg.c ghcb/certs.c ghcb/page.c ghcb/msr.c ghcb/count.c
 * libs: -lbearssl
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_ghcb_host.h"
#include "ghcb/failure.h"
#include "ghcb/guestmsg.h"
#include "ghcb/secrets.h"
#include "vectors.h"
#include "why.h"

struct snp_secrets snp_own_secrets;

static u8 shared[6 * 4096] __attribute__((aligned(4096)));
static u8 out[32768], data[64], first_request[4096];
static u64 fw_seq;
static struct {
	unsigned busy, requests, extended, pages_needed;
	u64 info2, rbx;
	bool forge, short_report, other_data, bad_table, changed, status;
	bool lost, echo, short_payload, no_end;
	u64 info1;
	u32 vmpl;
} host_is;

/* What was asked or came back, and where to look; whole. */
static void assert_why(const char *part, const char *look)
{
	const char *text = snp_evidence_why(), *hint = strstr(text, "; look: ");

	if (strstr(text, part) == NULL || hint == NULL || strstr(hint, look) == NULL)
		fail_msg("'%s' says nothing of '%s' and '%s'", text, part, look);
	assert_true(strlen(text) < WHY_SIZE - 1);
}

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
	assert_int_equal(msg_build(&back, response, SNP_MSG_REPORT_RSP, rsp,
				   sizeof(rsp) - host_is.short_payload),
			 ST_OK);
	fw_seq += 2;
	if (host_is.lost)
		memset(response, 0, 4096);
	if (host_is.echo)
		memcpy(response, request, 4096);
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
			if (host_is.no_end)
				memset(certs, 0xc0, 4 * 4096);
		}
		if (host_is.forge)
			response[SNP_MSG_PAYLOAD + 200] ^= 4;
	}
	host_answer(page, host_is.info1, info2);
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
	assert_string_equal(snp_evidence_why(), "");
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
	assert_why("Extended Guest Request (0x80000012): VMM error 2 (BUSY), 1000 times",
		   "throttles");
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

static void wiped(enum status want, const char *part, const char *look)
{
	size_t len;
	unsigned before;

	assert_int_equal(get(&len), want);
	assert_why(part, look);
	assert_int_equal(len, 0);
	assert_false(has_key());
	before = host_is.requests;
	assert_int_equal(get(&len), ST_STATE);
	assert_why("VMPCK0 is zero", "console");
	assert_int_equal(host_is.requests, before);
	setup(NULL);
}

static void carry_unmarked(u8 *page)
{
	carry(page);
	page[GHCB_BITMAP + GHCB_INFO2 / 64] &= (u8) ~(1u << (GHCB_INFO2 / 8 % 8));
}

static void failures_cost_the_key(void **state)
{
	host_is.forge = true;
	wiped(ST_CORRUPT, "tag does not verify under VMPCK0 (sequence number 2)", "host carried");
	host_is.lost = true;
	wiped(ST_PROTOCOL, "the host wrote no response", "kvm_amd");
	host_is.echo = true;
	wiped(ST_PROTOCOL, "not that to our message: sequence number 1, not 2", "host carried");
	host.exit = NULL; /* no answer at all */
	wiped(ST_PROTOCOL, "no answer: the host left the GHCB as it was", "kernel log");
	host.exit = carry_unmarked;
	wiped(ST_PROTOCOL, "no answer: INFO1 and INFO2 are not marked valid", "kernel log");
	host_is.info1 = 7;
	host_is.info2 = 9;
	wiped(ST_PROTOCOL, "an answer the protocol lacks (INFO1 0x7, INFO2 0x9)", "kernel log");
}

/* Every code by its name, and where to look by whose it is. */
static void refusals(void **state)
{
	static const struct {
		u64 info1, info2;
		enum status st;
		const char *part, *look;
	} cases[] = {
		{ 0, 0x01, ST_DENIED, "firmware error 0x1 INVALID_PLATFORM_STATE", "initialised" },
		{ 0, 0x0b, ST_DENIED, "firmware error 0xb BAD_MEASUREMENT", "changed the message" },
		{ 0, 0x16, ST_DENIED, "firmware error 0x16 INVALID_PARAM, VMM error 0x0 none",
		  "sequence number" },
		{ 0, 0x1d, ST_DENIED, "firmware error 0x1d AEAD_OFLOW", "new launch" },
		{ 0, 0x27, ST_DENIED, "firmware error 0x27 INVALID_KEY", "VLEK" },
		{ 0, 0x99, ST_DENIED, "firmware error 0x99 unknown code", "56860" },
		{ 0, 0xffffffff, ST_DENIED, "firmware error 0xffffffff no call", "ccp" },
		{ 0, (u64)GHCB_REQ_GENERIC << 32, ST_DENIED, "VMM error 0xffffffff GENERIC",
		  "certificate table" },
		/* for the plain one, too */
		{ 0, (u64)GHCB_REQ_INVALID_LEN << 32, ST_DENIED, "VMM error 0x1 INVALID_LEN",
		  "certificate table" },
		{ 0, 3ULL << 32, ST_DENIED,
		  "(INFO2 0x300000000: firmware error 0x0 SUCCESS, VMM "
		  "error 0x3 unknown code)",
		  "56421" },
		{ 2, 1, ST_INVALID, "malformed (INFO1 2, INFO2 1: GHCB not registered)", "kernel" },
		{ 2, 2, ST_INVALID, "INFO2 2: invalid GHCB usage", "kernel" },
		{ 2, 3, ST_INVALID, "INFO2 3: invalid scratch area", "kernel" },
		{ 2, 4, ST_INVALID, "INFO2 4: an input is missing", "kernel" },
		{ 2, 5, ST_INVALID, "INFO2 5: an input is invalid", "shared" },
		{ 2, 6, ST_INVALID, "INFO2 6: no such event", "support SNP guest requests" },
		{ 2, 7, ST_INVALID, "INFO2 7: unknown reason", "kernel" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		host_is.info1 = cases[i].info1;
		host_is.info2 = cases[i].info2;
		wiped(cases[i].st, cases[i].part, cases[i].look);
	}
}

static void wrong_answers_of_the_firmware(void **state)
{
	size_t len;

	host_is.short_report = true;
	assert_int_equal(get(&len), ST_PROTOCOL);
	assert_why("1216 bytes with a report of 928, not 1216 with one of 1184", "56860");
	host_is.short_report = false;
	host_is.short_payload = true;
	assert_int_equal(get(&len), ST_PROTOCOL);
	assert_why("1215 bytes with a report of 1184", "56860");
	host_is.short_payload = false;
	host_is.other_data = true;
	assert_int_equal(get(&len), ST_PROTOCOL);
	assert_why("foreign report data: byte 0 is 0x00, asked for was 0x01", "VMPCK");
	host_is.other_data = false;
	host_is.vmpl = 1;
	assert_int_equal(get(&len), ST_PROTOCOL);
	assert_why("the report is of VMPL 1, asked for was 0", "SVSM");
	host_is.vmpl = 0;
	host_is.status = true;
	assert_int_equal(get(&len), ST_DENIED);
	assert_why("MSG_REPORT_REQ: the firmware answers status 0x16 (invalid parameter)", "VMPL");
	host_is.status = false;
	assert_true(has_key()); /* these were its words: numbers are in step */
	host_is.bad_table = true;
	assert_int_equal(get(&len), ST_RANGE);
	assert_why("certificate table: a certificate lies beyond its end (4 pages", "VMM");
	host_is.bad_table = false;
	host_is.no_end = true;
	assert_int_equal(get(&len), ST_TRUNCATED);
	assert_why("certificate table: it has no end", "VMM");
	host_is.no_end = false;
	assert_int_equal(get(&len), ST_OK);
	assert_string_equal(snp_evidence_why(), "");
}

static void one_at_a_time(void **state)
{
	u8 digest[48];
	size_t len = sizeof(digest);

	/* A page of its own: no other may be asked for while one is on its way. */
	snp_own_secrets.sequence[0] = MSG_SEQUENCE_MAX - 1;
	assert_int_equal(get(&len), ST_OVERFLOW);
	assert_why("used up its sequence numbers (4294967294)", "new launch");
	assert_int_equal(host_is.requests, 0);
	len = sizeof(digest);
	assert_int_equal(snp_measure_read(0, digest, &len), ST_OVERFLOW);
	ghcb_cpus[0].page = NULL;
	snp_own_secrets.sequence[0] = 0;
	assert_int_equal(get(&len), ST_STATE);
	assert_why("not made", "GHCB");
}

/* A CPU that asks meanwhile is told so. */
static void carry_and_ask(u8 *page)
{
	static u8 other[4096];
	size_t len = sizeof(other);

	assert_int_equal(snp_evidence(data, shared, other, &len), ST_STATE);
	assert_why("another CPU is fetching a report", "caller");
	carry(page);
}

static void two_cpus(void **state)
{
	size_t len;

	host.exit = carry_and_ask;
	assert_int_equal(get(&len), ST_OK);
	assert_string_equal(snp_evidence_why(), "");
	host_is.info2 = 0x16;
	assert_int_equal(get(&len), ST_DENIED);
	assert_why("INVALID_PARAM", "sequence number"); /* the last word is the one who failed */
}

/* A sample of others': key 00..1f, number 1, report data 00..3f; its report is on other data. */
static u8 sample_request[4097], sample_response[4097];

static void carry_sample(u8 *page)
{
	u8 *response = (u8 *)(uintptr_t)host_get(page, GHCB_INFO2);

	memcpy(first_request, (u8 *)(uintptr_t)host_get(page, GHCB_INFO1), 4096);
	memcpy(response, sample_response, 4096);
	if (host_get(page, GHCB_EXITCODE) == GHCB_EXIT_EXT_REQUEST)
		memset((u8 *)(uintptr_t)host_get(page, GHCB_RAX), 0, 24);
	host_answer(page, 0, 0);
}

static void foreign_report_data(void **state)
{
	const char *request = "snp/guestmsg/report_req_seq1_vmpck0.bin";
	const char *response = "snp/guestmsg/report_rsp_seq2_vmpck0.bin";
	size_t len;

	if (read_file(vectors_path(request), sample_request, 4097) != 4096 ||
	    read_file(vectors_path(response), sample_response, 4097) != 4096)
		SKIP_WITHOUT(vectors_path(response));
	for (unsigned i = 0; i < 32; i++)
		snp_own_secrets.vmpck[0][i] = (u8)i;
	for (unsigned i = 0; i < 64; i++)
		data[i] = (u8)i;
	host.exit = carry_sample;
	assert_int_equal(get(&len), ST_PROTOCOL);
	assert_memory_equal(first_request, sample_request, 4096);
	assert_why("foreign report data: byte ", "VMPCK");
	assert_int_equal(len, 0);
	assert_int_equal(snp_own_secrets.sequence[0], 2); /* it was authentic */
	assert_true(snp_own_secrets.vmpck[0][1] == 1);
}

static void room_for_the_caller(void **state)
{
	u8 digest[64];
	size_t len = 1184 + 23;

	assert_int_equal(snp_evidence(data, shared, out, &len), ST_NO_MEMORY);
	assert_why("a buffer of 1207 bytes for a report and its certificates", "caller");
	len = 1184 + 100;
	assert_int_equal(snp_evidence(data, shared, out, &len), ST_RANGE);
	assert_why("(4 pages offered, 100 bytes taken)", "certificate table");
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
		T(refusals),
		T(one_at_a_time),
		T(two_cpus),
		T(foreign_report_data),
		T(wrong_answers_of_the_firmware),
		T(room_for_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
