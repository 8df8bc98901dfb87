/* SPDX-License-Identifier: BSD-2-Clause */
#include "gic_check.h"

#include <string.h>

#include "cvm.h"

#define TABLES_MAX 128u

static bool int_broken;
static u64 forgotten;

bool gic_ready(void)
{
	if (!its_available())
		check_skip("no ITS: %s", its_why());
	return its_available();
}

bool gic_usable(void)
{
	if (gic_ready() && int_broken)
		check_skip("INT is out of order, see gic.its.int and gic.its.cpus");
	return its_available() && !int_broken;
}

void gic_int_is_broken(void)
{
	int_broken = true;
}

u32 gic_device_id(unsigned nth)
{
	unsigned bits = MIN(its_get_info()->device_bits, 32u);

	return (u32)(BIT(bits) - 1 - nth);
}

/* ---- commands ---- */

static unsigned append_syncs(struct its_command *c)
{
	unsigned n = 0;
	u64 target;

	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++)
		if (its_target(cpu, &target) == ST_OK)
			c[n++] = its_sync(target);
	return n;
}

/* Until there is room for n commands before the queue's wrap: SYNCs, which nobody misses. */
static enum status step_over_wrap(unsigned n)
{
	unsigned slots = its_get_info()->queue_commands;
	enum status st = ST_OK;
	u64 target;

	for (unsigned i = 0; i <= n && st == ST_OK && its_target(0, &target) == ST_OK; i++) {
		u64 written = cvm.ops->mmio_read(its_frame().base + GITS_CWRITER, 8) & GITS_OFFSET;
		struct its_command sync = its_sync(target);

		if (written != 0 && written / ITS_COMMAND_BYTES + n < slots)
			break;
		st = its_submit(&sync, 1);
	}
	return st;
}

bool gic_do(const struct its_command *c, unsigned n, bool *denied)
{
	struct its_command all[GIC_COMMANDS + SMP_MAX_CPUS];
	enum status st;

	memcpy(all, c, n * sizeof(*c));
	n += append_syncs(all + n);
	st = step_over_wrap(n);
	if (st == ST_OK)
		st = its_submit(all, n);
	if (denied != NULL)
		*denied = st == ST_DENIED;
	if (st != ST_OK && st != ST_DENIED)
		check_fail("commands for the ITS", "they are read", "%s", status_text(st));
	return st == ST_OK || st == ST_DENIED;
}

bool gic_int(const struct gic_event *e)
{
	struct its_command c = its_int(e->device, e->id);

	return gic_do(&c, 1, NULL);
}

bool gic_configure(struct gic_event *e, bool enabled)
{
	struct its_command all = its_invall(e->collection), one = its_inv(e->device, e->id);

	lpi_configure(e->lpi, enabled, LPI_PRIORITY);
	return gic_do(&all, 1, NULL) && gic_do(&one, 1, NULL);
}

/* ---- devices and events ---- */

bool gic_take(struct gic_event *e)
{
	enum status st = lpi_take(heard_handler, &e->heard, &e->lpi);

	if (st == ST_OK) {
		lpi_configure(e->lpi, true, LPI_PRIORITY);
		return true;
	}
	e->lpi = 0;
	return expect_eq("an LPI", st, ST_OK);
}

/* An event that is mapped is discarded first: what MAPTI does to it is left open. */
bool gic_map(struct gic_event *e, unsigned cpu)
{
	struct its_command c[2] = { its_discard(e->device, e->id) };

	if (e->mapped && !gic_do(c, 1, NULL))
		return false;
	if (!expect_eq("the collection of a CPU", its_collection(cpu, &e->collection), ST_OK))
		return false;
	c[0] = its_mapti(e->device, e->id, e->lpi, e->collection);
	c[1] = its_inv(e->device, e->id);
	e->mapped = true;
	return gic_do(c, 2, NULL);
}

bool gic_open_bits(struct gic_device *d, unsigned nth, unsigned count, unsigned bits)
{
	memset(d, 0, sizeof(*d));
	if (!gic_ready())
		return false;
	d->id = gic_device_id(nth);
	if (!expect_eq("mapping a device", its_map_device(d->id, bits), ST_OK))
		return false;
	d->mapped = true;
	d->count = count;
	for (unsigned i = 0; i < count; i++) {
		d->event[i].device = d->id;
		d->event[i].id = i;
		if (!gic_take(&d->event[i])) {
			gic_close(d);
			return false;
		}
	}
	return true;
}

bool gic_open_first(struct gic_device *d, unsigned nth, unsigned count)
{
	if (!gic_open_bits(d, nth, count, GIC_BITS))
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (!gic_map(&d->event[i], 0)) {
			gic_close(d);
			return false;
		}
	}
	return true;
}

bool gic_open(struct gic_device *d, unsigned nth, unsigned count)
{
	return gic_usable() && gic_open_first(d, nth, count);
}

/* DISCARD ends what is pending: the LPI will be another check's. */
void gic_close(struct gic_device *d)
{
	for (unsigned i = 0; i < d->count; i++) {
		struct gic_event *e = &d->event[i];
		struct its_command c = its_discard(e->device, e->id);

		if (e->mapped && its_available())
			(void)gic_do(&c, 1, NULL);
		e->mapped = false;
	}
	if (d->mapped)
		(void)its_unmap_device(d->id);
	d->mapped = false;
	heard_settle();
	for (unsigned i = 0; i < d->count; i++)
		if (d->event[i].lpi != 0)
			lpi_give(d->event[i].lpi);
	d->count = 0;
}

struct its_table gic_table_at(u64 base)
{
	static struct its_table list[TABLES_MAX];
	unsigned n = its_tables(list, TABLES_MAX);

	for (unsigned i = 0; i < n; i++)
		if (list[i].base == base)
			return list[i];
	return (struct its_table){ .bytes = 0 };
}

void gic_restart(void)
{
	expect_eq("bringing the ITS up again", its_restart(), ST_OK);
}

/* ---- what comes ---- */

struct gic_came gic_listen(struct gic_event *e, unsigned cpu, const struct its_command *c,
			   unsigned n, bool wanted)
{
	u64 there = heard_on(&e->heard, cpu), all = heard_all(&e->heard);
	struct listener l;

	if (!listen_start(&l, cpu, GIC_LISTEN_NS))
		return (struct gic_came){ 0 };
	if ((n == 0 || gic_do(c, n, NULL)) && wanted)
		(void)heard_more(&e->heard, all, GIC_ARRIVAL_NS);
	heard_settle();
	listen_stop(&l);
	return (struct gic_came){ heard_on(&e->heard, cpu) - there, heard_all(&e->heard) - all };
}

bool gic_arrives(struct gic_event *e, unsigned cpu)
{
	struct its_command c = its_int(e->device, e->id);
	struct gic_came came = gic_listen(e, cpu, &c, 1, true);

	return came.there != 0 && came.there == came.all;
}

bool gic_silent(struct gic_event *e, unsigned cpu)
{
	struct its_command c = its_int(e->device, e->id);

	return gic_listen(e, cpu, &c, 1, false).all == 0;
}

/* Between INVALL and INV what was pending has the time to come. */
bool gic_comes_enabled(struct gic_event *e, unsigned cpu, bool wanted)
{
	struct its_command all = its_invall(e->collection), one = its_inv(e->device, e->id);
	struct gic_came first, second = { 0 };

	lpi_configure(e->lpi, true, LPI_PRIORITY);
	first = gic_listen(e, cpu, &all, 1, wanted);
	if (first.all == 0)
		second = gic_listen(e, cpu, &one, 1, wanted);
	return first.there + second.there != 0 &&
	       first.there + second.there == first.all + second.all;
}

unsigned gic_other_cpu(unsigned cpu)
{
	unsigned n = smp_cpu_count();

	for (unsigned i = 1; i < n; i++)
		if (can_listen((cpu + i) % n))
			return (cpu + i) % n;
	return cpu;
}

/* ---- strays ---- */

u64 gic_strays(void)
{
	return lpi_unexpected() - forgotten;
}

void gic_strays_forget(u64 n)
{
	forgotten += n;
}
