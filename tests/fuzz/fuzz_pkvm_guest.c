/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The guest's pKVM backend against an EL2, and a host behind it, whose every answer comes from the
 * input: detection, sharing, taking back, guarding and random bytes end within their bounds, name
 * what failed, ask for nothing but what was meant, and believe in no page that was not done.
 * sources: pkvm/detect.c pkvm/memory.c pkvm/trng.c pkvm/calls.c pkvm/status.c lib/range.c
 */
/* clang-format on */
#include <string.h>

#include "abi/psci.h"
#include "arch.h"
#include "fake_print.h"
#include "input.h"
#include "mmu.h"
#include "pkvm/internal.h"
#include "smccc.h"
#include "smp.h"

/* The table starts empty in each run. */
#include "pkvm/guard.c"

#define UNIT   0x40000000ULL
#define DEVICE 0x09000000ULL

struct cvm cvm;

static u64 calls, granules_done;
static struct range asked; /* where SHARE, UNSHARE or GUARD may go */

/* ---- what stands under the backend ---- */
bool arch_irq_save(void)
{
	return true;
}

void arch_irq_restore(bool enabled)
{
	if (!enabled)
		__builtin_trap();
}

void spin_lock(struct spinlock *l)
{
	if (l->owner++ != 0)
		__builtin_trap();
}

void spin_unlock(struct spinlock *l)
{
	if (--l->owner != 0)
		__builtin_trap();
}

bool mmu_is_on(void)
{
	return true;
}

void print(const char *fmt, ...)
{
	(void)fmt;
}

u64 pkvm_read_mmfr0(void)
{
	return byte();
}

struct fault try_hypercall(void)
{
	return (struct fault){ .class = byte() == 0xff ? FAULT_UNDEFINED : FAULT_NONE };
}

/* ---- EL2 ---- */
static u64 status(void)
{
	u8 b = byte();

	return b < 230 ? 0 : b < 240 ? (u64)-3 : b < 245 ? (u64)-1 : any(8);
}

static u64 number(void)
{
	u8 b = byte();

	return b < 64 ? KIB(4) << (b & 7) : b < 128 ? BIT(b & 63) : b < 192 ? b : any(8);
}

/* The pages a call names lie in what the caller was told to convert, and are whole. */
static void judge_pages(const struct smccc_regs *r)
{
	u64 granule = pkvm_info.granule, count = r->x[2] == 0 ? 1 : r->x[2];

	if (granule == 0 || !is_aligned(r->x[1], granule) || r->x[1] < asked.base ||
	    r->x[1] >= range_end(asked) || r->x[3] != 0)
		__builtin_trap();
	if (count > (range_end(asked) - r->x[1]) / granule)
		__builtin_trap();
	if (r->x[2] != 0 && !pkvm_info.ranges)
		__builtin_trap();
}

static void convert(struct smccc_regs *r)
{
	u64 count = r->x[2] == 0 ? 1 : r->x[2], done;
	u8 b = byte();

	judge_pages(r);
	done = b < 100 ? count : b < 200 ? 1 + b % count : b < 220 ? 0 : any(8);
	*r = (struct smccc_regs){ .x = { status(), done, any(1), any(1) } };
	if (r->x[0] == 0)
		granules_done += pkvm_info.ranges ? (done <= count ? done : 0) : 1;
}

static void identify(struct smccc_regs *r)
{
	*r = (struct smccc_regs){ .x = { PKVM_UID_0, PKVM_UID_1, PKVM_UID_2, PKVM_UID_3 } };
	if (byte() > 250)
		r->x[byte() & 3] ^= any(4);
}

void smccc_hvc(struct smccc_regs *r)
{
	u32 fid = (u32)r->x[0];

	if (++calls > 4096)
		__builtin_trap();
	for (unsigned i = 4; i < ARRAY_SIZE(r->x); i++)
		if (r->x[i] != 0)
			__builtin_trap();
	/* Beyond discovery a function is called only where FEATURES has it. */
	if (fid >> 24 == 0xc6 && !pkvm_has(fid))
		__builtin_trap();
	switch (fid) {
	case SMCCC_VERSION:
		*r = (struct smccc_regs){ .x = { byte() < 250 ? 0x10001 : any(8) } };
		return;
	case PKVM_VENDOR_UID:
		identify(r);
		return;
	case PKVM_FEATURES:
		*r = (struct smccc_regs){ .x = { byte() < 128 ? 0x7fd : any(8), any(1) } };
		return;
	case PKVM_MEM_SHARE:
	case PKVM_MEM_UNSHARE:
		convert(r);
		return;
	case PKVM_MMIO_GUARD:
		judge_pages(r);
		*r = (struct smccc_regs){ .x = { status() } };
		return;
	case PKVM_HYP_MEMINFO:
		*r = (struct smccc_regs){ .x = { number(), byte() } };
		return;
	default:
		*r = (struct smccc_regs){ .x = { status(), any(8), any(8), any(8) } };
	}
}

/* ---- what the guest does ---- */
static void share(void)
{
	struct range r = { UNIT + byte() * KIB(4), (1 + byte()) * KIB(4) };
	enum status st;

	if (byte() < 200)
		r = (struct range){ UNIT, MIB(2) };
	asked = r;
	granules_done = 0;
	st = byte() & 1 ? pkvm_share(r) : pkvm_unshare(r);
	if (st == ST_OK && granules_done * pkvm_info.granule != r.size)
		__builtin_trap();
}

static void guard(void)
{
	u64 granule = pkvm_info.granule, end;
	struct range r = { DEVICE + any(2) * 8, 1 + (byte() < 200 ? 7 : any(2)) };

	end = align_up(range_end(r), granule);
	asked.base = align_down(r.base, granule);
	asked.size = end - asked.base;
	if (pkvm_guard(r) != ST_OK || !pkvm_has(PKVM_MMIO_GUARD))
		return;
	if (!pkvm_is_guarded(r.base) || !pkvm_is_guarded(range_end(r) - 1))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct handoff handoff;
	struct cvm c = { 0 };
	u64 words[3];

	input_start(data, MIN(size, 2048u));
	memset(&pkvm_info, 0, sizeof(pkvm_info));
	open_count = 0;
	calls = 0;
	if (pkvm_detect(&c, &handoff) != ST_OK)
		return 0;
	if (c.addr_bits < 32 || c.addr_bits > 48 || !c.has_psci || !c.conduit_hvc)
		__builtin_trap();
	if (c.unusable != ST_OK) {
		if (pkvm_info.enrolled)
			__builtin_trap();
		return 0;
	}
	if (pkvm_info.granule < KIB(4) || pkvm_info.granule > MIB(2) ||
	    (pkvm_info.granule & (pkvm_info.granule - 1)) != 0)
		__builtin_trap();
	cvm = c;
	for (unsigned i = 0; i < 4 && input.left != 0; i++) {
		calls = 0;
		share();
		guard();
		(void)pkvm_trng(words);
	}
	return 0;
}
