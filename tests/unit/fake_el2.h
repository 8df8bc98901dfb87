/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small EL2 of pKVM behind smccc_hvc() for tests of the guest's backend: page states in an array,
 * and knobs for what a host may force and a broken or hostile hypervisor might answer. Registers
 * that a function does not define must come as zeros. Include once.
 */
#ifndef FAKE_EL2_H
#define FAKE_EL2_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/psci.h"
#include "fake_lock.h"
#include "fake_print.h"
#include "mmu.h"
#include "pkvm/internal.h"
#include "smccc.h"

#define EL2_BASE     0x40000000ULL
#define EL2_GRANULES 1024u
#define EL2_INVALID  ((u64)PKVM_INVALID_PARAMETER)
#define EL2_UNKNOWN  ((u64)PKVM_NOT_SUPPORTED)
#define EL2_ANDROID  0x7fdu /* functions 0 and 2 to 10 */

struct cvm cvm;

static struct {
	bool undefined; /* HVC raises an exception */
	u32 version;    /* SMCCC */
	u32 uid[4];
	u64 features, granule, meminfo_x1;
	u64 enroll;    /* its result */
	u64 per_call;  /* range form: granules done in one call at most; 0 = all */
	u64 refuse_at; /* address where SHARE, UNSHARE and GUARD fail; 0 = none */
	bool trng;     /* has it */
	u64 mmfr0;
	bool shared[EL2_GRANULES], guarded[EL2_GRANULES];
	bool enrolled;
	unsigned calls, shares, unshares, guards; /* requests, whatever came of them */
	u32 last_fid;
	bool (*answer)(struct smccc_regs *r); /* true: r is the answer, whatever the rules say */
	bool mmu;
} el2;

static inline int el2_setup(void **state)
{
	memset(&el2, 0, sizeof(el2));
	memset(&pkvm_info, 0, sizeof(pkvm_info));
	el2.version = 0x10001;
	memcpy(el2.uid, (u32[4]){ PKVM_UID_0, PKVM_UID_1, PKVM_UID_2, PKVM_UID_3 }, 16);
	el2.features = PKVM_FEATURES_UPSTREAM;
	el2.granule = PAGE_SIZE;
	el2.mmfr0 = 2;
	el2.trng = true;
	el2.mmu = true;
	cvm = (struct cvm){ .addr_limit = BIT(40), .addr_bits = 40 };
	return 0;
}

static inline void el2_android(u64 granule)
{
	el2.features = EL2_ANDROID;
	el2.granule = granule;
	el2.meminfo_x1 = PKVM_MEMINFO_RANGES;
}

/* The state of the backend after detection, without the calls. */
static inline void el2_detected(void)
{
	pkvm_info = (struct pkvm_info){ .features = el2.features,
					.granule = el2.granule,
					.ranges = (el2.meminfo_x1 & PKVM_MEMINFO_RANGES) != 0,
					.enrolled = (el2.features &
						     PKVM_BIT(PKVM_MMIO_GUARD_ENROLL)) != 0 };
}

static bool *el2_granule(bool *states, u64 ipa)
{
	assert_true(is_aligned(ipa, el2.granule));
	assert_in_range(ipa, EL2_BASE, EL2_BASE + EL2_GRANULES * el2.granule - 1);
	return &states[(ipa - EL2_BASE) / el2.granule];
}

/* SHARE and UNSHARE. */
static void el2_convert(struct smccc_regs *r, bool to)
{
	bool ranges = (el2.meminfo_x1 & PKVM_MEMINFO_RANGES) != 0;
	u64 at = r->x[1], asked = MAX(r->x[2], 1), done = 0, limit = asked;

	assert_true(ranges ? r->x[2] >= 1 : r->x[2] == 0);
	assert_int_equal(r->x[3], 0);
	if (el2.per_call != 0)
		limit = MIN(limit, el2.per_call);
	for (; done < limit; done++, at += el2.granule) {
		bool *shared = el2_granule(el2.shared, at);

		if (at == el2.refuse_at || *shared == to)
			break;
		*shared = to;
	}
	*r = (struct smccc_regs){ .x = { done == 0 ? EL2_INVALID : 0, ranges ? done : 0 } };
}

static void el2_guard(struct smccc_regs *r)
{
	u64 at = r->x[1];

	assert_true(r->x[2] == 0 && r->x[3] == 0);
	assert_true(is_aligned(at, el2.granule));
	if (at >= EL2_BASE && at < EL2_BASE + EL2_GRANULES * el2.granule) {
		bool *guarded = el2_granule(el2.guarded, at);

		assert_false(*guarded); /* asked once for each */
		*guarded = at != el2.refuse_at;
	}
	*r = (struct smccc_regs){ .x = { at == el2.refuse_at ? EL2_INVALID : 0 } };
}

static void el2_trng(struct smccc_regs *r)
{
	assert_int_equal(r->x[1], TRNG_BITS_MAX);
	assert_true(r->x[2] == 0 && r->x[3] == 0);
	*r = (struct smccc_regs){ .x = { 0, 0x1111, 0x2222, 0x3333 } };
}

static void el2_question(struct smccc_regs *r, u64 x0, u64 x1, u64 x2, u64 x3)
{
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(r->x[i], 0);
	*r = (struct smccc_regs){ .x = { x0, x1, x2, x3 } };
}

static void el2_rules(struct smccc_regs *r)
{
	u64 fid = r->x[0];

	/* Numbers that FEATURES lacks mean something else, or nothing. */
	if (fid >> 24 == 0xc6)
		assert_true((el2.features & PKVM_BIT(fid)) != 0);
	switch (fid) {
	case SMCCC_VERSION:
		return el2_question(r, el2.version, 0, 0, 0);
	case PKVM_VENDOR_UID:
		return el2_question(r, el2.uid[0], el2.uid[1], el2.uid[2], el2.uid[3]);
	case PKVM_FEATURES:
		return el2_question(r, (u32)el2.features, el2.features >> 32, 0, 0);
	case PKVM_HYP_MEMINFO:
		return el2_question(r, el2.granule, el2.meminfo_x1, 0, 0);
	case PKVM_MMIO_GUARD_ENROLL:
		el2.enrolled = el2.enroll == 0;
		return el2_question(r, el2.enroll, 0, 0, 0);
	case TRNG_VERSION:
		return el2_question(r, el2.trng ? TRNG_VERSION_1_0 : EL2_UNKNOWN, 0, 0, 0);
	case TRNG_RND_64:
		assert_true(el2.trng);
		return el2_trng(r);
	case PKVM_MEM_SHARE:
		return el2_convert(r, true);
	case PKVM_MEM_UNSHARE:
		return el2_convert(r, false);
	case PKVM_MMIO_GUARD:
		return el2_guard(r);
	default:
		fail_msg("function 0x%llx", (unsigned long long)fid);
	}
}

void smccc_hvc(struct smccc_regs *r)
{
	assert_false(el2.undefined);
	for (unsigned i = 4; i < ARRAY_SIZE(r->x); i++)
		assert_int_equal(r->x[i], 0);
	el2.calls++;
	el2.last_fid = (u32)r->x[0];
	el2.shares += r->x[0] == PKVM_MEM_SHARE;
	el2.unshares += r->x[0] == PKVM_MEM_UNSHARE;
	el2.guards += r->x[0] == PKVM_MMIO_GUARD;
	if (el2.answer == NULL || !el2.answer(r))
		el2_rules(r);
}

struct fault try_hypercall(void)
{
	return (struct fault){ .class = el2.undefined ? FAULT_UNDEFINED : FAULT_NONE };
}

u64 pkvm_read_mmfr0(void)
{
	return el2.mmfr0;
}

bool mmu_is_on(void)
{
	return el2.mmu;
}

static char el2_printed[256]; /* the last line */

void print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(el2_printed, sizeof(el2_printed), fmt, ap);
	va_end(ap);
}

#endif
