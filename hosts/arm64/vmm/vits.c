/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and command queue of the virtual ITS (IHI 0069, 12.19 and 5.3). */
#include "vits_local.h"

#define GITS_IIDR_VALUE 0x5000043bu /* as the GIC's; revision 0 of the tables in bits 15:12 */
#define BASER_KEPT                                                                                 \
	(GITS_BASER_VALID | GITS_BASER_INDIRECT | GITS_INNER_MASK | MASK(55, 53) |                 \
	 GITS_BASER_ADDRESS | GIC_SHARE_MASK | MASK(9, 8) | MASK(7, 0))
#define CBASER_KEPT                                                                                \
	(GITS_CBASER_VALID | GITS_INNER_MASK | MASK(55, 53) | GITS_CBASER_ADDRESS |                \
	 GIC_SHARE_MASK | MASK(7, 0))

void vits_init(struct vits *t, struct vgic *g, u64 gicr, enum vits_kind kind)
{
	*t = (struct vits){ .kind = kind, .gic = g, .gicr = gicr };
}

static u64 typer(struct vits *t)
{
	unsigned bits = VITS_BITS - 1;

	if (fault_on(FAULT_ITS_TYPER_CHANGES))
		bits -= t->typer_reads++ & 1;
	return GITS_TYPER_PHYSICAL | (KVM_ITS_ENTRY - 1) << 4 | (u64)bits << 8 | (u64)bits << 13 |
	       (t->kind == VITS_STRICT ? GITS_TYPER_PTA : 0);
}

/* ---- the queue ---- */
static u32 queue_bytes(const struct vits *t)
{
	return GITS_CBASER_PAGES(t->cbaser) * (u32)PAGE_SIZE;
}

/* The command at CREADR, copied before anything of it is looked at. */
static u32 one_command(struct vits *t)
{
	u64 dw[4] = { 0 };

	if (fault_on(FAULT_ITS_WRAP_LOST) && t->creadr == 0 && t->wrapped) {
		t->wrapped = false;
		return 0;
	}
	if (V(!t->gic->memory->read((t->cbaser & GITS_CBASER_ADDRESS) + t->creadr, dw, sizeof(dw))))
		return VITS_ERROR(0, 1);
	return vits_execute(t, dw);
}

static void failed(struct vits *t, u32 error)
{
	t->count.errors++;
	t->count.last_error = error;
	if (fault_on(FAULT_ITS_ERROR_SWALLOWS))
		t->creadr = t->cwriter;
	else
		t->stalled = t->kind == VITS_STRICT;
}

static void step(struct vits *t)
{
	t->creadr += ITS_COMMAND_BYTES;
	if (t->creadr < queue_bytes(t) || fault_on(FAULT_ITS_CREADR_BEYOND))
		return;
	t->creadr = 0;
	t->wrapped = true;
}

static void process(struct vits *t)
{
	u32 size = queue_bytes(t);

	if (!t->enabled && !fault_on(FAULT_ITS_DISABLED_WORKS))
		return;
	if (!(t->cbaser & GITS_CBASER_VALID))
		return;
	for (u32 n = size / ITS_COMMAND_BYTES;
	     n > 0 && t->creadr != t->cwriter && t->creadr < size && !t->stalled; n--) {
		u32 error = one_command(t);

		if (error == 0)
			t->count.commands++;
		else
			failed(t, error);
		if (error == 0 || (!t->stalled && t->creadr != t->cwriter))
			step(t);
	}
}

/* ---- registers ---- */
static void write_ctlr(struct vits *t, u64 v)
{
	const u64 *b = t->baser;
	bool on = v & GITS_CTLR_ENABLED;

	if (t->kind == VITS_KVM &&
	    !(t->cbaser & b[BASER_DEVICES] & b[BASER_COLLECTIONS] & GITS_CBASER_VALID))
		on = false;
	if (fault_on(FAULT_ITS_DISABLE_FORGETS) && t->enabled && !on) {
		vits_forget_devices(t);
		vits_forget_collections(t);
	}
	t->enabled = on;
	process(t);
}

static u64 shareable(u64 v)
{
	if (FIELD(v, 11, 10) == 2) /* outer: a machine of one kind of CPU has no such domain */
		return (v & ~GIC_SHARE_MASK) | GIC_SHARE_INNER;
	return v;
}

static void write_baser(struct vits *t, unsigned n, u64 v)
{
	if (V(t->enabled)) /* UNPREDICTABLE */
		return;
	if (n > BASER_COLLECTIONS)
		return;
	v = shareable(v & BASER_KEPT);
	if (n == BASER_COLLECTIONS)
		v &= ~GITS_BASER_INDIRECT;
	if (t->kind == VITS_KVM || GITS_BASER_PAGE(v) == 3)
		v = (v & ~MASK(9, 8)) | 2u << GITS_BASER_PAGE_SHIFT;
	t->baser[n] = v;
	if (v & GITS_BASER_VALID)
		return;
	if (n == BASER_DEVICES)
		vits_forget_devices(t);
	else
		vits_forget_collections(t);
}

static u64 read_baser(const struct vits *t, unsigned n)
{
	u64 type = n == BASER_DEVICES       ? GITS_BASER_TYPE_DEVICE
		   : n == BASER_COLLECTIONS ? GITS_BASER_TYPE_COLLECTION
					    : GITS_BASER_TYPE_NONE;
	u64 v = t->baser[n];

	if (type == GITS_BASER_TYPE_NONE)
		return 0;
	if (fault_on(FAULT_ITS_BASER_TYPES))
		type = GITS_BASER_TYPE_DEVICE;
	if (fault_on(FAULT_ITS_BASER_FORGETS))
		v &= ~GITS_BASER_ADDRESS;
	return v | type << GITS_BASER_TYPE_SHIFT |
	       (u64)(KVM_ITS_ENTRY - 1) << GITS_BASER_ENTRY_SHIFT;
}

static void write_cbaser(struct vits *t, u64 v)
{
	if (V(t->enabled)) /* UNPREDICTABLE */
		return;
	t->cbaser = shareable(v & CBASER_KEPT);
	t->creadr = 0;
	t->cwriter = 0; /* UNKNOWN by the architecture: no commands, as in KVM */
	t->stalled = false;
	t->wrapped = false;
}

static void write_cwriter(struct vits *t, u64 v)
{
	u32 offset = (u32)(v & GITS_OFFSET);

	if (V(offset >= queue_bytes(t)))
		return;
	t->cwriter = offset;
	if ((v & GITS_CWRITER_RETRY) && !fault_on(FAULT_ITS_RETRY_IGNORED))
		t->stalled = false;
	process(t);
}

static void write64(struct vits *t, u32 off, u64 v)
{
	switch (off) {
	case GITS_CTLR:
		write_ctlr(t, v);
		break;
	case GITS_CBASER:
		write_cbaser(t, v);
		break;
	case GITS_CWRITER:
		write_cwriter(t, v);
		break;
	default:
		if (off >= GITS_BASER(0) && off < GITS_BASER(GITS_BASERS))
			write_baser(t, (off - GITS_BASER(0)) / 8, v);
	}
}

static u64 read64(struct vits *t, u32 off)
{
	switch (off) {
	case GITS_CTLR: /* and IIDR */
		return (t->enabled ? GITS_CTLR_ENABLED : GITS_CTLR_QUIESCENT) | (u64)GITS_IIDR_VALUE
										    << 32;
	case GITS_TYPER:
		return typer(t);
	case GITS_CBASER:
		return t->cbaser;
	case GITS_CWRITER:
		return t->cwriter;
	case GITS_CREADR:
		return t->creadr | (t->stalled ? GITS_CREADR_STALLED : 0);
	case GIC_PIDR2:
		return 0x30; /* ArchRev: GICv3 */
	default:
		if (off >= GITS_BASER(0) && off < GITS_BASER(GITS_BASERS))
			return read_baser(t, (off - GITS_BASER(0)) / 8);
		return 0; /* GITS_TRANSLATER as well: a CPU has no DeviceID */
	}
}

/* 8 or 4 bytes, of which the others keep their value. Anything smaller reads 0 and changes nothing:
 * no register of an ITS has a meaning by the byte. */
bool vits_access(struct vits *t, u64 offset, unsigned size, bool write, u64 *value)
{
	unsigned shift = offset & 4 ? 32 : 0;
	u32 off = (u32)align_down(offset, 8);

	if (V(offset >= GITS_SIZE))
		return false;
	if (V(offset & (size - 1)))
		return false;
	if (size < 4) {
		*value = 0;
		return true;
	}
	if (!write) {
		*value = size == 8 ? read64(t, off) : (u32)(read64(t, off) >> shift);
		return true;
	}
	if (size == 8)
		write64(t, off, *value);
	else if (off != GITS_CTLR || shift == 0) /* IIDR is read only, CTLR not changed by it */
		write64(t, off,
			(read64(t, off) & ~(0xffffffffULL << shift)) | (*value & 0xffffffff)
									   << shift);
	return true;
}
