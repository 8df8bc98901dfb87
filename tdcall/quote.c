/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quote: a TDREPORT, signed by the host's quoting enclave. The report is made by the module in our
 * private memory and handed over in shared memory; what comes back is anything at all until a
 * verifier has checked it. The host may write the buffer at any time, so each word is read once.
 */
#include "arch.h"
#include "failure.h"
#include "internal.h"
#include "range.h"

static u8 quote_report[TDREPORT_SIZE] ALIGNED(TDREPORT_ALIGN);
static bool quote_busy;

/* Buffers given up on: the host may still be writing them, and what it writes there is no answer to
 * a later request. */
static struct range abandoned[QUOTE_ABANDONED];
static unsigned abandoned_count;

static u32 read32(const volatile u8 *p)
{
	return *(const volatile u32 *)(uintptr_t)p;
}

static u64 read64(const volatile u8 *p)
{
	return *(const volatile u64 *)(uintptr_t)p;
}

static void fill_buffer(volatile u8 *b, const u8 *report)
{
	for (size_t i = 0; i < QUOTE_PAGES * PAGE_SIZE; i++)
		b[i] = 0;
	for (size_t i = 0; i < TDREPORT_SIZE; i++)
		b[TDX_QUOTE_DATA + i] = report[i];
	*(volatile u32 *)(uintptr_t)(b + TDX_QUOTE_IN_LEN) = TDREPORT_SIZE;
	*(volatile u64 *)(uintptr_t)(b + TDX_QUOTE_VERSION) = TDX_QUOTE_VERSION_1;
}

/* A host without a quoting service is no failure of ours: older ones say INVALID_OPERAND. */
static enum status request(volatile u8 *buffer)
{
	u64 r10 = TDVMCALL_RETRY;
	unsigned i;

	for (i = 0; i < QUOTE_RETRIES_MAX && r10 == TDVMCALL_RETRY; i++) {
		struct tdcall_regs r = { .r11 = TDVMCALL_GET_QUOTE,
					 .r12 = (uintptr_t)buffer | tdx_shared_bit(),
					 .r13 = QUOTE_PAGES * PAGE_SIZE };

		if (i > 0)
			delay_us(QUOTE_POLL_US);
		r10 = tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13);
	}
	if (r10 == TDVMCALL_SUCCESS)
		return ST_OK;
	if (r10 == TDVMCALL_INVALID_OPERAND || r10 == TDVMCALL_SUBFUNC_UNSUPPORTED)
		return tdx_why_request(ST_UNSUPPORTED, r10, i);
	return tdx_why_request(tdvmcall_status_of(r10)->status, r10, i);
}

/* Asks for nothing: only lets the host run, which may work only when it is asked. */
static void let_host_run(void)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_GET_TD_VMCALL_INFO };

	(void)tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14);
}

static enum status wait(const volatile u8 *buffer)
{
	u64 status = read64(buffer + TDX_QUOTE_STATUS);

	for (unsigned i = 0; status == TDX_QUOTE_STATUS_IN_FLIGHT; i++) {
		if (i == QUOTE_POLLS_MAX)
			return tdx_why_status(ST_TIMEOUT, status);
		delay_us(QUOTE_POLL_US);
		let_host_run();
		status = read64(buffer + TDX_QUOTE_STATUS);
	}
	if (status == TDX_QUOTE_STATUS_SUCCESS)
		return ST_OK;
	if (status == TDX_QUOTE_STATUS_UNAVAILABLE)
		return tdx_why_status(ST_UNSUPPORTED, status);
	return tdx_why_status(status == TDX_QUOTE_STATUS_ERROR ? ST_DENIED : ST_PROTOCOL, status);
}

static enum status take(const volatile u8 *buffer, u8 *out, size_t *len)
{
	u32 n = read32(buffer + TDX_QUOTE_OUT_LEN);

	if (n == 0 || n > QUOTE_PAGES * PAGE_SIZE - TDX_QUOTE_DATA)
		return tdx_why_length(ST_PROTOCOL, n, *len);
	if (n > *len)
		return tdx_why_length(ST_NO_MEMORY, n, *len);
	for (size_t i = 0; i < n; i++)
		out[i] = buffer[TDX_QUOTE_DATA + i];
	*len = n;
	return ST_OK;
}

static bool is_abandoned(struct range r)
{
	for (unsigned i = 0; i < abandoned_count; i++)
		if (range_overlaps(abandoned[i], r))
			return true;
	return abandoned_count == QUOTE_ABANDONED; /* this host answers none */
}

static enum status exchange(const u8 report_data[64], void *shared, u8 *buf, size_t *len)
{
	struct range r = { (uintptr_t)shared, QUOTE_PAGES * PAGE_SIZE };
	struct tdx_report_answer a;
	enum status st;

	if (is_abandoned(r))
		return tdx_why_abandoned(abandoned_count);
	st = tdx_report(report_data, quote_report, &a);
	if (st != ST_OK)
		return tdx_why_report(st, &a);
	fill_buffer(shared, quote_report);
	st = request(shared);
	if (st == ST_OK)
		st = wait(shared);
	if (st == ST_TIMEOUT)
		abandoned[abandoned_count++] = r;
	return st == ST_OK ? take(shared, buf, len) : st;
}

enum status tdx_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len)
{
	size_t n = *len;
	enum status st;

	*len = 0;
	if (shared == NULL || !is_aligned((uintptr_t)shared, PAGE_SIZE))
		return tdx_why_buffer(shared);
	if (__atomic_test_and_set(&quote_busy, __ATOMIC_ACQUIRE))
		return tdx_why_in_use();
	st = exchange(report_data, shared, buf, &n);
	if (st == ST_OK)
		tdx_why_nothing();
	__atomic_clear(&quote_busy, __ATOMIC_RELEASE);
	if (st == ST_OK)
		*len = n;
	return st;
}
