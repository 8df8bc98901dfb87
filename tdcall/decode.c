/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that touched shared memory nobody backs, so that the access can be put to the host
 * as a request. Everything compilers make of volatile loads and stores, and no more: an instruction
 * that is not known is not guessed.
 */
#include "internal.h"
#include "x86_64/cpu.h"

#define REX_W      BIT(3)
#define REX_R      BIT(2)
#define REX_X      BIT(1)
#define REX_B      BIT(0)
#define NO_INDEX   4u
#define SIB        4u
#define BASE_DISP  5u
#define HIGH_FIRST 4u /* AH, CH, DH, BH without REX */

struct cursor {
	const u8 *bytes;
	size_t n, at;
	bool ended; /* something was wanted behind the end */
};

struct prefixes {
	bool operand16;
	unsigned rex; /* 0: none */
	bool has_rex;
};

static u8 next(struct cursor *c)
{
	if (c->at >= c->n) {
		c->ended = true;
		return 0;
	}
	return c->bytes[c->at++];
}

/* `width` bytes, little-endian, sign-extended. */
static u64 next_signed(struct cursor *c, unsigned width)
{
	u64 v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (u64)next(c) << (8 * i);
	return (u64)((s64)(v << (64 - 8 * width)) >> (64 - 8 * width));
}

u64 *tdx_register(struct trap_frame *f, unsigned reg)
{
	u64 *const table[] = { &f->rax, &f->rcx, &f->rdx, &f->rbx, &f->rsp, &f->rbp,
			       &f->rsi, &f->rdi, &f->r8,  &f->r9,  &f->r10, &f->r11,
			       &f->r12, &f->r13, &f->r14, &f->r15 };

	return table[reg % ARRAY_SIZE(table)];
}

void tdx_merge(u64 *reg, unsigned width, u64 value)
{
	switch (width) {
	case 1:
		*reg = (*reg & ~0xffULL) | (value & 0xff);
		break;
	case 2:
		*reg = (*reg & ~0xffffULL) | (value & 0xffff);
		break;
	case 4:
		*reg = (u32)value;
		break;
	default:
		*reg = value;
		break;
	}
}

static u64 read_register(const struct trap_frame *f, unsigned reg)
{
	struct trap_frame copy = *f;

	return *tdx_register(&copy, reg);
}

/* Legacy prefixes, then REX. Only operand size changes what we do; the segments that 64-bit mode
 * ignores are ignored. Returns the opcode byte. */
static u8 read_prefixes(struct cursor *c, struct prefixes *p)
{
	u8 b = next(c);

	while (b == 0x66 || b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e) {
		p->operand16 |= b == 0x66;
		b = next(c);
	}
	if ((b & 0xf0) == 0x40) {
		p->has_rex = true;
		p->rex = b & 0xf;
		b = next(c);
	}
	return b;
}

/*
 * Address of a memory operand. RIP-relative ones count from the end of the instruction, which is
 * known once `tail` more bytes of immediate have been read.
 */
static u64 operand_address(struct cursor *c, u8 modrm, unsigned rex, const struct trap_frame *f,
			   unsigned tail)
{
	unsigned mod = modrm >> 6, rm = modrm & 7;
	u64 address = 0;

	if (rm == SIB) {
		u8 sib = next(c);
		unsigned base = sib & 7;
		unsigned index = (sib >> 3 & 7) | (rex & REX_X ? 8 : 0);

		if (index != NO_INDEX)
			address = read_register(f, index) << (sib >> 6);
		if (mod == 0 && base == BASE_DISP)
			return address + next_signed(c, 4);
		address += read_register(f, base | (rex & REX_B ? 8 : 0));
	} else if (mod == 0 && rm == BASE_DISP) {
		address = next_signed(c, 4);
		return address + f->rip + c->at + tail;
	} else {
		address = read_register(f, rm | (rex & REX_B ? 8 : 0));
	}
	if (mod == 1)
		address += next_signed(c, 1);
	else if (mod == 2)
		address += next_signed(c, 4);
	return address;
}

static unsigned operand_width(const struct prefixes *p)
{
	if (p->rex & REX_W)
		return 8;
	return p->operand16 ? 2 : 4;
}

/* What opcode and prefixes say; false: unknown. */
static bool read_opcode(struct cursor *c, u8 op, const struct prefixes *p, struct tdx_insn *o)
{
	o->reg_width = operand_width(p);
	o->width = o->reg_width;
	switch (op) {
	case 0x88:
	case 0x89:
		o->access = ACCESS_WRITE;
		break;
	case 0x8a:
	case 0x8b:
		o->access = ACCESS_READ;
		break;
	case 0xc6:
	case 0xc7:
		o->access = ACCESS_WRITE_VALUE;
		break;
	case 0x63: /* MOVSXD; without REX.W it is a plain move that nobody makes */
		o->access = ACCESS_READ_SIGN;
		o->width = 4;
		return (p->rex & REX_W) != 0;
	case 0x0f:
		op = next(c);
		if ((op & 0xf6) != 0xb6)
			return false;
		o->access = op & 8 ? ACCESS_READ_SIGN : ACCESS_READ_ZERO;
		o->width = op & 1 ? 2 : 1;
		return true;
	default:
		return false;
	}
	if ((op & 1) == 0)
		o->width = o->reg_width = 1;
	return true;
}

static void pick_register(u8 modrm, const struct prefixes *p, struct tdx_insn *o)
{
	bool byte_register = o->reg_width == 1;

	o->reg = (modrm >> 3 & 7) | (p->rex & REX_R ? 8 : 0);
	if (byte_register && !p->has_rex && o->reg >= HIGH_FIRST) {
		o->reg -= HIGH_FIRST;
		o->high = true;
	}
}

enum status tdx_decode(const u8 *bytes, size_t n, const struct trap_frame *f, struct tdx_insn *out)
{
	struct cursor c = { bytes, MIN(n, INSN_MAX), 0, false };
	struct prefixes p = { 0 };
	struct tdx_insn o = { 0 };
	unsigned tail = 0;
	u8 op, modrm;

	op = read_prefixes(&c, &p);
	if (!c.ended && !read_opcode(&c, op, &p, &o) && !c.ended)
		return ST_UNSUPPORTED;
	modrm = next(&c);
	if (!c.ended && modrm >> 6 == 3)
		return ST_UNSUPPORTED; /* a register: nothing that could fault */
	if (o.access == ACCESS_WRITE_VALUE) {
		if ((modrm & 0x38) != 0 && !c.ended)
			return ST_UNSUPPORTED;
		tail = MIN(o.width, 4);
	}
	o.address = operand_address(&c, modrm, p.rex, f, tail);
	if (o.access == ACCESS_WRITE_VALUE)
		o.value = next_signed(&c, tail);
	else
		pick_register(modrm, &p, &o);
	if (c.ended)
		return n < INSN_MAX ? ST_TRUNCATED : ST_UNSUPPORTED;
	o.length = (unsigned)c.at;
	*out = o;
	return ST_OK;
}
