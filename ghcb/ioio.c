/* SPDX-License-Identifier: BSD-2-Clause */
/* IN, OUT and their string forms for #VC (56421 IOIO event). */
#include "vc.h"

static u64 info1(const struct vc *v)
{
	const struct insn *i = &v->insn;
	u16 port = i->port_in_dx ? (u16)v->regs.r[VC_RDX] : i->port;
	u64 info = (u64)port << GHCB_IOIO_PORT_LO | (u64)i->size * GHCB_IOIO_SIZE8;

	info |= i->addr_size == 4 ? GHCB_IOIO_ADDR32 : GHCB_IOIO_ADDR64;
	if (i->in)
		info |= GHCB_IOIO_IN;
	if (i->rep)
		info |= GHCB_IOIO_REP;
	if (i->string)
		info |= GHCB_IOIO_STRING | (u64)(i->in ? GHCB_IOIO_SEG_ES : GHCB_IOIO_SEG_DS)
					       << GHCB_IOIO_SEG_LO;
	return info;
}

static enum status single(struct vc *v)
{
	struct ghcb_call c = { .set = GF(RAX) };
	u64 *rax = &v->regs.r[VC_RAX], mask = BIT(8 * v->insn.size) - 1;
	enum status st;

	c.value[GF_RAX] = v->insn.in ? 0 : *rax & mask;
	st = ghcb_event(&c, GHCB_EXIT_IOIO, info1(v), 0, v->insn.in ? GF(RAX) : 0, &v->x);
	if (st == ST_OK && v->insn.in)
		*rax = (v->insn.size == 4 ? 0 : *rax & ~mask) | (c.value[GF_RAX] & mask);
	return st;
}

static u64 cut(const struct vc *v, u64 x)
{
	return v->insn.addr_size == 4 ? (u32)x : x;
}

/* Element by element, as the direction flag says; in the buffer they always ascend. */
static void move(const struct vc *v, u8 *buf, u64 at, u64 count)
{
	unsigned size = v->insn.size;

	for (u64 i = 0; i < count; i++) {
		u64 element = cut(v, v->df ? at - i * size : at + i * size);
		u8 *mem = (u8 *)(uintptr_t)element;

		for (unsigned b = 0; b < size; b++) {
			if (v->insn.in)
				mem[b] = buf[i * size + b];
			else
				buf[i * size + b] = mem[b];
		}
	}
}

/* As much as the buffer holds; the instruction runs again for the rest, open to interrupts. */
static enum status string(struct vc *v)
{
	u8 buf[GHCB_BUFFER_SIZE];
	struct ghcb_call c = { .set = GF(SCRATCH), .buffer = buf };
	u64 *r = v->regs.r, *pointer = &r[v->insn.in ? VC_RDI : VC_RSI];
	u64 left = v->insn.rep ? cut(v, r[VC_RCX]) : 1, bytes, count;
	enum status st;

	count = MIN(left, sizeof(buf) / v->insn.size);
	if (count == 0)
		return ST_OK;
	bytes = count * v->insn.size;
	if (!v->insn.in)
		move(v, buf, *pointer, count);
	c.in = v->insn.in ? 0 : bytes;
	c.out = v->insn.in ? bytes : 0;
	c.value[GF_SCRATCH] = ghcb_buffer_gpa();
	st = ghcb_event(&c, GHCB_EXIT_IOIO, info1(v), count, 0, &v->x);
	if (st != ST_OK)
		return st;
	if (v->insn.in)
		move(v, buf, *pointer, count);
	*pointer = cut(v, v->df ? *pointer - bytes : *pointer + bytes);
	if (v->insn.rep)
		r[VC_RCX] = left - count;
	v->again = left != count;
	return ST_OK;
}

enum status vc_ioio(struct vc *v)
{
	return v->insn.string ? string(v) : single(v);
}
