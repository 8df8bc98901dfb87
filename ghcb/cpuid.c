/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpuid.h"
#include "le.h"

#define CR4_PKE       BIT(22)
#define CR4_OSXSAVE   BIT(18)
#define LEAF_HV       0x40000000u
#define LEAF_EXTENDED 0x80000000u
#define LEAF_XSAVE    0xdu
#define XSAVE_HEADER  0x240u /* legacy area and header */
#define XSAVEC        BIT(1)
#define XSAVES        BIT(3)

enum { EAX, EBX, ECX, EDX };

enum status cpuid_load(struct cpuid_table *t, const u8 page[4096])
{
	u32 count = (u32)le_get(page + SNP_CPUID_COUNT, 4);

	t->count = 0;
	if (count > SNP_CPUID_COUNT_MAX)
		return ST_TOO_MANY;
	if (count == 0)
		return ST_NOT_FOUND;
	for (u32 i = 0; i < count; i++) {
		const u8 *p = page + SNP_CPUID_ENTRIES + i * SNP_CPUID_ENTRY_SIZE;
		struct cpuid_entry *e = &t->entry[i];

		e->eax_in = (u32)le_get(p + SNP_CPUID_EAX_IN, 4);
		e->ecx_in = (u32)le_get(p + SNP_CPUID_ECX_IN, 4);
		e->xcr0_in = le_get(p + SNP_CPUID_XCR0_IN, 8);
		e->xss_in = le_get(p + SNP_CPUID_XSS_IN, 8);
		for (unsigned r = 0; r < 4; r++)
			e->out[r] = (u32)le_get(p + SNP_CPUID_EAX + 4 * r, 4);
	}
	t->count = count;
	return ST_OK;
}

static bool is_indexed(u32 leaf)
{
	static const u32 indexed[] = { 0x4,  0x7,  0xb,  0xd,  0xf,  0x10, 0x12,       0x14,
				       0x17, 0x18, 0x1d, 0x1e, 0x1f, 0x24, 0x8000001d, 0x80000026 };

	for (size_t i = 0; i < ARRAY_SIZE(indexed); i++)
		if (indexed[i] == leaf)
			return true;
	return false;
}

/* Sub-leaves 0 and 1 of the XSAVE leaf are listed once per XCR0 and XSS: the row for the legacy
 * state is the one whose size can be completed. */
static bool is_base_row(const struct cpuid_entry *e)
{
	return (e->xcr0_in == 1 || e->xcr0_in == 3) && e->xss_in == 0;
}

const struct cpuid_entry *cpuid_row(const struct cpuid_table *t, u32 leaf, u32 sub)
{
	for (u32 i = 0; i < t->count; i++) {
		const struct cpuid_entry *e = &t->entry[i];

		if (e->eax_in != leaf || (is_indexed(leaf) && e->ecx_in != sub))
			continue;
		if (leaf == LEAF_XSAVE && sub <= 1 && !is_base_row(e))
			continue;
		return e;
	}
	return NULL;
}

static bool in_range(const struct cpuid_table *t, u32 leaf, u32 base)
{
	const struct cpuid_entry *e = cpuid_row(t, base, 0);

	return e != NULL && leaf >= base && leaf <= e->out[EAX];
}

static bool is_known(const struct cpuid_table *t, u32 leaf)
{
	return (leaf < LEAF_HV && in_range(t, leaf, 0)) ||
	       (leaf >= LEAF_HV && leaf < LEAF_EXTENDED && in_range(t, leaf, LEAF_HV)) ||
	       in_range(t, leaf, LEAF_EXTENDED);
}

/* Size of the area for the enabled features, as the CPU would compute it; the host's figure could
 * make a buffer too small. */
static enum status xsave_size(const struct cpuid_table *t, u64 features, bool compact, u32 *out)
{
	u64 size = XSAVE_HEADER;

	for (u32 i = 2; i < 64; i++) {
		const struct cpuid_entry *e;

		if ((features & BIT(i)) == 0)
			continue;
		e = cpuid_row(t, LEAF_XSAVE, i);
		if (e == NULL)
			return ST_PROTOCOL;
		if (compact)
			size += e->out[EAX];
		else
			size = MAX(size, (u64)e->out[EAX] + e->out[EBX]);
	}
	if (size > UINT32_MAX)
		return ST_PROTOCOL;
	*out = (u32)size;
	return ST_OK;
}

static enum status fix_xsave(const struct cpuid_table *t, const struct cpuid_env *env, u32 sub,
			     u32 out[4])
{
	if (sub == 0)
		return xsave_size(t, env->xcr0, false, &out[EBX]);
	if (sub > 1)
		return ST_OK;
	if ((out[EAX] & XSAVES) != 0)
		return xsave_size(t, env->xcr0 | env->xss, true, &out[EBX]);
	if ((out[EAX] & XSAVEC) != 0)
		return xsave_size(t, env->xcr0, true, &out[EBX]);
	return ST_OK;
}

/* Bits of `mask` in one register are the host's. */
static enum status from_host(const struct cpuid_env *env, u32 leaf, unsigned reg, u32 mask,
			     u32 out[4])
{
	u32 v;
	enum status st = env->host(leaf, reg, &v);

	if (st == ST_OK)
		out[reg] = (out[reg] & ~mask) | (v & mask);
	return st;
}

static enum status fix_topology(const struct cpuid_env *env, u32 leaf, u32 out[4])
{
	enum status st = from_host(env, leaf, EAX, 0xffffffff, out);

	if (st == ST_OK)
		st = from_host(env, leaf, EBX, 0xff, out);
	return st == ST_OK ? from_host(env, leaf, ECX, 0xff, out) : st;
}

static enum status fix_leaf_1(const struct cpuid_env *env, u32 leaf, u32 out[4])
{
	enum status st = from_host(env, leaf, EBX, 0xff000000, out); /* APIC id */

	if (st == ST_OK)
		st = from_host(env, leaf, EDX, 1u << 9, out); /* APIC enabled */
	out[ECX] &= ~(1u << 27);
	if ((env->cr4 & CR4_OSXSAVE) != 0)
		out[ECX] |= 1u << 27;
	return st;
}

static enum status fix_up(const struct cpuid_table *t, const struct cpuid_env *env, u32 leaf,
			  u32 sub, u32 out[4])
{
	switch (leaf) {
	case 0x1:
		return fix_leaf_1(env, leaf, out);
	case 0x7:
		if (sub != 0)
			return ST_OK;
		out[ECX] &= ~(1u << 4);
		if ((env->cr4 & CR4_PKE) != 0)
			out[ECX] |= 1u << 4;
		return ST_OK;
	case 0xb:
	case 0x1f:
		return from_host(env, leaf, EDX, 0xffffffff, out); /* x2APIC id */
	case LEAF_XSAVE:
		return fix_xsave(t, env, sub, out);
	case 0x8000001e:
		return fix_topology(env, leaf, out);
	default:
		return ST_OK;
	}
}

enum status cpuid_answer(const struct cpuid_table *t, const struct cpuid_env *env, u32 leaf,
			 u32 sub, u32 out[4])
{
	const struct cpuid_entry *e = cpuid_row(t, leaf, sub);

	for (unsigned r = 0; r < 4; r++)
		out[r] = e != NULL ? e->out[r] : 0;
	if (e == NULL && !is_known(t, leaf))
		return ST_OK;
	return fix_up(t, env, leaf, sub, out);
}
