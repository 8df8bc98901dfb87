/* SPDX-License-Identifier: BSD-2-Clause */
/* TDREPORT and the measurement registers. Index 0 is MRTD, 1..4 are RTMR0..3: one more than the
 * module counts, as event logs do. */
#include "internal.h"

static u8 register_report[TDREPORT_SIZE] ALIGNED(TDREPORT_ALIGN);
static bool report_busy;

enum status tdx_report(const u8 report_data[64], u8 *report, struct tdx_report_answer *a)
{
	u8 data[TDREPORT_REPORTDATA_SIZE] ALIGNED(TDREPORT_DATA_ALIGN);

	*a = (struct tdx_report_answer){ 0 };
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = report_data[i];
	a->rax = tdg_mr_report((uintptr_t)report, (uintptr_t)data, 0);
	if (TDX_CODE(a->rax) != TDX_SUCCESS)
		return tdx_failed("TDG.MR.REPORT", a->rax);
	__asm__ volatile("" ::: "memory"); /* the module wrote it behind the compiler's back */
	a->type = report[TDREPORT_TYPE];
	if (a->type != TDREPORT_TYPE_TDX)
		return ST_PROTOCOL;
	for (a->at = 0; a->at < sizeof(data); a->at++) {
		a->want = data[a->at];
		a->got = report[TDREPORT_REPORTDATA + a->at];
		if (a->got != a->want)
			return ST_PROTOCOL;
	}
	return ST_OK;
}

/* By a report, whose registers are all of one moment. */
enum status tdx_measure_read(unsigned index, u8 *digest, size_t *len)
{
	static const u8 nothing[TDREPORT_REPORTDATA_SIZE];
	struct tdx_report_answer a;
	enum status st;
	size_t at;

	if (index > TDX_RTMR_COUNT)
		return ST_INVALID;
	if (*len < TDX_DIGEST_SIZE)
		return ST_NO_MEMORY;
	if (__atomic_test_and_set(&report_busy, __ATOMIC_ACQUIRE))
		return ST_STATE; /* another CPU uses the buffer */
	st = tdx_report(nothing, register_report, &a);
	at = index == 0 ? TDREPORT_MRTD : TDREPORT_RTMR0 + (index - 1) * TDX_DIGEST_SIZE;
	for (size_t i = 0; st == ST_OK && i < TDX_DIGEST_SIZE; i++)
		digest[i] = register_report[at + i];
	__atomic_clear(&report_busy, __ATOMIC_RELEASE);
	if (st == ST_OK)
		*len = TDX_DIGEST_SIZE;
	return st;
}

enum status tdx_measure_extend(unsigned index, const u8 *digest, size_t len)
{
	u8 data[TDX_DIGEST_SIZE] ALIGNED(TDX_RTMR_DATA_ALIGN);
	u64 rax;

	if (index < 1 || index > TDX_RTMR_COUNT || len != TDX_DIGEST_SIZE)
		return ST_INVALID;
	for (size_t i = 0; i < len; i++)
		data[i] = digest[i];
	__asm__ volatile("" : : "r"(data) : "memory"); /* the module reads it */
	rax = tdg_mr_rtmr_extend((uintptr_t)data, index - 1);
	return TDX_CODE(rax) == TDX_SUCCESS ? ST_OK : tdx_failed("TDG.MR.RTMR.EXTEND", rax);
}
