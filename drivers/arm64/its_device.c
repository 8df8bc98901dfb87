/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices and their events. Which DeviceID a function has is the platform's claim; what is mapped
 * stands here, in private memory, and is written to the ITS, never read from it. An ITT lies beside
 * other ITTs or alone.
 */
#include <string.h>

#include "arch.h"
#include "its_internal.h"
#include "mm.h"
#include "platform.h"

static u64 boot_target(void)
{
	return its.cpu[0].target;
}

static struct its_device *find(u32 device)
{
	for (unsigned i = 0; i < ITS_DEVICES; i++)
		if (its.device[i].used && its.device[i].id == device)
			return &its.device[i];
	return NULL;
}

static struct its_device *find_free(void)
{
	for (unsigned i = 0; i < ITS_DEVICES; i++)
		if (!its.device[i].used)
			return &its.device[i];
	return NULL;
}

static u64 itt_bytes(unsigned bits)
{
	u64 bytes = MAX(BIT(bits) * its.info.itt_entry, ITS_ITT_ALIGN);

	return align_up(bytes, bytes < PAGE_SIZE ? ITS_ITT_ALIGN : PAGE_SIZE);
}

static struct range itt_alloc(unsigned bits)
{
	u64 bytes = itt_bytes(bits);
	void *p =
	    bytes < PAGE_SIZE ? pool_alloc_small(bytes) : pool_alloc(bytes / PAGE_SIZE, PAGE_SIZE);
	struct range r = { (u64)(uintptr_t)p, p != NULL ? bytes : 0 };

	if (p != NULL)
		its_publish(r);
	return r;
}

static void itt_free(struct range itt, bool released)
{
	if (itt.size >= PAGE_SIZE) {
		its_memory_free(&itt, released);
	} else if (released) {
		pool_free_small((void *)(uintptr_t)itt.base, itt.size);
	} else {
		pool_keep((void *)(uintptr_t)itt.base, itt.size);
	}
}

static enum status mapd(const struct its_device *d, bool valid)
{
	struct its_command c[] = { its_mapd(d->id, d->bits, d->itt.base, valid),
				   its_sync(boot_target()) };

	return its_submit_locked(c, ARRAY_SIZE(c));
}

static enum status map_locked(u32 device, unsigned bits)
{
	struct its_device *d = find_free();
	enum status st;

	if (its.phase != ITS_LIVE)
		return ST_UNSUPPORTED;
	if (bits == 0 || bits > its.info.event_bits)
		return ST_RANGE;
	if (find(device) != NULL)
		return ST_STATE;
	if (d == NULL)
		return ST_NO_MEMORY;
	st = its_device_room(device);
	if (st != ST_OK)
		return st;
	*d = (struct its_device){ .id = device, .bits = bits, .itt = itt_alloc(bits) };
	if (d->itt.size == 0)
		return ST_NO_MEMORY;
	d->used = true;
	its_account();
	st = mapd(d, true);
	/* After a time-out nobody knows whether the ITS has the table. */
	if (st != ST_DENIED)
		return st;
	itt_free(d->itt, true);
	*d = (struct its_device){ 0 };
	its_account();
	return st;
}

enum status its_map_device(u32 device, unsigned bits)
{
	bool irqs = its_lock();
	enum status st = map_locked(device, bits);

	its_unlock(irqs);
	return st;
}

static bool has_events(const struct its_device *d)
{
	for (unsigned i = 0; i < ITS_DEVICE_EVENTS; i++)
		if (d->event[i].used)
			return true;
	return false;
}

static enum status unmap_locked(u32 device)
{
	struct its_device *d = find(device);
	enum status st;

	if (d == NULL)
		return ST_NOT_FOUND;
	if (has_events(d))
		return ST_STATE;
	st = mapd(d, false);
	if (st != ST_OK)
		return st;
	itt_free(d->itt, true);
	*d = (struct its_device){ 0 };
	its_account();
	return ST_OK;
}

enum status its_unmap_device(u32 device)
{
	bool irqs = its_lock();
	enum status st = unmap_locked(device);

	its_unlock(irqs);
	return st;
}

struct range its_itt(u32 device)
{
	bool irqs = its_lock();
	const struct its_device *d = find(device);
	struct range r = d != NULL ? d->itt : (struct range){ 0, 0 };

	its_unlock(irqs);
	return r;
}

void its_devices_free(bool released)
{
	u64 kept[ITS_DEVICES];
	unsigned n = 0;

	for (unsigned i = 0; i < ITS_DEVICES; i++) {
		struct range itt = its.device[i].itt;
		u64 page = align_down(itt.base, PAGE_SIZE);
		unsigned j = 0;

		its.device[i] = (struct its_device){ 0 };
		if (itt.size == 0)
			continue;
		itt_free(itt, released);
		if (released || itt.size >= PAGE_SIZE)
			continue;
		/* Several in one page are one page that is lost. */
		while (j < n && kept[j] != page)
			j++;
		if (j < n)
			continue;
		kept[n++] = page;
		its.stats.leaked++;
	}
}

enum status its_device_id(u16 requester, u32 *device)
{
	for (unsigned i = 0; i < MIN(platform.msi_map_count, PLATFORM_MSI_MAPS); i++) {
		u32 first = platform.msi_map[i].first, count = platform.msi_map[i].count;

		if (requester < first || requester - first >= count)
			continue;
		*device = platform.msi_map[i].device_base + (requester - first);
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

/* ---- messages ---- */

static struct its_device *device_for_messages(u32 id, enum status *st)
{
	struct its_device *d = find(id);

	*st = ST_OK;
	if (d == NULL)
		*st = map_locked(id, MIN(ITS_DEVICE_BITS, its.info.event_bits));
	return *st == ST_OK ? find(id) : NULL;
}

/* ITS_DEVICE_EVENTS: none is free. */
static unsigned free_event(const struct its_device *d)
{
	unsigned events = (unsigned)MIN(BIT(d->bits), ITS_DEVICE_EVENTS);

	for (unsigned i = 0; i < events; i++)
		if (!d->event[(d->next + i) % events].used)
			return (d->next + i) % events;
	return ITS_DEVICE_EVENTS;
}

/* Configured before it is mapped: MAPTI may read the configuration, INV must. */
static enum status map_event(const struct its_device *d, unsigned event, u32 lpi, u16 collection)
{
	struct its_command c[] = { its_mapti(d->id, event, lpi, collection), its_inv(d->id, event),
				   its_sync(its.cpu[collection].target) };

	lpi_configure(lpi, true, LPI_PRIORITY);
	return its_submit_locked(c, ARRAY_SIZE(c));
}

static enum status alloc_locked(u32 id, unsigned cpu, irq_handler fn, void *ctx,
				struct msi_message *m)
{
	struct its_device *d;
	unsigned event;
	u16 collection;
	enum status st;
	u32 lpi;

	st = its_collection_locked(cpu, &collection);
	if (st != ST_OK)
		return st;
	d = device_for_messages(id, &st);
	if (d == NULL)
		return st;
	event = free_event(d);
	if (event == ITS_DEVICE_EVENTS)
		return ST_NO_MEMORY;
	st = lpi_take(fn, ctx, &lpi);
	if (st != ST_OK)
		return st;
	st = map_event(d, event, lpi, collection);
	if (st != ST_OK) {
		lpi_give(lpi);
		return st;
	}
	d->event[event] = (struct its_event){ true, lpi, collection };
	d->next = event + 1;
	*m = (struct msi_message){ its.base + GITS_TRANSLATER, event, id };
	return ST_OK;
}

enum status its_msi_alloc(u16 requester, unsigned cpu, irq_handler fn, void *ctx,
			  struct msi_message *m)
{
	enum status st;
	bool irqs;
	u32 id;

	if (fn == NULL)
		return ST_INVALID;
	if (!its_available() || its_device_id(requester, &id) != ST_OK)
		return ST_UNSUPPORTED;
	irqs = its_lock();
	st = alloc_locked(id, cpu, fn, ctx, m);
	its_unlock(irqs);
	return st;
}

/* An ITS that does not end the mapping raises an LPI that nobody has any more: it is counted. */
void its_msi_free(const struct msi_message *m)
{
	bool irqs = its_lock();
	struct its_device *d = find(m->device);

	if (d != NULL && m->data < ITS_DEVICE_EVENTS && d->event[m->data].used) {
		struct its_event *e = &d->event[m->data];
		struct its_command c[] = { its_discard(d->id, m->data),
					   its_sync(its.cpu[e->collection].target) };

		(void)its_submit_locked(c, ARRAY_SIZE(c));
		lpi_give(e->lpi);
		*e = (struct its_event){ 0 };
	}
	its_unlock(irqs);
}

/* ---- after its_restart() ---- */

static enum status remap(const struct its_device *d)
{
	enum status st;

	memset((void *)(uintptr_t)d->itt.base, 0, d->itt.size);
	its_publish(d->itt);
	st = mapd(d, true);
	for (unsigned e = 0; e < ITS_DEVICE_EVENTS && st == ST_OK; e++)
		if (d->event[e].used)
			st = map_event(d, e, d->event[e].lpi, d->event[e].collection);
	return st;
}

enum status its_devices_remap(void)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < ITS_DEVICES && st == ST_OK; i++)
		if (its.device[i].used)
			st = remap(&its.device[i]);
	return st;
}
