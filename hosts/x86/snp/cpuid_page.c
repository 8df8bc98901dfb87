/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPUID page: what the host would show (QEMU's walk over its leaves) and what the firmware lets
 * it claim. Its contents are in no measurement, so the filter is all that protects a guest.
 */
#include "psp.h"

#define LEAVES_MAX    0x40 /* per range */
#define SUBLEAVES_MAX 64
#define XSAVE_LEGACY  0x240 /* size of the XSAVE area with x87 and SSE alone */

#define LEAF_MAX      0xbu /* the last before XSAVE's, 0xd */
/* FMA XSAVE OSXSAVE AVX F16C; AVX2; PKU OSPKE GFNI VAES VPCLMULQDQ; XOP FMA4 */
#define ECX1_BY_XSAVE  (u32)(BIT(12) | BIT(26) | BIT(27) | BIT(28) | BIT(29))
#define EBX7_BY_XSAVE  (u32) BIT(5)
#define ECX7_BY_XSAVE  (u32)(BIT(3) | BIT(4) | BIT(8) | BIT(9) | BIT(10))
#define ECX81_BY_XSAVE (u32)(BIT(11) | BIT(16))

static const u32 SNP_EAX = SNP_CPUID_EAX_SEV | SNP_CPUID_EAX_ES | SNP_CPUID_EAX_SNP;
static const u32 SNP_EBX = SNP_C_BIT_POSITION | SNP_CBIT_REDUCTION << SNP_CPUID_EBX_REDUCE_LO;

/*
 * CPUs with SNP have XSAVEC and XSAVES, and guests rely on it (the size of leaf 0xd is computed for
 * the compacted form); QEMU has neither. So there is no XSAVE at all, nor what needs its state.
 */
static void without_xsave(u32 leaf, u32 subleaf, u32 r[4])
{
	if (leaf == 0)
		r[0] = MIN(r[0], LEAF_MAX);
	else if (leaf == 1)
		r[2] &= ~ECX1_BY_XSAVE;
	else if (leaf == 7 && subleaf == 0) {
		r[1] &= ~EBX7_BY_XSAVE;
		r[2] &= ~ECX7_BY_XSAVE;
	} else if (leaf == 0x80000001)
		r[2] &= ~ECX81_BY_XSAVE;
	else if (leaf > LEAF_MAX && leaf < 0x40000000)
		r[0] = r[1] = r[2] = r[3] = 0;
}

void snp_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	vmm_cpuid(v, leaf, subleaf, out);
	without_xsave(leaf, subleaf, out);
	if (leaf == 0x80000000 && out[0] < SNP_CPUID_LEAF)
		out[0] = SNP_CPUID_LEAF;
	if (leaf == SNP_CPUID_LEAF) {
		out[0] = SNP_EAX;
		out[1] = SNP_EBX;
		out[2] = out[3] = 0;
	}
}

/* ---- the host's half ---- */
/* Features QEMU leaves out of the table, because the firmware does not pass them. */
static void strip(u32 leaf, u32 subleaf, u32 r[4])
{
	if (leaf == 1)
		r[2] &= ~(u32)BIT(24); /* TSC deadline timer */
	if (leaf == 7 && subleaf == 0) {
		r[1] &= ~(u32)BIT(1);       /* TSC_ADJUST */
		r[3] &= ~(u32)MASK(31, 26); /* speculation controls, ARCH and CORE capabilities */
	}
	if (leaf == 0x80000008)
		r[1] &= ~(u32)BIT(25); /* virtual SSBD */
}

/* Leaves that are all zero need no entry: the guest reads zeros for what is missing. */
static bool add_entry(u8 *page, u32 leaf, u32 subleaf, u32 r[4])
{
	u32 count = (u32)le_get(page + SNP_CPUID_COUNT, 4);
	u8 *e = page + SNP_CPUID_ENTRIES + (size_t)count * SNP_CPUID_ENTRY_SIZE;

	strip(leaf, subleaf, r);
	if ((r[0] | r[1] | r[2] | r[3]) == 0)
		return true;
	if (count == SNP_CPUID_COUNT_MAX)
		return false;
	le_put(e + SNP_CPUID_EAX_IN, leaf, 4);
	le_put(e + SNP_CPUID_ECX_IN, subleaf, 4);
	for (unsigned i = 0; i < 4; i++)
		le_put(e + SNP_CPUID_EAX + 4 * i, r[i], 4);
	le_put(page + SNP_CPUID_COUNT, count + 1, 4);
	return true;
}

/* How many subleaves to walk, from what subleaf `i` says. */
static bool more_subleaves(u32 leaf, u32 i, const u32 first[4], const u32 r[4])
{
	switch (leaf) {
	case 4:
	case 0x8000001d:
		return (r[0] & 0x1f) != 0;
	case 7:
		return i < first[0];
	case 0xb:
		return FIELD(r[2], 15, 8) != 0;
	default:
		return false;
	}
}

static bool add_leaf(struct vcpu *v, u8 *page, u32 leaf)
{
	u32 r[4], first[4];

	snp_cpuid(v, leaf, 0, first);
	for (u32 i = 0; i < SUBLEAVES_MAX; i++) {
		bool more;

		snp_cpuid(v, leaf, i, r);
		more = more_subleaves(leaf, i, first, r);
		if (!add_entry(page, leaf, i, r))
			return false;
		if (!more)
			break;
	}
	return true;
}

bool snp_cpuid_table(struct vcpu *v, u8 page[PAGE_SIZE])
{
	static const u32 ranges[] = { 0, 0x40000000, 0x80000000 };

	for (unsigned i = 0; i < PAGE_SIZE; i++)
		page[i] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++) {
		u32 r[4];

		snp_cpuid(v, ranges[i], 0, r);
		if (r[0] < ranges[i])
			continue;
		for (u32 n = 0; n <= MIN(r[0] - ranges[i], LEAVES_MAX - 1); n++)
			if (!add_leaf(v, page, ranges[i] + n))
				return false;
	}
	return true;
}

/* ---- the firmware's half ---- */
struct feature_rule {
	u32 leaf, subleaf;
	u32 judged[4];   /* registers of feature bits: all ones */
	u32 emulated[4]; /* bits a host may set whatever the machine has */
	u32 refused[4];  /* bits the firmware passes on no machine */
};

#define ALL 0xffffffff
static const struct feature_rule feature_rules[] = {
	/* x2APIC, OSXSAVE and "hypervisor present"; the APIC's enable bit */
	{ 1, 0, { 0, 0, ALL, ALL }, { 0, 0, 0x88200000, 0x200 }, { 0, 0, 0x01000000, 0 } },
	{ 7, 0, { 0, ALL, ALL, ALL }, { 0, 0, 0x10, 0 }, { 0, 0x2, 0, 0xfc000000 } },
	{ 0xd, 1, { ALL, 0, 0, 0 }, { 0 }, { 0 } },
	{ 0x80000001, 0, { 0, 0, ALL, ALL }, { 0, 0, 0, 0x200 }, { 0, 0, 0x4, 0 } },
	{ 0x80000008, 0, { 0, ALL, 0, 0 }, { 0 }, { 0, 0x02000000, 0, 0 } },
};

static void machine_cpuid(u32 leaf, u32 subleaf, u32 r[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(subleaf));
}

/* What the firmware accepts in place of an entry's four registers. */
static void acceptable(u32 leaf, u32 subleaf, u32 r[4])
{
	if (leaf == SNP_CPUID_LEAF) {
		r[0] = SNP_EAX;
		if (fault_on(FAULT_CPUID_PAGE_ES))
			r[0] &= ~(u32)SNP_CPUID_EAX_ES;
		r[1] = SNP_EBX;
		r[2] = r[3] = 0;
	}
	if (leaf == 0xd && subleaf <= 1)
		r[1] = XSAVE_LEGACY;
	for (unsigned i = 0; i < ARRAY_SIZE(feature_rules); i++) {
		const struct feature_rule *f = &feature_rules[i];
		u32 real[4];

		if (f->leaf != leaf || f->subleaf != subleaf)
			continue;
		machine_cpuid(leaf, subleaf, real);
		for (unsigned k = 0; k < 4; k++)
			r[k] &= ~f->judged[k] | ((real[k] | f->emulated[k]) & ~f->refused[k]);
	}
}

/* True: the entry was as the firmware wants it. */
static bool filter_entry(u8 *e)
{
	u32 leaf = (u32)le_get(e + SNP_CPUID_EAX_IN, 4);
	u32 subleaf = (u32)le_get(e + SNP_CPUID_ECX_IN, 4);
	u32 r[4], claimed[4];
	bool same = true;

	for (unsigned i = 0; i < 4; i++)
		r[i] = claimed[i] = (u32)le_get(e + SNP_CPUID_EAX + 4 * i, 4);
	acceptable(leaf, subleaf, r);
	for (unsigned i = 0; i < 4; i++) {
		if (V(claimed[i] != r[i]))
			same = false;
		le_put(e + SNP_CPUID_EAX + 4 * i, r[i], 4);
	}
	return same;
}

u32 psp_cpuid_check(u8 page[PAGE_SIZE])
{
	u64 count = le_get(page + SNP_CPUID_COUNT, 4);
	u32 result = PSP_OK;

	if (V(count > SNP_CPUID_COUNT_MAX)) {
		le_put(page + SNP_CPUID_COUNT, SNP_CPUID_COUNT_MAX, 4);
		return PSP_INVALID_PARAM;
	}
	for (u64 i = 0; i < count; i++)
		if (!filter_entry(page + SNP_CPUID_ENTRIES + i * SNP_CPUID_ENTRY_SIZE))
			result = PSP_INVALID_PARAM;
	return result;
}
