/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers out of range in commands (IHI 0069, 5.3): refused or passed over, they map nothing. */
#include "gic_check.h"

#include "mm.h"

#define FREE_COLLECTION 13u /* nobody maps it */

/* DISCARD of an event in a collection nobody mapped may be an error: no other check maps this one.
 */
#define NO_OTHERS_EVENT 20u

static struct gic_device dev;

/* A device the ITS must not take, and an event of it: its LPI is one of ours. */
static void refuses(const char *what, u32 device, unsigned bits, u64 itt)
{
	struct gic_event *e = &dev.event[0];
	struct its_command mapd = its_mapd(device, bits, itt, true),
			   mapti = its_mapti(device, 0, e->lpi, e->collection),
			   gone = its_mapd(device, bits, itt, false);

	check_note("DeviceID 0x%x with %u bits of EventID", device, bits);
	if (!gic_do(&mapd, 1, NULL) || !gic_do(&mapti, 1, NULL))
		return;
	e->device = device;
	expect_true(what, gic_silent(e, 0), "nothing is raised");
	e->device = dev.id;
	(void)gic_do(&gone, 1, NULL);
}

static void mapd_range(u64 itt)
{
	unsigned devices = its_get_info()->device_bits, events = its_get_info()->event_bits;

	if (devices < 32)
		refuses("INT of a device beyond the table", (u32)BIT(devices), GIC_BITS, itt);
	if (!check_failed() && events < 32)
		refuses("INT of a device with more EventID bits than there are", gic_device_id(1),
			events + 1, itt);
}

void gic_its_mapd_range(void)
{
	void *itt;

	if (!gic_open(&dev, 0, 1))
		return;
	itt = pool_alloc(1, PAGE_SIZE);
	if (itt != NULL)
		mapd_range((u64)(uintptr_t)itt);
	else
		check_skip("no shared page");
	gic_close(&dev);
	pool_free(itt, 1);
}

static void raises_nothing(const char *what, struct gic_event *e, struct its_command mapti)
{
	if (gic_do(&mapti, 1, NULL))
		expect_true(what, gic_silent(e, 0), "nothing");
}

/* Neither was mapped before: its LPI is raised by what is out of range, or by nothing. */
void gic_its_mapti_range(void)
{
	struct gic_event *e = &dev.event[0];

	if (!gic_usable() || !gic_open_bits(&dev, 0, 2, GIC_BITS))
		return;
	if (expect_eq("the collection of CPU 0", its_collection(0, &e->collection), ST_OK)) {
		e->id = BIT(GIC_BITS);
		raises_nothing("INT of an event beyond the ITT", e,
			       its_mapti(e->device, e->id, e->lpi, e->collection));
	}
	e->mapped = true; /* a host may have taken it */
	e = &dev.event[1];
	e->id = NO_OTHERS_EVENT;
	e->mapped = true;
	if (!check_failed() && smp_cpu_count() <= FREE_COLLECTION)
		raises_nothing("INT of an event in a collection nobody mapped", e,
			       its_mapti(e->device, e->id, e->lpi, FREE_COLLECTION));
	gic_close(&dev);
}
