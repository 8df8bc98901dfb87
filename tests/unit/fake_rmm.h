/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small RMM behind smccc_smc() for tests of the guest's backend: page states in an array, and
 * knobs for what a host may force and what a broken monitor might answer.
 */
#ifndef FAKE_RMM_H
#define FAKE_RMM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/psci.h"
#include "fake_print.h"
#include "rsi/internal.h"
#include "smccc.h"

#define FAKE_BASE  0x40000000ULL
#define FAKE_PAGES 64u
#define FAKE_TOP   (FAKE_BASE + FAKE_PAGES * PAGE_SIZE)

static struct {
	u8 ripas[FAKE_PAGES];
	u64 chunk;                            /* pages per IPA_STATE_SET, 0 = all */
	unsigned stalls;                      /* so many calls make no progress first */
	u64 reject_at;                        /* address where the host rejects, 0 = none */
	bool eac5;                            /* old form of IPA_STATE_GET */
	bool (*answer)(struct smccc_regs *r); /* true: r is the answer, whatever the rules say */
	unsigned calls;                       /* of any kind */
	u64 last_flags;
	u64 pfr0, mmfr0;
	u64 width;
	u8 hash;
} rmm;

static void rmm_reset(void)
{
	memset(&rmm, 0, sizeof(rmm));
	rmm.pfr0 = 1ULL << 52;
	rmm.mmfr0 = 5; /* 48 bits */
	rmm.width = 33;
	rsi_ipa_width = 33;
	rsi_hash_algo = RSI_HASH_SHA256;
}

static u8 *page(u64 ipa)
{
	assert_in_range(ipa, FAKE_BASE, FAKE_TOP - 1);
	return &rmm.ripas[(ipa - FAKE_BASE) / PAGE_SIZE];
}

static void fake_set(struct smccc_regs *r)
{
	u64 at = r->x[1], top = r->x[2], ripas = r->x[3], n = 0;
	bool rejected = false;

	assert_true(at < top && ripas <= RIPAS_RAM);
	rmm.last_flags = r->x[4];
	if (rmm.stalls > 0) {
		rmm.stalls--;
		top = at;
	}
	for (; at < top && (rmm.chunk == 0 || n < rmm.chunk); at += PAGE_SIZE, n++) {
		if (at == rmm.reject_at && ripas == RIPAS_RAM) {
			rejected = true;
			break;
		}
		if (*page(at) == RIPAS_DESTROYED && !(r->x[4] & RSI_CHANGE_DESTROYED))
			break;
		*page(at) = (u8)ripas;
	}
	r->x[0] = RSI_SUCCESS;
	r->x[1] = at;
	r->x[2] = rejected;
	r->x[3] = 0;
}

static void fake_get(struct smccc_regs *r)
{
	u64 at = r->x[1], top = r->x[2];
	u8 ripas = *page(at);

	while (at < top && *page(at) == ripas)
		at += PAGE_SIZE;
	r->x[0] = RSI_SUCCESS;
	r->x[1] = rmm.eac5 ? ripas : at;
	r->x[2] = rmm.eac5 ? 0 : ripas;
	r->x[3] = 0;
}

static void fake_config(struct smccc_regs *r)
{
	u8 *granule = (u8 *)(uintptr_t)r->x[1];

	assert_true(is_aligned(r->x[1], PAGE_SIZE));
	memcpy(granule + RSI_CONFIG_IPA_WIDTH, &rmm.width, 8);
	granule[RSI_CONFIG_HASH_ALGO] = rmm.hash;
	r->x[0] = RSI_SUCCESS;
}

void smccc_smc(struct smccc_regs *r)
{
	rmm.calls++;
	if (rmm.answer != NULL && rmm.answer(r))
		return;
	switch (r->x[0]) {
	case RSI_VERSION:
		r->x[0] = r->x[1] == RSI_REVISION_1_0 ? RSI_SUCCESS : RSI_ERROR_INPUT;
		r->x[1] = r->x[2] = RSI_REVISION_1_0;
		break;
	case RSI_REALM_CONFIG:
		fake_config(r);
		break;
	case RSI_IPA_STATE_SET:
		fake_set(r);
		break;
	case RSI_IPA_STATE_GET:
		fake_get(r);
		break;
	default:
		r->x[0] = (u64)SMCCC_NOT_SUPPORTED;
	}
}

u64 cca_read_pfr0(void)
{
	return rmm.pfr0;
}

u64 cca_read_mmfr0(void)
{
	return rmm.mmfr0;
}

void print(const char *fmt, ...)
{
	(void)fmt;
}

#endif
