/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles of save, forget and restore while interrupts flow: every CPU raises an LPI on the next
 * one, by INT, and waits for it, and a device sends messages where there is one. None may be lost
 * and none may come twice.
 */
#include "gic_save.h"

#include "mm.h"
#include "smp.h"

#define CYCLES      1000u
#define HELD_VISITS 3u
#define TRAFFIC_NS  5000000000ULL

static struct gic_device dev;
static u32 stop;

struct worker {
	struct gic_event *e;
	unsigned target;
	u64 raised;
	enum status st; /* of the commands, or of the LPI */
	bool running;
};
static struct worker workers[SMP_MAX_CPUS];

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_ACQUIRE) != 0;
}

/* In pairs, so that never an INT stands where the queue wraps. */
static enum status raise(const struct gic_event *e)
{
	struct its_command c[2] = { [1] = its_int(e->device, e->id) };
	enum status st;
	u64 target;

	st = its_target(0, &target);
	c[0] = its_sync(target);
	return st == ST_OK ? its_submit(c, 2) : st;
}

/* Until the queue is at an even place. */
static bool pair_up(void)
{
	u64 at = cvm.ops->mmio_read(its_frame().base + GITS_CWRITER, 8) & GITS_OFFSET, target;
	struct its_command sync;

	if (at / ITS_COMMAND_BYTES % 2 == 0 || its_target(0, &target) != ST_OK)
		return true;
	sync = its_sync(target);
	return expect_eq("a SYNC", its_submit(&sync, 1), ST_OK);
}

/* One LPI, there and taken. */
static void turn(struct worker *w)
{
	u64 before = heard_all(&w->e->heard);

	w->st = raise(w->e);
	if (w->st != ST_OK)
		return;
	w->raised++;
	if (!heard_more(&w->e->heard, before, WAIT_NS))
		w->st = ST_TIMEOUT;
}

static void work(void *arg)
{
	struct deadline d = deadline_in(TRAFFIC_NS);
	struct worker *w = arg;
	bool enabled = arch_irq_save();

	irq_enable_cpu();
	while (w->st == ST_OK && !stopped() && !deadline_passed(&d))
		turn(w);
	/* What others raise here still comes. */
	while (!stopped() && !deadline_passed(&d))
		visit_host();
	irq_disable_cpu();
	arch_irq_restore(enabled);
}

static u64 cycles(void)
{
	struct coop c = { 0 };

	return coop_call(COOP_ITS_COUNTS, &c) ? c.arg[0] : 0;
}

/* ---- taken over, not acknowledged ---- */

/* An LPI of this CPU's own, which stands in a list register while cycles pass. */
static struct gic_event held;
static u64 held_raised;

static bool open_held(unsigned id)
{
	held = (struct gic_event){ .device = dev.id, .id = id };
	held_raised = 0;
	return gic_take(&held) && gic_map(&held, 0);
}

static void close_held(void)
{
	struct its_command c = its_discard(held.device, held.id);

	if (held.mapped)
		(void)gic_do(&c, 1, NULL);
	if (held.lpi != 0)
		lpi_give(held.lpi);
}

static enum status held_turn(void)
{
	u64 before = heard_all(&held.heard);
	enum status st;

	irq_disable_cpu();
	st = raise(&held);
	for (unsigned i = 0; i < HELD_VISITS; i++)
		visit_host();
	irq_enable_cpu();
	if (st != ST_OK)
		return st;
	held_raised++;
	return heard_more(&held.heard, before, WAIT_NS) ? ST_OK : ST_TIMEOUT;
}

/* ---- messages of a device ---- */

static struct source messages;

static bool open_messages(void)
{
	struct virtio_device *d = dev_nth(VIRTIO_ID_ENTROPY, 0);

	return d != NULL && d->pci != NULL && source_possible(d) && source_open(&messages, d, 0);
}

/* Requests that were answered; each interrupts before the next one is made. */
static enum status message_turn(u64 *answered)
{
	u64 before = heard_all(&messages.heard);

	if (!source_request(&messages, true))
		return ST_OK;
	++*answered;
	return heard_more(&messages.heard, before, WAIT_NS) ? ST_OK : ST_TIMEOUT;
}

/* ---- all of it ---- */

static bool start(unsigned cpus)
{
	stop = 0;
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		workers[cpu] =
		    (struct worker){ .e = &dev.event[cpu], .target = gic_other_cpu(cpu) };
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		if (!gic_map(workers[cpu].e, workers[cpu].target))
			return false;
	if (!pair_up())
		return false;
	for (unsigned cpu = 1; cpu < cpus; cpu++)
		workers[cpu].running =
		    can_listen(cpu) && smp_run(cpu, work, &workers[cpu]) == ST_OK;
	return true;
}

static void finish(unsigned cpus)
{
	/* What is on its way arrives while all still listen. */
	heard_settle();
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (unsigned cpu = 1; cpu < cpus; cpu++)
		if (workers[cpu].running)
			expect_eq("a CPU finishing its work", smp_wait(cpu), ST_OK);
}

static void compare(unsigned cpus, u64 answered)
{
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		const struct worker *w = &workers[cpu];

		check_note("CPU %u raised %llu on CPU %u: %s", cpu, (unsigned long long)w->raised,
			   w->target, status_text(w->st));
		expect_eq("LPIs taken, of those raised", heard_all(&w->e->heard), w->raised);
		expect_eq("those taken where they belong", heard_on(&w->e->heard, w->target),
			  w->raised);
	}
	expect_eq("LPIs taken, of those that stood in a list register", heard_all(&held.heard),
		  held_raised);
	expect_eq("messages taken, of those of the device", heard_all(&messages.heard), answered);
}

static void traffic(unsigned cpus, bool with_messages)
{
	struct deadline d = deadline_in(TRAFFIC_NS);
	u64 before = cycles(), strays = irq_unexpected(), answered = 0, done;
	struct listener l;

	if (!start(cpus) || !listen_start(&l, 0, 2 * TRAFFIC_NS))
		return;
	if (expect_true("asking for cycles", coop_do(COOP_ITS_CYCLES, CYCLES, 0), "they begin"))
		while (cycles() - before < CYCLES && workers[0].st == ST_OK &&
		       !deadline_passed(&d)) {
			turn(&workers[0]);
			if (workers[0].st == ST_OK)
				workers[0].st = held_turn();
			if (workers[0].st == ST_OK && with_messages)
				workers[0].st = message_turn(&answered);
		}
	done = cycles() - before;
	finish(cpus);
	listen_stop(&l);
	compare(cpus, answered);
	expect_eq("interrupts nobody had asked for", irq_unexpected(), strays);
	if (!check_failed())
		expect_true("cycles", done >= CYCLES, "all that were asked for");
}

void gic_save_traffic(void)
{
	unsigned cpus = MIN(smp_cpu_count(), GIC_EVENTS);
	bool with_messages;
	void *gap[2];

	if (!gic_save_usable() || !coop_needs(COOP_ITS_CYCLES))
		return;
	if (!counter_is_sound()) {
		check_skip(
		    "the counter steps back, see timer.monotonic: waits would end at any time");
		return;
	}
	messages.heard = (struct heard){ .wired = NULL };
	with_messages = open_messages();
	/* What a save writes behind an ITT is judged by gic.memory.itt. */
	gap[0] = pool_alloc_small(ITS_ITT_ALIGN);
	if (gic_open_bits(&dev, 0, cpus, GIC_BITS)) {
		gap[1] = pool_alloc_small(ITS_ITT_ALIGN);
		if (open_held(cpus))
			traffic(cpus, with_messages);
		close_held();
		pool_free_small(gap[1], ITS_ITT_ALIGN);
	}
	if (with_messages)
		source_close(&messages);
	gic_close(&dev);
	pool_free_small(gap[0], ITS_ITT_ALIGN);
}
