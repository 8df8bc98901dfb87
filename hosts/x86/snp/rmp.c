/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reverse map table: who owns each page, validated or not, in which size. Private and shared
 * side of a page are different memory here, so that "the content is lost" is kept by filling the
 * private side with noise, not by trusting that nobody looks.
 */
#include "snp.h"

#include <string.h>

static struct rmp_entry *table;

#define PERMS_SHIFT 8
#define PERMS_MASK  0x1fU
#define ADJUST_BITS (RMPADJUST_VMPL_MASK | (u64)PERMS_MASK << PERMS_SHIFT | RMPADJUST_VMSA)

static u64 firmware_base(void)
{
	return GIB(4) - core_guest_image().size;
}

bool snp_page_index(u64 gpa, size_t *index)
{
	u64 low = guest_low_size() / PAGE_SIZE, high = guest_high_size() / PAGE_SIZE;

	if (guest_is_ram(gpa)) {
		*index = gpa < GIB(4) ? gpa / PAGE_SIZE : low + (gpa - GIB(4)) / PAGE_SIZE;
		return true;
	}
	if (guest_is_firmware(gpa)) {
		*index = low + high + (gpa - firmware_base()) / PAGE_SIZE;
		return true;
	}
	return false;
}

size_t snp_page_count(void)
{
	return (guest_low_size() + guest_high_size() + core_guest_image().size) / PAGE_SIZE;
}

void rmp_init(void)
{
	size_t bytes = snp_page_count() * sizeof(*table);

	_Static_assert(RMP_H == 0, "fresh pages are zero");
	table = core_pages(align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
}

static struct rmp_entry *entry(u64 gpa)
{
	size_t i;

	return snp_page_index(gpa, &i) ? &table[i] : NULL;
}

const struct rmp_entry *rmp_get(u64 gpa)
{
	return entry(gpa);
}

u8 *rmp_private(u64 gpa)
{
	u64 mpa = backing_private(gpa);

	return mpa != 0 ? (u8 *)(uintptr_t)mpa : NULL;
}

/* Never all zero, never the same twice: a guest must not mistake it for memory it cleared. */
static void noise(u8 *page)
{
	static u64 state = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < PAGE_SIZE; i += sizeof(u64)) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(page + i, &state, sizeof(state));
	}
}

/* Pages [gpa, gpa + size) lie next to each other in the table when both ends exist: RAM comes in
 * multiples of 2 MiB, so that an aligned block never spans two kinds. */
static struct rmp_entry *range(u64 gpa, u64 size)
{
	struct rmp_entry *first = entry(gpa), *last = entry(gpa + size - PAGE_SIZE);

	if (first == NULL || last == NULL || (u64)(last - first) != size / PAGE_SIZE - 1)
		return NULL;
	return first;
}

static enum status check_host(u64 gpa, u64 size, struct rmp_entry **out)
{
	struct rmp_entry *e;

	if (V(size != PAGE_SIZE && size != BLOCK_SIZE))
		return ST_INVALID;
	if (V(!is_aligned(gpa, size)))
		return ST_ALIGN;
	e = range(gpa, size);
	if (V(e == NULL))
		return ST_RANGE;
	for (u64 i = 0; i < size / PAGE_SIZE; i++) {
		if (V(e[i].immutable))
			return ST_STATE;
		/* 4 KiB of a 2 MiB entry: hardware answers that it overlaps. */
		if (V(size == PAGE_SIZE && e[i].size_2m))
			return ST_OVERLAP;
	}
	*out = e;
	return ST_OK;
}

static void set(struct rmp_entry *e, u64 gpa, u64 size, enum rmp_state state)
{
	for (u64 i = 0; i < size / PAGE_SIZE; i++) {
		bool kept = fault_on(FAULT_RMPUPDATE_VALIDATED) && e[i].state == RMP_GV;

		if (e[i].touched)
			noise(rmp_private(gpa + i * PAGE_SIZE));
		e[i] = (struct rmp_entry){
			.state = kept && state == RMP_GI ? RMP_GV : (u8)state,
			.size_2m = state != RMP_H && size == BLOCK_SIZE,
		};
	}
}

enum status rmp_assign(u64 gpa, u64 size)
{
	struct rmp_entry *e;
	enum status st = check_host(gpa, size, &e);

	if (st == ST_OK)
		set(e, gpa, size, RMP_GI);
	return st;
}

enum status rmp_release(u64 gpa, u64 size)
{
	struct rmp_entry *e;
	enum status st = check_host(gpa, size, &e);

	if (st == ST_OK)
		set(e, gpa, size, RMP_H);
	return st;
}

enum status rmp_psmash(u64 gpa)
{
	u64 base = align_down(gpa, BLOCK_SIZE);
	struct rmp_entry *e = range(base, BLOCK_SIZE);

	if (V(e == NULL))
		return ST_RANGE;
	if (V(!e->size_2m))
		return ST_STATE;
	for (unsigned i = 0; i < BLOCK_SIZE / PAGE_SIZE; i++)
		e[i].size_2m = false;
	return ST_OK;
}

enum status rmp_launch(u64 gpa, unsigned type)
{
	struct rmp_entry *e = entry(gpa);

	if (V(e == NULL))
		return ST_RANGE;
	if (V(!is_aligned(gpa, PAGE_SIZE)))
		return ST_ALIGN;
	if (V(type < SNP_PAGE_NORMAL || type > SNP_PAGE_CPUID))
		return ST_INVALID;
	if (V(type == SNP_PAGE_VMSA))
		return ST_INVALID;
	if (V(e->state == RMP_GV))
		return ST_STATE;
	if (V(e->size_2m))
		return ST_OVERLAP;
	*e = (struct rmp_entry){ .state = RMP_GV, .touched = true };
	return ST_OK;
}

void rmp_touch(u64 gpa, u64 size)
{
	struct rmp_entry *e = range(gpa, size);

	for (u64 i = 0; e != NULL && i < size / PAGE_SIZE; i++)
		e[i].touched = true;
}

void rmp_set_in_use(u64 gpa, bool in_use)
{
	struct rmp_entry *e = entry(gpa);

	if (e != NULL)
		e->immutable = in_use;
}

enum rmp_access rmp_access(u64 gpa)
{
	const struct rmp_entry *e = entry(gpa);

	if (V(e == NULL))
		return RMP_ACCESS_NOTHING;
	if (V(e->state == RMP_H))
		return RMP_ACCESS_NPF;
	if (V(e->state == RMP_GI))
		return RMP_ACCESS_NOT_VALIDATED;
	return RMP_ACCESS_OK;
}

static struct rmp_result done(u32 eax, bool cf)
{
	return (struct rmp_result){ .what = RMP_DONE, .eax = eax, .cf = cf };
}

static struct rmp_result need(int what)
{
	return (struct rmp_result){ .what = what };
}

struct rmp_result rmp_pvalidate(u64 gpa, bool size_2m, bool validate)
{
	enum rmp_state wanted = validate ? RMP_GV : RMP_GI;
	u64 size = size_2m ? BLOCK_SIZE : PAGE_SIZE;
	struct rmp_entry *e = entry(gpa);

	if (V(e == NULL))
		return need(RMP_NEED_HOST);
	if (V(e->state == RMP_H))
		return need(RMP_NEED_HOST);
	if (V(size_2m && !is_aligned(gpa, BLOCK_SIZE)))
		return done(RMP_FAIL_SIZEMISMATCH, false);
	if (V(size_2m && !e->size_2m) && !fault_on(FAULT_PVALIDATE_SIZES))
		return done(RMP_FAIL_SIZEMISMATCH, false);
	if (V(!size_2m && e->size_2m))
		return need(RMP_NEED_PSMASH);
	if (V(e->immutable))
		return done(RMP_FAIL_INUSE, false);
	if (e->state == wanted)
		return done(RMP_OK, !fault_on(validate ? FAULT_PVALIDATE_AGAIN
						       : FAULT_PVALIDATE_RESCIND_AGAIN));
	if (!size_2m && !validate && !is_aligned(gpa + PAGE_SIZE, BLOCK_SIZE) &&
	    fault_on(FAULT_PVALIDATE_NEIGHBOUR))
		size += PAGE_SIZE;
	for (u64 i = 0; i < size / PAGE_SIZE; i++) {
		e[i].state = (u8)wanted;
		e[i].vmsa = false;
	}
	return done(RMP_OK,
		    validate && !size_2m && e->touched && fault_on(FAULT_PVALIDATE_VALIDATE_CF));
}

/* All checks of VMPL0, the only level that runs here, in the sheet's order. */
struct rmp_result rmp_adjust(u64 gpa, bool size_2m, u64 rdx)
{
	unsigned vmpl = rdx & RMPADJUST_VMPL_MASK;
	struct rmp_entry *e = entry(gpa);

	if (V((rdx & ~(u64)ADJUST_BITS) != 0))
		return done(RMP_FAIL_INPUT, false);
	if (V(vmpl >= SNP_VMPLS))
		return done(RMP_FAIL_INPUT, false);
	/* The target must be less privileged than the caller: never VMPL0 itself. */
	if (V(vmpl == 0))
		return done(fault_on(FAULT_RMPADJUST_OWN) ? RMP_OK : RMP_FAIL_PERMISSION, false);
	if (V(e == NULL))
		return need(RMP_NEED_HOST);
	if (V(e->state == RMP_H))
		return need(RMP_NEED_HOST);
	if (V(e->state == RMP_GI))
		return need(RMP_VC_404);
	if (V(size_2m && !is_aligned(gpa, BLOCK_SIZE)))
		return done(RMP_FAIL_SIZEMISMATCH, false);
	if (V(size_2m && !e->size_2m))
		return done(RMP_FAIL_SIZEMISMATCH, false);
	if (V(!size_2m && e->size_2m))
		return need(RMP_NEED_PSMASH);
	if (V(e->immutable))
		return done(RMP_FAIL_INUSE, false);
	if ((rdx >> PERMS_SHIFT & PERMS_MASK) != 0 && fault_on(FAULT_RMPADJUST_GRANT))
		return done(RMP_FAIL_PERMISSION, false);
	for (unsigned i = 0; i < (size_2m ? BLOCK_SIZE / PAGE_SIZE : 1); i++) {
		e[i].perms[vmpl - 1] = (u8)((rdx >> PERMS_SHIFT) & PERMS_MASK);
		e[i].vmsa = (rdx & RMPADJUST_VMSA) != 0;
	}
	return done(RMP_OK, false);
}
