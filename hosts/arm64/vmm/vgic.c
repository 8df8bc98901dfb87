/* SPDX-License-Identifier: BSD-2-Clause */
#include "abi/gic.h"
#include "vgic_local.h"

/* Identifies nobody in particular; Arm's implementer code as every GICv3 model has it. */
#define IIDR              0x5000043bu

#define GICD_CTLR_ENABLES 0x3u  /* EnableGrp0, EnableGrp1 */
#define GICD_CTLR_FIXED   0x50u /* ARE and DS: one security state, affinity routing only */
#define GICD_TYPER_VALUE  (((VGIC_PRIVATE + VGIC_SPIS) / 32 - 1) | BIT(24)) /* A3V */
#define GICD_TYPER_IDS(n) (((n)-1u) << 19)

#define WAKER_SLEEP       BIT(1)
#define WAKER_ASLEEP      BIT(2)

void vgic_init(struct vgic *g, unsigned cpus, const struct vgic_memory *memory)
{
	*g = (struct vgic){ .cpus = MIN(cpus, (unsigned)VGIC_MAX_CPUS), .memory = memory };
	for (unsigned c = 0; c < g->cpus; c++) {
		g->cpu[c].waker = WAKER_SLEEP | WAKER_ASLEEP;
		for (unsigned i = 0; i < 16; i++) {
			g->cpu[c].irq[i].edge = true; /* SGIs */
			g->cpu[c].irq[i].enabled = true;
		}
	}
}

/* The CPU an SPI goes to, or the number of CPUs when there is none with that affinity. */
static unsigned route_cpu(const struct vgic *g, const struct vgic_irq *irq)
{
	if (irq->route & BIT(31)) /* any CPU */
		return 0;
	return (irq->route & ~0xffULL) ? g->cpus : (unsigned)MIN(irq->route, (u64)g->cpus);
}

static bool irq_pending(const struct vgic_irq *irq)
{
	return irq->latch || (!irq->edge && irq->line);
}

static bool deliverable(const struct vgic *g, const struct vgic_irq *irq)
{
	return irq->enabled && irq_pending(irq) && (g->ctlr & (irq->group1 ? 2u : 1u));
}

static struct vgic_irq *find(struct vgic *g, unsigned cpu, u32 intid)
{
	if (cpu >= g->cpus)
		return NULL;
	if (intid < VGIC_PRIVATE)
		return &g->cpu[cpu].irq[intid];
	return intid < VGIC_PRIVATE + VGIC_SPIS ? &g->spi[intid - VGIC_PRIVATE] : NULL;
}

/* ---- registers ---- */

/* One bit per interrupt, 32 in a row from `irq`. */
enum bit_reg { BIT_GROUP, BIT_ENABLE, BIT_PENDING, BIT_ACTIVE };

static bool bit_get(const struct vgic_irq *irq, enum bit_reg r)
{
	switch (r) {
	case BIT_GROUP:
		return irq->group1;
	case BIT_ENABLE:
		return irq->enabled;
	case BIT_PENDING:
		return irq_pending(irq) || irq->latched;
	default:
		return irq->active;
	}
}

static void bit_put(struct vgic_irq *irq, enum bit_reg r, bool v)
{
	switch (r) {
	case BIT_GROUP:
		irq->group1 = v;
		break;
	case BIT_ENABLE:
		irq->enabled = v;
		break;
	case BIT_PENDING:
		irq->latch = v;
		irq->latched = irq->latched && v;
		break;
	default:
		irq->active = v;
	}
}

/* Bank of 32 interrupts: offset is that of a 32-bit register within 0x080..0xdff. */
static u32 bank_read(const struct vgic_irq *irq, u32 base)
{
	u32 v = 0;

	for (unsigned i = 0; i < 32; i++) {
		enum bit_reg r = base == 0x080  ? BIT_GROUP
				 : base < 0x200 ? BIT_ENABLE
				 : base < 0x300 ? BIT_PENDING
						: BIT_ACTIVE;
		v |= (u32)bit_get(&irq[i], r) << i;
	}
	return v;
}

static void bank_write(struct vgic_irq *irq, u32 base, u32 v)
{
	for (unsigned i = 0; i < 32; i++) {
		bool bit = v >> i & 1;

		if (base == 0x080)
			bit_put(&irq[i], BIT_GROUP, bit);
		else if (bit)
			bit_put(&irq[i],
				base < 0x200   ? BIT_ENABLE
				: base < 0x300 ? BIT_PENDING
					       : BIT_ACTIVE,
				!(base & 0x80)); /* IS... sets, IC... clears */
	}
}

static u32 priority_read(const struct vgic_irq *irq)
{
	return irq[0].priority | (u32)irq[1].priority << 8 | (u32)irq[2].priority << 16 |
	       (u32)irq[3].priority << 24;
}

static void priority_write(struct vgic_irq *irq, u32 v)
{
	for (unsigned i = 0; i < 4; i++)
		irq[i].priority = v >> (8 * i) & VGIC_PRIORITY_MASK;
}

static u32 config_read(const struct vgic_irq *irq)
{
	u32 v = 0;

	for (unsigned i = 0; i < 16; i++)
		v |= (u32)irq[i].edge << (2 * i + 1);
	return v;
}

static void config_write(struct vgic_irq *irq, u32 v)
{
	for (unsigned i = 0; i < 16; i++)
		irq[i].edge = v >> (2 * i + 1) & 1;
}

/*
 * The register files that distributor and SGI frame share. `irq` has `n` interrupts (a multiple of
 * 32), the first one with number `first` in the register layout. Registers of interrupts that are
 * not there read 0 and ignore writes.
 */
static u32 file_access(struct vgic_irq *irq, u32 first, u32 n, u32 off, bool write, u32 v)
{
	u32 base, index;

	if (off >= 0x080 && off < 0x400) {
		base = off & ~0x7fu;
		index = (off & 0x7f) / 4 * 32;
	} else if (off >= 0x400 && off < 0x7fc) {
		base = 0x400;
		index = (off - base) & ~3u;
	} else if (off >= 0xc00 && off < 0xd00) {
		base = 0xc00;
		index = (off - base) / 4 * 16;
	} else {
		return 0;
	}
	if (index < first || index - first >= n)
		return 0;
	irq += index - first;
	if (base == 0x400)
		return write ? (priority_write(irq, v), 0) : priority_read(irq);
	if (base == 0xc00) {
		/* SGIs are always edge triggered. */
		if (write && index != 0)
			config_write(irq, v);
		return write ? 0 : config_read(irq);
	}
	return write ? (bank_write(irq, base, v), 0) : bank_read(irq, base);
}

static u32 gicd32(struct vgic *g, u32 off, bool write, u32 v)
{
	if (off == 0x0000) {
		if (write)
			g->ctlr = v & GICD_CTLR_ENABLES;
		return g->ctlr | GICD_CTLR_FIXED;
	}
	if (off == 0x0004)
		return (u32)(GICD_TYPER_VALUE |
			     (g->memory != NULL ? GICD_TYPER_LPIS | GICD_TYPER_IDS(16)
						: GICD_TYPER_IDS(10)));
	if (off == 0x0008)
		return IIDR;
	if (off == 0xffe8)
		return 0x30; /* ArchRev: GICv3 */
	if (off >= 0x6100 && off < 0x6100 + 8 * VGIC_SPIS) {
		struct vgic_irq *irq = &g->spi[(off - 0x6100) / 8];
		unsigned shift = off & 4 ? 32 : 0;

		if (write)
			irq->route = ((irq->route & ~(0xffffffffULL << shift)) | (u64)v << shift) &
				     0xff80ffffffULL;
		return (u32)(irq->route >> shift);
	}
	return file_access(g->spi, VGIC_PRIVATE, VGIC_SPIS, off, write, v);
}

static u32 gicr32(struct vgic *g, unsigned cpu, u32 off, bool write, u32 v)
{
	struct vgic_cpu *c = &g->cpu[cpu];

	switch (off) {
	case 0x0004:
		return IIDR;
	case 0x0008: /* TYPER: LAST ends the walk */
		return cpu << 8 | (cpu + 1 == g->cpus ? (u32)BIT(4) : 0) |
		       (g->memory != NULL ? (u32)GICR_TYPER_PLPIS : 0);
	case 0x000c:
		return cpu; /* affinity: Aff0 */
	case 0x0014:
		if (write)
			c->waker = v & WAKER_SLEEP ? WAKER_SLEEP | WAKER_ASLEEP : 0;
		return c->waker;
	case 0xffe8:
		return 0x30;
	}
	if (vgic_lpi_register(g, cpu, off, write, &v))
		return v;
	return off >= 0x10000 ? file_access(c->irq, 0, VGIC_PRIVATE, off - 0x10000, write, v) : 0;
}

static u32 reg32(struct vgic *g, bool gicr, u32 off, bool write, u32 v)
{
	if (!gicr)
		return gicd32(g, off, write, v);
	return gicr32(g, off / (u32)VGIC_GICR_STRIDE, off % (u32)VGIC_GICR_STRIDE, write, v);
}

/* Everything is done by 32-bit registers. Smaller writes make sense for priorities only (one byte
 * per interrupt): there the other bytes keep their value. */
static bool access(struct vgic *g, bool gicr, u32 off, unsigned size, bool write, u64 *value)
{
	unsigned shift = (off & 3) * 8;
	u32 mask, word;

	if (off & (size - 1))
		return false;
	if (size == 8) {
		u32 hi = (u32)(*value >> 32);
		u32 lo = reg32(g, gicr, off, write, (u32)*value);

		*value = lo | (u64)reg32(g, gicr, off + 4, write, hi) << 32;
		return true;
	}
	if (size == 4) {
		*value = reg32(g, gicr, off, write, (u32)*value);
		return true;
	}
	mask = (size == 1 ? 0xffu : 0xffffu) << shift;
	word = reg32(g, gicr, off & ~3u, false, 0);
	if (write)
		reg32(g, gicr, off & ~3u, true, (word & ~mask) | ((u32)*value << shift & mask));
	*value = (word & mask) >> shift;
	return true;
}

bool vgic_gicd(struct vgic *g, u64 offset, unsigned size, bool write, u64 *value)
{
	return offset < VGIC_GICD_SIZE && access(g, false, (u32)offset, size, write, value);
}

bool vgic_gicr(struct vgic *g, u64 offset, unsigned size, bool write, u64 *value)
{
	return offset < g->cpus * VGIC_GICR_STRIDE &&
	       access(g, true, (u32)offset, size, write, value);
}

/* ---- interrupts ---- */

u32 vgic_sgi(struct vgic *g, unsigned cpu, u64 value, bool group1)
{
	u32 intid = (u32)FIELD(value, 27, 24);
	u32 targets = (u32)FIELD(value, 15, 0), hit = 0;

	if (value & BIT(40)) /* all but itself */
		targets = ((1u << g->cpus) - 1) & ~(1u << cpu);
	else if (FIELD(value, 23, 16) || FIELD(value, 39, 32) || FIELD(value, 55, 44))
		return 0; /* affinities and ranges this machine does not have */
	for (unsigned c = 0; c < g->cpus; c++) {
		struct vgic_irq *irq = &g->cpu[c].irq[intid];

		if (!(targets >> c & 1) || (irq->group1 && !group1))
			continue;
		irq->latch = true;
		hit |= 1u << c;
	}
	return hit;
}

void vgic_set_line(struct vgic *g, unsigned cpu, u32 intid, bool level)
{
	struct vgic_irq *irq = find(g, cpu, intid);

	if (!irq)
		return;
	if (irq->edge && level && !irq->line)
		irq->latch = true;
	irq->line = level;
}

const struct vgic_forced *vgic_forced_find(const struct vgic_cpu *c, u32 intid)
{
	for (unsigned i = 0; i < VGIC_FORCED; i++) {
		if ((c->forced[i].pending || c->forced[i].active) && c->forced[i].intid == intid)
			return &c->forced[i];
	}
	return NULL;
}

static struct vgic_forced *forced_find(struct vgic_cpu *c, u32 intid)
{
	return (struct vgic_forced *)vgic_forced_find(c, intid);
}

bool vgic_force(struct vgic *g, unsigned cpu, u32 intid)
{
	struct vgic_forced *f;

	if (cpu >= g->cpus || (intid >= 1020 && intid < 8192) || intid > 0xffff)
		return false;
	f = forced_find(&g->cpu[cpu], intid); /* two list registers with one id would be refused */
	for (unsigned i = 0; i < VGIC_FORCED && f == NULL; i++) {
		if (!g->cpu[cpu].forced[i].pending && !g->cpu[cpu].forced[i].active)
			f = &g->cpu[cpu].forced[i];
	}
	if (f == NULL)
		return false;
	f->intid = intid;
	f->pending = true;
	return true;
}

bool vgic_pending(const struct vgic *g, unsigned cpu)
{
	const struct vgic_cpu *c = &g->cpu[cpu];

	for (unsigned i = 0; i < VGIC_FORCED; i++) {
		if (c->forced[i].pending)
			return true;
	}
	for (unsigned i = 0; i < VGIC_PRIVATE; i++) {
		if (deliverable(g, &c->irq[i]))
			return true;
	}
	for (unsigned i = 0; i < VGIC_SPIS; i++) {
		if (deliverable(g, &g->spi[i]) && route_cpu(g, &g->spi[i]) == cpu)
			return true;
	}
	return vgic_lpi_waiting(g, cpu);
}

/* The better one of two that wait, or of one and none. */
static bool better(const struct vgic_irq *irq, const struct vgic_irq *than)
{
	return !than || (irq->active && !than->active) ||
	       (irq->active == than->active && irq->priority < than->priority);
}

static u64 make_lr(struct vgic *g, struct vgic_irq *irq, u32 intid)
{
	u64 lr = intid | (u64)irq->priority << ICH_LR_PRIORITY | (irq->group1 ? ICH_LR_GROUP1 : 0);

	if (irq->active)
		lr |= ICH_LR_ACTIVE;
	/* A level input must be looked at again when the guest is done with it. */
	if (!irq->edge)
		lr |= ICH_LR_EOI;
	if (deliverable(g, irq) && (irq->edge || !irq->active)) {
		lr |= ICH_LR_PENDING;
		irq->latched = irq->latch;
		irq->latch = false;
	}
	return lr;
}

/* The n-th best choice is not needed: take the best one left, until the registers are full. */
static struct vgic_irq *best(struct vgic *g, unsigned cpu, const bool *used, u32 *intid)
{
	struct vgic_irq *found = NULL;
	struct vgic_lpi *lpi;

	for (u32 i = 0; i < VGIC_PRIVATE + VGIC_SPIS; i++) {
		struct vgic_irq *irq = find(g, cpu, i);

		if (used[i] || !irq || (!irq->active && !deliverable(g, irq)) ||
		    (i >= VGIC_PRIVATE && route_cpu(g, irq) != cpu) ||
		    forced_find(&g->cpu[cpu], i)) /* an id may stand in one list register only */
			continue;
		if (better(irq, found)) {
			found = irq;
			*intid = i;
		}
	}
	lpi = vgic_lpi_best(g, cpu);
	if (lpi && better(&lpi->irq, found)) {
		found = &lpi->irq;
		*intid = lpi->intid;
	}
	return found;
}

u64 vgic_fill(struct vgic *g, unsigned cpu, u64 *lr, unsigned nr)
{
	bool used[VGIC_PRIVATE + VGIC_SPIS] = { false };
	struct vgic_cpu *c = &g->cpu[cpu];
	struct vgic_irq *irq;
	unsigned n = 0;
	u32 intid = 0;

	nr = MIN(nr, (unsigned)VGIC_MAX_LRS);
	for (unsigned i = 0; i < VGIC_MAX_LRS; i++)
		lr[i] = 0;
	for (unsigned i = 0; i < VGIC_FORCED && n < nr; i++) {
		const struct vgic_forced *f = &c->forced[i];

		if (!f->pending && !f->active)
			continue;
		/* Its end lets the same id in again, should it be pending by right. */
		c->lr_intid[n] = f->intid;
		lr[n++] = f->intid | ICH_LR_GROUP1 | ICH_LR_EOI |
			  (f->pending ? ICH_LR_PENDING : 0) | (f->active ? ICH_LR_ACTIVE : 0);
	}
	c->filled_forced = n;
	while (n < nr && (irq = best(g, cpu, used, &intid))) {
		c->lr_intid[n] = intid;
		lr[n++] = make_lr(g, irq, intid);
		if (intid < VGIC_PRIVATE + VGIC_SPIS)
			used[intid] = true;
		else
			vgic_lpi_entered(g, intid);
	}
	c->filled = n;
	return best(g, cpu, used, &intid) ? ICH_HCR_UIE
					  : 0; /* more wait: tell when there is room */
}

u32 vgic_sync(struct vgic *g, unsigned cpu, const u64 *lr, unsigned nr)
{
	struct vgic_cpu *c = &g->cpu[cpu];
	u32 others = 0;

	for (unsigned i = 0; i < c->filled && i < nr; i++) {
		u32 intid = c->lr_intid[i];
		struct vgic_irq *irq = find(g, cpu, intid);

		if (i < c->filled_forced) {
			struct vgic_forced *f = forced_find(c, intid);

			f->pending = lr[i] & ICH_LR_PENDING;
			f->active = lr[i] & ICH_LR_ACTIVE;
			continue;
		}
		if (!irq) {
			others |= vgic_lpi_left(g, intid, lr[i] & ICH_LR_PENDING);
			continue;
		}
		irq->active = lr[i] & ICH_LR_ACTIVE;
		if ((lr[i] & ICH_LR_PENDING) && irq->latched)
			irq->latch = true;
		irq->latched = false;
	}
	c->filled = c->filled_forced = 0;
	return others & ~(1u << cpu);
}
