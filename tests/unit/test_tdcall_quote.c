/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Quote, report and measurement registers, with hosts that are slow, absent or wrong.
 * sources: tdcall/quote.c tdcall/failure.c lib/why.c tdcall/measure.c tdcall/calls.c tdcall/status.c lib/range.c
 * libs:
 */
/* clang-format on */
#include "fake_tdx.h"

#include "tdcall/failure.h"
#include "why.h"

#define BUFFER_SIZE (QUOTE_PAGES * PAGE_SIZE)
#define QUOTE_SIZE  4711u
#define LIMIT       (BUFFER_SIZE - TDX_QUOTE_DATA)

struct tdx_vp_info tdx_info;

u64 tdx_shared_bit(void)
{
	return FAKE_SHARED;
}

/* Six buffers: one for each that is given up, and more. */
static u8 buffers[6][BUFFER_SIZE] ALIGNED(4096);
static u8 *shared;
static u8 out[BUFFER_SIZE];

static struct {
	unsigned polls; /* delays until the host answers */
	u64 status;     /* with this */
	u32 out_len;
	unsigned retries; /* "busy" so often first */
	u64 r10;          /* then this */
	bool asked;
	unsigned delays;
	u8 report[TDREPORT_SIZE];
} qgs;

static u8 quote_byte(size_t i)
{
	return (u8)(i * 13 + i / 256);
}

static void put64(u8 *p, u64 v)
{
	memcpy(p, &v, 8);
}

static void answer(void)
{
	u32 n = qgs.out_len;

	for (size_t i = 0; i < MIN(n, LIMIT); i++)
		shared[TDX_QUOTE_DATA + i] = quote_byte(i);
	memcpy(shared + TDX_QUOTE_OUT_LEN, &n, 4);
	put64(shared + TDX_QUOTE_STATUS, qgs.status);
	qgs.asked = false;
}

static bool get_quote(struct tdcall_regs *r)
{
	u64 version, status;
	u32 in_len;

	if (r->r11 != TDVMCALL_GET_QUOTE)
		return false;
	assert_int_equal(r->r12, (u64)(uintptr_t)shared | FAKE_SHARED);
	assert_int_equal(r->r13, BUFFER_SIZE);
	memcpy(&version, shared + TDX_QUOTE_VERSION, 8);
	memcpy(&status, shared + TDX_QUOTE_STATUS, 8);
	memcpy(&in_len, shared + TDX_QUOTE_IN_LEN, 4);
	assert_int_equal(version, 1);
	assert_int_equal(status, 0);
	assert_int_equal(in_len, TDREPORT_SIZE);
	for (size_t i = TDX_QUOTE_DATA + TDREPORT_SIZE; i < BUFFER_SIZE; i++)
		assert_int_equal(shared[i], 0); /* nothing of an earlier exchange */
	memcpy(qgs.report, shared + TDX_QUOTE_DATA, TDREPORT_SIZE);
	r->r10 = qgs.retries > 0 ? TDVMCALL_RETRY : qgs.r10;
	if (qgs.retries > 0) {
		qgs.retries--;
		return true;
	}
	if (r->r10 == TDVMCALL_SUCCESS) {
		put64(shared + TDX_QUOTE_STATUS, TDX_QUOTE_STATUS_IN_FLIGHT);
		qgs.asked = true;
		if (qgs.polls == 0)
			answer();
	}
	return true;
}

void delay_us(u64 us)
{
	assert_int_equal(us, QUOTE_POLL_US);
	qgs.delays++;
	if (qgs.asked && qgs.delays == qgs.polls)
		answer();
}

/* What was asked or came back, and where to look; whole. */
static void assert_why(const char *part, const char *look)
{
	const char *text = tdx_evidence_why(), *hint = strstr(text, "; look: ");

	if (strstr(text, part) == NULL || hint == NULL || strstr(hint, look) == NULL)
		fail_msg("'%s' says nothing of '%s' and '%s'", text, part, look);
	assert_true(strlen(text) < WHY_SIZE - 1);
}

static int setup(void **state)
{
	td_reset();
	td.host = get_quote;
	memset(&qgs, 0, sizeof(qgs));
	qgs.out_len = QUOTE_SIZE;
	shared = buffers[0];
	memset(shared, 0xee, BUFFER_SIZE);
	return 0;
}

static enum status fetch(size_t cap, size_t *len)
{
	u8 data[64];
	enum status st;

	for (unsigned i = 0; i < 64; i++)
		data[i] = (u8)(100 + i);
	memset(out, 0xa5, sizeof(out));
	*len = cap;
	st = tdx_evidence(data, shared, out, len);
	assert_true(*len <= cap);
	for (size_t i = 0; i < *len; i++)
		assert_int_equal(out[i], quote_byte(i));
	for (size_t i = *len; i < sizeof(out); i++)
		assert_int_equal(out[i], 0xa5);
	assert_true(st == ST_OK || *len == 0);
	if (td.vmcalls > 0)
		assert_memory_equal(qgs.report + TDREPORT_REPORTDATA, data, 64);
	return st;
}

static void at_once_and_later(void **state)
{
	size_t len;

	assert_int_equal(fetch(8192, &len), ST_OK);
	assert_int_equal(len, QUOTE_SIZE);
	assert_string_equal(tdx_evidence_why(), "");
	assert_int_equal(td.vmcalls, 1);
	setup(state);
	qgs.polls = 20;
	assert_int_equal(fetch(QUOTE_SIZE, &len), ST_OK);
	assert_int_equal(len, QUOTE_SIZE);
	assert_int_equal(qgs.delays, 20);
	assert_int_equal(td.vmcalls, 21); /* the host gets to run in between */
}

static void lengths(void **state)
{
	static const struct {
		u32 n;
		size_t cap;
		enum status st;
		const char *part, *look;
	} cases[] = {
		{ 1, 8192, ST_OK, NULL, NULL },
		{ (u32)LIMIT, BUFFER_SIZE, ST_OK, NULL, NULL },
		{ (u32)LIMIT + 1, BUFFER_SIZE, ST_PROTOCOL, "a quote of 32745 bytes, not 1..32744",
		  "quote generation service" },
		{ 0, 8192, ST_PROTOCOL, "success, but a quote of 0 bytes", "qgsd" },
		{ ~0u, 8192, ST_PROTOCOL, "a quote of 4294967295 bytes", "qgsd" },
		{ 0x80000000u, 8192, ST_PROTOCOL, "a quote of 2147483648 bytes", "qgsd" },
		{ QUOTE_SIZE, QUOTE_SIZE - 1, ST_NO_MEMORY,
		  "a buffer of 4710 bytes for a quote of 4711", "caller" },
		{ QUOTE_SIZE, 0, ST_NO_MEMORY, "a buffer of 0 bytes for a quote of 4711",
		  "caller" },
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		qgs.out_len = cases[i].n;
		assert_int_equal(fetch(cases[i].cap, &len), cases[i].st);
		assert_int_equal(len, cases[i].st == ST_OK ? cases[i].n : 0);
		if (cases[i].st != ST_OK)
			assert_why(cases[i].part, cases[i].look);
	}
}

static void statuses(void **state)
{
	static const struct {
		u64 status;
		enum status st;
		const char *part, *look;
	} cases[] = {
		{ TDX_QUOTE_STATUS_ERROR, ST_DENIED,
		  "GetQuote: GET_QUOTE_ERROR (status 0x8000000000000000 in the buffer)",
		  "registered" },
		{ TDX_QUOTE_STATUS_UNAVAILABLE, ST_UNSUPPORTED,
		  "GET_QUOTE_SERVICE_UNAVAILABLE (status 0x8000000000000001", "vsock port 4050" },
		{ 1, ST_PROTOCOL, "unknown status (status 0x1 ", "348552" },
		{ 0x8000000000000002ULL, ST_PROTOCOL, "status 0x8000000000000002", "348552" },
		{ 0xFFFFFFFFFFFFFFFEULL, ST_PROTOCOL, "status 0xfffffffffffffffe", "348552" },
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		qgs.status = cases[i].status;
		qgs.polls = (unsigned)i;
		assert_int_equal(fetch(8192, &len), cases[i].st);
		assert_why(cases[i].part, cases[i].look);
	}
}

static void refusals(void **state)
{
	static const struct {
		u64 r10;
		enum status st;
		const char *part, *look;
	} cases[] = {
		{ TDVMCALL_INVALID_OPERAND, ST_UNSUPPORTED,
		  "GetQuote: the host answers INVALID_OPERAND (R10 0x8000000000000000), 1 times",
		  "does the VMM offer GetQuote" },
		{ TDVMCALL_SUBFUNC_UNSUPPORTED, ST_UNSUPPORTED,
		  "SUBFUNC_UNSUPPORTED (R10 0x8000000000000003)", "quote-generation-socket" },
		{ TDVMCALL_GPA_INUSE, ST_STATE, "GPA_INUSE (R10 0x8000000000000001)", "earlier" },
		{ TDVMCALL_ALIGN_ERROR, ST_ALIGN, "ALIGN_ERROR (R10 0x8000000000000002)",
		  "348552" },
		{ 77, ST_PROTOCOL, "unknown code (R10 0x4d)", "348552" },
		{ TDVMCALL_NOT_REACHED, ST_FAULT, "did not reach the host", "module" },
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		qgs.r10 = cases[i].r10;
		assert_int_equal(fetch(8192, &len), cases[i].st);
		assert_why(cases[i].part, cases[i].look);
		assert_int_equal(td.vmcalls, 1);
	}
	setup(state);
	qgs.retries = 7;
	assert_int_equal(fetch(8192, &len), ST_OK);
	assert_int_equal(td.vmcalls, 8);
	setup(state);
	qgs.retries = ~0u;
	assert_int_equal(fetch(8192, &len), ST_NO_PROGRESS);
	assert_why("RETRY (R10 0x1), 1000 times asked", "other requests in flight");
	assert_int_equal(td.vmcalls, QUOTE_RETRIES_MAX);
}

static u64 forged_rax;

static bool no_report(struct tdcall_regs *r)
{
	if (r->rax != TDG_MR_REPORT)
		return false;
	r->rax = forged_rax;
	return true;
}

/* A module that writes nothing, or about something else. */
static void bad_reports(void **state)
{
	size_t len;

	td.module = no_report;
	forged_rax = STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_RCX);
	assert_int_equal(fetch(8192, &len), ST_INVALID);
	assert_why("TDG.MR.REPORT: OPERAND_INVALID (RAX 0xc000010000000001), operand RCX",
		   "348551");
	forged_rax = STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_R8);
	assert_int_equal(fetch(8192, &len), ST_INVALID);
	assert_why("operand R8 (subtype)", "module");
	forged_rax = STATUS(TDX_OPERAND_INVALID, 99);
	assert_int_equal(fetch(8192, &len), ST_INVALID);
	assert_why("no operand of ours", "module");
	forged_rax = STATUS(TDX_OPERAND_BUSY, TDX_OPERAND_RTMR);
	assert_int_equal(fetch(8192, &len), ST_NO_PROGRESS);
	assert_why("TDG.MR.REPORT: OPERAND_BUSY (RAX 0x80000200000000a8)", "module");
	forged_rax = 0;
	assert_int_equal(fetch(8192, &len), ST_OK); /* the report of before: the same data */
	td.vmcalls = 0;
	len = 8192;
	assert_int_equal(tdx_evidence((const u8[64]){ 1 }, shared, out, &len), ST_PROTOCOL);
	assert_why("foreign report data: byte 0 is 0x64, asked for was 0x01", "module");
	assert_int_equal(td.vmcalls, 0);
	len = sizeof(out);
	assert_int_equal(tdx_measure_read(1, out, &len), ST_PROTOCOL); /* no report at all */
}

static void bad_buffers(void **state)
{
	u8 data[64] = { 0 };
	size_t len = 8192;

	assert_int_equal(tdx_evidence(data, NULL, out, &len), ST_ALIGN);
	assert_why("8 aligned shared pages are needed", "caller");
	len = 8192;
	assert_int_equal(tdx_evidence(data, shared + 8, out, &len), ST_ALIGN);
	assert_int_equal(len, 0);
	assert_int_equal(td.calls, 0);
}

static bool nested(struct tdcall_regs *r)
{
	u8 data[64] = { 0 };
	size_t len = 8192;

	if (r->r11 == TDVMCALL_GET_QUOTE) {
		assert_int_equal(tdx_evidence(data, buffers[1], out, &len), ST_STATE);
		assert_why("another CPU is fetching a quote", "caller");
	}
	return get_quote(r);
}

static void one_at_a_time(void **state)
{
	size_t len;

	td.host = nested;
	assert_int_equal(fetch(8192, &len), ST_OK);
}

/* Last of all: what is given up stays so. */
static void time_out(void **state)
{
	size_t len;

	qgs.polls = ~0u;
	assert_int_equal(fetch(8192, &len), ST_TIMEOUT);
	assert_why("time-out: still GET_QUOTE_IN_FLIGHT (status 0xffffffffffffffff) after 10000 ms",
		   "quote generation service");
	assert_int_equal(qgs.delays, QUOTE_POLLS_MAX);
	/* The same buffer is not touched again, nor one that overlaps it. */
	td.vmcalls = 0;
	memset(shared, 0x77, BUFFER_SIZE);
	assert_int_equal(fetch(8192, &len), ST_STATE);
	assert_why("not asked: 1 requests timed out", "qgsd");
	shared += PAGE_SIZE;
	assert_int_equal(fetch(8192, &len), ST_STATE);
	assert_int_equal(td.vmcalls, 0);
	for (size_t i = 0; i < BUFFER_SIZE; i++)
		assert_int_equal(buffers[0][i], 0x77);
	/* Another one is fine, until too many are lost. */
	for (unsigned i = 1; i < QUOTE_ABANDONED; i++) {
		shared = buffers[i];
		qgs.delays = 0;
		qgs.polls = 0;
		assert_int_equal(fetch(8192, &len), ST_OK);
		qgs.polls = ~0u;
		assert_int_equal(fetch(8192, &len), ST_TIMEOUT);
	}
	shared = buffers[5];
	qgs.polls = 0;
	td.vmcalls = 0;
	assert_int_equal(fetch(8192, &len), ST_STATE);
	assert_int_equal(td.vmcalls, 0);
}

static void measurements(void **state)
{
	u8 digest[64], value[TDX_DIGEST_SIZE];
	size_t len = sizeof(digest);

	for (unsigned i = 0; i < sizeof(value); i++)
		value[i] = (u8)(i + 1);
	assert_int_equal(tdx_measure_read(0, digest, &len), ST_OK);
	assert_int_equal(len, TDX_DIGEST_SIZE);
	for (unsigned i = 0; i < len; i++)
		assert_int_equal(digest[i], (u8)((TDREPORT_MRTD + i) * 7 + 2));
	assert_int_equal(tdx_measure_extend(1, value, sizeof(value)), ST_OK);
	assert_memory_equal(td.rtmr[0], value, sizeof(value));
	value[0] = 99;
	assert_int_equal(tdx_measure_extend(4, value, sizeof(value)), ST_OK);
	assert_memory_equal(td.rtmr[3], value, sizeof(value));
	assert_int_equal(tdx_measure_read(4, digest, &len), ST_OK);
	assert_memory_equal(digest, value, sizeof(value));
	len = TDX_DIGEST_SIZE - 1;
	assert_int_equal(tdx_measure_read(4, digest, &len), ST_NO_MEMORY);
	len = 64;
	assert_int_equal(tdx_measure_read(5, digest, &len), ST_INVALID);
	td.calls = 0;
	assert_int_equal(tdx_measure_extend(0, value, sizeof(value)), ST_INVALID);
	assert_int_equal(tdx_measure_extend(5, value, sizeof(value)), ST_INVALID);
	assert_int_equal(tdx_measure_extend(1, value, 32), ST_INVALID);
	assert_int_equal(tdx_measure_extend(1, value, 49), ST_INVALID);
	assert_int_equal(td.calls, 0);
	td.busy = ~0u;
	assert_int_equal(tdx_measure_extend(1, value, sizeof(value)), ST_NO_PROGRESS);
	assert_int_equal(tdx_measure_read(1, digest, &len), ST_NO_PROGRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(at_once_and_later, setup),
		cmocka_unit_test_setup(lengths, setup),
		cmocka_unit_test_setup(statuses, setup),
		cmocka_unit_test_setup(refusals, setup),
		cmocka_unit_test_setup(bad_reports, setup),
		cmocka_unit_test_setup(bad_buffers, setup),
		cmocka_unit_test_setup(one_at_a_time, setup),
		cmocka_unit_test_setup(measurements, setup),
		cmocka_unit_test_setup(time_out, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
