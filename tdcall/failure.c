/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names by the GHCI (348552) and the module's ABI (348551). Where to look is for the guest's owner,
 * who cannot see the host: it names the piece of it that answers for the code.
 */
#include "failure.h"
#include "why.h"

#define LOOK_VMM    "the VMM's log: QEMU's tdx-guest object and its quote-generation-socket"
#define LOOK_QGS    "the host's quote generation service (qgsd, vsock port 4050) and the VMM's log"
#define LOOK_MODULE "348551, TDG.MR.REPORT, and the TDX module's version"

static struct why why;
static const char *said = "";

/* R10 of TDG.VP.VMCALL<GetQuote>. */
static const struct why_code answers[] = {
	{ TDVMCALL_RETRY, "RETRY", "other requests in flight: the VMM takes no more, " LOOK_QGS },
	{ TDVMCALL_INVALID_OPERAND, "INVALID_OPERAND",
	  "does the VMM offer GetQuote (older ones say this when not); else its log: is the buffer "
	  "shared for it, too (MapGPA), and not too large" },
	{ TDVMCALL_GPA_INUSE, "GPA_INUSE", "an earlier request in this buffer; " LOOK_QGS },
	{ TDVMCALL_ALIGN_ERROR, "ALIGN_ERROR", "348552, GetQuote: the buffer is page aligned" },
	{ TDVMCALL_SUBFUNC_UNSUPPORTED, "SUBFUNC_UNSUPPORTED",
	  "does the VMM handle GetQuote; " LOOK_VMM },
	{ TDVMCALL_NOT_REACHED, "the call did not reach the host", "the TDX module's version" },
	{ 0, "unknown code", "348552, GetQuote, and the VMM's log" },
};

/* The status word in the buffer. */
static const struct why_code statuses[] = {
	{ TDX_QUOTE_STATUS_IN_FLIGHT, "GET_QUOTE_IN_FLIGHT", LOOK_QGS },
	{ TDX_QUOTE_STATUS_ERROR, "GET_QUOTE_ERROR",
	  LOOK_QGS ": is the platform registered, its PCK certificate cached" },
	{ TDX_QUOTE_STATUS_UNAVAILABLE, "GET_QUOTE_SERVICE_UNAVAILABLE",
	  "is it running, and can the VMM reach it: " LOOK_QGS },
	{ 0, "unknown status", "348552, GetQuote, and the VMM's log" },
};

static const struct why_code operands[] = {
	{ TDX_OPERAND_RCX, "operand RCX (output buffer)", LOOK_MODULE },
	{ TDX_OPERAND_RDX, "operand RDX (report data)", LOOK_MODULE },
	{ TDX_OPERAND_R8, "operand R8 (subtype)", LOOK_MODULE },
	{ 0, "no operand of ours", LOOK_MODULE },
};

#define FIND(table, code) why_find(table, ARRAY_SIZE(table), code)

/* A pointer, so that a CPU which only found another one at work leaves that one's text alone. */
static void publish(const char *text)
{
	__atomic_store_n(&said, text, __ATOMIC_RELEASE);
}

#define SAY(st, look, ...) (publish(why.text), why_set(&why, st, look, __VA_ARGS__))

const char *tdx_evidence_why(void)
{
	return __atomic_load_n(&said, __ATOMIC_ACQUIRE);
}

void tdx_why_nothing(void)
{
	publish("");
}

enum status tdx_why_buffer(const void *shared)
{
	return SAY(ST_ALIGN, "the caller, who gave it",
		   "GetQuote: %u aligned shared pages are needed, %p was given", QUOTE_PAGES,
		   shared);
}

enum status tdx_why_in_use(void)
{
	publish("another CPU is fetching a quote, one can at a time; look: the caller");
	return ST_STATE;
}

enum status tdx_why_abandoned(unsigned count)
{
	return SAY(ST_STATE, LOOK_QGS,
		   "GetQuote: not asked: %u requests timed out, and the host may still write this "
		   "buffer",
		   count);
}

enum status tdx_why_report(enum status st, const struct tdx_report_answer *a)
{
	const struct tdx_status *s = tdx_status_of(a->rax);

	if (TDX_CODE(a->rax) == TDX_OPERAND_INVALID)
		return SAY(st, LOOK_MODULE, "TDG.MR.REPORT: OPERAND_INVALID (RAX 0x%llx), %s",
			   (unsigned long long)a->rax, FIND(operands, (u32)a->rax)->name);
	if (TDX_CODE(a->rax) != TDX_SUCCESS)
		return SAY(st, LOOK_MODULE, "TDG.MR.REPORT: %s (RAX 0x%llx): %s", s->name,
			   (unsigned long long)a->rax, s->meaning);
	if (a->type != TDREPORT_TYPE_TDX)
		return SAY(st, LOOK_MODULE,
			   "TDG.MR.REPORT: success, but a report of type 0x%02x, not "
			   "0x%02x",
			   a->type, TDREPORT_TYPE_TDX);
	return SAY(st, LOOK_MODULE,
		   "TDG.MR.REPORT: foreign report data: byte %u is 0x%02x, asked for was 0x%02x",
		   a->at, a->got, a->want);
}

enum status tdx_why_request(enum status st, u64 r10, unsigned tries)
{
	const struct why_code *c = FIND(answers, r10);

	return SAY(st, c->look, "GetQuote: the host answers %s (R10 0x%llx), %u times asked",
		   c->name, (unsigned long long)r10, tries);
}

enum status tdx_why_status(enum status st, u64 status)
{
	const struct why_code *c = FIND(statuses, status);

	if (st == ST_TIMEOUT)
		return SAY(st, c->look, "GetQuote: time-out: still %s (status 0x%llx) after %u ms",
			   c->name, (unsigned long long)status,
			   (unsigned)(QUOTE_POLLS_MAX * (u64)QUOTE_POLL_US / 1000));
	return SAY(st, c->look, "GetQuote: %s (status 0x%llx in the buffer)", c->name,
		   (unsigned long long)status);
}

enum status tdx_why_length(enum status st, u32 length, size_t room)
{
	if (st == ST_NO_MEMORY)
		return SAY(st, "the caller, who gave it", "a buffer of %zu bytes for a quote of %u",
			   room, length);
	return SAY(st, LOOK_QGS, "GetQuote: success, but a quote of %u bytes, not 1..%zu", length,
		   (size_t)(QUOTE_PAGES * PAGE_SIZE - TDX_QUOTE_DATA));
}
