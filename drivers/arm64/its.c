/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ITS as a whole: what it says of itself, up, down, and up again. Every register is a claim:
 * clamped, read back, or the ITS is not used, by a reason that is printed. None of them stops the
 * guest.
 */
#include "its_internal.h"

#include <string.h>

#include "arch.h"
#include "cvm.h"
#include "gic.h"
#include "mmu.h"
#include "platform.h"

#define CONTROL_BYTES   0x10000u
#define DEVICE_BITS_MAX 32u
#define EVENT_BITS_MAX  16u

struct its its = { .why = "there is none" };

bool its_lock(void)
{
	bool irqs = arch_irq_save();

	spin_lock(&its.lock);
	return irqs;
}

void its_unlock(bool irqs)
{
	spin_unlock(&its.lock);
	arch_irq_restore(irqs);
}

/* ---- up ---- */

static const char *identify(const struct platform_info *p)
{
	u64 base = p->its.base;
	u64 gicd = cvm.ops->mmio_read(p->gicd.base + GICD_TYPER, 4);
	u64 typer, iidr, rev;

	if (p->its.size < GITS_SIZE || !is_aligned(base, CONTROL_BYTES))
		return "its registers are no ITS's";
	if (mmu_map_device((struct range){ base, CONTROL_BYTES }) != ST_OK)
		return "its registers cannot be mapped";
	if ((gicd & GICD_TYPER_LPIS) == 0 || GICD_TYPER_ID_BITS(gicd) < ITS_LPI_BITS)
		return "the distributor has no LPIs";
	iidr = (u32)cvm.ops->mmio_read(base + GITS_IIDR, 4);
	rev = GIC_PIDR2_REV(cvm.ops->mmio_read(base + GIC_PIDR2, 4));
	if (iidr == 0 || iidr == ~0u || (rev != 3 && rev != 4))
		return "it is none of a GICv3";
	typer = cvm.ops->mmio_read(base + GITS_TYPER, 8);
	if ((typer & GITS_TYPER_PHYSICAL) == 0)
		return "it has no physical LPIs";
	its.base = base;
	its.collection_ids = MIN(BIT(GITS_TYPER_COLLECTION_BITS(typer)), SMP_MAX_CPUS);
	its.held_ids = GITS_TYPER_HCC(typer);
	its.info = (struct its_info){
		.device_bits = MIN(GITS_TYPER_DEVICE_BITS(typer), DEVICE_BITS_MAX),
		.event_bits = MIN(GITS_TYPER_EVENT_BITS(typer), EVENT_BITS_MAX),
		.id_bits = ITS_LPI_BITS,
		.itt_entry = GITS_TYPER_ITT_ENTRY(typer),
		.address_targets = (typer & GITS_TYPER_PTA) != 0,
	};
	return NULL;
}

static void write_ctlr(u64 v)
{
	cvm.ops->mmio_write(its.base + GITS_CTLR, 4, v);
}

/* true: it reads nothing any more. */
static bool disable(void)
{
	write_ctlr(0);
	return its_wait_for(its.base + GITS_CTLR, GITS_CTLR_ENABLED | GITS_CTLR_QUIESCENT,
			    GITS_CTLR_QUIESCENT) == ST_OK;
}

static bool enable(void)
{
	arch_barrier();
	write_ctlr(GITS_CTLR_ENABLED);
	return (cvm.ops->mmio_read(its.base + GITS_CTLR, 4) & GITS_CTLR_ENABLED) != 0;
}

static enum status cpu_start_locked(u64 frame)
{
	struct its_cpu *c = &its.cpu[arch_cpu_index()];
	enum status st;

	if (its.phase != ITS_LIVE)
		return ST_UNSUPPORTED;
	if (c->frame != 0)
		return ST_STATE;
	/* Bits of 2^14 INTIDs are half a page. */
	c->pending = its_memory(PAGE_SIZE, KIB(64));
	if (c->pending.size == 0)
		return ST_NO_MEMORY;
	st = lpi_cpu_start(frame, c->pending);
	if (st != ST_OK) {
		its_memory_free(&c->pending, lpi_cpu_stop(frame) == ST_OK);
		return st;
	}
	c->frame = frame;
	c->target = its.info.address_targets
			? frame
			: (u64)GICR_TYPER_PROCESSOR(cvm.ops->mmio_read(frame + GICR_TYPER, 8))
			      << 16;
	its_account();
	return ST_OK;
}

enum status its_init_cpu(u64 frame)
{
	bool irqs = its_lock();
	enum status st = cpu_start_locked(frame);

	its_unlock(irqs);
	return st;
}

/* The boot CPU's LPIs, and commands that the ITS must carry out before anybody relies on it. */
static const char *start(void)
{
	u16 collection;

	if (!enable())
		return "it cannot be enabled";
	its.phase = ITS_LIVE;
	if (cpu_start_locked(gic_frame(0)) != ST_OK)
		return "the boot CPU takes no LPIs";
	if (its_collection_locked(0, &collection) != ST_OK)
		return "it does not carry out commands";
	return NULL;
}

static void stop_locked(const char *why)
{
	bool released = disable();

	its_devices_free(released);
	its_tables_free(released);
	its_memory_free(&its.queue, released);
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++) {
		struct its_cpu *c = &its.cpu[i];
		bool off = c->frame == 0 || lpi_cpu_stop(c->frame) == ST_OK;

		its_memory_free(&c->pending, off);
		*c = (struct its_cpu){ 0 };
	}
	its_memory_free(&its.config, !its.lpis_stay);
	its.phase = ITS_STOPPED;
	its.why = why;
	its_account();
}

static enum status init_locked(const struct platform_info *p)
{
	const char *why = identify(p);

	if (why != NULL) {
		its.why = why;
		return ST_UNSUPPORTED;
	}
	why = disable() ? NULL : "it does not become quiescent";
	if (why == NULL)
		why = its_tables_init();
	if (why == NULL)
		why = its_queue_init();
	if (why == NULL && !lpi_init())
		why = "no memory for the configuration of LPIs";
	if (why == NULL)
		why = start();
	its_account();
	if (why != NULL) {
		stop_locked(why);
		return ST_UNSUPPORTED;
	}
	its.why = "it is up";
	return ST_OK;
}

enum status its_init(const struct platform_info *p)
{
	enum status st;
	bool irqs;

	if (p->its.size == 0)
		return ST_UNSUPPORTED;
	irqs = its_lock();
	st = its.phase == ITS_ABSENT ? init_locked(p) : ST_STATE;
	its_unlock(irqs);
	return st;
}

void its_stop(void)
{
	bool irqs = its_lock();

	if (its.phase == ITS_LIVE || its.phase == ITS_GIVEN_UP)
		stop_locked("it was stopped");
	its_unlock(irqs);
}

/* ---- up again ---- */

/* Pending bits are forgotten where the host lets LPIs be turned off; else the table stays as it
 * is, because it is in use. */
static enum status restart_cpus(void)
{
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++) {
		struct its_cpu *c = &its.cpu[i];
		enum status st;

		c->mapped = false;
		if (c->frame == 0 || lpi_cpu_stop(c->frame) != ST_OK)
			continue;
		memset((void *)(uintptr_t)c->pending.base, 0, c->pending.size);
		st = lpi_cpu_start(c->frame, c->pending);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status remap(void)
{
	enum status st = ST_OK;
	u16 id;

	for (unsigned i = 0; i < SMP_MAX_CPUS && st == ST_OK; i++)
		if (its.cpu[i].collection)
			st = its_collection_locked(i, &id);
	return st == ST_OK ? its_devices_remap() : st;
}

static enum status restart_locked(void)
{
	const char *why;
	enum status st;

	if (its.phase != ITS_LIVE && its.phase != ITS_GIVEN_UP)
		return ST_STATE;
	its.phase = ITS_GIVEN_UP;
	if (!disable()) {
		its.why = "it does not become quiescent";
		return ST_TIMEOUT;
	}
	why = its_tables_reset();
	if (why == NULL)
		why = its_queue_reset();
	lpi_rewrite();
	st = why == NULL ? restart_cpus() : ST_PROTOCOL;
	if (st != ST_OK) {
		its.why = why != NULL ? why : "a CPU does not take LPIs again";
		return st;
	}
	if (!enable()) {
		its.why = "it cannot be enabled again";
		return ST_PROTOCOL;
	}
	its.phase = ITS_LIVE;
	its.why = "it is up";
	return remap();
}

enum status its_restart(void)
{
	bool irqs = its_lock();
	enum status st = restart_locked();

	its_unlock(irqs);
	return st;
}

/* ---- CPUs ---- */

static enum status target_locked(unsigned cpu, u64 *target)
{
	if (cpu >= SMP_MAX_CPUS || its.cpu[cpu].frame == 0)
		return ST_STATE;
	*target = its.cpu[cpu].target;
	return ST_OK;
}

enum status its_target(unsigned cpu, u64 *target)
{
	bool irqs = its_lock();
	enum status st = target_locked(cpu, target);

	its_unlock(irqs);
	return st;
}

enum status its_collection_locked(unsigned cpu, u16 *collection)
{
	struct its_command c[3];
	enum status st;
	u64 target;

	st = target_locked(cpu, &target);
	if (st != ST_OK)
		return st;
	if (cpu >= its.collections.ids)
		return ST_RANGE;
	*collection = (u16)cpu;
	if (its.cpu[cpu].mapped)
		return ST_OK;
	c[0] = its_mapc((u16)cpu, target, true);
	c[1] = its_invall((u16)cpu);
	c[2] = its_sync(target);
	st = its_submit_locked(c, ARRAY_SIZE(c));
	if (st == ST_OK)
		its.cpu[cpu].collection = its.cpu[cpu].mapped = true;
	return st;
}

enum status its_collection(unsigned cpu, u16 *collection)
{
	bool irqs = its_lock();
	enum status st = its_collection_locked(cpu, collection);

	its_unlock(irqs);
	return st;
}

/* ---- what others see ---- */

bool its_available(void)
{
	return __atomic_load_n(&its.phase, __ATOMIC_RELAXED) == ITS_LIVE;
}

const char *its_why(void)
{
	return its.why;
}

const struct its_info *its_get_info(void)
{
	return &its.info;
}

struct range its_frame(void)
{
	return its.base != 0 ? (struct range){ its.base, CONTROL_BYTES } : (struct range){ 0, 0 };
}

unsigned its_tables(struct its_table *list, unsigned max)
{
	bool irqs = its_lock();
	unsigned n = its_list(list, max);

	its_unlock(irqs);
	return n;
}

struct its_stats its_get_stats(void)
{
	bool irqs = its_lock();
	struct its_stats s = its.stats;

	its_unlock(irqs);
	return s;
}
