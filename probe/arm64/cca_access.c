/* SPDX-License-Identifier: BSD-2-Clause */
/* What a load, a store and a fetch do, by the state of the page. */
#include "abi/coop.h"
#include "cca.h"

#define MARK        0x4163636573732121ULL

#define ESR_EC(esr) FIELD(esr, 31, 26)
#define EC_FETCH    0x21
#define EC_DATA     0x25
/* FSC, S1PTW, EA, FnV of ISS: an external abort, not on a table walk, FAR valid. */
#define ISS_MASK (MASK(5, 0) | BIT(7) | BIT(9) | BIT(10))
#define ISS_SEA  (0x10 | BIT(9))

/* EL1h with DAIF set, in the form of struct fault's entry_pstate. */
#define ENTRY_EL1H_MASKED 0x3c5

/* Whether the access was stopped, and nothing else: what the exception looks like is judged by
 * cca_access_syndrome alone. */
static bool expect_stopped(const char *asked, const struct fault *f)
{
	if (f->class != FAULT_NONE && f->class != FAULT_UNDEFINED && f->class != FAULT_BREAKPOINT)
		return true;
	check_fail(asked, "an SEA", f->class == FAULT_NONE ? "the access completed" : "it ran");
	return false;
}

void cca_access_load(void)
{
	static const u8 widths[] = { 1, 2, 4, 8 };

	if (!hole_map(MAP_RW))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		u64 value;
		struct fault f = try_load(hole().base + 8, widths[i], &value);

		if (!expect_stopped("load from EMPTY", &f))
			break;
	}
	hole_unmap();
}

void cca_access_store(void)
{
	static const u8 widths[] = { 1, 2, 4, 8 };

	if (!hole_map(MAP_RW))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		struct fault f = try_store(hole().base + 8, widths[i], 0);

		if (!expect_stopped("store to EMPTY", &f))
			break;
	}
	hole_unmap();
}

void cca_access_fetch(void)
{
	struct fault f;

	if (!hole_map(MAP_CODE))
		return;
	f = try_exec(hole().base);
	expect_stopped("fetch from EMPTY", &f);
	hole_unmap();
}

static bool syndrome_holds(const char *asked, const struct fault *f, u64 ec, u64 far)
{
	if (f->class == FAULT_NONE) {
		check_fail(asked, "an SEA", "the access completed");
		return false;
	}
	return expect_eq(asked, f->syndrome & (MASK(31, 26) | ISS_MASK), ec << 26 | ISS_SEA) &&
	       expect_eq("FAR_EL1", f->address, far);
}

void cca_access_syndrome(void)
{
	struct fault f;
	u64 value;

	if (!hole_map(MAP_RWX))
		return;
	f = try_load(hole().base + 0x128, 8, &value);
	if (syndrome_holds("ESR_EL1 after a load", &f, EC_DATA, hole().base + 0x128)) {
		f = try_store(hole().base + 0x1004, 4, 0);
		if (syndrome_holds("ESR_EL1 after a store", &f, EC_DATA, hole().base + 0x1004)) {
			f = try_exec(hole().base + 0x2010);
			syndrome_holds("ESR_EL1 after a fetch", &f, EC_FETCH, hole().base + 0x2010);
		}
	}
	hole_unmap();
}

static bool taken_well(const char *asked, const struct fault *f)
{
	if (f->class == FAULT_NONE) {
		check_fail(asked, "an SEA", "the access completed");
		return false;
	}
	/* PAN and the like may be set, too: only the mode and the masks are the rule's. */
	return expect_eq("CurrentEL, SPSel and DAIF in the vector", f->entry_pstate & 0x3cd,
			 ENTRY_EL1H_MASKED) &&
	       expect_eq("the interrupted mode in SPSR_EL1", f->pstate & 0x1f, 5);
}

void cca_access_taken(void)
{
	struct fault f;
	u64 value;

	if (!hole_map(MAP_RWX))
		return;
	f = try_load(hole().base, 8, &value);
	if (taken_well("a load from EMPTY", &f)) {
		f = try_exec(hole().base + 0x40);
		if (taken_well("a fetch from EMPTY", &f))
			expect_eq("ELR_EL1, the address fetched", f.pc, hole().base + 0x40);
	}
	hole_unmap();
}

void cca_access_no_page(void)
{
	u64 page, value = 0;
	struct fault f;

	if (!coop_needs(COOP_DESTROY))
		return;
	page = raw_page(RAW_NO_PAGE);
	if (page == 0)
		return;
	if (expect_true("the host to take a page away", coop_do(COOP_DESTROY, page, 0), "done") &&
	    expect_true("making it RAM again", set_ripas(page, page + PAGE_SIZE, RIPAS_RAM),
			"done") &&
	    raw_map()) {
		f = try_store(page + 8, 8, MARK);
		if (expect_fault("store to RAM without a page", &f, FAULT_NONE)) {
			f = try_load(page + 8, 8, &value);
			if (expect_fault("load from it", &f, FAULT_NONE))
				expect_eq("the value loaded", value, MARK);
		}
	}
	raw_unmap();
	restore_ram(page, page + PAGE_SIZE);
}

/* Bits that stage 1 can put out: less than the IPA width and a bit, and stage 2 is never asked. */
static unsigned stage1_bits(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	u64 tcr;

	__asm__ volatile("mrs %0, tcr_el1" : "=r"(tcr));
	return MIN(bits[FIELD(tcr, 34, 32)], 48);
}

void cca_access_beyond(void)
{
	struct range r = { 1ULL << rsi_ipa_width, BLOCK_SIZE };
	struct fault f;
	u64 value;

	if (rsi_ipa_width >= stage1_bits()) {
		check_skip("the IPA width is all that stage 1 can address");
		return;
	}
	if (!expect_eq("mapping beyond the IPA width", mmu_map(r, MAP_RWX, MAP_PRIVATE), ST_OK))
		return;
	f = try_load(r.base, 8, &value);
	if (expect_stopped("load beyond the IPA width", &f)) {
		f = try_store(r.base + 0x1000, 8, 0);
		if (expect_stopped("store beyond the IPA width", &f)) {
			f = try_exec(r.base + 0x2000);
			expect_stopped("fetch beyond the IPA width", &f);
		}
	}
	(void)mmu_unmap(r);
}

void cca_access_fetch_shared(void)
{
	struct range r;
	struct fault f;

	if (!flip_get(&r))
		return;
	/* The mapping is executable for stage 1: in private memory the same code runs. */
	if (flip_map(r, MAP_RWX, MAP_PRIVATE)) {
		*(volatile u32 *)(uintptr_t)r.base = arch_ret_insn;
		arch_sync_code(r.base, sizeof(u32));
		f = try_exec(r.base);
		expect_fault("fetch from private memory", &f, FAULT_NONE);
	}
	if (!check_failed() && flip_to(r, MAP_SHARED) && flip_map(r, MAP_RWX, MAP_SHARED)) {
		*(volatile u32 *)(uintptr_t)r.base = arch_ret_insn;
		arch_sync_code(r.base, sizeof(u32));
		f = try_exec(r.base);
		expect_stopped("fetch from shared memory", &f);
		store64(r.base, 0);
	}
	flip_put(r);
}

/*
 * The alias of a page that stays private: the host gave nothing there. Whatever it does about the
 * access, emulate, map a page of its own or inject an SEA, the private page is not concerned.
 */
void cca_access_no_shared_page(void)
{
	struct range r;
	struct fault f;
	u64 value = 0;

	if (!flip_get(&r))
		return;
	if (flip_map(r, MAP_RW, MAP_PRIVATE)) {
		store64(r.base, MARK);
		if (coop_has(COOP_UNMAP_SHARED))
			(void)coop_do(COOP_UNMAP_SHARED, r.base, 0);
		if (flip_map(r, MAP_RW, MAP_SHARED)) {
			f = try_load(r.base, 8, &value);
			check_note("load: %s, value 0x%llx", fault_name(f.class),
				   (unsigned long long)value);
			if (f.class == FAULT_NONE)
				expect_ne("load through the alias of a private page", value, MARK);
			f = try_store(r.base, 8, ~MARK);
			check_note("store: %s", fault_name(f.class));
		}
		if (flip_map(r, MAP_RW, MAP_PRIVATE))
			expect_eq("the private page afterwards", load64(r.base), MARK);
	}
	flip_put(r);
}

void cca_access_private(void)
{
	check_private_kept(MARK);
}

/* Terminal: the CPU that touches the page is never seen again. */
void cca_access_lost(void)
{
	u64 page, value = 0;
	struct fault f;

	if (!coop_needs(COOP_DESTROY))
		return;
	page = raw_page(RAW_STUCK);
	if (page == 0 ||
	    !expect_true("the host to take a page away", coop_do(COOP_DESTROY, page, 0), "done") ||
	    !raw_map())
		return;
	f = try_load(page, 8, &value);
	check_fail("load from memory the host took away", "it never completes", "%s, value 0x%llx",
		   fault_name(f.class), (unsigned long long)value);
}
