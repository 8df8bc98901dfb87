/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes of CR0 and CR4. TCG says that one happened, not what was written, so the instruction is
 * decoded; its bytes are the guest's and may have changed since: what does not fit is refused.
 */
#include "local.h"

#define INSN_MAX     15
#define CR0_PE       BIT(0)
#define CR0_TS       BIT(3)
#define CR0_ET       BIT(4)
#define CR0_NW       BIT(29)
#define CR0_CD       BIT(30)
#define CR0_PG       BIT(31)
#define CR4_PAE      BIT(5)
#define CR4_OSXMMEXC MASK(10, 0) /* and everything below: in every CPU with SVM */
#define CR4_UMIP     BIT(11)
#define CR4_LA57     BIT(12)
#define CR4_FSGSBASE BIT(16)
#define CR4_OSXSAVE  BIT(18)
#define CR4_SMEP     BIT(20)
#define CR4_SMAP     BIT(21)
#define CR4_PKE      BIT(22)
#define EFER_LME     BIT(8)
#define EFER_LMA     BIT(10)
#define CS_LONG      BIT(9)
#define LMSW_BITS    MASK(3, 0)

#define OP_ESCAPE    0x0f
#define OP_GROUP7    0x01 /* /6 LMSW */
#define OP_CLTS      0x06
#define OP_MOV_TO_CR 0x22
#define REX_B        BIT(0)
#define REX_R        BIT(2)

struct insn {
	const u8 *bytes;
	size_t size, at;
	bool wide; /* 64-bit mode */
	u8 rex;
};

static bool is_prefix(u8 b)
{
	return b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e || (b >= 0x64 && b <= 0x67) ||
	       b == 0xf2 || b == 0xf3;
}

/* The opcode behind 0F. */
static bool read_opcode(struct insn *i, u8 *opcode)
{
	while (i->at < i->size && is_prefix(i->bytes[i->at]))
		i->at++;
	if (i->wide && i->at < i->size && (i->bytes[i->at] & 0xf0) == 0x40)
		i->rex = i->bytes[i->at++];
	if (i->size - i->at < 2 || i->bytes[i->at] != OP_ESCAPE)
		return false;
	*opcode = i->bytes[i->at + 1];
	i->at += 2;
	return true;
}

static enum status decode(struct vcpu *v, struct insn *i, unsigned cr, u64 *value)
{
	const struct vmcb *c = v->vmcb;
	u8 opcode, modrm;
	unsigned reg, rm;

	if (!read_opcode(i, &opcode))
		return ST_UNSUPPORTED;
	if (opcode == OP_CLTS) {
		*value = c->cr0 & ~CR0_TS;
		return cr == 0 ? ST_OK : ST_UNSUPPORTED;
	}
	if (i->at == i->size)
		return ST_UNSUPPORTED;
	modrm = i->bytes[i->at++];
	reg = FIELD(modrm, 5, 3) | ((i->rex & REX_R) != 0 ? 8 : 0);
	rm = FIELD(modrm, 2, 0) | ((i->rex & REX_B) != 0 ? 8 : 0);
	if (opcode == OP_MOV_TO_CR) {
		/* The mod field is ignored: it is always a register. */
		*value = i->wide ? v->reg[rm] : (u32)v->reg[rm];
		return reg == cr ? ST_OK : ST_UNSUPPORTED;
	}
	if (opcode == OP_GROUP7 && FIELD(modrm, 5, 3) == 6 && FIELD(modrm, 7, 6) == 3) {
		/* LMSW cannot clear PE. */
		*value = (c->cr0 & ~(LMSW_BITS & ~CR0_PE)) | (v->reg[rm] & LMSW_BITS);
		return cr == 0 ? ST_OK : ST_UNSUPPORTED;
	}
	return ST_UNSUPPORTED;
}

static bool long_code(const struct vmcb *c)
{
	return (c->efer & EFER_LMA) != 0 && (c->cs.attributes & CS_LONG) != 0;
}

static bool cr0_allowed(const struct vmcb *c, u64 value)
{
	bool paging_on = (value & CR0_PG) != 0 && (c->cr0 & CR0_PG) == 0;

	if (value >> 32 != 0)
		return false;
	if ((value & CR0_PG) != 0 && (value & CR0_PE) == 0)
		return false;
	if ((value & CR0_NW) != 0 && (value & CR0_CD) == 0)
		return false;
	if (paging_on && (c->efer & EFER_LME) != 0 &&
	    ((c->cr4 & CR4_PAE) == 0 || (c->cs.attributes & CS_LONG) != 0))
		return false;
	if ((value & CR0_PG) == 0 && long_code(c))
		return false;
	return true;
}

static u64 cr4_known(void)
{
	return CR4_OSXMMEXC | CR4_UMIP | CR4_LA57 | CR4_FSGSBASE | CR4_OSXSAVE | CR4_SMEP |
	       CR4_SMAP | CR4_PKE;
}

static bool cr4_allowed(const struct vmcb *c, u64 value)
{
	if ((value & ~cr4_known()) != 0)
		return false;
	if ((c->efer & EFER_LMA) != 0 &&
	    ((value & CR4_PAE) == 0 || ((value ^ c->cr4) & CR4_LA57) != 0))
		return false;
	return true;
}

enum status cr_decode_write(struct vcpu *v, unsigned cr, u64 *value, unsigned *length)
{
	u8 bytes[INSN_MAX];
	struct insn i = { .bytes = bytes, .wide = long_code(v->vmcb) };
	enum status st;

	i.size = guest_fetch(v, bytes, sizeof(bytes));
	st = decode(v, &i, cr, value);
	if (st != ST_OK)
		return st;
	*length = (unsigned)i.at;
	if (cr == 0 && !cr0_allowed(v->vmcb, *value))
		return ST_DENIED;
	if (cr == 4 && !cr4_allowed(v->vmcb, *value))
		return ST_DENIED;
	return ST_OK;
}

void cr_set(struct vcpu *v, unsigned cr, u64 value)
{
	struct vmcb *c = v->vmcb;

	if (cr == 4) {
		c->cr4 = value;
		return;
	}
	c->cr0 = value | CR0_ET;
	if ((value & CR0_PG) == 0)
		c->efer &= ~EFER_LMA;
	else if ((c->efer & EFER_LME) != 0)
		c->efer |= EFER_LMA;
}
