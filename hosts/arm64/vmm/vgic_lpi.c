/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LPIs of the virtual GIC. The guest's configuration and pending tables are hostile input: one byte
 * is copied, checked and used. Pending state lives here; a pending table is read when LPIs are
 * enabled and when state is restored, and written when they are disabled and when it is saved.
 */
#include "abi/gic.h"
#include "core/core.h"
#include "vgic_local.h"

#define PROPBASER_KEPT                                                                             \
	(GICR_PROPBASER_ID_BITS | GICR_INNER_MASK | GIC_SHARE_MASK | GICR_PROPBASER_ADDRESS |      \
	 MASK(58, 56))
#define PENDBASER_KEPT                                                                             \
	(GICR_INNER_MASK | GIC_SHARE_MASK | GICR_PENDBASER_ADDRESS | MASK(58, 56) |                \
	 GICR_PENDBASER_PTZ)

/* ---- the list ---- */
static const struct vgic_lpi *lookup(const struct vgic *g, u32 intid)
{
	if (intid == 0)
		return NULL;
	if (g->lpi[intid % VGIC_LPIS].intid == intid)
		return &g->lpi[intid % VGIC_LPIS];
	for (unsigned i = 0; i < VGIC_LPIS; i++)
		if (g->lpi[i].intid == intid)
			return &g->lpi[i];
	return NULL;
}

static struct vgic_lpi *find(struct vgic *g, u32 intid)
{
	return (struct vgic_lpi *)lookup(g, intid);
}

/* A place for it, where lookup() begins if that is free. */
static struct vgic_lpi *place(struct vgic *g, u32 intid)
{
	if (g->lpi[intid % VGIC_LPIS].intid == 0)
		return &g->lpi[intid % VGIC_LPIS];
	for (unsigned i = 0; i < VGIC_LPIS; i++)
		if (g->lpi[i].intid == 0)
			return &g->lpi[i];
	return NULL;
}

/* After every change of one. */
static void update(struct vgic *g, const struct vgic_lpi *l)
{
	size_t slot = (size_t)(l - g->lpi);
	u64 bit = BIT(slot % 64);

	if (l->irq.enabled && l->irq.latch)
		g->lpi_ready[slot / 64] |= bit;
	else
		g->lpi_ready[slot / 64] &= ~bit;
}

/* Can LPIs pend there? */
static bool live(const struct vgic *g, unsigned cpu)
{
	return cpu < g->cpus && g->cpu[cpu].lpis;
}

/* ---- the guest's tables ---- */
static u32 table_end(const struct vgic_cpu *c)
{
	unsigned bits = (unsigned)FIELD(c->propbaser, 4, 0) + 1;

	return bits >= 16 ? VGIC_LPI_END : 1u << bits;
}

u32 vgic_lpi_end(const struct vgic *g)
{
	return table_end(&g->cpu[0]);
}

/* An LPI whose byte cannot be read is disabled. */
static void read_config(struct vgic *g, struct vgic_lpi *l)
{
	const struct vgic_cpu *c = &g->cpu[l->cpu < g->cpus ? l->cpu : 0];
	u64 table = c->propbaser & GICR_PROPBASER_ADDRESS;
	u8 byte = 0;

	if (live(g, l->cpu) && l->intid < table_end(c) &&
	    !g->memory->read(table + l->intid - GIC_LPI_FIRST, &byte, 1))
		byte = 0;
	if (fault_on(FAULT_ITS_RESTORE_UNCHECKED) && l->intid >= table_end(c))
		byte = LPI_CONFIG_ENABLED;
	if (fault_on(FAULT_LPI_PRIORITY_IGNORED))
		byte &= (u8)~LPI_CONFIG_PRIORITY;
	l->irq.enabled = (byte & LPI_CONFIG_ENABLED) != 0;
	l->irq.priority = byte & VGIC_PRIORITY_MASK;
	update(g, l);
}

static u64 pending_byte(const struct vgic_cpu *c, u32 intid)
{
	return (c->pendbaser & GICR_PENDBASER_ADDRESS) + intid / 8;
}

static bool pending_read(const struct vgic *g, unsigned cpu, u32 intid, bool *pending)
{
	u8 byte;

	if (!g->memory->read(pending_byte(&g->cpu[cpu], intid), &byte, 1))
		return false;
	*pending = byte >> intid % 8 & 1;
	return true;
}

static bool pending_write(const struct vgic *g, unsigned cpu, u32 intid, bool pending)
{
	u64 at = pending_byte(&g->cpu[cpu], intid);
	u8 byte, bit = (u8)(1u << intid % 8), now;

	if (!g->memory->read(at, &byte, 1))
		return false;
	now = pending ? byte | bit : byte & (u8)~bit;
	return now == byte || g->memory->write(at, &now, 1);
}

/* What a table says. Where it stands in a list register, its pending state is there. */
static void set_loaded(struct vgic *g, struct vgic_lpi *l, bool pending)
{
	l->irq.latched = pending && vgic_lpi_stands(g, l->intid) != 0;
	l->irq.latch = pending && !l->irq.latched;
	l->returned = false;
	update(g, l);
}

/* ---- registers ---- */
static void enable(struct vgic *g, unsigned cpu)
{
	struct vgic_cpu *c = &g->cpu[cpu];

	c->lpis = true;
	for (unsigned i = 0; i < VGIC_LPIS; i++) {
		struct vgic_lpi *l = &g->lpi[i];
		bool pending = false;

		if (l->intid == 0 || l->cpu != cpu)
			continue;
		read_config(g, l);
		if ((c->pendbaser & GICR_PENDBASER_PTZ) != 0 ||
		    !pending_read(g, cpu, l->intid, &pending))
			pending = false;
		set_loaded(g, l, pending);
	}
}

static void disable(struct vgic *g, unsigned cpu)
{
	for (unsigned i = 0; i < VGIC_LPIS; i++) {
		struct vgic_lpi *l = &g->lpi[i];

		if (l->intid == 0 || l->cpu != cpu)
			continue;
		/* A table that is not there keeps nothing. */
		(void)pending_write(g, cpu, l->intid, l->irq.latch || l->irq.latched);
		set_loaded(g, l, false);
	}
	g->cpu[cpu].lpis = false;
}

/* One half of a 64-bit register. */
static u32 half(u64 *reg, u32 off, bool write, u32 v, u64 kept)
{
	unsigned shift = off & 4 ? 32 : 0;

	if (write)
		*reg = ((*reg & ~(0xffffffffULL << shift)) | (u64)v << shift) & kept;
	return (u32)(*reg >> shift);
}

bool vgic_lpi_register(struct vgic *g, unsigned cpu, u32 off, bool write, u32 *v)
{
	struct vgic_cpu *c = &g->cpu[cpu];
	u64 seen;

	if (g->memory == NULL)
		return false;
	if (off == GICR_CTLR) {
		bool on = (*v & GICR_CTLR_ENABLE_LPIS) != 0;

		if (write && on != c->lpis)
			(on ? enable : disable)(g, cpu);
		*v = (u32)GICR_CTLR_CES | (c->lpis ? (u32)GICR_CTLR_ENABLE_LPIS : 0);
		return true;
	}
	write = write && !c->lpis;
	if (off == GICR_PROPBASER || off == GICR_PROPBASER + 4) {
		half(&c->propbaser, off, write, *v, PROPBASER_KEPT);
		seen = c->propbaser;
		if (fault_on(FAULT_LPI_PROPBASER_FORGETS))
			seen &= ~GICR_PROPBASER_ADDRESS;
		*v = half(&seen, off, false, 0, 0);
		return true;
	}
	if (off == GICR_PENDBASER || off == GICR_PENDBASER + 4) {
		half(&c->pendbaser, off, write, *v, PENDBASER_KEPT);
		seen = c->pendbaser & ~GICR_PENDBASER_PTZ; /* write only */
		*v = half(&seen, off, false, 0, 0);
		return true;
	}
	return false;
}

/* ---- what an ITS does ---- */
bool vgic_lpi_map(struct vgic *g, u32 intid, unsigned cpu)
{
	struct vgic_lpi *l = find(g, intid);

	if (g->memory == NULL || intid < GIC_LPI_FIRST || intid >= VGIC_LPI_END)
		return false;
	if (l == NULL) {
		l = place(g, intid);
		if (l == NULL)
			return false;
		*l = (struct vgic_lpi){ .intid = intid,
					.cpu = cpu,
					.irq = { .group1 = true, .edge = true } };
	}
	l->maps++;
	read_config(g, l);
	return true;
}

void vgic_lpi_unmap(struct vgic *g, u32 intid)
{
	struct vgic_lpi *l = find(g, intid);

	if (l == NULL || --l->maps > 0)
		return;
	*l = (struct vgic_lpi){ 0 };
	update(g, l);
}

void vgic_lpi_move(struct vgic *g, u32 intid, unsigned cpu)
{
	struct vgic_lpi *l = find(g, intid);
	bool unread;

	if (l == NULL || l->cpu == cpu)
		return;
	unread = !live(g, l->cpu);
	l->cpu = cpu;
	if (!live(g, cpu))
		l->irq.latch = l->irq.latched = false;
	if (unread)
		read_config(g, l);
	update(g, l);
}

void vgic_lpi_configure(struct vgic *g, u32 intid)
{
	struct vgic_lpi *l = find(g, intid);

	if (l != NULL)
		read_config(g, l);
}

void vgic_lpi_set_pending(struct vgic *g, u32 intid, bool pending)
{
	struct vgic_lpi *l = find(g, intid);

	if (l == NULL)
		return;
	l->irq.latch = pending && live(g, l->cpu);
	if (!pending)
		l->irq.latched = false; /* what stands in a list register is nothing any more */
	l->returned = false;
	update(g, l);
}

bool vgic_lpi_is_pending(const struct vgic *g, u32 intid)
{
	const struct vgic_lpi *l = lookup(g, intid);

	return l != NULL && (l->irq.latch || l->irq.latched);
}

bool vgic_lpi_is_enabled(const struct vgic *g, u32 intid)
{
	const struct vgic_lpi *l = lookup(g, intid);

	return l != NULL && l->irq.enabled;
}

unsigned vgic_lpi_cpu(const struct vgic *g, u32 intid)
{
	const struct vgic_lpi *l = lookup(g, intid);

	return l != NULL ? l->cpu : VGIC_NOWHERE;
}

/* ---- save and restore ---- */
static bool to_save(const struct vgic_lpi *l)
{
	if (fault_on(FAULT_ITS_SAVE_PENDING_LOST))
		return false;
	if (fault_on(FAULT_ITS_CYCLE_LOSES) && (l->returned || l->irq.latched))
		return false;
	return l->irq.latch || l->irq.latched;
}

/* MOVALL leaves an LPI pending where its events do not go: each table has the bit or has it not. */
enum status vgic_lpi_save(struct vgic *g)
{
	for (unsigned i = 0; i < VGIC_LPIS; i++) {
		const struct vgic_lpi *l = &g->lpi[i];

		for (unsigned c = 0; c < g->cpus && l->intid != 0; c++)
			if (live(g, c) && !pending_write(g, c, l->intid, l->cpu == c && to_save(l)))
				return ST_FAULT;
	}
	return ST_OK;
}

enum status vgic_lpi_load(struct vgic *g)
{
	bool invent = fault_on(FAULT_ITS_CYCLE_INVENTS);

	for (unsigned i = 0; i < VGIC_LPIS; i++) {
		struct vgic_lpi *l = &g->lpi[i];
		bool pending = false;

		for (unsigned c = 0; c < g->cpus && l->intid != 0 && !pending; c++) {
			if (!live(g, c))
				continue;
			if (!pending_read(g, c, l->intid, &pending))
				return ST_FAULT;
			if (pending)
				vgic_lpi_move(g, l->intid, c);
		}
		if (invent && l->irq.enabled && !pending) {
			invent = false;
			pending = true;
		}
		set_loaded(g, l, pending);
	}
	return ST_OK;
}

void vgic_lpi_forget(struct vgic *g)
{
	for (unsigned i = 0; i < VGIC_LPIS; i++)
		g->lpi[i] = (struct vgic_lpi){ 0 };
	for (unsigned i = 0; i < ARRAY_SIZE(g->lpi_ready); i++)
		g->lpi_ready[i] = 0;
}

/* ---- list registers ---- */
u32 vgic_lpi_stands(const struct vgic *g, u32 intid)
{
	u32 cpus = 0;

	for (unsigned c = 0; c < g->cpus; c++)
		for (unsigned i = g->cpu[c].filled_forced; i < g->cpu[c].filled; i++)
			if (g->cpu[c].lr_intid[i] == intid)
				cpus |= 1u << c;
	return cpus;
}

/* Entries of lpi_ready[] from `slot` on; VGIC_LPIS: no more. */
static unsigned next_ready(const struct vgic *g, unsigned slot)
{
	while (slot < VGIC_LPIS) {
		u64 word = g->lpi_ready[slot / 64] >> slot % 64;

		if (word != 0)
			return slot + (unsigned)__builtin_ctzll(word);
		slot = (slot / 64 + 1) * 64;
	}
	return VGIC_LPIS;
}

static bool for_cpu(const struct vgic *g, unsigned slot, unsigned cpu)
{
	return g->lpi[slot].cpu == cpu && live(g, cpu) && (g->ctlr & 2) != 0;
}

/* One that stands in another CPU's list register counts, too: that CPU was told to look. */
bool vgic_lpi_waiting(const struct vgic *g, unsigned cpu)
{
	for (unsigned i = next_ready(g, 0); i < VGIC_LPIS; i = next_ready(g, i + 1))
		if (for_cpu(g, i, cpu))
			return true;
	return false;
}

struct vgic_lpi *vgic_lpi_best(struct vgic *g, unsigned cpu)
{
	struct vgic_lpi *found = NULL;

	for (unsigned i = next_ready(g, 0); i < VGIC_LPIS; i = next_ready(g, i + 1)) {
		struct vgic_lpi *l = &g->lpi[i];

		/* An id may stand in one list register only, of all CPUs. */
		if (for_cpu(g, i, cpu) && vgic_lpi_stands(g, l->intid) == 0 &&
		    vgic_forced_find(&g->cpu[cpu], l->intid) == NULL &&
		    (found == NULL || l->irq.priority < found->irq.priority))
			found = l;
	}
	return found;
}

void vgic_lpi_entered(struct vgic *g, u32 intid)
{
	struct vgic_lpi *l = find(g, intid);

	l->returned = false;
	update(g, l);
}

/* One that was unmapped meanwhile, or cleared, or mapped again, is not the one that entered. */
u32 vgic_lpi_left(struct vgic *g, u32 intid, bool pending)
{
	struct vgic_lpi *l = find(g, intid);

	if (l == NULL)
		return 0;
	if (pending && l->irq.latched) {
		l->irq.latch = true;
		l->returned = true;
	}
	l->irq.latched = false;
	update(g, l);
	return l->irq.latch && l->cpu < g->cpus ? 1u << l->cpu : 0;
}
