/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue (IHI 0069, 5.3.1 and 5.3.2): order, wrap, errors, and an ITS that is off. */
#include "gic_check.h"

#include "cvm.h"

#define ROUND      3u /* commands */
#define ROUNDS     200u
#define LAPS       3u
#define STANDS_NS  5000000ULL
#define UNKNOWN_OP 0x7fu

static struct gic_device dev;

/* Each of the three needs the one before it, and every third wrap meets each of them. */
static bool in_order(struct gic_event *e)
{
	u64 before = heard_all(&e->heard);
	struct its_command c[ROUND] = {
		its_discard(e->device, e->id),
		its_mapti(e->device, e->id, e->lpi, e->collection),
		its_int(e->device, e->id),
	};
	enum status st = its_submit(c, ROUND);

	if (!expect_eq("commands, none of them in error", st, ST_OK))
		return false;
	return expect_true("DISCARD, MAPTI, INT", heard_more(&e->heard, before, GIC_ARRIVAL_NS),
			   "the event's LPI");
}

/* Of these nothing is seen but that they are read. */
static bool laps(void)
{
	struct its_command c[GIC_COMMANDS];
	u64 target;

	if (!expect_eq("the ITS's name of CPU 0", its_target(0, &target), ST_OK))
		return false;
	for (unsigned i = 0; i < GIC_COMMANDS; i++)
		c[i] = its_sync(target);
	for (unsigned i = 0; i < LAPS * its_get_info()->queue_commands / GIC_COMMANDS; i++)
		if (!expect_eq("SYNCs through the queue's wrap", its_submit(c, GIC_COMMANDS),
			       ST_OK))
			return false;
	return true;
}

static void rounds(struct gic_event *e)
{
	struct listener l;

	if (!gic_arrives(e, 0)) {
		check_skip("INT is out of order, see gic.its.int and gic.its.cpus");
		return;
	}
	if (!listen_start(&l, 0, GIC_LISTEN_NS))
		return;
	for (unsigned i = 0; i < ROUNDS; i++) {
		check_note("round %u of %u commands", i, ROUND);
		if (!in_order(e))
			break;
	}
	listen_stop(&l);
}

/* The first of the checks that issue commands: any of them may come to the queue's wrap. */
void gic_its_queue(void)
{
	if (!gic_ready() || !laps() || !gic_open_first(&dev, 0, 1))
		return;
	rounds(&dev.event[0]);
	gic_close(&dev);
}

/* ---- errors ---- */

/* The first event's INT, what is wrong, the second event's INT. */
static void around(const char *what, struct its_command bad)
{
	struct gic_event *first = &dev.event[0], *second = &dev.event[1];
	u64 before[2] = { heard_all(&first->heard), heard_all(&second->heard) };
	struct its_command c[] = { its_int(first->device, first->id), bad,
				   its_int(second->device, second->id) };
	bool denied;

	if (!gic_do(c, ARRAY_SIZE(c), &denied))
		return;
	check_note("%s: %s", what, denied ? "stalled the queue" : "was passed over");
	expect_true("INT before a command in error",
		    heard_more(&first->heard, before[0], GIC_ARRIVAL_NS), "its LPI");
	expect_true("INT behind a command in error",
		    heard_more(&second->heard, before[1], GIC_ARRIVAL_NS), "its LPI");
}

static void errors(void)
{
	u32 nobody = gic_device_id(1), event = GIC_EVENTS;
	u16 collection = dev.event[0].collection;
	const struct {
		const char *what;
		struct its_command c;
	} bad[] = {
		{ "INT of an event that is not mapped", its_int(dev.id, event) },
		{ "INV of an event that is not mapped", its_inv(dev.id, event) },
		{ "MOVI of an event that is not mapped", its_movi(dev.id, event, collection) },
		{ "DISCARD of an event that is not mapped", its_discard(dev.id, event) },
		{ "MAPTI of a device that is not mapped",
		  its_mapti(nobody, 0, dev.event[0].lpi, collection) },
		{ "MAPTI to an INTID that is no LPI",
		  its_mapti(dev.id, event, GIC_LPI_FIRST - 1, collection) },
		{ "an unknown command", { { UNKNOWN_OP } } },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bad) && !check_failed(); i++)
		around(bad[i].what, bad[i].c);
}

void gic_its_errors(void)
{
	struct listener l;

	if (!gic_open(&dev, 0, 2))
		return;
	if (listen_start(&l, 0, GIC_LISTEN_NS)) {
		errors();
		listen_stop(&l);
	}
	gic_close(&dev);
}

/* ---- disabled ---- */

static void its_write(u64 reg, unsigned width, u64 v)
{
	cvm.ops->mmio_write(its_frame().base + reg, width, v);
}

static bool set_enabled(bool on)
{
	struct deadline d = deadline_in(WAIT_NS);
	u64 want = on ? GITS_CTLR_ENABLED : GITS_CTLR_QUIESCENT;

	its_write(GITS_CTLR, 4, on ? GITS_CTLR_ENABLED : 0);
	while ((cvm.ops->mmio_read(its_frame().base + GITS_CTLR, 4) & want) == 0)
		if (deadline_passed(&d))
			return expect_true(on ? "enabling the ITS" : "an ITS that is disabled",
					   false, on ? "Enabled 1" : "Quiescent 1");
	return true;
}

static u64 position(u64 reg)
{
	return cvm.ops->mmio_read(its_frame().base + reg, 8) & GITS_OFFSET;
}

/* A command behind the driver's back; its index is put right by its_restart(). */
static bool put_int(struct gic_event *e)
{
	struct its_command c = its_int(e->device, e->id);
	struct its_table t = gic_table_at(cvm.ops->mmio_read(its_frame().base + GITS_CBASER, 8) &
					  GITS_CBASER_ADDRESS);
	u64 at = position(GITS_CWRITER);
	volatile u64 *slot;

	if (!expect_true("GITS_CBASER", t.bytes >= at + 2 * ITS_COMMAND_BYTES,
			 "the queue's address, and room in it"))
		return false;
	slot = (volatile u64 *)(uintptr_t)(t.base + at);
	for (unsigned i = 0; i < ARRAY_SIZE(c.dw); i++)
		slot[i] = c.dw[i];
	arch_barrier();
	its_write(GITS_CWRITER, 8, at + ITS_COMMAND_BYTES);
	return true;
}

static void disabled(struct gic_event *e)
{
	u64 before = heard_all(&e->heard);
	struct deadline d = deadline_in(STANDS_NS);

	if (!set_enabled(false) || !put_int(e))
		return;
	while (!deadline_passed(&d))
		visit_host();
	expect_eq("interrupts by INT to an ITS that is disabled", heard_all(&e->heard), before);
	if (set_enabled(true))
		expect_true("the same INT once it is enabled",
			    heard_more(&e->heard, before, GIC_ARRIVAL_NS), "the event's LPI");
}

void gic_its_disabled(void)
{
	struct listener l;

	if (!gic_open(&dev, 0, 1))
		return;
	/* Leaves room in the queue. */
	if (gic_int(&dev.event[0]) && listen_start(&l, 0, GIC_LISTEN_NS)) {
		heard_settle();
		disabled(&dev.event[0]);
		listen_stop(&l);
		gic_restart();
	}
	gic_close(&dev);
}
