/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GetQuote. The buffer is shared and the host may write it until it says the request is over: a
 * buffer whose request never ends is given up for good.
 */
#include "mm.h"
#include "tdx_check.h"

#define POOL_PAGES  12
#define QUOTE_PAGES 8
#define RETRIES_MAX 1000
#define POLL_US     100
#define FILLER      0x46696c6c46696c6cULL

static u64 pool; /* POOL_PAGES shared pages of one check, 0: none */

/* A service that once did not answer is not waited for again. */
static bool silent;

static bool pool_get(void)
{
	if (silent) {
		check_skip("the quoting service does not answer");
		return false;
	}
	pool = (u64)(uintptr_t)pool_alloc(POOL_PAGES, PAGE_SIZE);
	if (pool == 0)
		check_skip("no shared pages");
	return pool != 0;
}

static void pool_put(void)
{
	if (pool != 0)
		pool_free((void *)(uintptr_t)pool, POOL_PAGES);
	pool = 0;
}

static volatile u32 *word32(u64 at)
{
	return (volatile u32 *)(uintptr_t)at;
}

static void fill_request(u64 buffer, u64 size, u64 report)
{
	for (u64 at = 0; at < size; at += 8)
		store64(buffer + at, 0);
	for (u64 at = 0; at < TDREPORT_SIZE; at += 8)
		store64(buffer + TDX_QUOTE_DATA + at, load64(report + at));
	store64(buffer + TDX_QUOTE_VERSION, TDX_QUOTE_VERSION_1);
	*word32(buffer + TDX_QUOTE_IN_LEN) = TDREPORT_SIZE;
	arch_barrier();
}

static u64 ask(u64 gpa, u64 size)
{
	u64 r10 = TDVMCALL_RETRY;

	for (unsigned i = 0; i < RETRIES_MAX && r10 == TDVMCALL_RETRY; i++) {
		struct tdcall_regs r = { .r11 = TDVMCALL_GET_QUOTE, .r12 = gpa, .r13 = size };

		r10 = tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13);
	}
	return r10;
}

/* Asks for nothing: a host may work only when it is asked. */
static void let_host_run(void)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_GET_TD_VMCALL_INFO };

	(void)tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14);
}

static void late(void)
{
	silent = true;
	check_skip("the quote did not come in time");
}

/* False: it never ends, the buffer is lost. */
static bool finished(u64 buffer, u64 *status)
{
	struct deadline d = deadline_in(WAIT_NS);

	while ((*status = load64(buffer + TDX_QUOTE_STATUS)) == TDX_QUOTE_STATUS_IN_FLIGHT) {
		if (deadline_passed(&d)) {
			pool = 0;
			return false;
		}
		delay_us(POLL_US);
		let_host_run();
	}
	return true;
}

/* A host without a quoting service breaks no rule. */
static bool asked(u64 buffer, u64 size)
{
	u64 r10 = ask(buffer | tdx_shared_bit(), size);

	if (r10 == TDVMCALL_SUBFUNC_UNSUPPORTED) {
		check_skip("the host has no quoting service");
		return false;
	}
	return expect_eq("GetQuote", r10, TDVMCALL_SUCCESS);
}

/* A quote over report data of this seed, copied to private memory: host and checks must see the
 * same bytes. 0: said. */
static u64 get_quote(u8 seed, u32 *size)
{
	u64 report = td_report(seed), copy = 0, status = 0;

	if (report == 0)
		return 0;
	fill_request(pool, QUOTE_PAGES * PAGE_SIZE, report);
	page_put(report);
	if (!asked(pool, QUOTE_PAGES * PAGE_SIZE))
		return 0;
	if (!finished(pool, &status)) {
		late();
		return 0;
	}
	if (status == TDX_QUOTE_STATUS_UNAVAILABLE) {
		check_skip("the host's quoting service is not available");
		return 0;
	}
	*size = *word32(pool + TDX_QUOTE_OUT_LEN);
	if (!expect_eq("the status of the request", status, TDX_QUOTE_STATUS_SUCCESS) ||
	    !expect_true("the length of the quote",
			 *size <= QUOTE_PAGES * PAGE_SIZE - TDX_QUOTE_DATA, "inside the buffer"))
		return 0;
	copy = pages_alloc(QUOTE_PAGES, PAGE_SIZE);
	if (copy == 0)
		check_skip("no free pages");
	for (u32 i = 0; copy != 0 && i < *size; i++)
		((u8 *)(uintptr_t)copy)[i] = ((volatile u8 *)(uintptr_t)pool)[TDX_QUOTE_DATA + i];
	return copy;
}

static bool parse(u64 copy, u32 size, struct tdx_quote *q)
{
	enum status st = tdx_quote_parse((const u8 *)(uintptr_t)copy, size, q);

	if (st != ST_OK)
		check_fail("a quote as specified", "it parses", "%s", status_text(st));
	return st == ST_OK;
}

static void with_quote(u8 seed, void (*look)(const struct tdx_quote *q, u8 seed))
{
	struct tdx_quote q;
	u32 size = 0;
	u64 copy;

	if (!pool_get())
		return;
	copy = get_quote(seed, &size);
	if (copy != 0 && parse(copy, size, &q))
		look(&q, seed);
	if (copy != 0)
		pages_free(copy, QUOTE_PAGES);
	pool_put();
}

static void look_at_claims(const struct tdx_quote *q, u8 seed)
{
	if (expect_data("the quote's report data", q->claims.report_data, seed))
		expect_claims(&q->claims);
}

static void look_at_nothing(const struct tdx_quote *q, u8 seed)
{
	(void)q;
	(void)seed;
}

void tdx_quote_answered(void)
{
	with_quote(0x22, look_at_nothing);
}

void tdx_quote_claims(void)
{
	with_quote(0x33, look_at_claims);
}

static void look_at_signature(const struct tdx_quote *q, u8 seed)
{
	(void)seed;
	if (expect_eq("the QE report's word for the key", tdx_quote_check_binding(q), ST_OK))
		expect_eq("the signature by that key", tdx_quote_check_signature(q), ST_OK);
}

void tdx_quote_signed(void)
{
	with_quote(0x44, look_at_signature);
}

/* Hosts differ in which error a misaligned buffer is. */
static bool misaligned(const char *what, u64 gpa, u64 size)
{
	u64 r10 = ask(gpa | tdx_shared_bit(), size);

	return r10 == TDVMCALL_INVALID_OPERAND || expect_eq(what, r10, TDVMCALL_ALIGN_ERROR);
}

/* Each wrong buffer holds a request that would do if the host looked for it a bit further on. */
void tdx_quote_buffer(void)
{
	u64 report = td_report(0x55), private = page_get();

	if (report != 0 && private != 0 && pool_get()) {
		fill_request(private, PAGE_SIZE, report);
		fill_request(pool, QUOTE_PAGES * PAGE_SIZE, report);
		if (expect_eq("GetQuote in private memory", ask(private, PAGE_SIZE),
			      TDVMCALL_INVALID_OPERAND) &&
		    misaligned("GetQuote in a misaligned buffer", pool + 64,
			       (QUOTE_PAGES - 1) * PAGE_SIZE) &&
		    misaligned("GetQuote of a misaligned size", pool,
			       (QUOTE_PAGES - 1) * PAGE_SIZE + 64))
			expect_eq("the status word of the buffer", load64(pool + TDX_QUOTE_STATUS),
				  0);
		pool_put();
	}
	if (private != 0)
		page_put(private);
	if (report != 0)
		page_put(report);
}

static bool is_filler(u64 base, u64 end)
{
	for (u64 at = base; at < end; at += 8)
		if (!expect_eq("a word outside the buffer", load64(at), FILLER))
			return false;
	return true;
}

/* The buffer in the middle of the pool. */
static bool inside(u64 pages, u64 report)
{
	u64 buffer = pool + PAGE_SIZE, size = pages * PAGE_SIZE, status = 0;
	u32 length;

	for (u64 at = pool; at < pool + POOL_PAGES * PAGE_SIZE; at += 8)
		store64(at, FILLER);
	fill_request(buffer, size, report);
	if (ask(buffer | tdx_shared_bit(), size) != TDVMCALL_SUCCESS)
		return true; /* refused: it says nothing of a buffer */
	if (!finished(buffer, &status)) {
		if (pages == QUOTE_PAGES)
			late();
		else
			check_fail("GetQuote with a buffer of one page", "over as soon as others",
				   "still in flight");
		return false;
	}
	length = *word32(buffer + TDX_QUOTE_OUT_LEN);
	check_note("%llu pages: status 0x%llx, length %u", (unsigned long long)pages,
		   (unsigned long long)status, length);
	if (status == TDX_QUOTE_STATUS_SUCCESS && !expect_ne("the length of a quote", length, 0))
		return false;
	return expect_true("the status",
			   status == TDX_QUOTE_STATUS_SUCCESS || status == TDX_QUOTE_STATUS_ERROR ||
			       status == TDX_QUOTE_STATUS_UNAVAILABLE,
			   "success, error or unavailable") &&
	       expect_true("the length", length <= size - TDX_QUOTE_DATA, "inside the buffer") &&
	       is_filler(pool, buffer) && is_filler(buffer + size, pool + POOL_PAGES * PAGE_SIZE);
}

void tdx_quote_bounds(void)
{
	u64 report = td_report(0x66);

	if (report == 0)
		return;
	if (pool_get() && inside(QUOTE_PAGES, report))
		inside(1, report);
	pool_put();
	page_put(report);
}
