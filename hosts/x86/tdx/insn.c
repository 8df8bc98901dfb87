/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the machine's CPU does not say about an instruction that left the guest: its length, and the
 * linear address of its memory operand. The address is a guess from the instruction's form that
 * counts only when the guest's tables lead from it to the address that faulted.
 */
#include "tdx.h"

#define CS_L   BIT(9)
#define REX_X  2u
#define REX_B  1u
#define NOT_VA (~0ULL)

bool insn_64bit(const struct vcpu *v)
{
	return (v->vmcb->efer & BIT(10)) != 0 && (v->vmcb->cs.attributes & CS_L) != 0;
}

static bool is_prefix(u8 b)
{
	return b == 0x66 || b == 0x67 || b == 0xf0 || b == 0xf2 || b == 0xf3 || b == 0x2e ||
	       b == 0x36 || b == 0x3e || b == 0x26 || b == 0x64 || b == 0x65;
}

void insn_fetch(struct vcpu *v, struct insn *i)
{
	*i = (struct insn){ 0 };
	i->n = (unsigned)guest_fetch(v, i->b, sizeof(i->b));
	for (; i->opcode < i->n && is_prefix(i->b[i->opcode]); i->opcode++) {
		u8 b = i->b[i->opcode];

		if (b == 0x66)
			i->opsize = true;
		else if (b == 0x67)
			i->addrsize = true;
		else if (b < 0x66)
			i->segment = b;
	}
	if (insn_64bit(v) && i->opcode < i->n && (i->b[i->opcode] & 0xf0) == 0x40)
		i->rex = i->b[i->opcode++];
}

static u64 displacement(const struct insn *i, unsigned at, unsigned size)
{
	if (at + size > i->n || size == 0)
		return 0;
	if (size == 1)
		return (u64)(s64)(int8_t)i->b[at];
	return (u64)(s64)(int32_t)le_get(i->b + at, 4);
}

static u64 sib_base(const struct vcpu *v, const struct insn *i, unsigned at, unsigned mod, u64 *sum)
{
	u8 sib = at < i->n ? i->b[at] : 0;
	unsigned index = ((sib >> 3) & 7) | (i->rex & REX_X ? 8 : 0);
	unsigned base = (sib & 7) | (i->rex & REX_B ? 8 : 0);

	*sum = index == RSP ? 0 : v->reg[index] << (sib >> 6);
	if ((sib & 7) == RBP && mod == 0)
		return displacement(i, at + 1, 4);
	return v->reg[base];
}

static u64 segment_base(const struct vcpu *v, const struct insn *i)
{
	switch (i->segment) {
	case 0x64:
		return v->vmcb->fs.base;
	case 0x65:
		return v->vmcb->gs.base;
	default:
		return insn_64bit(v) ? 0 : v->vmcb->ds.base;
	}
}

/* The operand of a ModRM byte at offset `at`, 32- and 64-bit forms. A RIP-relative one needs the
 * instruction's end, which `tail` bytes of immediate lie before. */
static u64 modrm_va(const struct vcpu *v, const struct insn *i, unsigned at, unsigned tail)
{
	u8 modrm = at < i->n ? i->b[at] : 0xc0;
	unsigned mod = modrm >> 6, rm = modrm & 7, disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	u64 va = 0;

	if (mod == 3)
		return NOT_VA;
	at++;
	if (rm == RSP) {
		u64 base = sib_base(v, i, at, mod, &va);

		va += base + displacement(i, at + 1, disp);
	} else if (rm == RBP && mod == 0) {
		va = displacement(i, at, 4);
		if (insn_64bit(v))
			va += v->vmcb->rip + at + 4 + tail;
	} else {
		va = v->reg[rm | (i->rex & REX_B ? 8 : 0)] + displacement(i, at, disp);
	}
	if (!insn_64bit(v) || i->addrsize)
		va = (u32)va;
	va += segment_base(v, i);
	return insn_64bit(v) ? va : (u32)va;
}

/* Does the guest's own table lead from va, or from the page an access at va may reach into, to the
 * page that faulted? */
static bool leads_to(struct vcpu *v, u64 va, u64 gpa, u64 *gla)
{
	struct walk w;

	for (unsigned next = 0; next < 2; next++) {
		u64 at = next == 0 ? va : align_down(va, PAGE_SIZE) + PAGE_SIZE;
		enum status st = guest_walk(v, at, &w);
		/* Bits beyond GPAW are reserved for the core's walk, too, which ends there. */
		bool beyond = st == ST_CORRUPT && (gpa >> tdcs.gpaw) != 0;

		if (beyond ||
		    (st == ST_OK && align_down(w.gpa, PAGE_SIZE) == align_down(gpa, PAGE_SIZE))) {
			*gla = align_down(at, PAGE_SIZE) | (gpa & (PAGE_SIZE - 1));
			return true;
		}
	}
	return false;
}

/* Offset of the ModRM byte by opcode map, 0: VEX or nothing. */
static unsigned modrm_offset(const struct insn *i)
{
	unsigned at = i->opcode;

	if (at + 2 >= sizeof(i->b) || i->b[at] != 0x0f)
		return at + 1;
	return i->b[at + 1] == 0x38 || i->b[at + 1] == 0x3a ? at + 3 : at + 2;
}

u64 insn_gla(struct vcpu *v, u64 gpa, bool fetch)
{
	u64 rip = guest_linear_rip(v), gla = 0;
	struct insn i;

	if (fetch)
		return leads_to(v, rip, gpa, &gla) ? gla : 0;
	insn_fetch(v, &i);
	const u64 guess[] = {
		modrm_va(v, &i, modrm_offset(&i), 0),
		modrm_va(v, &i, modrm_offset(&i), 1),
		modrm_va(v, &i, modrm_offset(&i), 2),
		modrm_va(v, &i, modrm_offset(&i), 4),
		modrm_va(v, &i, modrm_offset(&i) + 1, 0), /* VEX, two bytes */
		modrm_va(v, &i, modrm_offset(&i) + 2, 0), /* three */
		v->reg[RSI],
		v->reg[RDI],
		v->reg[RSP],
		v->reg[RSP] - 8,
		i.opcode + 9 <= i.n ? le_get(i.b + i.opcode + 1, 8) : NOT_VA, /* moffs */
	};
	for (unsigned n = 0; n < ARRAY_SIZE(guess); n++)
		if (guess[n] != NOT_VA && leads_to(v, guess[n], gpa, &gla))
			return gla;
	return 0;
}
