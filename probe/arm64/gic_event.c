/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of an ITS, from their mapping to the CPU that takes the LPI (IHI 0069, 5.3). */
#include "gic_check.h"

#define RAISED 50

static struct gic_device dev;

/* ---- INT ---- */

static bool listen_all(struct listener *l, unsigned *n)
{
	*n = 0;
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		if (!can_listen(cpu))
			continue;
		if (!listen_start(&l[*n], cpu, GIC_LISTEN_NS))
			return false;
		++*n;
	}
	return true;
}

static void raise_each(struct gic_event *e)
{
	for (unsigned i = 0; i < RAISED && !check_failed(); i++) {
		u64 before = heard_all(&e->heard);

		if (!gic_int(e))
			return;
		(void)heard_more(&e->heard, before, GIC_ARRIVAL_NS);
		heard_settle();
		expect_eq("interrupts by one INT", heard_all(&e->heard) - before, 1);
	}
}

/* Wherever it comes: that is judged by gic.its.cpus. */
void gic_its_int(void)
{
	struct listener l[SMP_MAX_CPUS];
	unsigned n;

	if (!gic_open_first(&dev, 0, 1))
		return;
	if (listen_all(l, &n))
		raise_each(&dev.event[0]);
	while (n != 0)
		listen_stop(&l[--n]);
	gic_close(&dev);
	if (check_failed())
		gic_int_is_broken();
}

/* Mapped once: what else moves an event is judged elsewhere. */
static void reaches(unsigned cpu)
{
	struct gic_event *e = &dev.event[0];
	struct gic_came came;
	struct its_command c;

	if (!gic_open_bits(&dev, 0, 1, GIC_BITS))
		return;
	c = its_int(e->device, e->id);
	check_note("CPU %u", cpu);
	if (gic_map(e, cpu)) {
		came = gic_listen(e, cpu, &c, 1, true);
		expect_eq("interrupts on the CPU of the collection", came.there, 1);
		expect_eq("interrupts in all", came.all, 1);
	}
	gic_close(&dev);
}

void gic_its_cpus(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count() && !check_failed() && gic_ready(); cpu++)
		if (can_listen(cpu))
			reaches(cpu);
	if (check_failed())
		gic_int_is_broken();
}

/* ---- other commands ---- */

#define MAPI_LPIS 3u

/* Three in a row: a host that maps one beside it raises one of ours, too. */
static bool neighbours(const struct gic_device *d)
{
	return d->event[1].lpi == d->event[0].lpi + 1 && d->event[2].lpi == d->event[1].lpi + 1;
}

static void by_its_number(struct gic_event *e)
{
	struct its_command c[2];

	e->id = e->lpi;
	if (!expect_eq("the collection of CPU 0", its_collection(0, &e->collection), ST_OK))
		return;
	c[0] = its_mapi(e->device, e->id, e->collection);
	c[1] = its_inv(e->device, e->id);
	e->mapped = true;
	if (gic_do(c, 2, NULL))
		expect_true("INT of an event mapped by MAPI", gic_arrives(e, 0),
			    "the LPI of its number");
}

void gic_its_mapi(void)
{
	const unsigned bits = 14; /* LPIs 8192 to 16383 as EventIDs */

	if (!gic_usable())
		return;
	if (its_get_info()->event_bits < bits) {
		check_skip("EventIDs have %u bits: no LPI is one", its_get_info()->event_bits);
		return;
	}
	if (!gic_open_bits(&dev, 0, MAPI_LPIS, bits))
		return;
	if (neighbours(&dev))
		by_its_number(&dev.event[1]);
	else
		check_skip("no three LPIs in a row are free");
	gic_close(&dev);
}

/* Disabled, so that it pends. */
static bool make_pending(struct gic_event *e)
{
	return gic_configure(e, false) && gic_int(e);
}

void gic_its_discard(void)
{
	struct gic_event *e = &dev.event[0];
	struct its_command c;

	if (!gic_open(&dev, 0, 1))
		return;
	c = its_discard(e->device, e->id);
	if (make_pending(e)) {
		e->mapped = false;
		expect_eq("interrupts of an LPI that pended before DISCARD",
			  gic_listen(e, 0, &c, 1, false).all, 0);
		expect_true("the LPI once it is enabled", !gic_comes_enabled(e, 0, false),
			    "nothing");
		expect_true("INT of an event after DISCARD", gic_silent(e, 0), "nothing");
		/* The same LPI again: nothing of it is left. */
		if (gic_map(e, 0))
			expect_eq("interrupts once it is mapped again",
				  gic_listen(e, 0, NULL, 0, false).all, 0);
	}
	gic_close(&dev);
}

void gic_its_clear(void)
{
	struct gic_event *e = &dev.event[0];
	struct its_command c;

	if (!gic_open(&dev, 0, 1))
		return;
	c = its_clear(e->device, e->id);
	if (make_pending(e) && gic_do(&c, 1, NULL)) {
		expect_true("what pended before CLEAR, once it is enabled",
			    !gic_comes_enabled(e, 0, false), "nothing");
		expect_true("INT of an event after CLEAR", gic_arrives(e, 0), "its LPI");
	}
	gic_close(&dev);
}

static void move(struct gic_event *e, unsigned to)
{
	struct its_command c;

	if (!make_pending(e) ||
	    !expect_eq("its collection", its_collection(to, &e->collection), ST_OK))
		return;
	c = its_movi(e->device, e->id, e->collection);
	if (!gic_do(&c, 1, NULL))
		return;
	expect_true("what pended before MOVI, once it is enabled", gic_comes_enabled(e, to, true),
		    "an LPI on the CPU it was moved to");
	expect_true("INT of an event after MOVI", gic_arrives(e, to),
		    "an LPI on the CPU it was moved to");
}

void gic_its_movi(void)
{
	unsigned to = gic_other_cpu(0);

	if (to == 0 && gic_ready())
		check_skip("no other CPU");
	if (to == 0 || !gic_open(&dev, 0, 1))
		return;
	move(&dev.event[0], to);
	gic_close(&dev);
}

/* ---- devices and collections ---- */

/* Unmapped; then mapped again, to an ITT that says nothing. */
void gic_its_mapd(void)
{
	struct gic_event *e = &dev.event[0];

	if (!gic_open(&dev, 0, 1))
		return;
	if (expect_true("INT of an event that is mapped", gic_arrives(e, 0), "its LPI")) {
		e->mapped = false;
		dev.mapped = false;
		if (expect_eq("MAPD, not valid", its_unmap_device(dev.id), ST_OK))
			expect_true("INT of an event of a device that is unmapped",
				    gic_silent(e, 0), "nothing");
		dev.mapped = its_map_device(dev.id, GIC_BITS) == ST_OK;
		if (expect_true("MAPD, valid", dev.mapped, "the device is mapped"))
			expect_true("INT of an event of a device mapped anew", gic_silent(e, 0),
				    "nothing");
		/* DISCARD, whatever the host thinks is mapped. */
		e->mapped = dev.mapped;
	}
	gic_close(&dev);
}

#define FREE_COLLECTION 12u /* none of the driver's: these are the CPUs' numbers */
/* DISCARD of an event in a collection that was unmapped may be an error: no other check maps this
 * one. */
#define NO_OTHERS_EVENT 21u

static bool map_collection(unsigned cpu, bool valid)
{
	struct its_command c;
	u64 target;

	if (!expect_eq("the ITS's name of a CPU", its_target(cpu, &target), ST_OK))
		return false;
	c = its_mapc(FREE_COLLECTION, target, valid);
	return gic_do(&c, 1, NULL);
}

/* Nothing is mapped into it while it moves. */
static void collection_on(unsigned cpu, bool and_unmapped)
{
	struct gic_event *e = &dev.event[0];
	struct its_command c[2];

	if (!gic_open_bits(&dev, 0, 1, GIC_BITS))
		return;
	check_note("CPU %u", cpu);
	e->id = NO_OTHERS_EVENT;
	c[0] = its_mapti(e->device, e->id, e->lpi, FREE_COLLECTION);
	c[1] = its_inv(e->device, e->id);
	e->mapped = true;
	if (map_collection(cpu, true) && gic_do(c, ARRAY_SIZE(c), NULL))
		expect_true("INT of an event in a collection", gic_arrives(e, cpu),
			    "an LPI on the CPU the collection was mapped to");
	if (!check_failed() && and_unmapped && map_collection(cpu, false))
		expect_true("INT of an event in a collection that was unmapped", gic_silent(e, cpu),
			    "nothing");
	gic_close(&dev);
}

void gic_its_mapc(void)
{
	unsigned last = gic_other_cpu(0);

	if (smp_cpu_count() > FREE_COLLECTION) {
		check_skip("no collection is free");
		return;
	}
	if (!gic_usable())
		return;
	if (last != 0)
		collection_on(0, false);
	if (!check_failed())
		collection_on(last, true);
}
