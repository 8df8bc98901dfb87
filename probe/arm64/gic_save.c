/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Save and restore (KVM's ITS table ABI, revision 0): what a host does when it is updated beneath a
 * guest, or when the guest moves. Nothing of it may show.
 */
#include "gic_save.h"

#include <string.h>

#include "mm.h"

/* Far apart and close by; the last one an ITT of GIC_BITS has. */
static const u32 spread[] = { 0, 1, 7, 31 };

static struct gic_device dev[GIC_SAVE_DEVICES];
static void *gap[GIC_SAVE_DEVICES + 1];

bool gic_save_usable(void)
{
	return gic_usable() && coop_needs(COOP_ITS_SAVE) && coop_needs(COOP_ITS_RESTORE);
}

bool gic_save(void)
{
	return expect_true("the host saving its state", coop_do(COOP_ITS_SAVE, 0, 0), "done");
}

static bool restore(void)
{
	return expect_true("the host restoring what it saved", coop_do(COOP_ITS_RESTORE, 0, 0),
			   "done");
}

static unsigned cpu_of(unsigned i)
{
	unsigned cpu = i % smp_cpu_count();

	return can_listen(cpu) ? cpu : 0;
}

static bool open_spread(struct gic_device *d, unsigned nth)
{
	if (!gic_open_bits(d, nth, ARRAY_SIZE(spread), GIC_BITS))
		return false;
	for (unsigned i = 0; i < d->count; i++) {
		d->event[i].id = spread[i];
		if (!gic_map(&d->event[i], cpu_of(i)))
			return false;
	}
	return true;
}

struct gic_device *gic_save_open(void)
{
	memset(dev, 0, sizeof(dev));
	for (unsigned i = 0; i < GIC_SAVE_DEVICES; i++) {
		gap[i] = pool_alloc_small(ITS_ITT_ALIGN);
		if (!open_spread(&dev[i], i)) {
			gic_save_close();
			return NULL;
		}
	}
	gap[GIC_SAVE_DEVICES] = pool_alloc_small(ITS_ITT_ALIGN);
	return dev;
}

void gic_save_close(void)
{
	for (unsigned i = 0; i < GIC_SAVE_DEVICES; i++)
		gic_close(&dev[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(gap); i++) {
		pool_free_small(gap[i], ITS_ITT_ALIGN);
		gap[i] = NULL;
	}
}

static void each_event(bool (*fn)(struct gic_event *e, unsigned cpu))
{
	for (unsigned d = 0; d < GIC_SAVE_DEVICES; d++)
		for (unsigned i = 0; i < dev[d].count && !check_failed(); i++) {
			check_note("DeviceID 0x%x, EventID %u, CPU %u", dev[d].id,
				   dev[d].event[i].id, cpu_of(i));
			if (!fn(&dev[d].event[i], cpu_of(i)))
				return;
		}
}

static bool is_mapped(struct gic_event *e, unsigned cpu)
{
	return expect_true("INT of an event after save and restore", gic_arrives(e, cpu),
			   "its LPI on the CPU of its collection");
}

void gic_save_mapping(void)
{
	if (!gic_save_usable() || gic_save_open() == NULL)
		return;
	if (gic_save() && restore())
		each_event(is_mapped);
	gic_save_close();
}

static bool make_pending(struct gic_event *e, unsigned cpu)
{
	(void)cpu;
	return gic_configure(e, false) && gic_int(e);
}

static bool is_pending(struct gic_event *e, unsigned cpu)
{
	return expect_true("an LPI that pended before save and restore, once it is enabled",
			   gic_comes_enabled(e, cpu, true), "it comes on the CPU it pended on");
}

void gic_save_pending(void)
{
	if (!gic_save_usable() || gic_save_open() == NULL)
		return;
	each_event(make_pending);
	if (!check_failed() && gic_save() && restore())
		each_event(is_pending);
	gic_save_close();
}
