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
#include "mm.h"
#include "mmu.h"
#include "platform.h"

#define GICD_TYPER      0x0004u
#define CONTROL_BYTES   0x10000u
#define PIDR2_REV(v)    FIELD(v, 7, 4)
#define DEVICE_BITS_MAX 32u
#define EVENT_BITS_MAX  16u
#define WAIT_POLLS      20000u
#define WAIT_POLLS_MAX  1000000u /* a counter that stands still included */
#define WAIT_MS         100u
#define HZ_ASSUMED      1000000000ULL

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

/* ---- waits ---- */

struct its_wait its_wait_start(void)
{
	return (struct its_wait){ arch_counter(), 0 };
}

bool its_wait_over(struct its_wait *w)
{
	u64 hz = arch_counter_hz();
	u64 limit = (hz != 0 ? hz : HZ_ASSUMED) / 1000 * WAIT_MS;

	arch_cpu_relax();
	w->polls++;
	return w->polls > WAIT_POLLS_MAX ||
	       (w->polls > WAIT_POLLS && arch_counter() - w->start > limit);
}

enum status its_wait_for(u64 pa, u64 mask, u64 want)
{
	struct its_wait w = its_wait_start();

	while ((cvm.ops->mmio_read(pa, 4) & mask) != want)
		if (its_wait_over(&w))
			return ST_TIMEOUT;
	return ST_OK;
}

/* ---- memory ---- */

struct range its_memory(u64 bytes, u64 align)
{
	void *p = pool_alloc(bytes / PAGE_SIZE, align);

	return p != NULL ? (struct range){ (u64)(uintptr_t)p, bytes } : (struct range){ 0, 0 };
}

void its_memory_free(struct range *r, bool released)
{
	void *p = (void *)(uintptr_t)r->base;

	if (r->size != 0 && released) {
		pool_free(p, r->size / PAGE_SIZE);
	} else if (r->size != 0) {
		pool_keep(p, r->size);
		its.stats.leaked += r->size / PAGE_SIZE;
	}
	*r = (struct range){ 0, 0 };
}

void its_publish(struct range r)
{
	if (its.noncoherent)
		gic_clean(r);
	arch_barrier();
}

bool its_program(u64 pa, u64 value, u64 same, unsigned inner_shift, struct range table)
{
	u64 back;

	its_publish(table);
	cvm.ops->mmio_write(pa, 8, value);
	back = cvm.ops->mmio_read(pa, 8);
	if ((back & GIC_SHARE_MASK) == 0) {
		its.noncoherent = true;
		its_publish(table);
		value &= ~(GIC_SHARE_MASK | 7ULL << inner_shift);
		value |= (u64)GIC_CACHE_NONE << inner_shift;
		cvm.ops->mmio_write(pa, 8, value);
		back = cvm.ops->mmio_read(pa, 8);
	}
	return ((back ^ value) & same) == 0;
}

static unsigned add_table(struct its_table *list, unsigned n, unsigned max, const char *name,
			  struct range r)
{
	if (r.size == 0 || n == max)
		return n;
	list[n] = (struct its_table){ name, r.base, r.size };
	return n + 1;
}

/* The pages an ITT lies in: several share one. */
static unsigned add_itt(struct its_table *list, unsigned n, unsigned max, struct range itt)
{
	u64 page = align_down(itt.base, PAGE_SIZE);

	for (unsigned i = 0; i < n; i++)
		if (list[i].base == page)
			return n;
	return add_table(list, n, max, "ITTs",
			 (struct range){ page, align_up(itt.size, PAGE_SIZE) });
}

static unsigned list_tables(struct its_table *list, unsigned max)
{
	unsigned n = 0;

	n = add_table(list, n, max, "command queue", its.queue);
	n = add_table(list, n, max, "device table", its.devices.memory);
	n = add_table(list, n, max, "collection table", its.collections.memory);
	n = add_table(list, n, max, "LPI configuration", its.config);
	for (unsigned i = 0; i < ITS_LEVEL2; i++)
		n = add_table(list, n, max, "device table, level 2", its.level2[i].memory);
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		n = add_table(list, n, max, "LPI pending bits", its.cpu[i].pending);
	for (unsigned i = 0; i < ITS_DEVICES; i++)
		if (its.device[i].itt.size != 0)
			n = add_itt(list, n, max, its.device[i].itt);
	return n;
}

void its_account(void)
{
	static struct its_table list[4 + ITS_LEVEL2 + SMP_MAX_CPUS + ITS_DEVICES];
	unsigned n = list_tables(list, ARRAY_SIZE(list));

	its.stats.pages = 0;
	for (unsigned i = 0; i < n; i++)
		its.stats.pages += list[i].bytes / PAGE_SIZE;
	its.stats.high_water = MAX(its.stats.high_water, its.stats.pages);
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
	rev = PIDR2_REV(cvm.ops->mmio_read(base + GITS_PIDR2, 4));
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

enum status its_init(const struct platform_info *p)
{
	const char *why;
	bool irqs;

	if (p->its.size == 0)
		return ST_UNSUPPORTED;
	irqs = its_lock();
	why = its.phase == ITS_ABSENT ? identify(p) : "it was started before";
	if (why != NULL) {
		its.why = why;
		its_unlock(irqs);
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
	if (why != NULL)
		stop_locked(why);
	else
		its.why = "it is up";
	its_account();
	its_unlock(irqs);
	return why == NULL ? ST_OK : ST_UNSUPPORTED;
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

		c->collection = false;
		if (c->frame == 0 || lpi_cpu_stop(c->frame) != ST_OK)
			continue;
		memset((void *)(uintptr_t)c->pending.base, 0, c->pending.size);
		st = lpi_cpu_start(c->frame, c->pending);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status remap(const bool *collection)
{
	enum status st = ST_OK;
	u16 id;

	for (unsigned i = 0; i < SMP_MAX_CPUS && st == ST_OK; i++)
		if (collection[i])
			st = its_collection_locked(i, &id);
	return st == ST_OK ? its_devices_remap() : st;
}

static enum status restart_locked(void)
{
	bool collection[SMP_MAX_CPUS];
	const char *why = NULL;
	enum status st;

	if (its.phase != ITS_LIVE && its.phase != ITS_GIVEN_UP)
		return ST_STATE;
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++)
		collection[i] = its.cpu[i].collection;
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
	return remap(collection);
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
	if (its.cpu[cpu].collection)
		return ST_OK;
	c[0] = its_mapc((u16)cpu, target, true);
	c[1] = its_invall((u16)cpu);
	c[2] = its_sync(target);
	st = its_submit_locked(c, ARRAY_SIZE(c));
	its.cpu[cpu].collection = st == ST_OK;
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
	unsigned n = list_tables(list, max);

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
