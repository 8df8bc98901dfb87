/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2m frame (Arm BSA): a 32-bit write of an INTID to SETSPI makes that SPI
 * pending. Frame and range are the host's claim: what lies outside the distributor's SPIs is cut
 * off, and what a wired device has already is passed over.
 */
#include "arch.h"
#include "cvm.h"
#include "gic.h"
#include "its.h"
#include "mmu.h"
#include "platform.h"

static struct {
	u64 setspi;
	u32 first, end; /* INTIDs; first == end: no messages */
	u32 next;       /* where the search for a free one begins */
	u64 given[GIC_SPI_END / 64 + 1];
} frame;
static struct spinlock lock;

static bool is_given(u32 intid)
{
	return (frame.given[intid / 64] & BIT(intid % 64)) != 0;
}

static void set_given(u32 intid, bool given)
{
	if (given)
		frame.given[intid / 64] |= BIT(intid % 64);
	else
		frame.given[intid / 64] &= ~BIT(intid % 64);
}

/* Of [base, base + count) the SPIs that the distributor has: no more can be wired. */
static enum status set_range(const struct platform_info *p, u32 base, u32 count)
{
	u64 end = MIN((u64)base + count, (u64)spi_end());

	base = MAX(base, GIC_SPI_FIRST);
	if (end <= base)
		return ST_RANGE;
	frame.setspi = p->v2m.base + V2M_SETSPI;
	frame.first = frame.next = base;
	frame.end = (u32)end;
	return ST_OK;
}

enum status v2m_init(const struct platform_info *p)
{
	u32 base = p->v2m_base, count = p->v2m_count;
	enum status st;

	frame.first = frame.end = 0;
	if (p->v2m.size == 0)
		return ST_UNSUPPORTED;
	if (p->v2m.size < V2M_SIZE)
		return ST_RANGE;
	st = mmu_map_device((struct range){ p->v2m.base, V2M_SIZE });
	if (st != ST_OK)
		return st;
	if (count == 0) {
		u64 typer = cvm.ops->mmio_read(p->v2m.base + V2M_TYPER, 4);

		base = V2M_TYPER_BASE(typer);
		count = V2M_TYPER_COUNT(typer);
	}
	return set_range(p, base, count);
}

/* From where the last search ended, so that one given back is not another device's at once: a
 * message of its last owner may be on its way. */
static bool take(u32 *intid)
{
	bool irqs = arch_irq_save(), found = false;

	spin_lock(&lock);
	for (u32 tries = frame.end - frame.first; tries > 0 && !found; tries--) {
		*intid = frame.next;
		frame.next = frame.next + 1 < frame.end ? frame.next + 1 : frame.first;
		found = !is_given(*intid);
	}
	if (found)
		set_given(*intid, true);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
	return found;
}

static void give_back(u32 intid)
{
	bool irqs = arch_irq_save();

	spin_lock(&lock);
	set_given(intid, false);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
}

enum status v2m_msi_alloc(unsigned cpu, irq_handler fn, void *ctx, struct msi_message *m)
{
	enum status st;
	u64 mpidr;
	u32 intid = 0;

	if (frame.end == 0)
		return ST_UNSUPPORTED;
	if (fn == NULL)
		return ST_INVALID;
	/* Before irq_wire() says it of every SPI: there ST_STATE means that a wire is there. */
	st = gic_affinity(cpu, &mpidr);
	if (st != ST_OK)
		return st;
	for (u32 tries = frame.end - frame.first; tries > 0; tries--) {
		if (!take(&intid))
			return ST_NO_MEMORY;
		st = irq_wire(intid, false, cpu, fn, ctx);
		if (st == ST_OK) {
			*m = (struct msi_message){ frame.setspi, intid, 0 };
			return ST_OK;
		}
		give_back(intid);
		if (st != ST_STATE)
			return st;
	}
	return ST_NO_MEMORY;
}

void v2m_msi_free(const struct msi_message *m)
{
	bool irqs, ours;

	if (frame.end == 0 || m->address != frame.setspi || m->data < frame.first ||
	    m->data >= frame.end)
		return;
	irqs = arch_irq_save();
	spin_lock(&lock);
	ours = is_given(m->data);
	spin_unlock(&lock);
	arch_irq_restore(irqs);
	if (!ours)
		return; /* wired by somebody else, who still needs it */
	irq_unwire(m->data);
	give_back(m->data);
}
