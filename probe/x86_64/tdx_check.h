/* SPDX-License-Identifier: BSD-2-Clause */
/* What the TDX checks of shared memory, calls to the host and evidence have in common
 * (tdx_check.c). Nothing here judges what a rule is about. */
#ifndef TDX_CHECK_H
#define TDX_CHECK_H

#include "../checks.h"
#include "../pattern.h"
#include "attest.h"
#include "mmu.h"
#include "tdcall.h"

/* RAX of a TDCALL that names the operand it refuses. */
#define INVALID(operand) ((u64)TDX_OPERAND_INVALID << 32 | TDX_OPERAND_##operand)

/* ---- memory that changes sides ---- */
/* Parts of a block from get() that a check converts; the guest maps the whole block as one, so only
 * pages of the state it is mapped in may be touched. */
bool td_map(struct range block, enum map_state state);
bool td_share(struct range part);   /* block not mapped */
bool td_unshare(struct range part); /* block not mapped; accepts */
/* From any state: private, or lost for good; several blocks as one range, too. */
void td_put(struct range blocks);

/* ---- what the module measures ---- */
#define TD_DIGESTS      (1 + TDX_RTMR_COUNT) /* MRTD, RTMR0... */
#define TD_DIGEST_WORDS (TDX_DIGEST_SIZE / 8)

struct td_digests {
	u64 word[TD_DIGESTS][TD_DIGEST_WORDS];
};
bool td_read_digests(struct td_digests *out); /* TDG.VM.RD; false: a failure has been said */
/* All but `except` (TD_DIGESTS: all) are what they were. */
bool expect_same_digests(const char *asked, const struct td_digests *before, unsigned except);
/* Claims of a report or quote against what TDG.VM.RD says. */
bool expect_claims(const struct tdx_claims *claims);

/* ---- reports ---- */
/* A page of ours: TDREPORT at its start, 64 bytes of report data at TD_DATA. */
#define TD_DATA 2048
u8 td_data(u8 seed, unsigned i); /* byte i of the report data made of this seed */
/* 0: skip or failure has been said; page_put() it. */
u64 td_report(u8 seed);
bool expect_data(const char *asked, struct bytes got, u8 seed);

#endif
