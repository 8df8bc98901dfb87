/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions by hand, through the guest's IDT: TCG's EVENTINJ forgets the error code of vectors it
 * does not know (#VC). Everything read here is the guest's own and may say anything: each condition
 * under which the CPU would fault instead is a named error, and the caller shuts the vCPU down.
 */
#include <string.h>

#include "local.h"

#define CR0_PE          BIT(0)
#define EFER_LMA        BIT(10)
#define RFLAGS_TF       BIT(8)
#define RFLAGS_IF       BIT(9)
#define RFLAGS_NT       BIT(14)
#define RFLAGS_RF       BIT(16)
#define RFLAGS_VM       BIT(17)

#define DESC_TYPE(d)    FIELD(d, 43, 40)
#define DESC_IS_SEGMENT BIT(44)
#define DESC_DPL(d)     ((u8)FIELD(d, 46, 45))
#define DESC_PRESENT    BIT(47)
#define DESC_LONG       BIT(53)
#define DESC_BIG        BIT(54)
#define DESC_GRANULAR   BIT(55)
#define TYPE_CODE       BIT(3)
#define TYPE_CONFORMING BIT(2)
#define TYPE_WRITABLE   BIT(1)
#define TYPE_INT_GATE   0xeu
#define TYPE_TRAP_GATE  0xfu

#define ATTR_BIG        BIT(10)
#define ATTR_EXPANDS    BIT(2) /* of a data segment: down */
#define SELECTOR_TI     BIT(2)
#define SELECTOR_RPL    3u

struct gate {
	u64 offset;
	u16 selector;
	unsigned ist;
	bool clears_if;
};

/* What delivery will have changed; stored when nothing can fail any more. */
struct delivery {
	struct vcpu *v;
	struct gate gate;
	u64 code; /* descriptor */
	u8 cpl;
	struct vmcb_segment ss;
	u64 sp;
};

static bool canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}

/* n bytes at `offset` of a table with this base and limit. */
static enum status read_table(struct vcpu *v, const struct vmcb_segment *t, u64 offset, void *buf,
			      size_t n)
{
	if (offset + n - 1 > t->limit)
		return ST_RANGE;
	return guest_read_va(v, t->base + offset, buf, n);
}

static enum status read_gate(struct vcpu *v, unsigned vector, bool wide, struct gate *g)
{
	u64 word[2] = { 0 };
	size_t size = wide ? 16 : 8;
	enum status st = read_table(v, &v->vmcb->idtr, vector * size, word, size);

	if (st != ST_OK)
		return st;
	if ((word[0] & DESC_IS_SEGMENT) != 0 ||
	    (DESC_TYPE(word[0]) != TYPE_INT_GATE && DESC_TYPE(word[0]) != TYPE_TRAP_GATE))
		return ST_CORRUPT;
	if ((word[0] & DESC_PRESENT) == 0)
		return ST_NOT_FOUND;
	g->offset = FIELD(word[0], 15, 0) | FIELD(word[0], 63, 48) << 16 |
		    (wide ? FIELD(word[1], 31, 0) << 32 : 0);
	g->selector = (u16)FIELD(word[0], 31, 16);
	g->ist = wide ? (unsigned)FIELD(word[0], 34, 32) : 0;
	g->clears_if = DESC_TYPE(word[0]) == TYPE_INT_GATE;
	return ST_OK;
}

static enum status read_descriptor(struct vcpu *v, u16 selector, u64 *desc)
{
	const struct vmcb *c = v->vmcb;

	if ((selector & ~SELECTOR_RPL) == 0)
		return ST_CORRUPT;
	return read_table(v, (selector & SELECTOR_TI) != 0 ? &c->ldtr : &c->gdtr, selector & ~7u,
			  desc, sizeof(*desc));
}

/* The handler's code segment and the privilege it runs at. */
static enum status read_code(struct delivery *d, bool wide)
{
	enum status st = read_descriptor(d->v, d->gate.selector, &d->code);
	u8 cpl = d->v->vmcb->cpl;

	if (st != ST_OK)
		return st;
	if ((d->code & DESC_IS_SEGMENT) == 0 || (DESC_TYPE(d->code) & TYPE_CODE) == 0)
		return ST_CORRUPT;
	if (wide && (d->code & (DESC_LONG | DESC_BIG)) != DESC_LONG)
		return ST_CORRUPT;
	if (DESC_DPL(d->code) > cpl)
		return ST_CORRUPT;
	if ((d->code & DESC_PRESENT) == 0)
		return ST_NOT_FOUND;
	d->cpl = (DESC_TYPE(d->code) & TYPE_CONFORMING) != 0 ? cpl : DESC_DPL(d->code);
	return ST_OK;
}

static void load_segment(struct vmcb_segment *s, u16 selector, u64 desc)
{
	u32 limit = (u32)(FIELD(desc, 15, 0) | FIELD(desc, 51, 48) << 16);

	s->selector = selector;
	s->attributes = (u16)(FIELD(desc, 47, 40) | FIELD(desc, 55, 52) << 8);
	s->limit = (desc & DESC_GRANULAR) != 0 ? limit << 12 | 0xfff : limit;
	s->base = FIELD(desc, 39, 16) | FIELD(desc, 63, 56) << 24;
}

static enum status stack64(struct delivery *d)
{
	const struct vmcb *c = d->v->vmcb;
	enum status st = ST_OK;

	d->sp = d->v->reg[RSP];
	if (d->gate.ist != 0)
		st = read_table(d->v, &c->tr, 0x24 + 8 * (d->gate.ist - 1), &d->sp, 8);
	else if (d->cpl != c->cpl)
		st = read_table(d->v, &c->tr, 4 + 8 * d->cpl, &d->sp, 8);
	if (st != ST_OK)
		return st;
	if (d->cpl != c->cpl)
		d->ss = (struct vmcb_segment){ .selector = d->cpl,
					       .attributes = (u16)(0xc93 | d->cpl << 5),
					       .limit = 0xffffffff };
	if (!canonical(d->sp) || !canonical(d->gate.offset))
		return ST_INVALID;
	d->sp &= ~15ULL;
	return ST_OK;
}

static enum status push64(struct delivery *d, bool has_error, u32 error)
{
	const struct vmcb *c = d->v->vmcb;
	u64 frame[6] = { error,          c->rip,        c->cs.selector, c->rflags | RFLAGS_RF,
			 d->v->reg[RSP], c->ss.selector };
	const u64 *first = has_error ? frame : frame + 1;
	size_t bytes = has_error ? sizeof(frame) : sizeof(frame) - sizeof(frame[0]);

	d->sp -= bytes;
	if (!canonical(d->sp))
		return ST_INVALID;
	return guest_write_va(d->v, d->sp, first, bytes);
}

/* A stack segment for the new privilege, from the 32-bit TSS. */
static enum status stack32(struct delivery *d)
{
	const struct vmcb *c = d->v->vmcb;
	u32 esp, selector;
	enum status st;
	u64 desc;

	d->sp = (u32)d->v->reg[RSP];
	if (d->cpl == c->cpl)
		return ST_OK;
	st = read_table(d->v, &c->tr, 4 + 8 * d->cpl, &esp, sizeof(esp));
	if (st == ST_OK)
		st = read_table(d->v, &c->tr, 8 + 8 * d->cpl, &selector, sizeof(selector));
	if (st == ST_OK)
		st = read_descriptor(d->v, (u16)selector, &desc);
	if (st != ST_OK)
		return st;
	if ((desc & DESC_IS_SEGMENT) == 0 || (DESC_TYPE(desc) & TYPE_CODE) != 0 ||
	    (DESC_TYPE(desc) & TYPE_WRITABLE) == 0 || DESC_DPL(desc) != d->cpl)
		return ST_CORRUPT;
	if ((desc & DESC_PRESENT) == 0)
		return ST_NOT_FOUND;
	load_segment(&d->ss, (u16)selector, desc);
	d->sp = esp;
	return ST_OK;
}

static enum status push32(struct delivery *d, bool has_error, u32 error)
{
	const struct vmcb *c = d->v->vmcb;
	u32 frame[6] = { error,
			 (u32)c->rip,
			 c->cs.selector,
			 (u32)(c->rflags | RFLAGS_RF),
			 (u32)d->v->reg[RSP],
			 c->ss.selector };
	size_t first = has_error ? 0 : 1, end = d->cpl != c->cpl ? 6 : 4;
	size_t bytes = (end - first) * sizeof(frame[0]);
	bool big = (d->ss.attributes & ATTR_BIG) != 0;
	u64 sp = d->sp - bytes;

	sp = big ? (u32)sp : (u16)sp;
	/* In an expand-up segment the limit is the last byte; expand-down stacks are history. */
	if ((d->ss.attributes & ATTR_EXPANDS) != 0)
		return ST_UNSUPPORTED;
	if (sp + bytes - 1 > d->ss.limit || sp + bytes - 1 > 0xffffffff)
		return ST_RANGE;
	d->sp = big ? sp : (d->sp & ~0xffffULL) | sp;
	return guest_write_va(d->v, (u32)(d->ss.base + sp), frame + first, bytes);
}

static void commit(struct delivery *d)
{
	struct vmcb *c = d->v->vmcb;

	load_segment(&c->cs, (u16)((d->gate.selector & ~SELECTOR_RPL) | d->cpl), d->code);
	c->ss = d->ss;
	c->cpl = d->cpl;
	c->rip = d->gate.offset;
	d->v->reg[RSP] = d->sp;
	c->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
	if (d->gate.clears_if)
		c->rflags &= ~RFLAGS_IF;
	c->int_state &= ~(u64)INT_SHADOW;
	/* As in event_inject(). */
	if (d->v->reinject != 0 && EVENT_TYPE(d->v->reinject) == EVENT_EXCEPTION)
		d->v->reinject = 0;
}

enum status event_deliver(struct vcpu *v, unsigned vector, bool has_error, u32 error)
{
	const struct vmcb *c = v->vmcb;
	struct delivery d = { .v = v, .ss = c->ss };
	bool wide = (c->efer & EFER_LMA) != 0;
	enum status st;

	if ((c->cr0 & CR0_PE) == 0 || (c->rflags & RFLAGS_VM) != 0)
		return ST_UNSUPPORTED;
	st = read_gate(v, vector & 0xff, wide, &d.gate);
	if (st == ST_OK)
		st = read_code(&d, wide);
	if (st == ST_OK)
		st = wide ? stack64(&d) : stack32(&d);
	if (st == ST_OK)
		st = wide ? push64(&d, has_error, error) : push32(&d, has_error, error);
	if (st == ST_OK)
		commit(&d);
	return st;
}
