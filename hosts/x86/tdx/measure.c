/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MRTD: SHA-384 over a record per page added and, for measured pages, per 256-byte chunk extended.
 * The host chooses what it adds and in which order; it cannot hide either.
 */
#include <string.h>

#include "tdx.h"

static void record(const char *operation, size_t n, u64 gpa)
{
	u8 r[TDX_MRTD_RECORD_SIZE] = { 0 };

	memcpy(r, operation, n);
	le_put(r + TDX_MRTD_GPA, gpa, 8);
	br_sha384_update(&tdcs.mrtd_stream, r, sizeof(r));
}

void measure_page_add(u64 gpa)
{
	record(TDX_MRTD_PAGE_ADD, sizeof(TDX_MRTD_PAGE_ADD) - 1, gpa);
}

u64 measure_extend(u64 gpa)
{
	struct sept_walk w;

	if (V(tdcs.finalized))
		return STATUS(TDX_TD_FATAL, 0);
	if (V(!is_aligned(gpa, TDX_MRTD_CHUNK)))
		return OPERAND_INVALID(RCX);
	if (V(!sept_walk(gpa, &w)))
		return OPERAND_INVALID(RCX);
	if (V(w.state != SEPT_MAPPED))
		return STATUS(TDX_EPT_ENTRY_STATE_INCORRECT, TDX_OPERAND_RCX);
	record(TDX_MRTD_EXTEND, sizeof(TDX_MRTD_EXTEND) - 1, gpa);
	br_sha384_update(&tdcs.mrtd_stream, (const void *)(uintptr_t)backing_private(gpa),
			 TDX_MRTD_CHUNK);
	return TDX_SUCCESS;
}

u64 td_mr_finalize(void)
{
	if (V(tdcs.finalized))
		return STATUS(TDX_TD_FATAL, 0);
	br_sha384_out(&tdcs.mrtd_stream, tdcs.mrtd);
	tdcs.finalized = true;
	return TDX_SUCCESS;
}
