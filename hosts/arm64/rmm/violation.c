/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest does wrong and hardware would forgive, until it does not. Every kind is counted; the
 * ones that cost a look into the guest's tables are looked for only in a trace run.
 */
#include "rmm/model.h"

#define LINES_PER_KIND 16u   /* a guest in a loop must not flood the channel */
#define BLOCKS         4096u /* of 2 MiB, from IPA 0 */

static const char *const kind_name[VIOLATION_KINDS] = {
	[VIOLATION_HVC] = "hvc",
	[VIOLATION_FETCH_SHARED] = "fetch-shared",
	[VIOLATION_WALK_SHARED] = "walk-shared",
	[VIOLATION_BBM_SKIPPED] = "bbm-skipped",
	[VIOLATION_MMIO] = "mmio-not-emulatable",
	[VIOLATION_UNSCRUBBED] = "unscrubbed",
};

/* Per block of memory: seen mapped by stage 1, and invalidated since. */
static u8 block_touched[BLOCKS], block_flushed[BLOCKS];

void violation(const struct rec *rec, enum violation kind, u64 ipa)
{
	static u32 lines[VIOLATION_KINDS];

	counters.violations++;
	if (config.trace && lines[kind]++ < LINES_PER_KIND)
		channel("violation: %s rec=%u ipa=0x%llx pc=0x%llx", kind_name[kind], rec->index,
			(unsigned long long)ipa, (unsigned long long)rec->cpu.el1.pc);
}

/* One descriptor of a stage-1 table; false when the table is not private memory. */
static bool s1_read(const struct rec *rec, u64 ipa, u64 *desc)
{
	unsigned level;
	u8 *p;

	if (ipa >= realm_ipa_size(rec->realm))
		return false;
	if (!realm_protected(rec->realm, ipa)) {
		violation(rec, VIOLATION_WALK_SHARED, ipa);
		return false;
	}
	if (guest_page(rec->realm, ipa, &p, &level) != GUEST_PAGE_OK)
		return false;
	/* A table base may have any low bits; the walk of hardware ignores them. */
	*desc = *(const u64 *)align_down((uintptr_t)p, sizeof(*desc));
	return true;
}

static u64 without_alias(const struct rec *rec, u64 ipa)
{
	return ipa & (realm_ipa_size(rec->realm) / 2 - 1);
}

/* Of the address inside a leaf. */
static unsigned leaf_bits(unsigned level)
{
	return 12 + 9 * (3 - level);
}

/* TTBR0, 4 KiB granule: true when va is mapped to itself, in either half. */
static bool s1_mapped(const struct rec *rec, u64 va)
{
	unsigned bits = 64 - (unsigned)FIELD(rec->cpu.el1.tcr, 5, 0), level;
	u64 table = rec->cpu.el1.ttbr0 & MASK(47, 1), desc;

	if ((rec->cpu.el1.sctlr & 1) == 0 || FIELD(rec->cpu.el1.tcr, 15, 14) != 0)
		return false;
	if (bits < 16 || bits > 48 || va >= BIT(bits))
		return false;
	for (level = 3 - (bits - 13) / 9; level <= 3; level++) {
		u64 index = (va >> leaf_bits(level)) & (S2_ENTRIES - 1);

		if (!s1_read(rec, table + index * 8, &desc) || (desc & 1) == 0)
			return false;
		if (level == 3 || (desc & 2) == 0)
			return ((without_alias(rec, desc) ^ va) & MASK(47, leaf_bits(level))) == 0;
		table = desc & MASK(47, 12);
	}
	return false;
}

void violation_on_touch(const struct rec *rec, u64 va, u64 ipa)
{
	u64 block = va / BLOCK_SIZE;

	if (!config.trace || block >= BLOCKS || (rec->cpu.el1.sctlr & 1) == 0 ||
	    without_alias(rec, ipa) != va)
		return;
	block_touched[block] = 1;
	block_flushed[block] = 0;
}

/* Maintenance counts only when the entry is invalid at that time: break, then flush, then make. */
static void flushed(const struct rec *rec, u64 block, u64 va)
{
	if (block_touched[block] && !s1_mapped(rec, va))
		block_flushed[block] = 1;
}

void violation_on_tlbi(const struct rec *rec, u64 insn, u64 x)
{
	u64 op2 = FIELD(insn, 19, 17), crm = FIELD(insn, 4, 1), block;
	bool range = crm == 2 || crm == 5 || crm == 6;
	bool all = op2 == 0 || op2 == 2 || op2 == 4 || op2 == 6;

	if (!config.trace)
		return;
	if (!range && !all) {
		u64 va = FIELD(x, 43, 0) << 12;

		if (va / BLOCK_SIZE < BLOCKS)
			flushed(rec, va / BLOCK_SIZE, va);
		return;
	}
	for (block = 0; block < BLOCKS; block++)
		flushed(rec, block, block * BLOCK_SIZE);
}

/* Known of memory that a guest maps at its own address, where the VA of a page is its IPA without
 * the alias. Of any other mapping an invalidation does not tell which memory it was of. */
void violation_on_convert(const struct rec *rec, u64 ipa, u64 size)
{
	static u64 reported = ~0ULL; /* one line per request, not per page */
	u64 end = ipa + size, at;

	if (!config.trace || rec->ripas.base == reported || (rec->cpu.el1.sctlr & 1) == 0)
		return;
	for (at = ipa; at < end && at / BLOCK_SIZE < BLOCKS; at += BLOCK_SIZE) {
		bool stale = block_touched[at / BLOCK_SIZE] && !block_flushed[at / BLOCK_SIZE];

		if (s1_mapped(rec, at) || stale) {
			reported = rec->ripas.base;
			violation(rec, VIOLATION_BBM_SKIPPED, at);
			return;
		}
	}
}

/* Bytes the host could read before and the guest no longer expects it to. */
static bool alias_dirty(const struct realm *realm, u64 ipa)
{
	const u64 *p = shared_page(realm, ipa);
	size_t i;

	for (i = 0; p != NULL && i < PAGE_SIZE / sizeof(*p); i++)
		if (p[i] != 0)
			return true;
	return false;
}

/* Up to where the alias has no page, there is nothing to scrub. */
static u64 alias_hole_end(const struct realm *realm, u64 ipa)
{
	struct s2_walk w;
	u64 size;

	s2_walk(realm, ipa | realm_ipa_size(realm) / 2, 3, &w);
	size = s2_is_valid_leaf(*w.entry, w.level) ? PAGE_SIZE : s2_entry_size(w.level);
	return align_down(ipa, size) + size;
}

void violation_on_private(const struct rec *rec, u64 base, u64 top)
{
	u64 ipa;

	if (!config.trace)
		return;
	for (ipa = base; ipa < top; ipa = alias_hole_end(rec->realm, ipa)) {
		struct s2_walk w;

		s2_walk(rec->realm, ipa, 3, &w);
		if (s2_ripas(*w.entry) == RIPAS_EMPTY && alias_dirty(rec->realm, ipa)) {
			violation(rec, VIOLATION_UNSCRUBBED, ipa);
			return;
		}
	}
}
