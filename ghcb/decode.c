/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode.h"

#define REX_B 1u
#define REX_X 2u
#define REX_R 4u
#define REX_W 8u

struct cursor {
	const u8 *bytes;
	size_t n, at;
	bool short_input;
	/* prefixes */
	bool op16, addr32, rep, refused;
	u8 rex; /* 0: none; bit 6 set otherwise */
};

static u64 take(struct cursor *c, unsigned bytes)
{
	u64 v = 0;

	if (c->short_input || bytes > c->n - c->at) {
		c->short_input = true;
		return 0;
	}
	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | c->bytes[c->at + i];
	c->at += bytes;
	return v;
}

static u64 extend(u64 v, unsigned bytes)
{
	unsigned shift = 64 - 8 * bytes;

	return (u64)((s64)(v << shift) >> shift);
}

/* Legacy prefixes in any order, then at most one REX, which must be the last. */
static u8 take_prefixes(struct cursor *c)
{
	while (!c->short_input) {
		u8 b = (u8)take(c, 1);

		switch (b) {
		case 0x66:
			c->op16 = true;
			break;
		case 0x67:
			c->addr32 = true;
			break;
		case 0xf2:
		case 0xf3:
			c->rep = true;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			break; /* no meaning in 64-bit mode */
		case 0x64:
		case 0x65:
		case 0xf0:
			c->refused = true;
			break;
		default:
			if ((b & 0xf0) != 0x40)
				return b;
			c->rex = b;
			return (u8)take(c, 1);
		}
	}
	return 0;
}

static u8 operand_size(const struct cursor *c)
{
	return (c->rex & REX_W) != 0 ? 8 : c->op16 ? 2 : 4;
}

static u8 with_rex(const struct cursor *c, unsigned low, unsigned bit)
{
	return (u8)(low | ((c->rex & bit) != 0 ? 8u : 0u));
}

/* SIB byte: base 5 without displacement means displacement alone. */
static void take_sib(struct cursor *c, struct insn *i, unsigned mod)
{
	u8 sib = (u8)take(c, 1);

	i->scale = (u8)(1u << (sib >> 6));
	i->index = with_rex(c, sib >> 3 & 7, REX_X);
	if (i->index == 4)
		i->index = INSN_NO_REG;
	i->base = with_rex(c, sib & 7, REX_B);
	if ((sib & 7) == 5 && mod == 0) {
		i->base = INSN_NO_REG;
		i->disp = extend(take(c, 4), 4);
	}
}

/* ModRM with a memory operand; false: a register operand, which no #VC is about. */
static bool take_memory(struct cursor *c, struct insn *i)
{
	u8 modrm = (u8)take(c, 1);
	unsigned mod = modrm >> 6, rm = modrm & 7;

	i->reg = with_rex(c, modrm >> 3 & 7, REX_R);
	if (mod == 3)
		return false;
	i->index = INSN_NO_REG;
	if (rm == 4) {
		take_sib(c, i, mod);
	} else if (rm == 5 && mod == 0) {
		i->base = INSN_RIP;
		i->disp = extend(take(c, 4), 4);
	} else {
		i->base = with_rex(c, rm, REX_B);
	}
	if (mod == 1)
		i->disp = extend(take(c, 1), 1);
	else if (mod == 2)
		i->disp = extend(take(c, 4), 4);
	return true;
}

static void byte_register(const struct cursor *c, struct insn *i)
{
	i->high_byte = c->rex == 0 && i->reg >= 4;
	if (i->high_byte)
		i->reg -= 4;
}

static bool take_move(struct cursor *c, struct insn *i, enum insn_kind kind, u8 size)
{
	i->kind = kind;
	i->size = i->dest_size = size;
	if (!take_memory(c, i))
		return false;
	if (size == 1)
		byte_register(c, i);
	return true;
}

static bool take_store_immediate(struct cursor *c, struct insn *i, u8 size)
{
	i->kind = INSN_STORE;
	i->size = size;
	i->immediate = true;
	if (!take_memory(c, i) || (i->reg & 7) != 0)
		return false;
	i->imm = extend(take(c, MIN(size, 4)), MIN(size, 4));
	return true;
}

/* MOV between AL or rAX and an absolute address. */
static bool take_absolute(struct cursor *c, struct insn *i, enum insn_kind kind, u8 size)
{
	i->kind = kind;
	i->size = i->dest_size = size;
	i->base = i->index = INSN_NO_REG;
	i->disp = take(c, i->addr_size);
	return true;
}

static bool take_ioio(struct cursor *c, struct insn *i, u8 op)
{
	i->kind = INSN_IOIO;
	i->size = (op & 1) == 0 ? 1 : c->op16 ? 2 : 4;
	i->string = op < 0x70;
	i->rep = c->rep && i->string;
	i->in = i->string ? op < 0x6e : (op & 2) == 0;
	i->port_in_dx = i->string || op >= 0xec;
	if (!i->port_in_dx)
		i->port = (u8)take(c, 1);
	return true;
}

static bool take_extend(struct cursor *c, struct insn *i, u8 op)
{
	i->kind = INSN_LOAD;
	i->size = (op & 1) == 0 ? 1 : 2;
	i->dest_size = operand_size(c);
	i->sign = op >= 0xbe;
	return take_memory(c, i);
}

static bool take_dr7(struct cursor *c, struct insn *i, u8 op)
{
	u8 modrm = (u8)take(c, 1);

	i->kind = op == 0x21 ? INSN_DR7_READ : INSN_DR7_WRITE;
	i->size = 8;
	i->reg = with_rex(c, modrm & 7, REX_B); /* mod is ignored */
	return (modrm >> 3 & 7) == 7 && (c->rex & REX_R) == 0;
}

static enum insn_kind kind_0f01(u8 third)
{
	switch (third) {
	case 0xc8:
	case 0xfa:
		return INSN_MONITOR;
	case 0xc9:
	case 0xfb:
		return INSN_MWAIT;
	case 0xd9:
		return INSN_VMMCALL;
	case 0xf9:
		return INSN_RDTSCP;
	default:
		return INSN_OTHER;
	}
}

static bool take_two_byte(struct cursor *c, struct insn *i)
{
	u8 op = (u8)take(c, 1);

	switch (op) {
	case 0x01:
		i->kind = kind_0f01((u8)take(c, 1));
		/* F3 0F 01 D9 is VMGEXIT, F3 0F 01 FA and FB are others: no #VC of theirs. */
		return i->kind != INSN_OTHER && !c->rep;
	case 0x08:
		i->kind = INSN_INVD;
		return true;
	case 0x09:
		i->kind = INSN_WBINVD;
		return !c->rep; /* F3: WBNOINVD */
	case 0x21:
	case 0x23:
		return take_dr7(c, i, op);
	case 0x30:
		i->kind = INSN_WRMSR;
		return true;
	case 0x31:
		i->kind = INSN_RDTSC;
		return true;
	case 0x32:
		i->kind = INSN_RDMSR;
		return true;
	case 0x33:
		i->kind = INSN_RDPMC;
		return true;
	case 0xa2:
		i->kind = INSN_CPUID;
		return true;
	case 0xb6:
	case 0xb7:
	case 0xbe:
	case 0xbf:
		return take_extend(c, i, op);
	default:
		return false;
	}
}

static bool take_one_byte(struct cursor *c, struct insn *i, u8 op)
{
	u8 size = (op & 1) == 0 ? 1 : operand_size(c);

	switch (op) {
	case 0x6c:
	case 0x6d:
	case 0x6e:
	case 0x6f:
	case 0xe4:
	case 0xe5:
	case 0xe6:
	case 0xe7:
	case 0xec:
	case 0xed:
	case 0xee:
	case 0xef:
		return take_ioio(c, i, op);
	case 0x88:
	case 0x89:
		return take_move(c, i, INSN_STORE, size);
	case 0x8a:
	case 0x8b:
		return take_move(c, i, INSN_LOAD, size);
	case 0xa0:
	case 0xa1:
		return take_absolute(c, i, INSN_LOAD, size);
	case 0xa2:
	case 0xa3:
		return take_absolute(c, i, INSN_STORE, size);
	case 0xc6:
	case 0xc7:
		return take_store_immediate(c, i, size);
	default:
		return false;
	}
}

enum status insn_decode(const u8 *bytes, size_t n, struct insn *i)
{
	struct cursor c = { .bytes = bytes, .n = MIN(n, INSN_MAX) };
	bool known;
	u8 op;

	*i = (struct insn){ .kind = INSN_OTHER, .scale = 1 };
	op = take_prefixes(&c);
	i->addr_size = c.addr32 ? 4 : 8;
	known = op == 0x0f ? take_two_byte(&c, i) : take_one_byte(&c, i, op);
	if (c.short_input)
		return n < INSN_MAX ? ST_TRUNCATED : ST_UNSUPPORTED;
	i->length = (u8)c.at;
	return known && !c.refused ? ST_OK : ST_UNSUPPORTED;
}

u64 insn_address(const struct insn *i, const struct insn_regs *r)
{
	u64 a = i->disp;

	if (i->base == INSN_RIP)
		a += r->rip + i->length;
	else if (i->base != INSN_NO_REG)
		a += r->r[i->base & 15];
	if (i->index != INSN_NO_REG)
		a += r->r[i->index & 15] * i->scale;
	return i->addr_size == 4 ? (u32)a : a;
}

static u64 low(u64 v, unsigned bytes)
{
	return bytes >= 8 ? v : v & (BIT(8 * bytes) - 1);
}

u64 insn_store_value(const struct insn *i, const struct insn_regs *r)
{
	u64 v = i->immediate ? i->imm : r->r[i->reg & 15] >> (i->high_byte ? 8 : 0);

	return low(v, i->size);
}

/* Bytes and words leave the rest of the register; 32 bits clear the upper half. */
void insn_load(const struct insn *i, struct insn_regs *r, u64 v)
{
	u64 *reg = &r->r[i->reg & 15];
	unsigned shift = i->high_byte ? 8 : 0;
	u64 mask = low(~0ULL, i->dest_size);

	v = low(i->sign ? extend(low(v, i->size), i->size) : low(v, i->size), i->dest_size);
	if (i->dest_size >= 4)
		*reg = v;
	else
		*reg = (*reg & ~(mask << shift)) | v << shift;
}
